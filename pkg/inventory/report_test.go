package inventory

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vcfleet/pkg/tabular"
)

func vcenter(name, uuid string, status Status) VCenter {
	return VCenter{Name: name, InstanceUUID: uuid, Status: status, Sections: []string{"vms", "hosts", "datastores"}}
}

func TestNewReportSorts(t *testing.T) {
	r := NewReport(Tool{"vcfleet", "1"}, Run{ID: "x"}, []VCenter{vcenter("c", "3", Complete), vcenter("a", "1", Complete), vcenter("b", "2", Complete)})
	var names []string
	for _, v := range r.VCenters {
		names = append(names, v.Name)
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, names); diff != "" {
		t.Error(diff)
	}
	if !r.Run.Complete || r.Run.ID != "x" || r.Tool.Name != "vcfleet" || len(r.Incomplete()) != 0 {
		t.Errorf("the report is %+v", r)
	}
}

func TestCompleteMeansEveryVCenter(t *testing.T) {
	for _, status := range []Status{Partial, Failed, Skipped} {
		r := NewReport(Tool{}, Run{Complete: true}, []VCenter{vcenter("a", "", Complete), vcenter("b", "", status)})
		if r.Run.Complete || len(r.Incomplete()) != 1 || r.Incomplete()[0].Name != "b" {
			t.Errorf("%s: complete %v, incomplete %v", status, r.Run.Complete, r.Incomplete())
		}
	}
	if r := NewReport(Tool{}, Run{}, nil); !r.Run.Complete || len(r.Tables()) != 0 || len(r.Totals()) != 0 {
		t.Errorf("the report of no vCenters is %+v", r)
	}
}

func TestDuplicates(t *testing.T) {
	vcenters := []VCenter{vcenter("d", "", Failed), vcenter("b", "same", Complete), vcenter("a", "same", Partial), vcenter("c", "other", Complete), vcenter("e", "", Skipped)}
	r := NewReport(Tool{}, Run{}, vcenters)
	for _, v := range r.VCenters {
		found := slices.ContainsFunc(v.Problems, func(p Problem) bool {
			return p.Class == ClassDuplicate && strings.Contains(p.Message, "a, b") && p.Hint != ""
		})
		if found != (v.InstanceUUID == "same") {
			t.Errorf("%s: problems %+v", v.Name, v.Problems)
		}
	}
	// A saved report goes through it once more.
	again := NewReport(r.Tool, r.Run, r.VCenters)
	if len(again.VCenters[0].Problems) != 1 {
		t.Errorf("the problem was added twice: %+v", again.VCenters[0].Problems)
	}
}

func TestStatuses(t *testing.T) {
	r := NewReport(Tool{}, Run{}, []VCenter{vcenter("a", "", Complete), vcenter("b", "", Partial), vcenter("c", "", Failed), vcenter("d", "", Skipped), vcenter("e", "", Skipped)})
	if diff := cmp.Diff(StatusCounts{Total: 5, Complete: 1, Partial: 1, Failed: 1, Skipped: 2}, r.Statuses()); diff != "" {
		t.Error(diff)
	}
}

func TestTotals(t *testing.T) {
	a, b := vcenter("a", "", Complete), vcenter("b", "", Failed)
	a.Records = Records{
		VirtualMachines: []VirtualMachine{
			{PowerState: "poweredOn", CPUs: tabular.Some[int64](4), MemoryMiB: tabular.Some[int64](1024), UsedMiB: tabular.Some[int64](10)},
			{PowerState: "poweredOff", Template: tabular.Some(true), CPUs: tabular.Some[int64](2)},
			{}, // nothing is known of it
		},
		Hosts:      []Host{{CPUCores: tabular.Some[int64](32), MemoryMiB: tabular.Some[int64](2048)}, {}},
		Datastores: []Datastore{{CapacityMiB: tabular.Some[int64](100), FreeMiB: tabular.Some[int64](40)}, {CapacityMiB: tabular.Some[int64](1)}},
		Clusters:   []Cluster{{}}, // not asked for: not counted
	}
	r := NewReport(Tool{}, Run{}, []VCenter{a, b})
	got := map[string]int64{}
	for _, total := range r.Totals() {
		if _, twice := got[total.Name]; twice || total.Title == "" || !camelCase.MatchString(total.Name) {
			t.Errorf("total %+v", total)
		}
		if strings.HasSuffix(total.Name, "MiB") != (total.Unit == "MiB") {
			t.Errorf("total %s has the unit %q", total.Name, total.Unit)
		}
		got[total.Name] = total.Value
	}
	want := map[string]int64{
		"virtualMachines": 3, "poweredOn": 1, "templates": 1, "vmCpus": 6, "vmMemoryMiB": 1024, "vmUsedMiB": 10,
		"hosts": 2, "hostCpuCores": 32, "hostMemoryMiB": 2048,
		"datastores": 2, "datastoreCapacityMiB": 101, "datastoreFreeMiB": 40,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTablesAreThoseThatWereAskedFor(t *testing.T) {
	a, b := vcenter("a", "", Complete), vcenter("b", "", Complete)
	b.Sections = []string{"clusters"}
	var names []string
	for _, table := range NewReport(Tool{}, Run{}, []VCenter{b, a}).Tables() {
		names = append(names, table.Name)
	}
	if diff := cmp.Diff([]string{"virtualMachines", "hosts", "clusters", "datastores"}, names); diff != "" {
		t.Error(diff)
	}
}

func TestCount(t *testing.T) {
	v := vcenter("a", "", Complete)
	v.Records.VirtualMachines = make([]VirtualMachine, 2)
	v.Records.Clusters = make([]Cluster, 3)
	v.Count()
	if diff := cmp.Diff(map[string]int{"virtualMachines": 2, "hosts": 0, "datastores": 0}, v.Counts); diff != "" {
		t.Error(diff)
	}
}

// TestVCenterTable holds that what is not known of a vCenter is absent.
func TestVCenterTable(t *testing.T) {
	complete, failed := vcenter("a", "uuid", Complete), vcenter("b", "", Failed)
	complete.Labels = map[string]string{"site": "prague", "env": "prod"}
	complete.Count()
	failed.Count()
	failed.Problems = []Problem{{Message: "first"}, {Message: "second"}}
	r := NewReport(Tool{}, Run{}, []VCenter{complete, failed})
	table, missing := r.VCenterTable().Select("name", "status", "labels", "virtualMachines", "hosts", "problem")
	if missing != nil {
		t.Fatal(missing)
	}
	var got [][]string
	for row := range table.Rows() {
		var cells []string
		for column := range table.Columns {
			cells = append(cells, row.Cell(column).String())
		}
		got = append(got, cells)
	}
	want := [][]string{{"a", "complete", "env=prod; site=prague", "0", "0", ""}, {"b", "failed", "", "", "", "first (+1 more)"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestProblemTable(t *testing.T) {
	v := vcenter("a", "", Partial)
	v.Problems = []Problem{{Phase: PhaseRead, Class: ClassOddValue, Type: "VirtualMachine", Path: "name", Objects: 2, Message: "two\nlines", Hint: "h"}, {Message: "m"}}
	var got []string
	table := NewReport(Tool{}, Run{}, []VCenter{vcenter("b", "", Complete), v}).ProblemTable()
	for row := range table.Rows() {
		var cells []string
		for column := range table.Columns {
			cells = append(cells, row.Cell(column).String())
		}
		got = append(got, strings.Join(cells, "|"))
	}
	if diff := cmp.Diff([]string{"a|read|odd-value|VirtualMachine|name|2|two lines|h", "a||||||m|"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestBrief(t *testing.T) {
	for want, problems := range map[string][]Problem{
		"":            nil,
		"a":           {{Message: "a"}},
		"a (+2 more)": {{Message: "a"}, {Message: "b"}, {Message: "c"}},
	} {
		if got := Brief(problems); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
