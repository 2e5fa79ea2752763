package inventory

import "vcfleet/pkg/tabular"

// Datacenter is a datacenter.
type Datacenter struct {
	Object
	Path             string
	HostCount        Int
	ClusterCount     Int
	VMCount          Int
	DatastoreCount   Int
	NetworkCount     Int
	CustomAttributes []tabular.Pair
}

func datacenterSchema() tabular.Schema[Datacenter] {
	columns := objectColumns(func(r *Datacenter) *Object { return &r.Object })
	columns = append(columns,
		tabular.TextColumn("path", "inventory path", func(r *Datacenter) *string { return &r.Path }),
		tabular.IntColumn("hostCount", "hosts in it", func(r *Datacenter) *Int { return &r.HostCount }),
		tabular.IntColumn("clusterCount", "clusters in it, standalone hosts not counted", func(r *Datacenter) *Int { return &r.ClusterCount }),
		tabular.IntColumn("vmCount", "virtual machines and templates in it", func(r *Datacenter) *Int { return &r.VMCount }),
		tabular.IntColumn("datastoreCount", "datastores in it", func(r *Datacenter) *Int { return &r.DatastoreCount }),
		tabular.IntColumn("networkCount", "networks and port groups in it", func(r *Datacenter) *Int { return &r.NetworkCount }),
		tabular.PairsColumn("customAttributes", "custom attributes by name", func(r *Datacenter) *[]tabular.Pair { return &r.CustomAttributes }),
	)
	return tabular.Schema[Datacenter]{Name: "datacenters", Title: "Datacenters", Doc: "datacenters", Columns: columns}
}

// Folder is an inventory folder.
type Folder struct {
	Object
	Path       string
	Datacenter string
	Children   []string
}

func folderSchema() tabular.Schema[Folder] {
	columns := objectColumns(func(r *Folder) *Object { return &r.Object })
	columns = append(columns,
		tabular.TextColumn("path", "inventory path; / is the root folder", func(r *Folder) *string { return &r.Path }),
		tabular.TextColumn("datacenter", "datacenter; absent above datacenters", func(r *Folder) *string { return &r.Datacenter }),
		tabular.ListColumn("childTypes", "managed object types it may hold", func(r *Folder) *[]string { return &r.Children }),
	)
	return tabular.Schema[Folder]{Name: "folders", Title: "Folders", Doc: "inventory folders, the root folder included", Columns: columns}
}

// Datastore is a datastore.
type Datastore struct {
	Object
	Type               string
	Accessible         Bool
	MaintenanceMode    string
	OverallStatus      string
	CapacityMiB        Int
	FreeMiB            Int
	ProvisionedMiB     Int
	MultipleHostAccess Bool
	SSD                Bool
	Version            string
	RemoteHost         string
	RemotePath         string
	URL                string
	DatastoreCluster   string
	Datacenter         string
	Folder             string
	HostCount          Int
	VMCount            Int
	CustomAttributes   []tabular.Pair
}

func datastoreSchema() tabular.Schema[Datastore] {
	columns := objectColumns(func(r *Datastore) *Object { return &r.Object })
	columns = append(columns,
		tabular.TextColumn("type", "VMFS, NFS, NFS41, vsan, VVOL, …", func(r *Datastore) *string { return &r.Type }),
		tabular.BoolColumn("accessible", "whether the vCenter can reach it", func(r *Datastore) *Bool { return &r.Accessible }),
		tabular.TextColumn("maintenanceMode", "normal, enteringMaintenance or inMaintenance", func(r *Datastore) *string { return &r.MaintenanceMode }),
		tabular.TextColumn("overallStatus", "alarm status: green, yellow, red or gray", func(r *Datastore) *string { return &r.OverallStatus }),
		tabular.IntColumn("capacityMiB", "capacity", func(r *Datastore) *Int { return &r.CapacityMiB }).In("MiB"),
		tabular.IntColumn("freeMiB", "free space", func(r *Datastore) *Int { return &r.FreeMiB }).In("MiB"),
		tabular.IntColumn("provisionedMiB", "used space plus what thin disks may still take", func(r *Datastore) *Int { return &r.ProvisionedMiB }).In("MiB"),
		tabular.BoolColumn("multipleHostAccess", "whether more than one host mounts it", func(r *Datastore) *Bool { return &r.MultipleHostAccess }),
		tabular.BoolColumn("ssd", "whether a VMFS datastore is on flash", func(r *Datastore) *Bool { return &r.SSD }),
		tabular.TextColumn("version", "VMFS version", func(r *Datastore) *string { return &r.Version }),
		tabular.TextColumn("remoteHost", "NFS server", func(r *Datastore) *string { return &r.RemoteHost }),
		tabular.TextColumn("remotePath", "NFS export", func(r *Datastore) *string { return &r.RemotePath }),
		tabular.TextColumn("url", "the vCenter's locator, equal for the same datastore", func(r *Datastore) *string { return &r.URL }),
		tabular.TextColumn("datastoreCluster", "datastore cluster it belongs to", func(r *Datastore) *string { return &r.DatastoreCluster }),
		tabular.TextColumn("datacenter", "datacenter", func(r *Datastore) *string { return &r.Datacenter }),
		tabular.TextColumn("folder", "inventory path of its folder or datastore cluster", func(r *Datastore) *string { return &r.Folder }),
		tabular.IntColumn("hostCount", "hosts that mount it", func(r *Datastore) *Int { return &r.HostCount }),
		tabular.IntColumn("vmCount", "virtual machines and templates with files on it", func(r *Datastore) *Int { return &r.VMCount }),
		tabular.PairsColumn("customAttributes", "custom attributes by name", func(r *Datastore) *[]tabular.Pair { return &r.CustomAttributes }),
	)
	return tabular.Schema[Datastore]{Name: "datastores", Title: "Datastores", Doc: "datastores", Columns: columns}
}

// DatastoreCluster is a storage pod.
type DatastoreCluster struct {
	Object
	CapacityMiB    Int
	FreeMiB        Int
	SDRSEnabled    Bool
	Datacenter     string
	Folder         string
	DatastoreCount Int
}

func datastoreClusterSchema() tabular.Schema[DatastoreCluster] {
	columns := objectColumns(func(r *DatastoreCluster) *Object { return &r.Object })
	columns = append(columns,
		tabular.IntColumn("capacityMiB", "capacity", func(r *DatastoreCluster) *Int { return &r.CapacityMiB }).In("MiB"),
		tabular.IntColumn("freeMiB", "free space", func(r *DatastoreCluster) *Int { return &r.FreeMiB }).In("MiB"),
		tabular.BoolColumn("sdrsEnabled", "whether Storage DRS is on", func(r *DatastoreCluster) *Bool { return &r.SDRSEnabled }),
		tabular.TextColumn("datacenter", "datacenter", func(r *DatastoreCluster) *string { return &r.Datacenter }),
		tabular.TextColumn("folder", "inventory path of its folder", func(r *DatastoreCluster) *string { return &r.Folder }),
		tabular.IntColumn("datastoreCount", "datastores in it", func(r *DatastoreCluster) *Int { return &r.DatastoreCount }),
	)
	return tabular.Schema[DatastoreCluster]{Name: "datastoreClusters", Title: "Datastore clusters", Doc: "datastore clusters", Columns: columns}
}

// Network is a standard network, a distributed port group or an opaque network.
type Network struct {
	Object
	Type             string
	Accessible       Bool
	VLAN             string
	Switch           string
	Uplink           Bool
	Ports            Int
	PortgroupKey     string
	Datacenter       string
	Folder           string
	HostCount        Int
	VMCount          Int
	CustomAttributes []tabular.Pair
}

func networkSchema() tabular.Schema[Network] {
	columns := objectColumns(func(r *Network) *Object { return &r.Object })
	columns = append(columns,
		tabular.TextColumn("type", "Network, DistributedVirtualPortgroup or OpaqueNetwork", func(r *Network) *string { return &r.Type }),
		tabular.BoolColumn("accessible", "whether at least one host offers it", func(r *Network) *Bool { return &r.Accessible }),
		tabular.TextColumn("vlan", "VLAN id, trunk ranges or private VLAN of a distributed port group", func(r *Network) *string { return &r.VLAN }),
		tabular.TextColumn("switch", "distributed switch it belongs to", func(r *Network) *string { return &r.Switch }),
		tabular.BoolColumn("uplink", "whether it is an uplink port group", func(r *Network) *Bool { return &r.Uplink }),
		tabular.IntColumn("ports", "ports of a distributed port group", func(r *Network) *Int { return &r.Ports }),
		tabular.TextColumn("portgroupKey", "key of a distributed port group", func(r *Network) *string { return &r.PortgroupKey }),
		tabular.TextColumn("datacenter", "datacenter", func(r *Network) *string { return &r.Datacenter }),
		tabular.TextColumn("folder", "inventory path of its folder", func(r *Network) *string { return &r.Folder }),
		tabular.IntColumn("hostCount", "hosts that have it", func(r *Network) *Int { return &r.HostCount }),
		tabular.IntColumn("vmCount", "virtual machines and templates attached to it", func(r *Network) *Int { return &r.VMCount }),
		tabular.PairsColumn("customAttributes", "custom attributes by name", func(r *Network) *[]tabular.Pair { return &r.CustomAttributes }),
	)
	return tabular.Schema[Network]{Name: "networks", Title: "Networks", Doc: "standard networks, distributed port groups and opaque networks", Columns: columns}
}

// DistributedSwitch is a vSphere distributed switch.
type DistributedSwitch struct {
	Object
	UUID              string
	Vendor            string
	Version           string
	MaxMTU            Int
	Ports             Int
	Uplinks           []string
	DiscoveryProtocol string
	HostCount         Int
	PortgroupCount    Int
	Datacenter        string
	Folder            string
	CustomAttributes  []tabular.Pair
}

func distributedSwitchSchema() tabular.Schema[DistributedSwitch] {
	columns := objectColumns(func(r *DistributedSwitch) *Object { return &r.Object })
	columns = append(columns,
		tabular.TextColumn("uuid", "UUID of the switch", func(r *DistributedSwitch) *string { return &r.UUID }),
		tabular.TextColumn("vendor", "vendor", func(r *DistributedSwitch) *string { return &r.Vendor }),
		tabular.TextColumn("version", "version of the switch", func(r *DistributedSwitch) *string { return &r.Version }),
		tabular.IntColumn("maxMtu", "largest frame", func(r *DistributedSwitch) *Int { return &r.MaxMTU }).In("bytes"),
		tabular.IntColumn("ports", "ports", func(r *DistributedSwitch) *Int { return &r.Ports }),
		tabular.ListColumn("uplinks", "names of the uplink ports", func(r *DistributedSwitch) *[]string { return &r.Uplinks }),
		tabular.TextColumn("discoveryProtocol", "link discovery: cdp or lldp, and the operation", func(r *DistributedSwitch) *string { return &r.DiscoveryProtocol }),
		tabular.IntColumn("hostCount", "hosts that are members", func(r *DistributedSwitch) *Int { return &r.HostCount }),
		tabular.IntColumn("portgroupCount", "port groups, uplink port groups included", func(r *DistributedSwitch) *Int { return &r.PortgroupCount }),
		tabular.TextColumn("datacenter", "datacenter", func(r *DistributedSwitch) *string { return &r.Datacenter }),
		tabular.TextColumn("folder", "inventory path of its folder", func(r *DistributedSwitch) *string { return &r.Folder }),
		tabular.PairsColumn("customAttributes", "custom attributes by name", func(r *DistributedSwitch) *[]tabular.Pair { return &r.CustomAttributes }),
	)
	return tabular.Schema[DistributedSwitch]{Name: "distributedSwitches", Title: "Distributed switches", Doc: "vSphere distributed switches", Columns: columns}
}
