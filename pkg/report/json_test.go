package report

import (
	"bufio"
	"bytes"
	stdjson "encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"vcfleet/pkg/inventory"
	"vcfleet/pkg/tabular"
)

func TestJSONIsOneRecordALine(t *testing.T) {
	r := fixture(t)
	got := render(t, "json", r, Options{})
	if !stdjson.Valid(got) || !utf8.Valid(got) || !bytes.HasSuffix(got, []byte("}\n")) {
		t.Fatal("not valid JSON, or no newline at the end")
	}
	records := 0
	for line := range bytes.Lines(got) {
		line = bytes.TrimRight(line, ",\n")
		if bytes.HasPrefix(line, []byte("{\"")) {
			records++
			if !stdjson.Valid(line) {
				t.Errorf("a line is not a record: %.80s", line)
			}
		}
	}
	want := len(r.VCenters)
	for _, table := range r.Tables() {
		want += r.Table(table).Len()
	}
	if records != want {
		t.Errorf("%d records stand on a line of their own, want %d", records, want)
	}
}

func TestJSONSaysWhatIsMissing(t *testing.T) {
	var got struct {
		Summary struct {
			VCenters inventory.StatusCounts
			Missing  []string
			Totals   map[string]int64
		}
		VCenters []struct {
			Name   string
			Counts map[string]int
		}
	}
	r := fixture(t)
	if err := stdjson.Unmarshal(render(t, "json", r, Options{}), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"brno-edge", "ostrava-dr", "very-long-name-of-a-vcenter-in-a-far-away-place"}, got.Summary.Missing); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(inventory.StatusCounts{Total: 6, Complete: 3, Partial: 1, Failed: 1, Skipped: 1}, got.Summary.VCenters); diff != "" {
		t.Error(diff)
	}
	for _, total := range r.Totals() {
		if got.Summary.Totals[total.Name] != total.Value {
			t.Errorf("total %s is %d, want %d", total.Name, got.Summary.Totals[total.Name], total.Value)
		}
	}
	for i, v := range got.VCenters {
		failed := r.VCenters[i].Status == inventory.Failed || r.VCenters[i].Status == inventory.Skipped
		if (v.Counts == nil) != failed {
			t.Errorf("%s is %s and has the counts %v", v.Name, r.VCenters[i].Status, v.Counts)
		}
	}
}

func TestJSONTimesAreUTC(t *testing.T) {
	tool, run := fixtureRun()
	prague := time.FixedZone("CET", 3600)
	run.StartedAt, run.FinishedAt = run.StartedAt.In(prague), run.FinishedAt.In(prague)
	v := inventory.VCenter{Name: "a", Status: inventory.Complete, StartedAt: run.StartedAt, Sections: []string{"vms"}}
	v.Records.VirtualMachines = []inventory.VirtualMachine{{Object: inventory.Object{VCenter: "a"}, CreatedAt: run.StartedAt}}
	for _, format := range []string{"json", "ndjson"} {
		got := string(render(t, format, inventory.NewReport(tool, run, []inventory.VCenter{v}), Options{}))
		if strings.Contains(got, "+01:00") || strings.Count(got, "2026-03-01T04:00:00.123456Z") != 3 {
			t.Errorf("%s:\n%s", format, got)
		}
	}
}

// everyType is a table with a column of each type.
type everyType struct {
	text  string
	n     inventory.Int
	f     tabular.Opt[float64]
	b     inventory.Bool
	at    time.Time
	list  []string
	pairs []tabular.Pair
}

func everyTypeSchema() tabular.Schema[everyType] {
	return tabular.Schema[everyType]{Name: "things", Title: "Things", Columns: []tabular.Column[everyType]{
		tabular.TextColumn("text", "", func(r *everyType) *string { return &r.text }),
		tabular.IntColumn("int", "", func(r *everyType) *inventory.Int { return &r.n }),
		tabular.FloatColumn("float", "", func(r *everyType) *tabular.Opt[float64] { return &r.f }),
		tabular.BoolColumn("bool", "", func(r *everyType) *inventory.Bool { return &r.b }),
		tabular.TimeColumn("time", "", func(r *everyType) *time.Time { return &r.at }),
		tabular.ListColumn("list", "", func(r *everyType) *[]string { return &r.list }),
		tabular.PairsColumn("pairs", "", func(r *everyType) *[]tabular.Pair { return &r.pairs }),
	}}
}

func TestEveryTypeInJSON(t *testing.T) {
	rows := []everyType{
		{},
		{"a\"\xff", tabular.Some[int64](0), tabular.Some(0.0), tabular.Some(false), time.Unix(0, 0), []string{""}, []tabular.Pair{{}}},
		{"b", tabular.Some[int64](-1 << 63), tabular.Some(-1.5e300), tabular.Some(true), time.Unix(1e9, 1000), []string{"x", "\n"}, []tabular.Pair{{Key: "k", Value: "v"}, {Key: "k", Value: "w"}, {Key: "l"}}},
	}
	want := `{}
{"text":"a\"` + "\ufffd" + `","int":0,"float":0,"bool":false,"time":"1970-01-01T00:00:00Z","list":[""],"pairs":{"":""}}
{"text":"b","int":-9223372036854775808,"float":-1.5e+300,"bool":true,"time":"2001-09-09T01:46:40.000001Z","list":["x","\n"],"pairs":{"k":"v","k (2)":"w","l":""}}
`
	table := tabular.Bind(everyTypeSchema(), rows)
	encoder := newRowEncoder(table.Columns, "")
	var got []byte
	for row := range table.Rows() {
		got = append(encoder.append(got, row), '\n')
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestNDJSONStreams(t *testing.T) {
	r := fixture(t)
	var b bytes.Buffer
	sink, err := Open(Output{"ndjson", Stdout}, Options{Stdout: &b})
	if err != nil {
		t.Fatal(err)
	}
	// The last vCenter is not announced, the first gets a problem afterwards.
	for i := range r.VCenters[:len(r.VCenters)-1] {
		before := b.Len()
		if err := sink.VCenter(&r.VCenters[i]); err != nil {
			t.Fatal(err)
		}
		if b.Len() == before {
			t.Errorf("nothing was written when %s finished", r.VCenters[i].Name)
		}
		if strings.Contains(b.String(), `"table":"run"`) {
			t.Error("the run's line came before the end")
		}
	}
	first := &r.VCenters[0]
	first.Problems = append(first.Problems, inventory.Problem{Phase: inventory.PhaseNegotiate, Class: inventory.ClassDuplicate, Message: "late"})
	if err := sink.Finish(r); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	last := ""
	scanner := bufio.NewScanner(&b)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		var line struct{ Table, VCenter, Message string }
		if err := stdjson.Unmarshal(scanner.Bytes(), &line); err != nil {
			t.Fatalf("%v in %.80s", err, scanner.Bytes())
		}
		counts[line.Table]++
		last = line.Table
		if line.Table == "problems" && (line.Message != "late" || line.VCenter != first.Name) {
			t.Errorf("problem line %+v", line)
		}
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{keyVCenters: len(r.VCenters), "problems": 1, keyRun: 1}
	for _, table := range r.Tables() {
		if n := r.Table(table).Len(); n > 0 {
			want[table.Name] = n
		}
	}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Error(diff)
	}
	if last != keyRun {
		t.Errorf("the last line is of %q", last)
	}
}

func TestNDJSONLinesFitTheirVCenter(t *testing.T) {
	var names []string
	for line := range strings.Lines(string(render(t, "ndjson", fixture(t), Options{}))) {
		var row struct{ Table, VCenter, Name string }
		if err := stdjson.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		if row.Table == keyVCenters {
			for _, name := range names {
				if name != row.Name {
					t.Errorf("a record of %s stands before the line of %s", name, row.Name)
				}
			}
			names = nil
		} else if row.Table != keyRun {
			names = append(names, row.VCenter)
		}
	}
	if len(names) > 0 {
		t.Errorf("%d records have no vCenter's line after them", len(names))
	}
}

// bench is a report with a number of virtual machines that have every column.
func bench(b *testing.B, vms int) *inventory.Report {
	b.Helper()
	v := inventory.VCenter{Name: "prague-prod", Status: inventory.Complete, Sections: []string{"vms"}}
	table := inventory.Tables()[0]
	for n := range vms {
		set := table.Append(&v.Records)
		for column, header := range table.Columns {
			set(column, cellOf(header, v.Name, n+column))
		}
	}
	v.Records.Sort()
	tool, run := fixtureRun()
	return inventory.NewReport(tool, run, []inventory.VCenter{v})
}

const benchRows = 20_000

func BenchmarkWrite(b *testing.B) {
	r := bench(b, benchRows)
	for _, format := range Formats() {
		b.Run(format.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				out := Output{format.Name, Stdout}
				if format.Folder {
					out.Path = filepath.Join(b.TempDir(), "out")
				}
				write(b, out, r, Options{Stdout: discard{}, Tables: []string{"vms"}})
			}
			b.ReportMetric(float64(benchRows*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// discard is io.Discard without its shortcuts.
type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func BenchmarkReadJSON(b *testing.B) {
	saved := render(b, "json", bench(b, benchRows), Options{})
	b.SetBytes(int64(len(saved)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadJSON(bytes.NewReader(saved)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(benchRows*b.N)/b.Elapsed().Seconds(), "rows/s")
}

func ExampleParseOutput() {
	out, err := ParseOutput("csv=out/")
	fmt.Println(out.Format, out.Path, err)
	// Output: csv out/ <nil>
}
