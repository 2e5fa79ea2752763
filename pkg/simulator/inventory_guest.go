package simulator

import (
	"fmt"
	"strings"
	"time"

	"github.com/vmware/govmomi/vim25/types"
)

// toolsPlan is the state of VMware Tools.
type toolsPlan struct {
	version int32 // 0 if not installed
	status  types.VirtualMachineToolsStatus
	status2 string
	running bool
}

func (b *builder) planTools(p *vmPlan) toolsPlan {
	on := p.power == types.VirtualMachinePowerStatePoweredOn
	t := toolsPlan{version: pick(b, []int32{12389, 12389, 12352, 12325, 11365, 10346}), running: on && !b.chance(4)}
	switch {
	case p.role == roleSRM || b.chance(5):
		t.version, t.running = 0, false
		t.status, t.status2 = types.VirtualMachineToolsStatusToolsNotInstalled, "guestToolsNotInstalled"
		return t
	case !p.os.windows && b.chance(80):
		t.status2 = "guestToolsUnmanaged" // open-vm-tools
		t.version = 12389
	case t.version < 12325:
		t.status2 = "guestToolsSupportedOld"
	default:
		t.status2 = "guestToolsCurrent"
	}
	switch {
	case !t.running:
		t.status = types.VirtualMachineToolsStatusToolsNotRunning
	case t.status2 == "guestToolsSupportedOld":
		t.status = types.VirtualMachineToolsStatusToolsOld
	default:
		t.status = types.VirtualMachineToolsStatusToolsOk
	}
	return t
}

// hostName is what the guest calls itself.
func (p *vmPlan) hostName(b *builder) string {
	base := fmt.Sprintf("%s-%03d", p.app.name, p.n+1)
	if p.os.windows {
		return strings.ToUpper(base) + ".corp.example.com"
	}
	return base + "." + b.o.Name + ".example.com"
}

// guest is what the tools report. Of a machine that is off, the last is known.
func (b *builder) guest(p *vmPlan) *types.GuestInfo {
	g := &types.GuestInfo{
		ToolsStatus:         p.tools.status,
		ToolsVersionStatus:  p.tools.status2,
		ToolsVersionStatus2: p.tools.status2,
		ToolsRunningStatus:  "guestToolsNotRunning",
		ToolsVersion:        fmt.Sprint(p.tools.version),
		GuestState:          "notRunning",
		AppHeartbeatStatus:  "appStatusGray",
		AppState:            "none",
		HwVersion:           p.vm.Config.Version,
	}
	g.GuestOperationsReady, g.InteractiveGuestOperationsReady, g.GuestStateChangeSupported = new(false), new(false), new(false)
	if p.tools.version == 0 {
		return g
	}
	g.GuestId, g.GuestFamily, g.GuestFullName = p.os.id, p.os.family, p.os.reported
	g.HostName = p.hostName(b)
	if len(p.nics) > 0 && (p.tools.running || b.chance(50)) {
		g.IpAddress = p.nics[0].ips[0]
	}
	if !p.tools.running {
		return g
	}

	g.ToolsRunningStatus, g.GuestState = "guestToolsRunning", "running"
	g.ToolsInstallType = "guestToolsTypeMSI"
	if !p.os.windows {
		g.ToolsInstallType = "guestToolsTypeOpenVMTools"
	}
	g.GuestOperationsReady, g.GuestStateChangeSupported = new(true), new(true)
	g.GuestKernelCrashed = new(false)
	g.Net = b.guestNet(p)
	g.IpStack = b.guestStack(p)
	g.Disk = b.guestDisks(p)
	g.Screen = &types.GuestScreenInfo{Width: 1024, Height: 768}
	return g
}

func (b *builder) guestNet(p *vmPlan) []types.GuestNicInfo {
	out := make([]types.GuestNicInfo, 0, len(p.nics))
	for i, n := range p.nics {
		info := types.GuestNicInfo{Network: n.net.Name, MacAddress: n.mac, Connected: n.connected, DeviceConfigId: int32(4000 + i)}
		if n.connected {
			info.IpAddress = n.ips
			cfg := &types.NetIpConfigInfo{AutoConfigurationEnabled: new(true)}
			for _, ip := range n.ips {
				prefix, origin := int32(24), ""
				if strings.Contains(ip, ":") {
					prefix, origin = 64, "linklayer"
				}
				cfg.IpAddress = append(cfg.IpAddress, types.NetIpConfigInfoIpAddress{IpAddress: ip, PrefixLength: prefix, Origin: origin, State: "preferred"})
			}
			info.IpConfig = cfg
		}
		out = append(out, info)
	}
	return out
}

func (b *builder) guestStack(p *vmPlan) []types.GuestStackInfo {
	if len(p.nics) == 0 {
		return nil
	}
	host, domain, _ := strings.Cut(p.hostName(b), ".")
	gateway := p.nics[0].ips[0]
	gateway = gateway[:strings.LastIndexByte(gateway, '.')] + ".1"
	route := func(network string, prefix int32, gw string) types.NetIpRouteConfigInfoIpRoute {
		return types.NetIpRouteConfigInfoIpRoute{Network: network, PrefixLength: prefix, Gateway: types.NetIpRouteConfigInfoGateway{IpAddress: gw, Device: "0"}}
	}
	return []types.GuestStackInfo{{
		DnsConfig: &types.NetDnsConfigInfo{HostName: host, DomainName: domain, IpAddress: []string{"10.0.0.53", "10.0.1.53"}, SearchDomain: []string{domain, "example.com"}},
		IpRouteConfig: &types.NetIpRouteConfigInfo{IpRoute: []types.NetIpRouteConfigInfoIpRoute{
			route("0.0.0.0", 0, gateway), route(strings.TrimSuffix(gateway, "1")+"0", 24, ""),
		}},
	}}
}

// guestDisks are file systems; a Linux guest has one or two on its first disk.
func (b *builder) guestDisks(p *vmPlan) []types.GuestDiskInfo {
	var out []types.GuestDiskInfo
	add := func(path, fs string, capacity int64, disk int) {
		free := capacity / 100 * int64(b.between(2, 90))
		out = append(out, types.GuestDiskInfo{
			DiskPath: path, Capacity: capacity, FreeSpace: free, FilesystemType: fs,
			Mappings: []types.GuestInfoVirtualDiskMapping{{Key: int32(2000 + disk)}},
		})
	}
	for i, d := range p.disks {
		switch {
		case p.os.windows:
			add(string(rune('C'+i))+":\\", "NTFS", d.capacity-gib/2, i)
		case i == 0:
			add("/", "xfs", d.capacity-2*gib, i)
			add("/boot", "ext4", gib, i)
		default:
			add(fmt.Sprintf("/data%d", i), "xfs", d.capacity, i)
		}
	}
	return out
}

// quickStats are the figures of the last minutes.
func (b *builder) quickStats(p *vmPlan) types.VirtualMachineQuickStats {
	q := types.VirtualMachineQuickStats{GuestHeartbeatStatus: types.ManagedEntityStatusGray, FtLatencyStatus: types.ManagedEntityStatusGray}
	if p.power != types.VirtualMachinePowerStatePoweredOn || p.connection != types.VirtualMachineConnectionStateConnected {
		return q
	}
	q.OverallCpuUsage = p.cpus * int32(b.between(5, 900))
	q.OverallCpuDemand = q.OverallCpuUsage + int32(b.rnd.IntN(100))
	q.OverallCpuReadiness = int32(b.rnd.IntN(5))
	q.HostMemoryUsage = p.memory * int32(b.between(30, 101)) / 100
	q.GuestMemoryUsage = p.memory * int32(b.between(2, 60)) / 100
	q.DistributedCpuEntitlement = q.OverallCpuUsage
	q.DistributedMemoryEntitlement = q.HostMemoryUsage
	q.StaticCpuEntitlement = p.cpus * p.host.Summary.Hardware.CpuMhz
	q.StaticMemoryEntitlement = p.memory
	q.GrantedMemory = p.memory
	q.PrivateMemory = q.HostMemoryUsage
	q.ConsumedOverheadMemory = int32(b.between(30, 200))
	if b.chance(5) {
		q.BalloonedMemory, q.SwappedMemory = int32(b.between(1, 900)), int32(b.rnd.IntN(300))
	}
	q.ActiveMemory = q.GuestMemoryUsage
	if p.tools.running {
		q.GuestHeartbeatStatus = types.ManagedEntityStatusGreen
	}
	q.UptimeSeconds = int32(b.now.Sub(*p.boot) / time.Second)

	p.host.Summary.QuickStats.OverallCpuUsage += q.OverallCpuUsage
	p.host.Summary.QuickStats.OverallMemoryUsage += q.HostMemoryUsage
	return q
}

// vmSummary repeats parts of the machine, as vCenter does.
func (b *builder) vmSummary(p *vmPlan) types.VirtualMachineSummary {
	vm, c := p.vm, p.vm.Config
	self := vm.Self
	sum := types.VirtualMachineSummary{
		Vm:      &self,
		Runtime: vm.Runtime,
		Config: types.VirtualMachineConfigSummary{
			Name: c.Name, Template: c.Template, VmPathName: c.Files.VmPathName, MemorySizeMB: p.memory, NumCpu: p.cpus,
			CpuReservation: int32(*c.CpuAllocation.Reservation), MemoryReservation: int32(*c.MemoryAllocation.Reservation),
			NumEthernetCards: int32(len(p.nics)), NumVirtualDisks: int32(len(p.disks)), Uuid: c.Uuid, InstanceUuid: c.InstanceUuid,
			GuestId: c.GuestId, GuestFullName: c.GuestFullName, Annotation: c.Annotation, ManagedBy: c.ManagedBy,
			InstallBootRequired: new(false), TpmPresent: new(false), HwVersion: c.Version,
		},
		QuickStats:    b.quickStats(p),
		OverallStatus: types.ManagedEntityStatusGreen,
	}
	if g := vm.Guest; g != nil {
		sum.Guest = &types.VirtualMachineGuestSummary{
			GuestId: g.GuestId, GuestFullName: g.GuestFullName, ToolsStatus: g.ToolsStatus, ToolsVersionStatus: g.ToolsVersionStatus,
			ToolsVersionStatus2: g.ToolsVersionStatus2, ToolsRunningStatus: g.ToolsRunningStatus, HostName: g.HostName,
			IpAddress: g.IpAddress, HwVersion: g.HwVersion,
		}
	}
	storage := &types.VirtualMachineStorageSummary{Timestamp: vm.Storage.Timestamp}
	for _, u := range vm.Storage.PerDatastoreUsage {
		storage.Committed += u.Committed
		storage.Uncommitted += u.Uncommitted
		storage.Unshared += u.Unshared
	}
	sum.Storage = storage
	return sum
}
