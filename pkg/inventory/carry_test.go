package inventory

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vcfleet/pkg/tabular"
)

func earlierReport() *Report {
	read := time.Date(2026, 9, 1, 6, 0, 0, 0, time.UTC)
	old := VCenter{
		Name: "prague", Host: "vc1", Status: Complete, InstanceUUID: "u-1", Version: "8.0.3", Build: "1", StartedAt: read, Sections: []string{"vms", "disks"},
		Records: Records{
			VirtualMachines: []VirtualMachine{{Object: Object{VCenter: "prague", Name: "a", Moref: "vm-1"}, CPUs: tabular.Some[int64](2)}},
			Disks:           []Disk{{Part: Part{VCenter: "prague", VM: "a", VMMoref: "vm-1"}, Label: "Hard disk 1"}},
		},
	}
	return NewReport(Tool{}, Run{StartedAt: read}, []VCenter{old, {Name: "gone", Host: "vc2", Status: Failed}})
}

func unread(name, host string, status Status) VCenter {
	return VCenter{Name: name, Host: host, Status: status, Sections: Sections(), Problems: []Problem{{Phase: PhaseConnect, Class: ClassUnreachable, Message: "refused"}}}
}

func TestCarryForward(t *testing.T) {
	read := time.Date(2026, 9, 1, 6, 0, 0, 0, time.UTC)
	for _, status := range []Status{Failed, Skipped} {
		v := unread("prague", "vc1", status)
		CarryForward(&v, earlierReport())
		if v.Status != Stale || !v.StaleSince.Equal(read) || v.InstanceUUID != "u-1" || v.Version != "8.0.3" {
			t.Errorf("%s: carried as %+v", status, v)
		}
		want := earlierReport().VCenters[1].Records
		want.VirtualMachines[0].StaleSince = read
		want.Disks[0].StaleSince = read
		if diff := cmp.Diff(want, v.Records); diff != "" {
			t.Errorf("records (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[string]int{"virtualMachines": 1, "disks": 1}, v.Counts); diff != "" {
			t.Errorf("what the earlier run was not asked for is counted (-want +got):\n%s", diff)
		}
		if len(v.Problems) != 2 || v.Problems[0].Class != ClassUnreachable || v.Problems[1].Class != ClassStale || !strings.Contains(v.Problems[1].Message, "2026-09-01 06:00 UTC") {
			t.Errorf("the problems are %+v", v.Problems)
		}
		r := NewReport(Tool{}, Run{}, []VCenter{v})
		if r.Run.Complete || r.Statuses() != (StatusCounts{Total: 1, Stale: 1}) || len(r.Incomplete()) != 1 || len(r.Totals()) == 0 {
			t.Errorf("a report of it: complete %t, %+v", r.Run.Complete, r.Statuses())
		}
		// Carried a second time, the age is still that of the first reading.
		again := unread("prague", "vc1", Failed)
		r.Run.StartedAt, r.VCenters[0].StartedAt = read.Add(24*time.Hour), read.Add(24*time.Hour)
		CarryForward(&again, r)
		if !again.StaleSince.Equal(read) || !again.Records.VirtualMachines[0].StaleSince.Equal(read) {
			t.Errorf("carried twice, it is stale since %v", again.StaleSince)
		}
	}
}

func TestCarryForwardLeavesAlone(t *testing.T) {
	for name, v := range map[string]VCenter{
		"one that was read":      {Name: "prague", Host: "vc1", Status: Partial},
		"one that is unknown":    unread("boston", "vc1", Failed),
		"one that failed before": unread("gone", "vc2", Failed),
	} {
		before := v
		CarryForward(&v, earlierReport())
		if diff := cmp.Diff(before, v); diff != "" {
			t.Errorf("%s was changed:\n%s", name, diff)
		}
	}
	// Another vCenter under the same name is said, and not mixed up.
	other := unread("prague", "vc1", Failed)
	other.InstanceUUID = "u-2"
	moved := unread("prague", "vc9", Failed)
	for _, v := range []VCenter{other, moved} {
		CarryForward(&v, earlierReport())
		if v.Status != Failed || v.Records.VirtualMachines != nil || len(v.Problems) != 2 || v.Problems[1].Class != ClassStale {
			t.Errorf("another vCenter was carried: %+v", v)
		}
	}
}
