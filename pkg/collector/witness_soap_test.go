package collector_test

import (
	"context"
	"strings"
	"testing"

	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/property"
	"github.com/vmware/govmomi/view"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"

	"vcfleet/pkg/simulator"
)

type moref = types.ManagedObjectReference

// witness is what a vCenter says over SOAP, through govmomi. It shares no code
// with the collector: it finds places by recursion over parent links.
type witness struct {
	t        *testing.T
	root     moref
	entities map[moref]mo.ManagedEntity
	vms      []mo.VirtualMachine
	hosts    []mo.HostSystem
	clusters []mo.ClusterComputeResource
	singles  []mo.ComputeResource
	stores   []mo.Datastore
	nets     []mo.Network
	groups   []mo.DistributedVirtualPortgroup
	vapps    map[moref]mo.VirtualApp
}

// askSOAP reads a vCenter in one SOAP call.
func askSOAP(t *testing.T, v *simulator.VCenter) *witness {
	t.Helper()
	ctx := context.Background()
	client, err := govmomi.NewClient(ctx, v.SOAPURL(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Logout(ctx) }()
	root := client.ServiceContent.RootFolder
	list, err := view.NewManager(client.Client).CreateContainerView(ctx, root, nil, true)
	if err != nil {
		t.Fatal(err)
	}
	place := []string{"name", "parent"}
	spec := types.PropertyFilterSpec{
		ObjectSet: []types.ObjectSpec{{
			Obj: list.Reference(), Skip: new(true),
			SelectSet: []types.BaseSelectionSpec{&types.TraversalSpec{Type: "ContainerView", Path: "view", Skip: new(false)}},
		}},
	}
	for kind, paths := range map[string][]string{
		"VirtualMachine": append(place, "parentVApp", "resourcePool", "runtime.host", "runtime.powerState", "runtime.connectionState",
			"config.hardware.numCPU", "config.hardware.memoryMB", "config.template", "config.uuid", "config.instanceUuid", "datastore", "network"),
		"HostSystem": append(place, "summary.hardware", "summary.config.product", "runtime.connectionState",
			"runtime.powerState", "runtime.inMaintenanceMode", "datastore", "network"),
		"ClusterComputeResource":         append(place, "summary", "host"),
		"ComputeResource":                append(place, "summary", "host"),
		"Datastore":                      append(place, "summary"),
		"VirtualApp":                     append(place, "parentFolder", "parentVApp"),
		"DistributedVirtualPortgroup":    append(place, "key"),
		"Network":                        place,
		"Datacenter":                     place,
		"Folder":                         place,
		"StoragePod":                     place,
		"ResourcePool":                   place,
		"VmwareDistributedVirtualSwitch": place,
	} {
		spec.PropSet = append(spec.PropSet, types.PropertySpec{Type: kind, PathSet: paths})
	}
	answer, err := property.DefaultCollector(client.Client).RetrieveProperties(ctx, types.RetrieveProperties{SpecSet: []types.PropertyFilterSpec{spec}})
	if err != nil {
		t.Fatal(err)
	}
	if err := list.Destroy(ctx); err != nil {
		t.Error(err)
	}
	w := &witness{t: t, root: root, entities: make(map[moref]mo.ManagedEntity), vapps: make(map[moref]mo.VirtualApp)}
	for _, content := range answer.Returnval {
		object, err := mo.ObjectContentToType(content)
		if err != nil {
			t.Fatal(err)
		}
		w.keep(object)
	}
	return w
}

func (w *witness) keep(object any) {
	add := func(e mo.ManagedEntity) { w.entities[e.Self] = e }
	switch o := object.(type) {
	case mo.VirtualMachine:
		w.vms = append(w.vms, o)
	case mo.HostSystem:
		w.hosts = append(w.hosts, o)
		add(o.ManagedEntity)
	case mo.ClusterComputeResource:
		w.clusters = append(w.clusters, o)
		add(o.ManagedEntity)
	case mo.ComputeResource:
		w.singles = append(w.singles, o)
		add(o.ManagedEntity)
	case mo.Datastore:
		w.stores = append(w.stores, o)
		add(o.ManagedEntity)
	case mo.DistributedVirtualPortgroup:
		w.groups = append(w.groups, o)
		o.ManagedEntity.Name = o.Name
		add(o.ManagedEntity)
	case mo.Network:
		w.nets = append(w.nets, o)
		o.ManagedEntity.Name = o.Name
		add(o.ManagedEntity)
	case mo.VirtualApp:
		w.vapps[o.Self] = o
		add(o.ManagedEntity)
	case mo.ResourcePool:
		add(o.ManagedEntity)
	case mo.Datacenter:
		add(o.ManagedEntity)
	case mo.StoragePod:
		add(o.ManagedEntity)
	case mo.Folder:
		add(o.ManagedEntity)
	case mo.VmwareDistributedVirtualSwitch:
	default:
		w.t.Errorf("the view has a %T", object)
	}
}

// plain undoes vCenter's escapes, one at a time.
func plain(name string) string {
	at := strings.IndexByte(name, '%')
	if at < 0 || len(name) < at+3 {
		return name
	}
	is, known := map[string]string{"2f": "/", "5c": `\`, "25": "%"}[strings.ToLower(name[at+1:at+3])]
	if !known {
		return name[:at+1] + plain(name[at+1:])
	}
	return name[:at] + is + plain(name[at+3:])
}

func (w *witness) name(ref *moref) string {
	if ref == nil {
		return ""
	}
	return plain(w.entities[*ref].Name)
}

func (w *witness) names(refs []moref) []string {
	var all []string
	for _, ref := range refs {
		all = append(all, w.name(&ref))
	}
	return all
}

// path is the inventory path: nothing for no reference, / for the root folder.
func (w *witness) path(ref *moref) string {
	if ref == nil {
		return ""
	}
	if *ref == w.root {
		return "/"
	}
	e := w.entities[*ref]
	return strings.TrimSuffix(w.path(e.Parent), "/") + "/" + e.Name
}

// above returns the nearest ancestor of a type, or nil.
func (w *witness) above(ref *moref, kind string) *moref {
	if ref == nil || ref.Type == kind {
		return ref
	}
	return w.above(w.entities[*ref].Parent, kind)
}

// vAppPath is the path of a vApp among folders.
func (w *witness) vAppPath(ref *moref) string {
	v := w.vapps[*ref]
	if v.ParentFolder != nil {
		return w.path(v.ParentFolder) + "/" + v.Name
	}
	return w.vAppPath(v.ParentVApp) + "/" + v.Name
}

// vAppFolder is the folder that the outermost vApp is in.
func (w *witness) vAppFolder(ref *moref) *moref {
	v := w.vapps[*ref]
	if v.ParentFolder != nil {
		return v.ParentFolder
	}
	return w.vAppFolder(v.ParentVApp)
}
