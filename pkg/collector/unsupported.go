package collector

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"vcfleet/pkg/inventory"
	"vcfleet/pkg/tabular"
	"vcfleet/pkg/vim"
)

// maxUnknown bounds how many property paths are left out, each at the price of
// one request.
const maxUnknown = 20

// leaveOut takes note of a property path that the vCenter's release does not
// have, and reports whether reading again without it is worth while. One such
// path fails the whole RetrievePropertiesEx, and the fault names it
// (InvalidProperty, VI/JSON OpenAPI 9.1.1).
func (c *conversation) leaveOut(r *reader, err error) bool {
	fault, ok := errors.AsType[*vim.Fault](err)
	if !ok || fault.Type != vim.InvalidProperty || errors.Is(err, vim.ErrTokenLost) || len(c.unknown) >= maxUnknown {
		return false
	}
	if !slices.ContainsFunc(r.types, func(t *managedType) bool { return slices.Contains(t.paths, fault.Name) }) {
		return false // it would be asked for again
	}
	c.unknown[fault.Name] = true
	c.log.Warn().Str("path", fault.Name).Msg("the release does not know this property: reading again without it")
	return true
}

// unsupportedProblem is a path that was left out; emptied says that a wanted
// column has no other source.
type unsupportedProblem struct {
	inventory.Problem
	emptied bool
}

// unsupported returns the paths that were left out of a release, in a stable
// order.
func (r *reader) unsupported(release vim.Release) []unsupportedProblem {
	types := make(map[string][]string) // by path
	empty := make(map[string][]string)
	for _, t := range r.all {
		for path := range t.dropped {
			types[path] = append(types[path], t.name)
			empty[path] = append(empty[path], t.emptied(path, r.tables)...)
		}
	}
	var list []unsupportedProblem
	for path, names := range types {
		slices.Sort(names)
		columns := slices.Compact(slices.Sorted(slices.Values(empty[path])))
		p := inventory.Problem{
			Phase: inventory.PhaseRead, Class: inventory.ClassUnsupportedProperty,
			Type: strings.Join(names, " "), Path: path,
			Message: fmt.Sprintf("the release %s of the API does not know %s of %s", release, path, strings.Join(names, ", ")),
			Hint:    "nothing is missing from the report: what it stands for was found elsewhere",
		}
		if len(columns) > 0 {
			p.Hint = "not known without it: " + strings.Join(columns, ", ")
		}
		list = append(list, unsupportedProblem{p, len(columns) > 0})
	}
	slices.SortFunc(list, func(a, b unsupportedProblem) int { return strings.Compare(a.Path, b.Path) })
	return list
}

// emptied returns the wanted columns that objects of the type have no other
// source for than a path that was left out.
func (t *managedType) emptied(path string, tables map[string]bool) []string {
	var columns []string
	for feed := range strings.FieldsSeq(t.dropped[path]) {
		table, _, _ := strings.Cut(feed, ".")
		switch {
		case feed == anywhere:
			columns = append(columns, "inventory paths and datacenters of all tables")
		case tables[table] && !t.feeds(feed):
			columns = append(columns, feed)
		}
	}
	return columns
}

// feeds reports whether a path that is asked for feeds a column.
func (t *managedType) feeds(column string) bool {
	for _, feeds := range t.asked {
		if slices.Contains(strings.Fields(feeds), column) {
			return true
		}
	}
	return false
}

// forget clears the numbers and marks that lack a source: what could not be
// counted is not known, and not zero. Texts are left as they are; those that
// have no source are empty.
func (r *reader) forget(records *inventory.Records) {
	lost := make(map[string]bool)
	for _, t := range r.all {
		for path := range t.dropped {
			for _, column := range t.emptied(path, r.tables) {
				lost[column] = true
			}
		}
	}
	for _, table := range inventory.Tables() {
		var columns []int
		for i, column := range table.Columns {
			if lost[table.Name+"."+column.Name] && (column.Type == tabular.Int || column.Type == tabular.Bool) {
				columns = append(columns, i)
			}
		}
		if len(columns) > 0 {
			rewrite(table, records, columns)
		}
	}
}

// rewrite makes the rows of a table again, without what stands in the columns.
func rewrite(table inventory.Table, records *inventory.Records, without []int) {
	old := *records
	table.Clear(records)
	for row := range table.View(&old).Rows() {
		set := table.Append(records)
		for i := range table.Columns {
			if v := row.Cell(i); !v.Absent() && !slices.Contains(without, i) {
				set(i, v)
			}
		}
	}
}
