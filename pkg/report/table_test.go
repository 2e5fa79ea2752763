package report

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"vcfleet/pkg/internal/terminal"
	"vcfleet/pkg/inventory"
	"vcfleet/pkg/tabular"
)

func allTables() []string { return inventory.Sections() }

// TestTableFitsTheTerminal renders every table, evil texts included.
func TestTableFitsTheTerminal(t *testing.T) {
	r := fixture(t)
	r.VCenters[0].Problems[0].Message = strings.Repeat("东京", 100) + " " + strings.Repeat("x", 500)
	for _, width := range []int{1, 40, 41, 59, 60, 79, 80, 100, 120, 200} {
		limit := max(width, minWidth)
		for line := range strings.Lines(string(render(t, "table", r, Options{Width: width, Tables: allTables()}))) {
			line = strings.TrimSuffix(line, "\n")
			if got := terminal.Width(line); got > limit {
				t.Errorf("width %d: %d columns: %s", width, got, line)
			}
			if strings.HasSuffix(line, " ") {
				t.Errorf("width %d: blanks at the end: %q", width, line)
			}
		}
	}
}

// TestNoTextPaintsTheTerminal looks for anything but text and line ends.
func TestNoTextPaintsTheTerminal(t *testing.T) {
	for _, format := range []string{"table", "markdown"} {
		for i, r := range string(render(t, format, fixture(t), Options{Width: 100, Tables: allTables()})) {
			if r != '\n' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)) {
				t.Errorf("%s: %U at byte %d", format, r, i)
			}
		}
	}
}

func TestColorIsForTheTerminalOnly(t *testing.T) {
	r := small(t)
	colored := render(t, "table", r, Options{Width: 80, Color: true})
	plain := render(t, "table", r, Options{Width: 80})
	if bytes.Contains(plain, []byte("\x1b")) || bytes.Count(colored, []byte("\x1b[0m")) != len(r.VCenters) {
		t.Errorf("escape sequences: %d with colour, %d without", bytes.Count(colored, []byte("\x1b")), bytes.Count(plain, []byte("\x1b")))
	}
	for _, code := range []string{"31", "32", "33", "2"} {
		colored = bytes.ReplaceAll(colored, []byte("\x1b["+code+"m"), nil)
	}
	if diff := cmp.Diff(string(plain), string(bytes.ReplaceAll(colored, []byte("\x1b[0m"), nil))); diff != "" {
		t.Errorf("colour changed the layout:\n%s", diff)
	}
}

func TestAbsentIsNotZero(t *testing.T) {
	text := string(render(t, "table", fixture(t), Options{}))
	for name, want := range map[string]string{
		"ostrava-dr": "ostrava-dr failed - - - 312 ms credentials-rejected:",
		"very-long":  "very-long-name-of-a-vcenter-in-a-far-away-place skipped - - - - canceled:",
		"lab-empty":  "lab-empty complete 8.0.3 0 0 1.2 s",
	} {
		line := text[strings.Index(text, name):]
		if got := strings.Join(strings.Fields(line[:strings.Index(line, "\n")]), " "); !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestCompleteness(t *testing.T) {
	statuses := map[string]inventory.Status{"c": inventory.Complete, "p": inventory.Partial, "f": inventory.Failed, "s": inventory.Skipped}
	for in, want := range map[string]string{
		"":      "There is no vCenter in this report.",
		"c":     "The vCenter is complete.",
		"cc":    "All 2 vCenters are complete.",
		"cf":    "1 of 2 vCenters is missing: the totals count only what was read.",
		"cfs":   "2 of 3 vCenters are missing: the totals count only what was read.",
		"cpp":   "2 of 3 vCenters are incomplete: the totals count only what was read.",
		"cpffs": "3 of 5 vCenters are missing and 1 is incomplete: the totals count only what was read.",
	} {
		r := &inventory.Report{}
		for _, letter := range in {
			r.VCenters = append(r.VCenters, inventory.VCenter{Status: statuses[string(letter)]})
		}
		if got := (view{report: r}).completeness(); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestTablesThatAreNotThere(t *testing.T) {
	tool, run := fixtureRun()
	r := func() *inventory.Report {
		return inventory.NewReport(tool, run, []inventory.VCenter{{Name: "a", Status: inventory.Complete, Sections: []string{"vms"}}})
	}
	asked := Options{Tables: []string{"vms", "hosts"}}
	for format, want := range map[string][]string{
		"table":    {"Virtual machines: none\n", "Hosts: not collected\n"},
		"markdown": {"## Virtual machines\n\nNone.\n", "## Hosts\n\nNot collected.\n"},
	} {
		got := string(render(t, format, r(), asked))
		for _, text := range want {
			if !strings.Contains(got, text) {
				t.Errorf("%s has no %q:\n%s", format, text, got)
			}
		}
		if got := string(render(t, format, r(), Options{})); strings.Contains(got, "Clusters") {
			t.Errorf("%s shows a table by default that was not collected:\n%s", format, got)
		}
	}
}

func TestManyProblems(t *testing.T) {
	v := inventory.VCenter{Name: "a", Status: inventory.Partial}
	for i := range maxShownProblems + 2 {
		v.Problems = append(v.Problems, inventory.Problem{Message: fmt.Sprintf("number %d happened", i)})
	}
	r := &inventory.Report{VCenters: []inventory.VCenter{v, {Name: "b", Status: inventory.Failed}}}
	got := string(render(t, "table", r, Options{}))
	if !strings.Contains(got, "and 2 more problems") || strings.Contains(got, "number 10") || !strings.Contains(got, "no reason was given") {
		t.Error(got)
	}
	if got := string(render(t, "markdown", r, Options{})); !strings.Contains(got, "number 11 happened") || !strings.Contains(got, "no reason was given") {
		t.Error(got)
	}
}

func TestHuman(t *testing.T) {
	tests := []struct {
		value tabular.Value
		unit  string
		want  string
	}{
		{tabular.Value{}, "MiB", "-"},
		{tabular.IntValue(0), "MiB", "0 MiB"},
		{tabular.IntValue(1023), "MiB", "1023 MiB"},
		{tabular.IntValue(1024), "MiB", "1 GiB"},
		{tabular.IntValue(1536), "MiB", "1.5 GiB"},
		{tabular.IntValue(150*1024 + 600), "MiB", "151 GiB"},
		{tabular.IntValue(1024*1024 - 1), "MiB", "1 TiB"},
		{tabular.IntValue(math.MaxInt64), "MiB", "8388608 EiB"},
		{tabular.IntValue(-1), "MiB", "-1"},
		{tabular.IntValue(2400), "MHz", "2.4 GHz"},
		{tabular.IntValue(999), "MHz", "999 MHz"},
		{tabular.IntValue(850), "ms", "850 ms"},
		{tabular.IntValue(1999), "ms", "1.9 s"},
		{tabular.IntValue(125_000), "ms", "2m05s"},
		{tabular.IntValue(7_260_000), "ms", "2h01m"},
		{tabular.IntValue(412), "days", "412 d"},
		{tabular.IntValue(1234567), "", "1,234,567"},
		{tabular.IntValue(math.MinInt64), "", "-9,223,372,036,854,775,808"},
		{tabular.IntValue(9000), "bytes", "9,000"},
		{tabular.FloatValue(0.5), "", "0.5"},
		{tabular.FloatValue(0.5), "%", "0.5 %"},
		{tabular.BoolValue(true), "", "yes"},
		{tabular.BoolValue(false), "", "no"},
		{tabular.TextValue("a\x1b[2Jb"), "", "a·[2Jb"},
		{tabular.ListValue([]string{"a", "b"}), "", "a; b"},
		{tabular.PairsValue([]tabular.Pair{{Key: "a", Value: "b\n"}}), "", "a=b·"},
	}
	for _, test := range tests {
		if got := human(test.value, test.unit); got != test.want {
			t.Errorf("%s %s: got %q, want %q", test.value, test.unit, got, test.want)
		}
	}
}

func TestHeadings(t *testing.T) {
	for header, want := range map[tabular.Header][2]string{
		{Name: "memoryMiB", Unit: "MiB"}:       {"MEMORY", "Memory"},
		{Name: "ageDays", Unit: "days"}:        {"AGE", "Age"},
		{Name: "primaryIp"}:                    {"PRIMARY IP", "Primary IP"},
		{Name: "vcenter"}:                      {"VCENTER", "vCenter"},
		{Name: "effectiveCpuMHz", Unit: "MHz"}: {"EFFECTIVE CPU", "Effective CPU"},
		{Name: "cpus"}:                         {"CPUS", "CPUs"},
		{Name: "maxMtu", Unit: "bytes"}:        {"MAX MTU", "Max MTU"},
		{Name: "bytes", Unit: "bytes"}:         {"BYTES", "Bytes"},
	} {
		if got := [2]string{upperHeading(header), titleHeading(header)}; got != want {
			t.Errorf("%s: got %q, want %q", header.Name, got, want)
		}
	}
}
