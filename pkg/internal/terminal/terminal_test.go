package terminal_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"vcfleet/pkg/internal/terminal"
)

func TestWidth(t *testing.T) {
	for s, want := range map[string]int{"": 0, "plain ~": 7, "Ústí": 4, "东京": 4, "e\u0301": 1, "a…": 2} {
		if got := terminal.Width(s); got != want {
			t.Errorf("%q: got %d, want %d", s, got, want)
		}
	}
}

func TestCut(t *testing.T) {
	for _, test := range []struct {
		in    string
		width int
		want  string
	}{
		{"abc", 3, "abc"},
		{"abcd", 3, "ab…"},
		{"东京数据", 8, "东京数据"},
		{"东京数据", 6, "东京…"}, // half a character is none
		{"abc", 1, "…"},
	} {
		if got := terminal.Cut(test.in, test.width); got != test.want {
			t.Errorf("%q in %d: got %q, want %q", test.in, test.width, got, test.want)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, test := range []struct {
		in    string
		width int
		want  []string
	}{
		{"", 10, nil},
		{"one two  three", 0, []string{"one two three"}},
		{"one two three", 7, []string{"one two", "three"}},
		{"abcdefghij k", 4, []string{"abcd", "efgh", "ij k"}},
		{"东京数据", 4, []string{"东京", "数据"}},
		{"东", 1, []string{"东"}},
		{"pin A1:B2:C3:D4", 7, []string{"pin", "A1:B2:", "C3:D4"}},
		{"https://vc.example/sdk", 12, []string{"https://vc.e", "xample/sdk"}},
		{":abcdef", 3, []string{":ab", "cde", "f"}},
		{"a \u0618 b", 3, []string{"a \u0618", "b"}}, // a word without width is a word
	} {
		if diff := cmp.Diff(test.want, terminal.Wrap(test.in, test.width)); diff != "" {
			t.Errorf("%q in %d: %s", test.in, test.width, diff)
		}
	}
}

func TestHarmless(t *testing.T) {
	for in, want := range map[string][2]string{ // harmless, and in one line
		"":                    {"", ""},
		"a  b":                {"a  b", "a b"},
		"a\x1b[2Jb":           {"a·[2Jb", "a·[2Jb"},
		"a\r\n\tb\n":          {"a···b·", "a b"},
		"\x7f\u009b":          {"··", "··"},
		"a\u202eb\u200d":      {"a·b·", "a·b·"},
		"a\u2028b\u2029c":     {"a·b·c", "a b c"},
		"a\u00a0b":            {"a b", "a b"},
		"\U000e0041":          {"·", "·"},
		"\xff\xfe":            {"\ufffd\ufffd", "\ufffd\ufffd"},
		"Ústí 东京 e\u0301 🙂 ~": {"Ústí 东京 e\u0301 🙂 ~", "Ústí 东京 e\u0301 🙂 ~"},
	} {
		if got := [2]string{terminal.Harmless(in), terminal.OneLine(in)}; got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// FuzzWrap holds lines to the width, loses no character and lets nothing harmful
// through.
func FuzzWrap(f *testing.F) {
	f.Add("one A1:B2:C3 东京\x1b", 4)
	f.Fuzz(func(t *testing.T, s string, width int) {
		s = terminal.OneLine(s)
		if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
			t.Errorf("harmful: %q", s)
		}
		width = max(0, min(width, 100))
		lines := terminal.Wrap(s, width)
		join := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if got := join(strings.Join(lines, "")); got != join(s) {
			t.Errorf("%q became %q", s, lines)
		}
		for _, line := range lines {
			if width >= 2 && terminal.Width(line) > width {
				t.Errorf("%q is wider than %d", line, width)
			}
		}
	})
}
