package collector

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"

	"vcfleet/pkg/inventory"
	"vcfleet/pkg/vim"
)

// line is a property without its decoder.
type line struct{ path, feeds string }

func flat[O any](list []property[O]) []line {
	var lines []line
	for _, p := range list {
		lines = append(lines, line{p.path, p.feeds})
	}
	return lines
}

// lists is the list of each type, as newReader has it.
func lists() map[string][]line {
	return map[string][]line{
		"VirtualMachine":                 flat(virtualMachineProperties()),
		"HostSystem":                     flat(hostProperties()),
		"ComputeResource":                flat(computeResourceProperties()),
		"ClusterComputeResource":         flat(computeResourceProperties()),
		"Datacenter":                     flat(datacenterProperties()),
		"Folder":                         flat(folderProperties()),
		"ResourcePool":                   flat(resourcePoolProperties()),
		"VirtualApp":                     flat(vAppProperties()),
		"Datastore":                      flat(datastoreProperties()),
		"StoragePod":                     flat(storagePodProperties()),
		"Network":                        flat(networkProperties()),
		"OpaqueNetwork":                  flat(networkProperties()),
		"DistributedVirtualPortgroup":    flat(portgroupProperties()),
		"VmwareDistributedVirtualSwitch": flat(switchProperties()),
		"CustomFieldsManager":            flat(customFieldsProperties(tablesOf(inventory.Sections()))),
	}
}

// asked returns what is asked for, by type.
func asked(sections ...string) map[string][]string {
	content := &vim.ServiceContent{
		RootFolder:          vim.ManagedObjectReference{Type: "Folder", Value: "group-d1"},
		CustomFieldsManager: vim.ManagedObjectReference{Type: "CustomFieldsManager", Value: "CustomFieldsManager"},
	}
	r := newReader(content, sections, nil, func(int) {})
	all := make(map[string][]string)
	for _, spec := range r.query(vim.ManagedObjectReference{}, 0).Properties {
		all[spec.Type] = spec.Paths
	}
	return all
}

// TestEverythingIsAskedForOnce holds the lists against what is asked for when
// all sections are wanted.
func TestEverythingIsAskedForOnce(t *testing.T) {
	want := make(map[string][]string)
	for typ, list := range lists() {
		for _, p := range list {
			if slices.Contains(want[typ], p.path) {
				t.Errorf("%s %s is there twice", typ, p.path)
			}
			for _, other := range list {
				if strings.HasPrefix(p.path, other.path+".") {
					t.Errorf("%s: %s is part of %s", typ, p.path, other.path)
				}
			}
			want[typ] = append(want[typ], p.path)
		}
	}
	if diff := cmp.Diff(want, asked(inventory.Sections()...)); diff != "" {
		t.Errorf("(-lists +query):\n%s", diff)
	}
}

// computedColumns are fed by no property, each for its reason.
func computedColumns(table string) map[string]string {
	reasons := map[string]string{
		"vcenter": "stands in the configuration",
		"moref":   "comes with the object",
		"vmMoref": "comes with the object",

		"staleSince": "is set where an earlier report's records stand in",
	}
	for column, reason := range map[string]string{
		"networks.type":       "is the reference's type",
		"resourcePools.kind":  "is the reference's type",
		"clusters.standalone": "is the reference's type",
		"folders.name":        "is read anywhere", "folders.path": "is made of names that are read anywhere",
		"folders.datacenter": "is made of names that are read anywhere",
		"datacenters.name":   "is read anywhere", "datacenters.path": "is made of names that are read anywhere",
	} {
		if of, name, _ := strings.Cut(column, "."); of == table {
			reasons[name] = reason
		}
	}
	return reasons
}

// TestEveryColumnIsFed and every feed ends in a column.
func TestEveryColumnIsFed(t *testing.T) {
	columns := make(map[string]bool) // table.column -> fed
	for _, table := range inventory.Tables() {
		for _, c := range table.Columns {
			columns[table.Name+"."+c.Name] = false
		}
	}
	for typ, list := range lists() {
		for _, p := range list {
			if len(strings.Fields(p.feeds)) == 0 {
				t.Errorf("%s %s feeds nothing", typ, p.path)
			}
			for feed := range strings.FieldsSeq(p.feeds) {
				if !feedColumns(columns, feed) {
					t.Errorf("%s %s feeds %s, which is no column", typ, p.path, feed)
				}
			}
		}
	}
	for _, table := range inventory.Tables() {
		computed := computedColumns(table.Name)
		for _, c := range table.Columns {
			fed, known := columns[table.Name+"."+c.Name], computed[c.Name] != ""
			if fed == known {
				t.Errorf("%s.%s: fed %t, computed %t; want one of them", table.Name, c.Name, fed, known)
			}
		}
	}
}

// feedColumns marks what a feed names; false when that is nothing.
func feedColumns(columns map[string]bool, feed string) bool {
	if feed == anywhere {
		return true
	}
	table, column, _ := strings.Cut(feed, ".")
	found := false
	for name := range columns {
		of, is, _ := strings.Cut(name, ".")
		if of != table || (column != "*" && is != column) {
			continue
		}
		found = true
		if column != "*" || !slices.Contains([]string{"vcenter", "vmMoref", "moref", "staleSince"}, is) {
			columns[name] = true
		}
	}
	return found
}

// TestEveryPathExists holds the paths against govmomi's types, which are made
// from VMware's description of the API.
func TestEveryPathExists(t *testing.T) {
	objects := map[string]reflect.Type{
		"VirtualMachine":                 reflect.TypeFor[mo.VirtualMachine](),
		"HostSystem":                     reflect.TypeFor[mo.HostSystem](),
		"ComputeResource":                reflect.TypeFor[mo.ComputeResource](),
		"ClusterComputeResource":         reflect.TypeFor[mo.ClusterComputeResource](),
		"Datacenter":                     reflect.TypeFor[mo.Datacenter](),
		"Folder":                         reflect.TypeFor[mo.Folder](),
		"ResourcePool":                   reflect.TypeFor[mo.ResourcePool](),
		"VirtualApp":                     reflect.TypeFor[mo.VirtualApp](),
		"Datastore":                      reflect.TypeFor[mo.Datastore](),
		"StoragePod":                     reflect.TypeFor[mo.StoragePod](),
		"Network":                        reflect.TypeFor[mo.Network](),
		"OpaqueNetwork":                  reflect.TypeFor[mo.OpaqueNetwork](),
		"DistributedVirtualPortgroup":    reflect.TypeFor[mo.DistributedVirtualPortgroup](),
		"VmwareDistributedVirtualSwitch": reflect.TypeFor[mo.VmwareDistributedVirtualSwitch](),
		"CustomFieldsManager":            reflect.TypeFor[mo.CustomFieldsManager](),
	}
	for typ, list := range lists() {
		if objects[typ] == nil {
			t.Errorf("no type for %s", typ)
			continue
		}
		for _, p := range list {
			if at, ok := walk(objects[typ], strings.Split(p.path, ".")); !ok {
				t.Errorf("%s has no %s: nothing in %v", typ, p.path, at)
			}
		}
	}
	if _, ok := walk(objects["VirtualMachine"], []string{"config", "hardware", "numCpu"}); ok {
		t.Error("a path that does not exist was found")
	}
}

// walk follows a path through JSON names; it returns where it ended.
func walk(at reflect.Type, steps []string) (reflect.Type, bool) {
	if len(steps) == 0 {
		return at, true
	}
	for at.Kind() == reflect.Pointer {
		at = at.Elem()
	}
	switch at { // what stands behind these interfaces for the types that are read
	case reflect.TypeFor[types.BaseNetworkSummary]():
		at = reflect.TypeFor[types.NetworkSummary]()
	case reflect.TypeFor[types.BaseDVSConfigInfo]():
		at = reflect.TypeFor[types.VMwareDVSConfigInfo]()
	case reflect.TypeFor[types.BaseResourcePoolSummary]():
		at = reflect.TypeFor[types.VirtualAppSummary]()
	}
	if at.Kind() != reflect.Struct {
		return at, false
	}
	for _, field := range reflect.VisibleFields(at) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == steps[0] && !field.Anonymous {
			return walk(field.Type, steps[1:])
		}
	}
	return at, false
}
