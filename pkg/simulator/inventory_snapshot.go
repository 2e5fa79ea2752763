package simulator

import (
	"fmt"
	"path"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// makeSnapshots gives some machines a tree of snapshots, with branches.
func (b *builder) makeSnapshots(p *vmPlan) {
	vm := p.vm
	if p.role != roleSnapshots {
		return
	}
	count := b.between(1, 6)
	age := b.now.Sub(p.created)
	at := p.created.Add(age / 10)

	id := int32(0)
	var current types.ManagedObjectReference
	var grow func(depth int) types.VirtualMachineSnapshotTree
	grow = func(depth int) types.VirtualMachineSnapshotTree {
		id++
		at = at.Add(age / 10).Truncate(time.Microsecond)
		t := types.VirtualMachineSnapshotTree{
			Snapshot:    b.ref("VirtualMachineSnapshot", "snapshot-"),
			Vm:          vm.Self,
			Name:        pick(b, []string{"before patch", "VEEAM BACKUP TEMPORARY SNAPSHOT", "před upgradem %2f 2026", "baseline", "snap"}),
			Description: pick(b, []string{"", "by admin", "line one\nline two"}),
			Id:          id,
			CreateTime:  at,
			State:       pick(b, []types.VirtualMachinePowerState{types.VirtualMachinePowerStatePoweredOn, types.VirtualMachinePowerStatePoweredOff}),
			Quiesced:    b.chance(30),
		}
		current = t.Snapshot
		vm.RootSnapshot = appendRoot(vm.RootSnapshot, t.Snapshot, depth)
		for int(id) < count && (depth < 1 || b.chance(70)) {
			t.ChildSnapshotList = append(t.ChildSnapshotList, grow(depth+1))
		}
		b.reg.Put(&simulator.VirtualMachineSnapshot{VirtualMachineSnapshot: mo.VirtualMachineSnapshot{
			ExtensibleManagedObject: mo.ExtensibleManagedObject{Self: t.Snapshot},
			Vm:                      vm.Self,
		}})
		return t
	}
	root := grow(0)
	vm.Snapshot = &types.VirtualMachineSnapshotInfo{CurrentSnapshot: &current, RootSnapshotList: []types.VirtualMachineSnapshotTree{root}}
}

func appendRoot(list []types.ManagedObjectReference, ref types.ManagedObjectReference, depth int) []types.ManagedObjectReference {
	if depth == 0 {
		return append(list, ref)
	}
	return list
}

// layoutPlan collects files and numbers them.
type layoutPlan struct {
	files []types.VirtualMachineFileLayoutExFileInfo
}

func (l *layoutPlan) add(name, kind string, size, unique int64) int32 {
	key := int32(len(l.files))
	l.files = append(l.files, types.VirtualMachineFileLayoutExFileInfo{
		Key: key, Name: name, Type: kind, Size: size, UniqueSize: unique, Accessible: new(true),
	})
	return key
}

// layout lists the files of a machine: its own, its disks', and per snapshot a
// state file and a delta of each disk.
func (b *builder) layout(p *vmPlan) *types.VirtualMachineFileLayoutEx {
	c := p.vm.Config
	var l layoutPlan
	base := path.Join(c.Files.LogDirectory, p.dir)
	l.add(c.Files.VmPathName, "config", int64(b.between(2500, 6000)), 4096)
	l.add(base+".nvram", "nvram", 270840, 270840)
	l.add(base+".vmsd", "snapshotList", int64(b.between(0, 900)), 0)
	l.add(path.Join(c.Files.LogDirectory, "vmware.log"), "log", int64(b.between(1e5, 9e5)), 1<<20)
	if p.power == types.VirtualMachinePowerStatePoweredOn {
		l.add(fmt.Sprintf("%s-%s.vswp", base, b.hex(8)), "swap", int64(p.memory)<<20, int64(p.memory)<<20)
	}
	if p.power == types.VirtualMachinePowerStateSuspended {
		l.add(base+"-"+b.hex(8)+".vmss", "suspend", int64(p.memory)<<20, int64(p.memory)<<20)
	}

	out := &types.VirtualMachineFileLayoutEx{Timestamp: b.now.Add(-time.Duration(b.rnd.IntN(1800)) * time.Second)}
	for i, d := range p.disks {
		file := p.diskFile(i)
		flat, kind := file[:len(file)-len(".vmdk")]+"-flat.vmdk", "diskExtent"
		if d.lun != "" {
			flat = file[:len(file)-len(".vmdk")] + "-rdmp.vmdk"
		}
		keys := []int32{l.add(file, "diskDescriptor", 548, 548), l.add(flat, kind, d.used, d.used)}
		out.Disk = append(out.Disk, types.VirtualMachineFileLayoutExDiskLayout{
			Key: int32(2000 + i), Chain: []types.VirtualMachineFileLayoutExDiskUnit{{FileKey: keys}},
		})
	}
	if p.vm.Snapshot != nil {
		b.snapshotLayout(p, &l, out, p.vm.Snapshot.RootSnapshotList)
	}
	out.File = l.files
	return out
}

func (b *builder) snapshotLayout(p *vmPlan, l *layoutPlan, out *types.VirtualMachineFileLayoutEx, list []types.VirtualMachineSnapshotTree) {
	dir := p.vm.Config.Files.SnapshotDirectory
	for _, t := range list {
		s := types.VirtualMachineFileLayoutExSnapshotLayout{Key: t.Snapshot, MemoryKey: -1}
		s.DataKey = l.add(fmt.Sprintf("%s%s-Snapshot%d.vmsn", dir, p.dir, t.Id), "snapshotData", int64(b.between(20000, 90000)), 1<<16)
		if t.State == types.VirtualMachinePowerStatePoweredOn {
			s.MemoryKey = l.add(fmt.Sprintf("%s%s-Snapshot%d.vmem", dir, p.dir, t.Id), "snapshotMemory", int64(p.memory)<<20, int64(p.memory)<<20)
		}
		for i, d := range p.disks {
			// The snapshot holds the chain as it was; what is written after goes
			// into a new delta, which the machine's own chain ends with.
			s.Disk = append(s.Disk, types.VirtualMachineFileLayoutExDiskLayout{Key: int32(2000 + i), Chain: append([]types.VirtualMachineFileLayoutExDiskUnit(nil), out.Disk[i].Chain...)})
			size := d.capacity / 1000 * int64(b.between(1, 80))
			name := fmt.Sprintf("%s%s-%06d", dir, p.dir, int(t.Id)*10+i)
			keys := []int32{l.add(name+".vmdk", "diskDescriptor", 380, 380), l.add(name+"-sesparse.vmdk", "diskExtent", size, size)}
			out.Disk[i].Chain = append(out.Disk[i].Chain, types.VirtualMachineFileLayoutExDiskUnit{FileKey: keys})
		}
		out.Snapshot = append(out.Snapshot, s)
		b.snapshotLayout(p, l, out, t.ChildSnapshotList)
	}
}

// vmStorage sums up the files by datastore.
func (b *builder) vmStorage(p *vmPlan) {
	st := &types.VirtualMachineStorageInfo{Timestamp: p.vm.LayoutEx.Timestamp}
	for _, ds := range p.stores {
		u := types.VirtualMachineUsageOnDatastore{Datastore: ds.Self}
		for _, f := range p.vm.LayoutEx.File {
			if len(f.Name) > len(ds.Name)+1 && f.Name[1:1+len(ds.Name)] == ds.Name && f.Name[1+len(ds.Name)] == ']' {
				u.Committed += f.Size
				u.Unshared += f.UniqueSize
			}
		}
		for _, d := range p.disks {
			if d.store == ds && d.thin {
				u.Uncommitted += d.capacity - d.used
			}
		}
		st.PerDatastoreUsage = append(st.PerDatastoreUsage, u)
	}
	p.vm.Storage = st
}
