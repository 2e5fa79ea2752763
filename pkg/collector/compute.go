package collector

import (
	"vcfleet/pkg/inventory"
	"vcfleet/pkg/vim"
)

// clusterObject is a cluster or a standalone host's compute resource.
type clusterObject struct {
	entity
	record inventory.Cluster
}

// computeResourceProperties is the one list for ComputeResource and its subtype
// ClusterComputeResource. configurationEx is read whole: paths into it are not
// known to all releases (evoila/meho #3617).
func computeResourceProperties() []property[clusterObject] {
	type cluster = clusterObject
	return []property[cluster]{
		{"name", "clusters.name hosts.cluster hosts.folder virtualMachines.cluster virtualMachines.resourcePool resourcePools.cluster resourcePools.path", text(func(o *cluster) *string { return &o.rawName })},
		{"parent", "clusters.folder clusters.datacenter hosts.folder hosts.datacenter virtualMachines.datacenter virtualMachines.resourcePool resourcePools.path resourcePools.datacenter datacenters.hostCount datacenters.clusterCount datacenters.vmCount", ref(func(o *cluster) *vim.ManagedObjectReference { return &o.parent })},
		{"overallStatus", "clusters.overallStatus", word(func(o *cluster) *string { return &o.record.OverallStatus })},
		{"summary", "clusters.effectiveHosts clusters.cpuCores clusters.cpuThreads clusters.cpuTotalMHz clusters.effectiveCpuMHz clusters.memoryMiB clusters.effectiveMemoryMiB clusters.evcMode", (*cluster).readSummary},
		{"configurationEx", "clusters.haEnabled clusters.haAdmissionControl clusters.drsEnabled clusters.drsBehavior", (*cluster).readConfiguration},
		custom("clusters", func(o *cluster) *[]customValue { return &o.custom }),
	}
}

// readSummary takes a ComputeResourceSummary or ClusterComputeResourceSummary:
// MHz, totalMemory in bytes, effectiveMemory in MB that mean MiB.
func (o *clusterObject) readSummary(v *vim.Value) {
	r := &o.record
	v.Fields(func(name []byte, v *vim.Value) {
		switch string(name) {
		case "numEffectiveHosts":
			r.EffectiveHosts = integer(v)
		case "numCpuCores":
			r.CPUCores = integer(v)
		case "numCpuThreads":
			r.CPUThreads = integer(v)
		case "totalCpu":
			r.CPUTotalMHz = integer(v)
		case "effectiveCpu":
			r.EffectiveCPUMHz = integer(v)
		case "totalMemory":
			r.MemoryMiB = mebibytes(v)
		case "effectiveMemory":
			r.EffectiveMemoryMiB = integer(v)
		case "currentEVCModeKey":
			r.EVCMode = v.Word()
		}
	})
}

// readConfiguration takes a ClusterConfigInfoEx; a standalone host's compute
// resource has a type without these members.
func (o *clusterObject) readConfiguration(v *vim.Value) {
	r := &o.record
	v.Fields(func(name []byte, v *vim.Value) {
		switch string(name) {
		case "dasConfig":
			v.Fields(func(name []byte, v *vim.Value) {
				switch string(name) {
				case "enabled":
					r.HAEnabled = boolean(v)
				case "admissionControlEnabled":
					r.HAAdmissionControl = boolean(v)
				}
			})
		case "drsConfig":
			v.Fields(func(name []byte, v *vim.Value) {
				switch string(name) {
				case "enabled":
					r.DRSEnabled = boolean(v)
				case "defaultVmBehavior":
					r.DRSBehavior = v.Word()
				}
			})
		}
	})
}

// poolObject is a resource pool or vApp.
type poolObject struct {
	entity
	record       inventory.ResourcePool
	owner        vim.ManagedObjectReference
	parentFolder vim.ManagedObjectReference // of a vApp that is in no other vApp
	parentVApp   vim.ManagedObjectReference
}

// resourcePoolProperties is the one list for ResourcePool and its subtype
// VirtualApp. (summary repeats config, and more.)
func resourcePoolProperties() []property[poolObject] {
	type pool = poolObject
	return []property[pool]{
		{"name", "resourcePools.name resourcePools.path virtualMachines.resourcePool virtualMachines.folder virtualMachines.vapp", text(func(o *pool) *string { return &o.rawName })},
		{"parent", "resourcePools.path virtualMachines.resourcePool", ref(func(o *pool) *vim.ManagedObjectReference { return &o.parent })},
		{"owner", "resourcePools.cluster virtualMachines.cluster", ref(func(o *pool) *vim.ManagedObjectReference { return &o.owner })},
		{"config", "resourcePools.cpuReservationMHz resourcePools.cpuLimitMHz resourcePools.cpuShares resourcePools.memoryReservationMiB resourcePools.memoryLimitMiB resourcePools.memoryShares", (*pool).readConfig},
		custom("resourcePools", func(o *pool) *[]customValue { return &o.custom }),
	}
}

// vAppProperties are what VirtualApp has beyond ResourcePool.
func vAppProperties() []property[poolObject] {
	type pool = poolObject
	return append(resourcePoolProperties(),
		property[pool]{"parentFolder", "virtualMachines.folder virtualMachines.datacenter datacenters.vmCount", ref(func(o *pool) *vim.ManagedObjectReference { return &o.parentFolder })},
		property[pool]{"parentVApp", "virtualMachines.folder virtualMachines.datacenter datacenters.vmCount", ref(func(o *pool) *vim.ManagedObjectReference { return &o.parentVApp })},
		property[pool]{"summary.vAppState", "resourcePools.vappState", word(func(o *pool) *string { return &o.record.VAppState })},
	)
}

// readConfig takes a ResourceConfigSpec.
func (o *poolObject) readConfig(v *vim.Value) {
	r := &o.record
	v.Fields(func(name []byte, v *vim.Value) {
		switch string(name) {
		case "cpuAllocation":
			r.CPUReservationMHz, r.CPULimitMHz, r.CPUShares = readAllocation(v)
		case "memoryAllocation":
			r.MemoryReservationMiB, r.MemoryLimitMiB, r.MemoryShares = readAllocation(v)
		}
	})
}

// readAllocation takes a ResourceAllocationInfo: MHz for CPU, MB that mean MiB
// for memory, -1 for no limit.
func readAllocation(v *vim.Value) (reservation, limit, shares inventory.Int) {
	v.Fields(func(name []byte, v *vim.Value) {
		switch string(name) {
		case "reservation":
			reservation = integer(v)
		case "limit":
			limit = integer(v)
		case "shares":
			v.Fields(func(name []byte, v *vim.Value) {
				if string(name) == "shares" {
					shares = integer(v)
				}
			})
		}
	})
	return reservation, limit, shares
}
