package bridge

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"time"

	"github.com/vmware/govmomi/vim25/types"
)

// maxDepth bounds the nesting of a request; the deepest specs of vim25 stay
// well under it.
const maxDepth = 100

// Decode reads one VI/JSON value into v, which points to a vim25 type. Members
// may come in any order and _typeName may be left out where the declared type
// is not polymorphic. A member that the type does not have is an error, as an
// unexpected element is for the SOAP endpoint.
func (c *Codec) Decode(data []byte, v any) error {
	rv := reflect.ValueOf(v)
	if rv.Kind() != reflect.Pointer || rv.IsNil() {
		return fmt.Errorf("decode into %T: not a pointer", v)
	}

	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber() // a long does not fit a float64
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return fmt.Errorf("read JSON: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("read JSON: something follows the value")
	}

	d := decoder{codec: c}
	return d.assign(rv.Elem(), tree, 0)
}

// decoder carries the path of the member at hand, for messages.
type decoder struct {
	codec *Codec
	path  []string
}

func (d *decoder) errorf(format string, args ...any) error {
	where := "value"
	if len(d.path) > 0 {
		where = ""
		for i, s := range d.path {
			if i > 0 && s[0] != '[' {
				where += "."
			}
			where += s
		}
	}
	return fmt.Errorf("%s: %s", where, fmt.Sprintf(format, args...))
}

// assign stores src, a value of encoding/json's generic form, in dst.
func (d *decoder) assign(dst reflect.Value, src any, depth int) error {
	if depth > maxDepth {
		return d.errorf("nested deeper than %d", maxDepth)
	}
	if src == nil {
		return nil // null is unset
	}

	p := d.codec.plan(dst.Type())
	switch p.kind {
	case kindPointer:
		if dst.IsNil() {
			dst.Set(reflect.New(dst.Type().Elem()))
		}
		return d.assign(dst.Elem(), src, depth+1)
	case kindInterface:
		return d.assignInterface(dst, src, depth)
	case kindStruct:
		return d.assignStruct(dst, p, src, depth)
	case kindMoRef:
		return d.assignStruct(dst, p, unwrap(src), depth)
	case kindFault:
		return d.assignFault(dst, src, depth)
	case kindArrayOf:
		f := &p.fields[0]
		return d.assign(dst.FieldByIndex(f.index), unwrap(src), depth+1)
	case kindSlice:
		return d.assignSlice(dst, src, depth)
	case kindByteArray:
		return d.assignByteArray(dst, src)
	default:
		return d.assignScalar(dst, p, src)
	}
}

func (d *decoder) assignScalar(dst reflect.Value, p *plan, src any) error {
	switch s := src.(type) {
	case bool:
		if p.kind == kindBool {
			dst.SetBool(s)
			return nil
		}
	case json.Number:
		return d.assignNumber(dst, p, s)
	case string:
		return d.assignText(dst, p, s)
	}
	return d.errorf("%s expected, not %s", p.name, jsonKind(src))
}

func (d *decoder) assignNumber(dst reflect.Value, p *plan, s json.Number) error {
	switch p.kind {
	case kindInt, kindByte:
		n, err := strconv.ParseInt(s.String(), 10, 64)
		if err != nil {
			return d.errorf("%s is not a whole number", s)
		}
		if dst.CanUint() {
			if n < -128 || n > 255 {
				return d.errorf("%s does not fit a %s", s, p.name)
			}
			dst.SetUint(uint64(uint8(n)))
			return nil
		}
		if dst.OverflowInt(n) {
			return d.errorf("%s does not fit a %s", s, p.name)
		}
		dst.SetInt(n)
		return nil
	case kindFloat:
		f, err := s.Float64()
		if err != nil || dst.OverflowFloat(f) {
			return d.errorf("%s does not fit a %s", s, p.name)
		}
		dst.SetFloat(f)
		return nil
	}
	return d.errorf("%s expected, not a number", p.name)
}

func (d *decoder) assignText(dst reflect.Value, p *plan, s string) error {
	switch p.kind {
	case kindString:
		dst.SetString(s)
		return nil
	case kindTime:
		t, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			return d.errorf("%q is not an RFC 3339 time", s)
		}
		dst.Set(reflect.ValueOf(t))
		return nil
	case kindBinary:
		b, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			return d.errorf("not base64: %v", err)
		}
		dst.SetBytes(b)
		return nil
	}
	return d.errorf("%s expected, not a string", p.name)
}

func (d *decoder) assignSlice(dst reflect.Value, src any, depth int) error {
	list, ok := src.([]any)
	if !ok {
		return d.errorf("an array expected, not %s", jsonKind(src))
	}

	out := reflect.MakeSlice(dst.Type(), len(list), len(list))
	for i, x := range list {
		d.path = append(d.path, "["+strconv.Itoa(i)+"]")
		if err := d.assign(out.Index(i), x, depth+1); err != nil {
			return err
		}
		d.path = d.path[:len(d.path)-1]
	}
	dst.Set(out)
	return nil
}

func (d *decoder) assignByteArray(dst reflect.Value, src any) error {
	list, ok := src.([]any)
	if !ok {
		return d.errorf("an array of bytes expected, not %s", jsonKind(src))
	}

	out := make([]byte, len(list))
	for i, x := range list {
		n, ok := x.(json.Number)
		if !ok {
			return d.errorf("byte %d is %s", i, jsonKind(x))
		}
		v, err := strconv.ParseInt(n.String(), 10, 16)
		if err != nil || v < -128 || v > 255 {
			return d.errorf("byte %d does not fit a byte", i)
		}
		out[i] = byte(v)
	}
	dst.SetBytes(out)
	return nil
}

func (d *decoder) assignStruct(dst reflect.Value, p *plan, src any, depth int) error {
	obj, ok := src.(map[string]any)
	if !ok {
		return d.errorf("a %s expected, not %s", p.name, jsonKind(src))
	}

	for name, x := range obj {
		if name == "_typeName" {
			// The parameters of a method are named after it by some clients,
			// after its request type by others.
			if s, _ := x.(string); depth > 0 && s != p.name {
				return d.errorf("a %s expected, not a %s", p.name, s)
			}
			continue
		}
		i, ok := p.byName[name]
		if !ok {
			return d.errorf("%s has no member %q", p.name, name)
		}

		f := &p.fields[i]
		fv := dst
		for _, at := range f.index {
			fv = fv.Field(at)
		}
		d.path = append(d.path, name)
		if err := d.assign(fv, x, depth+1); err != nil {
			return err
		}
		d.path = d.path[:len(d.path)-1]
	}
	return nil
}

// assignInterface makes a value of the type that _typeName names.
func (d *decoder) assignInterface(dst reflect.Value, src any, depth int) error {
	obj, ok := src.(map[string]any)
	if !ok {
		return d.assignBare(dst, src)
	}

	name, _ := obj["_typeName"].(string)
	if name == "" && dst.NumMethod() > 0 {
		// govmomi calls the interface of Foo and its descendants BaseFoo.
		name = dst.Type().Name()[len("Base"):]
	}
	typ, ok := d.codec.typeByName(name)
	if !ok {
		return d.errorf("no type %q", name)
	}

	v := reflect.New(typ)
	if dst.NumMethod() > 0 && !v.Type().Implements(dst.Type()) {
		return d.errorf("a %s is not a %s", name, dst.Type().Name()[len("Base"):])
	}

	switch d.codec.plan(typ).kind {
	case kindStruct, kindMoRef:
	default:
		src = unwrap(src)
	}
	if err := d.assign(v.Elem(), src, depth+1); err != nil {
		return err
	}

	if dst.NumMethod() == 0 {
		v = v.Elem() // as the SOAP decoder leaves it in an AnyType
	}
	dst.Set(v)
	return nil
}

// assignBare takes a primitive without its wrapper where anything may stand.
func (d *decoder) assignBare(dst reflect.Value, src any) error {
	if dst.NumMethod() > 0 {
		return d.errorf("an object expected, not %s", jsonKind(src))
	}

	switch s := src.(type) {
	case string, bool:
		dst.Set(reflect.ValueOf(s))
		return nil
	case json.Number:
		if n, err := strconv.ParseInt(s.String(), 10, 32); err == nil {
			dst.Set(reflect.ValueOf(int32(n)))
			return nil
		}
		if n, err := s.Int64(); err == nil {
			dst.Set(reflect.ValueOf(n))
			return nil
		}
		if f, err := s.Float64(); err == nil {
			dst.Set(reflect.ValueOf(f))
			return nil
		}
	}
	return d.errorf("an object with _typeName expected, not %s", jsonKind(src))
}

// assignFault reads a MethodFault into SOAP's wrapper, which is taken as well.
func (d *decoder) assignFault(dst reflect.Value, src any, depth int) error {
	lf := dst.Addr().Interface().(*types.LocalizedMethodFault)

	obj, ok := src.(map[string]any)
	if ok {
		if inner, ok := obj["fault"].(map[string]any); ok {
			if msg, ok := obj["localizedMessage"].(string); ok {
				lf.LocalizedMessage = msg
			}
			src = inner
		}
	}
	return d.assignInterface(reflect.ValueOf(&lf.Fault).Elem(), src, depth+1)
}

// typeByName is the inverse of typeName.
func (c *Codec) typeByName(name string) (reflect.Type, bool) {
	switch name {
	case "boolean":
		return reflect.TypeFor[bool](), true
	case "byte":
		return reflect.TypeFor[uint8](), true
	case "short":
		return reflect.TypeFor[int16](), true
	case "int":
		return reflect.TypeFor[int32](), true
	case "long":
		return reflect.TypeFor[int64](), true
	case "float":
		return reflect.TypeFor[float32](), true
	case "double":
		return reflect.TypeFor[float64](), true
	case "string", "anyURI", "TypeName", "PropertyPath", "MethodName":
		return reflect.TypeFor[string](), true
	case "dateTime":
		return reflect.TypeFor[time.Time](), true
	case "base64Binary", "binary": // the second is what govmomi sends
		return reflect.TypeFor[[]byte](), true
	case "ArrayOfAnyURI", "ArrayOfPropertyPath":
		return reflect.TypeFor[types.ArrayOfString](), true
	}

	t, ok := c.lookup(name)
	if !ok || t.Kind() == reflect.Interface {
		return nil, false
	}
	return t, true
}

// unwrap removes the object around a primitive or an array, if there is one.
func unwrap(src any) any {
	if obj, ok := src.(map[string]any); ok {
		if v, ok := obj["_value"]; ok {
			return v
		}
	}
	return src
}

func jsonKind(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case json.Number:
		return "a number"
	case string:
		return "a string"
	case []any:
		return "an array"
	default:
		return "an object"
	}
}
