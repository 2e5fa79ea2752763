package tabular

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type thing struct {
	name  string
	size  Opt[int64]
	ratio Opt[float64]
	on    Opt[bool]
	made  time.Time
	tags  []string
	attrs []Pair
}

func things() Schema[thing] {
	return Schema[thing]{Name: "things", Title: "Things", Doc: "all things", Columns: []Column[thing]{
		TextColumn("name", "its name", func(r *thing) *string { return &r.name }),
		IntColumn("sizeMiB", "its size", func(r *thing) *Opt[int64] { return &r.size }).In("MiB"),
		FloatColumn("ratio", "its ratio", func(r *thing) *Opt[float64] { return &r.ratio }),
		BoolColumn("on", "whether it is on", func(r *thing) *Opt[bool] { return &r.on }),
		TimeColumn("made", "when", func(r *thing) *time.Time { return &r.made }),
		ListColumn("tags", "its tags", func(r *thing) *[]string { return &r.tags }),
		PairsColumn("attrs", "its attributes", func(r *thing) *[]Pair { return &r.attrs }),
	}}
}

func TestColumnsDescribeThemselves(t *testing.T) {
	want := []Header{
		{"name", Text, "", "its name"},
		{"sizeMiB", Int, "MiB", "its size"},
		{"ratio", Float, "", "its ratio"},
		{"on", Bool, "", "whether it is on"},
		{"made", Time, "", "when"},
		{"tags", List, "", "its tags"},
		{"attrs", Pairs, "", "its attributes"},
	}
	if diff := cmp.Diff(want, things().Headers()); diff != "" {
		t.Error(diff)
	}
}

func TestSetAndGet(t *testing.T) {
	full := thing{"a", Some[int64](0), Some(0.0), Some(false), time.Unix(1, 0).UTC(), []string{"x"}, []Pair{{"k", "v"}}}
	for name, from := range map[string]thing{"full": full, "absent": {}} {
		to := thing{"old", Some[int64](9), Some(9.0), Some(true), time.Unix(9, 0), []string{"old"}, []Pair{{"old", "old"}}}
		for _, column := range things().Columns {
			v := column.Get(&from)
			if v.Absent() != (name == "absent") || (!v.Absent() && v.Type() != column.Type) {
				t.Errorf("%s: %s is of type %v", name, column.Name, v.Type())
			}
			column.Set(&to, v)
		}
		if diff := cmp.Diff(from, to, cmp.AllowUnexported(thing{})); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func named(names ...string) []thing {
	var rows []thing
	for _, name := range names {
		rows = append(rows, thing{name: name, size: Some(int64(len(name)))})
	}
	return rows
}

func texts(t Table) [][]string {
	var rows [][]string
	for row := range t.Rows() {
		var cells []string
		for column := range t.Columns {
			cells = append(cells, row.Cell(column).String())
		}
		rows = append(rows, cells)
	}
	return rows
}

func TestBindChunks(t *testing.T) {
	for name, chunks := range map[string][][]thing{
		"none":   nil,
		"empty":  {nil, {}, nil},
		"one":    {named("a", "bb")},
		"gaps":   {nil, named("a"), {}, named("bb", "ccc"), nil},
		"single": {named("a"), named("bb"), named("ccc")},
	} {
		table := Bind(things(), chunks...)
		if table.Name != "things" || table.Title != "Things" || table.Doc != "all things" {
			t.Errorf("%s: the table is %q, %q, %q", name, table.Name, table.Title, table.Doc)
		}
		var want []string
		for _, chunk := range chunks {
			for _, row := range chunk {
				want = append(want, row.name)
			}
		}
		var got []string
		for row := range table.Rows() {
			got = append(got, row.Cell(0).Text())
		}
		if diff := cmp.Diff(want, got); diff != "" || table.Len() != len(want) {
			t.Errorf("%s: %d rows: %s", name, table.Len(), diff)
		}
	}
}

func TestRowsStopsWhenAsked(t *testing.T) {
	seen := 0
	for range Bind(things(), named("a", "b"), named("c")).Rows() {
		if seen++; seen == 2 {
			break
		}
	}
	if seen != 2 {
		t.Errorf("%d rows", seen)
	}
}

func TestSelect(t *testing.T) {
	table, missing := Bind(things(), named("a"), named("bb")).Select("sizeMiB", "nothing", "name", "sizeMiB")
	if diff := cmp.Diff([]string{"nothing"}, missing); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]string{{"1", "a", "1"}, {"2", "bb", "2"}}, texts(table)); diff != "" {
		t.Error(diff)
	}
	if table.Columns[0] != things().Columns[1].Header || table.Name != "things" {
		t.Errorf("the selection is %+v", table.Columns)
	}
	again, missing := table.Select("name")
	if diff := cmp.Diff([][]string{{"a"}, {"bb"}}, texts(again)); diff != "" || missing != nil {
		t.Errorf("a selection of a selection: %s, missing %v", diff, missing)
	}
	none, _ := table.Select()
	if none.Len() != 2 || len(none.Columns) != 0 {
		t.Errorf("no columns: %d rows, %d columns", none.Len(), len(none.Columns))
	}
}
