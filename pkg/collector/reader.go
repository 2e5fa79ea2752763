package collector

import (
	"slices"
	"strings"

	"vcfleet/pkg/inventory"
	"vcfleet/pkg/vim"
)

// reader is the vim.Handler of one retrieval: it keeps objects as they come,
// and counts what could not be read.
type reader struct {
	content *vim.ServiceContent
	tables  map[string]bool // wanted
	without map[string]bool // paths to leave out
	all     []*managedType
	types   []*managedType // those of them that are asked for
	byName  map[string]*managedType
	current *managedType // nil while an object of a type that was not asked for passes
	self    vim.ManagedObjectReference
	seen    map[vim.ManagedObjectReference]bool
	observe func(objects int)
	unseen  int      // objects that observe has not been told of
	missing []string // paths missing of the current object

	tree       *tree
	fieldNames map[int64]string // custom attribute definitions
	vms        []vmObject
	hosts      []object[hostObject]
	clusters   []object[clusterObject]
	pools      []object[poolObject]
	dcs        []object[datacenterObject]
	folders    []object[folderObject]
	pods       []object[folderObject]
	datastores []object[datastoreObject]
	networks   []object[networkObject]
	switches   []object[switchObject]

	gaps     map[gap]int64
	moreGaps int64 // properties that could not be read and are of no kind in gaps, which was full
	// cut is set when the vCenter refused the pages after some.
	cut *cut
	// sessionLost is set when a property is missing because the session is not
	// authenticated.
	sessionLost bool
}

// object is an object with its reference.
type object[O any] struct {
	ref vim.ManagedObjectReference
	is  O
}

// gap is a kind of thing that could not be read.
type gap struct {
	typ, path string
	fault     vim.FaultType // "" is a value that was not of its type
	privilege string
}

// maxGaps bounds the kinds of things that could not be read: they are the
// vCenter's words.
const maxGaps = 5000

// note counts an object that has a gap.
func (r *reader) note(g gap) {
	if _, known := r.gaps[g]; !known && len(r.gaps) >= maxGaps {
		r.moreGaps++
		return
	}
	r.gaps[g]++
}

// cut is what is known of pages that the vCenter refused to give.
type cut struct {
	pages, objects int // that came before
	fault          *vim.Fault
}

func newReader(content *vim.ServiceContent, sections []string, without map[string]bool, observe func(int)) *reader {
	r := &reader{
		content: content, tables: tablesOf(sections), without: without, byName: make(map[string]*managedType),
		seen: make(map[vim.ManagedObjectReference]bool), observe: observe,
		tree: newTree(content.RootFolder), fieldNames: make(map[int64]string), gaps: make(map[gap]int64),
	}
	r.add(
		newType(r, "VirtualMachine", virtualMachineProperties(), r.endVM),
		newType(r, "HostSystem", hostProperties(), keep(r, &r.hosts, (*hostObject).node)),
		newType(r, "ComputeResource", computeResourceProperties(), keep(r, &r.clusters, (*clusterObject).node)),
		newType(r, "ClusterComputeResource", computeResourceProperties(), keep(r, &r.clusters, (*clusterObject).node)),
		newType(r, "Datacenter", datacenterProperties(), keep(r, &r.dcs, (*datacenterObject).node)),
		newType(r, "Folder", folderProperties(), keep(r, &r.folders, (*folderObject).node)),
		newType(r, "ResourcePool", resourcePoolProperties(), keep(r, &r.pools, (*poolObject).node)),
		newType(r, "VirtualApp", vAppProperties(), keep(r, &r.pools, (*poolObject).node)),
		newType(r, "Datastore", datastoreProperties(), keep(r, &r.datastores, (*datastoreObject).node)),
		newType(r, "StoragePod", storagePodProperties(), keep(r, &r.pods, (*folderObject).node)),
		newType(r, "Network", networkProperties(), keep(r, &r.networks, (*networkObject).node)),
		newType(r, "OpaqueNetwork", networkProperties(), keep(r, &r.networks, (*networkObject).node)),
		newType(r, "DistributedVirtualPortgroup", portgroupProperties(), keep(r, &r.networks, (*networkObject).node)),
		newType(r, "VmwareDistributedVirtualSwitch", switchProperties(), keep(r, &r.switches, (*switchObject).node)),
	)
	if content.CustomFieldsManager.Value != "" {
		r.add(newType(r, "CustomFieldsManager", customFieldsProperties(r.tables), func(_ vim.ManagedObjectReference, o *map[int64]string) { r.fieldNames = *o }))
	}
	return r
}

func (r *reader) add(types ...*managedType) {
	r.all = append(r.all, types...)
	for _, t := range types {
		if len(t.paths) > 0 { // else no wanted column needs the type
			r.types = append(r.types, t)
			r.byName[t.name] = t
		}
	}
}

// keep returns what appends an object to list and gives it its place in the
// tree.
func keep[O any](r *reader, list *[]object[O], place func(*O) node) func(vim.ManagedObjectReference, *O) {
	return func(ref vim.ManagedObjectReference, o *O) {
		r.tree.nodes[ref] = place(o)
		*list = append(*list, object[O]{ref, *o})
	}
}

// endVM keeps a virtual machine, which has no place in the tree: no object has
// one as its parent.
func (r *reader) endVM(ref vim.ManagedObjectReference, o *vmObject) {
	o.ref = ref
	r.vms = append(r.vms, *o)
}

// customFieldsProperties is the one list for CustomFieldsManager; its field
// feeds the customAttributes of every table that has them.
func customFieldsProperties(tables map[string]bool) []property[map[int64]string] {
	var feeds []string
	for _, table := range inventory.Tables() {
		for _, column := range table.Columns {
			if column.Name == "customAttributes" && tables[table.Name] {
				feeds = append(feeds, table.Name+".customAttributes")
			}
		}
	}
	return []property[map[int64]string]{{"field", strings.Join(feeds, " "), func(o *map[int64]string, v *vim.Value) { *o = readFieldNames(v) }}}
}

// readFieldNames takes an array of CustomFieldDef.
func readFieldNames(v *vim.Value) map[int64]string {
	names := make(map[int64]string)
	v.Elements(func(v *vim.Value) {
		var key int64
		var text string
		v.Fields(func(name []byte, v *vim.Value) {
			switch string(name) {
			case "key":
				key, _ = v.Int()
			case "name":
				text = v.Text()
			}
		})
		names[key] = unescape(text)
	})
	return names
}

// viewTypes returns the types that the container view lists, and query what the
// retrieval asks for: the view's objects, and in the same call what no view
// holds, the root folder and the custom field definitions.
func (r *reader) viewTypes() []string {
	var types []string
	for _, t := range r.types {
		if t.name != "CustomFieldsManager" {
			types = append(types, t.name)
		}
	}
	return types
}

func (r *reader) query(view vim.ManagedObjectReference, pageSize int) vim.Query {
	q := vim.Query{View: view, Objects: []vim.ManagedObjectReference{r.content.RootFolder}, MaxObjects: pageSize}
	for _, t := range r.types {
		q.Properties = append(q.Properties, vim.PropertySpec{Type: t.name, Paths: t.paths})
		if t.name == "CustomFieldsManager" {
			q.Objects = append(q.Objects, r.content.CustomFieldsManager)
		}
	}
	return q
}

// Object begins an object. One of a type that was not asked for, or that has
// come already, is let pass: no row may stand twice.
func (r *reader) Object(ref vim.ManagedObjectReference) {
	r.current, r.self, r.missing = r.byName[ref.Type], ref, r.missing[:0]
	if r.seen[ref] {
		r.current = nil
	}
	r.seen[ref] = true
	if r.current != nil {
		r.current.begin(ref)
	}
}

// Property reads a property into the current object. A value that is not of its
// type is counted: it costs that value and no more.
func (r *reader) Property(path string, v *vim.Value) {
	if r.current == nil {
		return
	}
	read, asked := r.current.read[path]
	if !asked {
		return // a spec for a supertype serves its subtypes too: a StoragePod is a Folder
	}
	v.TakeOdd()
	read(v)
	if v.TakeOdd() > 0 {
		r.note(gap{typ: r.self.Type, path: path})
	}
}

// Missing counts a property that the vCenter could not give, once: specs for a
// type and its supertype may both name it.
func (r *reader) Missing(path string, fault *vim.Fault) {
	if fault.Type == vim.NotAuthenticated {
		r.sessionLost = true
	}
	if r.current == nil || slices.Contains(r.missing, path) {
		return
	}
	r.missing = append(r.missing, path)
	typ := fault.Type
	if typ == "" {
		typ = "an unnamed fault"
	}
	r.note(gap{r.self.Type, path, typ, fault.PrivilegeID})
}

// progressStep is how many objects pass between two calls of observe.
const progressStep = 50

// End ends the current object.
func (r *reader) End() {
	if r.current == nil {
		return
	}
	r.current.end()
	if r.unseen++; r.unseen == progressStep {
		r.observed()
	}
}

// observed tells observe of the objects that it has not been told of.
func (r *reader) observed() {
	if r.unseen > 0 {
		r.observe(r.unseen)
	}
	r.unseen = 0
}
