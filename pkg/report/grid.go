package report

import (
	"bytes"
	"strings"

	"vcfleet/pkg/internal/terminal"
)

const (
	gridGap    = 2  // blanks between columns
	textFloor  = 10 // a text column is not cut narrower than this
	gridIndent = 2
)

// gridColumn is a column of a grid.
type gridColumn struct {
	title string
	right bool // aligned to the right, as numbers are
	whole bool // never cut: half a number or time is another one
}

// grid is a table of harmless one-line texts.
type grid struct {
	columns []gridColumn
	rows    [][]string
	// paint, when set, colours a padded cell; it must not change its width.
	paint func(row, column int, cell string) string
}

// fit returns the widths of as many columns, from the first, as stand in limit
// at their narrowest, and gives the room that is left to those that are cut,
// narrow ones first. Limit 0 is no limit.
func (g *grid) fit(limit int) []int {
	natural := make([]int, len(g.columns))
	for i, column := range g.columns {
		natural[i] = terminal.Width(column.title)
		for _, row := range g.rows {
			natural[i] = max(natural[i], terminal.Width(row[i]))
		}
	}
	if limit <= 0 {
		return natural
	}
	var widths []int
	left := limit
	for i, column := range g.columns {
		narrowest := natural[i]
		if !column.whole {
			narrowest = min(narrowest, max(textFloor, terminal.Width(column.title)))
		}
		if i > 0 {
			left -= gridGap
		}
		if narrowest > left {
			if i > 0 {
				left += gridGap
				break
			}
			narrowest = left
		}
		left -= narrowest
		widths = append(widths, narrowest)
	}
	for ; left > 0; left-- {
		grow := -1
		for i, width := range widths {
			if width < natural[i] && (grow < 0 || width < widths[grow]) {
				grow = i
			}
		}
		if grow < 0 {
			break
		}
		widths[grow]++
	}
	return widths
}

// write writes the titles and the rows.
func (g *grid) write(w *bytes.Buffer, limit int) {
	widths := g.fit(limit)
	titles := make([]string, len(g.columns))
	for i, column := range g.columns {
		titles[i] = column.title
	}
	g.line(w, widths, -1, titles)
	for i, row := range g.rows {
		g.line(w, widths, i, row)
	}
}

func (g *grid) line(w *bytes.Buffer, widths []int, row int, cells []string) {
	pending := 0 // blanks not written yet, so that no line ends in some
	for i, width := range widths {
		cell := strings.TrimRight(terminal.Cut(cells[i], width), " ")
		pad := width - terminal.Width(cell)
		if g.columns[i].right {
			pending += pad
			pad = 0
		}
		if cell == "" {
			pending += pad + gridGap
			continue
		}
		for ; pending > 0; pending-- {
			w.WriteByte(' ')
		}
		if g.paint != nil && row >= 0 {
			cell = g.paint(row, i, cell)
		}
		w.WriteString(cell)
		pending = pad + gridGap
	}
	w.WriteByte('\n')
}
