package bridge

import (
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/vmware/govmomi/vim25/types"
)

// Raw is a value that is VI/JSON already, in the form its position asks for.
// A backend puts it where a [types.AnyType] is expected.
type Raw []byte

// kind says how a Go type looks on the wire.
type kind uint8

const (
	kindInvalid kind = iota
	kindBool
	kindInt
	kindByte // a signed number, although Go's type is unsigned
	kindFloat
	kindString
	kindTime
	kindRaw
	kindBinary    // base64 text
	kindByteArray // an array of signed numbers
	kindMoRef
	kindFault   // LocalizedMethodFault, which VI/JSON does not have
	kindArrayOf // ArrayOfX: a bare array where the type is declared
	kindStruct
	kindSlice
	kindPointer
	kindInterface
)

// plan is what the codec knows of one Go type.
type plan struct {
	kind kind
	typ  reflect.Type
	name string // the VI/JSON type name
	open []byte // what begins a value of this type in an Any position
	elem *plan  // slice and pointer
	bits int    // float

	fields []field
	byName map[string]int
}

// field is a member of a data object, members of its base types included.
type field struct {
	name      string
	key       []byte // `"name":`
	index     []int
	plan      *plan
	omitEmpty bool
}

// Codec translates between vim25 values and VI/JSON. Its methods may be called
// from several goroutines.
type Codec struct {
	lookup    types.Func
	responses map[string]reflect.Type // by method
	plans     sync.Map                // reflect.Type -> *plan

	mu       sync.Mutex
	building map[reflect.Type]*plan
}

// NewCodec returns a codec for the types of vim25.
func NewCodec() *Codec {
	c := &Codec{lookup: types.TypeFunc(), responses: make(map[string]reflect.Type, 1000)}
	for _, list := range responses() {
		for _, r := range list {
			t := reflect.TypeOf(r).Elem()
			c.responses[strings.TrimSuffix(t.Name(), "Response")] = t
		}
	}
	return c
}

// methodTypes returns the request and response types of a method.
func (c *Codec) methodTypes(method string) (req, res reflect.Type, ok bool) {
	res, ok = c.responses[method]
	if !ok {
		return nil, nil, false
	}
	req, ok = c.lookup(method)
	return req, res, ok
}

// plan returns the plan of t, made at its first use.
func (c *Codec) plan(t reflect.Type) *plan {
	if p, ok := c.plans.Load(t); ok {
		return p.(*plan)
	}

	c.mu.Lock()
	defer c.mu.Unlock()

	// Types refer to themselves, so plans are published only when every plan
	// reachable from them is whole.
	c.building = make(map[reflect.Type]*plan)
	p := c.build(t)
	for bt, bp := range c.building {
		c.plans.LoadOrStore(bt, bp)
	}
	c.building = nil

	return p
}

func (c *Codec) build(t reflect.Type) *plan {
	if p, ok := c.plans.Load(t); ok {
		return p.(*plan)
	}
	if p, ok := c.building[t]; ok {
		return p
	}

	p := &plan{typ: t, name: c.typeName(t)}
	c.building[t] = p
	p.kind = kindOf(t)

	switch p.kind {
	case kindFloat:
		p.bits = t.Bits()
	case kindSlice, kindPointer:
		p.elem = c.build(t.Elem())
	case kindStruct, kindArrayOf, kindMoRef, kindFault:
		c.addFields(p, t, nil)
	}

	p.open = []byte(`{"_typeName":"` + p.name + `"`)
	if p.kind != kindStruct && p.kind != kindMoRef {
		p.open = append(p.open, `,"_value":`...)
	}

	return p
}

// addFields appends the members of t, a base type's first as VMODL orders them.
func (c *Codec) addFields(p *plan, t reflect.Type, index []int) {
	if p.byName == nil {
		p.byName = make(map[string]int)
	}

	for i := range t.NumField() {
		f := t.Field(i)
		at := append(append([]int(nil), index...), i)

		if f.Anonymous && f.Type.Kind() == reflect.Struct && f.Tag.Get("json") == "" {
			c.addFields(p, f.Type, at)
			continue
		}

		name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" || name == "" {
			continue
		}
		if p.kind == kindMoRef && f.Name == "ServerGUID" {
			continue // SOAP only
		}

		p.byName[name] = len(p.fields)
		p.fields = append(p.fields, field{
			name:      name,
			key:       []byte(`"` + name + `":`),
			index:     at,
			plan:      c.build(f.Type),
			omitEmpty: strings.Contains(opts, "omitempty"),
		})
	}
}

func kindOf(t reflect.Type) kind {
	switch t {
	case reflect.TypeFor[time.Time]():
		return kindTime
	case reflect.TypeFor[Raw]():
		return kindRaw
	case reflect.TypeFor[[]byte]():
		return kindBinary
	case reflect.TypeFor[types.ByteSlice]():
		return kindByteArray
	case reflect.TypeFor[types.ManagedObjectReference]():
		return kindMoRef
	case reflect.TypeFor[types.LocalizedMethodFault]():
		return kindFault
	}

	switch t.Kind() {
	case reflect.Bool:
		return kindBool
	case reflect.Int8, reflect.Uint8:
		return kindByte
	case reflect.Int, reflect.Int16, reflect.Int32, reflect.Int64:
		return kindInt
	case reflect.Float32, reflect.Float64:
		return kindFloat
	case reflect.String:
		return kindString
	case reflect.Slice:
		return kindSlice
	case reflect.Pointer:
		return kindPointer
	case reflect.Interface:
		return kindInterface
	case reflect.Struct:
		if strings.HasPrefix(t.Name(), "ArrayOf") && t.NumField() == 1 {
			return kindArrayOf
		}
		return kindStruct
	default:
		return kindInvalid
	}
}

// typeName returns the name that VI/JSON has for t.
func (c *Codec) typeName(t reflect.Type) string {
	switch kindOf(t) {
	case kindBool:
		return "boolean"
	case kindByte:
		return "byte"
	case kindTime:
		return "dateTime"
	case kindBinary:
		return "base64Binary"
	case kindByteArray:
		return "ArrayOfByte"
	case kindSlice:
		return "ArrayOf" + c.elemName(t.Elem())
	case kindPointer:
		return c.typeName(t.Elem())
	}

	switch t {
	case reflect.TypeFor[int16]():
		return "short"
	case reflect.TypeFor[int32](), reflect.TypeFor[int]():
		return "int"
	case reflect.TypeFor[int64]():
		return "long"
	case reflect.TypeFor[float32]():
		return "float"
	case reflect.TypeFor[float64]():
		return "double"
	}

	return c.faultName(t)
}

// elemName returns the X of ArrayOfX.
func (c *Codec) elemName(t reflect.Type) string {
	switch kindOf(t) {
	case kindInterface:
		if t.NumMethod() == 0 {
			return "AnyType"
		}
		return strings.TrimPrefix(t.Name(), "Base")
	case kindBinary:
		return "Base64Binary"
	case kindTime:
		return "DateTime"
	}
	name := c.typeName(t)
	return strings.ToUpper(name[:1]) + name[1:]
}

// faultName undoes SOAP's habit of calling the fault element FooFault where the
// type is Foo: govmomi has a type for each, and VI/JSON knows the second only.
func (c *Codec) faultName(t reflect.Type) string {
	name := t.Name()

	base, ok := strings.CutSuffix(name, "Fault")
	if !ok {
		return name
	}
	if bt, ok := c.lookup(base); ok && bt != t && t.Kind() == reflect.Struct && t.ConvertibleTo(bt) {
		return base
	}
	return name
}
