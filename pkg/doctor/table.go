package doctor

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"vcfleet/pkg/internal/terminal"
	"vcfleet/pkg/tabular"
)

const (
	minWidth  = 40
	gap       = "  "
	minDetail = 20 // columns for the last column, however wide the others are
)

// writeTable writes the checks of each vCenter, details wrapped and hints below
// them, and then a line of verdict for each.
func writeTable(w *bytes.Buffer, r *Report, style Style) {
	p := page{w: w, width: style.Width, color: style.Color && style.Width > 0}
	if p.width > 0 {
		p.width = max(p.width, minWidth)
	}
	for i := range r.VCenters {
		p.vcenter(&r.VCenters[i])
	}
	for i := range r.VCenters {
		p.verdict(&r.VCenters[i])
	}
}

// page is a table being written.
type page struct {
	w     *bytes.Buffer
	width int // 0 is no limit
	color bool
}

func (p *page) vcenter(v *VCenter) {
	p.paragraph("", v.Name+" ("+v.Host+")")
	columns := []string{"check", "status", "millis", "detail"}
	table, _ := tabular.Bind(Schema(), v.Checks).Select(columns...)
	widths := make([]int, len(columns)-1)
	lines := [][]string{make([]string, len(columns))}
	for i, column := range columns {
		lines[0][i] = strings.ToUpper(column)
	}
	lines[0][2] = strings.ToUpper(table.Columns[2].Unit)
	for row := range table.Rows() {
		cells := make([]string, len(columns))
		for i := range columns {
			cells[i] = terminal.OneLine(row.Cell(i).String())
		}
		lines = append(lines, cells)
	}
	indent := 0
	for i := range widths {
		for _, cells := range lines {
			widths[i] = max(widths[i], len(cells[i])) // names of checks and statuses are ASCII
		}
		indent += len(gap) + widths[i]
	}
	indent += len(gap)
	for at, cells := range lines {
		status := fmt.Sprintf("%-*s", widths[1], cells[1])
		if at > 0 {
			status = p.painted(v.Checks[at-1].Status, status)
		}
		head := fmt.Sprintf("%s%-*s%s%s%s%*s%s", gap, widths[0], cells[0], gap, status, gap, widths[2], cells[2], gap)
		p.hang(head, indent, cells[3])
		if at > 0 && v.Checks[at-1].Hint != "" {
			p.hang(strings.Repeat(" ", indent), indent, "hint: "+terminal.OneLine(v.Checks[at-1].Hint))
		}
	}
	p.w.WriteByte('\n')
}

// verdict writes the line that sums a vCenter up.
func (p *page) verdict(v *VCenter) {
	verdict := v.Verdict()
	text := terminal.OneLine(v.Name) + ": " + p.painted(verdict, string(verdict))
	switch names := v.which(verdict); {
	case verdict == Skipped && len(names) > 1:
		text += " (" + names[0] + " and what follows)"
	case verdict != OK:
		text += " (" + strings.Join(names, ", ") + ")"
	}
	if warned := v.which(Warn); verdict != Warn && len(warned) > 0 {
		text += "; warn (" + strings.Join(warned, ", ") + ")"
	}
	p.w.WriteString(text + "\n")
}

// paragraph writes a text, wrapped.
func (p *page) paragraph(indent, text string) {
	for _, line := range terminal.Wrap(terminal.OneLine(text), p.width-len(indent)) {
		p.w.WriteString(indent + line + "\n")
	}
}

// hang writes a text behind a head that takes indent columns, wrapped below
// itself.
func (p *page) hang(head string, indent int, text string) {
	room := 0
	if p.width > 0 {
		room = max(p.width-indent, minDetail)
	}
	lines := terminal.Wrap(text, room)
	if len(lines) == 0 {
		lines = []string{""}
	}
	for i, line := range lines {
		if i > 0 {
			head = strings.Repeat(" ", indent)
		}
		p.w.WriteString(strings.TrimRight(head+line, " ") + "\n")
	}
}

// painted colours a text by a status.
func (p *page) painted(s Status, text string) string {
	if !p.color {
		return text
	}
	color := "31" // red
	switch s {
	case OK:
		color = "32" // green
	case Warn:
		color = "33" // yellow
	case Skipped:
		color = "2" // faint
	case Fail:
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// TrustYAML returns the lines that pin each certificate, as YAML to paste into
// the vCenter's entry of a configuration.
func TrustYAML(certificates []Certificate) string {
	var b strings.Builder
	for _, c := range certificates {
		if c.Thumbprint == "" {
			continue
		}
		fmt.Fprintf(&b, "# name: %s (%s)\n", terminal.OneLine(c.Name), terminal.OneLine(c.Address))
		fmt.Fprintf(&b, "# shows: %s, issued by %s, valid until %s\n", terminal.OneLine(c.Subject), terminal.OneLine(c.Issuer), c.NotAfter.Format("2006-01-02"))
		fmt.Fprintf(&b, "tls: {thumbprint: %s}\n", strconv.Quote(c.Thumbprint))
	}
	return b.String()
}
