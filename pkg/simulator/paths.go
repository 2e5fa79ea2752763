package simulator

import (
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// schema resolves property paths against the managed object types of govmomi.
type schema struct {
	objects sync.Map // name -> reflect.Type, nil if there is none
	fields  sync.Map // reflect.Type -> map[string]member
	bases   sync.Map // typePair -> bool
	paths   sync.Map // typePath -> propertyPath
}

type typePair struct{ name, base string }

type typePath struct {
	typ  reflect.Type
	name string
}

// member is a property of a managed object or of a data object.
type member struct {
	index     []int
	typ       reflect.Type
	omitEmpty bool
}

// step is one element of a property path, with the key of an array element.
type step struct {
	name  string
	key   string
	keyed bool
}

// propertyPath is a property path that the type it was resolved for has.
type propertyPath struct {
	name  string
	steps []step
}

// objectType returns the type of a managed object by its VMODL name.
func (s *schema) objectType(name string) reflect.Type {
	if t, ok := s.objects.Load(name); ok {
		return t.(reflect.Type)
	}
	t := lookupObjectType(name)
	if t != nil { // names that do not exist are not kept: there is no end of them
		s.objects.Store(name, t)
	}
	return t
}

func lookupObjectType(name string) (t reflect.Type) {
	defer func() {
		if recover() != nil { // govmomi's way to say that there is no such type
			t = nil
		}
	}()
	obj, err := mo.ObjectContentToType(types.ObjectContent{Obj: types.ManagedObjectReference{Type: name}})
	if err != nil {
		return nil
	}
	return reflect.TypeOf(obj)
}

// isA reports whether the managed object type named name is base or derives
// from it.
func (s *schema) isA(name, base string) bool {
	if name == base {
		return true
	}
	pair := typePair{name, base}
	if is, ok := s.bases.Load(pair); ok {
		is, _ := is.(bool)
		return is
	}
	t := s.objectType(name)
	if t == nil || s.objectType(base) == nil {
		return false // not kept, like names that do not exist
	}
	is := embeds(t, base)
	s.bases.Store(pair, is)
	return is
}

func embeds(t reflect.Type, base string) bool {
	for f := range t.Fields() {
		if f.Anonymous && (f.Name == base || embeds(f.Type, base)) {
			return true
		}
	}
	return false
}

// members returns the properties of a struct type, those of its bases included.
func (s *schema) members(t reflect.Type) map[string]member {
	if m, ok := s.fields.Load(t); ok {
		return m.(map[string]member)
	}
	m := make(map[string]member)
	addMembers(m, t, nil)
	s.fields.Store(t, m)
	return m
}

func addMembers(m map[string]member, t reflect.Type, index []int) {
	at := func(i int) []int { return append(append([]int(nil), index...), i) }

	for i := range t.NumField() {
		f := t.Field(i)
		name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || !f.IsExported() || name == "" || name == "-" || f.Name == "Self" {
			continue
		}
		if _, hidden := m[name]; !hidden { // Network.name hides ManagedEntity.name
			m[name] = member{index: at(i), typ: f.Type, omitEmpty: strings.Contains(opts, "omitempty")}
		}
	}
	for i := range t.NumField() {
		if f := t.Field(i); f.Anonymous && f.Type.Kind() == reflect.Struct {
			addMembers(m, f.Type, at(i))
		}
	}
}

// resolve parses a property path and checks it against a managed object type.
func (s *schema) resolve(t reflect.Type, name string) (propertyPath, bool) {
	if p, ok := s.paths.Load(typePath{t, name}); ok {
		return p.(propertyPath), true
	}
	steps, ok := parsePath(name)
	if !ok || !s.valid([]reflect.Type{t}, steps) {
		return propertyPath{}, false
	}
	p := propertyPath{name: name, steps: steps}
	if !strings.Contains(name, "[") { // there is no end of keys
		s.paths.Store(typePath{t, name}, p)
	}
	return p, true
}

// parsePath splits a.b[4000].c and a.b["x.y"].
func parsePath(name string) ([]step, bool) {
	var steps []step
	rest := name
	for {
		end := strings.IndexAny(rest, ".[")
		if end < 0 {
			end = len(rest)
		}
		if end == 0 {
			return nil, false
		}
		st := step{name: rest[:end]}
		rest = rest[end:]

		if strings.HasPrefix(rest, "[") {
			key, after, ok := parseKey(rest[1:])
			if !ok {
				return nil, false
			}
			st.key, st.keyed, rest = key, true, after
		}
		steps = append(steps, st)

		switch {
		case rest == "":
			return steps, true
		case rest[0] != '.':
			return nil, false
		}
		rest = rest[1:]
	}
}

func parseKey(s string) (key, rest string, ok bool) {
	if q, quoted := strings.CutPrefix(s, `"`); quoted {
		return strings.Cut(q, `"]`)
	}
	key, rest, ok = strings.Cut(s, "]")
	return key, rest, ok && key != ""
}

// valid follows the steps through the types that a value may have.
func (s *schema) valid(at []reflect.Type, steps []step) bool {
	for i, st := range steps {
		var next []reflect.Type
		for _, t := range at {
			m, ok := s.members(t)[st.name]
			if !ok {
				continue
			}
			typ := m.typ
			if st.keyed {
				if typ.Kind() != reflect.Slice {
					continue
				}
				typ = typ.Elem()
			}
			if i == len(steps)-1 {
				if !st.keyed || s.hasKey(typ) {
					return true
				}
				continue
			}
			next = append(next, structTypes(typ)...)
		}
		at = next
	}
	return false
}

func (s *schema) hasKey(t reflect.Type) bool {
	for _, st := range structTypes(t) {
		if _, ok := s.members(st)["key"]; ok {
			return true
		}
	}
	return false
}

// structTypes returns the data object types that a value of type t may have,
// none for primitives and arrays, whose members no path can name.
func structTypes(t reflect.Type) []reflect.Type {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == reflect.TypeFor[types.ManagedObjectReference]():
		return nil
	case t.Kind() == reflect.Struct:
		return []reflect.Type{t}
	case t.Kind() == reflect.Interface && t.NumMethod() > 0:
		base, ok := types.TypeFunc()(t.Name())
		if !ok {
			return nil
		}
		return append([]reflect.Type{base}, subtypes(base)...)
	}
	return nil
}

// subtypes lists what a polymorphic property of the inventory may hold besides
// its declared type; govmomi's registry cannot be walked.
func subtypes(base reflect.Type) []reflect.Type {
	switch base {
	case reflect.TypeFor[types.DatastoreInfo]():
		return []reflect.Type{
			reflect.TypeFor[types.VmfsDatastoreInfo](), reflect.TypeFor[types.NasDatastoreInfo](),
			reflect.TypeFor[types.LocalDatastoreInfo](), reflect.TypeFor[types.VvolDatastoreInfo](),
			reflect.TypeFor[types.VsanDatastoreInfo](), reflect.TypeFor[types.PMemDatastoreInfo](),
		}
	case reflect.TypeFor[types.ComputeResourceSummary]():
		return []reflect.Type{reflect.TypeFor[types.ClusterComputeResourceSummary]()}
	case reflect.TypeFor[types.ComputeResourceConfigInfo]():
		return []reflect.Type{reflect.TypeFor[types.ClusterConfigInfoEx]()}
	case reflect.TypeFor[types.ResourcePoolSummary]():
		return []reflect.Type{reflect.TypeFor[types.VirtualAppSummary]()}
	case reflect.TypeFor[types.NetworkSummary]():
		return []reflect.Type{reflect.TypeFor[types.OpaqueNetworkSummary]()}
	case reflect.TypeFor[types.DVSConfigInfo]():
		return []reflect.Type{reflect.TypeFor[types.VMwareDVSConfigInfo]()}
	case reflect.TypeFor[types.DVPortSetting]():
		return []reflect.Type{reflect.TypeFor[types.VMwareDVSPortSetting]()}
	case reflect.TypeFor[types.DVSFeatureCapability]():
		return []reflect.Type{reflect.TypeFor[types.VMwareDVSFeatureCapability]()}
	case reflect.TypeFor[types.VirtualDevice]():
		return []reflect.Type{
			reflect.TypeFor[types.VirtualDisk](), reflect.TypeFor[types.VirtualEthernetCard](),
			reflect.TypeFor[types.VirtualCdrom](), reflect.TypeFor[types.VirtualController](),
			reflect.TypeFor[types.VirtualSCSIController](), reflect.TypeFor[types.VirtualMachineVideoCard](),
		}
	case reflect.TypeFor[types.VirtualDeviceBackingInfo]():
		return []reflect.Type{
			reflect.TypeFor[types.VirtualDiskFlatVer2BackingInfo](),
			reflect.TypeFor[types.VirtualDiskRawDiskMappingVer1BackingInfo](),
			reflect.TypeFor[types.VirtualEthernetCardNetworkBackingInfo](),
			reflect.TypeFor[types.VirtualEthernetCardDistributedVirtualPortBackingInfo](),
			reflect.TypeFor[types.VirtualCdromIsoBackingInfo](),
		}
	case reflect.TypeFor[types.FaultToleranceConfigInfo]():
		return []reflect.Type{
			reflect.TypeFor[types.FaultTolerancePrimaryConfigInfo](),
			reflect.TypeFor[types.FaultToleranceSecondaryConfigInfo](),
		}
	}
	return nil
}

// value follows a path in an object. Its result is not valid if the property is
// unset anywhere on the way.
func (s *schema) value(obj reflect.Value, p propertyPath) reflect.Value {
	v := obj
	for i, st := range p.steps {
		for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
			v = v.Elem() // set: unset ends below
		}
		if v.Kind() != reflect.Struct {
			return reflect.Value{}
		}
		m, ok := s.members(v.Type())[st.name]
		if !ok {
			return reflect.Value{}
		}
		for _, x := range m.index {
			v = v.Field(x)
		}
		if isUnset(v, m, i == 0) {
			return reflect.Value{}
		}
		if st.keyed {
			if v = s.element(v, st.key); !v.IsValid() {
				return v
			}
		}
	}
	return v
}

// isUnset reports whether a property has no value. An array property of a
// managed object is never unset, only empty.
func isUnset(v reflect.Value, m member, top bool) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return v.IsNil()
	case reflect.Slice:
		return m.omitEmpty && !top && v.Len() == 0
	case reflect.String:
		return (m.omitEmpty || top) && v.Len() == 0
	}
	return m.omitEmpty && v.IsZero()
}

// element finds an element of an array by its key.
func (s *schema) element(list reflect.Value, key string) reflect.Value {
	for i := range list.Len() {
		e := list.Index(i)
		for e.Kind() == reflect.Pointer || e.Kind() == reflect.Interface {
			e = e.Elem()
		}
		if e.Kind() != reflect.Struct {
			return reflect.Value{}
		}
		m, ok := s.members(e.Type())["key"]
		if !ok {
			continue
		}
		switch k := e.FieldByIndex(m.index); {
		case k.Kind() == reflect.String && k.String() == key,
			k.CanInt() && strconv.FormatInt(k.Int(), 10) == key:
			return e
		}
	}
	return reflect.Value{}
}

// managedObject returns the govmomi struct inside of a vcsim object.
func managedObject(obj mo.Reference) reflect.Value {
	if g, ok := obj.(interface{ Get() mo.Reference }); ok {
		obj = g.Get()
	}
	v := reflect.ValueOf(obj)
	for {
		for v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		if v.Kind() != reflect.Struct || v.NumField() == 0 {
			return reflect.Value{}
		}
		if strings.HasSuffix(v.Type().PkgPath(), "/vim25/mo") {
			return v
		}
		v = v.Field(0) // vcsim's types embed govmomi's first
	}
}
