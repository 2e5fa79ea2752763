package collector

import (
	"testing"
	"time"

	"vcfleet/pkg/inventory"
	"vcfleet/pkg/tabular"
)

func startMoment() time.Time { return time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC) }

// sizes gives every file with key k a size of k MiB.
func sizes(keys ...int64) map[int64]int64 {
	m := make(map[int64]int64)
	for _, key := range keys {
		m[key] = key << 20
	}
	return m
}

// disk is a chain of one file to a level.
func disk(key int64, files ...int64) chain {
	c := chain{disk: key}
	for _, file := range files {
		c.levels = append(c.levels, []int64{file})
	}
	return c
}

func TestSnapshotSize(t *testing.T) {
	all := sizes(1, 2, 4, 8, 16, 32, 64, 128)
	for name, test := range map[string]struct {
		layout layout
		want   map[string]inventory.Int
	}{
		"no layout": {layout{}, map[string]inventory.Int{"s1": {}}},
		"unknown snapshot": {
			layout{sizes: all, snapshots: []snapshotLayout{{ref: "other"}}},
			map[string]inventory.Int{"s1": {}},
		},
		"one, without memory": {
			layout{sizes: all, disks: []chain{disk(2000, 1, 2)}, snapshots: []snapshotLayout{{ref: "s1", files: []int64{4}, disks: []chain{disk(2000, 1)}}}},
			map[string]inventory.Int{"s1": tabular.Some[int64](4 + 2)},
		},
		"one, with memory": {
			layout{sizes: all, disks: []chain{disk(2000, 1, 2)}, snapshots: []snapshotLayout{{ref: "s1", files: []int64{4, 8}, disks: []chain{disk(2000, 1)}}}},
			map[string]inventory.Int{"s1": tabular.Some[int64](4 + 8 + 2)},
		},
		"a chain of two: each has what was written until the next": {
			layout{sizes: all, disks: []chain{disk(2000, 1, 2, 4)}, snapshots: []snapshotLayout{
				{ref: "s1", files: []int64{8}, disks: []chain{disk(2000, 1)}},
				{ref: "s2", files: []int64{16}, disks: []chain{disk(2000, 1, 2)}},
			}},
			map[string]inventory.Int{"s1": tabular.Some[int64](8 + 2), "s2": tabular.Some[int64](16 + 4)},
		},
		"two children: both deltas were written since": {
			layout{sizes: all, disks: []chain{disk(2000, 1, 4)}, snapshots: []snapshotLayout{
				{ref: "s1", files: []int64{8}, disks: []chain{disk(2000, 1)}},
				{ref: "s2", files: []int64{16}, disks: []chain{disk(2000, 1, 2)}},
			}},
			map[string]inventory.Int{"s1": tabular.Some[int64](8 + 2 + 4), "s2": tabular.Some[int64](16)},
		},
		"two disks": {
			layout{sizes: all, disks: []chain{disk(2000, 1, 2), disk(2001, 4, 8)}, snapshots: []snapshotLayout{
				{ref: "s1", files: []int64{16}, disks: []chain{disk(2000, 1), disk(2001, 4)}},
			}},
			map[string]inventory.Int{"s1": tabular.Some[int64](16 + 2 + 8)},
		},
		"a disk added later is not its": {
			layout{sizes: all, disks: []chain{disk(2000, 1, 2), disk(2001, 4, 8)}, snapshots: []snapshotLayout{{ref: "s1", disks: []chain{disk(2000, 1)}}}},
			map[string]inventory.Int{"s1": tabular.Some[int64](2)},
		},
		"descriptor and extent": {
			layout{sizes: all, disks: []chain{{disk: 2000, levels: [][]int64{{1, 2}, {4, 8}}}}, snapshots: []snapshotLayout{
				{ref: "s1", disks: []chain{{disk: 2000, levels: [][]int64{{1, 2}}}}},
			}},
			map[string]inventory.Int{"s1": tabular.Some[int64](4 + 8)},
		},
		"an empty chain, and files that are not listed": {
			layout{sizes: sizes(1), disks: []chain{disk(2000, 1, 77)}, snapshots: []snapshotLayout{{ref: "s1", files: []int64{99}, disks: []chain{{disk: 2000}}}}},
			map[string]inventory.Int{"s1": tabular.Some[int64](0)},
		},
	} {
		for ref, want := range test.want {
			if got := test.layout.size(ref); got != want {
				t.Errorf("%s: %s takes %v, want %v", name, ref, got, want)
			}
		}
	}
}

func TestSnapshotSizeRoundsDown(t *testing.T) {
	half := layout{sizes: map[int64]int64{1: 1<<20 - 1, 2: 1 << 19}, snapshots: []snapshotLayout{{ref: "s1", files: []int64{1}}, {ref: "s2", files: []int64{1, 2}}}}
	if a, b := half.size("s1"), half.size("s2"); a != tabular.Some[int64](0) || b != tabular.Some[int64](1) {
		t.Errorf("rounding down: %v and %v", a, b)
	}
}
