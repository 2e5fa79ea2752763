package report

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vcfleet/pkg/inventory"
)

// render writes a report in a format to a buffer, announcing each vCenter as a
// run does.
func render(t testing.TB, format string, r *inventory.Report, o Options) []byte {
	t.Helper()
	var b bytes.Buffer
	o.Stdout = &b
	write(t, Output{format, Stdout}, r, o)
	return b.Bytes()
}

func write(t testing.TB, out Output, r *inventory.Report, o Options) {
	t.Helper()
	sink, err := Open(out, o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.VCenters {
		if err := sink.VCenter(&r.VCenters[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := sink.Finish(r); err != nil {
		t.Fatal(err)
	}
	if err := sink.Abort(); err != nil {
		t.Errorf("%s: Abort after Finish: %v", out, err)
	}
}

func TestParseOutput(t *testing.T) {
	tests := map[string]struct {
		want Output
		fail string // a part of the error
	}{
		"table":                    {want: Output{"table", "-"}},
		"json=-":                   {want: Output{"json", "-"}},
		"json=report.json":         {want: Output{"json", "report.json"}},
		"ndjson=a=b.ndjson":        {want: Output{"ndjson", "a=b.ndjson"}},
		"csv=out/":                 {want: Output{"csv", "out/"}},
		"csv":                      {fail: "csv=FOLDER"},
		"csv=-":                    {fail: "needs a folder"},
		"json=":                    {fail: "no path after the ="},
		"":                         {fail: "the formats are table, json, ndjson, csv, markdown"},
		"=x":                       {fail: `unknown output format ""`},
		"jsno":                     {fail: "did you mean json?"},
		"JSON=x":                   {fail: "did you mean json?"},
		"md":                       {fail: "the formats are"},
		"mark=x":                   {fail: "did you mean markdown?"},
		"report.json":              {fail: "did you mean json=report.json?"},
		"xml":                      {fail: `unknown output format "xml"`},
		strings.Repeat("j", 1<<20): {fail: "unknown output format"},
	}
	for in, test := range tests {
		got, err := ParseOutput(in)
		switch {
		case test.fail == "" && (err != nil || got != test.want):
			t.Errorf("%q: got %v, %v, want %v", in, got, err, test.want)
		case test.fail != "" && (err == nil || !strings.Contains(err.Error(), test.fail)):
			t.Errorf("%.40q: got %v, %v, want an error with %q", in, got, err, test.fail)
		}
	}
}

func TestFormats(t *testing.T) {
	for _, format := range Formats() {
		if format.Name == "" || format.Doc == "" || strings.HasSuffix(format.Doc, ".") {
			t.Errorf("format %q: name or doc is not as help needs it", format.Name)
		}
		if out, err := ParseOutput(format.Name + "=x"); err != nil || out.String() != format.Name+"=x" {
			t.Errorf("%s: %v, %v", format.Name, out, err)
		}
	}
}

func TestOpenFailsEarly(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, format := range Formats() {
		bad := map[string]string{
			"file as folder": filepath.Join(file, "x"),
			"no folder":      filepath.Join(folder, "missing", "x"),
			"no path":        "",
		}
		if format.Folder {
			bad["a file"] = file
		} else {
			bad["a folder"] = folder
		}
		for name, path := range bad {
			if sink, err := Open(Output{format.Name, path}, Options{Stdout: io.Discard}); err == nil {
				t.Errorf("%s to %s (%s) was opened: %v", format.Name, name, path, sink.Abort())
			} else if !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), format.Name) {
				t.Errorf("%s, %s: the error names neither: %v", format.Name, name, err)
			}
		}
	}
	for name, test := range map[string]struct {
		out  Output
		o    Options
		want string
	}{
		"unknown format":   {Output{"xml", "-"}, Options{Stdout: io.Discard}, "unknown output format"},
		"no stdout":        {Output{"json", "-"}, Options{}, "no standard output"},
		"unknown table":    {Output{"table", "-"}, Options{Stdout: io.Discard, Tables: []string{"clusters", "vmss"}}, "did you mean vms?"},
		"unknown table md": {Output{"markdown", "-"}, Options{Stdout: io.Discard, Tables: []string{"nothing"}}, "the tables are vms, disks"},
	} {
		if _, err := Open(test.out, test.o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
	wantFiles(t, folder, "file")
}

// wantFiles checks the names in a folder: nothing may stay behind.
func wantFiles(t *testing.T, folder string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, entry := range entries {
		got = append(got, entry.Name())
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s holds %q, want %q", folder, got, want)
	}
}

func TestAbortLeavesThePreviousFile(t *testing.T) {
	for _, format := range Formats() {
		t.Run(format.Name, func(t *testing.T) {
			folder := t.TempDir()
			path := filepath.Join(folder, "out")
			want := []string{"out"}
			if format.Folder {
				want = nil // made by Open, and taken away again
			} else if err := os.WriteFile(path, []byte("previous"), 0o644); err != nil {
				t.Fatal(err)
			}
			sink, err := Open(Output{format.Name, path}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			r := small(t)
			if err := sink.VCenter(&r.VCenters[0]); err != nil {
				t.Fatal(err)
			}
			if err := sink.Abort(); err != nil {
				t.Fatal(err)
			}
			wantFiles(t, folder, want...)
			if got, err := os.ReadFile(path); !format.Folder && string(got) != "previous" {
				t.Errorf("the file holds %q, %v", got, err)
			}
		})
	}
}

// failing is a writer that fails after some bytes, as a full disk or a closed
// pipe does.
type failing struct{ left int }

var errDiskFull = errors.New("no space left")

func (f *failing) Write(p []byte) (int, error) {
	if len(p) > f.left {
		n := f.left
		f.left = 0
		return n, errDiskFull
	}
	f.left -= len(p)
	return len(p), nil
}

func TestFailingWriter(t *testing.T) {
	r := fixture(t)
	for _, format := range Formats() {
		if format.Folder {
			continue // files: see TestFailingRename and TestFailingFile
		}
		size := len(render(t, format.Name, r, Options{}))
		for _, left := range []int{0, 1, size / 3, size / 2, size - 1} {
			sink, err := Open(Output{format.Name, Stdout}, Options{Stdout: &failing{left}})
			if err != nil {
				t.Fatal(err)
			}
			var failed error
			for i := range r.VCenters {
				failed = errors.Join(failed, sink.VCenter(&r.VCenters[i]))
			}
			failed = errors.Join(failed, sink.Finish(r))
			if !errors.Is(failed, errDiskFull) || !strings.Contains(failed.Error(), "standard output") {
				t.Errorf("%s, disk full after %d of %d bytes: %v", format.Name, left, size, failed)
			}
		}
	}
}

func TestFailingFile(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		return // Linux has it
	}
	r := small(t)
	for _, format := range Formats() {
		if format.Folder {
			continue
		}
		sink, err := Open(Output{format.Name, "/dev/full"}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := sink.Finish(r); err == nil || !strings.Contains(err.Error(), "/dev/full") {
			t.Errorf("%s: %v", format.Name, err)
		}
	}
}

func TestFailingRename(t *testing.T) {
	for _, format := range Formats() {
		t.Run(format.Name, func(t *testing.T) {
			folder := t.TempDir()
			path := filepath.Join(folder, "out")
			sink, err := Open(Output{format.Name, path}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			blocked := path
			if format.Folder {
				blocked = filepath.Join(path, "vcenters.csv")
			}
			if err := os.MkdirAll(filepath.Join(blocked, "in the way"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := sink.Finish(small(t)); err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("Finish: %v", err)
			}
			temporary, err := filepath.Glob(filepath.Join(folder, "*", ".*"))
			if err != nil || len(temporary) > 0 {
				t.Errorf("left behind: %q, %v", temporary, err)
			}
			wantFiles(t, folder, "out")
		})
	}
}

// TestSameBytes holds that the same report gives the same bytes, in a file as
// on standard output.
func TestSameBytes(t *testing.T) {
	for _, format := range Formats() {
		if format.Folder {
			continue
		}
		path := filepath.Join(t.TempDir(), "out")
		write(t, Output{format.Name, path}, fixture(t), Options{Width: 80, Color: true})
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, render(t, format.Name, fixture(t), Options{})) {
			t.Errorf("%s differs between a file and standard output", format.Name)
		}
	}
}
