package simulator

import (
	"fmt"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

const (
	gib = int64(1) << 30
	tib = int64(1) << 40
)

// makeDatastores gives each datacenter shared datastores of every kind, and
// each standalone host one of its own.
func (b *builder) makeDatastores() {
	perDC := min(max(3, b.o.VMs/80), 128)

	for i, dc := range b.dcs {
		var pod *simulator.StoragePod
		if i == 0 {
			pod = b.storagePod(dc, b.o.Name+"-pod1")
		}
		for n := range perDC {
			ds := b.vmfs(fmt.Sprintf("%s-dc%d-vmfs-%02d", b.o.Name, i+1, n+1), int64(b.between(4, 24))*tib, false)
			if pod != nil && n < 2 {
				b.entityPutPod(pod, ds)
				dc.addDatastore(ds)
				continue
			}
			b.addDatastore(dc, ds)
		}
		b.addDatastore(dc, b.nfs(fmt.Sprintf("%s-dc%d-nfs-iso", b.o.Name, i+1), true))
		b.addDatastore(dc, b.vvol(fmt.Sprintf("%s-dc%d-vvol", b.o.Name, i+1)))
		b.mountShared(dc, dc.datastores)

		if i == 0 {
			bad := b.nfs(b.o.Name+"-dc1-nfs-archive (lost)", false)
			b.addDatastore(dc, bad)
			b.mount(bad, dc.hosts(), false)
		}
		for _, c := range dc.computes {
			b.makeOwnDatastores(dc, c)
		}
	}
}

// makeOwnDatastores adds vSAN to the first cluster and local disks to standalone
// hosts.
func (b *builder) makeOwnDatastores(dc *dcPlan, c *computePlan) {
	switch {
	case c.cluster == nil:
		ds := b.vmfs("datastore1 ("+b.o.Name+")", 2*tib, true)
		b.addDatastore(dc, ds)
		b.mount(ds, c.hosts, true)
		c.stores = append(c.stores, ds)
	case dc == b.dcs[0] && c == dc.computes[0]:
		ds := b.datastore(b.o.Name+"-vsanDatastore", "vsan", int64(20*len(c.hosts))*tib)
		ds.Info = &types.VsanDatastoreInfo{DatastoreInfo: *ds.Info.GetDatastoreInfo(), MembershipUuid: b.uuid()}
		b.addDatastore(dc, ds)
		b.mount(ds, c.hosts, true)
		c.stores = append(c.stores, ds)
	}
}

func (dc *dcPlan) hosts() []*simulator.HostSystem {
	var out []*simulator.HostSystem
	for _, c := range dc.computes {
		out = append(out, c.hosts...)
	}
	return out
}

func (b *builder) mountShared(dc *dcPlan, list []*simulator.Datastore) {
	for _, ds := range list {
		b.mount(ds, dc.hosts(), true)
		for _, c := range dc.computes {
			c.stores = append(c.stores, ds)
		}
	}
}

// mount links a datastore with hosts, and with their clusters.
func (b *builder) mount(ds *simulator.Datastore, hosts []*simulator.HostSystem, accessible bool) {
	multiple := len(hosts) > 1
	ds.Summary.MultipleHostAccess = &multiple
	for _, h := range hosts {
		ds.Host = append(ds.Host, types.DatastoreHostMount{
			Key: h.Self,
			MountInfo: types.HostMountInfo{
				Path:       "/vmfs/volumes/" + ds.Info.GetDatastoreInfo().ContainerId,
				AccessMode: "readWrite",
				Mounted:    new(true),
				Accessible: new(accessible),
			},
		})
		h.Datastore = append(h.Datastore, ds.Self)
	}
}

func (dc *dcPlan) addDatastore(ds *simulator.Datastore) {
	dc.datastores = append(dc.datastores, ds)
	dc.Datastore = append(dc.Datastore, ds.Self)
}

func (b *builder) addDatastore(dc *dcPlan, ds *simulator.Datastore) {
	b.entityPut(dc.datastoreFolder, ds)
	dc.addDatastore(ds)
}

func (b *builder) storagePod(dc *dcPlan, name string) *simulator.StoragePod {
	pod := new(simulator.StoragePod)
	pod.Self = b.ref("StoragePod", "group-p")
	pod.Name = name
	pod.ChildType = []string{"Datastore"}
	pod.Summary = &types.StoragePodSummary{Name: name}
	pod.PodStorageDrsEntry = &types.PodStorageDrsEntry{StorageDrsConfig: types.StorageDrsConfigInfo{
		PodConfig: types.StorageDrsPodConfigInfo{
			Enabled:                true,
			IoLoadBalanceEnabled:   false,
			DefaultVmBehavior:      "manual",
			LoadBalanceInterval:    480,
			DefaultIntraVmAffinity: new(true),
			SpaceLoadBalanceConfig: &types.StorageDrsSpaceLoadBalanceConfig{
				SpaceThresholdMode: "utilization", SpaceUtilizationThreshold: 80, MinSpaceUtilizationDifference: 5,
			},
		},
	}}
	b.entityPut(dc.datastoreFolder, pod)
	return pod
}

// entityPutPod registers a datastore in a datastore cluster.
func (b *builder) entityPutPod(pod *simulator.StoragePod, ds *simulator.Datastore) {
	ref := pod.Self
	ds.Parent = &ref
	pod.ChildEntity = append(pod.ChildEntity, ds.Self)
	pod.Summary.Capacity += ds.Summary.Capacity
	b.reg.Put(ds)
}

// datastore makes a datastore that is not registered yet.
func (b *builder) datastore(name, kind string, capacity int64) *simulator.Datastore {
	ds := new(simulator.Datastore)
	ds.Self = b.ref("Datastore", "datastore-")
	ds.Name = name
	self := ds.Self
	id := b.hex(8) + "-" + b.hex(8) + "-" + b.hex(4) + "-" + b.hex(12)
	url := "ds:///vmfs/volumes/" + id + "/"
	ds.Summary = types.DatastoreSummary{
		Datastore: &self, Name: name, Url: url, Capacity: capacity, FreeSpace: capacity,
		Accessible: true, Type: kind, MaintenanceMode: "normal",
	}
	stamp := b.now
	ds.Info = &types.DatastoreInfo{
		Name: name, Url: url, FreeSpace: capacity, MaxFileSize: 62 * tib, MaxVirtualDiskCapacity: 62 * tib,
		Timestamp: &stamp, ContainerId: id,
	}
	ds.Capability = types.DatastoreCapability{
		DirectoryHierarchySupported: true, RawDiskMappingsSupported: kind == "VMFS",
		PerFileThinProvisioningSupported: true, StorageIORMSupported: kind != "vsan",
	}
	ds.IormConfiguration = &types.StorageIORMInfo{CongestionThreshold: 30}
	return ds
}

func (b *builder) vmfs(name string, capacity int64, local bool) *simulator.Datastore {
	ds := b.datastore(name, "VMFS", capacity)
	version, major := "6.82", int32(6)
	if b.chance(10) {
		version, major = "5.81", 5
	}
	info := types.VmfsDatastoreInfo{DatastoreInfo: *ds.Info.GetDatastoreInfo(), MaxPhysicalRDMFileSize: 64 * tib, MaxVirtualRDMFileSize: 62 * tib}
	info.Vmfs = &types.HostVmfsVolume{
		HostFileSystemVolume: types.HostFileSystemVolume{Type: "VMFS", Name: name, Capacity: capacity},
		BlockSizeMb:          1, BlockSize: 1024, UnmapGranularity: 1024, UnmapPriority: "low", MaxBlocks: 63963136,
		MajorVersion: major, Version: version, Uuid: info.ContainerId,
		Extent:         []types.HostScsiDiskPartition{{DiskName: b.naa(), Partition: 1}},
		VmfsUpgradable: major == 5, Ssd: new(!local), Local: new(local),
	}
	ds.Info = &info
	return ds
}

func (b *builder) nfs(name string, accessible bool) *simulator.Datastore {
	kind := "NFS"
	if b.chance(40) {
		kind = "NFS41"
	}
	ds := b.datastore(name, kind, 10*tib)
	info := types.NasDatastoreInfo{DatastoreInfo: *ds.Info.GetDatastoreInfo()}
	info.Nas = &types.HostNasVolume{
		HostFileSystemVolume: types.HostFileSystemVolume{Type: kind, Name: name, Capacity: 10 * tib},
		RemoteHost:           "nas1." + b.o.Name + ".example.com", RemotePath: "/export/" + b.hex(6), UserName: "root",
		RemoteHostNames: []string{"nas1." + b.o.Name + ".example.com"}, SecurityType: "AUTH_SYS",
	}
	ds.Info = &info
	if !accessible {
		ds.Summary.Accessible = false
		b.status[ds.Self] = types.ManagedEntityStatusRed
	}
	return ds
}

func (b *builder) vvol(name string) *simulator.Datastore {
	ds := b.datastore(name, "VVOL", 50*tib)
	info := types.VvolDatastoreInfo{DatastoreInfo: *ds.Info.GetDatastoreInfo()}
	info.VvolDS = &types.HostVvolVolume{
		HostFileSystemVolume: types.HostFileSystemVolume{Type: "VVOL", Name: name, Capacity: 50 * tib},
		ScId:                 "vvol:" + b.hex(16) + "-" + b.hex(16),
		ProtocolEndpointType: "SCSI",
	}
	ds.Info = &info
	return ds
}

// finishDatastore sets the free space that the machines have left.
func (b *builder) finishDatastore(ds *simulator.Datastore) {
	if !ds.Summary.Accessible {
		ds.Summary.Capacity, ds.Summary.FreeSpace, ds.Summary.Uncommitted = 0, 0, 0
		return
	}
	// What machines use has been taken off; never more than 98 percent is full.
	ds.Summary.FreeSpace = max(ds.Summary.FreeSpace, ds.Summary.Capacity/50)
	ds.Info.GetDatastoreInfo().FreeSpace = ds.Summary.FreeSpace
	if ds.Summary.FreeSpace < ds.Summary.Capacity/10 {
		b.status[ds.Self] = types.ManagedEntityStatusYellow
	}
	if ds.Parent != nil && ds.Parent.Type == "StoragePod" {
		if pod, ok := b.reg.Get(*ds.Parent).(*simulator.StoragePod); ok {
			pod.Summary.FreeSpace += ds.Summary.FreeSpace
		}
	}
}
