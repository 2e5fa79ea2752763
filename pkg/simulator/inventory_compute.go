package simulator

import (
	"fmt"
	"math"
	"slices"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// hostsPerCluster is what a cluster grows to before another one is made.
const hostsPerCluster = 16

// makeComputes spreads the hosts: one stands alone if there are enough, the
// others are in clusters that alternate between the datacenters.
func (b *builder) makeComputes() {
	left := b.o.Hosts
	standalone := left >= 3
	if standalone {
		left--
	}
	clusters := 2
	if left >= 6 {
		clusters = max(3, (left+hostsPerCluster-1)/hostsPerCluster)
	}
	clusters = min(clusters, left)

	for i := range clusters {
		hosts := (left + clusters - 1 - i) / clusters
		b.makeCluster(b.dcs[i%2], fmt.Sprintf("%s-cl%02d", b.o.Name, i+1), hosts)
	}
	if standalone {
		b.makeStandalone(b.dcs[0])
	}
	b.markHosts()
}

// markHosts makes one host disconnected and one in maintenance, where there are
// others to carry the load.
func (b *builder) markHosts() {
	first := b.dcs[0].computes[0]
	if n := len(first.hosts); n > 1 {
		disconnectHost(first.hosts[n-1])
		b.status[first.hosts[n-1].Self] = types.ManagedEntityStatusRed
		b.status[first.cluster.Self] = types.ManagedEntityStatusYellow
	}
	if len(b.dcs[1].computes) == 0 {
		return
	}
	second := b.dcs[1].computes[0]
	if n := len(second.hosts); n > 1 {
		second.hosts[n-1].Runtime.InMaintenanceMode = true
		b.status[second.hosts[n-1].Self] = types.ManagedEntityStatusYellow
	}
}

// disconnectHost leaves what vCenter still knows of a host that it has lost.
func disconnectHost(h *simulator.HostSystem) {
	h.Runtime.ConnectionState = types.HostSystemConnectionStateDisconnected
	h.Runtime.PowerState = types.HostSystemPowerStateUnknown
	h.Runtime.BootTime = nil
	h.Config = nil // documented as possibly not available
	h.Hardware = nil
}

func (b *builder) makeCluster(dc *dcPlan, name string, hosts int) {
	cl := new(simulator.ClusterComputeResource)
	cl.Self = b.ref("ClusterComputeResource", "domain-c")
	cl.Name = name
	evc := pick(b, []string{"intel-cascadelake", "intel-icelake", "intel-broadwell", ""})
	cl.Summary = &types.ClusterComputeResourceSummary{CurrentEVCModeKey: evc, DasData: &types.ClusterDasDataSummary{}}
	cl.ConfigurationEx = b.clusterConfig(len(dc.computes))
	b.entityPut(dc.hostFolder, cl)

	c := &computePlan{ComputeResource: &cl.ComputeResource, cluster: cl}
	for range hosts {
		b.makeHost(dc, c, evc)
	}
	b.rootPool(c)
	prod := b.pool(c, c.pool, "Production", types.SharesLevelHigh)
	c.pools = append(c.pools, c.pool, prod, b.pool(c, prod, "Tier 1 %2f SAP", types.SharesLevelCustom),
		b.pool(c, c.pool, "Test", types.SharesLevelLow), b.pool(c, c.pool, "Infrastructure", types.SharesLevelNormal))
	if len(dc.computes) == 0 {
		b.makeVApp(dc, c, "shop-"+b.o.Name)
	}
	dc.computes = append(dc.computes, c)
}

// clusterConfig differs from cluster to cluster: one with both HA and DRS, one
// with DRS by hand, one with neither.
func (b *builder) clusterConfig(n int) *types.ClusterConfigInfoEx {
	behaviour := types.DrsBehaviorFullyAutomated
	if n%3 == 1 {
		behaviour = types.DrsBehaviorPartiallyAutomated
	}
	return &types.ClusterConfigInfoEx{
		DasConfig: types.ClusterDasConfigInfo{
			Enabled:                 new(n%3 != 2),
			VmMonitoring:            "vmMonitoringDisabled",
			HostMonitoring:          "enabled",
			VmComponentProtecting:   "disabled",
			FailoverLevel:           1,
			AdmissionControlEnabled: new(n%3 == 0),
			AdmissionControlPolicy: &types.ClusterFailoverResourcesAdmissionControlPolicy{
				CpuFailoverResourcesPercent: 25, MemoryFailoverResourcesPercent: 25, FailoverLevel: 1, AutoComputePercentages: new(true),
			},
			DefaultVmSettings:          &types.ClusterDasVmSettings{RestartPriority: "medium", IsolationResponse: "none"},
			HBDatastoreCandidatePolicy: "allFeasibleDsWithUserPreference",
		},
		DrsConfig: types.ClusterDrsConfigInfo{
			Enabled: new(n%3 != 2), EnableVmBehaviorOverrides: new(true), DefaultVmBehavior: behaviour, VmotionRate: 3,
		},
		VsanConfigInfo: &types.VsanClusterConfigInfo{Enabled: new(n == 0)},
		Rule: []types.BaseClusterRuleInfo{&types.ClusterAntiAffinityRuleSpec{ClusterRuleInfo: types.ClusterRuleInfo{
			Key: 1, Status: types.ManagedEntityStatusGreen, Enabled: new(true), Name: "separate domain controllers",
			Mandatory: new(false), UserCreated: new(true), InCompliance: new(true), RuleUuid: b.uuid(),
		}}},
	}
}

func (b *builder) makeStandalone(dc *dcPlan) {
	cr := new(mo.ComputeResource)
	cr.Self = b.ref("ComputeResource", "domain-s")
	cr.Summary = &types.ComputeResourceSummary{}
	cr.ConfigurationEx = &types.ComputeResourceConfigInfo{VmSwapPlacement: "vmDirectory"}

	c := &computePlan{ComputeResource: cr}
	h := b.makeHost(dc, c, "")
	cr.Name = h.Name // as vCenter names them
	b.entityPut(dc.hostFolder, cr)
	b.rootPool(c)
	c.pools = append(c.pools, c.pool)
	dc.computes = append(dc.computes, c)
}

func (b *builder) rootPool(c *computePlan) {
	rp := new(simulator.ResourcePool)
	rp.Self = b.ref("ResourcePool", "resgroup-")
	rp.Name = "Resources"
	rp.Owner = c.Self
	owner, self := c.Self, rp.Self
	rp.Parent = &owner
	rp.Config = poolConfig(rp.Self, types.SharesLevelNormal)
	rp.Summary = &types.ResourcePoolSummary{Name: rp.Name, Config: rp.Config}
	c.ResourcePool = &self
	c.pool = rp
	b.reg.Put(rp)
}

func (b *builder) pool(c *computePlan, parent *simulator.ResourcePool, name string, level types.SharesLevel) *simulator.ResourcePool {
	rp := new(simulator.ResourcePool)
	rp.Self = b.ref("ResourcePool", "resgroup-")
	rp.Name = name
	rp.Owner = c.Self
	up := parent.Self
	rp.Parent = &up
	rp.Config = poolConfig(rp.Self, level)
	rp.Summary = &types.ResourcePoolSummary{Name: name, Config: rp.Config}
	parent.ResourcePool.ResourcePool = append(parent.ResourcePool.ResourcePool, rp.Self)
	b.reg.Put(rp)
	return rp
}

func poolConfig(ref types.ManagedObjectReference, level types.SharesLevel) types.ResourceConfigSpec {
	shares := int32(4000)
	switch level {
	case types.SharesLevelHigh:
		shares = 8000
	case types.SharesLevelLow:
		shares = 2000
	case types.SharesLevelCustom:
		shares = 5555
	}
	alloc := func(scale int32) types.ResourceAllocationInfo {
		return types.ResourceAllocationInfo{
			Reservation: new(int64(0)), ExpandableReservation: new(true), Limit: new(int64(-1)),
			Shares: &types.SharesInfo{Shares: shares * scale, Level: level},
		}
	}
	return types.ResourceConfigSpec{Entity: &ref, CpuAllocation: alloc(1), MemoryAllocation: alloc(41)}
}

// makeVApp puts a vApp beside the pools. It is in the folder of the machines
// and in the tree of the pools.
func (b *builder) makeVApp(dc *dcPlan, c *computePlan, name string) {
	va := new(simulator.VirtualApp)
	va.Self = b.ref("VirtualApp", "resgroup-v")
	va.Name = name
	va.Owner = c.Self
	parent, folder := c.pool.Self, dc.folders["web"].Self
	va.Parent = &parent
	va.ParentFolder = &folder
	va.Config = poolConfig(va.Self, types.SharesLevelNormal)
	va.Summary = &types.VirtualAppSummary{
		ResourcePoolSummary: types.ResourcePoolSummary{Name: name, Config: va.Config},
		VAppState:           types.VirtualAppVAppStateStarted,
		InstanceUuid:        b.uuid(),
	}
	va.VAppConfig = &types.VAppConfigInfo{Annotation: "Web shop", InstanceUuid: b.uuid()}
	c.pool.ResourcePool.ResourcePool = append(c.pool.ResourcePool.ResourcePool, va.Self)
	dc.folders["web"].ChildEntity = append(dc.folders["web"].ChildEntity, va.Self)
	c.vapp = va
	b.reg.Put(va)
}

// finishCompute sums up hosts and machines.
func (b *builder) finishCompute(c *computePlan) {
	sum := c.Summary.GetComputeResourceSummary()
	sum.OverallStatus = types.ManagedEntityStatusGreen
	if s, ok := b.status[c.Self]; ok {
		sum.OverallStatus = s
	}

	usedCPU, usedMem := int64(0), int64(0)
	for _, h := range c.hosts {
		hw := h.Summary.Hardware
		sum.NumHosts++
		sum.TotalCpu += hw.CpuMhz * int32(hw.NumCpuCores)
		sum.TotalMemory += hw.MemorySize
		sum.NumCpuCores += hw.NumCpuCores
		sum.NumCpuThreads += hw.NumCpuThreads
		if h.Runtime.ConnectionState == types.HostSystemConnectionStateConnected && !h.Runtime.InMaintenanceMode {
			sum.NumEffectiveHosts++
			sum.EffectiveCpu += hw.CpuMhz * int32(hw.NumCpuCores) * 95 / 100
			sum.EffectiveMemory += hw.MemorySize / (1 << 20) * 95 / 100
		}
		b.finishHost(h)
		usedCPU += int64(h.Summary.QuickStats.OverallCpuUsage)
		usedMem += int64(h.Summary.QuickStats.OverallMemoryUsage)
		c.Host = appendNew(c.Host, h.Self)
		for _, ds := range h.Datastore {
			c.Datastore = appendNew(c.Datastore, ds)
		}
		for _, n := range h.Network {
			c.Network = appendNew(c.Network, n)
		}
	}
	runtime := types.ResourcePoolRuntimeInfo{
		Cpu:           types.ResourcePoolResourceUsage{OverallUsage: usedCPU, MaxUsage: int64(sum.EffectiveCpu), UnreservedForPool: int64(sum.EffectiveCpu)},
		Memory:        types.ResourcePoolResourceUsage{OverallUsage: usedMem << 20, MaxUsage: sum.EffectiveMemory << 20, UnreservedForPool: sum.EffectiveMemory << 20},
		OverallStatus: types.ManagedEntityStatusGreen,
	}
	for _, p := range c.pools {
		p.Runtime = runtime
		p.Summary.GetResourcePoolSummary().Runtime = runtime
	}
	if c.vapp != nil {
		c.vapp.Runtime = runtime
		c.vapp.Summary.GetResourcePoolSummary().Runtime = runtime
	}
	if cs, ok := c.Summary.(*types.ClusterComputeResourceSummary); ok {
		cs.CurrentFailoverLevel = max(0, sum.NumEffectiveHosts-1)
		cs.NumVmotions = int32(b.between(10, 9000))
		cs.DrsScore = int32(b.between(70, 99))
		cs.UsageSummary = &types.ClusterUsageSummary{
			TotalCpuCapacityMhz: sum.EffectiveCpu, TotalMemCapacityMB: int32(min(sum.EffectiveMemory, math.MaxInt32)),
			CpuDemandMhz: int32(usedCPU), MemDemandMB: int32(usedMem), TotalVmCount: int32(c.vms),
		}
	}
}

func appendNew(list []types.ManagedObjectReference, ref types.ManagedObjectReference) []types.ManagedObjectReference {
	if slices.Contains(list, ref) {
		return list
	}
	return append(list, ref)
}
