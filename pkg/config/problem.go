package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Problem is one thing wrong with a configuration, or one warning.
type Problem struct {
	// File is the name given to Load or Parse.
	File string
	// Line and Column count from 1; 0 means the file as a whole.
	Line, Column int
	// Path is the value's place, as in vcenters[2].tls.thumbprint.
	Path string
	// Message says what is wrong, Hint what to do.
	Message, Hint string
}

// String returns file:line:column: message (hint).
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	b.WriteString(": " + p.Message)
	if p.Hint != "" {
		b.WriteString(" (" + p.Hint + ")")
	}
	return b.String()
}

// Error is everything wrong with a configuration.
type Error struct {
	// Problems are in line order; there is at least one.
	Problems []Problem

	cause error
}

// Error returns one line per problem.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns what the operating system said when the file could not be
// read at all.
func (e *Error) Unwrap() error { return e.cause }

// tidy sorts problems by line and drops repetitions: a bad value in defaults
// is met once for every vCenter that inherits it.
func tidy(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Path, b.Path), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(problems)
}

// show quotes a text of the file for a message: short, on one line and
// without anything that could steer a terminal.
func show(s string) string {
	const most = 60
	var b strings.Builder
	b.WriteByte('`')
	count := 0
	for _, r := range s {
		if count++; count > most {
			b.WriteString("…")
			break
		}
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('`')
	return b.String()
}
