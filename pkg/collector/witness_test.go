package collector_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"

	"vcfleet/pkg/config"
	"vcfleet/pkg/inventory"
	"vcfleet/pkg/simulator"
	"vcfleet/pkg/tabular"
)

// TestReportHoldsWhatTheVCenterHolds compares a fleet read over VI/JSON with
// what each vCenter says over SOAP.
func TestReportHoldsWhatTheVCenterHolds(t *testing.T) {
	const vcenters, vms = 8, 500
	var list []config.VCenter
	var sims []*simulator.VCenter
	for i := range vcenters {
		v := start(t, simulator.Options{Name: fmt.Sprintf("vc%d", i), Seed: uint64(i), VMs: vms})
		sims = append(sims, v)
		list = append(list, target(v))
	}
	results := readFleet(t.Context(), t, list, options())
	for _, v := range sims {
		t.Run(v.Name(), func(t *testing.T) {
			r := results[v.Name()]
			checkComplete(t, v, r)
			w := askSOAP(t, v)
			if len(w.vms) != vms || r.Counts["virtualMachines"] != vms {
				t.Errorf("%d virtual machines over SOAP, %d counted, want %d", len(w.vms), r.Counts["virtualMachines"], vms)
			}
			compare(t, "virtual machines", w.vms, w.vm, r.Records.VirtualMachines, vmOf)
			compare(t, "hosts", w.hosts, w.host, r.Records.Hosts, hostOf)
			compare(t, "clusters", append(singles(w.clusters), w.singles...), w.cluster, r.Records.Clusters, clusterOf)
			compare(t, "datastores", w.stores, w.store, r.Records.Datastores, storeOf)
			compare(t, "networks", append(networks(w.groups), w.nets...), w.network, r.Records.Networks, networkOf)
		})
	}
}

// compare compares two lists in what facts of their elements are the same
// thing, whatever their order.
func compare[S, R any](t *testing.T, what string, said []S, saidFacts func(S) string, read []R, readFacts func(R) string) {
	t.Helper()
	want, got := facts(said, saidFacts), facts(read, readFacts)
	if len(want) == 0 {
		t.Errorf("no %s to compare", what)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-SOAP +report):\n%s", what, diff)
	}
}

func facts[T any](list []T, one func(T) string) []string {
	var all []string
	for _, item := range list {
		all = append(all, one(item))
	}
	slices.Sort(all)
	return all
}

// The facts of each kind, once as SOAP has them and once as the report does.

func (w *witness) vm(o mo.VirtualMachine) string {
	folder, place := w.path(o.Parent), o.Parent
	if o.Parent == nil {
		folder, place = w.vAppPath(o.ParentVApp), w.vAppFolder(o.ParentVApp)
	}
	var instance, bios string
	var cpus, memory, template any = "absent", "absent", "absent"
	if o.Config != nil && o.Config.Hardware.NumCPU != 0 {
		instance, bios, template = o.Config.InstanceUuid, o.Config.Uuid, o.Config.Template
		cpus, memory = o.Config.Hardware.NumCPU, o.Config.Hardware.MemoryMB
	}
	var cluster string
	if o.Runtime.Host != nil {
		cluster = w.name(w.above(o.Runtime.Host, "ClusterComputeResource"))
	} else if o.ResourcePool != nil {
		cluster = w.name(w.above(o.ResourcePool, "ClusterComputeResource"))
	}
	return fmt.Sprint(o.Self.Value, " ", plain(o.Name), " ", instance, bios, o.Runtime.PowerState, o.Runtime.ConnectionState,
		" cpus ", cpus, " MiB ", memory, " template ", template, " host ", w.name(o.Runtime.Host), " cluster ", cluster,
		" dc ", w.name(w.above(place, "Datacenter")), " folder ", folder, " pool ", w.path(o.ResourcePool),
		" ds ", w.names(o.Datastore), " net ", w.names(o.Network))
}

func vmOf(r inventory.VirtualMachine) string {
	return fmt.Sprint(r.Moref, " ", r.Name, " ", r.InstanceUUID, r.BIOSUUID, r.PowerState, r.ConnectionState,
		" cpus ", orAbsent(r.CPUs), " MiB ", orAbsent(r.MemoryMiB), " template ", orAbsent(r.Template), " host ", r.Host, " cluster ", r.Cluster,
		" dc ", r.Datacenter, " folder ", r.Folder, " pool ", r.ResourcePool,
		" ds ", r.Datastores, " net ", r.Networks)
}

func (w *witness) host(o mo.HostSystem) string {
	compute := w.entities[*o.Parent]
	s := o.Summary
	return fmt.Sprint(o.Self.Value, " ", plain(o.Name), " ", s.Hardware.Uuid, o.Runtime.ConnectionState, o.Runtime.PowerState, o.Runtime.InMaintenanceMode,
		s.Config.Product.Version, " ", s.Config.Product.Build, " cores ", s.Hardware.NumCpuCores, " MiB ", s.Hardware.MemorySize>>20,
		" cluster ", w.name(w.above(&o.Self, "ClusterComputeResource")), " dc ", w.name(w.above(&o.Self, "Datacenter")),
		" folder ", w.path(compute.Parent), " ds ", w.names(o.Datastore), " net ", w.names(o.Network))
}

func hostOf(r inventory.Host) string {
	return fmt.Sprint(r.Moref, " ", r.Name, " ", r.UUID, r.ConnectionState, r.PowerState, orAbsent(r.MaintenanceMode),
		r.Version, " ", r.Build, " cores ", orAbsent(r.CPUCores), " MiB ", orAbsent(r.MemoryMiB),
		" cluster ", r.Cluster, " dc ", r.Datacenter,
		" folder ", r.Folder, " ds ", r.Datastores, " net ", r.Networks)
}

func singles(clusters []mo.ClusterComputeResource) []mo.ComputeResource {
	var all []mo.ComputeResource
	for _, c := range clusters {
		all = append(all, c.ComputeResource)
	}
	return all
}

func (w *witness) cluster(o mo.ComputeResource) string {
	s := o.Summary.GetComputeResourceSummary()
	vms := 0
	for _, vm := range w.vms {
		if vm.Runtime.Host != nil && *w.entities[*vm.Runtime.Host].Parent == o.Self {
			vms++
		}
	}
	return fmt.Sprint(o.Self.Value, " ", plain(o.Name), " single ", o.Self.Type == "ComputeResource", " dc ", w.name(w.above(&o.Self, "Datacenter")),
		" folder ", w.path(o.Parent), " hosts ", len(o.Host), " vms ", vms, " cores ", s.NumCpuCores, " MHz ", s.TotalCpu, " MiB ", s.TotalMemory>>20)
}

func clusterOf(r inventory.Cluster) string {
	return fmt.Sprint(r.Moref, " ", r.Name, " single ", orAbsent(r.Standalone), " dc ", r.Datacenter,
		" folder ", r.Folder, " hosts ", orAbsent(r.HostCount), " vms ", orAbsent(r.VMCount), " cores ", orAbsent(r.CPUCores), " MHz ", orAbsent(r.CPUTotalMHz), " MiB ", orAbsent(r.MemoryMiB))
}

func (w *witness) store(o mo.Datastore) string {
	var pod string
	if o.Parent.Type == "StoragePod" {
		pod = w.name(o.Parent)
	}
	return fmt.Sprint(o.Self.Value, " ", plain(o.Name), " ", o.Summary.Type, o.Summary.Url, o.Summary.Accessible, " MiB ", o.Summary.Capacity>>20, " free ", o.Summary.FreeSpace>>20,
		" dc ", w.name(w.above(&o.Self, "Datacenter")), " folder ", w.path(o.Parent), " pod ", pod,
		" hosts ", users(w.hosts, func(h mo.HostSystem) []moref { return h.Datastore }, o.Self),
		" vms ", users(w.vms, func(v mo.VirtualMachine) []moref { return v.Datastore }, o.Self))
}

func storeOf(r inventory.Datastore) string {
	return fmt.Sprint(r.Moref, " ", r.Name, " ", r.Type, r.URL, orAbsent(r.Accessible), " MiB ", orAbsent(r.CapacityMiB), " free ", orAbsent(r.FreeMiB),
		" dc ", r.Datacenter, " folder ", r.Folder, " pod ", r.DatastoreCluster,
		" hosts ", orAbsent(r.HostCount), " vms ", orAbsent(r.VMCount))
}

func networks(groups []mo.DistributedVirtualPortgroup) []mo.Network {
	var all []mo.Network
	for _, g := range groups {
		all = append(all, g.Network)
	}
	return all
}

func (w *witness) network(o mo.Network) string {
	return fmt.Sprint(o.Self.Value, " ", plain(w.entities[o.Self].Name), " ", o.Self.Type,
		" dc ", w.name(w.above(&o.Self, "Datacenter")), " folder ", w.path(o.Parent),
		" hosts ", users(w.hosts, func(h mo.HostSystem) []moref { return h.Network }, o.Self),
		" vms ", users(w.vms, func(v mo.VirtualMachine) []moref { return v.Network }, o.Self))
}

func networkOf(r inventory.Network) string {
	return fmt.Sprint(r.Moref, " ", r.Name, " ", r.Type, " dc ", r.Datacenter, " folder ", r.Folder,
		" hosts ", orAbsent(r.HostCount), " vms ", orAbsent(r.VMCount))
}

func users[T any](list []T, uses func(T) []types.ManagedObjectReference, of types.ManagedObjectReference) int {
	n := 0
	for _, user := range list {
		if slices.Contains(uses(user), of) {
			n++
		}
	}
	return n
}

// orAbsent tells an absent value from a zero.
func orAbsent[T comparable](v tabular.Opt[T]) any {
	if v.Known {
		return v.Value
	}
	return "absent"
}
