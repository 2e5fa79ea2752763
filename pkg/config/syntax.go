package config

import (
	"bytes"
	"errors"
	"io"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// yaml returns the one document of the file, or nil after noting why not.
func (l *loader) yaml(data []byte) *yaml.Node {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size <= 1 {
			l.problem(position(data, i), "save it as UTF-8", "is not UTF-8 text")
			return nil
		}
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f {
			l.problem(position(data, i), "", "holds a control character (U+%04X)", r)
			return nil
		}
		i += size
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var first, second yaml.Node
	err := decoder.Decode(&first)
	if errors.Is(err, io.EOF) || err == nil && isNull(&first) {
		l.problem(place{line: 1, column: 1}, "`vcfleet config init` writes an example", "is empty")
		return nil
	}
	if err != nil {
		l.notYAML(data, err)
		return nil
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		l.problem(at(&second, ""), "one file has one document; remove `---` and what follows, or merge it", "holds a second document")
		return nil
	case !errors.Is(err, io.EOF):
		l.notYAML(data, err)
		return nil
	}
	return first.Content[0]
}

func isNull(n *yaml.Node) bool {
	return len(n.Content) == 0 || n.Content[0].ShortTag() == "!!null"
}

// syntaxHint says what mostly lies behind a message of the YAML parser.
func syntaxHint(message string) string {
	for _, h := range []struct{ part, hint string }{
		{"cannot start any token", "indent with spaces, not tabs; a text that begins with @, ` or % needs quotes"},
		{"tab character", "indent with spaces, not tabs"},
		{"unknown escape", "a text with a backslash needs single quotes"},
		{"mapping values", "a text with `: ` in it needs quotes; otherwise check the indentation"},
		{"could not find expected ':'", "every line of a mapping is `key: value`"},
		{"unexpected end of stream", "a quote is not closed"},
		{"',' or ']'", "a bracket is not closed"},
		{"',' or '}'", "a brace is not closed"},
		{"node content", "a bracket, a brace or a value is missing"},
		{"did not find expected", "check the indentation"},
	} {
		if strings.Contains(message, h.part) {
			return h.hint
		}
	}
	return ""
}

// notYAML notes what the YAML parser said. Its line is missing in the first
// line of a file, and is that of the enclosing block when an indentation is
// wrong. An anchor's name is not repeated: `password: *secret` is one.
func (l *loader) notYAML(data []byte, err error) {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	if rest, ok := strings.CutPrefix(message, "unknown anchor '"); ok {
		where := place{line: 1, column: 1}
		name := strings.TrimSuffix(rest, "' referenced")
		if i := bytes.Index(data, []byte("*"+name)); i >= 0 {
			where = position(data, i)
		}
		l.problem(where, "a text that begins with * needs quotes", "is not YAML: alias without an anchor")
		return
	}
	line := 1
	if rest, ok := strings.CutPrefix(message, "line "); ok {
		if number, text, ok := strings.Cut(rest, ": "); ok {
			if n, err := strconv.Atoi(number); err == nil {
				line, message = n, text
			}
		}
	}
	if strings.HasPrefix(message, "did not find expected") {
		line = failingLine(data, err, line)
	}
	// The parser counts an unclosed text to the line after the last.
	line = min(line, bytes.Count(bytes.TrimRight(data, "\r\n"), []byte("\n"))+1)
	l.problem(place{line: line, column: 1}, syntaxHint(message), "is not YAML: %s", message)
}

// failingLine returns the first line up to which the file fails in the same
// way. The parser alone only knows where the block begins. Big files keep
// that answer: each try parses again.
func failingLine(data []byte, err error, known int) int {
	const most = 256 << 10
	if len(data) > most {
		return known
	}
	lines := bytes.SplitAfter(data, []byte("\n"))
	return 1 + sort.Search(len(lines)-1, func(i int) bool {
		var n yaml.Node
		short := yaml.Unmarshal(bytes.Join(lines[:i+1], nil), &n)
		return short != nil && short.Error() == err.Error()
	})
}
