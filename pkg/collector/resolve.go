package collector

import (
	"time"

	"vcfleet/pkg/inventory"
	"vcfleet/pkg/tabular"
	"vcfleet/pkg/vim"
)

// resolver turns objects with references into records with names, in memory.
type resolver struct {
	*reader
	vcenter    string
	start      time.Time // ages are counted to here
	portgroups map[string]vim.ManagedObjectReference
	owners     map[vim.ManagedObjectReference]vim.ManagedObjectReference // of resource pools
	count      tally
	records    inventory.Records
}

// resolve returns the records of all that was read, sorted. start is the moment
// that ages are counted to.
func (r *reader) resolve(vcenter string, start time.Time) inventory.Records {
	s := &resolver{
		reader: r, vcenter: vcenter, start: start,
		portgroups: make(map[string]vim.ManagedObjectReference),
		owners:     make(map[vim.ManagedObjectReference]vim.ManagedObjectReference),
	}
	for i := range r.networks {
		if key := r.networks[i].is.record.PortgroupKey; key != "" {
			s.portgroups[key] = r.networks[i].ref
		}
	}
	for i := range r.pools {
		s.owners[r.pools[i].ref] = r.pools[i].is.owner
	}
	s.placeVApps()
	s.tally()
	s.virtualMachines()
	s.compute()
	s.places()
	s.storage()
	s.network()
	for _, table := range inventory.Tables() {
		if !s.tables[table.Name] {
			table.Clear(&s.records) // read for the sake of other tables
		}
	}
	s.forget(&s.records)
	s.records.Sort()
	return s.records
}

// object fills what every record starts with.
func (s *resolver) object(ref vim.ManagedObjectReference, rawName string) inventory.Object {
	return inventory.Object{VCenter: s.vcenter, Name: unescape(rawName), Moref: ref.Value}
}

// place fills what the record of an entity that stands in a folder has.
func (s *resolver) place(ref vim.ManagedObjectReference, e *entity) (o inventory.Object, datacenter, folder string, custom []tabular.Pair) {
	return s.object(ref, e.rawName), s.tree.name(s.tree.datacenter(ref)), s.tree.path(e.parent), s.attributes(e.custom)
}

func (s *resolver) attributes(values []customValue) []tabular.Pair {
	return attributes(values, s.fieldNames)
}

// clusterOf returns the name of the cluster that the compute resource is; a
// standalone host's is no cluster.
func (s *resolver) clusterOf(computeResource vim.ManagedObjectReference) string {
	if computeResource.Type != "ClusterComputeResource" {
		return ""
	}
	return s.tree.name(computeResource)
}

// inFolders names a vApp's place among folders: its parent is a resource pool,
// but people look for its virtual machines under the folder that it is in.
func inFolders(vApp vim.ManagedObjectReference) vim.ManagedObjectReference {
	if vApp.IsZero() {
		return vApp
	}
	return vim.ManagedObjectReference{Type: "VirtualApp among folders", Value: vApp.Value}
}

func (s *resolver) placeVApps() {
	for i := range s.pools {
		pool := &s.pools[i]
		if pool.ref.Type != "VirtualApp" {
			continue
		}
		parent := pool.is.parentFolder
		if parent.IsZero() { // it is in another vApp
			parent = inFolders(pool.is.parentVApp)
		}
		s.tree.nodes[inFolders(pool.ref)] = node{pool.is.rawName, parent}
	}
}

// folderOf returns what a virtual machine is in: a folder, or a vApp.
func (o *vmObject) folderOf() vim.ManagedObjectReference {
	if o.parent.IsZero() {
		return inFolders(o.parentVApp)
	}
	return o.parent
}

func (s *resolver) vmDatacenter(o *vmObject) vim.ManagedObjectReference {
	return s.tree.datacenter(o.folderOf(), o.host, o.pool)
}

func (s *resolver) virtualMachines() {
	s.records.VirtualMachines = make([]inventory.VirtualMachine, 0, len(s.vms))
	for i := range s.vms {
		o := &s.vms[i]
		r := &o.record
		o.mark()
		o.address()
		r.Object = s.object(o.ref, o.rawName)
		r.Host = s.tree.name(o.host)
		r.Cluster = s.clusterOf(s.tree.nodes[o.host].parent)
		if r.Cluster == "" { // no host, or one that the account cannot see
			r.Cluster = s.clusterOf(s.owners[o.pool])
		}
		r.Datacenter = s.tree.name(s.vmDatacenter(o))
		r.Folder = s.tree.path(o.folderOf())
		r.ResourcePool = s.tree.path(o.pool)
		r.VApp = s.tree.name(o.parentVApp)
		r.Datastores = s.tree.names(o.datastores)
		r.Networks = s.tree.names(o.networks)
		r.CustomAttributes = s.attributes(o.custom)
		r.SnapshotCount = inventory.Int{Value: int64(len(o.snapshots)), Known: r.Template.Known}
		s.records.VirtualMachines = append(s.records.VirtualMachines, *r)
		s.parts(o)
	}
}

// parts appends the records of a virtual machine's pieces.
func (s *resolver) parts(o *vmObject) {
	part := inventory.Part{VCenter: s.vcenter, VM: o.record.Name, VMMoref: o.ref.Value}
	for _, d := range o.devices.disks {
		r := d.record
		r.Part = part
		r.Datastore = s.tree.name(d.datastore)
		if d.datastore.IsZero() {
			r.Datastore = datastoreOf(r.Path)
		}
		for _, c := range o.devices.controllers {
			if c.key == d.controller {
				r.Controller = c.label
			}
		}
		s.records.Disks = append(s.records.Disks, r)
	}
	for _, n := range o.devices.nics {
		r := n.record
		r.Part = part
		switch group, known := s.portgroups[n.portgroup]; {
		case known:
			r.Network = s.tree.name(group)
		case n.portgroup != "":
			r.Network = n.portgroup
		case s.tree.nodes[n.network].name != "":
			r.Network = s.tree.name(n.network)
		}
		for _, guest := range o.guestNICs {
			if r.Key.Known && guest.key == r.Key.Value {
				r.IPs = guest.addresses
			}
		}
		s.records.NICs = append(s.records.NICs, r)
	}
	for _, snap := range o.snapshots {
		r := snap.record
		r.Part = part
		r.SizeMiB = o.layout.size(snap.ref)
		if !r.CreatedAt.IsZero() {
			r.AgeDays = tabular.Some(int64(max(s.start.Sub(r.CreatedAt), 0) / (24 * time.Hour)))
		}
		s.records.Snapshots = append(s.records.Snapshots, r)
	}
}
