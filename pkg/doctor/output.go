package doctor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"vcfleet/pkg/internal/atomicfile"
	"vcfleet/pkg/tabular"
)

// Style is how a terminal wants to be written to.
type Style struct {
	Width int  // columns; 0 is no limit
	Color bool // nothing without a Width
}

// Format is one way to write a report.
type Format struct {
	Name  string
	Doc   string
	write func(*bytes.Buffer, *Report, Style)
}

// Formats lists the formats; the first is the default.
func Formats() []Format {
	return []Format{
		{"table", "for people: the checks of each vCenter, then a verdict on each", writeTable},
		{"json", "one document, schema " + SchemaVersion, writeJSON},
	}
}

// Output is a format and where it goes.
type Output struct {
	Format Format
	Path   string // "-" is standard output
	style  Style
	to     io.Writer
	file   *atomicfile.File // nil for standard output
}

// ParseOutput reads FORMAT[=PATH].
func ParseOutput(text string) (*Output, error) {
	name, path, given := strings.Cut(text, "=")
	if given && path == "" {
		return nil, fmt.Errorf("there is no path after the =: write %s=PATH", name)
	}
	if !given {
		path = "-"
	}
	var names []string
	for _, f := range Formats() {
		if f.Name == name {
			return &Output{Format: f, Path: path}, nil
		}
		names = append(names, f.Name)
	}
	return nil, fmt.Errorf("unknown format %q: the formats are %s", name, strings.Join(names, ", "))
}

// Open gets the output ready, before anything is contacted: a file that cannot
// be written is an error now.
func (o *Output) Open(stdout io.Writer, style Style) error {
	if o.Path == "-" {
		o.to, o.style = stdout, style
		return nil
	}
	file, err := atomicfile.Create(o.Path)
	if err != nil {
		return err
	}
	o.to, o.file = file, file
	return nil
}

// Write writes the report; a file is in place, whole, when it returns nil.
func (o *Output) Write(r *Report) error {
	var text bytes.Buffer
	o.Format.write(&text, r, o.style)
	if _, err := o.to.Write(text.Bytes()); err != nil {
		return errors.Join(fmt.Errorf("write %s to %s: %w", o.Format.Name, o.Path, err), o.Abort())
	}
	if o.file == nil {
		return nil
	}
	return o.file.Commit()
}

// Abort leaves nothing of an output that was opened and not written.
func (o *Output) Abort() error {
	if o.file == nil {
		return nil
	}
	return o.file.Abort()
}

// writeJSON writes the document: a line for the run, one for each check, and for
// each vCenter one of what was measured. Only the run and the measured lines
// differ between two examinations of an unchanged fleet, and the days left to
// the certificates' end.
func writeJSON(w *bytes.Buffer, r *Report, _ Style) {
	fmt.Fprintf(w, "{\n\"schema\":%s,\n\"tool\":{\"name\":%s,\"version\":%s},\n", quoted(SchemaVersion), quoted(r.Tool.Name), quoted(r.Tool.Version))
	fmt.Fprintf(w, "\"run\":{\"startedAt\":%s,\"finishedAt\":%s},\n", quoted(instant(r.StartedAt)), quoted(instant(r.FinishedAt)))
	fmt.Fprintf(w, "\"passed\":%t,\n\"vcenters\":[", r.Passed())
	for i := range r.VCenters {
		v := &r.VCenters[i]
		if i > 0 {
			w.WriteByte(',')
		}
		fmt.Fprintf(w, "\n{\"name\":%s,\"host\":%s,\"verdict\":%s,\n\"checks\":[\n", quoted(v.Name), quoted(v.Host), quoted(string(v.Verdict())))
		writeRows(w, v.Checks, func(h tabular.Header) bool { return h.Name != "vcenter" && h.Unit != millis })
		w.WriteString("],\n\"measured\":[\n")
		measured := slices.DeleteFunc(slices.Clone(v.Checks), func(r Result) bool { return !r.Millis.Known && !r.Skew.Known })
		writeRows(w, measured, func(h tabular.Header) bool { return h.Name == "check" || h.Unit == millis })
		w.WriteString("]}")
	}
	w.WriteString("\n]}\n")
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// writeRows writes the results as objects with the chosen columns, one a line.
func writeRows(w *bytes.Buffer, results []Result, chosen func(tabular.Header) bool) {
	table := tabular.Bind(Schema(), results)
	at := 0
	for row := range table.Rows() {
		separator := "{"
		for i, column := range table.Columns {
			cell := row.Cell(i)
			if cell.Absent() || !chosen(column) {
				continue
			}
			w.WriteString(separator + quoted(column.Name) + ":")
			writeCell(w, cell)
			separator = ","
		}
		at++
		w.WriteByte('}')
		if at < table.Len() {
			w.WriteByte(',')
		}
		w.WriteByte('\n')
	}
}

func writeCell(w *bytes.Buffer, cell tabular.Value) {
	switch cell.Type() {
	case tabular.Int, tabular.Float, tabular.Bool:
		w.WriteString(cell.String())
	case tabular.Pairs:
		separator := "{"
		for _, pair := range cell.Pairs() {
			w.WriteString(separator + quoted(pair.Key) + ":" + quoted(pair.Value))
			separator = ","
		}
		w.WriteByte('}')
	default:
		w.WriteString(quoted(cell.String()))
	}
}

// quoted is a JSON text.
func quoted(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return `""` // no text has an error
	}
	return strings.TrimSuffix(b.String(), "\n")
}
