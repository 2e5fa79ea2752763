package report

import (
	"bytes"
	"strings"
	"testing"

	"vcfleet/pkg/inventory"
	"vcfleet/pkg/tabular"
)

func TestMarkdownEscapes(t *testing.T) {
	for in, want := range map[string]string{
		"web-01":        "web-01",
		"web_01_a":      "web_01_a",
		"_it_":          `\_it\_`,
		"a|b":           `a\|b`,
		`a\|b`:          `a\\\|b`,
		"`x`":           "\\`x\\`",
		"<b>&amp;":      "&lt;b&gt;&amp;amp;",
		"[a](http://b)": `\[a\](http://b)`,
		"*b* ~~c~~ $d$": `\*b\* \~\~c\~\~ \$d\$`,
		`back\slash`:    `back\\slash`,
		"东京 | x":        `东京 \| x`,
	} {
		if got := markdown(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// markdownCells splits a row as GitHub does: at bars without a backslash.
func markdownCells(line string) []string {
	var cells []string
	var cell strings.Builder
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '\\' && i+1 < len(line):
			cell.WriteByte(line[i])
			i++
			cell.WriteByte(line[i])
		case line[i] == '|':
			cells = append(cells, cell.String())
			cell.Reset()
		default:
			cell.WriteByte(line[i])
		}
	}
	return append(cells, cell.String())
}

// unmarkdown is what a reader sees of an escaped cell.
func unmarkdown(cell string) string {
	var b strings.Builder
	for i := 0; i < len(cell); i++ {
		if cell[i] == '\\' && i+1 < len(cell) {
			i++
		}
		b.WriteByte(cell[i])
	}
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(b.String())
}

// section returns the lines of the table under a heading.
func section(t *testing.T, document, heading string) []string {
	t.Helper()
	_, after, found := strings.Cut(document, "## "+heading+"\n\n")
	if !found {
		t.Fatalf("no %s in\n%s", heading, document)
	}
	table, _, _ := strings.Cut(after, "\n\n")
	return strings.Split(strings.TrimSuffix(table, "\n"), "\n")
}

func FuzzMarkdown(f *testing.F) {
	for _, text := range evilTexts() {
		f.Add(text, "b")
		f.Add("a", text)
	}
	f.Fuzz(func(t *testing.T, name, other string) {
		v := inventory.VCenter{Name: "a", Status: inventory.Partial, Sections: []string{"clusters"}, Problems: []inventory.Problem{{Message: name, Hint: other}, {Message: other}}}
		for _, text := range []string{name, other} {
			v.Records.Clusters = append(v.Records.Clusters, inventory.Cluster{Object: inventory.Object{VCenter: other, Name: text}, Datacenter: name, HAEnabled: tabular.Some(true)})
		}
		document := string(render(t, "markdown", &inventory.Report{VCenters: []inventory.VCenter{v}}, Options{}))
		for heading, rows := range map[string]int{"vCenters": 1, "Clusters": 2, "Problems": 2} {
			lines := section(t, document, heading)
			if len(lines) != rows+2 {
				t.Fatalf("%s has %d lines, want %d:\n%s", heading, len(lines), rows+2, document)
			}
			for _, line := range lines {
				if got, want := len(markdownCells(line)), len(markdownCells(lines[0])); got != want {
					t.Fatalf("%d cells, want %d: %s", got, want, line)
				}
				if strings.ContainsAny(line, "<>\x1b\r") {
					t.Fatalf("a tag or control character: %q", line)
				}
			}
			if heading == "Clusters" {
				want := strings.Trim(human(tabular.TextValue(name), ""), " ")
				if got := strings.Trim(unmarkdown(markdownCells(lines[2])[2]), " "); got != want {
					t.Fatalf("the reader sees %q, want %q", got, want)
				}
			}
		}
		if !bytes.HasSuffix([]byte(document), []byte("|\n")) {
			t.Fatalf("the document does not end with a table:\n%s", document)
		}
	})
}
