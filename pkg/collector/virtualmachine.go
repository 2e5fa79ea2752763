package collector

import (
	"net/netip"
	"strings"
	"time"

	"vcfleet/pkg/inventory"
	"vcfleet/pkg/vim"
)

// vmObject is a virtual machine as it comes: its record, and the references
// that become names once everything has been read.
type vmObject struct {
	ref          vim.ManagedObjectReference
	record       inventory.VirtualMachine
	rawName      string
	parent       vim.ManagedObjectReference
	parentVApp   vim.ManagedObjectReference
	pool         vim.ManagedObjectReference
	host         vim.ManagedObjectReference
	datastores   []vim.ManagedObjectReference
	networks     []vim.ManagedObjectReference
	custom       []customValue
	devices      devices
	guestNICs    []guestNIC
	guestAddress string
	snapshots    []snapshot
	layout       layout
	managedBy    struct{ extension, kind string }
	ftRole       int64
}

// virtualMachineProperties is the one list for VirtualMachine. Paths below
// config are absent for a virtual machine whose files the vCenter cannot reach;
// the row then holds what summary and runtime say.
func virtualMachineProperties() []property[vmObject] {
	type vm = vmObject
	properties := []property[vm]{
		{"name", "virtualMachines.name disks.vm nics.vm snapshots.vm", text(func(o *vm) *string { return &o.rawName })},
		{"parent", "virtualMachines.folder virtualMachines.datacenter datacenters.vmCount", ref(func(o *vm) *vim.ManagedObjectReference { return &o.parent })},
		{"parentVApp", "virtualMachines.vapp virtualMachines.folder datacenters.vmCount", ref(func(o *vm) *vim.ManagedObjectReference { return &o.parentVApp })},
		{"resourcePool", "virtualMachines.resourcePool virtualMachines.cluster resourcePools.vmCount", ref(func(o *vm) *vim.ManagedObjectReference { return &o.pool })},
		{"runtime.host", "virtualMachines.host virtualMachines.cluster hosts.vmCount clusters.vmCount", ref(func(o *vm) *vim.ManagedObjectReference { return &o.host })},
		{"runtime.powerState", "virtualMachines.powerState", word(func(o *vm) *string { return &o.record.PowerState })},
		{"runtime.connectionState", "virtualMachines.connectionState", word(func(o *vm) *string { return &o.record.ConnectionState })},
		{"runtime.bootTime", "virtualMachines.bootedAt", instant(func(o *vm) *time.Time { return &o.record.BootedAt })},
		{"overallStatus", "virtualMachines.overallStatus", word(func(o *vm) *string { return &o.record.OverallStatus })},
		{"datastore", "virtualMachines.datastores datastores.vmCount", refs(func(o *vm) *[]vim.ManagedObjectReference { return &o.datastores })},
		{"network", "virtualMachines.networks networks.vmCount", refs(func(o *vm) *[]vim.ManagedObjectReference { return &o.networks })},
		custom("virtualMachines", func(o *vm) *[]customValue { return &o.custom }),
		{"summary.quickStats", "virtualMachines.cpuUsageMHz virtualMachines.guestMemoryUsageMiB virtualMachines.hostMemoryUsageMiB", (*vm).readQuickStats},
		{"summary.storage", "virtualMachines.provisionedMiB virtualMachines.usedMiB virtualMachines.unsharedMiB", (*vm).readStorage},
		{"summary.config.numVirtualDisks", "virtualMachines.diskCount", number(func(o *vm) *inventory.Int { return &o.record.DiskCount })},
		{"summary.config.numEthernetCards", "virtualMachines.nicCount", number(func(o *vm) *inventory.Int { return &o.record.NICCount })},
		{"config.hardware.device", "disks.* nics.*", func(o *vm, v *vim.Value) { o.devices = readDevices(v) }},
		{"snapshot", "virtualMachines.snapshotCount snapshots.*", func(o *vm, v *vim.Value) { o.snapshots = readSnapshots(v) }},
		{"layoutEx.file", "snapshots.sizeMiB", func(o *vm, v *vim.Value) { o.layout.readFiles(v) }},
		{"layoutEx.disk", "snapshots.sizeMiB", func(o *vm, v *vim.Value) { o.layout.disks = readChains(v) }},
		{"layoutEx.snapshot", "snapshots.sizeMiB", func(o *vm, v *vim.Value) { o.layout.readSnapshots(v) }},
	}
	return append(append(properties, virtualMachineConfig()...), virtualMachineGuest()...)
}

func virtualMachineConfig() []property[vmObject] {
	type vm = vmObject
	return []property[vm]{
		{"config.instanceUuid", "virtualMachines.instanceUuid", text(func(o *vm) *string { return &o.record.InstanceUUID })},
		{"config.uuid", "virtualMachines.biosUuid", text(func(o *vm) *string { return &o.record.BIOSUUID })},
		{"config.template", "virtualMachines.template", truth(func(o *vm) *inventory.Bool { return &o.record.Template })},
		{"config.managedBy", "virtualMachines.vcls virtualMachines.srmPlaceholder", (*vm).readManagedBy},
		{"config.ftInfo", "virtualMachines.ftSecondary", (*vm).readFTInfo},
		{"config.guestId", "virtualMachines.guestId", word(func(o *vm) *string { return &o.record.GuestID })},
		{"config.guestFullName", "virtualMachines.guestOs", word(func(o *vm) *string { return &o.record.GuestOS })},
		{"config.hardware.numCPU", "virtualMachines.cpus", number(func(o *vm) *inventory.Int { return &o.record.CPUs })},
		{"config.hardware.numCoresPerSocket", "virtualMachines.coresPerSocket", number(func(o *vm) *inventory.Int { return &o.record.CoresPerSocket })},
		{"config.hardware.memoryMB", "virtualMachines.memoryMiB", number(func(o *vm) *inventory.Int { return &o.record.MemoryMiB })},
		{"config.version", "virtualMachines.hardwareVersion", word(func(o *vm) *string { return &o.record.HardwareVersion })},
		{"config.firmware", "virtualMachines.firmware", word(func(o *vm) *string { return &o.record.Firmware })},
		{"config.changeTrackingEnabled", "virtualMachines.changedBlockTracking", truth(func(o *vm) *inventory.Bool { return &o.record.ChangedBlockTracking })},
		{"config.createDate", "virtualMachines.createdAt", instant(func(o *vm) *time.Time { return &o.record.CreatedAt })},
		{"config.annotation", "virtualMachines.annotation", text(func(o *vm) *string { return &o.record.Annotation })},
		{"config.files.vmPathName", "virtualMachines.vmxPath", text(func(o *vm) *string { return &o.record.VMXPath })},
	}
}

// virtualMachineGuest lists what VMware Tools last reported; a vCenter keeps it
// for a virtual machine that is powered off.
func virtualMachineGuest() []property[vmObject] {
	type vm = vmObject
	return []property[vm]{
		{"guest.guestFullName", "virtualMachines.guestOsReported", word(func(o *vm) *string { return &o.record.GuestOSReported })},
		{"guest.guestState", "virtualMachines.guestState", word(func(o *vm) *string { return &o.record.GuestState })},
		{"guest.hostName", "virtualMachines.guestHostName", text(func(o *vm) *string { return &o.record.GuestHostName })},
		{"guest.ipAddress", "virtualMachines.primaryIp virtualMachines.ips", text(func(o *vm) *string { return &o.guestAddress })},
		{"guest.net", "virtualMachines.ips virtualMachines.primaryIp nics.ips", func(o *vm, v *vim.Value) { o.guestNICs = readGuestNICs(v) }},
		{"guest.toolsRunningStatus", "virtualMachines.toolsStatus", word(func(o *vm) *string { return &o.record.ToolsStatus })},
		{"guest.toolsVersionStatus2", "virtualMachines.toolsVersionStatus", word(func(o *vm) *string { return &o.record.ToolsVersionStatus })},
		{"guest.toolsVersion", "virtualMachines.toolsVersion", word(func(o *vm) *string { return &o.record.ToolsVersion })},
	}
}

func (o *vmObject) readQuickStats(v *vim.Value) {
	v.Fields(func(name []byte, v *vim.Value) {
		switch string(name) {
		case "overallCpuUsage": // MHz
			o.record.CPUUsageMHz = integer(v)
		case "guestMemoryUsage": // MB, meaning MiB
			o.record.GuestMemoryUsageMiB = integer(v)
		case "hostMemoryUsage": // MB, meaning MiB
			o.record.HostMemoryUsageMiB = integer(v)
		}
	})
}

// readStorage takes a VirtualMachineStorageSummary; its figures are bytes, and
// what is provisioned is the sum of committed and uncommitted.
func (o *vmObject) readStorage(v *vim.Value) {
	var committed, uncommitted inventory.Int
	v.Fields(func(name []byte, v *vim.Value) {
		switch string(name) {
		case "committed":
			committed = integer(v)
		case "uncommitted":
			uncommitted = integer(v)
		case "unshared":
			o.record.UnsharedMiB = mebibytes(v)
		}
	})
	o.record.UsedMiB = inventory.Int{Value: committed.Value >> 20, Known: committed.Known}
	o.record.ProvisionedMiB = inventory.Int{
		Value: (committed.Value + uncommitted.Value) >> 20,
		Known: committed.Known && uncommitted.Known,
	}
}

func (o *vmObject) readManagedBy(v *vim.Value) {
	v.Fields(func(name []byte, v *vim.Value) {
		switch string(name) {
		case "extensionKey":
			o.managedBy.extension = v.Word()
		case "type":
			o.managedBy.kind = v.Word()
		}
	})
}

// readFTInfo takes a FaultToleranceConfigInfo: role 1 is the primary, any higher
// one a secondary.
func (o *vmObject) readFTInfo(v *vim.Value) {
	v.Fields(func(name []byte, v *vim.Value) {
		if string(name) == "role" {
			o.ftRole, _ = v.Int()
		}
	})
}

// mark sets the marks that people filter by. They are known only where config
// is: then template is known too.
func (o *vmObject) mark() {
	if !o.record.Template.Known {
		return
	}
	known := func(b bool) inventory.Bool { return inventory.Bool{Value: b, Known: true} }
	// vCLS agents are deployed by the ESX Agent Manager as "cluster-agent".
	o.record.VCLS = known(o.managedBy.extension == "com.vmware.vim.eam" &&
		(o.managedBy.kind == "cluster-agent" || strings.HasPrefix(o.rawName, "vCLS")))
	// Site Recovery Manager may register under com.vmware.vcDr-<suffix>.
	o.record.SRMPlaceholder = known(strings.HasPrefix(o.managedBy.extension, "com.vmware.vcDr") && o.managedBy.kind == "placeholderVm")
	o.record.FTSecondary = known(o.ftRole > 1)
}

// guestNIC is one entry of guest.net.
type guestNIC struct {
	key       int64 // key of the virtual device; -1 when it belongs to none
	addresses []string
}

func readGuestNICs(v *vim.Value) []guestNIC {
	var nics []guestNIC
	v.Elements(func(v *vim.Value) {
		nic := guestNIC{key: -1}
		var plain []string
		v.Fields(func(name []byte, v *vim.Value) {
			switch string(name) {
			case "deviceConfigId":
				if key, ok := v.Int(); ok {
					nic.key = key
				}
			case "ipAddress":
				plain = v.Texts()
			case "ipConfig":
				nic.addresses = readIPConfig(v)
			}
		})
		if len(nic.addresses) == 0 {
			nic.addresses = plain // older VMware Tools give no ipConfig
		}
		nics = append(nics, nic)
	})
	return nics
}

func readIPConfig(v *vim.Value) []string {
	var addresses []string
	v.Fields(func(name []byte, v *vim.Value) {
		if string(name) != "ipAddress" {
			return
		}
		v.Elements(func(v *vim.Value) {
			v.Fields(func(name []byte, v *vim.Value) {
				if string(name) == "ipAddress" {
					addresses = append(addresses, v.Text())
				}
			})
		})
	})
	return addresses
}

// address sets ips, all that are of use beyond their own link, and primaryIp.
func (o *vmObject) address() {
	for _, nic := range o.guestNICs {
		for _, address := range nic.addresses {
			if address != "" && !linkLocal(address) {
				o.record.IPs = append(o.record.IPs, address)
			}
		}
	}
	o.record.PrimaryIP = o.guestAddress
	if linkLocal(o.guestAddress) || o.guestAddress == "" {
		o.record.PrimaryIP = ""
		if len(o.record.IPs) > 0 {
			o.record.PrimaryIP = o.record.IPs[0]
		}
	}
	if len(o.record.IPs) == 0 && o.record.PrimaryIP != "" { // the guest gives no guest.net
		o.record.IPs = []string{o.record.PrimaryIP}
	}
}

func linkLocal(address string) bool {
	ip, err := netip.ParseAddr(address)
	return err == nil && ip.IsLinkLocalUnicast()
}
