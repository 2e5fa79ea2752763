package report

import (
	"bufio"
	"errors"
	"fmt"
	"slices"

	"vcfleet/pkg/inventory"
	"vcfleet/pkg/tabular"
)

// keyTable is the first member of every line and says which table it belongs
// to. No column has this name (a test holds that).
const keyTable = "table"

// openNDJSON opens the stream. Its lines, by their "table":
//
//   - a table's name: one record, members as in the json format;
//   - vcenters: the vCenter's own line, after its records;
//   - problems: a problem that only the whole fleet shows, after all vCenters;
//   - run: schema, tool, run and summary; always last, so a stream without it
//     was cut.
func openNDJSON(out Output, o Options) (Sink, error) {
	dest, err := openDestination(out, o)
	if err != nil {
		return nil, err
	}
	return &ndjson{
		out: out, dest: dest, buffer: bufio.NewWriterSize(dest, bufferSize),
		tables: inventory.Tables(), problems: make(map[string]int),
	}, nil
}

type ndjson struct {
	out      Output
	dest     destination
	buffer   *bufio.Writer
	tables   []inventory.Table
	problems map[string]int // those that were written, by vCenter
}

func (n *ndjson) VCenter(v *inventory.VCenter) error {
	err := n.vcenter(v)
	if err == nil {
		err = n.buffer.Flush() // a reader follows the run
	}
	return n.wrap(err)
}

func (n *ndjson) vcenter(v *inventory.VCenter) error {
	for _, table := range n.tables {
		if !slices.Contains(v.Sections, table.Section) {
			continue
		}
		if err := n.rows(table.View(&v.Records)); err != nil {
			return err
		}
	}
	n.problems[v.Name] = len(v.Problems)
	object, err := appendVCenter(nil, v)
	if err != nil {
		return err
	}
	return n.line(keyVCenters, object[1:]) // the rest after its {
}

func (n *ndjson) rows(table tabular.Table) error {
	encoder := newRowEncoder(table.Columns, fmt.Sprintf("%q:%q", keyTable, table.Name))
	var line []byte
	for row := range table.Rows() {
		line = append(encoder.append(line[:0], row), '\n')
		if _, err := n.buffer.Write(line); err != nil {
			return err
		}
	}
	return nil
}

// line writes an object of which members is all but the opening brace.
func (n *ndjson) line(table string, members []byte) error {
	_, err := fmt.Fprintf(n.buffer, "{%q:%q,%s\n", keyTable, table, members)
	return err
}

func (n *ndjson) Finish(r *inventory.Report) error {
	err := n.finish(r)
	if err == nil {
		err = n.buffer.Flush()
	}
	if err != nil {
		return n.wrap(errors.Join(err, n.dest.Abort()))
	}
	return n.wrap(n.dest.Commit())
}

// finish writes what the stream does not have yet: vCenters that were not
// announced (a saved report has none), problems found by comparing vCenters,
// and the run.
func (n *ndjson) finish(r *inventory.Report) error {
	var late []inventory.ProblemRow
	for i := range r.VCenters {
		v := &r.VCenters[i]
		written, streamed := n.problems[v.Name]
		if !streamed {
			if err := n.vcenter(v); err != nil {
				return err
			}
			continue
		}
		for _, problem := range v.Problems[min(written, len(v.Problems)):] {
			late = append(late, inventory.ProblemRow{VCenter: v.Name, Problem: problem})
		}
	}
	if err := n.rows(tabular.Bind(inventory.ProblemSchema(), late)); err != nil {
		return err
	}
	head, err := appendHead(nil, r, ",")
	if err != nil {
		return err
	}
	return n.line(keyRun, append(head, '}'))
}

func (n *ndjson) Abort() error { return n.dest.Abort() }

func (n *ndjson) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("write %s to %s: %w", n.out.Format, n.out.name(), err)
}
