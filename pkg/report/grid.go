package report

import (
	"bytes"
	"strings"

	"github.com/mattn/go-runewidth"
)

const (
	gridGap    = 2  // blanks between columns
	textFloor  = 10 // a text column is not cut narrower than this
	gridIndent = 2
)

// ruler measures what a terminal shows. It does not ask the environment, as
// the same report has to give the same bytes.
type ruler struct{ condition runewidth.Condition }

func newRuler() ruler { return ruler{runewidth.Condition{StrictEmojiNeutral: true}} }

func (r *ruler) width(s string) int {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return r.condition.StringWidth(s)
		}
	}
	return len(s)
}

// cut shortens s to a width.
func (r *ruler) cut(s string, width int) string {
	if r.width(s) <= width {
		return s
	}
	return r.condition.Truncate(s, width, "…")
}

// wrap breaks s at blanks into lines of at most width, and words that are
// wider than a line wherever it ends; width 0 is no limit.
func (r *ruler) wrap(s string, width int) []string {
	if width <= 0 {
		return []string{strings.Join(strings.Fields(s), " ")}
	}
	var lines []string
	line, used := "", 0
	for word := range strings.FieldsSeq(s) {
		size := r.width(word)
		if used > 0 && used+1+size <= width {
			line, used = line+" "+word, used+1+size
			continue
		}
		if used > 0 {
			lines = append(lines, line)
		}
		for size > width {
			head := r.condition.Truncate(word, width, "")
			if head == "" {
				break // a character wider than the line
			}
			lines = append(lines, head)
			word = word[len(head):]
			size = r.width(word)
		}
		line, used = word, size
	}
	if used > 0 {
		lines = append(lines, line)
	}
	return lines
}

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
func (g *grid) fit(r *ruler, limit int) []int {
	natural := make([]int, len(g.columns))
	for i, column := range g.columns {
		natural[i] = r.width(column.title)
		for _, row := range g.rows {
			natural[i] = max(natural[i], r.width(row[i]))
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
			narrowest = min(narrowest, max(textFloor, r.width(column.title)))
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
func (g *grid) write(w *bytes.Buffer, r *ruler, limit int) {
	widths := g.fit(r, limit)
	titles := make([]string, len(g.columns))
	for i, column := range g.columns {
		titles[i] = column.title
	}
	g.line(w, r, widths, -1, titles)
	for i, row := range g.rows {
		g.line(w, r, widths, i, row)
	}
}

func (g *grid) line(w *bytes.Buffer, r *ruler, widths []int, row int, cells []string) {
	pending := 0 // blanks not written yet, so that no line ends in some
	for i, width := range widths {
		cell := strings.TrimRight(r.cut(cells[i], width), " ")
		pad := width - r.width(cell)
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
