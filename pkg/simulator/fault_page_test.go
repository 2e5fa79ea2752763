package simulator_test

import (
	"fmt"
	"strings"
	"testing"

	"vcfleet/pkg/simulator"
)

// values are a property's values and faults by object.
func values(res result, path string) (vals, missing map[string]string) {
	vals, missing = make(map[string]string), make(map[string]string)
	for _, o := range res.Objects {
		for _, p := range o.PropSet {
			if p.Name == path {
				vals[o.Obj.Value] = string(p.Val)
			}
		}
		for _, m := range o.MissingSet {
			if m.Path == path {
				missing[o.Obj.Value] = string(m.Fault)
			}
		}
	}
	return vals, missing
}

// checkMasked checks a fault that hides config.hardware.numCPU of the machines.
func checkMasked(t *testing.T, _ *simulator.VCenter, c *client) {
	c.login()
	view := c.view("VirtualMachine")
	res := c.all(view, "name", "config.hardware.numCPU")
	vals, missing := values(res, "config.hardware.numCPU")
	if len(res.Objects) != 25 || len(vals) != 0 || len(missing) < 10 {
		t.Errorf("%d objects, %d values, %d missing", len(res.Objects), len(vals), len(missing))
	}
	for id, m := range missing {
		var f fault
		mustDecode(t, []byte(m), &f)
		if f.TypeName != "NoPermission" || f.PrivilegeID != "System.Read" || f.Object.Value != id {
			t.Errorf("%s: %s", id, m)
		}
	}
	if vals, missing := values(res, "name"); len(vals) != 25 || len(missing) != 0 {
		t.Errorf("%d names, %d missing", len(vals), len(missing))
	}
}

// checkRoot checks that the root folder is not shown, and how the second page
// is answered.
func checkRoot(second string) func(t *testing.T, v *simulator.VCenter, c *client) {
	return func(t *testing.T, v *simulator.VCenter, c *client) {
		c.login()
		root := moref{"ManagedObjectReference", "Folder", "group-d1"}
		status, data := c.post(collector+"RetrievePropertiesEx", strings.Replace(retrieve(root, "Folder", []string{"name"}, 0), `"skip":true`, `"skip":false`, 1))
		if status != 200 || string(data) != "null" {
			t.Errorf("root folder: %d %s", status, data)
		}
		status, data = c.get("Folder/group-d1/name")
		wantFault(t, status, data, "NoPermission")

		status, data = c.first(c.view("VirtualMachine"), "name")
		first := page(t, status, data)
		if len(first.Objects) != 10 {
			t.Errorf("first page: %d objects", len(first.Objects))
		}
		if status, data = c.next(first.Token); second != "" {
			if f := wantFault(t, status, data, second); f.Object.Value != "group-d1" || f.PrivilegeID != "System.Read" {
				t.Errorf("%+v", f)
			}
			status, data = c.post(collector+"CancelRetrievePropertiesEx", fmt.Sprintf(`{"token":%q}`, first.Token))
			wantFault(t, status, data, second)
		} else if res := page(t, status, data); len(res.Objects) != 10 {
			t.Errorf("second page: %d objects", len(res.Objects))
		}
		c.logout()
		if n := v.Counters(); n.OpenTokens != 0 || n.OpenViews != 0 {
			t.Errorf("counters %+v", n)
		}
	}
}

func permissionCases() []faultCase {
	small := simulator.Options{VMs: 25, PageCap: 10}
	old, u1 := small, small
	old.Releases = []string{"8.0.2.0", "8.0.1.0"}
	u1.NoHello = true
	return []faultCase{
		{fault: "unknown-property=config.uuid", check: func(t *testing.T, _ *simulator.VCenter, c *client) {
			c.login()
			view := c.view("VirtualMachine")
			for range 2 {
				status, data := c.first(view, "name", "config.uuid")
				if f := wantFault(t, status, data, "InvalidProperty"); f.Name != "config.uuid" {
					t.Errorf("%+v", f)
				}
			}
			if got := c.all(view, "name"); len(got.Objects) != 25 {
				t.Errorf("without the property: %d objects", len(got.Objects))
			}
		}},
		{fault: "unknown-property=HostSystem:name", check: func(t *testing.T, _ *simulator.VCenter, c *client) {
			c.login()
			if got := c.all(c.view("VirtualMachine"), "name"); len(got.Objects) != 25 {
				t.Errorf("%d machines", len(got.Objects))
			}
			status, data := c.post(collector+"RetrievePropertiesEx", retrieve(c.view("HostSystem"), "HostSystem", []string{"name"}, 0))
			wantFault(t, status, data, "InvalidProperty")
		}},
		{fault: "no-permission=config.hardware.numCPU", check: checkMasked},
		{fault: "no-permission=VirtualMachine:config", check: checkMasked},
		{fault: "no-permission=HostSystem:name", check: func(t *testing.T, _ *simulator.VCenter, c *client) {
			c.login()
			vals, missing := values(c.all(c.view("VirtualMachine"), "name"), "name")
			if len(vals) != 25 || len(missing) != 0 {
				t.Errorf("%d names, %d missing", len(vals), len(missing))
			}
		}},
		{fault: "no-permission-type=HostSystem", check: func(t *testing.T, v *simulator.VCenter, c *client) {
			c.login()
			status, data := c.post(collector+"RetrievePropertiesEx", retrieve(c.view("ManagedEntity"), "HostSystem", []string{"name"}, 0))
			if status != 200 || string(data) != "null" {
				t.Errorf("hosts: %d %.300s", status, data)
			}
			if got := c.all(c.view("VirtualMachine"), "name"); len(got.Objects) != 25 {
				t.Errorf("%d machines", len(got.Objects))
			}
			if got := soapRefs(t, v, "HostSystem"); len(got) == 0 {
				t.Error("no hosts over SOAP")
			}
		}},
		{fault: "no-root", options: small, check: checkRoot("")},
		{fault: "no-root", options: old, check: checkRoot("NoPermission")},
		{fault: "no-root", options: u1, check: checkRoot("NoPermission")},
	}
}

// checkOdd counts the values of config.hardware.numCPU that are not numbers.
func checkOdd(path, usual, odd string) func(t *testing.T, v *simulator.VCenter, c *client) {
	return func(t *testing.T, _ *simulator.VCenter, c *client) {
		c.login()
		vals, _ := values(c.all(c.view("VirtualMachine"), "name", path), path)
		n := 0
		for id, val := range vals {
			switch {
			case strings.HasPrefix(val, `{"_typeName":"`+odd+`"`):
				n++
			case !strings.HasPrefix(val, `{"_typeName":"`+usual+`"`):
				t.Errorf("%s: %s", id, val)
			}
		}
		if n < 3 || n > len(vals)/2 {
			t.Errorf("%d of %d are odd", n, len(vals))
		}
	}
}

func pageCases() []faultCase {
	return []faultCase{
		{fault: "deep", check: func(t *testing.T, _ *simulator.VCenter, c *client) {
			c.login()
			status, data := c.first(c.view("VirtualMachine"), "name")
			if status != 200 || strings.Count(string(data), "[") < 100_000 || strings.Count(string(data), "[") != strings.Count(string(data), "]") {
				t.Errorf("%d, %d bytes", status, len(data))
			}
			if strings.Count(string(data), `"_typeName":"ArrayOfAnyType"`) != 1 {
				t.Error("more or less than one property is deep")
			}
		}},
		{fault: "odd-value=config.hardware.numCPU", check: checkOdd("config.hardware.numCPU", "int", "string")},
		{fault: "odd-value=VirtualMachine:name", check: checkOdd("name", "string", "int")},
		{fault: "duplicate-object", check: func(t *testing.T, _ *simulator.VCenter, c *client) {
			c.login()
			view := c.view("VirtualMachine")
			for range 2 {
				status, data := c.first(view, "name")
				first := page(t, status, data)
				status, data = c.next(first.Token)
				second := page(t, status, data)
				last, again := first.Objects[len(first.Objects)-1], second.Objects[0]
				if last.Obj != again.Obj || string(last.PropSet[0].Val) != string(again.PropSet[0].Val) {
					t.Errorf("%v is not again %v", again, last)
				}
				if len(second.Objects) != 11 {
					t.Errorf("second page: %d objects", len(second.Objects))
				}
				status, data = c.next(second.Token)
				if third := page(t, status, data); len(third.Objects) != 5 || third.Objects[0].Obj == second.Objects[10].Obj {
					t.Errorf("third page: %d objects", len(third.Objects))
				}
			}
		}},
	}
}
