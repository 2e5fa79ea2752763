package bridge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25"

	"vcfleet/pkg/bridge"
)

// jsonClient sends VI/JSON requests through any RoundTripper.
type jsonClient struct {
	t       *testing.T
	rt      http.RoundTripper
	session string
}

func (c *jsonClient) do(method, path string, in, out any) int {
	c.t.Helper()
	body := &bytes.Buffer{}
	if in != nil {
		if err := json.NewEncoder(body).Encode(in); err != nil {
			c.t.Fatal(err)
		}
	}
	req, err := http.NewRequest(method, "https://vc.invalid/sdk/vim25/8.0.1.0/"+path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	if c.session != "" {
		req.Header.Set(bridge.SessionHeader, c.session)
	}
	res, err := c.rt.RoundTrip(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if s := res.Header.Get(bridge.SessionHeader); s != "" {
		c.session = s
	}
	if out != nil {
		if err := json.Unmarshal(data, out); err != nil {
			c.t.Fatalf("%s: decode %s: %v", path, data, err)
		}
	}
	return res.StatusCode
}

type object map[string]any

// TestSOAP reads vcsim's SOAP endpoint, over real SOAP, with VI/JSON requests:
// every call of an inventory run, two sessions side by side, and faults.
func TestSOAP(t *testing.T) {
	simulator.Test(func(_ context.Context, vc *vim25.Client) {
		b, err := bridge.New(bridge.Options{Backend: bridge.SOAP(vc.URL(), vc.DefaultTransport())})
		if err != nil {
			t.Fatal(err)
		}
		c := &jsonClient{t: t, rt: b}

		var content object
		if code := c.do("GET", "ServiceInstance/ServiceInstance/content", nil, &content); code != 200 || content["_typeName"] != "ServiceContent" {
			t.Fatalf("content: %d %v", code, content)
		}
		if got := content["rootFolder"].(map[string]any)["value"]; got != "group-d1" {
			t.Errorf("root folder %v", got)
		}

		var fault object
		if code := c.do("POST", "SessionManager/SessionManager/Login", object{"userName": "", "password": ""}, &fault); code != 500 || fault["_typeName"] != "InvalidLogin" {
			t.Errorf("bad login: %d %v", code, fault)
		}
		if code := c.do("POST", "ViewManager/ViewManager/CreateContainerView", viewOf("VirtualMachine"), &fault); code != 500 || fault["_typeName"] != "NotAuthenticated" {
			t.Errorf("without a session: %d %v", code, fault)
		}

		login(t, c)
		other := &jsonClient{t: t, rt: b}
		login(t, other)
		if other.session == c.session {
			t.Fatal("two logins gave one session")
		}
		checkInventory(t, c)

		if code := c.do("POST", "SessionManager/SessionManager/Logout", nil, nil); code != 204 {
			t.Errorf("logout: %d", code)
		}
		if code := c.do("POST", "SessionManager/SessionManager/Logout", nil, &fault); code != 500 || fault["_typeName"] != "NotAuthenticated" {
			t.Errorf("logout again: %d %v", code, fault)
		}
		checkInventory(t, other) // lives on
	})
}

func login(t *testing.T, c *jsonClient) {
	t.Helper()
	var session object
	if code := c.do("POST", "SessionManager/SessionManager/Login", object{"userName": "u", "password": "p"}, &session); code != 200 || session["_typeName"] != "UserSession" {
		t.Fatalf("login: %d %v", code, session)
	}
	if c.session == "" {
		t.Fatal("no session header")
	}
}

func viewOf(kind string) object {
	return object{"container": object{"type": "Folder", "value": "group-d1"}, "type": []string{kind}, "recursive": true}
}

func checkInventory(t *testing.T, c *jsonClient) {
	t.Helper()
	var view object
	if code := c.do("POST", "ViewManager/ViewManager/CreateContainerView", viewOf("VirtualMachine"), &view); code != 200 || view["type"] != "ContainerView" {
		t.Fatalf("view: %d %v", code, view)
	}
	spec := object{
		"specSet": []any{object{
			"propSet":   []any{object{"type": "VirtualMachine", "pathSet": []string{"name", "runtime.powerState", "config.hardware.device"}}},
			"objectSet": []any{object{"obj": view, "skip": true, "selectSet": []any{object{"_typeName": "TraversalSpec", "type": "ContainerView", "path": "view", "skip": false}}}},
		}},
		"options": object{"_typeName": "RetrieveOptions", "maxObjects": 3},
	}
	var page struct {
		Token   string `json:"token"`
		Objects []struct {
			PropSet []struct {
				Name string         `json:"name"`
				Val  map[string]any `json:"val"`
			} `json:"propSet"`
		} `json:"objects"`
	}
	if code := c.do("POST", "PropertyCollector/propertyCollector/RetrievePropertiesEx", spec, &page); code != 200 {
		t.Fatalf("retrieve: %d", code)
	}
	if len(page.Objects) != 3 || page.Token == "" {
		t.Fatalf("%d objects, token %q", len(page.Objects), page.Token)
	}
	want := map[string]string{"name": "string", "runtime.powerState": "VirtualMachinePowerState", "config.hardware.device": "ArrayOfVirtualDevice"}
	for _, p := range page.Objects[0].PropSet {
		if p.Val["_typeName"] != want[p.Name] {
			t.Errorf("%s is a %v, want a %s", p.Name, p.Val["_typeName"], want[p.Name])
		}
	}
	page.Token = ""
	if code := c.do("POST", "PropertyCollector/propertyCollector/ContinueRetrievePropertiesEx", object{"token": "bad"}, nil); code != 500 {
		t.Errorf("bad token: %d", code)
	}

	var name string
	if code := c.do("GET", "Folder/group-d1/name", nil, &name); code != 200 || name != "Datacenters" {
		t.Errorf("name of the root folder: %d %q", code, name)
	}
	var fault object
	if code := c.do("GET", "Folder/group-nil/name", nil, &fault); code != 500 || fault["_typeName"] != "ManagedObjectNotFound" {
		t.Errorf("no such folder: %d %v", code, fault)
	}
	if code := c.do("POST", "ContainerView/"+view["value"].(string)+"/DestroyView", nil, nil); code != 204 {
		t.Errorf("destroy view: %d", code)
	}
}
