package collector

import (
	"slices"

	"vcfleet/pkg/inventory"
	"vcfleet/pkg/vim"
)

// snapshot is one snapshot of a virtual machine, flattened out of the tree.
type snapshot struct {
	record inventory.Snapshot
	ref    string
}

// readSnapshots takes a VirtualMachineSnapshotInfo.
func readSnapshots(v *vim.Value) []snapshot {
	var all []snapshot
	var current string
	v.Fields(func(name []byte, v *vim.Value) {
		switch string(name) {
		case "currentSnapshot":
			current = optionalRef(v).Value
		case "rootSnapshotList":
			all = readSnapshotTree(v, 0)
		}
	})
	for i := range all {
		all[i].record.Current = inventory.Bool{Value: all[i].ref == current, Known: true}
	}
	return all
}

// maxSnapshotDepth bounds the recursion; ESXi allows 32 snapshots in a chain.
const maxSnapshotDepth = 200

func readSnapshotTree(v *vim.Value, depth int) []snapshot {
	var all []snapshot
	if depth > maxSnapshotDepth {
		return nil
	}
	v.Elements(func(v *vim.Value) {
		var s snapshot
		var children []snapshot
		v.Fields(func(name []byte, v *vim.Value) {
			r := &s.record
			switch string(name) {
			case "snapshot":
				s.ref = v.Ref().Value
			case "name":
				r.Name = unescape(v.Text())
			case "description":
				r.Description = v.Text()
			case "createTime":
				r.CreatedAt = v.Time()
			case "state":
				r.State = v.Word()
			case "quiesced":
				r.Quiesced = boolean(v)
			case "childSnapshotList":
				children = readSnapshotTree(v, depth+1)
			}
		})
		// The name may come after the children.
		for i := range children {
			if children[i].record.Parent == "" {
				children[i].record.Parent = s.record.Name
			}
		}
		s.record.Moref = s.ref
		all = append(append(all, s), children...)
	})
	return all
}

// layout is what VirtualMachineFileLayoutEx says about files.
type layout struct {
	sizes     map[int64]int64 // file key -> bytes
	disks     []chain         // of the running virtual machine
	snapshots []snapshotLayout
}

// chain is the files of one disk, base first: one entry for each level, with
// the keys of its files.
type chain struct {
	disk   int64
	levels [][]int64
}

type snapshotLayout struct {
	ref   string
	files []int64 // state and memory
	disks []chain
}

func (l *layout) readFiles(v *vim.Value) {
	l.sizes = make(map[int64]int64)
	v.Elements(func(v *vim.Value) {
		var key, size int64
		v.Fields(func(name []byte, v *vim.Value) {
			switch string(name) {
			case "key":
				key, _ = v.Int()
			case "size":
				size, _ = v.Int()
			}
		})
		l.sizes[key] = size
	})
}

// readChains takes an array of VirtualMachineFileLayoutExDiskLayout.
func readChains(v *vim.Value) []chain {
	var chains []chain
	v.Elements(func(v *vim.Value) {
		var c chain
		v.Fields(func(name []byte, v *vim.Value) {
			switch string(name) {
			case "key":
				c.disk, _ = v.Int()
			case "chain":
				v.Elements(func(v *vim.Value) { c.levels = append(c.levels, readFileKeys(v)) })
			}
		})
		chains = append(chains, c)
	})
	return chains
}

func readFileKeys(v *vim.Value) []int64 {
	var keys []int64
	v.Fields(func(name []byte, v *vim.Value) {
		if string(name) == "fileKey" {
			v.Elements(func(v *vim.Value) {
				if key, ok := v.Int(); ok {
					keys = append(keys, key)
				}
			})
		}
	})
	return keys
}

func (l *layout) readSnapshots(v *vim.Value) {
	l.snapshots = nil
	v.Elements(func(v *vim.Value) {
		var s snapshotLayout
		v.Fields(func(name []byte, v *vim.Value) {
			switch string(name) {
			case "key":
				s.ref = v.Ref().Value
			case "dataKey", "memoryKey": // memoryKey is -1 without memory
				if key, ok := v.Int(); ok && key >= 0 {
					s.files = append(s.files, key)
				}
			case "disk":
				s.disks = readChains(v)
			}
		})
		l.snapshots = append(l.snapshots, s)
	})
}

// size returns what a snapshot takes: its state and memory files, and for each
// disk the files written since. A snapshot's chain ends with the file that it
// froze; what was written since is the next level in any chain that continues
// it, that of the running virtual machine or of a later snapshot.
func (l *layout) size(ref string) inventory.Int {
	at := slices.IndexFunc(l.snapshots, func(s snapshotLayout) bool { return s.ref == ref })
	if at < 0 || len(l.sizes) == 0 {
		return inventory.Int{}
	}
	s := l.snapshots[at]
	files := make(map[int64]bool)
	for _, key := range s.files {
		files[key] = true
	}
	for _, frozen := range s.disks {
		for _, key := range l.writtenSince(frozen) {
			files[key] = true
		}
	}
	var bytes int64
	for key := range files {
		bytes += l.sizes[key]
	}
	return inventory.Int{Value: bytes >> 20, Known: true}
}

func (l *layout) writtenSince(frozen chain) []int64 {
	all := slices.Clone(l.disks)
	for _, s := range l.snapshots {
		all = append(all, s.disks...)
	}
	var files []int64
	n := len(frozen.levels)
	for _, c := range all {
		if c.disk == frozen.disk && n > 0 && len(c.levels) > n && slices.Equal(c.levels[n-1], frozen.levels[n-1]) {
			files = append(files, c.levels[n]...)
		}
	}
	return files
}
