package report

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"

	"vcfleet/pkg/internal/terminal"
	"vcfleet/pkg/inventory"
)

type markdownWriter struct{ view }

func openMarkdown(out Output, o Options) (Sink, error) {
	v, err := newView(o)
	if err != nil {
		return nil, err
	}
	m := markdownWriter{v}
	return newWhole(out, o, func(w *bufio.Writer, r *inventory.Report) error {
		var text bytes.Buffer
		m.report = r
		m.write(&text)
		_, err := w.Write(text.Bytes())
		return err
	})
}

func (m *markdownWriter) write(w *bytes.Buffer) {
	fmt.Fprintf(w, "# Fleet report\n\n%s\n\n%s\n", markdown(m.completeness()), markdown(m.runLine()))
	m.heading(w, "vCenters")
	markdownHead(w, vcenterTitles())
	for _, row := range m.vcenterRows() {
		markdownRow(w, row)
	}
	for _, table := range m.tables {
		m.records(w, table)
	}
	m.totals(w)
	m.problems(w)
}

func (m *markdownWriter) heading(w *bytes.Buffer, title string) {
	fmt.Fprintf(w, "\n## %s\n\n", markdown(title))
}

func (m *markdownWriter) records(w *bytes.Buffer, kind inventory.Table) {
	table, collected := m.recordTable(kind)
	if !collected && !m.asked {
		return
	}
	m.heading(w, kind.Title)
	switch {
	case !collected:
		w.WriteString("Not collected.\n")
		return
	case table.Len() == 0:
		w.WriteString("None.\n")
		return
	}
	var columns []gridColumn
	for _, column := range table.Columns {
		columns = append(columns, newGridColumn(titleHeading(column), column.Type))
	}
	markdownHead(w, columns)
	for row := range table.Rows() {
		markdownRow(w, humanRow(table.Columns, row))
	}
}

func (m *markdownWriter) totals(w *bytes.Buffer) {
	totals := m.report.Totals()
	if len(totals) == 0 {
		return
	}
	m.heading(w, "Fleet totals")
	markdownHead(w, []gridColumn{{title: "Total"}, {title: "Value", right: true}})
	for _, total := range totals {
		markdownRow(w, []string{total.Title, humanInt(total.Value, total.Unit)})
	}
}

func (m *markdownWriter) problems(w *bytes.Buffer) {
	troubled := m.troubled()
	if len(troubled) == 0 {
		return
	}
	m.heading(w, "Problems")
	markdownHead(w, []gridColumn{{title: "vCenter"}, {title: "Status"}, {title: "Phase"}, {title: "Class"}, {title: "Message"}, {title: "Hint"}})
	for _, vcenter := range troubled {
		problems := vcenter.Problems
		if len(problems) == 0 {
			problems = []inventory.Problem{{Message: "no reason was given"}}
		}
		for _, p := range problems {
			markdownRow(w, []string{
				terminal.OneLine(vcenter.Name), terminal.OneLine(string(vcenter.Status)), terminal.OneLine(string(p.Phase)), terminal.OneLine(string(p.Class)), problemText(p), terminal.OneLine(p.Hint),
			})
		}
	}
}

func markdownHead(w *bytes.Buffer, columns []gridColumn) {
	titles := make([]string, len(columns))
	for i, column := range columns {
		titles[i] = column.title
	}
	markdownRow(w, titles)
	for _, column := range columns {
		if column.right {
			w.WriteString("| ---: ")
		} else {
			w.WriteString("| --- ")
		}
	}
	w.WriteString("|\n")
}

// markdownRow writes a row of harmless one-line cells.
func markdownRow(w *bytes.Buffer, cells []string) {
	for _, cell := range cells {
		w.WriteString("| ")
		if cell != "" {
			w.WriteString(markdown(cell))
			w.WriteByte(' ')
		}
	}
	w.WriteString("|\n")
}

// markdownSpecial are the characters that mean something in GitHub's markdown
// wherever they stand; # and others only matter where a line begins, which no
// text of a vCenter does here.
const markdownSpecial = "\\`*[]~|$"

// markdown escapes a harmless text so that it reads as it is: no table cell
// ends, no tag, link, image, code or formula begins. The result of escaping
// names such as web_01 stays readable, as _ means nothing within a word.
func markdown(s string) string {
	if !strings.ContainsAny(s, markdownSpecial+"<>&_") {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '<':
			b.WriteString("&lt;")
		case c == '>':
			b.WriteString("&gt;")
		case c == '&':
			b.WriteString("&amp;")
		case strings.IndexByte(markdownSpecial, c) >= 0, c == '_' && (!wordByte(s, i-1) || !wordByte(s, i+1)):
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func wordByte(s string, i int) bool {
	if i < 0 || i >= len(s) {
		return false
	}
	c := s[i]
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
