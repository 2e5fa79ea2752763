package bridge

import (
	"encoding/base64"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/vmware/govmomi/vim25/types"
)

// timeLayout is RFC 3339 with as many fractional digits as there are, at most
// microseconds, which is the resolution of vCenter's dateTime.
const timeLayout = "2006-01-02T15:04:05.999999Z"

// Append appends v as it stands in an Any position, such as
// DynamicProperty.val: a primitive or an array carries its type in a wrapper.
func (c *Codec) Append(dst []byte, v any) ([]byte, error) {
	rv := reflect.ValueOf(v)
	if !rv.IsValid() {
		return append(dst, "null"...), nil
	}
	return c.appendAny(dst, rv)
}

// AppendPlain appends v as it stands where its type is declared, such as the
// answer to the GET of a property: primitives and arrays are bare.
func (c *Codec) AppendPlain(dst []byte, v any) ([]byte, error) {
	rv := reflect.ValueOf(v)
	if !rv.IsValid() {
		return append(dst, "null"...), nil
	}
	return c.append(dst, c.plan(rv.Type()), rv)
}

func (c *Codec) appendAny(dst []byte, v reflect.Value) ([]byte, error) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return append(dst, "null"...), nil
		}
		v = v.Elem()
	}

	p := c.plan(v.Type())
	switch p.kind {
	case kindRaw, kindStruct, kindMoRef, kindFault:
		return c.append(dst, p, v)
	}

	dst, err := c.append(append(dst, p.open...), p, v)
	if err != nil {
		return nil, err
	}
	return append(dst, '}'), nil
}

// append writes v in its declared form.
func (c *Codec) append(dst []byte, p *plan, v reflect.Value) ([]byte, error) {
	switch p.kind {
	case kindBool:
		return strconv.AppendBool(dst, v.Bool()), nil
	case kindInt:
		return strconv.AppendInt(dst, v.Int(), 10), nil
	case kindByte:
		if v.CanUint() {
			return strconv.AppendInt(dst, int64(int8(v.Uint())), 10), nil
		}
		return strconv.AppendInt(dst, v.Int(), 10), nil
	case kindFloat:
		return appendFloat(dst, v.Float(), p.bits), nil
	case kindString:
		return appendString(dst, v.String()), nil
	case kindTime:
		return appendTime(dst, v), nil
	case kindRaw:
		return append(dst, v.Bytes()...), nil
	case kindBinary:
		return appendBinary(dst, v.Bytes()), nil
	case kindByteArray:
		return appendByteArray(dst, v.Bytes()), nil
	case kindFault:
		return c.appendFault(dst, v)
	case kindStruct, kindMoRef:
		return c.appendStruct(dst, p, v)
	case kindArrayOf:
		f := &p.fields[0]
		return c.append(dst, f.plan, v.FieldByIndex(f.index))
	case kindSlice:
		return c.appendSlice(dst, p, v)
	case kindPointer:
		if v.IsNil() {
			return append(dst, "null"...), nil
		}
		return c.append(dst, p.elem, v.Elem())
	case kindInterface:
		return c.appendAny(dst, v)
	default:
		return nil, fmt.Errorf("encode %s: not a VI/JSON type", v.Type())
	}
}

func (c *Codec) appendStruct(dst []byte, p *plan, v reflect.Value) ([]byte, error) {
	dst = append(dst, p.open...)

	for i := range p.fields {
		f := &p.fields[i]
		fv := v.Field(f.index[0])
		for _, x := range f.index[1:] {
			fv = fv.Field(x)
		}
		if f.unset(fv) {
			continue
		}

		dst = append(dst, ',')
		dst = append(dst, f.key...)

		var err error
		if dst, err = c.append(dst, f.plan, fv); err != nil {
			return nil, err
		}
	}

	return append(dst, '}'), nil
}

// unset reports whether the member is left out. A pointer is set or not; other
// optional members are unset when they have their zero value, because SOAP
// types cannot tell the two apart.
func (f *field) unset(v reflect.Value) bool {
	switch f.plan.kind {
	case kindPointer, kindInterface:
		return v.IsNil()
	case kindFault:
		return v.Field(1).IsNil() // LocalizedMethodFault.Fault
	case kindSlice, kindBinary, kindByteArray:
		return f.omitEmpty && v.Len() == 0
	}
	return f.omitEmpty && v.IsZero()
}

func (c *Codec) appendSlice(dst []byte, p *plan, v reflect.Value) ([]byte, error) {
	dst = append(dst, '[')
	for i := range v.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = c.append(dst, p.elem, v.Index(i)); err != nil {
			return nil, err
		}
	}
	return append(dst, ']'), nil
}

// appendFault writes the MethodFault inside a LocalizedMethodFault. The text,
// which VI/JSON has no place for, becomes a fault message when there is none.
func (c *Codec) appendFault(dst []byte, v reflect.Value) ([]byte, error) {
	var lf types.LocalizedMethodFault
	if v.CanAddr() {
		lf = *v.Addr().Interface().(*types.LocalizedMethodFault)
	} else {
		lf = v.Interface().(types.LocalizedMethodFault)
	}
	if lf.Fault == nil {
		return append(dst, "null"...), nil
	}

	start := len(dst)
	dst, err := c.appendAny(dst, reflect.ValueOf(lf.Fault))
	if err != nil {
		return nil, err
	}
	if mf := lf.Fault.GetMethodFault(); lf.LocalizedMessage == "" || mf == nil || len(mf.FaultMessage) > 0 || dst[start] != '{' {
		return dst, nil
	}

	msg, err := c.AppendPlain(nil, []types.LocalizableMessage{{Key: "localizedMessage", Message: lf.LocalizedMessage}})
	if err != nil {
		return nil, err
	}
	dst = append(dst[:len(dst)-1], `,"faultMessage":`...)
	return append(append(dst, msg...), '}'), nil
}

func appendTime(dst []byte, v reflect.Value) []byte {
	var t time.Time
	if v.CanAddr() {
		t = *v.Addr().Interface().(*time.Time)
	} else {
		t = v.Interface().(time.Time)
	}
	dst = append(dst, '"')
	dst = t.UTC().AppendFormat(dst, timeLayout)
	return append(dst, '"')
}

func appendBinary(dst, b []byte) []byte {
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, b)
	return append(dst, '"')
}

func appendByteArray(dst, b []byte) []byte {
	dst = append(dst, '[')
	for i, x := range b {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(dst, int64(int8(x)), 10)
	}
	return append(dst, ']')
}

// appendFloat writes a number; JSON has none for what is not finite, so those
// are strings, which a client can at least tell from a number.
func appendFloat(dst []byte, f float64, bits int) []byte {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return strconv.AppendQuote(dst, strconv.FormatFloat(f, 'g', -1, bits))
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, f, format, -1, bits)
}

// appendString writes a JSON string. Bytes that are not UTF-8 become U+FFFD.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"

	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		b := s[i]
		if b >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				dst = append(dst, s[start:i]...)
				dst = append(dst, "\ufffd"...)
				start = i + 1
			}
			i += n
			continue
		}
		if b >= ' ' && b != '"' && b != '\\' {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		switch b {
		case '"', '\\':
			dst = append(dst, '\\', b)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[b>>4], hex[b&15])
		}
		i++
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// AppendValue is Append for a value that is at hand as a [reflect.Value]; it
// spares the copy that an interface would make.
func (c *Codec) AppendValue(dst []byte, v reflect.Value) ([]byte, error) {
	return c.appendAny(dst, v)
}

// AppendPlainValue is AppendPlain for a [reflect.Value].
func (c *Codec) AppendPlainValue(dst []byte, v reflect.Value) ([]byte, error) {
	return c.append(dst, c.plan(v.Type()), v)
}
