package inventory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"vcfleet/pkg/tabular"
)

// SchemaVersion names the layout of the JSON report. Adding a key keeps it;
// renaming or removing one, or changing a meaning, makes a new version.
const SchemaVersion = "vcfleet.report/v1"

// Tool says what wrote a report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Run is one run over the fleet.
type Run struct {
	ID         string    `json:"id"`
	StartedAt  time.Time `json:"startedAt"`
	FinishedAt time.Time `json:"finishedAt"`
	Complete   bool      `json:"complete"` // every vCenter is complete
}

// Report is the consolidated result of a run.
type Report struct {
	Tool     Tool
	Run      Run
	VCenters []VCenter // sorted by name
}

// NewReport puts the results of a run side by side: sorts them, names vCenters
// that were read twice under different addresses, and says whether the run is
// complete. It takes over the slice.
func NewReport(tool Tool, run Run, vcenters []VCenter) *Report {
	slices.SortFunc(vcenters, func(a, b VCenter) int { return cmp.Compare(a.Name, b.Name) })
	r := &Report{Tool: tool, Run: run, VCenters: vcenters}
	r.markDuplicates()
	r.Run.Complete = !slices.ContainsFunc(vcenters, func(v VCenter) bool { return v.Status != Complete })
	return r
}

// markDuplicates adds a problem to vCenters that share an instanceUuid: their
// objects stand twice in the report.
func (r *Report) markDuplicates() {
	names := make(map[string][]string)
	for i := range r.VCenters {
		if v := &r.VCenters[i]; v.InstanceUUID != "" {
			names[v.InstanceUUID] = append(names[v.InstanceUUID], v.Name)
		}
	}
	for i := range r.VCenters {
		v := &r.VCenters[i]
		same := names[v.InstanceUUID]
		known := slices.ContainsFunc(v.Problems, func(p Problem) bool { return p.Class == ClassDuplicate })
		if len(same) < 2 || known {
			continue
		}
		v.Problems = append(v.Problems, Problem{
			Phase: PhaseNegotiate, Class: ClassDuplicate,
			Message: fmt.Sprintf("the same vCenter (instanceUuid %s) is configured as %s: its objects are counted %d times", v.InstanceUUID, strings.Join(same, ", "), len(same)),
			Hint:    "keep one of them and set enabled: false on the others",
		})
	}
}

// Table returns the rows of one record kind over all vCenters.
func (r *Report) Table(t Table) tabular.Table {
	records := make([]*Records, len(r.VCenters))
	for i := range r.VCenters {
		records[i] = &r.VCenters[i].Records
	}
	return t.View(records...)
}

// Tables returns the record kinds that at least one vCenter was asked for: a
// table that is not in the report was not asked for, an empty one has no rows.
func (r *Report) Tables() []Table {
	return slices.DeleteFunc(Tables(), func(t Table) bool {
		return !slices.ContainsFunc(r.VCenters, func(v VCenter) bool { return slices.Contains(v.Sections, t.Section) })
	})
}

// VCenterTable returns one row for every vCenter.
func (r *Report) VCenterTable() tabular.Table {
	return tabular.Bind(VCenterSchema(), r.VCenters)
}

// ProblemTable returns one row for every problem.
func (r *Report) ProblemTable() tabular.Table {
	var rows []ProblemRow
	for i := range r.VCenters {
		for _, p := range r.VCenters[i].Problems {
			rows = append(rows, ProblemRow{r.VCenters[i].Name, p})
		}
	}
	return tabular.Bind(ProblemSchema(), rows)
}

// StatusCounts says how many vCenters have each status.
type StatusCounts struct {
	Total    int `json:"total"`
	Complete int `json:"complete"`
	Partial  int `json:"partial"`
	Failed   int `json:"failed"`
	Skipped  int `json:"skipped"`
	Stale    int `json:"stale"`
}

// Read is how many vCenters this run read.
func (c StatusCounts) Read() int { return c.Complete + c.Partial }

// Statuses counts the vCenters by status.
func (r *Report) Statuses() StatusCounts {
	c := StatusCounts{Total: len(r.VCenters)}
	for i := range r.VCenters {
		switch r.VCenters[i].Status {
		case Complete:
			c.Complete++
		case Partial:
			c.Partial++
		case Skipped:
			c.Skipped++
		case Failed:
			c.Failed++
		case Stale:
			c.Stale++
		}
	}
	return c
}

// Incomplete returns the vCenters that are not complete, in order.
func (r *Report) Incomplete() []*VCenter {
	var list []*VCenter
	for i := range r.VCenters {
		if r.VCenters[i].Status != Complete {
			list = append(list, &r.VCenters[i])
		}
	}
	return list
}

// Total is one figure over the fleet. It counts what the report holds: where a
// vCenter is missing, so are its objects.
type Total struct {
	Name  string // camelCase
	Title string // for people
	Unit  string
	Value int64
}

// Totals returns the fleet's figures, those of tables that were not asked for
// left out; and none when no vCenter could be read: not known is not zero.
func (r *Report) Totals() []Total {
	if c := r.Statuses(); c.Read()+c.Stale == 0 {
		return nil
	}
	var totals []Total
	for _, t := range r.Tables() {
		totals = append(totals, Total{Name: t.Name, Title: t.Title, Value: int64(r.Table(t).Len())})
		switch t.Name {
		case "virtualMachines":
			totals = append(totals, r.virtualMachineTotals()...)
		case "hosts":
			totals = append(totals, r.hostTotals()...)
		case "datastores":
			totals = append(totals, r.datastoreTotals()...)
		}
	}
	return totals
}

func (r *Report) virtualMachineTotals() []Total {
	var on, templates, cpus, memory, used int64
	for i := range r.VCenters {
		for j := range r.VCenters[i].Records.VirtualMachines {
			vm := &r.VCenters[i].Records.VirtualMachines[j]
			if vm.PowerState == "poweredOn" {
				on++
			}
			if vm.Template.Value {
				templates++
			}
			cpus += vm.CPUs.Value
			memory += vm.MemoryMiB.Value
			used += vm.UsedMiB.Value
		}
	}
	return []Total{
		{"poweredOn", "Powered on", "", on},
		{"templates", "Templates", "", templates},
		{"vmCpus", "Virtual CPUs", "", cpus},
		{"vmMemoryMiB", "VM memory", "MiB", memory},
		{"vmUsedMiB", "VM storage used", "MiB", used},
	}
}

func (r *Report) hostTotals() []Total {
	var cores, memory int64
	for i := range r.VCenters {
		for j := range r.VCenters[i].Records.Hosts {
			host := &r.VCenters[i].Records.Hosts[j]
			cores += host.CPUCores.Value
			memory += host.MemoryMiB.Value
		}
	}
	return []Total{{"hostCpuCores", "Host CPU cores", "", cores}, {"hostMemoryMiB", "Host memory", "MiB", memory}}
}

func (r *Report) datastoreTotals() []Total {
	var capacity, free int64
	for i := range r.VCenters {
		for j := range r.VCenters[i].Records.Datastores {
			ds := &r.VCenters[i].Records.Datastores[j]
			capacity += ds.CapacityMiB.Value
			free += ds.FreeMiB.Value
		}
	}
	return []Total{{"datastoreCapacityMiB", "Datastore capacity", "MiB", capacity}, {"datastoreFreeMiB", "Datastore free space", "MiB", free}}
}
