package report

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vcfleet/pkg/inventory"
	"vcfleet/pkg/tabular"
)

// asRead is what encoding/csv makes of a cell: valid UTF-8, an apostrophe
// before what could be a formula, and its own folding of CRLF within quotes.
func asRead(v tabular.Value, t tabular.Type) string {
	s := v.String()
	if t != tabular.Int && t != tabular.Float {
		s = strings.ToValidUTF8(s, "\ufffd")
		if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
			s = "'" + s
		}
	}
	return strings.ReplaceAll(s, "\r\n", "\n")
}

func wantCSV(t *testing.T, content []byte, table tabular.Table) {
	t.Helper()
	got, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", table.Name, err)
	}
	var want [][]string
	var header []string
	for _, column := range table.Columns {
		header = append(header, column.Name)
	}
	want = append(want, header)
	for row := range table.Rows() {
		var cells []string
		for i, column := range table.Columns {
			cells = append(cells, asRead(row.Cell(i), column.Type))
		}
		want = append(want, cells)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", table.Name, diff)
	}
}

func TestCSVReadsBack(t *testing.T) {
	r := fixture(t)
	folder := t.TempDir()
	write(t, Output{"csv", folder}, r, Options{})
	tables := []tabular.Table{r.VCenterTable(), r.ProblemTable()}
	for _, table := range r.Tables() {
		tables = append(tables, r.Table(table))
	}
	for _, table := range tables {
		content, err := os.ReadFile(filepath.Join(folder, table.Name+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		wantCSV(t, content, table)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != len(tables) {
		t.Errorf("%d files for %d tables, %v", len(entries), len(tables), err)
	}
}

func renderCSV(t *testing.T, table tabular.Table) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := fill(&b, func(w *bufio.Writer) error { return writeCSV(w, table) }); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestEveryTypeInCSV(t *testing.T) {
	rows := []everyType{
		{},
		{"=1+1", tabular.Some[int64](-1), tabular.Some(-1.5), tabular.Some(false), time.Unix(0, 0), []string{"-", "b"}, []tabular.Pair{{Key: "@k", Value: "v"}}},
		{" a,b", tabular.Some[int64](0), tabular.Some(1e21), tabular.Some(true), time.Unix(1e9, 1000), []string{`"`}, []tabular.Pair{{Key: "k", Value: "\n"}}},
	}
	want := "text,int,float,bool,time,list,pairs\r\n" +
		",,,,,,\r\n" +
		"'=1+1,-1,-1.5,false,1970-01-01T00:00:00Z,'-; b,'@k=v\r\n" +
		"\" a,b\",0,1000000000000000000000,true,2001-09-09T01:46:40.000001Z,\"\"\"\",\"k=\n\"\r\n"
	if diff := cmp.Diff(want, string(renderCSV(t, tabular.Bind(everyTypeSchema(), rows)))); diff != "" {
		t.Error(diff)
	}
}

func TestCSVRemovesOnlyItsOwnStaleFiles(t *testing.T) {
	folder := t.TempDir()
	write(t, Output{"csv", folder}, fixture(t), Options{}) // an earlier run of all sections
	for name, content := range map[string]string{
		"hosts.csv":    "hostname,address\r\na,b\r\n", // another program's
		"networks.csv": "",
		"notes.csv":    "vcenter,name\r\n", // no table of ours
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(folder, "disks.csv")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(folder, "disks.csv"), 0o755); err != nil { // strange, but not ours
		t.Fatal(err)
	}
	tool, run := fixtureRun()
	v := inventory.VCenter{Name: "a", Status: inventory.Complete, Sections: []string{"vms"}}
	write(t, Output{"csv", folder}, inventory.NewReport(tool, run, []inventory.VCenter{v}), Options{})
	wantFiles(t, folder, "disks.csv", "hosts.csv", "networks.csv", "notes.csv", "problems.csv", "vcenters.csv", "virtualMachines.csv")
}

func TestCSVFailsBeforeItReplaces(t *testing.T) {
	folder := t.TempDir()
	write(t, Output{"csv", folder}, emptyFleet(), Options{})
	if err := os.Mkdir(filepath.Join(folder, "hosts.csv"), 0o755); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(folder, "vcenters.csv"))
	if err != nil {
		t.Fatal(err)
	}
	sink, err := Open(Output{"csv", folder}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := sink.Finish(fixture(t)); err == nil || !strings.Contains(err.Error(), "hosts.csv") {
		t.Errorf("Finish: %v", err)
	}
	after, err := os.ReadFile(filepath.Join(folder, "vcenters.csv"))
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the previous vcenters.csv was touched, %v", err)
	}
	wantFiles(t, folder, "hosts.csv", "problems.csv", "vcenters.csv")
}

func FuzzCSV(f *testing.F) {
	for _, text := range evilTexts() {
		f.Add(text, text, text, int64(-1))
	}
	f.Fuzz(func(t *testing.T, text, element, key string, n int64) {
		rows := []everyType{
			{text: text, n: tabular.Some(n), list: []string{element, text}, pairs: []tabular.Pair{{Key: key, Value: element}}},
			{text: element, list: []string{key}},
		}
		table := tabular.Bind(everyTypeSchema(), rows)
		content := renderCSV(t, table)
		wantCSV(t, content, table)
		records, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range records[1:] {
			for i, cell := range record {
				if i != 1 && i != 2 && cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
					t.Errorf("a spreadsheet would run %q", cell)
				}
			}
		}
	})
}
