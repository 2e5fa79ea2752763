package report

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"vcfleet/pkg/inventory"
)

// Limits on what is read, far above any fleet. What is longer is an error, not
// cut. Nesting is bounded by jsontext, at 10,000.
const (
	maxReportBytes = 16 << 30
	maxValueBytes  = 64 << 20 // one record, one vCenter, one unknown value
	maxTableRows   = 1 << 24
	maxNesting     = 64 // of values that are skipped; the report itself has 5
)

// ReadJSON reads what the json format wrote. Keys and columns that it does not
// know are skipped, as a newer writer of the same schema may have added them.
// The order of keys does not matter (jq -S changes it). What is computed, the
// summary and run.complete, is computed again.
func ReadJSON(r io.Reader) (*inventory.Report, error) {
	return readJSON(r, maxReportBytes, maxValueBytes)
}

func readJSON(r io.Reader, maxBytes, maxValue int64) (*inventory.Report, error) {
	limited := &limitedReader{r: r, total: maxBytes, perValue: maxValue}
	limited.reset()
	reader := &reportReader{
		limited: limited,
		// Duplicate names are found where they matter, and cheaper, here.
		dec:     jsontext.NewDecoder(limited, jsontext.AllowDuplicateNames(true)),
		records: make(map[string]*pending),
		rows:    make(map[string]int),
		texts:   make(interner),
	}
	report, err := reader.read()
	if err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	return report, nil
}

type reportReader struct {
	limited  *limitedReader
	dec      *jsontext.Decoder
	schema   bool
	tool     inventory.Tool
	run      inventory.Run
	vcenters []inventory.VCenter
	records  map[string]*pending // by vCenter; rows may come before it
	rows     map[string]int      // by table
	texts    interner
}

// pending is the records of a vCenter, with the place of the first row for the
// message should there be no such vCenter.
type pending struct {
	records inventory.Records
	at      string
}

func (d *reportReader) read() (*inventory.Report, error) {
	if err := d.begin(jsontext.KindBeginObject, "a report object"); err != nil {
		return nil, err
	}
	tables := make(map[string]inventory.Table)
	for _, table := range inventory.Tables() {
		tables[table.Name] = table
	}
	seen := make(map[string]bool)
	for d.dec.PeekKind() != jsontext.KindEndObject {
		token, err := d.dec.ReadToken()
		if err != nil {
			return nil, err
		}
		key := token.String()
		table, isTable := tables[key]
		known := isTable || key == keySchema || key == keyTool || key == keyRun || key == keyVCenters
		if known && seen[key] {
			return nil, d.errorf("duplicate key %q", key)
		}
		seen[key] = known
		if err := d.member(key, table, isTable); err != nil {
			return nil, err
		}
	}
	if _, err := d.dec.ReadToken(); err != nil {
		return nil, err
	}
	switch _, err := d.dec.ReadToken(); {
	case !d.schema:
		return nil, fmt.Errorf("no %q key: not a report that the json format wrote", keySchema)
	case err == nil:
		return nil, d.errorf("something follows the end of the report")
	case !errors.Is(err, io.EOF):
		return nil, err
	}
	return d.assemble()
}

func (d *reportReader) member(key string, table inventory.Table, isTable bool) error {
	d.limited.reset()
	switch {
	case isTable:
		return d.table(table)
	case key == keySchema:
		return d.readSchema()
	case key == keyTool:
		return d.object(&d.tool)
	case key == keyRun:
		return d.object(&d.run)
	case key == keyVCenters:
		return d.array("an array of vCenters", d.vcenter)
	}
	return d.skip()
}

func (d *reportReader) readSchema() error {
	token, err := d.dec.ReadToken()
	if err != nil {
		return err
	}
	if token.Kind() != jsontext.KindString {
		return d.errorf("want text, got %s", token.Kind())
	}
	if got := token.String(); got != inventory.SchemaVersion {
		return fmt.Errorf("the report has schema %.80q, this program reads %q", got, inventory.SchemaVersion)
	}
	d.schema = true
	return nil
}

// object decodes the next value into a struct with the report's json tags.
func (d *reportReader) object(into any) error {
	if kind := d.dec.PeekKind(); kind != jsontext.KindBeginObject {
		return d.wrong("an object")
	}
	return json.UnmarshalDecode(d.dec, into)
}

func (d *reportReader) vcenter() error {
	var v inventory.VCenter
	if err := d.object(&v); err != nil {
		return err
	}
	switch v.Status {
	case inventory.Complete, inventory.Partial, inventory.Failed, inventory.Skipped, inventory.Stale:
	default:
		return d.errorf("vCenter %.80q has the unknown status %.80q", v.Name, v.Status)
	}
	if v.Name == "" {
		return d.errorf("a vCenter without a name")
	}
	v.StartedAt = v.StartedAt.UTC()
	d.vcenters = append(d.vcenters, v)
	return nil
}

// array reads an array, with element called before each element.
func (d *reportReader) array(what string, element func() error) error {
	if err := d.begin(jsontext.KindBeginArray, what); err != nil {
		return err
	}
	for d.dec.PeekKind() != jsontext.KindEndArray {
		d.limited.reset()
		if err := element(); err != nil {
			return err
		}
	}
	_, err := d.dec.ReadToken()
	return err
}

func (d *reportReader) begin(kind jsontext.Kind, what string) error {
	if d.dec.PeekKind() != kind {
		return d.wrong(what)
	}
	_, err := d.dec.ReadToken()
	return err
}

// skip passes over a value of any length token by token.
func (d *reportReader) skip() error {
	depth := d.dec.StackDepth()
	for {
		d.limited.reset()
		if _, err := d.dec.ReadToken(); err != nil {
			return err
		}
		switch now := d.dec.StackDepth(); {
		case now <= depth:
			return nil
		case now > depth+maxNesting:
			return d.errorf("nested more than %d deep", maxNesting)
		}
	}
}

// assemble puts the rows under their vCenters.
func (d *reportReader) assemble() (*inventory.Report, error) {
	slices.SortStableFunc(d.vcenters, func(a, b inventory.VCenter) int { return cmp.Compare(a.Name, b.Name) })
	r := &inventory.Report{Tool: d.tool, Run: d.run, VCenters: d.vcenters}
	r.Run.StartedAt, r.Run.FinishedAt = d.run.StartedAt.UTC(), d.run.FinishedAt.UTC()
	for i := range r.VCenters {
		v := &r.VCenters[i]
		if i > 0 && v.Name == r.VCenters[i-1].Name {
			return nil, fmt.Errorf("vCenter %q stands twice in %s", v.Name, keyVCenters)
		}
		if rows := d.records[v.Name]; rows != nil {
			v.Records = rows.records
			v.Records.Sort()
			delete(d.records, v.Name)
		}
	}
	for name, rows := range d.records {
		return nil, fmt.Errorf("%s: the record is of vCenter %.80q, which is not in %s", rows.at, name, keyVCenters)
	}
	r.Run.Complete = len(r.Incomplete()) == 0
	asked := r.Tables()
	for name, n := range d.rows {
		if n > 0 && !slices.ContainsFunc(asked, func(t inventory.Table) bool { return t.Name == name }) {
			return nil, fmt.Errorf("/%s has %d records, but no vCenter names it in its sections", name, n)
		}
	}
	return r, nil
}

// wrong is the error for a next value of another kind than wanted.
func (d *reportReader) wrong(want string) error {
	kind := d.dec.PeekKind()
	if kind == jsontext.KindInvalid {
		if _, err := d.dec.ReadToken(); err != nil {
			return err // says what is wrong with the JSON, or that it ended
		}
	}
	return d.errorf("want %s, got %s", want, kind)
}

// errorf places a message in the document.
func (d *reportReader) errorf(format string, args ...any) error {
	return fmt.Errorf("%s: %s", d.place(), fmt.Sprintf(format, args...))
}

func (d *reportReader) place() string {
	return fmt.Sprintf("at %.200q, offset %d", string(d.dec.StackPointer()), d.dec.InputOffset())
}

// limitedReader bounds the whole input and each value in it: without the
// latter one endless text would fill the memory.
type limitedReader struct {
	r        io.Reader
	total    int64 // what is left of the whole
	perValue int64
	value    int64 // what may be read until the next reset
}

func (l *limitedReader) reset() { l.value = l.perValue }

func (l *limitedReader) Read(p []byte) (int, error) {
	switch {
	case l.total <= 0:
		return 0, errors.New("the report is longer than this program reads")
	case l.value <= 0:
		return 0, fmt.Errorf("one value is longer than %d bytes", l.perValue)
	}
	n, err := l.r.Read(p[:min(int64(len(p)), l.total, l.value)])
	l.total -= int64(n)
	l.value -= int64(n)
	return n, err
}
