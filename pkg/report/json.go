package report

import (
	"bufio"
	"fmt"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"vcfleet/pkg/inventory"
	"vcfleet/pkg/tabular"
)

// The report's own keys; the tables' names are the others.
const (
	keySchema   = "schema"
	keyTool     = "tool"
	keyRun      = "run"
	keySummary  = "summary"
	keyVCenters = "vcenters"
)

func openJSON(out Output, o Options) (Sink, error) { return newWhole(out, o, writeJSON) }

// writeJSON writes one key of the report, one vCenter or one record a line, so
// that line tools, git diff among them, see records.
func writeJSON(w *bufio.Writer, r *inventory.Report) error {
	head, err := appendHead([]byte("{\n"), r, ",\n")
	if err != nil {
		return err
	}
	if _, err := w.Write(append(head, ",\n\""+keyVCenters+"\":["...)); err != nil {
		return err
	}
	for i := range r.VCenters {
		line := openLine(nil, i == 0)
		if line, err = appendVCenter(line, &r.VCenters[i]); err != nil {
			return err
		}
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	if err := closeArray(w, len(r.VCenters) == 0); err != nil {
		return err
	}
	for _, table := range r.Tables() {
		if err := writeJSONTable(w, r.Table(table)); err != nil {
			return err
		}
	}
	_, err = w.WriteString("\n}\n")
	return err
}

func writeJSONTable(w *bufio.Writer, table tabular.Table) error {
	if _, err := fmt.Fprintf(w, ",\n%q:[", table.Name); err != nil {
		return err
	}
	encoder := newRowEncoder(table.Columns, "")
	var line []byte
	first := true
	for row := range table.Rows() {
		line = encoder.append(openLine(line[:0], first), row)
		if _, err := w.Write(line); err != nil {
			return err
		}
		first = false
	}
	return closeArray(w, first)
}

func openLine(dst []byte, first bool) []byte {
	if first {
		return append(dst, '\n')
	}
	return append(dst, ",\n"...)
}

func closeArray(w *bufio.Writer, empty bool) error {
	end := "\n]"
	if empty {
		end = "]"
	}
	_, err := w.WriteString(end)
	return err
}

// appendHead appends the members schema, tool, run and summary.
func appendHead(dst []byte, r *inventory.Report, separator string) ([]byte, error) {
	run := r.Run
	run.StartedAt, run.FinishedAt = run.StartedAt.UTC(), run.FinishedAt.UTC()
	dst = append(dst, `"`+keySchema+`":"`+inventory.SchemaVersion+`"`...)
	var err error
	for _, member := range []struct {
		key   string
		value any
	}{{keyTool, r.Tool}, {keyRun, run}} {
		dst = append(dst, separator+`"`+member.key+`":`...)
		if dst, err = appendObject(dst, member.value); err != nil {
			return nil, fmt.Errorf("encode %s: %w", member.key, err)
		}
	}
	return appendSummary(append(dst, separator+`"`+keySummary+`":`...), r)
}

// appendSummary appends what a script wants to know first. The totals keep
// their order, which a map would not.
func appendSummary(dst []byte, r *inventory.Report) ([]byte, error) {
	dst, err := appendObject(append(dst, `{"vcenters":`...), r.Statuses())
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", keySummary, err)
	}
	dst = append(dst, `,"missing":[`...)
	for i, v := range r.Incomplete() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendQuoted(dst, v.Name)
	}
	dst = append(dst, `],"totals":{`...)
	for i, total := range r.Totals() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendQuoted(dst, total.Name), ':')
		dst = strconv.AppendInt(dst, total.Value, 10)
	}
	return append(dst, "}}"...), nil
}

// appendVCenter appends everything about a vCenter but its records.
func appendVCenter(dst []byte, v *inventory.VCenter) ([]byte, error) {
	plain := *v
	plain.StartedAt = v.StartedAt.UTC()
	if !v.Status.HasRecords() {
		plain.Counts = nil // not known is not zero
	}
	dst, err := appendObject(dst, plain)
	if err != nil {
		return nil, fmt.Errorf("encode vCenter %s: %w", v.Name, err)
	}
	return dst, nil
}

func appendObject(dst []byte, v any) ([]byte, error) {
	object, err := json.Marshal(v, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	return append(dst, object...), err
}

// appendQuoted appends a JSON string; what is not UTF-8 becomes U+FFFD, which
// is all that the error of AppendQuote would say.
func appendQuoted(dst []byte, s string) []byte {
	dst, _ = jsontext.AppendQuote(dst, s)
	return dst
}

// rowEncoder appends rows as JSON objects. Absent cells are left out.
type rowEncoder struct {
	prefix string   // members that come first, without a comma after them
	keys   [][]byte // `"name":`, ready to copy
}

func newRowEncoder(columns []tabular.Header, prefix string) rowEncoder {
	e := rowEncoder{prefix: prefix, keys: make([][]byte, len(columns))}
	for i, column := range columns {
		e.keys[i] = append(appendQuoted(nil, column.Name), ':')
	}
	return e
}

func (e rowEncoder) append(dst []byte, row tabular.Row) []byte {
	dst = append(append(dst, '{'), e.prefix...)
	comma := e.prefix != ""
	for i, key := range e.keys {
		cell := row.Cell(i)
		if cell.Absent() {
			continue
		}
		if comma {
			dst = append(dst, ',')
		}
		comma = true
		dst = appendJSON(append(dst, key...), cell)
	}
	return append(dst, '}')
}

func appendJSON(dst []byte, v tabular.Value) []byte {
	switch v.Type() {
	case tabular.Text:
		return appendQuoted(dst, v.Text())
	case tabular.Int:
		return strconv.AppendInt(dst, v.Int(), 10)
	case tabular.Float:
		return jsontext.AppendFloat(dst, v.Float(), 64)
	case tabular.Bool:
		return strconv.AppendBool(dst, v.Bool())
	case tabular.Time:
		return append(v.Time().AppendFormat(append(dst, '"'), time.RFC3339Nano), '"')
	case tabular.List:
		dst = append(dst, '[')
		for i, element := range v.List() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendQuoted(dst, element)
		}
		return append(dst, ']')
	case tabular.Pairs:
		return appendPairs(dst, v.Pairs())
	}
	return append(dst, "null"...)
}

// appendPairs appends pairs as an object. Equal keys, which only stand next to
// each other, are numbered: most readers of JSON would keep the last one and
// say nothing.
func appendPairs(dst []byte, pairs []tabular.Pair) []byte {
	dst = append(dst, '{')
	repeated := 1
	for i, pair := range pairs {
		if i > 0 {
			dst = append(dst, ',')
		}
		key := pair.Key
		if i > 0 && key == pairs[i-1].Key {
			repeated++
			key += " (" + strconv.Itoa(repeated) + ")"
		} else {
			repeated = 1
		}
		dst = append(appendQuoted(dst, key), ':')
		dst = appendQuoted(dst, pair.Value)
	}
	return append(dst, '}')
}
