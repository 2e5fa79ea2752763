package config

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

const (
	// maxProblems ends the list: nobody reads more, and a hostile file should
	// not fill the memory.
	maxProblems = 200
	// maxNodes is the budget of visited values. A file of the greatest size
	// has fewer; only aliases to aliases can exceed it.
	maxNodes = 1_000_000
)

// loader is one pass over one file.
type loader struct {
	file     string
	folder   string      // absolute; relative files are looked up here
	mode     fs.FileMode // of the file, 0 when it is not known
	root     *shape      // of the whole document, for hints
	nodes    int
	problems []Problem
	warnings []Problem
}

// place is where a value stands.
type place struct {
	line, column int
	path         string
}

// at returns the place of a node under the given path.
func at(n *yaml.Node, path string) place {
	return place{line: n.Line, column: n.Column, path: path}
}

// join appends a key to a path; a key that is no plain word is quoted.
func join(path, key string) string {
	const most = 64
	if len(key) > most {
		key = strings.ToValidUTF8(key[:most], "") + "…"
	}
	if key == "" || strings.ContainsFunc(key, func(r rune) bool { return !isWord(r) }) {
		return path + "[" + strconv.Quote(key) + "]"
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

func isWord(r rune) bool {
	return r == '_' || r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

// full reports whether no further problem is listed; hints need not be looked
// for then.
func (l *loader) full() bool { return len(l.problems) > maxProblems }

// problem notes what is wrong with the value at p.
func (l *loader) problem(p place, hint, format string, args ...any) {
	switch {
	case l.full():
		return
	case len(l.problems) == maxProblems:
		l.problems = append(l.problems, Problem{
			File: l.file, Line: p.line, Column: p.column,
			Message: fmt.Sprintf("more than %d problems; the rest is not listed", maxProblems),
		})
		return
	}
	l.problems = append(l.problems, l.at(p, hint, format, args...))
}

// warn notes something that works and should not stay.
func (l *loader) warn(p place, hint, format string, args ...any) {
	if len(l.warnings) < maxProblems {
		l.warnings = append(l.warnings, l.at(p, hint, format, args...))
	}
}

// at makes a Problem whose message begins with the value's path.
func (l *loader) at(p place, hint, format string, args ...any) Problem {
	message := fmt.Sprintf(format, args...)
	if p.path == "" {
		message = "the file " + message
	} else {
		message = p.path + " " + message
	}
	return Problem{File: l.file, Line: p.line, Column: p.column, Path: p.path, Message: message, Hint: hint}
}

// spend takes one value from the budget; false means stop. Without it, a small
// file of aliases could keep the loader busy for hours.
func (l *loader) spend(p place) bool {
	l.nodes++
	if l.nodes == maxNodes+1 {
		l.problem(p, "write the values out, or use defaults", "is too much: aliases multiply the file beyond %d values", maxNodes)
	}
	return l.nodes <= maxNodes
}

// follow returns what an alias stands for, or the node itself.
func follow(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}

// wrongType notes that the value is not what was expected. It never repeats
// the value: it may be a password.
func (l *loader) wrongType(n *yaml.Node, p place, want string) {
	n = follow(n)
	got, hint := "", ""
	switch tag := n.ShortTag(); {
	case n.Kind == yaml.MappingNode:
		got = "a mapping"
	case n.Kind == yaml.SequenceNode:
		got = "a list"
	case tag == "!!null":
		l.problem(p, "fill it in, or leave the key out; a text that begins with # & * or ! needs quotes", "is empty")
		return
	case tag == "!!str":
		got = "a text"
		switch want {
		case "true or false":
			hint = "write true or false, without quotes"
		case "a whole number":
			hint = "write the number without quotes"
		case "a list":
			hint = "write [ONE, TWO]"
		}
	case tag == "!!int" || tag == "!!float":
		got = "a number"
	case tag == "!!bool":
		got = "true or false"
	case tag == "!!timestamp":
		got = "a date"
	default:
		got, hint = "a value with a YAML tag", "a text that begins with ! needs quotes; tags such as !vault are not read"
	}
	if hint == "" && n.Kind == yaml.ScalarNode && want == "a text" {
		hint = "put it in quotes"
	}
	l.problem(p, hint, "is %s, not %s", got, want)
}

// entry is one key of a mapping.
type entry struct {
	key   string
	at    place // of the key; its path is that of the mapping
	value *yaml.Node
	place place // of the value
}

// entries returns the keys of a mapping in file order, without those that it
// complains about. keyPath makes the path of a key's value.
func (l *loader) entries(n *yaml.Node, p place, keyPath func(key string) string) ([]entry, bool) {
	node := follow(n)
	if node.Kind != yaml.MappingNode {
		l.wrongType(n, p, "a mapping")
		return nil, false
	}
	first := map[string]int{}
	var out []entry
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		keyAt := at(key, p.path)
		if !l.spend(keyAt) {
			break
		}
		name := follow(key)
		switch {
		case name.Kind != yaml.ScalarNode || name.ShortTag() == "!!null":
			l.problem(keyAt, "", "has a key that is no text")
			continue
		case name.ShortTag() == "!!merge":
			l.problem(keyAt, "use defaults for what vCenters share, and credentials for accounts", "has a merge key `<<`, which is not supported")
			continue
		}
		if line, twice := first[name.Value]; twice {
			l.repeated(keyAt, keyPath(name.Value), line)
			continue
		}
		first[name.Value] = key.Line
		out = append(out, entry{key: name.Value, at: keyAt, value: value, place: at(value, keyPath(name.Value))})
	}
	return out, true
}

func (l *loader) repeated(keyAt place, path string, line int) {
	keyAt.path = path
	l.problem(keyAt, fmt.Sprintf("the first stands in line %d", line), "is given twice")
}
