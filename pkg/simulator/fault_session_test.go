package simulator_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"vcfleet/pkg/simulator"
)

// wantFault checks an answer for 500 and the type of the fault.
func wantFault(t *testing.T, status int, data []byte, typeName string) fault {
	t.Helper()
	var f fault
	if status != http.StatusInternalServerError || json.Unmarshal(data, &f) != nil || f.TypeName != typeName {
		t.Errorf("%d %.300s, want %s", status, data, typeName)
	}
	return f
}

// first asks for the first page of all machines.
func (c *client) first(view moref, paths ...string) (int, []byte) {
	c.t.Helper()
	return c.post(collector+"RetrievePropertiesEx", retrieve(view, "VirtualMachine", paths, 0))
}

// next asks for a further page.
func (c *client) next(token string) (int, []byte) {
	c.t.Helper()
	return c.post(collector+"ContinueRetrievePropertiesEx", mustJSON(c.t, map[string]string{"token": token}))
}

// page is an answer that is a page.
func page(t *testing.T, status int, data []byte) result {
	t.Helper()
	if status != http.StatusOK {
		t.Fatalf("%d %.300s", status, data)
	}
	var res result
	mustDecode(t, data, &res)
	return res
}

// all reads all pages and returns the objects, which must be 25.
func (c *client) all(view moref, paths ...string) result {
	c.t.Helper()
	status, data := c.first(view, paths...)
	out := page(c.t.(*testing.T), status, data)
	for token := out.Token; token != ""; {
		status, data = c.next(token)
		res := page(c.t.(*testing.T), status, data)
		out.Objects = append(out.Objects, res.Objects...)
		token = res.Token
	}
	return out
}

func (c *client) tryLogin(password string) (int, []byte) {
	user, _ := c.v.Credentials()
	return c.post("SessionManager/SessionManager/Login", mustJSON(c.t, map[string]string{"userName": user, "password": password}))
}

// expiryCase loses the session at the second page, or at the first.
func expiryCase(how string, lost func(t *testing.T, status int, data []byte, view moref), at string) faultCase {
	f := simulator.Fault("session-expiry@" + at + "=" + how)
	return faultCase{fault: f, check: func(t *testing.T, v *simulator.VCenter, c *client) {
		c.login()
		view := c.view("VirtualMachine")
		status, data := c.first(view, "name", "config.uuid")
		if at == "ContinueRetrievePropertiesEx" {
			status, data = c.next(page(t, status, data).Token)
		}
		lost(t, status, data, view)
		if n := v.Counters(); n.OpenSessions != 0 || n.OpenViews != 0 || n.OpenTokens != 0 || n.Logouts != 0 {
			t.Errorf("counters %+v", n)
		}
		if status, _ := c.post("SessionManager/SessionManager/Logout", ""); status != 500 && status != 401 {
			t.Errorf("logout of the lost session: %d", status)
		}
		c.session = ""
		c.login()
		if got := c.all(c.view("VirtualMachine"), "name"); len(got.Objects) != 25 || len(got.Objects[0].PropSet) != 1 {
			t.Errorf("after a new login: %d objects", len(got.Objects))
		}
		c.logout()
	}}
}

func sessionCases() []faultCase {
	cases := []faultCase{
		{fault: "reject-login", check: func(t *testing.T, v *simulator.VCenter, c *client) {
			_, pass := v.Credentials()
			status, data := c.tryLogin(pass)
			wantFault(t, status, data, "InvalidLogin")
		}},
		{fault: "login-no-permission", check: func(t *testing.T, v *simulator.VCenter, c *client) {
			_, pass := v.Credentials()
			status, data := c.tryLogin(pass)
			if f := wantFault(t, status, data, "NoPermission"); f.PrivilegeID != "System.View" || f.Object.Value != "group-d1" {
				t.Errorf("%+v", f)
			}
			status, data = c.tryLogin("wrong")
			wantFault(t, status, data, "InvalidLogin")
			if n := v.Counters(); n.RejectedLogins != 2 || n.OpenSessions != 0 {
				t.Errorf("counters %+v", n)
			}
		}},
		{fault: "session-expiry", check: func(t *testing.T, _ *simulator.VCenter, c *client) {
			c.login()
			status, data := c.first(c.view("VirtualMachine"), "name")
			wantFault(t, status, data, "NotAuthenticated")
		}},
		{fault: "session-expiry@Logout=missing", check: func(t *testing.T, v *simulator.VCenter, c *client) {
			c.login()
			status, data := c.post("SessionManager/SessionManager/Logout", "")
			wantFault(t, status, data, "NotAuthenticated")
			if n := v.Counters(); n.OpenSessions != 0 || n.Logouts != 0 {
				t.Errorf("counters %+v", n)
			}
		}},
		{fault: "used-token", check: func(t *testing.T, v *simulator.VCenter, c *client) {
			c.login()
			view := c.view("VirtualMachine")
			status, data := c.next("nonsense")
			wantFault(t, status, data, "InvalidProperty")
			status, data = c.first(view, "name")
			status, data = c.next(page(t, status, data).Token)
			if f := wantFault(t, status, data, "InvalidProperty"); f.Name != "token" {
				t.Errorf("%+v", f)
			}
			if n := v.Counters(); n.OpenTokens != 0 || n.Pages != 1 {
				t.Errorf("counters %+v", n)
			}
			if got := c.all(view, "name"); len(got.Objects) != 25 {
				t.Errorf("then %d objects", len(got.Objects))
			}
		}},
		{fault: "cleanup-fails", check: func(t *testing.T, v *simulator.VCenter, c *client) {
			c.login()
			view := c.view("VirtualMachine")
			status, data := c.first(view, "name")
			token := page(t, status, data).Token
			for path, body := range map[string]string{
				"ContainerView/" + view.Value + "/DestroyView": "",
				collector + "CancelRetrievePropertiesEx":       fmt.Sprintf(`{"token":%q}`, token),
				"SessionManager/SessionManager/Logout":         "",
			} {
				status, data := c.post(path, body)
				wantFault(t, status, data, "SystemError")
			}
			if n := v.Counters(); n.OpenSessions != 1 || n.OpenViews != 1 || n.OpenTokens != 1 || n.Logouts != 0 {
				t.Errorf("counters %+v", n)
			}
		}},
	}
	for _, at := range []string{"RetrievePropertiesEx", "ContinueRetrievePropertiesEx"} {
		cases = append(cases,
			expiryCase("fault", func(t *testing.T, status int, data []byte, _ moref) {
				wantFault(t, status, data, "NotAuthenticated")
			}, at),
			expiryCase("401", func(t *testing.T, status int, data []byte, _ moref) {
				if status != 401 || strings.HasPrefix(string(data), "{") {
					t.Errorf("%d %s", status, data)
				}
			}, at),
			expiryCase("view-gone", func(t *testing.T, status int, data []byte, view moref) {
				if f := wantFault(t, status, data, "ManagedObjectNotFound"); f.Obj == nil || *f.Obj != view {
					t.Errorf("%+v, want %+v", f.Obj, view)
				}
			}, at),
			expiryCase("missing", func(t *testing.T, status int, data []byte, _ moref) {
				res := page(t, status, data)
				if len(res.Objects) != 10 || res.Token != "" {
					t.Errorf("%d objects, token %q", len(res.Objects), res.Token)
				}
				for _, o := range res.Objects {
					if len(o.PropSet) != 0 || len(o.MissingSet) != 2 || !strings.Contains(string(o.MissingSet[0].Fault), `"_typeName":"NotAuthenticated"`) {
						t.Errorf("%+v", o)
					}
				}
			}, at))
	}
	return cases
}
