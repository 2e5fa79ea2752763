// Package tabular declares tables once for every format: a [Schema] lists the
// columns of a record type, each with its name, type, unit, doc and the field
// it stands for; [Bind] turns rows into a [Table] that a renderer walks without
// knowing the record type. Terminal tables, CSV, JSON, the report reader and
// help all range over the same list.
//
// The package refuses formats (package report has them) and meaning: it does
// not know what a virtual machine is. To add a type of column, add a Type, its
// Value constructor and accessor, a case in AppendText, and a column
// constructor below; the renderers' tests range over all types and will say
// what else is missing.
package tabular

import (
	"iter"
	"time"
)

// Header describes a column.
type Header struct {
	Name string // camelCase; the JSON key and the column title in all formats
	Type Type
	Unit string // MiB, MHz, days, …; empty when there is none
	Doc  string // one sentence without the final period
}

// Column is a column of records of type R.
type Column[R any] struct {
	Header
	// Get returns the cell. Set stores a cell of the column's type, or clears
	// the field when the cell is absent; it is nil for a column that is only
	// ever computed.
	Get func(*R) Value
	Set func(*R, Value)
}

// In returns the column with its unit set.
func (c Column[R]) In(unit string) Column[R] {
	c.Unit = unit
	return c
}

// TextColumn stands for a text field, which is absent when empty.
func TextColumn[R any](name, doc string, field func(*R) *string) Column[R] {
	return Column[R]{
		Header: Header{Name: name, Type: Text, Doc: doc},
		Get:    func(r *R) Value { return TextValue(*field(r)) },
		Set:    func(r *R, v Value) { *field(r) = v.Text() },
	}
}

// IntColumn stands for an optional integer.
func IntColumn[R any](name, doc string, field func(*R) *Opt[int64]) Column[R] {
	return optColumn(name, doc, Int, field, IntValue, Value.Int)
}

// FloatColumn stands for an optional number.
func FloatColumn[R any](name, doc string, field func(*R) *Opt[float64]) Column[R] {
	return optColumn(name, doc, Float, field, FloatValue, Value.Float)
}

// BoolColumn stands for an optional boolean.
func BoolColumn[R any](name, doc string, field func(*R) *Opt[bool]) Column[R] {
	return optColumn(name, doc, Bool, field, BoolValue, Value.Bool)
}

func optColumn[R any, T comparable](name, doc string, typ Type, field func(*R) *Opt[T], wrap func(T) Value, unwrap func(Value) T) Column[R] {
	return Column[R]{
		Header: Header{Name: name, Type: typ, Doc: doc},
		Get: func(r *R) Value {
			if opt := field(r); opt.Known {
				return wrap(opt.Value)
			}
			return Value{}
		},
		Set: func(r *R, v Value) {
			*field(r) = Opt[T]{}
			if !v.Absent() {
				*field(r) = Some(unwrap(v))
			}
		},
	}
}

// TimeColumn stands for an instant, which is absent when zero.
func TimeColumn[R any](name, doc string, field func(*R) *time.Time) Column[R] {
	return Column[R]{
		Header: Header{Name: name, Type: Time, Doc: doc},
		Get:    func(r *R) Value { return TimeValue(*field(r)) },
		Set: func(r *R, v Value) {
			*field(r) = time.Time{}
			if !v.Absent() {
				*field(r) = v.Time()
			}
		},
	}
}

// ListColumn stands for a list of texts, which is absent when empty.
func ListColumn[R any](name, doc string, field func(*R) *[]string) Column[R] {
	return Column[R]{
		Header: Header{Name: name, Type: List, Doc: doc},
		Get:    func(r *R) Value { return ListValue(*field(r)) },
		Set:    func(r *R, v Value) { *field(r) = v.List() },
	}
}

// PairsColumn stands for pairs sorted by key, which are absent when empty.
func PairsColumn[R any](name, doc string, field func(*R) *[]Pair) Column[R] {
	return Column[R]{
		Header: Header{Name: name, Type: Pairs, Doc: doc},
		Get:    func(r *R) Value { return PairsValue(*field(r)) },
		Set:    func(r *R, v Value) { *field(r) = v.Pairs() },
	}
}

// Schema lists the columns of records of type R in the order in which every
// format shows them.
type Schema[R any] struct {
	Name    string // camelCase plural; the JSON key and the CSV file's name
	Title   string // for people: "Virtual machines"
	Doc     string
	Columns []Column[R]
}

// Headers returns the columns without their record type.
func (s Schema[R]) Headers() []Header {
	headers := make([]Header, len(s.Columns))
	for i, column := range s.Columns {
		headers[i] = column.Header
	}
	return headers
}

// Table is rows of one schema with the record type hidden. Rows may lie in
// several chunks, so that records of many vCenters need not be copied into one
// slice.
type Table struct {
	Name    string
	Title   string
	Doc     string
	Columns []Header
	chunks  []chunk
}

type chunk struct {
	rows int
	cell func(row, column int) Value
}

// Bind returns the table of the rows in chunks, in that order. It shares the
// rows: they must not change while the table is in use.
func Bind[R any](s Schema[R], chunks ...[]R) Table {
	t := Table{Name: s.Name, Title: s.Title, Doc: s.Doc, Columns: s.Headers()}
	for _, rows := range chunks {
		if len(rows) == 0 {
			continue
		}
		t.chunks = append(t.chunks, chunk{len(rows), func(row, column int) Value {
			return s.Columns[column].Get(&rows[row])
		}})
	}
	return t
}

// Len returns the number of rows.
func (t Table) Len() int {
	n := 0
	for _, c := range t.chunks {
		n += c.rows
	}
	return n
}

// Row is one row of a table.
type Row struct {
	cell func(row, column int) Value
	row  int
}

// Cell returns the cell in the column with that index.
func (r Row) Cell(column int) Value { return r.cell(r.row, column) }

// Rows walks the rows in order.
func (t Table) Rows() iter.Seq[Row] {
	return func(yield func(Row) bool) {
		for _, c := range t.chunks {
			for row := range c.rows {
				if !yield(Row{c.cell, row}) {
					return
				}
			}
		}
	}
}

// Select returns the table with only the named columns, in that order. Names
// that the table does not have are returned in missing.
func (t Table) Select(names ...string) (selected Table, missing []string) {
	var index []int
	selected = Table{Name: t.Name, Title: t.Title, Doc: t.Doc}
	for _, name := range names {
		at := t.column(name)
		if at < 0 {
			missing = append(missing, name)
			continue
		}
		index = append(index, at)
		selected.Columns = append(selected.Columns, t.Columns[at])
	}
	for _, c := range t.chunks {
		selected.chunks = append(selected.chunks, chunk{c.rows, func(row, column int) Value {
			return c.cell(row, index[column])
		}})
	}
	return selected, missing
}

func (t Table) column(name string) int {
	for i, header := range t.Columns {
		if header.Name == name {
			return i
		}
	}
	return -1
}
