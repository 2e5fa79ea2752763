package collector

import (
	"slices"
	"strings"
	"time"

	"vcfleet/pkg/inventory"
	"vcfleet/pkg/tabular"
	"vcfleet/pkg/vim"
)

// property is one property path of objects of type O: where it goes, and how it
// is read. It must assign and not append: with specs for a type and its
// supertype, a vCenter may send a property twice.
type property[O any] struct {
	path  string
	feeds string // the columns it ends up in: table.column …, or anywhere
	read  func(*O, *vim.Value)
}

// anywhere marks what inventory paths and datacenter names are made of: every
// table needs it.
const anywhere = "*"

// feeding reports whether a property feeds a table of the wanted sections.
func feeding(feeds string, tables map[string]bool) bool {
	if feeds == anywhere {
		return true
	}
	return slices.ContainsFunc(strings.Fields(feeds), func(feed string) bool {
		table, _, _ := strings.Cut(feed, ".")
		return tables[table]
	})
}

// tablesOf returns the names of the tables that the sections stand for.
func tablesOf(sections []string) map[string]bool {
	tables := make(map[string]bool)
	for _, table := range inventory.Tables() {
		if slices.Contains(sections, table.Section) {
			tables[table.Name] = true
		}
	}
	return tables
}

// managedType reads the objects of one managed object type.
type managedType struct {
	name    string
	paths   []string          // asked for
	asked   map[string]string // what each of them feeds
	dropped map[string]string // what was wanted and is left out, with what it feeds
	begin   func(vim.ManagedObjectReference)
	read    map[string]func(*vim.Value)
	end     func()
}

// newType returns what reads a managed object type for r, and hands its objects
// to end one after another. The object that end gets is used again for the next.
func newType[O any](r *reader, name string, properties []property[O], end func(vim.ManagedObjectReference, *O)) *managedType {
	var object O
	var self vim.ManagedObjectReference
	t := &managedType{
		name: name, asked: make(map[string]string), dropped: make(map[string]string),
		begin: func(ref vim.ManagedObjectReference) {
			var fresh O
			object, self = fresh, ref
		},
		read: make(map[string]func(*vim.Value)),
		end:  func() { end(self, &object) },
	}
	for _, p := range properties {
		switch {
		case !feeding(p.feeds, r.tables):
		case r.without[p.path]:
			t.dropped[p.path] = p.feeds
		default:
			t.paths = append(t.paths, p.path)
			t.asked[p.path] = p.feeds
			t.read[p.path] = func(v *vim.Value) { p.read(&object, v) }
		}
	}
	return t
}

// The decoders of single values, each for a field of O.

func text[O any](field func(*O) *string) func(*O, *vim.Value) {
	return func(o *O, v *vim.Value) { *field(o) = v.Text() }
}

// word is text that repeats from object to object, such as an enum value.
func word[O any](field func(*O) *string) func(*O, *vim.Value) {
	return func(o *O, v *vim.Value) { *field(o) = v.Word() }
}

func number[O any](field func(*O) *inventory.Int) func(*O, *vim.Value) {
	return func(o *O, v *vim.Value) { *field(o) = integer(v) }
}

func truth[O any](field func(*O) *inventory.Bool) func(*O, *vim.Value) {
	return func(o *O, v *vim.Value) { *field(o) = boolean(v) }
}

func instant[O any](field func(*O) *time.Time) func(*O, *vim.Value) {
	return func(o *O, v *vim.Value) { *field(o) = v.Time() }
}

func ref[O any](field func(*O) *vim.ManagedObjectReference) func(*O, *vim.Value) {
	return func(o *O, v *vim.Value) { *field(o) = optionalRef(v) }
}

func refs[O any](field func(*O) *[]vim.ManagedObjectReference) func(*O, *vim.Value) {
	return func(o *O, v *vim.Value) { *field(o) = v.Refs() }
}

func optionalRef(v *vim.Value) vim.ManagedObjectReference {
	if v.Kind() == vim.KindNull {
		v.Skip()
		return vim.ManagedObjectReference{}
	}
	return v.Ref()
}

func integer(v *vim.Value) inventory.Int {
	n, ok := v.Int()
	return inventory.Int{Value: n, Known: ok}
}

func boolean(v *vim.Value) inventory.Bool {
	b, ok := v.Bool()
	return inventory.Bool{Value: b, Known: ok}
}

// mebibytes takes a number of bytes.
func mebibytes(v *vim.Value) inventory.Int { return shifted(v, 20) }

// shifted takes a number and divides it by 2^bits, rounding down.
func shifted(v *vim.Value, bits uint) inventory.Int {
	n := integer(v)
	n.Value >>= bits
	return n
}

// unescape gives a name as people wrote it: vCenter escapes /, \ and % in names,
// and only these (ManagedEntity.name, Web Services API reference). In inventory
// paths they stay escaped.
func unescape(name string) string {
	if !strings.Contains(name, "%") {
		return name
	}
	return strings.NewReplacer("%2f", "/", "%2F", "/", "%5c", `\`, "%5C", `\`, "%25", "%").Replace(name)
}

// entity is what every managed entity has that has a place in the inventory.
type entity struct {
	rawName string // as the vCenter escapes it
	parent  vim.ManagedObjectReference
	custom  []customValue
}

// node is the entity's place in the tree.
func (e *entity) node() node { return node{e.rawName, e.parent} }

// customValue is a custom attribute as an object carries it.
type customValue struct {
	key   int64
	value string
}

// customValues takes an array of CustomFieldStringValue.
func customValues(v *vim.Value) []customValue {
	var values []customValue
	v.Elements(func(v *vim.Value) {
		var value customValue
		v.Fields(func(name []byte, v *vim.Value) {
			switch string(name) {
			case "key":
				value.key, _ = v.Int()
			case "value":
				value.value = v.Text()
			}
		})
		values = append(values, value)
	})
	return values
}

// custom is the customValue property of a type whose table has a
// customAttributes column. (The value property repeats it.)
func custom[O any](table string, field func(*O) *[]customValue) property[O] {
	return property[O]{"customValue", table + ".customAttributes", func(o *O, v *vim.Value) { *field(o) = customValues(v) }}
}

// attributes names custom values by their field definitions, sorted by name. A
// value without a definition is named by its key: it is not dropped.
func attributes(values []customValue, names map[int64]string) []tabular.Pair {
	if len(values) == 0 {
		return nil
	}
	byName := make(map[string]string, len(values))
	for _, v := range values {
		name, known := names[v.key]
		if !known {
			name = "field-" + tabular.IntValue(v.key).String()
		}
		byName[name] = v.value
	}
	return inventory.SortedPairs(byName)
}
