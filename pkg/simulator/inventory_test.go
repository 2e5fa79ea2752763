package simulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/property"
	"github.com/vmware/govmomi/view"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"

	"vcfleet/pkg/simulator"
)

// kinds are the types of the inventory, as a container view takes them.
func kinds() []string {
	return []string{
		"VirtualMachine", "HostSystem", "ComputeResource", "Datacenter", "Folder", "ResourcePool", "Datastore",
		"Network", "DistributedVirtualSwitch",
	}
}

// dump reads everything over VI/JSON.
func dump(t *testing.T, v *simulator.VCenter) []byte {
	t.Helper()
	c := newClient(t, v)
	c.login()
	defer c.logout()

	var out []byte
	for _, kind := range kinds() {
		body := strings.Replace(retrieve(c.view(kind), kind, nil, 0), `"pathSet":null`, `"all":true`, 1)
		status, data := c.post("PropertyCollector/propertyCollector/RetrievePropertiesEx", body)
		for {
			if status != 200 {
				t.Fatalf("%s: %d %.300s", kind, status, data)
			}
			if !json.Valid(data) {
				t.Fatalf("%s: not JSON", kind)
			}
			var res result
			mustDecode(t, data, &res)
			start := bytes.Index(data, []byte(`"objects"`)) // after the token
			out = append(out, data[start:]...)
			if res.Token == "" {
				break
			}
			status, data = c.post("PropertyCollector/propertyCollector/ContinueRetrievePropertiesEx", `{"token":"`+res.Token+`"}`)
		}
	}
	return out
}

func TestSeed(t *testing.T) {
	base := simulator.Options{Name: "oslo", Seed: 7, VMs: 130, Hosts: 9}
	first, uuid := dump(t, start(t, base)), start(t, base).InstanceUUID()
	same := start(t, base)
	if !bytes.Equal(first, dump(t, same)) || uuid != same.InstanceUUID() {
		t.Error("the same options gave another inventory")
	}
	other := base
	other.Seed = 8
	if v := start(t, other); bytes.Equal(first, dump(t, v)) || uuid == v.InstanceUUID() {
		t.Error("another seed gave the same inventory")
	}
	other = base
	other.Name = "bergen"
	if v := start(t, other); uuid == v.InstanceUUID() {
		t.Error("another name gave the same instanceUuid")
	}
}

// estate is an inventory read over SOAP.
type estate struct {
	vms      []mo.VirtualMachine
	hosts    []mo.HostSystem
	computes []mo.ComputeResource
	clusters []mo.ClusterComputeResource
	dcs      []mo.Datacenter
	folders  []mo.Folder
	pods     []mo.StoragePod
	pools    []mo.ResourcePool
	vapps    []mo.VirtualApp
	stores   []mo.Datastore
	networks []mo.Network
	pgs      []mo.DistributedVirtualPortgroup
	switches []mo.VmwareDistributedVirtualSwitch
	fields   []types.CustomFieldDef
}

func readEstate(t *testing.T, v *simulator.VCenter) *estate {
	t.Helper()
	ctx := context.Background()
	c, err := govmomi.NewClient(ctx, v.SOAPURL(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Logout(ctx) }()
	m := view.NewManager(c.Client)

	var e estate
	for kind, dst := range map[string]any{
		"VirtualMachine": &e.vms, "HostSystem": &e.hosts, "ClusterComputeResource": &e.clusters, "Datacenter": &e.dcs,
		"Folder": &e.folders, "StoragePod": &e.pods, "VirtualApp": &e.vapps, "Datastore": &e.stores,
		"DistributedVirtualPortgroup": &e.pgs, "VmwareDistributedVirtualSwitch": &e.switches,
		"ComputeResource": &e.computes, "ResourcePool": &e.pools, "Network": &e.networks,
	} {
		cv, err := m.CreateContainerView(ctx, c.ServiceContent.RootFolder, []string{kind}, true)
		if err != nil {
			t.Fatal(err)
		}
		if err := cv.Retrieve(ctx, []string{kind}, nil, dst); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
	}
	var cfm mo.CustomFieldsManager
	if err := property.DefaultCollector(c.Client).RetrieveOne(ctx, *c.ServiceContent.CustomFieldsManager, nil, &cfm); err != nil {
		t.Fatal(err)
	}
	e.fields = cfm.Field
	return &e
}

// TestSOAPSeesTheSame compares the names that the two ways in give.
func TestSOAPSeesTheSame(t *testing.T) {
	v := start(t, simulator.Options{Name: "lisbon", VMs: 220, Hosts: 12})
	overSOAP := soapNames(t, v)
	if len(overSOAP) != 220 {
		t.Errorf("%d machines", len(overSOAP))
	}
	c := newClient(t, v)
	c.login()
	overJSON := jsonNames(c, "VirtualMachine")
	if diff := cmp.Diff(overSOAP, overJSON); diff != "" {
		t.Errorf("(-SOAP +JSON):\n%s", diff)
	}
	if hosts := jsonNames(c, "HostSystem"); len(hosts) != 12 {
		t.Errorf("%d hosts", len(hosts))
	}
}

// jsonNames asks for the names of all objects of a type over VI/JSON.
func jsonNames(c *client, kind string) []string {
	c.t.Helper()
	var out []string
	status, data := c.post(collector+"RetrievePropertiesEx", retrieve(c.view(kind), kind, []string{"name"}, 0))
	for {
		if status != 200 {
			c.t.Fatalf("%d %s", status, data)
		}
		var res result
		mustDecode(c.t, data, &res)
		for _, o := range res.Objects {
			var name struct {
				Value string `json:"_value"`
			}
			mustDecode(c.t, o.PropSet[0].Val, &name)
			out = append(out, name.Value)
		}
		if res.Token == "" {
			slices.Sort(out)
			return out
		}
		status, data = c.post(collector+"ContinueRetrievePropertiesEx", `{"token":"`+res.Token+`"}`)
	}
}

// links gathers every forward link with the links back.
type links map[string]map[string]bool

func (l links) add(from, to types.ManagedObjectReference) {
	if l[from.Value] == nil {
		l[from.Value] = make(map[string]bool)
	}
	l[from.Value][to.Value] = true
}

// TestLinks checks that what is linked is linked both ways, and that nothing
// refers to an object that a view from the root does not reach.
func TestLinks(t *testing.T) {
	e := readEstate(t, start(t, simulator.Options{Name: "turin", VMs: 150, Hosts: 9}))

	known := map[string]bool{"group-d1": true}
	down, up := make(links), make(links)
	child := func(parent types.ManagedObjectReference, children ...types.ManagedObjectReference) {
		for _, c := range children {
			down.add(parent, c)
		}
	}
	entity := func(me mo.ManagedEntity) {
		known[me.Self.Value] = true
		if me.Parent != nil {
			up.add(*me.Parent, me.Self)
		}
	}
	for _, f := range e.folders {
		entity(f.ManagedEntity)
		child(f.Self, f.ChildEntity...)
	}
	for _, d := range e.dcs {
		entity(d.ManagedEntity)
		child(d.Self, d.VmFolder, d.HostFolder, d.DatastoreFolder, d.NetworkFolder)
	}
	for _, p := range e.pods {
		child(p.Self, p.ChildEntity...)
		entity(p.ManagedEntity)
	}
	for _, c := range e.computes {
		entity(c.ManagedEntity)
		child(c.Self, c.Host...)
		child(c.Self, *c.ResourcePool)
	}
	for _, p := range e.pools {
		entity(p.ManagedEntity)
		child(p.Self, p.ResourcePool...)
		for _, vm := range p.Vm {
			down.add(p.Self, vm)
		}
	}
	for _, h := range e.hosts {
		entity(h.ManagedEntity)
		child(h.Self, h.Vm...)
		child(h.Self, h.Datastore...)
		child(h.Self, h.Network...)
	}
	for _, d := range e.stores {
		entity(d.ManagedEntity)
		child(d.Self, d.Vm...)
		for _, m := range d.Host {
			up.add(m.Key, d.Self)
		}
	}
	for _, n := range e.networks {
		entity(n.ManagedEntity)
		child(n.Self, n.Vm...)
		for _, h := range n.Host {
			up.add(h, n.Self)
		}
	}
	for _, s := range e.switches {
		entity(s.ManagedEntity)
	}
	for _, vm := range e.vms {
		entity(vm.ManagedEntity)
		up.add(*vm.Runtime.Host, vm.Self)
		for _, ref := range append(append([]types.ManagedObjectReference(nil), vm.Datastore...), vm.Network...) {
			up.add(ref, vm.Self)
		}
		if vm.ResourcePool != nil {
			up.add(*vm.ResourcePool, vm.Self)
		}
	}

	// The root folder is not in the view, nor are a vApp's links to its folder.
	delete(up, "group-d1")
	for _, va := range e.vapps {
		up.add(*va.ParentFolder, va.Self)
	}
	if diff := cmp.Diff(down, up); diff != "" {
		t.Errorf("links down and up differ (-down +up):\n%s", diff)
	}
	for from, to := range down {
		for ref := range to {
			if !known[ref] {
				t.Errorf("%s refers to %s, which no view reaches", from, ref)
			}
		}
	}
}
