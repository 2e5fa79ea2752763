package report

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"vcfleet/pkg/inventory"
)

// Stdout is the PATH that means [Options.Stdout].
const Stdout = "-"

// Options is what all outputs of a run share.
type Options struct {
	Stdout io.Writer // what PATH "-" means
	Width  int       // columns of the terminal that Stdout is; 0 when it is none: no limit
	Color  bool      // whether that terminal shows colours; nothing without a Width
	// Tables are the record tables that table and markdown show between the
	// vCenters and the totals, by name or section; clusters when nil.
	Tables []string
}

// Format is one way to write a report.
type Format struct {
	Name    string
	Doc     string // one line for help
	Folder  bool   // PATH is a folder
	Streams bool   // vCenters are written as they finish

	open func(out Output, o Options) (Sink, error)
}

// Formats lists the formats in the order in which help shows them.
func Formats() []Format {
	return []Format{
		{Name: "table", Doc: "for people: a line per vCenter, record tables, fleet totals, what is missing", open: openTable},
		{Name: "json", Doc: "one document with every record, schema " + inventory.SchemaVersion + "; `vcfleet report` reads it", open: openJSON},
		{Name: "ndjson", Doc: "one JSON object a line, each vCenter as it finishes; the last line is the run", Streams: true, open: openNDJSON},
		{Name: "csv", Doc: "a folder with one file per table", Folder: true, open: openCSV},
		{Name: "markdown", Doc: "the content of table as GitHub tables", open: openMarkdown},
	}
}

// Output is a format and where it goes.
type Output struct {
	Format string
	Path   string // "-" is standard output
}

// String is the output as [ParseOutput] reads it.
func (o Output) String() string { return o.Format + "=" + o.Path }

// name says where the output goes, for messages.
func (o Output) name() string {
	if o.Path == Stdout {
		return "standard output"
	}
	return o.Path
}

// ParseOutput reads FORMAT[=PATH].
func ParseOutput(s string) (Output, error) {
	name, path, given := strings.Cut(s, "=")
	format, err := formatNamed(name)
	if err != nil {
		return Output{}, err
	}
	switch {
	case given && path == "":
		return Output{}, fmt.Errorf("output %q has no path after the =: write %s=PATH", s, name)
	case format.Folder && (!given || path == Stdout):
		return Output{}, fmt.Errorf("output %q needs a folder: write %s=FOLDER", s, name)
	case !given:
		path = Stdout
	}
	return Output{Format: name, Path: path}, nil
}

func formatNamed(name string) (Format, error) {
	formats := Formats()
	names := make([]string, len(formats))
	for i, format := range formats {
		if format.Name == name {
			return format, nil
		}
		names[i] = format.Name
	}
	hint := ""
	if extension := strings.TrimPrefix(strings.ToLower(filepath.Ext(name)), "."); slices.Contains(names, extension) {
		hint = fmt.Sprintf("; did you mean %s=%s?", extension, name)
	} else if near := nearest(strings.ToLower(name), names); near != "" {
		hint = fmt.Sprintf("; did you mean %s?", near)
	}
	return Format{}, fmt.Errorf("unknown output format %q: the formats are %s%s", name, strings.Join(names, ", "), hint)
}

// nearest returns the word that differs from s in the fewest letters, at most
// two and fewer than s has, or that s abbreviates; nothing when there is none.
func nearest(s string, words []string) string {
	best, distance := "", min(3, len(s))
	for _, word := range words {
		if len(s) >= 2 && strings.HasPrefix(word, s) {
			return word
		}
		if d := editDistance(s, word); d < distance {
			best, distance = word, d
		}
	}
	return best
}

// editDistance counts the letters to insert, delete or replace between a and b.
func editDistance(a, b string) int {
	if len(a) > 64 {
		return len(a) // no name is that long, and the work is quadratic
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// Sink takes the results of one run and writes them in one format. Its methods
// are not called concurrently.
type Sink interface {
	// VCenter is called once for every vCenter, as it finishes. Formats that do
	// not stream ignore it.
	VCenter(*inventory.VCenter) error
	// Finish is called once at the end; when it returns nil, everything is
	// written and in place. When it fails, a previous file is untouched.
	Finish(*inventory.Report) error
	// Abort is called instead of Finish and leaves nothing of this run behind,
	// except what a stream already has on standard output. After Finish it does
	// nothing.
	Abort() error
}

// Open gets an output ready. It fails before anything is collected where the
// output could not be written afterwards: a missing or read-only folder, a path
// of the wrong kind, an unknown table.
func Open(out Output, o Options) (Sink, error) {
	format, err := formatNamed(out.Format)
	if err != nil {
		return nil, err
	}
	if out.Path == "" || (format.Folder && out.Path == Stdout) {
		return nil, fmt.Errorf("output %s: %w", out.Format, errNoPath)
	}
	if out.Path == Stdout && o.Stdout == nil {
		return nil, fmt.Errorf("output %s: there is no standard output", out.Format)
	}
	if out.Path != Stdout {
		o.Width, o.Color = 0, false // they describe the terminal, not this file
	}
	sink, err := format.open(out, o)
	if err != nil {
		return nil, fmt.Errorf("open %s output: %w", out.Format, err)
	}
	return sink, nil
}

var errNoPath = errors.New("a path is needed")

// namedTables returns the tables with those names or sections.
func namedTables(names []string) ([]inventory.Table, error) {
	all := inventory.Tables()
	var tables []inventory.Table
	var known []string
	for _, table := range all {
		known = append(known, table.Section)
	}
	for _, name := range names {
		at := slices.IndexFunc(all, func(t inventory.Table) bool { return t.Name == name || t.Section == name })
		if at < 0 {
			hint := ""
			if near := nearest(strings.ToLower(name), known); near != "" {
				hint = fmt.Sprintf("; did you mean %s?", near)
			}
			return nil, fmt.Errorf("unknown table %q: the tables are %s%s", name, strings.Join(known, ", "), hint)
		}
		tables = append(tables, all[at])
	}
	return tables, nil
}
