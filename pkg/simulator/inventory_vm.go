package simulator

import (
	"fmt"
	"slices"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// role is what makes a machine different from the others.
type role int

const (
	roleNormal role = iota
	roleTemplate
	roleVApp
	roleOdd // a name that needs care
	roleVCLS
	roleSRM
	roleFTPrimary
	roleFTSecondary
	roleInaccessible
	roleOrphaned
	roleSnapshots
)

// vmPlan is all that has been decided about a machine before its object is made.
type vmPlan struct {
	vm   *simulator.VirtualMachine
	role role
	n    int // its number, from 0
	name string
	dir  string // on its datastores
	dc   *dcPlan
	c    *computePlan
	host *simulator.HostSystem
	os   guestOS
	app  app

	power      types.VirtualMachinePowerState
	connection types.VirtualMachineConnectionState
	cpus       int32
	perSocket  int32
	memory     int32 // MiB
	uuid       string
	created    time.Time
	boot       *time.Time
	tools      toolsPlan
	disks      []diskPlan
	nics       []nicPlan
	stores     []*simulator.Datastore
}

// roles decides which machine is special. At most half of them are, so that a
// small inventory still looks like one.
func (b *builder) roles() []role {
	special := []role{
		roleTemplate, roleSnapshots, roleVApp, roleOdd, roleOdd, roleInaccessible, roleFTPrimary, roleFTSecondary,
		roleVCLS, roleSRM, roleOrphaned, roleVApp, roleSnapshots,
	}
	n := b.o.VMs
	repeat := func(r role, times int) {
		for range times {
			special = append(special, r)
		}
	}
	repeat(roleOdd, len(oddNames())-2)
	repeat(roleTemplate, n/40)
	repeat(roleVApp, n/60)
	repeat(roleSRM, n/60)
	repeat(roleVCLS, min(n/40, 12))
	repeat(roleSnapshots, n/20)
	special = special[:min(len(special), n/2)]

	// Spread over the inventory, in order: a secondary comes after its primary.
	at := b.rnd.Perm(n)[:len(special)]
	slices.Sort(at)
	out := make([]role, n)
	for i, x := range at {
		out[x] = special[i]
	}
	return out
}

func (b *builder) makeVMs() {
	var primary *vmPlan
	odd := 0
	for n, r := range b.roles() {
		p := b.planVM(n, r)
		if r == roleOdd {
			p.name = oddNames()[odd%len(oddNames())]
			odd++
		}
		if r == roleFTSecondary && primary != nil {
			p.followPrimary(primary)
		}
		b.makeVM(p)
		switch {
		case r == roleFTPrimary:
			primary = p
		case r == roleFTSecondary && primary != nil:
			linkFT(primary.vm, p.vm)
		}
	}
}

// planVM decides what a machine is like.
func (b *builder) planVM(n int, r role) *vmPlan {
	p := &vmPlan{vm: new(simulator.VirtualMachine), role: r, n: n, os: pick(b, guests()), app: pick(b, apps())}
	p.vm.Self = b.ref("VirtualMachine", "vm-")
	p.uuid = b.uuid()
	p.place(b)

	p.name = fmt.Sprintf("%s-%s-%03d", b.o.Name, p.app.name, n+1)
	if p.app.name == "k8s-node" {
		p.name = fmt.Sprintf("%s-k8s-node-%s", b.o.Name, b.hex(5))
	}
	p.cpus = pick(b, []int32{1, 2, 2, 2, 4, 4, 8, 12, 16})
	p.perSocket = 1
	if p.cpus%2 == 0 && b.chance(40) {
		p.perSocket = p.cpus / pick(b, []int32{1, 2})
	}
	p.memory = pick(b, []int32{2048, 4096, 4096, 8192, 8192, 16384, 32768, 65536})
	p.created = b.now.Add(-time.Duration(b.between(1, 2400)*24*60+b.rnd.IntN(1440)) * time.Minute).Add(time.Duration(b.rnd.IntN(1e6)) * time.Microsecond)

	p.power = types.VirtualMachinePowerStatePoweredOn
	switch x := b.rnd.IntN(100); {
	case x < 14:
		p.power = types.VirtualMachinePowerStatePoweredOff
	case x < 17:
		p.power = types.VirtualMachinePowerStateSuspended
	}
	p.connection = types.VirtualMachineConnectionStateConnected
	if p.host.Runtime.ConnectionState != types.HostSystemConnectionStateConnected {
		p.connection = types.VirtualMachineConnectionStateDisconnected
	}
	p.applyRole(b)
	if p.host.Runtime.InMaintenanceMode {
		p.power = types.VirtualMachinePowerStatePoweredOff // nothing runs there
	}
	if p.power == types.VirtualMachinePowerStatePoweredOn {
		up := b.now.Sub(p.created)
		boot := b.now.Add(-time.Duration(b.rnd.Int64N(int64(min(up, 400*24*time.Hour))))).Truncate(time.Microsecond)
		p.boot = &boot
	}
	p.tools = b.planTools(p)
	p.planDisks(b)
	p.planNICs(b)
	return p
}

// place chooses the compute resource and the host.
func (p *vmPlan) place(b *builder) {
	var all []*computePlan
	for _, dc := range b.dcs {
		for _, c := range dc.computes {
			if p.role == roleVApp && c.vapp == nil || p.role >= roleVCLS && p.role <= roleFTSecondary && c.cluster == nil {
				continue
			}
			for range c.hosts { // weighs by size
				all = append(all, c)
			}
		}
	}
	p.c = pick(b, all)
	for _, dc := range b.dcs {
		if slices.Contains(dc.computes, p.c) {
			p.dc = dc
		}
	}
	p.host = pick(b, p.c.hosts)
	special := p.role != roleNormal && p.role != roleTemplate
	if lost := p.host.Runtime.ConnectionState != types.HostSystemConnectionStateConnected; special && (lost || p.host.Runtime.InMaintenanceMode) {
		p.host = p.c.hosts[0] // one oddity at a time
	}
}

// applyRole changes what the role is about.
func (p *vmPlan) applyRole(b *builder) {
	switch p.role {
	case roleTemplate:
		p.name = fmt.Sprintf("tpl-%s-v%d.%d", p.os.id, b.between(1, 9), p.n)
		p.power = types.VirtualMachinePowerStatePoweredOff
	case roleVCLS:
		p.name = "vCLS-" + b.uuid()
		p.cpus, p.perSocket, p.memory = 1, 1, 128
		p.os = guests()[9] // Photon
		p.power = types.VirtualMachinePowerStatePoweredOn
	case roleSRM:
		p.power = types.VirtualMachinePowerStatePoweredOff
		p.name = fmt.Sprintf("%s-dr-%03d", b.o.Name, p.n+1)
	case roleFTPrimary, roleVApp, roleSnapshots:
		p.power = types.VirtualMachinePowerStatePoweredOn
	case roleInaccessible:
		p.power = types.VirtualMachinePowerStatePoweredOff
		p.connection = types.VirtualMachineConnectionStateInaccessible
	case roleOrphaned:
		p.power = types.VirtualMachinePowerStatePoweredOff
		p.connection = types.VirtualMachineConnectionStateOrphaned
		p.name += " (orphaned)"
	}
}

// followPrimary makes a machine the fault-tolerance secondary of another: the
// same in all but its object and its host.
func (p *vmPlan) followPrimary(primary *vmPlan) {
	p.name, p.os, p.app = primary.name, primary.os, primary.app
	p.cpus, p.perSocket, p.memory = primary.cpus, primary.perSocket, primary.memory
	p.dc, p.c, p.power, p.boot = primary.dc, primary.c, primary.power, primary.boot
	for _, h := range p.c.hosts {
		if h != primary.host && h.Runtime.ConnectionState == types.HostSystemConnectionStateConnected && !h.Runtime.InMaintenanceMode {
			p.host = h
		}
	}
	p.connection = primary.connection
	p.disks, p.nics, p.tools, p.stores = primary.disks, primary.nics, primary.tools, primary.stores
}

// makeVM makes the object, links it and registers it.
func (b *builder) makeVM(p *vmPlan) {
	vm := p.vm
	p.dir = dirName(p.name)
	vm.Name = p.name
	vm.EnvironmentBrowser = types.ManagedObjectReference{Type: "EnvironmentBrowser", Value: "envbrowser-" + p.vm.Self.Value[len("vm-"):]}
	vm.Config = b.vmConfig(p)
	b.linkVM(p)
	vm.Runtime = b.vmRuntime(p)
	vm.Guest = b.guest(p)
	b.makeSnapshots(p)
	vm.LayoutEx = b.layout(p)
	b.vmStorage(p)
	vm.Summary = b.vmSummary(p)
	vm.Capability = capability()
	vm.ResourceConfig = &types.ResourceConfigSpec{
		Entity: &vm.Self, CpuAllocation: *vm.Config.CpuAllocation, MemoryAllocation: *vm.Config.MemoryAllocation,
	}
	vm.GuestHeartbeatStatus = vm.Summary.QuickStats.GuestHeartbeatStatus
	b.customValues(p)
	p.lose(b)
	b.vms = append(b.vms, vm)
	b.reg.Put(vm)

	switch {
	case p.connection != types.VirtualMachineConnectionStateConnected:
		b.status[vm.Self] = types.ManagedEntityStatusGray
	case b.chance(4):
		b.status[vm.Self] = types.ManagedEntityStatusYellow
	case b.chance(1):
		b.status[vm.Self] = types.ManagedEntityStatusRed
	}
	if s, ok := b.status[vm.Self]; ok {
		vm.Summary.OverallStatus = s
	}
}

// lose takes from an inaccessible or orphaned machine what a vCenter cannot know.
func (p *vmPlan) lose(b *builder) {
	vm := p.vm
	switch p.role {
	case roleInaccessible:
		// Its files cannot be read: no config, and the path stands for the name.
		vm.Name = "%2fvmfs%2fvolumes%2f" + b.hex(8) + "-" + b.hex(8) + "%2f" + p.dir + "%2f" + p.dir + ".vmx"
		vm.Config, vm.LayoutEx, vm.Guest, vm.Storage, vm.ResourceConfig, vm.Snapshot = nil, nil, nil, nil, nil, nil
		vm.RootSnapshot = nil
		vm.Summary.Config = types.VirtualMachineConfigSummary{Name: vm.Name, VmPathName: vm.Summary.Config.VmPathName}
		vm.Summary.Guest, vm.Summary.Storage = nil, nil
	case roleOrphaned:
		vm.Guest, vm.Summary.Guest = nil, nil
	}
}

// dirName is a name as vCenter makes it a directory.
func dirName(name string) string {
	out := []rune(name)
	for i, r := range out {
		if r == '%' || r == '/' || r == '\\' || r == '"' || r == ':' || r == '\t' {
			out[i] = '_'
		}
	}
	return string(out)
}

// linkVM links a machine both ways with all that it is in or on.
func (b *builder) linkVM(p *vmPlan) {
	vm := p.vm
	ref := vm.Self

	folder := p.dc.folders[p.app.folder]
	switch {
	case p.role == roleTemplate:
		folder = p.dc.folders["templates"]
	case p.role == roleVCLS:
		folder = p.dc.folders["vcls"]
	case p.role == roleSRM:
		folder = p.dc.folders["srm"]
	case p.role == roleInaccessible || p.role == roleOrphaned:
		folder = p.dc.folders["discovered"]
	case p.n%17 == 0:
		folder = p.dc.vmFolder
	}

	pool := b.poolFor(p)
	switch p.role {
	case roleVApp:
		// In a vApp, a machine has no folder of its own.
		va := p.c.vapp
		vapp, rp := va.Self, va.Self
		vm.ParentVApp, vm.ResourcePool = &vapp, &rp
		va.Vm = append(va.Vm, ref)
		va.VAppConfig.EntityConfig = append(va.VAppConfig.EntityConfig, types.VAppEntityConfigInfo{
			Key: &ref, Tag: vm.Name, StartOrder: int32(len(va.Vm)), StartAction: "powerOn", StopAction: "powerOff",
		})
	case roleTemplate:
		b.child(folder, vm.Entity()) // a template has no pool
	default:
		b.child(folder, vm.Entity())
		rp := pool.Self
		vm.ResourcePool = &rp
		pool.Vm = append(pool.Vm, ref)
	}

	p.host.Vm = append(p.host.Vm, ref)
	p.c.vms++
	for _, ds := range p.stores {
		vm.Datastore = append(vm.Datastore, ds.Self)
		ds.Vm = append(ds.Vm, ref)
	}
	for _, n := range p.nics {
		if before := len(vm.Network); before == len(appendNew(vm.Network, n.net.Self)) {
			continue
		}
		vm.Network = append(vm.Network, n.net.Self)
		n.net.Vm = append(n.net.Vm, ref)
		if n.net.pg != nil {
			p.dc.dvs.Summary.Vm = appendNew(p.dc.dvs.Summary.Vm, ref)
		}
	}
}

func (b *builder) poolFor(p *vmPlan) *simulator.ResourcePool {
	if len(p.c.pools) == 1 || p.role == roleVCLS {
		return p.c.pools[0]
	}
	if p.app.folder == "db" && b.chance(50) {
		return p.c.pools[2] // nested in Production
	}
	for _, rp := range p.c.pools {
		if rp.Name == p.app.pool {
			return rp
		}
	}
	return p.c.pools[0]
}

// linkFT connects a fault-tolerance pair once both exist.
func linkFT(primary, secondary *simulator.VirtualMachine) {
	uuids := []string{primary.Config.InstanceUuid, secondary.Config.InstanceUuid}
	paths := []string{primary.Config.Files.VmPathName, secondary.Config.Files.VmPathName}
	first := &types.FaultTolerancePrimaryConfigInfo{
		FaultToleranceConfigInfo: types.FaultToleranceConfigInfo{Role: 1, InstanceUuids: uuids, ConfigPaths: paths},
		Secondaries:              []types.ManagedObjectReference{secondary.Self},
	}
	second := &types.FaultToleranceSecondaryConfigInfo{
		FaultToleranceConfigInfo: types.FaultToleranceConfigInfo{Role: 2, InstanceUuids: uuids, ConfigPaths: paths},
		PrimaryVM:                primary.Self,
	}
	primary.Config.FtInfo, primary.Summary.Config.FtInfo = first, first
	secondary.Config.FtInfo, secondary.Summary.Config.FtInfo = second, second
	for _, vm := range []*simulator.VirtualMachine{primary, secondary} {
		vm.Runtime.FaultToleranceState = types.VirtualMachineFaultToleranceStateRunning
		vm.Summary.Runtime.FaultToleranceState = vm.Runtime.FaultToleranceState
	}
}
