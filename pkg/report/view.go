package report

import (
	"fmt"
	"slices"
	"strings"

	"vcfleet/pkg/internal/terminal"
	"vcfleet/pkg/inventory"
	"vcfleet/pkg/tabular"
)

// view is what table and markdown show of a report; they differ in dress only.
type view struct {
	report *inventory.Report
	asked  bool // the user named the tables
	tables []inventory.Table
}

// defaultTables are shown when the user names none.
func defaultTables() []string { return []string{"clusters"} }

func newView(o Options) (view, error) {
	names := o.Tables
	if names == nil {
		names = defaultTables()
	}
	tables, err := namedTables(names)
	return view{asked: o.Tables != nil, tables: tables}, err
}

// vcenterTitles are the columns of vcenterRow; the last is the problem.
func vcenterTitles() []gridColumn {
	return []gridColumn{
		newGridColumn("vCenter", tabular.Text),
		{title: "Status", whole: true},
		newGridColumn("Release", tabular.Text),
		newGridColumn("VMs", tabular.Int), newGridColumn("Hosts", tabular.Int), newGridColumn("Time", tabular.Int),
		newGridColumn("Problem", tabular.Text),
	}
}

// vcenterStatus is the column that has a colour.
const vcenterStatus = 1

// vcenterRows has a row for every vCenter, whatever became of it.
func (v view) vcenterRows() [][]string {
	table, _ := v.report.VCenterTable().Select("name", "status", "version", "virtualMachines", "hosts", "millis", "problem")
	var rows [][]string
	for row := range table.Rows() {
		cells := make([]string, len(table.Columns))
		for i, column := range table.Columns {
			cells[i] = human(row.Cell(i), column.Unit)
		}
		vcenter := &v.report.VCenters[len(rows)]
		if vcenter.Version == "" && vcenter.APIRelease != "" {
			cells[2] = terminal.Harmless(vcenter.APIRelease)
		}
		if vcenter.Status == inventory.Skipped {
			cells[5] = absentCell
		}
		cells[6] = ""
		if len(vcenter.Problems) > 0 {
			// The class comes first: it still says what is wrong when it is all
			// that there is room for.
			cells[6] = terminal.OneLine(string(vcenter.Problems[0].Class) + ": " + row.Cell(6).String())
		}
		rows = append(rows, cells)
	}
	return rows
}

// recordTable is a record table with its brief columns; collected is false
// when no vCenter with records was asked for it.
func (v view) recordTable(t inventory.Table) (table tabular.Table, collected bool) {
	table, _ = v.report.Table(t).Select(t.Brief...)
	return table, slices.ContainsFunc(v.report.VCenters, func(vc inventory.VCenter) bool {
		return vc.Status.HasRecords() && slices.Contains(vc.Sections, t.Section)
	})
}

func humanRow(columns []tabular.Header, row tabular.Row) []string {
	cells := make([]string, len(columns))
	for i, column := range columns {
		cells[i] = human(row.Cell(i), column.Unit)
	}
	return cells
}

func newGridColumn(title string, t tabular.Type) gridColumn {
	column := gridColumn{title: title}
	switch t {
	case tabular.Int, tabular.Float:
		column.right, column.whole = true, true
	case tabular.Time, tabular.Bool:
		column.whole = true
	case tabular.Text, tabular.List, tabular.Pairs:
	}
	return column
}

// completeness says in a sentence how much of the fleet the figures cover.
func (v view) completeness() string {
	c := v.report.Statuses()
	switch {
	case c.Total == 0:
		return "There is no vCenter in this report."
	case c.Complete == c.Total && c.Total == 1:
		return "The vCenter is complete."
	case c.Complete == c.Total:
		return fmt.Sprintf("All %d vCenters are complete.", c.Total)
	}
	var parts []string
	of := fmt.Sprintf(" of %d vCenters", c.Total)
	for _, part := range []struct {
		n  int
		is string
	}{{c.Failed + c.Skipped, "missing"}, {c.Partial, "incomplete"}, {c.Stale, "stale"}} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d%s %s %s", part.n, of, areOrIs(part.n), part.is))
			of = ""
		}
	}
	text := strings.Join(parts, " and ") + ": the totals count only what was read"
	if c.Stale > 0 {
		text += ", by an earlier run where a vCenter is stale"
	}
	return text + "."
}

func areOrIs(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// runLine names the run that the report is of.
func (v view) runLine() string {
	r := v.report
	took := absentCell
	if d := r.Run.FinishedAt.Sub(r.Run.StartedAt); d >= 0 && !r.Run.StartedAt.IsZero() {
		took = humanMillis(d.Milliseconds())
	}
	return terminal.Harmless(fmt.Sprintf("%s %s, run %s, started %s, took %s.", r.Tool.Name, r.Tool.Version, r.Run.ID, instant(r.Run.StartedAt), took))
}

// troubled returns the vCenters that need words: those that are not complete,
// and those with a problem that does not make them incomplete.
func (v view) troubled() []*inventory.VCenter {
	var list []*inventory.VCenter
	for i := range v.report.VCenters {
		if vcenter := &v.report.VCenters[i]; vcenter.Status != inventory.Complete || len(vcenter.Problems) > 0 {
			list = append(list, vcenter)
		}
	}
	return list
}

// problemText is what happened and what it concerns.
func problemText(p inventory.Problem) string {
	text := p.Message
	var about []string
	if p.Type != "" || p.Path != "" {
		about = append(about, strings.TrimSpace(p.Type+" "+p.Path))
	}
	if p.Objects == 1 {
		about = append(about, "1 object")
	} else if p.Objects > 1 {
		about = append(about, grouped(p.Objects)+" objects")
	}
	if len(about) > 0 {
		text += " (" + strings.Join(about, ", ") + ")"
	}
	return terminal.OneLine(text)
}
