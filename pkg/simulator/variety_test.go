package simulator_test

import (
	"net"
	"strings"
	"testing"

	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"

	"vcfleet/pkg/simulator"
)

// TestVariety checks that the estate of a default vCenter has every oddity that
// a report has to deal with.
func TestVariety(t *testing.T) {
	e := readEstate(t, start(t, simulator.Options{Name: "prague"}))

	has := make(map[string]int)
	for i := range e.vms {
		vmTraits(has, &e.vms[i])
	}
	for i := range e.hosts {
		hostTraits(has, &e.hosts[i])
	}
	otherTraits(has, e)

	for _, want := range []string{
		"vm:on", "vm:off", "vm:suspended", "vm:template without pool", "vm:in a vApp, without a folder", "vm:vCLS", "vm:SRM placeholder",
		"vm:FT primary", "vm:FT secondary", "vm:disconnected", "vm:inaccessible without config", "vm:orphaned", "vm:snapshots", "vm:snapshot tree",
		"vm:several disks", "vm:several datastores", "vm:several NICs", "vm:NIC disconnected", "vm:NIC on a standard network", "vm:NIC on a portgroup",
		"vm:thin", "vm:thick", "vm:eager", "vm:RDM", "vm:CD image", "vm:PVSCSI", "vm:LSI", "vm:NVMe", "vm:vmxnet3", "vm:e1000",
		"vm:name %2f", "vm:name %5c", "vm:name %25", "vm:name +", "vm:name not ASCII", "vm:IPv6", "vm:link-local", "vm:several IPs",
		"vm:annotation lines", "vm:annotation =", "vm:no tools", "vm:old tools", "vm:tools not running", "vm:custom value", "vm:no custom value",
		"vm:yellow", "vm:reserved", "vm:limited",
		"host:connected", "host:disconnected without config", "host:maintenance", "host:ESXi 7", "host:ESXi 8", "host:NTP", "host:negative PCI id",
		"host:certificate above 127", "host:custom value", "host:EVC", "host:in a standalone compute resource",
		"dc:two", "dc:in a folder", "cluster:several", "cluster:HA", "cluster:DRS", "cluster:EVC", "folder:nested three deep", "folder:escaped name",
		"pool:nested", "vapp", "datastore:VMFS", "datastore:NFS", "datastore:vSAN", "datastore:vVol", "datastore:inaccessible", "datastore:in a pod",
		"datastore:local", "pod:Storage DRS", "network:standard", "pg:uplink", "pg:VLAN", "pg:trunk", "pg:private VLAN", "switch:private VLANs",
		"switch:hosts", "field:global", "field:VirtualMachine", "field:HostSystem",
	} {
		if has[want] == 0 {
			t.Errorf("no %s", want)
		}
	}

	for _, field := range []string{"instanceUuid", "uuid", "moref"} {
		if has["distinct "+field] != 0 {
			t.Errorf("%d machines share their %s", has["distinct "+field], field)
		}
	}
}

func vmTraits(has map[string]int, vm *mo.VirtualMachine) {
	mark := func(trait string, ok bool) {
		if ok {
			has["vm:"+trait]++
		}
	}
	cfg := vm.Config
	mark("on", vm.Runtime.PowerState == "poweredOn")
	mark("off", vm.Runtime.PowerState == "poweredOff")
	mark("suspended", vm.Runtime.PowerState == "suspended")
	mark("disconnected", vm.Runtime.ConnectionState == "disconnected")
	mark("orphaned", vm.Runtime.ConnectionState == "orphaned")
	mark("yellow", vm.OverallStatus == "yellow")
	mark("custom value", len(vm.CustomValue) > 0)
	mark("no custom value", len(vm.CustomValue) == 0)
	mark("in a vApp, without a folder", vm.ParentVApp != nil && vm.Parent == nil)
	mark("inaccessible without config", cfg == nil && vm.Runtime.ConnectionState == "inaccessible" && strings.HasPrefix(vm.Name, "%2fvmfs%2fvolumes%2f"))
	for _, s := range []string{"%2f", "%5c", "%25", "+"} {
		mark("name "+s, cfg != nil && strings.Contains(vm.Name, s))
	}
	mark("name not ASCII", strings.ContainsFunc(vm.Name, func(r rune) bool { return r > 127 }))
	if vm.Snapshot != nil {
		mark("snapshots", vm.Snapshot.CurrentSnapshot != nil && vm.LayoutEx != nil && len(vm.LayoutEx.Snapshot) > 0)
		mark("snapshot tree", len(vm.Snapshot.RootSnapshotList[0].ChildSnapshotList) > 0)
	}
	if g := vm.Guest; g != nil {
		mark("no tools", g.ToolsStatus == "toolsNotInstalled")
		mark("old tools", g.ToolsStatus == "toolsOld")
		mark("tools not running", g.ToolsStatus == "toolsNotRunning")
		for _, n := range g.Net {
			mark("several IPs", len(n.IpAddress) > 1)
			for _, s := range n.IpAddress {
				ip := net.ParseIP(s)
				mark("IPv6", ip.To4() == nil)
				mark("link-local", ip.IsLinkLocalUnicast())
			}
		}
	}
	if cfg != nil {
		configTraits(mark, vm)
	}
}

func configTraits(mark func(string, bool), vm *mo.VirtualMachine) {
	cfg := vm.Config
	mark("template without pool", cfg.Template && vm.ResourcePool == nil)
	mark("annotation lines", strings.Contains(cfg.Annotation, "\n"))
	mark("annotation =", strings.HasPrefix(cfg.Annotation, "="))
	mark("reserved", *cfg.MemoryAllocation.Reservation > 0)
	mark("limited", *cfg.MemoryAllocation.Limit > 0)
	mark("several datastores", len(vm.Datastore) > 1)
	if m := cfg.ManagedBy; m != nil {
		mark("vCLS", m.ExtensionKey == "com.vmware.vim.eam" && m.Type == "cluster-agent" && strings.HasPrefix(vm.Name, "vCLS-"))
		mark("SRM placeholder", m.ExtensionKey == "com.vmware.vcDr" && m.Type == "placeholderVm")
	}
	switch ft := cfg.FtInfo.(type) {
	case *types.FaultTolerancePrimaryConfigInfo:
		mark("FT primary", len(ft.Secondaries) == 1)
	case *types.FaultToleranceSecondaryConfigInfo:
		mark("FT secondary", ft.PrimaryVM.Value != "")
	}
	disks, nics := 0, 0
	for _, d := range cfg.Hardware.Device {
		switch d := d.(type) {
		case *types.VirtualDisk:
			disks++
			switch b := d.Backing.(type) {
			case *types.VirtualDiskFlatVer2BackingInfo:
				eager := b.EagerlyScrub != nil && *b.EagerlyScrub
				mark("thin", *b.ThinProvisioned)
				mark("thick", !*b.ThinProvisioned && !eager)
				mark("eager", eager)
			case *types.VirtualDiskRawDiskMappingVer1BackingInfo:
				mark("RDM", b.LunUuid != "")
			}
		case *types.VirtualCdrom:
			_, image := d.Backing.(*types.VirtualCdromIsoBackingInfo)
			mark("CD image", image)
		case *types.ParaVirtualSCSIController:
			mark("PVSCSI", true)
		case *types.VirtualLsiLogicSASController:
			mark("LSI", true)
		case *types.VirtualNVMEController:
			mark("NVMe", true)
		case *types.VirtualE1000:
			mark("e1000", true)
		}
		if n, ok := d.(types.BaseVirtualEthernetCard); ok {
			nics++
			card := n.GetVirtualEthernetCard()
			_, std := card.Backing.(*types.VirtualEthernetCardNetworkBackingInfo)
			_, dv := card.Backing.(*types.VirtualEthernetCardDistributedVirtualPortBackingInfo)
			mark("NIC on a standard network", std)
			mark("NIC on a portgroup", dv)
			mark("NIC disconnected", vm.Runtime.PowerState == "poweredOn" && !card.Connectable.Connected)
			_, x := d.(*types.VirtualVmxnet3)
			mark("vmxnet3", x)
		}
	}
	mark("several disks", disks > 1 && int(vm.Summary.Config.NumVirtualDisks) == disks)
	mark("several NICs", nics > 1 && int(vm.Summary.Config.NumEthernetCards) == nics)
}

func hostTraits(has map[string]int, h *mo.HostSystem) {
	mark := func(trait string, ok bool) {
		if ok {
			has["host:"+trait]++
		}
	}
	mark("connected", h.Runtime.ConnectionState == "connected")
	mark("disconnected without config", h.Runtime.ConnectionState == "disconnected" && h.Config == nil && h.Hardware == nil)
	mark("maintenance", h.Runtime.InMaintenanceMode)
	mark("custom value", len(h.CustomValue) > 0)
	mark("EVC", h.Summary.CurrentEVCModeKey != "")
	mark("in a standalone compute resource", h.Parent.Type == "ComputeResource")
	mark("ESXi 7", strings.HasPrefix(h.Summary.Config.Product.Version, "7."))
	mark("ESXi 8", strings.HasPrefix(h.Summary.Config.Product.Version, "8."))
	if h.Config != nil {
		mark("NTP", len(h.Config.DateTimeInfo.NtpConfig.Server) > 0)
		mark("negative PCI id", h.Hardware.PciDevice[0].VendorId < 0)
		for _, b := range h.Config.Certificate {
			mark("certificate above 127", b > 127)
		}
	}
}

func otherTraits(has map[string]int, e *estate) {
	mark := func(trait string, ok bool) {
		if ok {
			has[trait]++
		}
	}
	mark("dc:two", len(e.dcs) == 2)
	for _, d := range e.dcs {
		mark("dc:in a folder", d.Parent.Value != "group-d1")
	}
	mark("cluster:several", len(e.clusters) > 1)
	for _, c := range e.clusters {
		cfg := c.ConfigurationEx.(*types.ClusterConfigInfoEx)
		mark("cluster:HA", *cfg.DasConfig.Enabled)
		mark("cluster:DRS", *cfg.DrsConfig.Enabled)
		mark("cluster:EVC", c.Summary.(*types.ClusterComputeResourceSummary).CurrentEVCModeKey != "")
	}
	parents := make(map[string]string)
	for _, f := range e.folders {
		parents[f.Self.Value] = f.Parent.Value
	}
	for _, f := range e.folders {
		mark("folder:nested three deep", parents[parents[f.Parent.Value]] != "")
		mark("folder:escaped name", strings.Contains(f.Name, "%"))
	}
	for _, p := range e.pools {
		mark("pool:nested", p.Parent.Type == "ResourcePool")
	}
	mark("vapp", len(e.vapps) > 0)
	for _, d := range e.stores {
		_, vmfs := d.Info.(*types.VmfsDatastoreInfo)
		_, nas := d.Info.(*types.NasDatastoreInfo)
		_, vsan := d.Info.(*types.VsanDatastoreInfo)
		_, vvol := d.Info.(*types.VvolDatastoreInfo)
		mark("datastore:VMFS", vmfs)
		mark("datastore:NFS", nas)
		mark("datastore:vSAN", vsan)
		mark("datastore:vVol", vvol)
		mark("datastore:inaccessible", !d.Summary.Accessible)
		mark("datastore:in a pod", d.Parent.Type == "StoragePod")
		mark("datastore:local", !*d.Summary.MultipleHostAccess)
	}
	for _, p := range e.pods {
		mark("pod:Storage DRS", p.PodStorageDrsEntry.StorageDrsConfig.PodConfig.Enabled && len(p.ChildEntity) > 1)
	}
	for _, n := range e.networks {
		mark("network:standard", n.Self.Type == "Network")
	}
	for _, p := range e.pgs {
		setting := p.Config.DefaultPortConfig.(*types.VMwareDVSPortSetting)
		mark("pg:uplink", *p.Config.Uplink)
		switch setting.Vlan.(type) {
		case *types.VmwareDistributedVirtualSwitchVlanIdSpec:
			mark("pg:VLAN", true)
		case *types.VmwareDistributedVirtualSwitchTrunkVlanSpec:
			mark("pg:trunk", true)
		case *types.VmwareDistributedVirtualSwitchPvlanSpec:
			mark("pg:private VLAN", true)
		}
	}
	for _, s := range e.switches {
		cfg := s.Config.(*types.VMwareDVSConfigInfo)
		mark("switch:private VLANs", len(cfg.PvlanConfig) > 0)
		mark("switch:hosts", len(cfg.Host) > 0 && len(s.Summary.HostMember) > 0)
	}
	for _, f := range e.fields {
		mark("field:"+f.ManagedObjectType, true)
		mark("field:global", f.ManagedObjectType == "")
	}
	countShared(has, e)
}

func countShared(has map[string]int, e *estate) {
	seen := make(map[string]bool)
	for i := range e.vms {
		vm := &e.vms[i]
		keys := map[string]string{"moref": vm.Self.Value}
		if vm.Config != nil {
			keys["instanceUuid"], keys["uuid"] = vm.Config.InstanceUuid, vm.Config.Uuid
		}
		for field, key := range keys {
			if seen[field+key] {
				has["distinct "+field]++
			}
			seen[field+key] = true
		}
	}
}

// TestSmall starts with few machines and hosts: the sizes are kept exactly.
func TestSmall(t *testing.T) {
	for _, o := range []simulator.Options{{VMs: 1}, {VMs: 2, Hosts: 1}, {VMs: 3, Hosts: 2}, {VMs: 30, Hosts: 3}, {VMs: 60, Hosts: 40}} {
		c := newClient(t, start(t, o))
		c.login()
		hosts := o.Hosts
		if o.Hosts == 0 {
			hosts = 3
		}
		vms, got := jsonNames(c, "VirtualMachine"), jsonNames(c, "HostSystem")
		if len(vms) != o.VMs || len(got) != hosts {
			t.Errorf("%+v: %d machines on %d hosts", o, len(vms), len(got))
		}
	}
}

// TestRichValues checks that the properties an inventory reads are there for
// normal machines.
func TestRichValues(t *testing.T) {
	c := newClient(t, start(t, simulator.Options{Name: "prague"}))
	c.login()
	count, objects, size := make(map[string]int), 0, 0
	status, data := c.post(collector+"RetrievePropertiesEx", retrieve(c.view("VirtualMachine"), "VirtualMachine", richPaths(), 0))
	for {
		if status != 200 {
			t.Fatalf("%d %.300s", status, data)
		}
		size += len(data)
		var res result
		mustDecode(t, data, &res)
		objects += len(res.Objects)
		for _, o := range res.Objects {
			for _, p := range o.PropSet {
				count[p.Name]++
			}
		}
		if res.Token == "" {
			break
		}
		status, data = c.post(collector+"ContinueRetrievePropertiesEx", `{"token":"`+res.Token+`"}`)
	}

	rare := map[string]bool{"parentVApp": true, "snapshot": true, "config.managedBy": true, "config.ftInfo": true}
	for _, p := range richPaths() {
		least := objects * 6 / 10
		if rare[p] {
			least = 1
		}
		if count[p] < least {
			t.Errorf("%s has a value on %d of %d machines", p, count[p], objects)
		}
	}
	if per := size / objects; per < 10_000 || per > 20_000 {
		t.Errorf("%d bytes per machine", per)
	} else {
		t.Logf("%d bytes per machine", per)
	}
}
