package bridge_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"

	"vcfleet/pkg/bridge"
)

// stub is a backend of two functions.
type stub struct {
	call     func(*bridge.Call) error
	property func(session string, obj types.ManagedObjectReference, name string) (any, error)
}

func (s stub) Call(_ context.Context, c *bridge.Call) error { return s.call(c) }

func (s stub) Property(_ context.Context, session string, obj types.ManagedObjectReference, name string) (any, error) {
	return s.property(session, obj, name)
}

// answers is a backend with one method of each kind.
func answers() stub {
	return stub{
		call: func(c *bridge.Call) error {
			switch c.Method {
			case "Login":
				c.Opened = "new-session"
				c.Res = &types.LoginResponse{Returnval: types.UserSession{Key: "k", UserName: c.Req.(*types.Login).UserName}}
			case "AcquireCloneTicket":
				c.Res = &types.AcquireCloneTicketResponse{Returnval: c.Session + "@" + c.This.Type + ":" + c.This.Value}
			case "Logout", "RetrievePropertiesEx":
				// void, and null
			case "CurrentTime":
				return &bridge.Fault{Detail: &types.NotAuthenticated{NoPermission: types.NoPermission{Object: &c.This}}, Message: `say "no"`}
			case "DestroyView":
				return soap.WrapSoapFault(&soap.Fault{String: "no detail"})
			case "DestroyPropertyCollector":
				return soap.WrapVimFault(&types.NotFound{})
			case "CreateFilter":
				return &bridge.StatusError{Code: 503, Text: "busy"}
			default:
				return errors.New("connection refused")
			}
			return nil
		},
		property: func(_ string, obj types.ManagedObjectReference, name string) (any, error) {
			switch name {
			case "name":
				return "n of " + obj.Value, nil
			case "view":
				return []types.ManagedObjectReference{{Type: "Folder", Value: "f"}}, nil
			case "content":
				return bridge.Raw(`{"_typeName":"ServiceContent"}`), nil
			}
			return nil, nil
		},
	}
}

func TestServeHTTP(t *testing.T) {
	const base = "/sdk/vim25/8.0.1.0/"
	tests := []struct {
		name, method, path, body string
		options                  bridge.Options
		status                   int
		want, contentType        string
	}{
		{
			name: "result", method: "POST", path: base + "SessionManager/SessionManager/Login", body: `{"userName":"u"}`, status: 200,
			want: `{"_typeName":"UserSession","key":"k","userName":"u","fullName":"","loginTime":"0001-01-01T00:00:00Z","lastActiveTime":"0001-01-01T00:00:00Z","locale":"","messageLocale":"","extensionSession":false,"ipAddress":"","userAgent":"","callCount":0}`, contentType: "application/json",
		},
		{name: "session and object", method: "POST", path: base + "SessionManager/a%2Fb%5Bc/AcquireCloneTicket", status: 200, want: `"sid@SessionManager:a/b[c"`, contentType: "application/json"},
		{name: "no parameters as an object", method: "POST", path: base + "SessionManager/m/AcquireCloneTicket", body: " {} ", status: 200, want: `"sid@SessionManager:m"`, contentType: "application/json"},
		{name: "void", method: "POST", path: base + "SessionManager/SessionManager/Logout", status: 204},
		{name: "null", method: "POST", path: base + "PropertyCollector/p/RetrievePropertiesEx", status: 200, want: "null", contentType: "application/json"},
		{name: "null, empty", options: bridge.Options{Null: bridge.NullEmpty}, method: "POST", path: base + "PropertyCollector/p/RetrievePropertiesEx", status: 200},
		{name: "null, no content", options: bridge.Options{Null: bridge.NullNoContent}, method: "GET", path: base + "VirtualMachine/vm-1/snapshot", status: 204},
		{name: "property", method: "GET", path: base + "VirtualMachine/vm-1/name", status: 200, want: `"n of vm-1"`, contentType: "application/json"},
		{name: "array property", method: "GET", path: base + "ContainerView/v/view", status: 200, want: `[{"_typeName":"ManagedObjectReference","type":"Folder","value":"f"}]`, contentType: "application/json"},
		{name: "raw property", method: "GET", path: base + "ServiceInstance/ServiceInstance/content", status: 200, want: `{"_typeName":"ServiceContent"}`, contentType: "application/json"},
		{
			name: "fault", method: "POST", path: base + "ServiceInstance/ServiceInstance/CurrentTime", status: 500, contentType: "application/json",
			want: `{"_typeName":"NotAuthenticated","object":{"_typeName":"ManagedObjectReference","type":"ServiceInstance","value":"ServiceInstance"},"faultMessage":[],"faultstring":"say \"no\""}`,
		},
		{
			name: "SOAP fault without detail", method: "POST", path: base + "ContainerView/v/DestroyView", status: 500, contentType: "application/json",
			want: `{"_typeName":"SystemError","reason":"no detail","faultMessage":[],"faultstring":"no detail"}`,
		},
		{
			name: "vim fault", method: "POST", path: base + "PropertyCollector/v/DestroyPropertyCollector", status: 500, contentType: "application/json",
			want: `{"_typeName":"NotFound","faultMessage":[],"faultstring":""}`,
		},
		{name: "status", method: "POST", path: base + "PropertyCollector/v/CreateFilter", body: `{"partialUpdates":true}`, status: 503, contentType: "text/plain", want: "busy"},
		{name: "backend out of reach", method: "POST", path: base + "X/v/Destroy_Task", status: 502, contentType: "text/plain; charset=utf-8", want: "upstream connect error\n"},
		{
			name: "unknown method", method: "POST", path: base + "Folder/f/Frobnicate", status: 500, contentType: "application/json",
			want: `{"_typeName":"MethodNotFound","receiver":{"_typeName":"ManagedObjectReference","type":"Folder","value":"f"},"method":"Frobnicate","faultMessage":[],"faultstring":"Folder has no method Frobnicate"}`,
		},
		{
			name: "a type is not a method", method: "POST", path: base + "Folder/f/VirtualMachineConfigInfo", status: 500, contentType: "application/json",
			want: `{"_typeName":"MethodNotFound","receiver":{"_typeName":"ManagedObjectReference","type":"Folder","value":"f"},"method":"VirtualMachineConfigInfo","faultMessage":[],"faultstring":"Folder has no method VirtualMachineConfigInfo"}`,
		},
		{
			name: "junk", method: "POST", path: base + "SessionManager/SessionManager/Login", body: `<xml/>`, status: 500, contentType: "application/json",
			want: `{"_typeName":"InvalidRequest","faultMessage":[],"faultstring":"read JSON: invalid character '\u003c' looking for beginning of value"}`,
		},
		{
			name: "too long", options: bridge.Options{MaxRequest: 8}, method: "POST", path: base + "SessionManager/SessionManager/Login", body: `{"userName":"u"}`, status: 500, contentType: "application/json",
			want: `{"_typeName":"InvalidRequest","faultMessage":[],"faultstring":"the request is longer than 8 bytes"}`,
		},
		{name: "verb", method: "PUT", path: base + "Folder/f/name", status: 405, contentType: "text/plain", want: "405 method not allowed\n"},
		{name: "no release", method: "GET", path: "/sdk/vim25/Folder/f/name", status: 404, contentType: "text/plain", want: "404 page not found\n"},
		{name: "release of another form", method: "GET", path: "/sdk/vim25/8.0/Folder/f/name", status: 404, contentType: "text/plain", want: "404 page not found\n"},
		{name: "refused release", options: bridge.Options{Release: func(string) bool { return false }}, method: "GET", path: base + "Folder/f/name", status: 404, contentType: "text/plain", want: "404 page not found\n"},
		{name: "elsewhere", method: "GET", path: "/", status: 404, contentType: "text/plain", want: "404 page not found\n"},
	}

	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.options.Backend = answers()
			b, err := bridge.New(tt.options)
			if err != nil {
				t.Fatal(err)
			}
			req := httptest.NewRequest(tt.method, tt.path, strings.NewReader(tt.body))
			req.Header.Set(bridge.SessionHeader, "sid")

			w := httptest.NewRecorder()
			b.ServeHTTP(w, req)
			want := strings.ReplaceAll(tt.want, `\u003c`, "<")
			if w.Code != tt.status || w.Body.String() != want || w.Header().Get("Content-Type") != tt.contentType {
				t.Errorf("got %d %q\n%s\nwant %d %q\n%s", w.Code, w.Header().Get("Content-Type"), w.Body, tt.status, tt.contentType, want)
			}
			if opened := w.Header().Get(bridge.SessionHeader); (opened == "new-session") != (tt.name == "result") {
				t.Errorf("session header %q", opened)
			}

			// The RoundTripper gives the same, but for a backend out of reach.
			req = httptest.NewRequest(tt.method, tt.path, strings.NewReader(tt.body))
			req.Header.Set(bridge.SessionHeader, "sid")
			res, err := b.RoundTrip(req)
			if tt.status == 502 {
				if err == nil {
					t.Error("RoundTrip: no error")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != tt.status || string(body) != want || res.ContentLength != int64(len(want)) {
				t.Errorf("RoundTrip: %d %s", res.StatusCode, body)
			}
		})
	}
}

// TestSessionHeader keeps what could break out of a cookie from the backend.
func TestSessionHeader(t *testing.T) {
	for _, tt := range []struct{ header, want string }{
		{"0123456789abcdef", "0123456789abcdef"},
		{"a-b_c.d", "a-b_c.d"},
		{"", ""},
		{"a; vmware_client=x", ""},
		{`a"b`, ""},
		{strings.Repeat("a", 300), ""},
	} {
		var got string
		b, err := bridge.New(bridge.Options{Backend: stub{property: func(session string, _ types.ManagedObjectReference, _ string) (any, error) {
			got = session
			return nil, nil
		}}})
		if err != nil {
			t.Fatal(err)
		}
		req := httptest.NewRequest(http.MethodGet, "/sdk/vim25/8.0.1.0/Folder/f/name", nil)
		req.Header.Set(bridge.SessionHeader, tt.header)
		b.ServeHTTP(httptest.NewRecorder(), req)
		if got != tt.want {
			t.Errorf("header %q: session %q, want %q", tt.header, got, tt.want)
		}
	}
}

func TestNewErrors(t *testing.T) {
	if _, err := bridge.New(bridge.Options{}); err == nil {
		t.Error("no backend: no error")
	}
	if _, err := bridge.New(bridge.Options{Backend: stub{}, MaxRequest: -1}); err == nil {
		t.Error("negative bound: no error")
	}
}
