package collector

import (
	"vcfleet/pkg/inventory"
	"vcfleet/pkg/vim"
)

// counter counts things by what they belong to.
type counter map[vim.ManagedObjectReference]int64

func (c counter) add(n int64, refs ...vim.ManagedObjectReference) {
	for _, ref := range refs {
		if !ref.IsZero() {
			c[ref] += n
		}
	}
}

// tally is what is counted over all objects, because asking each object for its
// reverse links would cost more: virtual machines by whatever they use, hosts
// by what they mount, and so on.
type tally struct {
	vms, hosts, clusters, datastores, networks, portgroups counter
	cpu, memory                                            counter // of hosts, by compute resource
}

// of returns a count, known when all the objects that are counted have been read.
func (s *resolver) of(c counter, ref vim.ManagedObjectReference, counted string) inventory.Int {
	return inventory.Int{Value: c[ref], Known: s.byName[counted] != nil && s.cut == nil}
}

// use returns the sum over the hosts of a compute resource, absent when it has
// hosts and none of them says, or when some may not have been read.
func (s *resolver) use(c counter, ref vim.ManagedObjectReference) inventory.Int {
	sum, said := c[ref]
	return inventory.Int{Value: sum, Known: (said || s.count.hosts[ref] == 0) && s.cut == nil}
}

func (s *resolver) tally() {
	s.count = tally{
		vms: counter{}, hosts: counter{}, clusters: counter{}, datastores: counter{}, networks: counter{}, portgroups: counter{},
		cpu: counter{}, memory: counter{},
	}
	for i := range s.vms {
		o := &s.vms[i]
		s.count.vms.add(1, o.host, s.tree.nodes[o.host].parent, o.pool, s.vmDatacenter(o))
		s.count.vms.add(1, o.datastores...)
		s.count.vms.add(1, o.networks...)
	}
	for i := range s.hosts {
		o := &s.hosts[i].is
		s.count.hosts.add(1, o.parent, s.tree.datacenter(o.parent))
		s.count.hosts.add(1, o.datastores...)
		s.count.hosts.add(1, o.networks...)
		if o.record.CPUUsageMHz.Known {
			s.count.cpu.add(o.record.CPUUsageMHz.Value, o.parent)
		}
		if o.record.MemoryUsageMiB.Known {
			s.count.memory.add(o.record.MemoryUsageMiB.Value, o.parent)
		}
	}
	for i := range s.clusters {
		if s.clusters[i].ref.Type == "ClusterComputeResource" {
			s.count.clusters.add(1, s.tree.datacenter(s.clusters[i].ref))
		}
	}
	for i := range s.datastores {
		s.count.datastores.add(1, s.datastores[i].is.parent, s.tree.datacenter(s.datastores[i].ref))
	}
	for i := range s.networks {
		s.count.networks.add(1, s.tree.datacenter(s.networks[i].ref))
		s.count.portgroups.add(1, s.networks[i].is.dvs)
	}
}

func (s *resolver) compute() {
	for i := range s.hosts {
		ref, o := s.hosts[i].ref, &s.hosts[i].is
		r := &o.record
		r.Object = s.object(ref, o.rawName)
		r.Cluster = s.clusterOf(o.parent)
		r.Datacenter = s.tree.name(s.tree.datacenter(o.parent))
		r.Folder = s.tree.path(s.tree.nodes[o.parent].parent)
		r.Datastores = s.tree.names(o.datastores)
		r.Networks = s.tree.names(o.networks)
		r.VMCount = s.of(s.count.vms, ref, "VirtualMachine")
		r.CustomAttributes = s.attributes(o.custom)
		s.records.Hosts = append(s.records.Hosts, *r)
	}
	for i := range s.clusters {
		ref, o := s.clusters[i].ref, &s.clusters[i].is
		r := &o.record
		r.Object, r.Datacenter, r.Folder, r.CustomAttributes = s.place(ref, &o.entity)
		r.Standalone = inventory.Bool{Value: ref.Type != "ClusterComputeResource", Known: true}
		r.HostCount = s.of(s.count.hosts, ref, "HostSystem")
		r.VMCount = s.of(s.count.vms, ref, "VirtualMachine")
		r.CPUUsageMHz = s.use(s.count.cpu, ref)
		r.MemoryUsageMiB = s.use(s.count.memory, ref)
		s.records.Clusters = append(s.records.Clusters, *r)
	}
	for i := range s.pools {
		ref, o := s.pools[i].ref, &s.pools[i].is
		r := &o.record
		r.Object = s.object(ref, o.rawName)
		r.Kind = "resourcePool"
		if ref.Type == "VirtualApp" {
			r.Kind = "vApp"
		}
		r.Path = s.tree.path(ref)
		r.Cluster = s.tree.name(o.owner)
		r.Datacenter = s.tree.name(s.tree.datacenter(o.owner, ref))
		r.VMCount = s.of(s.count.vms, ref, "VirtualMachine")
		r.CustomAttributes = s.attributes(o.custom)
		s.records.ResourcePools = append(s.records.ResourcePools, *r)
	}
}

func (s *resolver) places() {
	for i := range s.dcs {
		ref, o := s.dcs[i].ref, &s.dcs[i].is
		r := &o.record
		r.Object = s.object(ref, o.rawName)
		r.Path = s.tree.path(ref)
		r.HostCount = s.of(s.count.hosts, ref, "HostSystem")
		r.ClusterCount = s.of(s.count.clusters, ref, "ClusterComputeResource")
		r.VMCount = s.of(s.count.vms, ref, "VirtualMachine")
		r.DatastoreCount = s.of(s.count.datastores, ref, "Datastore")
		r.NetworkCount = s.of(s.count.networks, ref, "Network")
		r.CustomAttributes = s.attributes(o.custom)
		s.records.Datacenters = append(s.records.Datacenters, *r)
	}
	for i := range s.folders {
		ref, o := s.folders[i].ref, &s.folders[i].is
		r := &o.record
		r.Object = s.object(ref, o.rawName)
		r.Path = s.tree.path(ref)
		r.Datacenter = s.tree.name(s.tree.datacenter(ref))
		s.records.Folders = append(s.records.Folders, *r)
	}
}

func (s *resolver) storage() {
	for i := range s.datastores {
		ref, o := s.datastores[i].ref, &s.datastores[i].is
		r := &o.record
		r.Object, r.Datacenter, r.Folder, r.CustomAttributes = s.place(ref, &o.entity)
		if o.parent.Type == "StoragePod" {
			r.DatastoreCluster = s.tree.name(o.parent)
		}
		r.HostCount = s.of(s.count.hosts, ref, "HostSystem")
		r.VMCount = s.of(s.count.vms, ref, "VirtualMachine")
		s.records.Datastores = append(s.records.Datastores, *r)
	}
	for i := range s.pods {
		ref, o := s.pods[i].ref, &s.pods[i].is
		r := &o.pod
		r.Object, r.Datacenter, r.Folder, _ = s.place(ref, &o.entity)
		r.DatastoreCount = s.of(s.count.datastores, ref, "Datastore")
		s.records.DatastoreClusters = append(s.records.DatastoreClusters, *r)
	}
}

func (s *resolver) network() {
	for i := range s.networks {
		ref, o := s.networks[i].ref, &s.networks[i].is
		r := &o.record
		r.Object, r.Datacenter, r.Folder, r.CustomAttributes = s.place(ref, &o.entity)
		r.Type = ref.Type
		r.Switch = s.tree.name(o.dvs)
		r.HostCount = s.of(s.count.hosts, ref, "HostSystem")
		r.VMCount = s.of(s.count.vms, ref, "VirtualMachine")
		s.records.Networks = append(s.records.Networks, *r)
	}
	for i := range s.switches {
		ref, o := s.switches[i].ref, &s.switches[i].is
		r := &o.record
		r.Object, r.Datacenter, r.Folder, r.CustomAttributes = s.place(ref, &o.entity)
		r.PortgroupCount = s.of(s.count.portgroups, ref, "DistributedVirtualPortgroup")
		s.records.DistributedSwitches = append(s.records.DistributedSwitches, *r)
	}
}
