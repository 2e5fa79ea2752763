package inventory

import (
	"time"

	"vcfleet/pkg/tabular"
)

// VirtualMachine is a virtual machine or template.
type VirtualMachine struct {
	Object
	InstanceUUID         string
	BIOSUUID             string
	PowerState           string
	ConnectionState      string
	OverallStatus        string
	Template             Bool
	VCLS                 Bool
	SRMPlaceholder       Bool
	FTSecondary          Bool
	GuestID              string
	GuestOS              string
	GuestOSReported      string
	GuestState           string
	GuestHostName        string
	PrimaryIP            string
	IPs                  []string
	CPUs                 Int
	CoresPerSocket       Int
	MemoryMiB            Int
	CPUUsageMHz          Int
	GuestMemoryUsageMiB  Int
	HostMemoryUsageMiB   Int
	DiskCount            Int
	NICCount             Int
	SnapshotCount        Int
	ProvisionedMiB       Int
	UsedMiB              Int
	UnsharedMiB          Int
	ToolsStatus          string
	ToolsVersionStatus   string
	ToolsVersion         string
	HardwareVersion      string
	Firmware             string
	Annotation           string
	CreatedAt            time.Time
	BootedAt             time.Time
	Host                 string
	Cluster              string
	Datacenter           string
	Folder               string
	ResourcePool         string
	VApp                 string
	Datastores           []string
	Networks             []string
	VMXPath              string
	ChangedBlockTracking Bool
	CustomAttributes     []tabular.Pair
}

func virtualMachineSchema() tabular.Schema[VirtualMachine] {
	type vm = VirtualMachine
	columns := objectColumns(func(r *vm) *Object { return &r.Object })
	columns = append(columns, virtualMachineIdentity()...)
	columns = append(columns, virtualMachineGuest()...)
	columns = append(columns, virtualMachineResources()...)
	columns = append(columns, virtualMachinePlace()...)
	return tabular.Schema[vm]{
		Name: "virtualMachines", Title: "Virtual machines",
		Doc:     "virtual machines and templates; vCLS agents, SRM placeholders and fault-tolerance secondaries are marked, none is left out",
		Columns: columns,
	}
}

func virtualMachineIdentity() []tabular.Column[VirtualMachine] {
	type vm = VirtualMachine
	return []tabular.Column[vm]{
		tabular.TextColumn("instanceUuid", "identity across vCenters", func(r *vm) *string { return &r.InstanceUUID }),
		tabular.TextColumn("biosUuid", "SMBIOS UUID that the guest sees; clones may share it", func(r *vm) *string { return &r.BIOSUUID }),
		tabular.TextColumn("powerState", "poweredOn, poweredOff or suspended", func(r *vm) *string { return &r.PowerState }),
		tabular.TextColumn("connectionState", "connected, disconnected, inaccessible, invalid or orphaned", func(r *vm) *string { return &r.ConnectionState }),
		tabular.TextColumn("overallStatus", "alarm status: green, yellow, red or gray", func(r *vm) *string { return &r.OverallStatus }),
		tabular.BoolColumn("template", "whether it is a template", func(r *vm) *Bool { return &r.Template }),
		tabular.BoolColumn("vcls", "whether it is a vSphere Cluster Services agent", func(r *vm) *Bool { return &r.VCLS }),
		tabular.BoolColumn("srmPlaceholder", "whether it is a placeholder of Site Recovery Manager", func(r *vm) *Bool { return &r.SRMPlaceholder }),
		tabular.BoolColumn("ftSecondary", "whether it is the secondary of a fault-tolerance pair", func(r *vm) *Bool { return &r.FTSecondary }),
	}
}

func virtualMachineGuest() []tabular.Column[VirtualMachine] {
	type vm = VirtualMachine
	return []tabular.Column[vm]{
		tabular.TextColumn("guestOs", "guest operating system as configured", func(r *vm) *string { return &r.GuestOS }),
		tabular.TextColumn("guestId", "guest operating system identifier as configured", func(r *vm) *string { return &r.GuestID }),
		tabular.TextColumn("guestOsReported", "guest operating system as VMware Tools last reported it", func(r *vm) *string { return &r.GuestOSReported }),
		tabular.TextColumn("guestState", "running, notRunning, shuttingDown, resetting, standby or unknown", func(r *vm) *string { return &r.GuestState }),
		tabular.TextColumn("guestHostName", "host name as VMware Tools last reported it", func(r *vm) *string { return &r.GuestHostName }),
		tabular.TextColumn("primaryIp", "the vCenter's primary address, or the first of ips when that is absent or link-local", func(r *vm) *string { return &r.PrimaryIP }),
		tabular.ListColumn("ips", "all guest addresses that are not link-local, in NIC order", func(r *vm) *[]string { return &r.IPs }),
		tabular.TextColumn("toolsStatus", "whether VMware Tools runs", func(r *vm) *string { return &r.ToolsStatus }),
		tabular.TextColumn("toolsVersionStatus", "whether VMware Tools is current", func(r *vm) *string { return &r.ToolsVersionStatus }),
		tabular.TextColumn("toolsVersion", "VMware Tools version number", func(r *vm) *string { return &r.ToolsVersion }),
	}
}

func virtualMachineResources() []tabular.Column[VirtualMachine] {
	type vm = VirtualMachine
	return []tabular.Column[vm]{
		tabular.IntColumn("cpus", "virtual CPUs", func(r *vm) *Int { return &r.CPUs }),
		tabular.IntColumn("coresPerSocket", "cores per virtual socket; 0 when the vCenter chooses at power-on", func(r *vm) *Int { return &r.CoresPerSocket }),
		tabular.IntColumn("memoryMiB", "configured memory", func(r *vm) *Int { return &r.MemoryMiB }).In("MiB"),
		tabular.IntColumn("cpuUsageMHz", "CPU in use when it was read", func(r *vm) *Int { return &r.CPUUsageMHz }).In("MHz"),
		tabular.IntColumn("guestMemoryUsageMiB", "memory the guest was using when it was read", func(r *vm) *Int { return &r.GuestMemoryUsageMiB }).In("MiB"),
		tabular.IntColumn("hostMemoryUsageMiB", "host memory it took when it was read", func(r *vm) *Int { return &r.HostMemoryUsageMiB }).In("MiB"),
		tabular.IntColumn("diskCount", "virtual disks", func(r *vm) *Int { return &r.DiskCount }),
		tabular.IntColumn("nicCount", "virtual network adapters", func(r *vm) *Int { return &r.NICCount }),
		tabular.IntColumn("snapshotCount", "snapshots", func(r *vm) *Int { return &r.SnapshotCount }),
		tabular.IntColumn("provisionedMiB", "storage used plus what thin disks may still take", func(r *vm) *Int { return &r.ProvisionedMiB }).In("MiB"),
		tabular.IntColumn("usedMiB", "storage used on all datastores", func(r *vm) *Int { return &r.UsedMiB }).In("MiB"),
		tabular.IntColumn("unsharedMiB", "storage used by files of this virtual machine alone", func(r *vm) *Int { return &r.UnsharedMiB }).In("MiB"),
		tabular.TextColumn("hardwareVersion", "virtual hardware version, vmx-NN", func(r *vm) *string { return &r.HardwareVersion }),
		tabular.TextColumn("firmware", "bios or efi", func(r *vm) *string { return &r.Firmware }),
		tabular.BoolColumn("changedBlockTracking", "whether changed block tracking is on", func(r *vm) *Bool { return &r.ChangedBlockTracking }),
		tabular.TimeColumn("createdAt", "when it was created; absent for those made before vSphere 6.7", func(r *vm) *time.Time { return &r.CreatedAt }),
		tabular.TimeColumn("bootedAt", "when it was last powered on", func(r *vm) *time.Time { return &r.BootedAt }),
		tabular.TextColumn("annotation", "notes", func(r *vm) *string { return &r.Annotation }),
	}
}

func virtualMachinePlace() []tabular.Column[VirtualMachine] {
	type vm = VirtualMachine
	return []tabular.Column[vm]{
		tabular.TextColumn("host", "host it runs on or is registered with; the moref when its name cannot be read", func(r *vm) *string { return &r.Host }),
		tabular.TextColumn("cluster", "cluster of that host; absent on a standalone host", func(r *vm) *string { return &r.Cluster }),
		tabular.TextColumn("datacenter", "datacenter", func(r *vm) *string { return &r.Datacenter }),
		tabular.TextColumn("folder", "inventory path of its folder or vApp, names escaped as in the vCenter", func(r *vm) *string { return &r.Folder }),
		tabular.TextColumn("resourcePool", "inventory path of its resource pool or vApp; absent for templates", func(r *vm) *string { return &r.ResourcePool }),
		tabular.TextColumn("vapp", "vApp it belongs to", func(r *vm) *string { return &r.VApp }),
		tabular.ListColumn("datastores", "datastores it has files on", func(r *vm) *[]string { return &r.Datastores }),
		tabular.ListColumn("networks", "networks its adapters are attached to", func(r *vm) *[]string { return &r.Networks }),
		tabular.TextColumn("vmxPath", "datastore path of its configuration file", func(r *vm) *string { return &r.VMXPath }),
		tabular.PairsColumn("customAttributes", "custom attributes by name", func(r *vm) *[]tabular.Pair { return &r.CustomAttributes }),
	}
}
