package simulator

import (
	"fmt"
	"slices"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// diskPlan is a virtual disk.
type diskPlan struct {
	store    *simulator.Datastore
	capacity int64 // bytes
	used     int64
	thin     bool
	eager    bool
	lun      string // of a raw device mapping
	mode     string
	uuid     string
}

// nicPlan is a network card and its addresses.
type nicPlan struct {
	net       *netPlan
	model     string
	mac       string
	connected bool
	portKey   string
	ips       []string
}

// planDisks chooses one to six disks on one or two datastores.
func (p *vmPlan) planDisks(b *builder) {
	home := pick(b, p.c.stores)
	p.stores = []*simulator.Datastore{home}

	count := pick(b, []int{1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 6})
	if p.role == roleVCLS || p.role == roleSRM {
		count = 1
	}
	for i := range count {
		d := diskPlan{store: home, uuid: b.uuid(), mode: "persistent", thin: b.chance(60)}
		d.eager = !d.thin && b.chance(35)
		if i > 0 && b.chance(25) {
			d.store = pick(b, p.c.stores)
			if !slices.Contains(p.stores, d.store) {
				p.stores = append(p.stores, d.store)
			}
		}
		d.capacity = pick(b, []int64{20, 40, 40, 60, 100, 100, 200, 500, 1024}) * gib
		d.used = d.capacity
		if d.thin {
			d.used = d.capacity / 100 * int64(b.between(5, 95))
		}
		switch {
		case i > 0 && p.app.folder == "db" && b.chance(25):
			d.lun, d.thin, d.eager, d.used = "vml.0200"+b.hex(60), false, false, 0
			d.mode = "independent_persistent"
		case i > 0 && b.chance(4):
			d.mode = "independent_nonpersistent"
		}
		if p.role == roleVCLS {
			d.capacity, d.used, d.thin = 2*gib, gib/2, true
		}
		if p.role == roleSRM {
			d.used = 0
		}
		d.store.Summary.FreeSpace -= d.used
		d.store.Summary.Uncommitted += d.capacity - max(d.used, 0)
		p.disks = append(p.disks, d)
	}
}

// planNICs chooses up to four network cards; a vCLS machine has none.
func (p *vmPlan) planNICs(b *builder) {
	if p.role == roleVCLS {
		return
	}
	count := pick(b, []int{1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4})
	for i := range count {
		n := nicPlan{
			net:       pick(b, p.dc.networks),
			model:     pick(b, []string{"vmxnet3", "vmxnet3", "vmxnet3", "vmxnet3", "vmxnet3", "vmxnet3", "e1000e", "e1000"}),
			mac:       b.mac(),
			connected: !b.chance(5),
			portKey:   fmt.Sprint(b.between(0, 511)),
		}
		third, fourth := (p.n/250)%256, p.n%250+2
		n.ips = append(n.ips, fmt.Sprintf("10.%d.%d.%d", 20+i, third, fourth))
		if b.chance(30) {
			n.ips = append(n.ips, fmt.Sprintf("2001:db8:%x:%x::%x", 20+i, third, fourth))
		}
		if b.chance(70) {
			n.ips = append(n.ips, "fe80::250:56ff:fe"+n.mac[9:11]+":"+n.mac[12:14]+n.mac[15:])
		}
		if i == 0 && b.chance(10) {
			n.ips = append(n.ips, fmt.Sprintf("192.168.%d.%d", third, fourth)) // an alias
		}
		p.nics = append(p.nics, n)
	}
}

// devices are what every machine has, then disks, CD drive and network cards.
// Keys are those that vCenter gives.
func (b *builder) devices(p *vmPlan) []types.BaseVirtualDevice {
	list := make([]types.BaseVirtualDevice, 0, 12+len(p.disks)+len(p.nics))
	list = append(list,
		&types.VirtualIDEController{VirtualController: controller(200, "IDE 0", 0)},
		&types.VirtualIDEController{VirtualController: controller(201, "IDE 1", 1)},
		&types.VirtualPS2Controller{VirtualController: controller(300, "PS2 controller 0", 0, 600, 700)},
		&types.VirtualPCIController{VirtualController: controller(100, "PCI controller 0", 0, 500, 12000, 1000, 15000)},
		&types.VirtualSIOController{VirtualController: controller(400, "SIO controller 0", 0)},
		&types.VirtualKeyboard{VirtualDevice: device(600, "Keyboard", "Keyboard", 300, 0)},
		&types.VirtualPointingDevice{
			VirtualDevice: device(700, "Pointing device", "Pointing device; Device", 300, 1),
		},
		&types.VirtualMachineVideoCard{
			VirtualDevice:    device(500, "Video card ", "Video card", 100, 0),
			VideoRamSizeInKB: 8192, NumDisplays: 1, UseAutoDetect: new(false), Enable3DSupport: new(false),
			Use3dRenderer: "automatic", GraphicsMemorySizeInKB: 262144,
		},
		&types.VirtualMachineVMCIDevice{
			VirtualDevice: device(12000, "VMCI device", "Device on the virtual machine PCI bus", 100, 17),
			Id:            int64(int32(b.rnd.Uint32())), AllowUnrestrictedCommunication: new(false), FilterEnable: new(true),
		},
		b.diskController(p),
		&types.VirtualAHCIController{VirtualSATAController: types.VirtualSATAController{VirtualController: controller(15000, "SATA controller 0", 0, 16000)}},
		b.cdrom(p),
	)
	for i := range p.disks {
		list = append(list, b.disk(p, i))
	}
	for i := range p.nics {
		list = append(list, b.nic(p, i))
	}
	return list
}

func device(key int32, label, summary string, controllerKey, unit int32) types.VirtualDevice {
	return types.VirtualDevice{
		Key:           key,
		DeviceInfo:    &types.Description{Label: label, Summary: summary},
		ControllerKey: controllerKey,
		UnitNumber:    &unit,
	}
}

func controller(key int32, label string, bus int32, devices ...int32) types.VirtualController {
	return types.VirtualController{
		VirtualDevice: types.VirtualDevice{Key: key, DeviceInfo: &types.Description{Label: label, Summary: label}},
		BusNumber:     bus,
		Device:        devices,
	}
}

// diskController is PVSCSI mostly, LSI for older Windows, sometimes NVMe.
func (b *builder) diskController(p *vmPlan) types.BaseVirtualDevice {
	var keys []int32
	for i := range p.disks {
		keys = append(keys, int32(2000+i))
	}
	scsi := func(label, summary string) types.VirtualSCSIController {
		c := controller(1000, label, 0, keys...)
		c.VirtualDevice = device(1000, label, summary, 100, 3)
		c.SlotInfo = &types.VirtualDevicePciBusSlotInfo{PciSlotNumber: 160}
		return types.VirtualSCSIController{VirtualController: c, HotAddRemove: new(true), SharedBus: types.VirtualSCSISharingNoSharing, ScsiCtlrUnitNumber: 7}
	}
	switch {
	case p.os.windows && b.chance(60):
		return &types.VirtualLsiLogicSASController{VirtualSCSIController: scsi("SCSI controller 0", "LSI Logic SAS")}
	case b.chance(6):
		c := controller(31000, "NVME controller 0", 0, keys...)
		return &types.VirtualNVMEController{VirtualController: c, SharedBus: "noSharing"}
	default:
		return &types.ParaVirtualSCSIController{VirtualSCSIController: scsi("SCSI controller 0", "VMware paravirtual SCSI")}
	}
}

func (b *builder) cdrom(p *vmPlan) *types.VirtualCdrom {
	cd := &types.VirtualCdrom{VirtualDevice: device(16000, "CD/DVD drive 1", "Remote device", 15000, 0)}
	cd.Connectable = &types.VirtualDeviceConnectInfo{AllowGuestControl: true, Status: "untried"}
	cd.Backing = &types.VirtualCdromRemotePassthroughBackingInfo{
		VirtualDeviceRemoteDeviceBackingInfo: types.VirtualDeviceRemoteDeviceBackingInfo{UseAutoDetect: new(false)},
	}
	if b.chance(10) { // an image somebody forgot
		ds := p.stores[0]
		ref := ds.Self
		file := fmt.Sprintf("[%s] iso/%s.iso", ds.Name, p.os.id)
		cd.DeviceInfo = &types.Description{Label: "CD/DVD drive 1", Summary: "ISO " + file}
		cd.Backing = &types.VirtualCdromIsoBackingInfo{
			VirtualDeviceFileBackingInfo: types.VirtualDeviceFileBackingInfo{FileName: file, Datastore: &ref},
		}
		cd.Connectable.Connected, cd.Connectable.StartConnected = p.power == types.VirtualMachinePowerStatePoweredOn, true
		cd.Connectable.Status = "ok"
	}
	return cd
}

// diskFile is the path of a disk without snapshots.
func (p *vmPlan) diskFile(i int) string {
	suffix := ""
	if i > 0 {
		suffix = fmt.Sprintf("_%d", i)
	}
	return fmt.Sprintf("[%s] %s/%s%s.vmdk", p.disks[i].store.Name, p.dir, p.dir, suffix)
}

func (b *builder) disk(p *vmPlan, i int) *types.VirtualDisk {
	d := p.disks[i]
	ds := d.store.Self
	file := types.VirtualDeviceFileBackingInfo{FileName: p.diskFile(i), Datastore: &ds}

	unit := int32(i)
	if unit >= 7 {
		unit++ // the controller's own
	}
	vd := &types.VirtualDisk{
		VirtualDevice:   device(int32(2000+i), fmt.Sprintf("Hard disk %d", i+1), thousands(d.capacity>>10)+" KB", 1000, unit),
		CapacityInKB:    d.capacity >> 10,
		CapacityInBytes: d.capacity,
		Shares:          &types.SharesInfo{Shares: 1000, Level: types.SharesLevelNormal},
		StorageIOAllocation: &types.StorageIOAllocationInfo{
			Limit: new(int64(-1)), Reservation: new(int32(0)),
		},
		DiskObjectId:               fmt.Sprintf("%s-%d", p.vm.Self.Value[len("vm-"):], 2000+i),
		NativeUnmanagedLinkedClone: new(false),
	}
	if d.lun != "" {
		vd.Backing = &types.VirtualDiskRawDiskMappingVer1BackingInfo{
			VirtualDeviceFileBackingInfo: file, LunUuid: d.lun, DeviceName: d.lun, CompatibilityMode: "physicalMode",
			DiskMode: d.mode, Uuid: d.uuid, Sharing: "sharingNone",
		}
		return vd
	}
	vd.Backing = &types.VirtualDiskFlatVer2BackingInfo{
		VirtualDeviceFileBackingInfo: file, DiskMode: d.mode, Split: new(false), WriteThrough: new(false),
		ThinProvisioned: new(d.thin), EagerlyScrub: eagerly(d), Uuid: d.uuid, ContentId: b.hex(32),
		DigestEnabled: new(false), Sharing: "sharingNone",
	}
	return vd
}

// eagerly is unset unless the disk is thick, as in vCenter.
func eagerly(d diskPlan) *bool {
	if d.thin {
		return nil
	}
	return &d.eager
}

// thousands groups digits as vCenter's summaries do.
func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func (b *builder) nic(p *vmPlan, i int) types.BaseVirtualDevice {
	n := p.nics[i]
	summary := n.net.Name
	var backing types.BaseVirtualDeviceBackingInfo
	if n.net.pg != nil {
		summary = "DVSwitch: " + p.dc.dvs.Uuid
		backing = &types.VirtualEthernetCardDistributedVirtualPortBackingInfo{Port: types.DistributedVirtualSwitchPortConnection{
			SwitchUuid: p.dc.dvs.Uuid, PortgroupKey: n.net.pg.Key, PortKey: n.portKey, ConnectionCookie: int32(b.rnd.Uint32() >> 1),
		}}
	} else {
		ref := n.net.Self
		backing = &types.VirtualEthernetCardNetworkBackingInfo{
			VirtualDeviceDeviceBackingInfo: types.VirtualDeviceDeviceBackingInfo{DeviceName: n.net.Name, UseAutoDetect: new(false)},
			Network:                        &ref,
		}
	}

	on := p.power == types.VirtualMachinePowerStatePoweredOn
	status := "untried"
	if on {
		status = "ok"
	}
	card := types.VirtualEthernetCard{
		VirtualDevice:           device(int32(4000+i), fmt.Sprintf("Network adapter %d", i+1), summary, 100, int32(7+i)),
		AddressType:             "assigned",
		MacAddress:              n.mac,
		WakeOnLanEnabled:        new(true),
		UptCompatibilityEnabled: new(n.model == "vmxnet3"),
	}
	card.Backing = backing
	card.SlotInfo = &types.VirtualDevicePciBusSlotInfo{PciSlotNumber: int32(192 + 32*i)}
	card.Connectable = &types.VirtualDeviceConnectInfo{
		MigrateConnect: "unset", StartConnected: n.connected, AllowGuestControl: true, Connected: n.connected && on, Status: status,
	}

	switch n.model {
	case "e1000":
		return &types.VirtualE1000{VirtualEthernetCard: card}
	case "e1000e":
		return &types.VirtualE1000e{VirtualEthernetCard: card}
	default:
		return &types.VirtualVmxnet3{VirtualVmxnet: types.VirtualVmxnet{VirtualEthernetCard: card}}
	}
}
