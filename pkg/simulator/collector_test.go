package simulator_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"vcfleet/pkg/simulator"
)

const collector = "PropertyCollector/propertyCollector/"

// pages reads a retrieval to its end and returns the page sizes.
func pages(t *testing.T, c *client, pc, body string) []int {
	t.Helper()
	status, data := c.post("PropertyCollector/"+url.PathEscape(pc)+"/RetrievePropertiesEx", body)
	var sizes []int
	for {
		if status != 200 {
			t.Fatalf("page %d: %d %s", len(sizes), status, data)
		}
		var res result
		mustDecode(t, data, &res)
		sizes = append(sizes, len(res.Objects))
		for _, o := range res.Objects {
			for _, p := range o.PropSet {
				if string(p.Val) == "null" || len(p.Val) == 0 {
					t.Errorf("%s.%s has no value", o.Obj.Value, p.Name)
				}
			}
		}
		if res.Token == "" {
			return sizes
		}
		status, data = c.post("PropertyCollector/"+url.PathEscape(pc)+"/ContinueRetrievePropertiesEx", mustJSON(t, map[string]string{"token": res.Token}))
	}
}

func TestPageCap(t *testing.T) {
	tests := []struct {
		vms, pageCap, ask int
		want              string
	}{
		{250, 0, 0, "[100 100 50]"},
		{250, 0, 1000, "[100 100 50]"},
		{100, 0, 1000, "[100]"},
		{101, 0, 1000, "[100 1]"},
		{30, 1000, 0, "[30]"},
		{30, 1000, 12, "[12 12 6]"},
		{30, 7, 12, "[7 7 7 7 2]"},
	}
	for _, tt := range tests {
		v := start(t, simulator.Options{VMs: tt.vms, PageCap: tt.pageCap})
		c := newClient(t, v)
		c.login()
		view := c.view("VirtualMachine")
		// snapshot is unset on most machines: on no page may it come as null
		sizes := pages(t, c, "propertyCollector", retrieve(view, "VirtualMachine", []string{"name", "snapshot"}, tt.ask))
		if got := fmt.Sprint(sizes); got != tt.want {
			t.Errorf("%+v: pages %s", tt, got)
		}
		if n := v.Counters(); n.Pages != int64(len(sizes)) || n.OpenTokens != 0 {
			t.Errorf("%+v: counters %+v", tt, n)
		}
	}
}

// TestTokens has the rules of tokens: one use, one session, one collector, and
// one outstanding per collector.
func TestTokens(t *testing.T) {
	v := start(t, simulator.Options{VMs: 20, PageCap: 5})
	c, other := newClient(t, v), newClient(t, v)
	c.login()
	other.login()
	view := c.view("VirtualMachine")

	next := func(c *client, pc, method, token string) (int, string, fault) {
		status, data := c.post("PropertyCollector/"+url.PathEscape(pc)+"/"+method, mustJSON(t, map[string]string{"token": token}))
		var f fault
		if status == 500 {
			mustDecode(t, data, &f)
		}
		return status, string(data), f
	}
	bad := func(why string, c *client, pc, token string) {
		t.Helper()
		for _, method := range []string{"ContinueRetrievePropertiesEx", "CancelRetrievePropertiesEx"} {
			if status, data, f := next(c, pc, method, token); status != 500 || f.TypeName != "InvalidProperty" || f.Name != "token" {
				t.Errorf("%s: %s: %d %s", why, method, status, data)
			}
		}
	}

	first := firstToken(t, c, "propertyCollector", view)
	if first != "0" {
		t.Errorf("first token %q: a vCenter's is 0, and clients must not take it for none", first)
	}
	bad("made-up token", c, "propertyCollector", "nonsense")
	bad("empty token", c, "propertyCollector", "")
	bad("another session", other, "propertyCollector", first)
	_, data := c.post(collector+"CreatePropertyCollector", "")
	var pc moref
	mustDecode(t, data, &pc)
	bad("another collector", c, pc.Value, first)

	status, body, _ := next(c, "propertyCollector", "ContinueRetrievePropertiesEx", first)
	var res result
	mustDecode(t, []byte(body), &res)
	if status != 200 || len(res.Objects) != 5 || res.Token == "" || res.Token == first {
		t.Fatalf("second page: %d %.200s", status, body)
	}
	bad("used token", c, "propertyCollector", first)

	own := firstToken(t, c, pc.Value, view)
	again := firstToken(t, c, "propertyCollector", view)
	bad("token of an older retrieval", c, "propertyCollector", res.Token)
	if n := v.Counters(); n.OpenTokens != 2 {
		t.Errorf("%d tokens, want 2", n.OpenTokens)
	}
	if status, body, _ := next(c, pc.Value, "ContinueRetrievePropertiesEx", own); status != 200 {
		t.Errorf("a collector of its own: %d %s", status, body)
	}
	if status, body, _ := next(c, "propertyCollector", "CancelRetrievePropertiesEx", again); status != 204 || body != "" {
		t.Errorf("cancel: %d %s", status, body)
	}
	bad("cancelled token", c, "propertyCollector", again)

	if status, data := c.post("PropertyCollector/"+url.PathEscape(pc.Value)+"/DestroyPropertyCollector", ""); status != 204 {
		t.Errorf("destroy collector: %d %s", status, data)
	}
	if n := v.Counters(); n.OpenTokens != 0 {
		t.Errorf("%d tokens left", n.OpenTokens)
	}
}

func TestPaths(t *testing.T) {
	c := newClient(t, start(t, simulator.Options{VMs: 40}))
	c.login()
	everything := c.view()

	tests := []struct {
		kind, path string
		valid      bool
	}{
		{"VirtualMachine", "name", true},
		{"VirtualMachine", "config.hardware.numCPU", true},
		{"VirtualMachine", "config.hardware.device[2000]", true},
		{"VirtualMachine", "config.hardware.device[2000].backing.fileName", true},
		{"VirtualMachine", `config.extraConfig["a.b"]`, true},
		{"VirtualMachine", `config.extraConfig["a.b"].value`, true},
		{"VirtualMachine", "config.ftInfo.primaryVM", true},
		{"VirtualMachine", "summary.runtime.host", true},
		{"ManagedEntity", "name", true},
		{"ManagedEntity", "config", false},
		{"Datastore", "info.url", true},
		{"Datastore", "info.vmfs.uuid", true},
		{"Datastore", "info.nas.remoteHost", true},
		{"ResourcePool", "summary.vAppState", true},
		{"VirtualApp", "parentVApp", true},
		{"ClusterComputeResource", "summary.currentEVCModeKey", true},
		{"ComputeResource", "configurationEx.dasConfig.enabled", true},
		{"VmwareDistributedVirtualSwitch", "config.maxMtu", true},
		{"DistributedVirtualPortgroup", "config.defaultPortConfig.vlan", true},
		{"HostSystem", "summary.quickStats.overallMemoryUsage", true},
		{"HostSystem", "summary.quickStats.overallMemory", false},
		{"VirtualMachine", "nope", false},
		{"VirtualMachine", "Name", false},
		{"VirtualMachine", "config.nope", false},
		{"VirtualMachine", "name.length", false},
		{"VirtualMachine", "parent.name", false},
		{"VirtualMachine", "config.hardware.device.key", false},
		{"VirtualMachine", "config.hardware[1]", false},
		{"VirtualMachine", "config.hardware.device[", false},
		{"VirtualMachine", "config.hardware.device[1", false},
		{"VirtualMachine", "config..hardware", false},
		{"VirtualMachine", "", false},
		{"Datastore", "info.nope", false},
	}
	for _, tt := range tests {
		status, data := c.post(collector+"RetrievePropertiesEx", retrieve(everything, tt.kind, []string{tt.path, "name"}, 0))
		if tt.valid {
			if status != 200 {
				t.Errorf("%s.%s: %d %s", tt.kind, tt.path, status, data)
			}
			continue
		}
		var f fault
		mustDecode(t, data, &f)
		if status != 500 || f.TypeName != "InvalidProperty" || f.Name != tt.path {
			t.Errorf("%s.%s: %d %s", tt.kind, tt.path, status, data)
		}
	}
}

func TestRetrieve(t *testing.T) {
	v := start(t, simulator.Options{VMs: 40})
	c := newClient(t, v)
	c.login()
	view := c.view("VirtualMachine")

	t.Run("no match is null", func(t *testing.T) {
		if status, data := c.post(collector+"RetrievePropertiesEx", retrieve(view, "Datastore", []string{"name"}, 0)); status != 200 || string(data) != "null" {
			t.Errorf("%d %s", status, data)
		}
	})
	t.Run("no such object", func(t *testing.T) {
		gone := moref{"ManagedObjectReference", "ContainerView", "gone"}
		status, data := c.post(collector+"RetrievePropertiesEx", retrieve(gone, "VirtualMachine", []string{"name"}, 0))
		var f fault
		mustDecode(t, data, &f)
		if status != 500 || f.TypeName != "ManagedObjectNotFound" || f.Obj == nil || f.Obj.Value != "gone" {
			t.Errorf("%d %s", status, data)
		}
		body := strings.Replace(retrieve(gone, "VirtualMachine", []string{"name"}, 0), `"objectSet"`, `"reportMissingObjectsInResults":true,"objectSet"`, 1)
		if status, data := c.post(collector+"RetrievePropertiesEx", body); status != 200 || string(data) != "null" {
			t.Errorf("reported as missing: %d %s", status, data)
		}
	})
	t.Run("bad arguments", func(t *testing.T) {
		for body, want := range map[string]string{
			`{"specSet":[],"options":{}}`: "InvalidArgument",
			strings.Replace(retrieve(view, "VirtualMachine", []string{"name"}, 1), `"maxObjects":1`, `"maxObjects":-1`, 1): "InvalidArgument",
			retrieve(view, "Frob", []string{"name"}, 0):                                                                                                      "InvalidType",
			strings.Replace(retrieve(view, "VirtualMachine", nil, 0), `"path":"view"`, `"path":"nope"`, 1):                                                   "InvalidProperty",
			strings.Replace(retrieve(view, "VirtualMachine", nil, 0), `"skip":false,"type":"ContainerView"`, `"skip":false,"type":"Frob"`, 1):                "InvalidType",
			strings.Replace(retrieve(view, "VirtualMachine", nil, 0), `"TraversalSpec"`, `"NotFound"`, 1):                                                    "InvalidRequest",
			`{"specSet":[{"objectSet":[{"obj":{"type":"Folder","value":"group-d1"},"selectSet":[{"_typeName":"SelectionSpec","name":"x"}]}]}],"options":{}}`: "InvalidArgument",
			`junk`: "InvalidRequest",
		} {
			status, data := c.post(collector+"RetrievePropertiesEx", body)
			var f fault
			mustDecode(t, data, &f)
			if status != 500 || f.TypeName != want {
				t.Errorf("%s: %d %s", body, status, data)
			}
		}
	})
	t.Run("several specs blend", func(t *testing.T) {
		// One object through two filters comes once, with the properties of both.
		status, data := c.post(collector+"RetrievePropertiesEx", `{"options":{},"specSet":[
			{"propSet":[{"type":"Folder","pathSet":["name"]}],"objectSet":[{"obj":{"type":"Folder","value":"group-d1"}}]},
			{"propSet":[{"type":"ManagedEntity","pathSet":["overallStatus","name"]},{"type":"CustomFieldsManager","pathSet":["field"]}],
			 "objectSet":[{"obj":{"type":"Folder","value":"group-d1"}},{"obj":{"type":"CustomFieldsManager","value":"CustomFieldsManager"}}]}]}`)
		var res result
		mustDecode(t, data, &res)
		if status != 200 || len(res.Objects) != 2 || len(res.Objects[0].PropSet) != 2 || len(res.Objects[1].PropSet) != 1 {
			t.Errorf("%d %s", status, data)
		}
	})
	t.Run("recursive traversal", func(t *testing.T) {
		// The classic walk of folders by a spec that names itself.
		status, data := c.post(collector+"RetrievePropertiesEx", `{"options":{},"specSet":[{"propSet":[{"type":"Datacenter","pathSet":["name"]}],
			"objectSet":[{"obj":{"type":"Folder","value":"group-d1"},"skip":true,"selectSet":[
				{"_typeName":"TraversalSpec","name":"visitFolders","type":"Folder","path":"childEntity","skip":false,
				 "selectSet":[{"_typeName":"SelectionSpec","name":"visitFolders"}]}]}]}]}`)
		var res result
		mustDecode(t, data, &res)
		if status != 200 || len(res.Objects) != 2 {
			t.Errorf("%d %s", status, data)
		}
	})
	t.Run("keyed element", func(t *testing.T) {
		_, data := c.post(collector+"RetrievePropertiesEx", retrieve(view, "VirtualMachine", []string{"config.hardware.device[4000].macAddress", "config.hardware.device[2000]"}, 0))
		var res result
		mustDecode(t, data, &res)
		found := map[string]string{}
		for _, o := range res.Objects {
			for _, p := range o.PropSet {
				found[p.Name] = string(p.Val)
			}
		}
		if got := found["config.hardware.device[2000]"]; !strings.HasPrefix(got, `{"_typeName":"VirtualDisk","key":2000,`) {
			t.Errorf("element: %s", got)
		}
		if got := found["config.hardware.device[4000].macAddress"]; !strings.HasPrefix(got, `{"_typeName":"string","_value":"00:50:56:`) {
			t.Errorf("member of element: %s", got)
		}
	})
	t.Run("the older method", func(t *testing.T) {
		body := retrieve(view, "VirtualMachine", []string{"name"}, 0)
		body = body[:strings.Index(body, `"options"`)] + body[strings.Index(body, `"specSet"`):]
		status, data := c.post(collector+"RetrieveProperties", body)
		if n := strings.Count(string(data), `"ObjectContent"`); status != 200 || n != 40 {
			t.Errorf("%d, %d objects", status, n)
		}
	})
}

// TestUpdates polls for changes, which is vcsim's work behind the bridge.
func TestUpdates(t *testing.T) {
	c := newClient(t, start(t, simulator.Options{VMs: 3}))
	c.login()
	view := c.view("VirtualMachine")
	spec := retrieve(view, "VirtualMachine", []string{"name"}, 0)
	spec = spec[strings.Index(spec, `"specSet":[`)+len(`"specSet":[`) : len(spec)-2]
	if status, data := c.post(collector+"CreateFilter", `{"partialUpdates":false,"spec":`+spec+`}`); status != 200 || !strings.Contains(string(data), `"PropertyFilter"`) {
		t.Fatalf("create filter: %d %s", status, data)
	}
	status, data := c.post(collector+"WaitForUpdatesEx", `{"version":"","options":{"_typeName":"WaitOptions","maxWaitSeconds":0}}`)
	if n := strings.Count(string(data), `"kind":"enter"`); status != 200 || n != 3 || !strings.HasPrefix(string(data), `{"_typeName":"UpdateSet"`) {
		t.Errorf("first updates: %d %s", status, data)
	}
	if status, data := c.post(collector+"WaitForUpdatesEx", `{"version":"-","options":{"_typeName":"WaitOptions","maxWaitSeconds":0}}`); status != 200 || string(data) != "null" {
		t.Errorf("no updates: %d %s", status, data)
	}
}

func TestProperty(t *testing.T) {
	c := newClient(t, start(t, simulator.Options{Name: "gdansk", VMs: 10}))
	c.login()

	for _, tt := range []struct {
		path   string
		status int
		want   string
	}{
		{"Folder/group-d1/name", 200, `"Datacenters"`},
		{"Folder/group-d1/parent", 200, `null`},
		{"Folder/group-d1/effectiveRole", 200, `[-1]`},
		{"Folder/group-d1/overallStatus", 200, `"green"`},
		{"CustomFieldsManager/CustomFieldsManager/field", 200, `[{"_typeName":"CustomFieldDef","key":101,"name":"Owner"`},
		{"LicenseManager/LicenseManager/licenses", 200, `[{"_typeName":"LicenseManagerLicenseInfo"`},
		{"ServiceInstance/ServiceInstance/content", 200, `{"_typeName":"ServiceContent","rootFolder":{"_typeName":"ManagedObjectReference","type":"Folder","value":"group-d1"}`},
		{"Folder/group-d1/nope", 500, `{"_typeName":"InvalidProperty","name":"nope"`},
		{"ServiceInstance/ServiceInstance/content.about", 500, `{"_typeName":"InvalidProperty"`},
		{"Folder/group-nil/name", 500, `{"_typeName":"ManagedObjectNotFound"`},
		{"Frob/x/name", 500, `{"_typeName":"ManagedObjectNotFound"`},
	} {
		status, data := c.get(tt.path)
		if status != tt.status || !strings.HasPrefix(string(data), tt.want) {
			t.Errorf("%s: %d %.300s", tt.path, status, data)
		}
	}
}

func TestMethods(t *testing.T) {
	c := newClient(t, start(t, simulator.Options{VMs: 3}))
	c.login()
	for _, tt := range []struct {
		path, body string
		status     int
		want       string
	}{
		{"ServiceInstance/ServiceInstance/CurrentTime", "", 200, `"20`},
		{"Folder/group-d1/CurrentTime", "", 500, `{"_typeName":"MethodNotFound"`},
		{"Folder/group-d1/Frobnicate", "", 500, `{"_typeName":"MethodNotFound"`},
		{"Folder/group-nil/CreateFolder", `{"name":"x"}`, 500, `{"_typeName":"ManagedObjectNotFound"`},
		{"SessionManager/SessionManager/LoginByToken", "", 500, `{"_typeName":"NotSupported"`},
		{"ViewManager/ViewManager/CreateContainerView", `{"container":{"type":"Folder","value":"group-d1"},"type":["Frob"],"recursive":true}`, 500, `{"_typeName":"InvalidArgument"`},
		{"Folder/group-d1/CreateFolder", `{"name":"made by JSON"}`, 200, `{"_typeName":"ManagedObjectReference","type":"Folder","value":"group-`},
	} {
		status, data := c.post(tt.path, tt.body)
		if status != tt.status || !strings.HasPrefix(string(data), tt.want) {
			t.Errorf("%s: %d %.300s", tt.path, status, data)
		}
	}
}
