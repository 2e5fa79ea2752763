package simulator_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vcfleet/pkg/simulator"
)

// faultCase is what a fault looks like to a client.
type faultCase struct {
	fault   simulator.Fault
	options simulator.Options
	check   func(t *testing.T, v *simulator.VCenter, c *client)
}

func faultCases() []faultCase {
	return slices.Concat(connectionCases(), answerCases(), sessionCases(), permissionCases(), pageCases())
}

// name is the fault without METHOD and VALUE.
func (tt faultCase) name() simulator.Fault {
	i := strings.IndexAny(string(tt.fault), "@=")
	if i < 0 {
		return tt.fault
	}
	return tt.fault[:i]
}

// TestFaults asks a vCenter with each fault, and checks that its end leaves no
// goroutine behind.
func TestFaults(t *testing.T) {
	for _, tt := range faultCases() {
		t.Run(string(tt.fault), func(t *testing.T) {
			before := runtime.NumGoroutine()
			o := tt.options
			if o.VMs == 0 {
				o.VMs, o.PageCap = 25, 10
			}
			o.Faults = []simulator.Fault{tt.fault}
			v := start(t, o)
			c := newClient(t, v)
			tt.check(t, v, c)
			c.http.CloseIdleConnections()
			if err := v.Close(); err != nil {
				t.Error(err)
			}
			noneLeft(t, before)
		})
	}
}

// TestFaultCases checks that every fault has a case, and is a fault by its name
// alone.
func TestFaultCases(t *testing.T) {
	have := make(map[simulator.Fault]bool)
	for _, tt := range faultCases() {
		have[tt.name()] = true
	}
	for _, f := range simulator.Faults() {
		if got, err := simulator.ParseFault(string(f)); err != nil || got != f || f.Doc() == "" {
			t.Errorf("%s: %v, %q", f, err, f.Doc())
		}
		if !have[f] {
			t.Errorf("%s has no case", f)
		}
	}
}

// noneLeft waits for goroutines to end.
func noneLeft(t *testing.T, before int) {
	t.Helper()
	for range 1000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	stacks := make([]byte, 1<<20)
	t.Errorf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
}

func TestParseFault(t *testing.T) {
	tests := []struct{ text, want string }{ // want is in the error, none if empty
		{"hang", ""},
		{"hang@Login", ""},
		{"hang@hello", ""},
		{"hang@content", ""},
		{"reset@RetrievePropertiesEx=2", ""},
		{"503-burst=3", ""},
		{"429", ""},
		{"429@Login=1", ""},
		{"drip=10ms", ""},
		{"slow-tls=1h", ""},
		{"session-expiry@ContinueRetrievePropertiesEx=view-gone", ""},
		{"session-expiry=401", ""},
		{"unknown-property=VirtualMachine:guest.net", ""},
		{`odd-value=config.option["a=b@c"]`, ""},
		{"no-permission-type=HostSystem", ""},

		{"", "there are: reject-login, "},
		{"no-such", "hang[@METHOD], "},
		{"Hang", "no fault"},
		{" hang", "no fault"},
		{"=3", "no fault"},
		{"hang=3", "it takes no VALUE; it is written hang[@METHOD]"},
		{"hang=", "it takes no VALUE"},
		{"hang@", `no method ""`},
		{"hang@Logn", `no method "Logn"`},
		{"hang@Login@Logout", "no method"},
		{"hang-tls@Login", "it takes no METHOD; it is written hang-tls"},
		{"slow-tls@Login=1s", "it takes no METHOD"},
		{"reject-login@Login", "it takes no METHOD"},
		{"session-expiry@content", "no method"},
		{"session-expiry=never", "not one of fault|401|view-gone|missing"},
		{"503-burst=0", "not a number from 1"},
		{"503-burst=x", "not a number from 1"},
		{"503-burst=", "not a number from 1"},
		{"503-burst=99999999999999999999", "not a number from 1"},
		{"drip=0s", "not a duration"},
		{"drip=2h", "not a duration"},
		{"drip=5", "not a duration"},
		{"odd-value=", "not a property path"},
		{"odd-value=Nothing:name", `no type "Nothing"`},
		{"odd-value=VirtualMachine:", "not a property path"},
		{"no-permission-type=Nothing", `no type "Nothing"`},
		{"no-permission-type=", `no type ""`},
	}
	for _, tt := range tests {
		got, err := simulator.ParseFault(tt.text)
		if tt.want == "" {
			if err != nil || string(got) != tt.text {
				t.Errorf("%q: %q, %v", tt.text, got, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) || got != "" || simulator.Fault(tt.text).Doc() != "" {
			t.Errorf("%q: %q, %v, want an error with %q", tt.text, got, err, tt.want)
		}
	}
	if got := simulator.FaultDrip.Doc(); !strings.HasSuffix(got, "; takes @METHOD and =DURATION (1s)") {
		t.Errorf("documentation: %q", got)
	}
}

func FuzzParseFault(f *testing.F) {
	for _, name := range simulator.Faults() {
		f.Add(string(name))
		f.Add(string(name) + "@Login")
		f.Add(string(name) + "=1")
	}
	f.Add("session-expiry@Logout=missing")
	f.Add("drip@hello=10ms")
	f.Add("odd-value=VirtualMachine:name")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := simulator.ParseFault(text)
		if (err == nil) != (simulator.Fault(text).Doc() != "") {
			t.Errorf("%q: %v, documented %q", text, err, simulator.Fault(text).Doc())
		}
		if err != nil {
			if got != "" {
				t.Errorf("%q: both %q and %v", text, got, err)
			}
			return
		}
		known := slices.ContainsFunc(simulator.Faults(), func(f simulator.Fault) bool { return strings.HasPrefix(text, string(f)) })
		if string(got) != text || !known {
			t.Errorf("%q is read as %q", text, got)
		}
	})
}

// TestClientGoes checks that what waits ends when the client goes, while the
// vCenter stays.
func TestClientGoes(t *testing.T) {
	for _, f := range []simulator.Fault{"hang", "hang-body", "drip=1h", "huge-page@content"} {
		t.Run(string(f), func(t *testing.T) {
			ended := make(chan struct{})
			v := start(t, simulator.Options{VMs: 1, Faults: []simulator.Fault{f}, Wrap: func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					defer close(ended)
					next.ServeHTTP(w, r)
				})
			}})
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			c := newClient(t, v)
			var wg sync.WaitGroup
			wg.Go(func() {
				res, err := c.send(ctx, http.MethodGet, contentPath, "")
				if err != nil {
					return
				}
				cancel()
				_ = res.Body.Close()
			})
			for v.Counters().Requests == 0 {
				time.Sleep(time.Millisecond)
			}
			cancel()
			wg.Wait()
			<-ended // the test would hang here
		})
	}
}

// TestHandshakeEnds is TestClientGoes for the faults of TLS.
func TestHandshakeEnds(t *testing.T) {
	for _, f := range []simulator.Fault{"hang-tls", "slow-tls=1h"} {
		v := start(t, simulator.Options{VMs: 1, Faults: []simulator.Fault{f}})
		before := runtime.NumGoroutine()
		for range 10 {
			conn, err := net.Dial("tcp", v.Addr())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(conn, "\x16\x03\x01"); err != nil {
				t.Error(err)
			}
			if err := conn.Close(); err != nil {
				t.Error(err)
			}
		}
		noneLeft(t, before)
	}
}

// TestCloseEndsFaults closes a vCenter on clients that wait.
func TestCloseEndsFaults(t *testing.T) {
	for _, f := range []simulator.Fault{"hang", "hang-tls", "slow-tls=1h", "hang-body", "drip=1h", "huge-page@content"} {
		t.Run(string(f), func(t *testing.T) {
			before := runtime.NumGoroutine()
			v := start(t, simulator.Options{VMs: 1, Faults: []simulator.Fault{f}})
			c := newClient(t, v)
			begun, closed := make(chan struct{}), make(chan struct{})
			var wg sync.WaitGroup
			wg.Go(func() {
				res, err := c.send(context.Background(), http.MethodGet, contentPath, "")
				if err != nil {
					return
				}
				defer func() { _ = res.Body.Close() }()
				close(begun)
				<-closed // not reading, which blocks what sends without end
				if _, err := io.Copy(io.Discard, res.Body); err == nil {
					t.Error("the body ended")
				}
			})
			switch f {
			case "hang":
				for v.Counters().Requests == 0 {
					time.Sleep(time.Millisecond)
				}
			case "hang-tls", "slow-tls=1h":
			default:
				<-begun
			}
			if err := v.Close(); err != nil { // the test would hang here
				t.Error(err)
			}
			close(closed)
			wg.Wait()
			c.http.CloseIdleConnections()
			noneLeft(t, before)
		})
	}
}

// TestFaultsCompose has several faults in one vCenter.
func TestFaultsCompose(t *testing.T) {
	v := start(t, simulator.Options{VMs: 1, Faults: []simulator.Fault{"502@Login=1", "503-burst@Login=1", "drip@content=1us", "reset@content=1"}})
	c := newClient(t, v)
	for _, want := range []int{503, 502} {
		if status, _ := c.post("SessionManager/SessionManager/Login", "{}"); status != want {
			t.Errorf("login: %d, want %d", status, want)
		}
	}
	c.login()
	wantReset(t, c, contentPath)
	if status, body := c.get("ServiceInstance/ServiceInstance/content"); status != 200 || !strings.HasSuffix(string(body), "}") {
		t.Errorf("content: %d %.100s", status, body)
	}
	c.logout()
	if n := v.Counters(); n.OpenSessions != 0 || n.Logins != 1 || n.ByMethod["Login"] != 3 {
		t.Errorf("counters %+v", n)
	}
}

// deadline returns a context that ends soon: what it is for takes forever.
func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func wantDeadline(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want the deadline", err)
	}
}
