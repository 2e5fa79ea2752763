package report

import (
	"bytes"
	"math"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"vcfleet/pkg/inventory"
	"vcfleet/pkg/tabular"
)

// rowReader reads the rows of one table. It keeps the cells of a row until its
// end, as only then it is sure which vCenter they belong to.
type rowReader struct {
	*reportReader
	table   inventory.Table
	quoted  [][]byte // column names as they stand in JSON
	index   map[string]int
	cells   []tabular.Value // by column
	filled  []int           // columns that this row has
	present []bool          // the same, by column
	vcenter int             // column of the vCenter's name
	scratch []byte
}

func (d *reportReader) table(table inventory.Table) error {
	r := &rowReader{
		reportReader: d, table: table, index: make(map[string]int),
		cells: make([]tabular.Value, len(table.Columns)), present: make([]bool, len(table.Columns)),
	}
	for i, column := range table.Columns {
		r.quoted = append(r.quoted, appendQuoted(nil, column.Name))
		r.index[column.Name] = i
	}
	r.vcenter = r.index[columnVCenter]
	return d.array("an array of records", r.row)
}

// columnVCenter is the column that every record table has.
const columnVCenter = "vcenter"

func (r *rowReader) row() error {
	if r.rows[r.table.Name]++; r.rows[r.table.Name] > maxTableRows {
		return r.errorf("more than %d records", maxTableRows)
	}
	if err := r.begin(jsontext.KindBeginObject, "a record"); err != nil {
		return err
	}
	for _, column := range r.filled {
		r.present[column] = false
	}
	r.filled = r.filled[:0]
	next := 0
	for r.dec.PeekKind() != jsontext.KindEndObject {
		column, err := r.column(next)
		if err != nil {
			return err
		}
		if column < 0 {
			if err := r.skip(); err != nil {
				return err
			}
			continue
		}
		if r.present[column] {
			return r.errorf("duplicate key")
		}
		if r.cells[column], err = r.cell(r.table.Columns[column].Type); err != nil {
			return err
		}
		r.present[column] = true
		r.filled = append(r.filled, column)
		next = column + 1
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return err
	}
	return r.store()
}

// column reads a key and returns its column, -1 for an unknown one. Keys are
// in column order in what this program wrote, so the search starts at next.
func (r *rowReader) column(next int) (int, error) {
	key, err := r.dec.ReadValue()
	if err != nil {
		return 0, err
	}
	for i := next; i < len(r.quoted); i++ {
		if bytes.Equal(r.quoted[i], key) {
			return i, nil
		}
	}
	if r.scratch, err = jsontext.AppendUnquote(r.scratch[:0], key); err != nil {
		return 0, r.errorf("%v", err)
	}
	if i, ok := r.index[string(r.scratch)]; ok {
		return i, nil
	}
	return -1, nil
}

func (r *rowReader) store() error {
	name := ""
	if r.present[r.vcenter] {
		name = r.cells[r.vcenter].Text()
	}
	if name == "" {
		return r.errorf("the record does not say which vCenter it is of")
	}
	to := r.records[name]
	if to == nil {
		to = &pending{at: r.place()}
		r.records[name] = to
	}
	set := r.table.Append(&to.records)
	for _, column := range r.filled {
		set(column, r.cells[column])
	}
	return nil
}

// cell reads a value of the column's type; null is absent.
func (r *rowReader) cell(t tabular.Type) (tabular.Value, error) {
	kind := r.dec.PeekKind()
	var want jsontext.Kind
	switch t {
	case tabular.Int, tabular.Float:
		want = jsontext.KindNumber
	case tabular.Text, tabular.Time:
		want = jsontext.KindString
	case tabular.List:
		want = jsontext.KindBeginArray
	case tabular.Pairs:
		want = jsontext.KindBeginObject
	case tabular.Bool:
		want = jsontext.KindTrue
		if kind == jsontext.KindFalse {
			want = kind
		}
	}
	switch kind {
	case want:
	case jsontext.KindNull:
		_, err := r.dec.ReadToken()
		return tabular.Value{}, err
	default:
		return tabular.Value{}, r.wrong("a value of type " + t.String())
	}
	switch t {
	case tabular.List:
		return r.list()
	case tabular.Pairs:
		return r.pairs()
	}
	raw, err := r.dec.ReadValue()
	if err != nil {
		return tabular.Value{}, err
	}
	return r.scalar(t, raw)
}

func (r *rowReader) scalar(t tabular.Type, raw jsontext.Value) (tabular.Value, error) {
	switch t {
	case tabular.Int:
		n, err := strconv.ParseInt(string(raw), 10, 64)
		if err != nil {
			return tabular.Value{}, r.errorf("want a 64-bit integer, got %.40q", string(raw))
		}
		return tabular.IntValue(n), nil
	case tabular.Float:
		f, err := strconv.ParseFloat(string(raw), 64)
		if err != nil || math.IsInf(f, 0) {
			return tabular.Value{}, r.errorf("want a 64-bit number, got %.40q", string(raw))
		}
		return tabular.FloatValue(f), nil
	case tabular.Bool:
		return tabular.BoolValue(raw[0] == 't'), nil
	}
	text, err := r.text(raw)
	if err != nil || t != tabular.Time {
		return tabular.TextValue(text), err
	}
	when, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return tabular.Value{}, r.errorf("want a time in RFC 3339, got %.40q", text)
	}
	return tabular.TimeValue(when), nil
}

func (r *rowReader) list() (tabular.Value, error) {
	var list []string
	err := r.elements(func() error {
		text, err := r.string()
		list = append(list, text)
		return err
	})
	return tabular.ListValue(list), err
}

func (r *rowReader) pairs() (tabular.Value, error) {
	var pairs []tabular.Pair
	err := r.elements(func() error {
		key, err := r.string()
		if err != nil {
			return err
		}
		value, err := r.string()
		pairs = append(pairs, tabular.Pair{Key: key, Value: value})
		return err
	})
	return tabular.PairsValue(pairs), err
}

// elements reads what is between the next brackets or braces.
func (d *reportReader) elements(read func() error) error {
	if _, err := d.dec.ReadToken(); err != nil {
		return err
	}
	for kind := d.dec.PeekKind(); kind != jsontext.KindEndArray && kind != jsontext.KindEndObject; kind = d.dec.PeekKind() {
		if err := read(); err != nil {
			return err
		}
	}
	_, err := d.dec.ReadToken()
	return err
}

func (r *rowReader) string() (string, error) {
	if r.dec.PeekKind() != jsontext.KindString {
		return "", r.wrong("text")
	}
	raw, err := r.dec.ReadValue()
	if err != nil {
		return "", err
	}
	return r.text(raw)
}

// text unquotes a JSON string.
func (r *rowReader) text(raw jsontext.Value) (string, error) {
	var err error
	if r.scratch, err = jsontext.AppendUnquote(r.scratch[:0], raw); err != nil {
		return "", r.errorf("%v", err)
	}
	return r.texts.intern(r.scratch), nil
}

// interner returns one string for equal bytes: names of hosts, states and the
// like repeat in every row, and a saved report is held whole.
type interner map[string]string

// Texts that are long or that come after so many others hardly repeat.
const (
	maxInterned     = 1 << 16
	maxInternedSize = 64
)

func (in interner) intern(b []byte) string {
	if len(b) > maxInternedSize {
		return string(b)
	}
	if s, ok := in[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(in) < maxInterned {
		in[s] = s
	}
	return s
}
