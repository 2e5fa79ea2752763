package report

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"

	"vcfleet/pkg/internal/terminal"
	"vcfleet/pkg/inventory"
)

// minWidth is the narrowest terminal that the table is made for.
const minWidth = 40

// maxShownProblems is how many problems of a vCenter the table spells out; the
// other formats have them all.
const maxShownProblems = 10

type tableWriter struct {
	view
	width int // 0 is no limit
	color bool
}

func openTable(out Output, o Options) (Sink, error) {
	v, err := newView(o)
	if err != nil {
		return nil, err
	}
	t := tableWriter{view: v, width: o.Width, color: o.Color && o.Width > 0}
	if t.width > 0 {
		t.width = max(t.width, minWidth)
	}
	return newWhole(out, o, func(w *bufio.Writer, r *inventory.Report) error {
		var text bytes.Buffer
		t.report = r
		t.write(&text)
		_, err := w.Write(text.Bytes())
		return err
	})
}

func (t *tableWriter) write(w *bytes.Buffer) {
	t.vcenters(w)
	for _, table := range t.tables {
		t.records(w, table)
	}
	t.totals(w)
	t.problems(w)
}

func (t *tableWriter) vcenters(w *bytes.Buffer) {
	if len(t.report.VCenters) == 0 {
		return
	}
	g := grid{columns: vcenterTitles(), rows: t.vcenterRows()}
	for i := range g.columns {
		g.columns[i].title = strings.ToUpper(g.columns[i].title)
	}
	if t.color {
		g.paint = func(row, column int, cell string) string {
			if column != vcenterStatus {
				return cell
			}
			return painted(t.report.VCenters[row].Status, cell)
		}
	}
	g.write(w, t.width)
	w.WriteByte('\n')
}

// painted colours a status.
func painted(s inventory.Status, cell string) string {
	color := "31" // red
	switch s {
	case inventory.Complete:
		color = "32" // green
	case inventory.Partial, inventory.Stale:
		color = "33" // yellow
	case inventory.Skipped:
		color = "2" // faint
	case inventory.Failed:
	}
	return "\x1b[" + color + "m" + cell + "\x1b[0m"
}

func (t *tableWriter) records(w *bytes.Buffer, kind inventory.Table) {
	table, collected := t.recordTable(kind)
	if !collected {
		if t.asked {
			fmt.Fprintf(w, "%s: not collected\n\n", kind.Title)
		}
		return
	}
	if table.Len() == 0 {
		fmt.Fprintf(w, "%s: none\n\n", kind.Title)
		return
	}
	g := grid{rows: make([][]string, 0, table.Len())}
	for _, column := range table.Columns {
		g.columns = append(g.columns, newGridColumn(upperHeading(column), column.Type))
	}
	for row := range table.Rows() {
		g.rows = append(g.rows, humanRow(table.Columns, row))
	}
	fmt.Fprintf(w, "%s (%s)\n", kind.Title, grouped(int64(table.Len())))
	g.write(w, t.width)
	w.WriteByte('\n')
}

// totals writes the fleet's figures in as many columns as the width has room
// for, read downwards.
func (t *tableWriter) totals(w *bytes.Buffer) {
	totals := t.report.Totals()
	if len(totals) > 0 {
		fmt.Fprintln(w, "Fleet totals")
	}
	title, value := 0, 0
	for _, total := range totals {
		title = max(title, terminal.Width(total.Title))
		value = max(value, terminal.Width(humanInt(total.Value, total.Unit)))
	}
	const between = 4
	column := gridIndent + title + gridGap + value
	across := 1
	if t.width > 0 {
		across = max(1, (t.width+between-gridIndent)/(column-gridIndent+between))
	}
	down := (len(totals) + across - 1) / across
	for line := range down {
		for at := line; at < len(totals); at += down {
			indent := between
			if at == line {
				indent = gridIndent
			}
			total := totals[at]
			fmt.Fprintf(w, "%*s%-*s  %*s", indent, "", title, total.Title, value, humanInt(total.Value, total.Unit))
		}
		w.WriteByte('\n')
	}
	if len(totals) > 0 {
		w.WriteByte('\n')
	}
	t.paragraph(w, "", t.completeness())
	t.paragraph(w, "", t.runLine())
}

// problems spells out what is missing and why, and what to do about it.
func (t *tableWriter) problems(w *bytes.Buffer) {
	for _, vcenter := range t.troubled() {
		w.WriteByte('\n')
		is := " is " + terminal.OneLine(string(vcenter.Status))
		if vcenter.Status == inventory.Complete {
			is += ", but"
		}
		t.paragraph(w, "", terminal.OneLine(vcenter.Name)+is+":")
		if len(vcenter.Problems) == 0 {
			t.paragraph(w, "  ", "no reason was given")
		}
		for i, problem := range vcenter.Problems {
			if i == maxShownProblems {
				t.paragraph(w, "  ", fmt.Sprintf("and %d more problems; the other formats have them all", len(vcenter.Problems)-i))
				break
			}
			t.paragraph(w, "  ", terminal.OneLine(fmt.Sprintf("%s: %s:", problem.Phase, problem.Class))+" "+problemText(problem))
			if problem.Hint != "" {
				t.paragraph(w, "    ", "hint: "+terminal.OneLine(problem.Hint))
			}
		}
	}
}

// paragraph writes a text, wrapped, each line indented and those after the
// first a little more.
func (t *tableWriter) paragraph(w *bytes.Buffer, indent, text string) {
	hang := ""
	if indent != "" {
		hang = "  "
	}
	room := 0
	if t.width > 0 {
		room = t.width - len(indent) - len(hang)
	}
	for i, line := range terminal.Wrap(text, room) {
		if i > 0 {
			w.WriteString(hang)
		}
		w.WriteString(indent)
		w.WriteString(line)
		w.WriteByte('\n')
	}
}
