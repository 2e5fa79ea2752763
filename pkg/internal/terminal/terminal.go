// Package terminal fits text that comes from elsewhere to what a terminal shows:
// how wide it is, where it breaks, and what of it must not get there.
//
// It refuses to ask the environment, the locale or the terminal itself, as the
// same text has to give the same bytes, and to write: what is coloured or laid
// out in columns, and how, is its callers' business. It is the only package that
// knows go-runewidth.
package terminal

import (
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"
)

func condition() *runewidth.Condition { return &runewidth.Condition{StrictEmojiNeutral: true} }

// Width returns how many columns a line takes.
func Width(s string) int {
	if plain(s) {
		return len(s)
	}
	return condition().StringWidth(s)
}

// plain reports whether s has printable ASCII only.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Cut shortens a line to a width; an ellipsis says so.
func Cut(s string, width int) string {
	if Width(s) <= width {
		return s
	}
	return condition().Truncate(s, width, "…")
}

// Wrap breaks s at blanks into lines of at most width; width 0 is no limit. A
// word that is wider than a line is broken after a colon that stands in the
// second half of the line, as in a thumbprint, else where the line ends.
func Wrap(s string, width int) []string {
	if width <= 0 {
		return []string{strings.Join(strings.Fields(s), " ")}
	}
	var lines []string
	line, used := "", 0
	for word := range strings.FieldsSeq(s) {
		size := Width(word)
		if line != "" && used+1+size <= width {
			line, used = line+" "+word, used+1+size
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for size > width {
			head := condition().Truncate(word, width, "")
			if head == "" {
				break // a character wider than the line
			}
			if at := strings.LastIndexByte(head, ':'); at >= len(head)/2 {
				head = head[:at+1]
			}
			lines = append(lines, head)
			word = word[len(head):]
			size = Width(word)
		}
		line, used = word, size
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// Harmless returns s with everything replaced that could move a cursor, colour
// or reorder a terminal, or end a line: control characters, invisible and
// bidirectional formatting, line separators, tags. Bytes that are not UTF-8
// become U+FFFD.
func Harmless(s string) string {
	if plain(s) {
		return s
	}
	return strings.Map(harmlessRune, s)
}

func harmlessRune(r rune) rune {
	switch {
	case r < unicode.MaxASCII && r >= ' ':
		return r
	case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp):
		return '·'
	case unicode.Is(unicode.Zs, r):
		return ' '
	}
	return r
}

// OneLine is [Harmless] for text that may have several lines: it joins them, and
// makes any run of blanks one, before their ends would be marked.
func OneLine(s string) string { return Harmless(strings.Join(strings.Fields(s), " ")) }
