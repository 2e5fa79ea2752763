package collector_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vcfleet/pkg/collector"
	"vcfleet/pkg/config"
	"vcfleet/pkg/inventory"
	"vcfleet/pkg/simulator"
)

// TestSessionLostForGood loses every session: one more login, and no more.
func TestSessionLostForGood(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"500": fault(`{"_typeName":"NotAuthenticated","privilegeId":"","faultstring":"The session is not authenticated."}`),
		"401": says(http.StatusUnauthorized, "text/plain", ""),
		"200": page(result(root(), missing("VirtualMachine", "vm-1", "name", `{"_typeName":"NotAuthenticated"}`))),
	} {
		t.Run(name, func(t *testing.T) {
			vc, v := instead(t, "RetrievePropertiesEx", answer)
			r := collector.New(options()).Collect(t.Context(), vc)
			if r.Status != inventory.Failed || len(r.Problems) != 1 || r.Problems[0].Class != inventory.ClassSessionLost || r.Logout != inventory.LogoutOK || r.Retries != 1 {
				t.Errorf("status %s, logout %s, %d retries, problems %+v", r.Status, r.Logout, r.Retries, r.Problems)
			}
			if n := v.Counters(); n.Logins != 2 || n.Logouts != 2 {
				t.Errorf("%d logins, %d logouts", n.Logins, n.Logouts)
			}
			checkClean(t, v)
		})
	}
}

// TestLoggingInAgainAsksTheGuard refuses the second login: the vCenter has
// failed, and is not skipped.
func TestLoggingInAgainAsksTheGuard(t *testing.T) {
	v := start(t, estate("session-expiry"))
	o := options()
	var asked, accepted int
	o.Admit = func(context.Context, config.VCenter) (func(bool, bool), error) {
		if asked++; asked > 1 {
			return nil, errors.New("not tried: enough")
		}
		return func(ok, _ bool) {
			if ok {
				accepted++
			}
		}, nil
	}
	r := collector.New(o).Collect(t.Context(), target(v))
	if asked != 2 || accepted != 1 || v.Counters().Logins != 1 {
		t.Errorf("asked %d times, accepted %d, %d logins", asked, accepted, v.Counters().Logins)
	}
	if r.Status != inventory.Failed || r.Logout != inventory.LogoutOK || len(r.Problems) != 1 {
		t.Fatalf("status %s, logout %s, problems %+v", r.Status, r.Logout, r.Problems)
	}
	if p := r.Problems[0]; p.Class != inventory.ClassLockoutGuard || p.Phase != inventory.PhaseLogin || !strings.Contains(p.Message, "after the session was lost") {
		t.Errorf("%+v", p)
	}
	checkClean(t, v)
}

// TestLostSessionThatStays has the logout of the lost session fail at first: it
// is tried again at the end.
func TestLostSessionThatStays(t *testing.T) {
	var lost, refused atomic.Bool
	o := estate()
	o.Wrap = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch m := method(r); {
			case m == "RetrievePropertiesEx" && lost.CompareAndSwap(false, true):
				fault(`{"_typeName":"NotAuthenticated"}`)(w, r)
			case m == "Logout" && refused.CompareAndSwap(false, true):
				fault(`{"_typeName":"SystemError"}`)(w, r)
			default:
				next.ServeHTTP(w, r)
			}
		})
	}
	v := start(t, o)
	r := collector.New(options()).Collect(t.Context(), target(v))
	if r.Status != inventory.Complete || r.Logout != inventory.LogoutOK || len(r.Problems) != 0 {
		t.Errorf("status %s, logout %s, problems %+v", r.Status, r.Logout, r.Problems)
	}
	if n := v.Counters(); n.Logins != 2 || n.Logouts != 2 || n.ByMethod["Logout"] != 3 {
		t.Errorf("%d logins, %d logouts in %d calls", n.Logins, n.Logouts, n.ByMethod["Logout"])
	}
	checkClean(t, v)
}

// TestPanicSaysWhatBecameOfTheSession panics while reading, alone and with a
// session that cannot be ended.
func TestPanicSaysWhatBecameOfTheSession(t *testing.T) {
	for logout, faults := range map[inventory.LogoutResult][]simulator.Fault{
		inventory.LogoutOK:     nil,
		inventory.LogoutFailed: {"cleanup-fails"},
	} {
		v := start(t, estate(faults...))
		o := options()
		o.Observe = func(string, int) { panic("a bug") }
		r := collector.New(o).Collect(t.Context(), target(v))
		if r.Status != inventory.Failed || r.Logout != logout || len(r.Problems) != 1 || r.Requests == 0 || r.InstanceUUID == "" {
			t.Errorf("status %s, logout %s, want %s; problems %+v", r.Status, r.Logout, logout, r.Problems)
		}
		if p := r.Problems[0]; p.Class != inventory.ClassInternal || p.Phase != inventory.PhaseRead || !strings.Contains(p.Message, "a bug in vcfleet: a bug") {
			t.Errorf("%+v", p)
		}
		if n := v.Counters(); len(r.Records.Hosts) != 0 || (logout == inventory.LogoutOK) != (n.OpenSessions == 0) {
			t.Errorf("%d sessions are open, %d hosts", n.OpenSessions, len(r.Records.Hosts))
		}
	}
}

// TestPanicAtTheEnd panics when all has been read: what a bug has touched is not
// reported.
func TestPanicAtTheEnd(t *testing.T) {
	v := start(t, estate())
	o := options()
	o.Observe = func(_ string, objects int) {
		if objects < 50 { // the last ones
			panic("a bug")
		}
	}
	r := collector.New(o).Collect(t.Context(), target(v))
	if r.Status != inventory.Failed || len(r.Problems) != 1 || len(r.Records.Hosts) != 0 || r.Counts["hosts"] != 0 || r.Logout != inventory.LogoutOK {
		t.Errorf("status %s, problems %+v, %d hosts", r.Status, r.Problems, len(r.Records.Hosts))
	}
	checkClean(t, v)
}

// door is a port in front of a vCenter that can be shut and opened again.
type door struct {
	t    *testing.T
	to   string
	addr string
	mu   sync.Mutex
	in   net.Listener
}

func (d *door) open() {
	d.mu.Lock()
	defer d.mu.Unlock()
	in, err := net.Listen("tcp", d.addr)
	if err != nil {
		d.t.Error(err)
		return
	}
	d.in, d.addr = in, in.Addr().String()
	go func() {
		for {
			near, err := in.Accept()
			if err != nil {
				return
			}
			go d.pass(near)
		}
	}()
}

func (d *door) shut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	_ = d.in.Close()
}

func (d *door) pass(near net.Conn) {
	far, err := net.Dial("tcp", d.to)
	if err == nil {
		go func() {
			_, _ = io.Copy(far, near)
			_ = far.Close()
		}()
		_, _ = io.Copy(near, far)
	}
	_ = near.Close()
}

// TestLoginThatCouldNotConnect refuses connections between the service content
// and the login: no password has been sent, so that it is tried again.
func TestLoginThatCouldNotConnect(t *testing.T) {
	for _, test := range []struct {
		name    string
		shut    time.Duration
		status  inventory.Status
		retries int64
		logins  int64
	}{
		{"for a moment", 100 * time.Millisecond, inventory.Complete, 1, 1}, // the first pause is 250 ms at least
		{"for good", time.Hour, inventory.Failed, 2, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := &door{t: t, addr: "127.0.0.1:0"}
			o := estate()
			o.Wrap = func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if method(r) == "content" {
						d.shut()
						time.AfterFunc(test.shut, d.open)
						w.Header().Set("Connection", "close") // the login needs another one
					}
					next.ServeHTTP(w, r)
				})
			}
			v := start(t, o)
			d.to = v.Addr()
			d.open()
			defer d.shut()
			vc := target(v)
			vc.Host = d.addr
			var done, accepted, rejected int
			o2 := options()
			o2.Admit = func(context.Context, config.VCenter) (func(bool, bool), error) {
				return func(yes, no bool) {
					done++
					if yes {
						accepted++
					}
					if no {
						rejected++
					}
				}, nil
			}
			r := collector.New(o2).Collect(t.Context(), vc)
			if r.Status != test.status || r.Retries != test.retries {
				t.Errorf("status %s, %d retries, problems %+v", r.Status, r.Retries, r.Problems)
			}
			if n := v.Counters(); n.ByMethod["Login"] != test.logins || done != 1 || int64(accepted) != test.logins || rejected != 0 {
				t.Errorf("%d tries to log in; done %d, accepted %d, rejected %d", n.ByMethod["Login"], done, accepted, rejected)
			}
			if test.status == inventory.Failed {
				if p := r.Problems[0]; p.Class != inventory.ClassUnreachable || p.Phase != inventory.PhaseConnect || !strings.Contains(p.Message, "(tried 3 times)") {
					t.Errorf("%+v", p)
				}
			}
			checkClean(t, v)
		})
	}
}
