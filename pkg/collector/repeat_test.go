package collector_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vcfleet/pkg/config"
	"vcfleet/pkg/inventory"
	"vcfleet/pkg/simulator"
)

// timeless drops what may differ between two runs over the same vCenter.
func timeless(r inventory.VCenter) inventory.VCenter {
	r.StartedAt, r.Millis = time.Time{}, 0
	for i := range r.Phases {
		r.Phases[i].Millis = 0
	}
	return r
}

func TestTwoRunsGiveTheSameRecords(t *testing.T) {
	v := start(t, simulator.Options{Name: "same", Seed: 7, VMs: 300})
	list := []config.VCenter{target(v)}
	first := readFleet(t.Context(), t, list, options())["same"]
	checkClean(t, v)
	second := readFleet(t.Context(), t, list, options())["same"]
	if diff := cmp.Diff(timeless(first), timeless(second)); diff != "" {
		t.Errorf("(-first +second):\n%s", diff)
	}
	if len(first.Records.VirtualMachines) != 300 || len(first.Records.Snapshots) == 0 {
		t.Errorf("%d virtual machines, %d snapshots", len(first.Records.VirtualMachines), len(first.Records.Snapshots))
	}
}

// TestPagesDoNotMatter reads the same inventory in pages of all sizes: what
// comes in which page changes no record.
func TestPagesDoNotMatter(t *testing.T) {
	whole := simulator.Options{Name: "same", Seed: 7, VMs: 60, PageCap: 5000}
	want := readFleet(t.Context(), t, []config.VCenter{target(start(t, whole))}, options())["same"]
	if want.Pages != 1 {
		t.Fatalf("%d pages, want 1", want.Pages)
	}
	for _, test := range []struct {
		name     string
		pageSize int
		most     int
	}{
		{"one object to a page", 1, 5000},
		{"the client asks for 7", 7, 5000},
		{"the vCenter gives 13", 1000, 13},
		{"no page size", 0, 100},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := whole
			o.PageCap = test.most
			v := start(t, o)
			vc := target(v)
			vc.PageSize = test.pageSize
			got := readFleet(t.Context(), t, []config.VCenter{vc}, options())["same"]
			checkComplete(t, v, got)
			if got.Pages < 2 {
				t.Errorf("%d pages", got.Pages)
			}
			if diff := cmp.Diff(want.Records, got.Records); diff != "" {
				t.Errorf("(-one page +many):\n%s", diff)
			}
		})
	}
}

func TestOldestRelease(t *testing.T) {
	v := start(t, simulator.Options{Name: "u1", VMs: 5, Releases: []string{"8.0.1.0"}, NoHello: true})
	r := readFleet(t.Context(), t, []config.VCenter{target(v)}, options())["u1"]
	checkComplete(t, v, r)
	if r.APIRelease != "8.0.1.0" || r.Protocol != "vi-json" {
		t.Errorf("release %s, protocol %s", r.APIRelease, r.Protocol)
	}
}

// TestASectionAloneIsTheSame reads each section alone: what is not asked for
// then must not change a row.
func TestASectionAloneIsTheSame(t *testing.T) {
	v := start(t, simulator.Options{Name: "same", Seed: 3, VMs: 120})
	all := readFleet(t.Context(), t, []config.VCenter{target(v)}, options())["same"]
	for _, section := range inventory.Sections() {
		t.Run(section, func(t *testing.T) {
			want := all.Records
			for _, table := range inventory.Tables() {
				if table.Section != section {
					table.Clear(&want)
				} else if table.Len(&want) == 0 {
					t.Errorf("no %s to compare", table.Name)
				}
			}
			got := readFleet(t.Context(), t, []config.VCenter{target(v)}, options(section))["same"]
			if got.Status != inventory.Complete || len(got.Counts) != 1 {
				t.Errorf("status %s, counts %v, problems %v", got.Status, got.Counts, got.Problems)
			}
			if diff := cmp.Diff(want, got.Records); diff != "" {
				t.Errorf("(-with all sections +alone):\n%.4000s", diff)
			}
		})
	}
	checkClean(t, v)
}
