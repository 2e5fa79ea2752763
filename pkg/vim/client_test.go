package vim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// newProxy starts a proxy that makes the connections CONNECT asks for, and
// tells which.
func newProxy(t *testing.T) (url string, connected chan string) {
	t.Helper()
	connected = make(chan string, 10)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			http.Error(w, "CONNECT only", http.StatusMethodNotAllowed)
			return
		}
		far, err := new(net.Dialer).DialContext(r.Context(), "tcp", r.Host)
		if err != nil {
			http.Error(w, "no way", http.StatusBadGateway)
			return
		}
		near, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			_ = far.Close()
			return
		}
		connected <- r.Host
		_, _ = io.WriteString(near, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(far, near); _ = far.Close() }()
		_, _ = io.Copy(near, far)
		_ = near.Close()
	}))
	t.Cleanup(proxy.Close)
	return proxy.URL, connected
}

func TestProxy(t *testing.T) {
	url, connected := newProxy(t)
	for _, proxy := range []string{url, "none"} {
		client := serve(t, said{200, jsonType, `{"api_release":"8.0.3.0"}`, nil}.ServeHTTP, func(o *Options) { o.Proxy = proxy })
		if _, err := client.Hello(t.Context()); err != nil {
			t.Fatal(err)
		}
		select {
		case host := <-connected:
			if proxy == "none" || host != client.base.Host {
				t.Errorf("proxy %s was asked for %s", proxy, host)
			}
		default:
			if proxy != "none" {
				t.Error("the proxy was passed by")
			}
		}
		client.Close() // or the proxy holds its connections open
	}
}

func TestProxyRefuses(t *testing.T) {
	proxy := httptest.NewServer(said{407, "text/html", webPage, map[string]string{"Proxy-Authenticate": "Basic"}})
	t.Cleanup(proxy.Close)
	url := strings.Replace(proxy.URL, "://", "://user:hunter2@", 1)
	client := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request came") }, func(o *Options) { o.Proxy = url })
	if _, err := client.Hello(t.Context()); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error %v", err)
	}
}

func TestTrace(t *testing.T) {
	var log []Trace
	m := &methods{by: map[string]http.HandlerFunc{"DestroyView": said{204, "", "", nil}.ServeHTTP}}
	client := serve(t, m.ServeHTTP, func(o *Options) { o.Trace = func(t Trace) { log = append(log, t) } })
	session := inSession(client)
	view := ManagedObjectReference{"ContainerView", "session[1]2/.."}
	if err := session.DestroyView(t.Context(), view); err != nil {
		t.Error(err)
	}
	err := session.Logout(t.Context())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	gone := session.Logout(ctx)
	if !errors.Is(gone, context.Canceled) {
		t.Errorf("error %v", gone)
	}
	for i := range log {
		if log[i].Took < 0 {
			t.Errorf("took %v", log[i].Took)
		}
		if answered := log[i].Status != 0; answered != (log[i].TLS != nil) || answered == log[i].Date.IsZero() {
			t.Errorf("%s: connection %v, date %v", log[i].Method, log[i].TLS, log[i].Date)
		}
		log[i].Took, log[i].TLS, log[i].Date = 0, nil, time.Time{}
	}
	const managers = "SessionManager:SessionManager"
	want := []Trace{
		{Method: "DestroyView", Object: "ContainerView:session[1]2/..", Status: 204},
		{Method: "Logout", Object: managers, Status: 404, Err: err},
		{Method: "Logout", Object: managers, Err: gone},
	}
	if diff := cmp.Diff(want, log, cmp.Comparer(func(a, b error) bool { return fmt.Sprint(a) == fmt.Sprint(b) })); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := m.seen()[0].Path; got != "/sdk/vim25/8.0.3.0/ContainerView/session%5B1%5D2%2F../DestroyView" {
		t.Errorf("path %s", got)
	}
}

func TestSessionMethods(t *testing.T) {
	view := ManagedObjectReference{"ContainerView", "session[1]2"}
	m := &methods{by: map[string]http.HandlerFunc{
		"CreateContainerView":        said{200, jsonType, `{"_typeName":"ManagedObjectReference","type":"ContainerView","value":"session[1]2"}`, nil}.ServeHTTP,
		"CancelRetrievePropertiesEx": said{204, "", "", nil}.ServeHTTP,
		"DestroyView":                said{200, jsonType, "", nil}.ServeHTTP,
		"Logout":                     said{200, jsonType, "null", nil}.ServeHTTP,
	}}
	session := inSession(serve(t, m.ServeHTTP))
	got, err := session.CreateContainerView(t.Context(), session.content.RootFolder, []string{"VirtualMachine", "HostSystem"})
	if got != view || err != nil {
		t.Errorf("view %v, error %v", got, err)
	}
	if err := errors.Join(session.CancelRetrievePropertiesEx(t.Context(), "0"), session.DestroyView(t.Context(), view), session.Logout(t.Context())); err != nil {
		t.Error(err)
	}
	var bodies []string
	for _, c := range m.seen() {
		bodies = append(bodies, c.Body)
	}
	want := []string{`{"container":{"_typeName":"ManagedObjectReference","type":"Folder","value":"group-d1"},"type":["VirtualMachine","HostSystem"],"recursive":true}`, `{"token":"0"}`, "", ""}
	if diff := cmp.Diff(want, bodies); diff != "" {
		t.Errorf("bodies (-want +got):\n%s", diff)
	}
}

func TestViewThatIsNone(t *testing.T) {
	for _, body := range []string{`null`, ``, `"session[1]2"`, `{"type":"ContainerView"}`, `{"value":"x"}`, `[]`, `{"type":"ContainerView","value":"x"}x`} {
		session := inSession(serve(t, said{200, jsonType, body, nil}.ServeHTTP))
		if view, err := session.CreateContainerView(t.Context(), session.content.RootFolder, nil); err == nil {
			t.Errorf("%q gives the view %v", body, view)
		}
	}
}

// TestGoneAlready gives back what the vCenter no longer has.
func TestGoneAlready(t *testing.T) {
	fault := func(f FaultType) said {
		return said{500, jsonType, `{"_typeName":"` + string(f) + `"}`, nil}
	}
	type method = func(*Session, context.Context) error
	destroy := func(s *Session, ctx context.Context) error {
		return s.DestroyView(ctx, ManagedObjectReference{"ContainerView", "x"})
	}
	giveBack := func(s *Session, ctx context.Context) error { return s.CancelRetrievePropertiesEx(ctx, "t") }
	for i, test := range []struct {
		call method
		said said
		ok   bool
	}{
		{destroy, fault(ManagedObjectNotFound), true},
		{destroy, fault(NotAuthenticated), false},
		{giveBack, fault(InvalidProperty), true},
		{giveBack, fault(InvalidArgument), true},
		{giveBack, fault(SystemError), false},
		{(*Session).Logout, fault(NotAuthenticated), true},
		{(*Session).Logout, fault(AuthenticationRequired), true},
		{(*Session).Logout, said{401, jsonType, `{"error_type":"UNAUTHENTICATED"}`, nil}, true},
		{(*Session).Logout, said{401, "", "", nil}, true},
		{(*Session).Logout, fault(SystemError), false},
		{(*Session).Logout, said{503, "", "", nil}, false},
	} {
		if err := test.call(inSession(serve(t, test.said.ServeHTTP)), t.Context()); (err == nil) != test.ok {
			t.Errorf("%d: %s gives error %v", i, test.said.body, err)
		}
	}
}

// TestNothingStaysOpen has answers whose rest nobody reads.
func TestNothingStaysOpen(t *testing.T) {
	rest := strings.Repeat("x", 3*maxErrorBody/2)
	for name, answer := range map[string]said{
		"JSON":           {200, jsonType, `{"a":1} ` + rest, nil},
		"broken JSON":    {200, jsonType, `{"a":` + rest, nil},
		"too long":       {200, jsonType, `{"a":"` + strings.Repeat("x", 2*maxSmallResponse), nil},
		"HTML":           {200, "text/html", webPage + rest, nil},
		"fault":          {500, jsonType, `{"_typeName":"SystemError"} ` + rest, nil},
		"fault too long": {500, jsonType, `{"_typeName":"SystemError","x":"` + rest, nil},
		"text 500":       {500, "text/plain", rest, nil},
		"redirect":       {302, "text/html", rest, map[string]string{"Location": "/"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := &methods{by: map[string]http.HandlerFunc{"DestroyView": answer.ServeHTTP}}
			bubble(t, m.ServeHTTP, func(t *testing.T, client *Client) {
				if err := inSession(client).DestroyView(t.Context(), ManagedObjectReference{"ContainerView", "x"}); err == nil {
					t.Error("no error")
				}
			})
		})
	}
}
