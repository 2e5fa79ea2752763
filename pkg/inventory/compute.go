package inventory

import (
	"time"

	"vcfleet/pkg/tabular"
)

// Host is an ESXi host.
type Host struct {
	Object
	UUID             string
	ConnectionState  string
	PowerState       string
	OverallStatus    string
	MaintenanceMode  Bool
	Datacenter       string
	Cluster          string
	Folder           string
	Vendor           string
	Model            string
	Serial           string
	BIOSVersion      string
	CPUModel         string
	CPUSockets       Int
	CPUCores         Int
	CPUThreads       Int
	CPUMHz           Int
	CPUTotalMHz      Int
	CPUUsageMHz      Int
	MemoryMiB        Int
	MemoryUsageMiB   Int
	NICCount         Int
	HBACount         Int
	Product          string
	Version          string
	Build            string
	EVCMode          string
	MaxEVCMode       string
	BootedAt         time.Time
	ManagementServer string
	VMCount          Int
	Datastores       []string
	Networks         []string
	CustomAttributes []tabular.Pair
}

func hostSchema() tabular.Schema[Host] {
	columns := objectColumns(func(r *Host) *Object { return &r.Object })
	columns = append(columns,
		tabular.TextColumn("uuid", "hardware UUID", func(r *Host) *string { return &r.UUID }),
		tabular.TextColumn("connectionState", "connected, disconnected or notResponding", func(r *Host) *string { return &r.ConnectionState }),
		tabular.TextColumn("powerState", "poweredOn, poweredOff, standBy or unknown", func(r *Host) *string { return &r.PowerState }),
		tabular.TextColumn("overallStatus", "alarm status: green, yellow, red or gray", func(r *Host) *string { return &r.OverallStatus }),
		tabular.BoolColumn("maintenanceMode", "whether it is in maintenance mode", func(r *Host) *Bool { return &r.MaintenanceMode }),
		tabular.TextColumn("datacenter", "datacenter", func(r *Host) *string { return &r.Datacenter }),
		tabular.TextColumn("cluster", "cluster; absent for a standalone host", func(r *Host) *string { return &r.Cluster }),
		tabular.TextColumn("folder", "inventory path of the folder its cluster or itself is in", func(r *Host) *string { return &r.Folder }),
		tabular.TextColumn("product", "product name, version and build", func(r *Host) *string { return &r.Product }),
		tabular.TextColumn("version", "ESXi version", func(r *Host) *string { return &r.Version }),
		tabular.TextColumn("build", "ESXi build", func(r *Host) *string { return &r.Build }),
	)
	columns = append(columns, hostHardware()...)
	columns = append(columns,
		tabular.TextColumn("evcMode", "EVC mode in force", func(r *Host) *string { return &r.EVCMode }),
		tabular.TextColumn("maxEvcMode", "highest EVC mode its CPUs can take", func(r *Host) *string { return &r.MaxEVCMode }),
		tabular.TimeColumn("bootedAt", "when it was booted", func(r *Host) *time.Time { return &r.BootedAt }),
		tabular.TextColumn("managementServer", "address of the vCenter that the host says manages it", func(r *Host) *string { return &r.ManagementServer }),
		tabular.IntColumn("vmCount", "virtual machines and templates registered with it", func(r *Host) *Int { return &r.VMCount }),
		tabular.ListColumn("datastores", "datastores it mounts", func(r *Host) *[]string { return &r.Datastores }),
		tabular.ListColumn("networks", "networks it has", func(r *Host) *[]string { return &r.Networks }),
		tabular.PairsColumn("customAttributes", "custom attributes by name", func(r *Host) *[]tabular.Pair { return &r.CustomAttributes }),
	)
	return tabular.Schema[Host]{Name: "hosts", Title: "Hosts", Doc: "ESXi hosts", Columns: columns}
}

func hostHardware() []tabular.Column[Host] {
	return []tabular.Column[Host]{
		tabular.TextColumn("vendor", "hardware vendor", func(r *Host) *string { return &r.Vendor }),
		tabular.TextColumn("model", "hardware model", func(r *Host) *string { return &r.Model }),
		tabular.TextColumn("serial", "serial number; absent before ESXi 6.7 or where the hardware gives none", func(r *Host) *string { return &r.Serial }),
		tabular.TextColumn("biosVersion", "BIOS version", func(r *Host) *string { return &r.BIOSVersion }),
		tabular.TextColumn("cpuModel", "CPU model", func(r *Host) *string { return &r.CPUModel }),
		tabular.IntColumn("cpuSockets", "CPU sockets", func(r *Host) *Int { return &r.CPUSockets }),
		tabular.IntColumn("cpuCores", "CPU cores", func(r *Host) *Int { return &r.CPUCores }),
		tabular.IntColumn("cpuThreads", "CPU threads", func(r *Host) *Int { return &r.CPUThreads }),
		tabular.IntColumn("cpuMHz", "speed of one core", func(r *Host) *Int { return &r.CPUMHz }).In("MHz"),
		tabular.IntColumn("cpuTotalMHz", "speed of all cores together", func(r *Host) *Int { return &r.CPUTotalMHz }).In("MHz"),
		tabular.IntColumn("cpuUsageMHz", "CPU in use when it was read", func(r *Host) *Int { return &r.CPUUsageMHz }).In("MHz"),
		tabular.IntColumn("memoryMiB", "memory", func(r *Host) *Int { return &r.MemoryMiB }).In("MiB"),
		tabular.IntColumn("memoryUsageMiB", "memory in use when it was read", func(r *Host) *Int { return &r.MemoryUsageMiB }).In("MiB"),
		tabular.IntColumn("nicCount", "physical network adapters", func(r *Host) *Int { return &r.NICCount }),
		tabular.IntColumn("hbaCount", "host bus adapters", func(r *Host) *Int { return &r.HBACount }),
	}
}

// Cluster is a cluster, or the compute resource of a standalone host.
type Cluster struct {
	Object
	Standalone         Bool
	OverallStatus      string
	Datacenter         string
	Folder             string
	HostCount          Int
	EffectiveHosts     Int
	CPUCores           Int
	CPUThreads         Int
	CPUTotalMHz        Int
	EffectiveCPUMHz    Int
	CPUUsageMHz        Int
	MemoryMiB          Int
	EffectiveMemoryMiB Int
	MemoryUsageMiB     Int
	HAEnabled          Bool
	HAAdmissionControl Bool
	DRSEnabled         Bool
	DRSBehavior        string
	EVCMode            string
	VMCount            Int
	CustomAttributes   []tabular.Pair
}

func clusterSchema() tabular.Schema[Cluster] {
	columns := objectColumns(func(r *Cluster) *Object { return &r.Object })
	columns = append(columns,
		tabular.BoolColumn("standalone", "whether it is no cluster but the compute resource of a single host", func(r *Cluster) *Bool { return &r.Standalone }),
		tabular.TextColumn("overallStatus", "alarm status: green, yellow, red or gray", func(r *Cluster) *string { return &r.OverallStatus }),
		tabular.TextColumn("datacenter", "datacenter", func(r *Cluster) *string { return &r.Datacenter }),
		tabular.TextColumn("folder", "inventory path of its folder", func(r *Cluster) *string { return &r.Folder }),
		tabular.IntColumn("hostCount", "hosts", func(r *Cluster) *Int { return &r.HostCount }),
		tabular.IntColumn("effectiveHosts", "hosts that are connected and not in maintenance mode", func(r *Cluster) *Int { return &r.EffectiveHosts }),
		tabular.IntColumn("cpuCores", "CPU cores", func(r *Cluster) *Int { return &r.CPUCores }),
		tabular.IntColumn("cpuThreads", "CPU threads", func(r *Cluster) *Int { return &r.CPUThreads }),
		tabular.IntColumn("cpuTotalMHz", "speed of all cores together", func(r *Cluster) *Int { return &r.CPUTotalMHz }).In("MHz"),
		tabular.IntColumn("effectiveCpuMHz", "CPU that is left for virtual machines", func(r *Cluster) *Int { return &r.EffectiveCPUMHz }).In("MHz"),
		tabular.IntColumn("cpuUsageMHz", "sum of its hosts' CPU in use", func(r *Cluster) *Int { return &r.CPUUsageMHz }).In("MHz"),
		tabular.IntColumn("memoryMiB", "memory", func(r *Cluster) *Int { return &r.MemoryMiB }).In("MiB"),
		tabular.IntColumn("effectiveMemoryMiB", "memory that is left for virtual machines", func(r *Cluster) *Int { return &r.EffectiveMemoryMiB }).In("MiB"),
		tabular.IntColumn("memoryUsageMiB", "sum of its hosts' memory in use", func(r *Cluster) *Int { return &r.MemoryUsageMiB }).In("MiB"),
		tabular.BoolColumn("haEnabled", "whether vSphere HA is on", func(r *Cluster) *Bool { return &r.HAEnabled }),
		tabular.BoolColumn("haAdmissionControl", "whether HA admission control is on", func(r *Cluster) *Bool { return &r.HAAdmissionControl }),
		tabular.BoolColumn("drsEnabled", "whether DRS is on", func(r *Cluster) *Bool { return &r.DRSEnabled }),
		tabular.TextColumn("drsBehavior", "DRS automation: manual, partiallyAutomated or fullyAutomated", func(r *Cluster) *string { return &r.DRSBehavior }),
		tabular.TextColumn("evcMode", "EVC mode", func(r *Cluster) *string { return &r.EVCMode }),
		tabular.IntColumn("vmCount", "virtual machines and templates on its hosts", func(r *Cluster) *Int { return &r.VMCount }),
		tabular.PairsColumn("customAttributes", "custom attributes by name", func(r *Cluster) *[]tabular.Pair { return &r.CustomAttributes }),
	)
	return tabular.Schema[Cluster]{Name: "clusters", Title: "Clusters", Doc: "clusters, and the compute resources of standalone hosts", Columns: columns}
}

// ResourcePool is a resource pool or vApp.
type ResourcePool struct {
	Object
	Kind                 string
	Path                 string
	Cluster              string
	Datacenter           string
	VAppState            string
	CPUReservationMHz    Int
	CPULimitMHz          Int
	CPUShares            Int
	MemoryReservationMiB Int
	MemoryLimitMiB       Int
	MemoryShares         Int
	VMCount              Int
	CustomAttributes     []tabular.Pair
}

func resourcePoolSchema() tabular.Schema[ResourcePool] {
	columns := objectColumns(func(r *ResourcePool) *Object { return &r.Object })
	columns = append(columns,
		tabular.TextColumn("kind", "resourcePool or vApp", func(r *ResourcePool) *string { return &r.Kind }),
		tabular.TextColumn("path", "inventory path", func(r *ResourcePool) *string { return &r.Path }),
		tabular.TextColumn("cluster", "cluster or standalone compute resource that owns it", func(r *ResourcePool) *string { return &r.Cluster }),
		tabular.TextColumn("datacenter", "datacenter", func(r *ResourcePool) *string { return &r.Datacenter }),
		tabular.TextColumn("vappState", "state of a vApp: started, stopped, …", func(r *ResourcePool) *string { return &r.VAppState }),
		tabular.IntColumn("cpuReservationMHz", "guaranteed CPU", func(r *ResourcePool) *Int { return &r.CPUReservationMHz }).In("MHz"),
		tabular.IntColumn("cpuLimitMHz", "CPU limit; -1 is unlimited", func(r *ResourcePool) *Int { return &r.CPULimitMHz }).In("MHz"),
		tabular.IntColumn("cpuShares", "CPU shares", func(r *ResourcePool) *Int { return &r.CPUShares }),
		tabular.IntColumn("memoryReservationMiB", "guaranteed memory", func(r *ResourcePool) *Int { return &r.MemoryReservationMiB }).In("MiB"),
		tabular.IntColumn("memoryLimitMiB", "memory limit; -1 is unlimited", func(r *ResourcePool) *Int { return &r.MemoryLimitMiB }).In("MiB"),
		tabular.IntColumn("memoryShares", "memory shares", func(r *ResourcePool) *Int { return &r.MemoryShares }),
		tabular.IntColumn("vmCount", "virtual machines directly in it", func(r *ResourcePool) *Int { return &r.VMCount }),
		tabular.PairsColumn("customAttributes", "custom attributes by name", func(r *ResourcePool) *[]tabular.Pair { return &r.CustomAttributes }),
	)
	return tabular.Schema[ResourcePool]{Name: "resourcePools", Title: "Resource pools", Doc: "resource pools and vApps", Columns: columns}
}
