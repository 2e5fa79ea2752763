package report

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"unicode/utf8"

	"vcfleet/pkg/internal/atomicfile"
	"vcfleet/pkg/inventory"
	"vcfleet/pkg/tabular"
)

// The csv format is RFC 4180 in UTF-8 without a byte order mark: a header with
// the column names, CRLF, quotes where they are needed. A file of a table that
// the run did not collect cannot stay from an earlier run, or it would pass for
// this one's, and cannot be written empty, as that would say that there is
// nothing. So Finish removes it, if its first column is "vcenter" as in every
// record table; another program's hosts.csv stays.

// csvOwner is how the record tables' files begin.
const csvOwner = "vcenter,"

type csvFolder struct {
	folder  string
	created bool // by this sink
	// vcenters is opened first, to learn early that the folder can be written,
	// and committed last.
	vcenters *atomicfile.File
}

func openCSV(out Output, _ Options) (Sink, error) {
	created := false
	info, err := os.Stat(out.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := os.Mkdir(out.Path, 0o755); err != nil {
			return nil, fmt.Errorf("create the folder: %w", err)
		}
		created = true
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, fmt.Errorf("%s is not a folder", out.Path)
	}
	sink := &csvFolder{folder: out.Path, created: created}
	if sink.vcenters, err = sink.create(keyVCenters); err != nil {
		if created {
			err = errors.Join(err, os.Remove(out.Path))
		}
		return nil, err
	}
	return sink, nil
}

func (c *csvFolder) path(table string) string { return filepath.Join(c.folder, table+".csv") }

func (c *csvFolder) create(table string) (*atomicfile.File, error) {
	return atomicfile.Create(c.path(table))
}

func (c *csvFolder) VCenter(*inventory.VCenter) error { return nil }

func (c *csvFolder) Finish(r *inventory.Report) error {
	if err := c.finish(r); err != nil {
		return fmt.Errorf("write csv to %s: %w", c.folder, err)
	}
	return nil
}

// finish writes all files before it puts the first one in place: what can fail
// has then failed.
func (c *csvFolder) finish(r *inventory.Report) (err error) {
	var files []*atomicfile.File
	defer func() {
		if err == nil {
			return
		}
		for _, file := range files { // those in place stay
			err = errors.Join(err, file.Abort())
		}
		err = errors.Join(err, c.Abort())
	}()
	tables := map[string]bool{}
	bound := make([]tabular.Table, 0, len(r.Tables())+1)
	for _, table := range r.Tables() {
		tables[table.Name] = true
		bound = append(bound, r.Table(table))
	}
	for _, table := range append(bound, r.ProblemTable()) {
		file, err := c.create(table.Name)
		if err != nil {
			return err
		}
		files = append(files, file)
		if err := fill(file, func(w *bufio.Writer) error { return writeCSV(w, table) }); err != nil {
			return err
		}
	}
	if err := fill(c.vcenters, func(w *bufio.Writer) error { return writeCSV(w, r.VCenterTable()) }); err != nil {
		return err
	}
	files = append(files, c.vcenters)
	for _, file := range files {
		if err := file.Commit(); err != nil {
			return err
		}
	}
	return c.removeStale(tables)
}

// removeStale removes the files of an earlier run's tables.
func (c *csvFolder) removeStale(current map[string]bool) error {
	for _, table := range inventory.Tables() {
		if current[table.Name] {
			continue
		}
		ours, err := beginsWith(c.path(table.Name), csvOwner)
		if err != nil {
			return fmt.Errorf("look at the file of an earlier run: %w", err)
		}
		if !ours {
			continue
		}
		if err := os.Remove(c.path(table.Name)); err != nil {
			return fmt.Errorf("remove the file of an earlier run: %w", err)
		}
	}
	return nil
}

// beginsWith reports whether path is a file that starts with prefix.
func beginsWith(path, prefix string) (bool, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil || !info.Mode().IsRegular() {
		return false, err
	}
	file, err := os.Open(path)
	if err != nil {
		return false, err
	}
	start := make([]byte, len(prefix))
	n, err := io.ReadFull(file, start)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return string(start[:n]) == prefix, errors.Join(err, file.Close())
}

func (c *csvFolder) Abort() error {
	err := c.vcenters.Abort()
	if c.created {
		// Another program may have put something there since; then it stays.
		if entries, readErr := os.ReadDir(c.folder); readErr == nil && len(entries) == 0 {
			err = errors.Join(err, os.Remove(c.folder))
		}
	}
	if err != nil {
		return fmt.Errorf("discard csv in %s: %w", c.folder, err)
	}
	return nil
}

// writeCSV writes one table.
func writeCSV(w *bufio.Writer, table tabular.Table) error {
	var line, cell []byte
	for i, column := range table.Columns {
		line = appendCSV(appendComma(line, i), []byte(column.Name), true)
	}
	if _, err := w.Write(append(line, "\r\n"...)); err != nil {
		return err
	}
	for row := range table.Rows() {
		line = line[:0]
		for i, column := range table.Columns {
			line = appendComma(line, i)
			value := row.Cell(i)
			if value.Absent() {
				continue
			}
			cell = value.AppendText(cell[:0])
			line = appendCSV(line, cell, mayBeFormula(column.Type))
		}
		if _, err := w.Write(append(line, "\r\n"...)); err != nil {
			return err
		}
	}
	return nil
}

func appendComma(dst []byte, column int) []byte {
	if column > 0 {
		return append(dst, ',')
	}
	return dst
}

// mayBeFormula tells texts from numbers, which are safe and stay numbers.
func mayBeFormula(t tabular.Type) bool {
	return t == tabular.Text || t == tabular.List || t == tabular.Pairs
}

// appendCSV appends one field. Spreadsheets run a field that begins like a
// formula, whatever the quotes around it; an apostrophe makes it text.
func appendCSV(dst, cell []byte, text bool) []byte {
	if text && !utf8.Valid(cell) {
		cell = bytes.ToValidUTF8(cell, []byte("\uFFFD"))
	}
	formula := text && len(cell) > 0 && isFormulaStart(cell[0])
	quotes, special := 0, false
	for _, b := range cell {
		switch b {
		case '"':
			quotes++
		case ',', '\r', '\n':
			special = true
		}
	}
	// A leading space is quoted for the readers that would trim it.
	quoted := quotes > 0 || special || (len(cell) > 0 && cell[0] == ' ')
	if quoted {
		dst = append(dst, '"')
	}
	if formula {
		dst = append(dst, '\'')
	}
	if quotes == 0 {
		dst = append(dst, cell...)
	} else {
		for _, b := range cell {
			if b == '"' {
				dst = append(dst, '"')
			}
			dst = append(dst, b)
		}
	}
	if quoted {
		dst = append(dst, '"')
	}
	return dst
}

func isFormulaStart(b byte) bool {
	switch b {
	case '=', '+', '-', '@', '\t', '\r':
		return true
	}
	return false
}
