package collector

import (
	"fmt"
	"strings"
	"testing"

	"vcfleet/pkg/vim"
)

func moref(typ, value string) vim.ManagedObjectReference {
	return vim.ManagedObjectReference{Type: typ, Value: value}
}

// sampleTree is root > Europe > dc%2f1 > vm > Web, a folder whose parent is not
// visible, one without a name, and three that are each other's parents.
func sampleTree() *tree {
	root := moref("Folder", "group-d1")
	t := newTree(root)
	for _, n := range []struct {
		ref    vim.ManagedObjectReference
		name   string
		parent vim.ManagedObjectReference
	}{
		{root, "Datacenters", vim.ManagedObjectReference{}},
		{moref("Folder", "group-d2"), "Europe", root},
		{moref("Datacenter", "dc-1"), "dc%2f1", moref("Folder", "group-d2")},
		{moref("Folder", "vm"), "vm", moref("Datacenter", "dc-1")},
		{moref("Folder", "web"), "Web", moref("Folder", "vm")},
		{moref("Folder", "lost"), "Lost", moref("Folder", "unseen")},
		{moref("Folder", "nameless"), "", moref("Folder", "web")},
		{moref("Folder", "a"), "a", moref("Folder", "b")},
		{moref("Folder", "b"), "b", moref("Folder", "c")},
		{moref("Folder", "c"), "c", moref("Folder", "a")},
		{moref("Folder", "self"), "self", moref("Folder", "self")},
	} {
		t.nodes[n.ref] = node{n.name, n.parent}
	}
	return t
}

func TestTreePaths(t *testing.T) {
	for value, want := range map[string]string{
		"group-d1": "/",
		"group-d2": "/Europe",
		"vm":       "/Europe/dc%2f1/vm", // escaped, or a / in a name would split it
		"web":      "/Europe/dc%2f1/vm/Web",
		"lost":     "/unseen/Lost",
		"unseen":   "/unseen",
		"nameless": "/Europe/dc%2f1/vm/Web/nameless",
	} {
		tree := sampleTree()
		for range 2 { // the second time from memory
			if got := tree.path(moref("Folder", value)); got != want {
				t.Errorf("%s: %q, want %q", value, got, want)
			}
		}
	}
	if got := sampleTree().path(vim.ManagedObjectReference{}); got != "" {
		t.Errorf("no reference: %q", got)
	}
	for _, ring := range []string{"a", "self"} {
		if got := sampleTree().path(moref("Folder", ring)); strings.Count(got, "/") != maxAncestors {
			t.Errorf("a ring of parents: %d steps, want %d", strings.Count(got, "/"), maxAncestors)
		}
	}
}

func TestTreeAncestors(t *testing.T) {
	dc := moref("Datacenter", "dc-1")
	none := vim.ManagedObjectReference{}
	tree := sampleTree()
	for _, test := range []struct{ from, want vim.ManagedObjectReference }{
		{moref("Folder", "web"), dc},
		{dc, dc},
		{moref("Folder", "group-d2"), none},
		{moref("Folder", "lost"), none},
		{moref("Folder", "a"), none},
		{moref("Folder", "self"), none},
		{none, none},
	} {
		if got := tree.datacenter(test.from); got != test.want {
			t.Errorf("datacenter of %v: %v, want %v", test.from, got, test.want)
		}
	}
	if got := tree.datacenter(none, moref("Folder", "lost"), moref("Folder", "web")); got != dc {
		t.Errorf("the first that is in one: %v", got)
	}
	if got := fmt.Sprint(tree.names([]vim.ManagedObjectReference{dc, moref("Datastore", "ds-9")})); got != "[dc/1 ds-9]" {
		t.Errorf("names: %s", got)
	}
}

// TestVAppPaths puts one vApp into a folder and one into that.
func TestVAppPaths(t *testing.T) {
	r := newReader(&vim.ServiceContent{RootFolder: moref("Folder", "group-d1")}, []string{"vms", "resource-pools"}, nil, func(int) {})
	r.tree = sampleTree()
	cluster, pool := moref("ClusterComputeResource", "c-1"), moref("ResourcePool", "rp-1")
	outer, inner := moref("VirtualApp", "va-1"), moref("VirtualApp", "va-2")
	r.tree.nodes[cluster] = node{"cl", moref("Folder", "host")}
	r.tree.nodes[moref("Folder", "host")] = node{"host", moref("Datacenter", "dc-1")}
	r.tree.nodes[pool] = node{"Resources", cluster}
	r.tree.nodes[outer] = node{"app%25", pool}
	r.tree.nodes[inner] = node{"tier", outer}
	r.pools = []object[poolObject]{
		{pool, poolObject{entity: entity{rawName: "Resources", parent: cluster}, owner: cluster}},
		{inner, poolObject{entity: entity{rawName: "tier", parent: outer}, owner: cluster, parentVApp: outer}},
		{outer, poolObject{entity: entity{rawName: "app%25", parent: pool}, owner: cluster, parentFolder: moref("Folder", "web")}},
	}
	r.vms = []vmObject{
		{ref: moref("VirtualMachine", "vm-1"), rawName: "in the outer", parentVApp: outer, pool: outer},
		{ref: moref("VirtualMachine", "vm-2"), rawName: "in the inner", parentVApp: inner, pool: inner},
		{ref: moref("VirtualMachine", "vm-3"), rawName: "in none", parent: moref("Folder", "web"), pool: pool},
		{ref: moref("VirtualMachine", "vm-4"), rawName: "in one unseen", parentVApp: moref("VirtualApp", "va-9"), pool: pool},
	}
	got := r.resolve("vc", startMoment())
	want := map[string]string{
		"in the outer":  "/Europe/dc%2f1/vm/Web/app%25 | /Europe/dc%2f1/host/cl/Resources/app%25 | app% | cl | dc/1",
		"in the inner":  "/Europe/dc%2f1/vm/Web/app%25/tier | /Europe/dc%2f1/host/cl/Resources/app%25/tier | tier | cl | dc/1",
		"in none":       "/Europe/dc%2f1/vm/Web | /Europe/dc%2f1/host/cl/Resources |  | cl | dc/1",
		"in one unseen": "/va-9 | /Europe/dc%2f1/host/cl/Resources | va-9 | cl | dc/1",
	}
	for _, vm := range got.VirtualMachines {
		is := strings.Join([]string{vm.Folder, vm.ResourcePool, vm.VApp, vm.Cluster, vm.Datacenter}, " | ")
		if is != want[vm.Name] {
			t.Errorf("%s:\n got %s\nwant %s", vm.Name, is, want[vm.Name])
		}
	}
	if len(got.VirtualMachines) != len(want) {
		t.Errorf("%d virtual machines", len(got.VirtualMachines))
	}
	kinds := make(map[string]string)
	for _, p := range got.ResourcePools {
		kinds[p.Name] = fmt.Sprint(p.Kind, " ", p.VMCount.Value)
	}
	if fmt.Sprint(kinds) != "map[Resources:resourcePool 2 app%:vApp 1 tier:vApp 1]" {
		t.Errorf("pools: %v", kinds)
	}
}
