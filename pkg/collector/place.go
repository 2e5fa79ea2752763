package collector

import (
	"vcfleet/pkg/inventory"
	"vcfleet/pkg/vim"
)

// datacenterObject is a datacenter.
type datacenterObject struct {
	entity
	record inventory.Datacenter
}

// datacenterProperties is the one list for Datacenter.
func datacenterProperties() []property[datacenterObject] {
	type dc = datacenterObject
	return []property[dc]{
		{"name", anywhere, text(func(o *dc) *string { return &o.rawName })},
		{"parent", anywhere, ref(func(o *dc) *vim.ManagedObjectReference { return &o.parent })},
		custom("datacenters", func(o *dc) *[]customValue { return &o.custom }),
	}
}

// folderObject is a folder, or the folder that a datastore cluster is.
type folderObject struct {
	entity
	record inventory.Folder
	pod    inventory.DatastoreCluster
}

// folderProperties is the one list for Folder.
func folderProperties() []property[folderObject] {
	type folder = folderObject
	return []property[folder]{
		{"name", anywhere, text(func(o *folder) *string { return &o.rawName })},
		{"parent", anywhere, ref(func(o *folder) *vim.ManagedObjectReference { return &o.parent })},
		{"childType", "folders.childTypes", func(o *folder, v *vim.Value) { o.record.Children = v.Texts() }},
	}
}

// storagePodProperties is the one list for StoragePod, a datastore cluster.
func storagePodProperties() []property[folderObject] {
	type folder = folderObject
	return []property[folder]{
		{"name", "datastoreClusters.name datastores.datastoreCluster datastores.folder", text(func(o *folder) *string { return &o.rawName })},
		{"parent", "datastoreClusters.folder datastoreClusters.datacenter datastores.folder datastores.datacenter datacenters.datastoreCount", ref(func(o *folder) *vim.ManagedObjectReference { return &o.parent })},
		{"summary", "datastoreClusters.capacityMiB datastoreClusters.freeMiB", (*folder).readPodSummary},
		{"podStorageDrsEntry.storageDrsConfig.podConfig.enabled", "datastoreClusters.sdrsEnabled", truth(func(o *folder) *inventory.Bool { return &o.pod.SDRSEnabled })},
	}
}

// readPodSummary takes a StoragePodSummary: bytes.
func (o *folderObject) readPodSummary(v *vim.Value) {
	v.Fields(func(name []byte, v *vim.Value) {
		switch string(name) {
		case "capacity":
			o.pod.CapacityMiB = mebibytes(v)
		case "freeSpace":
			o.pod.FreeMiB = mebibytes(v)
		}
	})
}

// datastoreObject is a datastore.
type datastoreObject struct {
	entity
	record inventory.Datastore
}

// datastoreProperties is the one list for Datastore.
func datastoreProperties() []property[datastoreObject] {
	type ds = datastoreObject
	return []property[ds]{
		{"name", "datastores.name virtualMachines.datastores disks.datastore hosts.datastores", text(func(o *ds) *string { return &o.rawName })},
		{"parent", "datastores.folder datastores.datacenter datastores.datastoreCluster datastoreClusters.datastoreCount datacenters.datastoreCount", ref(func(o *ds) *vim.ManagedObjectReference { return &o.parent })},
		{"summary", "datastores.type datastores.accessible datastores.maintenanceMode datastores.capacityMiB datastores.freeMiB datastores.provisionedMiB datastores.multipleHostAccess datastores.url", (*ds).readSummary},
		{"info", "datastores.ssd datastores.version datastores.remoteHost datastores.remotePath", (*ds).readInfo},
		{"overallStatus", "datastores.overallStatus", word(func(o *ds) *string { return &o.record.OverallStatus })},
		custom("datastores", func(o *ds) *[]customValue { return &o.custom }),
	}
}

// readSummary takes a DatastoreSummary: bytes. Without uncommitted there are no
// thin disks to promise space to.
func (o *datastoreObject) readSummary(v *vim.Value) {
	r := &o.record
	var capacity, free, uncommitted inventory.Int
	v.Fields(func(name []byte, v *vim.Value) {
		switch string(name) {
		case "type":
			r.Type = v.Word()
		case "accessible":
			r.Accessible = boolean(v)
		case "maintenanceMode":
			r.MaintenanceMode = v.Word()
		case "capacity":
			capacity = integer(v)
		case "freeSpace":
			free = integer(v)
		case "uncommitted":
			uncommitted = integer(v)
		case "multipleHostAccess":
			r.MultipleHostAccess = boolean(v)
		case "url":
			r.URL = v.Text()
		}
	})
	r.CapacityMiB = inventory.Int{Value: capacity.Value >> 20, Known: capacity.Known}
	r.FreeMiB = inventory.Int{Value: free.Value >> 20, Known: free.Known}
	r.ProvisionedMiB = inventory.Int{
		Value: (capacity.Value - free.Value + uncommitted.Value) >> 20,
		Known: capacity.Known && free.Known,
	}
}

// readInfo takes a DatastoreInfo of any subtype: VmfsDatastoreInfo has vmfs,
// NasDatastoreInfo has nas.
func (o *datastoreObject) readInfo(v *vim.Value) {
	r := &o.record
	v.Fields(func(name []byte, v *vim.Value) {
		switch string(name) {
		case "vmfs":
			v.Fields(func(name []byte, v *vim.Value) {
				switch string(name) {
				case "ssd":
					r.SSD = boolean(v)
				case "version":
					r.Version = v.Word()
				}
			})
		case "nas":
			v.Fields(func(name []byte, v *vim.Value) {
				switch string(name) {
				case "remoteHost":
					r.RemoteHost = v.Word()
				case "remotePath":
					r.RemotePath = v.Text()
				}
			})
		}
	})
}
