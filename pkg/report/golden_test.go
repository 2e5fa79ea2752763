package report

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vcfleet/pkg/inventory"
	"vcfleet/pkg/tabular"
)

// update returns whether goldens are to be written: go test ./pkg/report -update.
func update() bool { return flag.Lookup("update").Value.String() == "true" }

func TestMain(m *testing.M) {
	flag.Bool("update", false, "write the golden files")
	flag.Parse()
	os.Exit(m.Run())
}

func golden(t *testing.T, name string, got []byte, message string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if update() {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
		t.Errorf("%s: %s (-golden +got):\n%s", path, message, diff)
	}
}

const lookAtIt = "the output changed; look at it and run with -update"

func TestGoldens(t *testing.T) {
	tables := []string{"clusters", "vms", "snapshots"}
	for name, test := range map[string]struct {
		format string
		o      Options
	}{
		"table-60.txt":    {"table", Options{Width: 60, Tables: tables}},
		"table-80.txt":    {"table", Options{Width: 80, Tables: tables}},
		"table-120.txt":   {"table", Options{Width: 120, Tables: tables}},
		"table-plain.txt": {"table", Options{}},
		"table-color.txt": {"table", Options{Width: 80, Color: true, Tables: []string{}}},
		"report.md":       {"markdown", Options{Tables: tables}},
		"report.json":     {"json", Options{}},
		"report.ndjson":   {"ndjson", Options{}},
	} {
		t.Run(name, func(t *testing.T) {
			golden(t, name, render(t, test.format, small(t), test.o), lookAtIt)
		})
	}
}

func TestGoldensOfAnEmptyFleet(t *testing.T) {
	var all bytes.Buffer
	for _, format := range Formats() {
		if !format.Folder {
			fmt.Fprintf(&all, "--- %s\n%s", format.Name, render(t, format.Name, emptyFleet(), Options{Width: 80}))
		}
	}
	golden(t, "empty.txt", all.Bytes(), lookAtIt)
}

func TestGoldenCSV(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "out")
	write(t, Output{"csv", folder}, small(t), Options{})
	var all bytes.Buffer
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "--- %s\n%s", entry.Name(), bytes.ReplaceAll(content, []byte("\r"), []byte("<CR>")))
	}
	golden(t, "csv.txt", all.Bytes(), lookAtIt)
}

// TestColumnsAreAContract fails when a column is renamed, removed, retyped or
// moved. People's scripts name them.
func TestColumnsAreAContract(t *testing.T) {
	var list bytes.Buffer
	add := func(name string, columns []tabular.Header) {
		for _, column := range columns {
			fmt.Fprintln(&list, strings.TrimSpace(fmt.Sprintf("%s.%s %s %s", name, column.Name, column.Type, column.Unit)))
		}
	}
	add(keyVCenters, inventory.VCenterSchema().Headers())
	add("problems", inventory.ProblemSchema().Headers())
	for _, table := range inventory.Tables() {
		add(table.Name, table.Columns)
	}
	golden(t, "columns.txt", list.Bytes(), "the columns are a contract with everyone who reads "+inventory.SchemaVersion+
		": adding one is fine (run with -update), but renaming, removing or retyping one needs a new schema version")
}

func TestNoColumnIsNamedTable(t *testing.T) {
	for _, table := range inventory.Tables() {
		if table.Name == keyRun || table.Name == keyVCenters || table.Name == keySchema || table.Name == keyTool || table.Name == keySummary {
			t.Errorf("a table is named %q as a key of the report is", table.Name)
		}
		hasVCenter := false
		for _, column := range table.Columns {
			hasVCenter = hasVCenter || column.Name == columnVCenter && column.Type == tabular.Text
			if column.Name == keyTable {
				t.Errorf("%s has a column %q, which ndjson needs for itself", table.Name, keyTable)
			}
		}
		if !hasVCenter || !strings.HasPrefix(table.Columns[0].Name+",", csvOwner) {
			t.Errorf("%s does not begin with the column %q", table.Name, columnVCenter)
		}
	}
}
