package simulator

import (
	"fmt"
	"strings"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// server is a model of hardware.
type server struct {
	vendor, model, cpu string
	packages, cores    int16
	mhz                int32
	memory             int64
	evc                string
}

func servers() []server {
	return []server{
		{"Dell Inc.", "PowerEdge R750", "Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz", 2, 64, 1995, 1024 * gib, "intel-icelake"},
		{"Dell Inc.", "PowerEdge R740", "Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz", 2, 40, 2494, 768 * gib, "intel-cascadelake"},
		{"HPE", "ProLiant DL380 Gen10", "Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz", 2, 40, 2095, 768 * gib, "intel-cascadelake"},
		{"HPE", "ProLiant DL380 Gen10 Plus", "Intel(R) Xeon(R) Platinum 8358 CPU @ 2.60GHz", 2, 64, 2594, 1024 * gib, "intel-icelake"},
		{"Cisco Systems Inc", "UCSC-C240-M5SX", "Intel(R) Xeon(R) Platinum 8260 CPU @ 2.40GHz", 2, 48, 2394, 512 * gib, "intel-cascadelake"},
		{"Lenovo", "ThinkSystem SR650", "Intel(R) Xeon(R) Silver 4314 CPU @ 2.40GHz", 2, 32, 2394, 512 * gib, "intel-icelake"},
	}
}

type esxi struct{ version, build string }

func esxiBuilds() []esxi {
	return []esxi{
		{"8.0.3", "24280767"},
		{"8.0.3", "24414501"},
		{"8.0.2", "23305546"},
		{"8.0.1", "22088125"},
		{"7.0.3", "23794027"},
		{"7.0.3", "21930508"},
	}
}

// makeHost adds a host to a cluster, or the only one to a standalone compute
// resource.
func (b *builder) makeHost(dc *dcPlan, c *computePlan, evc string) *simulator.HostSystem {
	n := 0
	for _, d := range b.dcs {
		n += len(d.hosts())
	}
	n += len(c.hosts) + 1

	h := new(simulator.HostSystem)
	h.Self = b.ref("HostSystem", "host-")
	h.Name = fmt.Sprintf("esx%02d.%s.example.com", n, b.o.Name)
	parent, self := c.Self, h.Self
	h.Parent = &parent

	hw, build := pick(b, servers()), pick(b, esxiBuilds())
	boot := b.now.Add(-time.Duration(b.between(2, 300)*24*60) * time.Minute)
	h.Runtime = types.HostRuntimeInfo{
		ConnectionState: types.HostSystemConnectionStateConnected,
		PowerState:      types.HostSystemPowerStatePoweredOn,
		StandbyMode:     "none",
		BootTime:        &boot,
		CryptoState:     "incapable",
		DasHostState:    &types.ClusterDasFdmHostState{State: "connectedToMaster"},
	}
	product := b.esxiAbout(build)
	h.Hardware = b.hostHardware(hw)
	h.Summary = types.HostListSummary{
		Host:               &self,
		Hardware:           hostHardwareSummary(hw, h.Hardware),
		Runtime:            &h.Runtime,
		Config:             types.HostConfigSummary{Name: h.Name, Port: 443, SslThumbprint: b.thumbprintSHA1(), Product: &product, VmotionEnabled: c.cluster != nil},
		OverallStatus:      types.ManagedEntityStatusGreen,
		ManagementServerIp: "10.0.0.10",
		MaxEVCModeKey:      hw.evc,
		CurrentEVCModeKey:  evc,
	}
	h.Config = b.hostConfig(h, n, product)
	h.LicensableResource = types.HostLicensableResourceInfo{Resource: []types.KeyAnyValue{{Key: "numCpuPackages", Value: hw.packages}}}
	h.ConfigManager = types.HostConfigManager{}

	c.hosts = append(c.hosts, h)
	c.Host = append(c.Host, h.Self)
	b.joinNetworks(dc, h)
	b.reg.Put(h)
	return h
}

func (b *builder) esxiAbout(v esxi) types.AboutInfo {
	return types.AboutInfo{
		Name: "VMware ESXi", FullName: "VMware ESXi " + v.version + " build-" + v.build, Vendor: "VMware, Inc.",
		Version: v.version, Build: v.build, LocaleVersion: "INTL", LocaleBuild: "000", OsType: "vmnix-x86",
		ProductLineId: "embeddedEsx", ApiType: "HostAgent", ApiVersion: v.version + ".0",
		LicenseProductName: "VMware ESX Server", LicenseProductVersion: v.version[:1] + ".0",
	}
}

func (b *builder) thumbprintSHA1() string {
	out := make([]string, 20)
	for i := range out {
		out[i] = fmt.Sprintf("%02X", b.rnd.IntN(256))
	}
	return strings.Join(out, ":")
}

func (b *builder) hostHardware(s server) *types.HostHardwareInfo {
	released := b.now.AddDate(-1, -b.rnd.IntN(12), 0)
	serial := b.hex(7)
	hw := &types.HostHardwareInfo{
		SystemInfo: types.HostSystemInfo{
			Vendor: s.vendor, Model: s.model, Uuid: b.uuid(), SerialNumber: serial,
			OtherIdentifyingInfo: []types.HostSystemIdentificationInfo{
				identification("ServiceTag", "Service tag of the system", serial),
				identification("AssetTag", "Asset tag of the system", "unknown"),
			},
		},
		CpuInfo: types.HostCpuInfo{
			NumCpuPackages: s.packages, NumCpuCores: s.cores, NumCpuThreads: 2 * s.cores, Hz: int64(s.mhz) * 1e6,
		},
		MemorySize: s.memory,
		NumaInfo:   &types.HostNumaInfo{Type: "NUMA", NumNodes: int32(s.packages)},
		BiosInfo: &types.HostBIOSInfo{
			BiosVersion: fmt.Sprintf("2.%d.%d", b.rnd.IntN(20), b.rnd.IntN(5)), ReleaseDate: &released, Vendor: s.vendor,
			MajorRelease: 2, FirmwareType: "UEFI",
		},
		// Ids are signed shorts, so devices above 0x7fff are negative.
		PciDevice: []types.HostPciDevice{{
			Id: "0000:3b:00.0", ClassId: 0x200, Bus: 0x3b, VendorId: -32634, SubVendorId: -32634, DeviceId: 0x158b,
			VendorName: "Intel Corporation", DeviceName: "Ethernet Controller XXV710 for 25GbE SFP28",
		}},
	}
	for i := range s.packages {
		hw.CpuPkg = append(hw.CpuPkg, types.HostCpuPackage{
			Index: i, Vendor: "intel", Hz: int64(s.mhz) * 1e6, BusHz: 1e8, Description: s.cpu, Family: 6, Model: 106, Stepping: 6,
		})
	}
	return hw
}

func identification(key, label, value string) types.HostSystemIdentificationInfo {
	return types.HostSystemIdentificationInfo{
		IdentifierValue: value,
		IdentifierType:  &types.ElementDescription{Description: types.Description{Label: label, Summary: label}, Key: key},
	}
}

func hostHardwareSummary(s server, hw *types.HostHardwareInfo) *types.HostHardwareSummary {
	return &types.HostHardwareSummary{
		Vendor: s.vendor, Model: s.model, Uuid: hw.SystemInfo.Uuid, OtherIdentifyingInfo: hw.SystemInfo.OtherIdentifyingInfo,
		MemorySize: s.memory, CpuModel: s.cpu, CpuMhz: s.mhz, NumCpuPkgs: s.packages, NumCpuCores: s.cores,
		NumCpuThreads: 2 * s.cores, NumNics: 4, NumHBAs: 3,
	}
}

func (b *builder) hostConfig(h *simulator.HostSystem, n int, product types.AboutInfo) *types.HostConfigInfo {
	ntp := []string{"ntp1.example.com", "ntp2.example.com"}
	if b.chance(10) {
		ntp = nil // forgotten
	}
	service := func(key, label string, running bool) types.HostService {
		policy := "off"
		if running {
			policy = "on"
		}
		return types.HostService{Key: key, Label: label, Running: running, Policy: policy}
	}
	return &types.HostConfigInfo{
		Host:             h.Self,
		Product:          product,
		HyperThread:      &types.HostHyperThreadScheduleInfo{Available: true, Active: true, Config: true},
		StorageDevice:    b.hostStorage(),
		FileSystemVolume: &types.HostFileSystemVolumeInfo{VolumeTypeList: []string{"VMFS", "NFS", "NFS41", "vsan", "VVOL", "VFFS", "OTHER"}},
		Network:          b.hostNetwork(n),
		Service: &types.HostServiceInfo{Service: []types.HostService{
			service("TSM-SSH", "SSH", b.chance(20)), service("TSM", "ESXi Shell", b.chance(5)),
			service("ntpd", "NTP Daemon", ntp != nil), service("snmpd", "SNMP Server", false),
		}},
		DateTimeInfo: &types.HostDateTimeInfo{
			TimeZone:            types.HostDateTimeSystemTimeZone{Key: "UTC", Name: "UTC", Description: "UTC"},
			SystemClockProtocol: "ntp",
			NtpConfig:           &types.HostNtpConfig{Server: ntp},
		},
		LockdownMode:    types.HostLockdownModeLockdownDisabled,
		Certificate:     types.ByteSlice("-----BEGIN CERTIFICATE-----\n" + b.hex(64) + "\u00e9\n-----END CERTIFICATE-----\n"),
		PowerSystemInfo: &types.PowerSystemInfo{CurrentPolicy: types.HostPowerPolicy{Key: 1, Name: "PowerPolicy.static.name", ShortName: "static", Description: "PowerPolicy.static.description"}},
		Option: []types.BaseOptionValue{
			&types.OptionValue{Key: "Syslog.global.logHost", Value: "udp://syslog.example.com:514"},
			&types.OptionValue{Key: "UserVars.SuppressShellWarning", Value: int64(0)},
			&types.OptionValue{Key: "Mem.ShareForceSalting", Value: int64(2)},
		},
	}
}

func (b *builder) hostStorage() *types.HostStorageDeviceInfo {
	hba := func(n int) types.HostHostBusAdapter {
		return types.HostHostBusAdapter{
			Key: fmt.Sprintf("key-vim.host.FibreChannelHba-vmhba%d", n), Device: fmt.Sprintf("vmhba%d", n), Bus: int32(59 + n),
			Status: "online", Model: "QLE2692 Dual Port 16Gb Fibre Channel to PCIe Adapter", Driver: "qlnativefc", Pci: fmt.Sprintf("0000:%02x:00.0", 59+n),
		}
	}
	sd := &types.HostStorageDeviceInfo{}
	for n := range 2 {
		sd.HostBusAdapter = append(sd.HostBusAdapter, &types.HostFibreChannelHba{
			HostHostBusAdapter: hba(n + 2), PortType: types.FibreChannelPortTypeFabric, Speed: 16,
			PortWorldWideName: int64(b.rnd.Uint64() >> 1), NodeWorldWideName: int64(b.rnd.Uint64() >> 1),
		})
	}
	for range 3 {
		name := b.naa()
		sd.ScsiLun = append(sd.ScsiLun, &types.HostScsiDisk{
			ScsiLun: types.ScsiLun{
				HostDevice:    types.HostDevice{DeviceName: "/vmfs/devices/disks/" + name, DeviceType: "disk"},
				Key:           "key-vim.host.ScsiDisk-" + name,
				Uuid:          b.hex(32),
				CanonicalName: name, DisplayName: "PURE Fibre Channel Disk (" + name + ")", LunType: "disk", Vendor: "PURE", Model: "FlashArray",
				OperationalState: []string{"ok"},
			},
			Capacity:   types.HostDiskDimensionsLba{BlockSize: 512, Block: 8 * tib / 512},
			DevicePath: "/vmfs/devices/disks/" + name,
			Ssd:        new(true),
			LocalDisk:  new(false),
		})
	}
	return sd
}

func (b *builder) hostNetwork(n int) *types.HostNetworkInfo {
	info := &types.HostNetworkInfo{
		DnsConfig: &types.HostDnsConfig{
			HostName: fmt.Sprintf("esx%02d", n), DomainName: b.o.Name + ".example.com", Address: []string{"10.0.0.53", "10.0.1.53"},
			SearchDomain: []string{b.o.Name + ".example.com", "example.com"},
		},
		IpRouteConfig: &types.HostIpRouteConfig{DefaultGateway: "10.0.0.1"},
		IpV6Enabled:   new(true),
	}
	for i := range 4 {
		nic := types.PhysicalNic{
			Key: fmt.Sprintf("key-vim.host.PhysicalNic-vmnic%d", i), Device: fmt.Sprintf("vmnic%d", i), Pci: fmt.Sprintf("0000:3b:00.%d", i),
			Driver: "i40en", DriverVersion: "2.7.2.0", FirmwareVersion: "9.20 0x8000d95e 22.0.9", Mac: b.mac(), WakeOnLanSupported: i == 0,
		}
		if i != 1 || b.chance(70) {
			nic.LinkSpeed = &types.PhysicalNicLinkInfo{SpeedMb: 25000, Duplex: true} // unset means the link is down
		}
		info.Pnic = append(info.Pnic, nic)
	}
	policy := types.HostNetworkPolicy{
		Security:   &types.HostNetworkSecurityPolicy{AllowPromiscuous: new(false), MacChanges: new(false), ForgedTransmits: new(false)},
		NicTeaming: &types.HostNicTeamingPolicy{Policy: "loadbalance_srcid", NicOrder: &types.HostNicOrderPolicy{ActiveNic: []string{"vmnic0", "vmnic1"}}},
	}
	info.Vswitch = []types.HostVirtualSwitch{{
		Name: "vSwitch0", Key: "key-vim.host.VirtualSwitch-vSwitch0", NumPorts: 7680, NumPortsAvailable: 7660, Mtu: 1500,
		Pnic: []string{info.Pnic[0].Key, info.Pnic[1].Key},
		Spec: types.HostVirtualSwitchSpec{NumPorts: 128, Mtu: 1500, Policy: &policy, Bridge: &types.HostVirtualSwitchBondBridge{NicDevice: []string{"vmnic0", "vmnic1"}}},
	}}
	for i, name := range standardNetworks() {
		info.Portgroup = append(info.Portgroup, types.HostPortGroup{
			Key: "key-vim.host.PortGroup-" + name, Vswitch: info.Vswitch[0].Key, ComputedPolicy: policy,
			Spec: types.HostPortGroupSpec{Name: name, VlanId: int32(10 * i), VswitchName: "vSwitch0"},
		})
	}
	for i, stack := range []string{"defaultTcpipStack", "vmotion"} {
		info.Vnic = append(info.Vnic, types.HostVirtualNic{
			Device: fmt.Sprintf("vmk%d", i), Key: fmt.Sprintf("key-vim.host.VirtualNic-vmk%d", i), Portgroup: "Management",
			Spec: types.HostVirtualNicSpec{
				Ip:  &types.HostIpConfig{IpAddress: fmt.Sprintf("10.0.%d.%d", i, 10+n%240), SubnetMask: "255.255.255.0"},
				Mac: b.mac(), Mtu: 1500, NetStackInstanceKey: stack,
			},
		})
	}
	return info
}

// finishHost sets the use that the machines make of a host.
func (b *builder) finishHost(h *simulator.HostSystem) {
	q := &h.Summary.QuickStats
	if h.Runtime.ConnectionState != types.HostSystemConnectionStateConnected {
		*q = types.HostListSummaryQuickStats{} // nothing is known
		h.Summary.OverallStatus = types.ManagedEntityStatusRed
		return
	}
	hw := h.Summary.Hardware
	q.OverallCpuUsage = min(q.OverallCpuUsage+int32(b.between(300, 900)), hw.CpuMhz*int32(hw.NumCpuCores)*9/10)
	q.OverallMemoryUsage = min(q.OverallMemoryUsage+int32(b.between(4000, 9000)), int32(hw.MemorySize>>20)*95/100)
	q.Uptime = int32(b.now.Sub(*h.Runtime.BootTime).Seconds())
}
