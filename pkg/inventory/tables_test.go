package inventory

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vcfleet/pkg/tabular"
)

var camelCase = regexp.MustCompile(`^[a-z][a-zA-Z0-9]*$`)

// wantHeaders checks what help, schemas and formats rely on.
func wantHeaders(t *testing.T, table, title, doc string, columns []tabular.Header) {
	t.Helper()
	if !camelCase.MatchString(table) || title == "" || doc == "" || strings.HasSuffix(doc, ".") {
		t.Errorf("table %q: title %q, doc %q", table, title, doc)
	}
	seen := map[string]bool{}
	for _, column := range columns {
		name := table + "." + column.Name
		if !camelCase.MatchString(column.Name) {
			t.Errorf("%s is not camelCase", name)
		}
		if seen[column.Name] {
			t.Errorf("%s stands twice", name)
		}
		seen[column.Name] = true
		if column.Doc == "" || strings.HasSuffix(column.Doc, ".") {
			t.Errorf("%s: doc %q", name, column.Doc)
		}
		if column.Type < tabular.Text || column.Type > tabular.Pairs {
			t.Errorf("%s has no type", name)
		}
		if strings.HasSuffix(column.Name, "MiB") != (column.Unit == "MiB") || strings.HasSuffix(column.Name, "MHz") != (column.Unit == "MHz") {
			t.Errorf("%s has the unit %q", name, column.Unit)
		}
		if column.Unit != "" && column.Type != tabular.Int && column.Type != tabular.Float {
			t.Errorf("%s has a unit and is no number", name)
		}
	}
}

func TestColumns(t *testing.T) {
	vcenters, problems := VCenterSchema(), ProblemSchema()
	wantHeaders(t, vcenters.Name, vcenters.Title, vcenters.Doc, vcenters.Headers())
	wantHeaders(t, problems.Name, problems.Title, problems.Doc, problems.Headers())
	names, sections := map[string]bool{vcenters.Name: true, problems.Name: true}, map[string]bool{}
	for _, table := range Tables() {
		wantHeaders(t, table.Name, table.Title, table.Doc, table.Columns)
		if names[table.Name] || sections[table.Section] || table.Section == "" {
			t.Errorf("table %q or section %q stands twice", table.Name, table.Section)
		}
		names[table.Name], sections[table.Section] = true, true
		if len(table.Brief) == 0 || table.Brief[0] != "vcenter" {
			t.Errorf("%s: brief is %q", table.Name, table.Brief)
		}
		for i, name := range table.Brief {
			if !slices.ContainsFunc(table.Columns, func(h tabular.Header) bool { return h.Name == name }) || slices.Contains(table.Brief[:i], name) {
				t.Errorf("%s: brief column %q does not exist, or stands twice", table.Name, name)
			}
		}
	}
	if len(Sections()) != len(sections) {
		t.Errorf("%d sections for %d tables", len(Sections()), len(sections))
	}
}

// TestEveryFieldHasAColumn sets every column and looks for fields that are
// still zero: forgotten in the schema, or bound twice.
func TestEveryFieldHasAColumn(t *testing.T) {
	records := sample(1, 1)
	value := reflect.ValueOf(records).Elem()
	for i := range value.NumField() {
		if value.Field(i).Len() != 1 {
			t.Errorf("Records.%s is in no table", value.Type().Field(i).Name)
			continue
		}
		wantFilled(t, value.Type().Field(i).Name, value.Field(i).Index(0))
	}
}

func wantFilled(t *testing.T, name string, v reflect.Value) {
	t.Helper()
	switch v.Type() {
	case reflect.TypeFor[Int](), reflect.TypeFor[Bool](), reflect.TypeFor[tabular.Opt[float64]](), reflect.TypeFor[time.Time]():
	default:
		if v.Kind() != reflect.Struct {
			break
		}
		for i := range v.NumField() {
			wantFilled(t, name+"."+v.Type().Field(i).Name, v.Field(i))
		}
		return
	}
	if v.IsZero() {
		t.Errorf("%s is the field of no column", name)
	}
}

// generated is a cell of the column's type that differs by n.
func generated(h tabular.Header, n int) tabular.Value {
	switch h.Type {
	case tabular.Text:
		return tabular.TextValue(fmt.Sprintf("%s %d", h.Name, n))
	case tabular.Int:
		return tabular.IntValue(int64(n))
	case tabular.Float:
		return tabular.FloatValue(float64(n) / 4)
	case tabular.Bool:
		return tabular.BoolValue(n%2 == 1)
	case tabular.Time:
		return tabular.TimeValue(time.Unix(int64(n), 1000).UTC())
	case tabular.List:
		return tabular.ListValue([]string{h.Name, fmt.Sprint(n)})
	case tabular.Pairs:
		return tabular.PairsValue([]tabular.Pair{{Key: h.Name, Value: fmt.Sprint(n)}})
	}
	return tabular.Value{}
}

// sample has rows in every table with every column filled.
func sample(rows, seed int) *Records {
	var records Records
	for _, table := range Tables() {
		for row := range rows {
			set := table.Append(&records)
			for column, header := range table.Columns {
				set(column, generated(header, seed+row+column))
			}
		}
	}
	return &records
}

func TestSetAndGetEveryColumn(t *testing.T) {
	records := sample(3, 0)
	for _, table := range Tables() {
		view := table.View(records)
		if table.Len(records) != 3 || view.Len() != 3 {
			t.Errorf("%s has %d rows", table.Name, view.Len())
		}
		n := 0
		for row := range view.Rows() {
			for column, header := range table.Columns {
				want, got := generated(header, n+column), row.Cell(column)
				if got.Type() != header.Type || got.String() != want.String() {
					t.Errorf("%s.%s: got %q, want %q", table.Name, header.Name, got, want)
				}
			}
			n++
		}
	}
	// A second pass with absent cells clears every field.
	for _, table := range Tables() {
		var cleared Records
		set := table.Append(&cleared)
		for column, header := range table.Columns {
			set(column, generated(header, 7))
			set(column, tabular.Value{})
		}
		for row := range table.View(&cleared).Rows() {
			for column, header := range table.Columns {
				if !row.Cell(column).Absent() {
					t.Errorf("%s.%s is not cleared by an absent cell", table.Name, header.Name)
				}
			}
		}
	}
}

func TestViewOfManyVCenters(t *testing.T) {
	for _, table := range Tables() {
		if got := table.View(sample(2, 0), &Records{}, sample(3, 10)).Len(); got != 5 {
			t.Errorf("%s: %d rows", table.Name, got)
		}
	}
}

func TestSort(t *testing.T) {
	want := sample(40, 100) // names with three digits: in order
	got := sample(0, 0)
	value := reflect.ValueOf(got).Elem()
	from := reflect.ValueOf(want).Elem()
	for i := range value.NumField() {
		for j := range from.Field(i).Len() {
			row := from.Field(i).Index((j*17 + 5) % from.Field(i).Len())
			value.Field(i).Set(reflect.Append(value.Field(i), row))
		}
	}
	if cmp.Equal(want, got) {
		t.Fatal("the rows are not shuffled")
	}
	got.Sort()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSortByMorefAndKey(t *testing.T) {
	old, recent := time.Unix(1, 0), time.Unix(2, 0)
	vm := func(name, moref, note string) VirtualMachine {
		return VirtualMachine{Object: Object{Name: name, Moref: moref}, Annotation: note}
	}
	got := Records{
		VirtualMachines: []VirtualMachine{vm("b", "1", ""), vm("a", "2", "first"), vm("a", "1", ""), vm("a", "2", "second"), vm("", "9", "")},
		Disks: []Disk{
			{Part: Part{VM: "a", VMMoref: "1"}, Key: tabular.Some[int64](2001)},
			{Part: Part{VM: "a", VMMoref: "1"}, Key: tabular.Some[int64](200)},
			{Part: Part{VM: "a", VMMoref: "0"}, Key: tabular.Some[int64](9000)},
		},
		Snapshots: []Snapshot{
			{Part: Part{VM: "a"}, CreatedAt: recent, Moref: "1"},
			{Part: Part{VM: "a"}, CreatedAt: old, Moref: "3"},
			{Part: Part{VM: "a"}, CreatedAt: old, Moref: "2"},
			{Part: Part{VM: "a"}, Moref: "4"},
		},
	}
	got.Sort()
	want := Records{
		VirtualMachines: []VirtualMachine{vm("", "9", ""), vm("a", "1", ""), vm("a", "2", "first"), vm("a", "2", "second"), vm("b", "1", "")},
		Disks: []Disk{
			{Part: Part{VM: "a", VMMoref: "0"}, Key: tabular.Some[int64](9000)},
			{Part: Part{VM: "a", VMMoref: "1"}, Key: tabular.Some[int64](200)},
			{Part: Part{VM: "a", VMMoref: "1"}, Key: tabular.Some[int64](2001)},
		},
		Snapshots: []Snapshot{
			{Part: Part{VM: "a"}, Moref: "4"},
			{Part: Part{VM: "a"}, CreatedAt: old, Moref: "2"},
			{Part: Part{VM: "a"}, CreatedAt: old, Moref: "3"},
			{Part: Part{VM: "a"}, CreatedAt: recent, Moref: "1"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func BenchmarkSort(b *testing.B) {
	shuffled := sample(20_000, 0).VirtualMachines
	rows := make([]VirtualMachine, len(shuffled))
	b.ReportAllocs()
	for b.Loop() {
		for i := range shuffled {
			rows[i] = shuffled[i*7919%len(shuffled)]
		}
		sortRows(rows, func(r *VirtualMachine) sortKey { return r.sortKey() })
	}
}
