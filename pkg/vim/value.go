package vim

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// ManagedObjectReference names a managed object on one vCenter.
type ManagedObjectReference struct {
	Type  string
	Value string
}

// String returns type:value, as govc prints it.
func (r ManagedObjectReference) String() string { return r.Type + ":" + r.Value }

// IsZero reports whether there is no reference.
func (r ManagedObjectReference) IsZero() bool { return r == ManagedObjectReference{} }

// Kind is the JSON form of a value.
type Kind byte

// The kinds.
const (
	KindInvalid Kind = 0
	KindNull    Kind = 'n'
	KindBool    Kind = 'b'
	KindText    Kind = '"'
	KindNumber  Kind = '0'
	KindObject  Kind = '{'
	KindArray   Kind = '['
)

// Value is a JSON value that is still on the wire. A Handler takes it off by
// calling one method, once; a Value that nobody took is skipped.
//
// The methods accept a value bare, as a field of a data object has it, and
// wrapped as in an Any: {"_typeName":"string","_value":"x"}, members in any
// order (VI/JSON OpenAPI 9.1.1, components/schemas/Any). null and a value of
// another type give the zero value; the latter is counted as odd (see
// [Value.TakeOdd]) and costs no more than itself. Errors of syntax and of the
// connection stick, and end the page; nesting beyond the 10,000 levels that
// jsontext reads is one of them.
type Value struct {
	dec   *jsontext.Decoder
	taken bool
	odd   int
	err   error
	words map[string]string
	text  []byte // scratch of unescaped texts
	held  []byte // scratch of a scalar whose wrapper is being left
}

// newValue returns a Value that reads r.
func newValue(r io.Reader) *Value {
	return &Value{
		// Duplicate names and invalid UTF-8 are odd, not fatal: the last name
		// wins, a bad byte becomes U+FFFD.
		dec:   jsontext.NewDecoder(r, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)),
		words: make(map[string]string),
	}
}

// errTrailing is what follows a complete document.
var errTrailing = errors.New("data after the end of the JSON document")

// end reports an error unless the input ends here.
func (v *Value) end() error {
	if v.err != nil {
		return v.err
	}
	_, err := v.dec.ReadToken()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err == nil {
		err = errTrailing
	}
	return err
}

// empty reports whether the input is empty: how a null result arrives (govmomi
// and vim_rs read 204 and a body of no bytes as null).
func (v *Value) empty() bool {
	if v.dec.PeekKind() != 0 {
		return false
	}
	_, err := v.dec.ReadToken()
	if errors.Is(err, io.EOF) {
		return true
	}
	v.fail(err)
	return false
}

// TakeOdd returns how many values were of another type than asked for since the
// last call.
func (v *Value) TakeOdd() int {
	n := v.odd
	v.odd = 0
	return n
}

func (v *Value) fail(err error) {
	if v.err == nil {
		v.err = err
	}
}

// Kind returns the kind of the value without taking it.
func (v *Value) Kind() Kind {
	if v.err != nil {
		return KindInvalid
	}
	switch k := v.dec.PeekKind(); k {
	case 't', 'f':
		return KindBool
	default:
		return Kind(k)
	}
}

// Skip takes the value and drops it.
func (v *Value) Skip() {
	v.taken = true
	if v.err == nil {
		v.fail(v.dec.SkipValue())
	}
}

// reject drops a value that is not of the type asked for.
func (v *Value) reject() {
	if v.Kind() != KindNull {
		v.odd++
	}
	v.Skip()
}

// token takes one token: a delimiter, after Kind said that it is there.
func (v *Value) token() {
	if v.err != nil {
		return
	}
	_, err := v.dec.ReadToken()
	v.fail(err)
}

// raw takes the value as bytes that are valid until the next read.
func (v *Value) raw() []byte {
	v.taken = true
	if v.err != nil {
		return nil
	}
	data, err := v.dec.ReadValue()
	v.fail(err)
	return data
}

// open steps into the _value of a wrapped scalar or array, if there is one, and
// reports whether close has to step out. ok is false when there was none.
func (v *Value) open() (wrapped, ok bool) {
	if v.Kind() != KindObject {
		return false, true
	}
	v.token()
	for v.Kind() == KindText {
		if string(v.name()) == "_value" {
			return true, true
		}
		v.Skip()
	}
	v.token()
	v.odd++
	return false, false
}

func (v *Value) close(wrapped bool) {
	v.taken = true
	if !wrapped {
		return
	}
	for v.Kind() == KindText {
		v.name()
		v.Skip()
	}
	v.token()
}

// name takes a member's name. The bytes are valid until the next read.
func (v *Value) name() []byte { return v.unquote(v.raw()) }

func (v *Value) unquote(raw []byte) []byte {
	if len(raw) < 2 {
		return nil
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	text, err := jsontext.AppendUnquote(v.text[:0], raw)
	v.text = text
	if err != nil && len(text) == 0 {
		// Lone surrogates give U+FFFD and an error; only no text at all is odd.
		v.odd++
	}
	return text
}

// Text takes a string.
func (v *Value) Text() string {
	data, ok := v.scalar(KindText)
	if !ok {
		return ""
	}
	return valid(v.unquote(data))
}

// valid returns data as a string, without what AllowInvalidUTF8 let through.
func valid(data []byte) string {
	if utf8.Valid(data) {
		return string(data)
	}
	return string(bytes.ToValidUTF8(data, []byte("\uFFFD")))
}

// Words are remembered up to these bounds; beyond, a Word is a Text.
const (
	maxWords      = 4096
	maxWordLength = 64
)

// Word takes a string that repeats, such as an enum value or a type name, and
// allocates it once.
func (v *Value) Word() string {
	data, ok := v.scalar(KindText)
	if !ok {
		return ""
	}
	text := v.unquote(data)
	if word, known := v.words[string(text)]; known {
		return word
	}
	word := valid(text)
	if len(word) <= maxWordLength && len(v.words) < maxWords {
		v.words[word] = word
	}
	return word
}

// scalar takes a scalar of the kind, wrapped or not, as raw bytes. For a
// wrapped one they are copied: stepping out of the wrapper reads on.
func (v *Value) scalar(kind Kind) ([]byte, bool) {
	wrapped, ok := v.open()
	if !ok {
		v.taken = true
		return nil, false
	}
	if v.Kind() != kind {
		v.reject()
		v.close(wrapped)
		return nil, false
	}
	data := v.raw()
	if wrapped {
		v.held = append(v.held[:0], data...)
		data = v.held
		v.close(wrapped)
	}
	return data, v.err == nil
}

// Int takes an integer. The API's long is a JSON number; it never passes
// through a float (VI/JSON OpenAPI 9.1.1, PrimitiveLong).
func (v *Value) Int() (n int64, ok bool) {
	data, ok := v.scalar(KindNumber)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(string(data), 10, 64)
	if err != nil {
		v.odd++
		return 0, false
	}
	return n, true
}

// Bool takes a boolean.
func (v *Value) Bool() (b, ok bool) {
	data, ok := v.scalar(KindBool)
	return ok && data[0] == 't', ok
}

// Time takes a dateTime, in RFC 3339. The zero time is none.
func (v *Value) Time() time.Time {
	data, ok := v.scalar(KindText)
	if !ok {
		return time.Time{}
	}
	var t time.Time
	if err := t.UnmarshalText(v.unquote(data)); err != nil {
		v.odd++
		return time.Time{}
	}
	return t.UTC()
}

// Ref takes a managed object reference. It comes inline (VI/JSON OpenAPI 9.1.1)
// or as {"_typeName":…,"_value":{…}} (Programming Guide 8.0), with or without
// _typeName, members in any order.
func (v *Value) Ref() ManagedObjectReference {
	var ref ManagedObjectReference
	if v.Kind() != KindObject {
		v.reject()
		return ref
	}
	v.Fields(func(name []byte, v *Value) {
		switch string(name) {
		case "type":
			ref.Type = v.Word()
		case "value":
			ref.Value = v.Text()
		}
	})
	if ref.Value == "" && v.err == nil {
		v.odd++
	}
	return ref
}

// Refs takes an array of managed object references.
func (v *Value) Refs() []ManagedObjectReference {
	var refs []ManagedObjectReference
	v.Elements(func(v *Value) {
		if ref := v.Ref(); ref.Value != "" {
			refs = append(refs, ref)
		}
	})
	return refs
}

// Texts takes an array of strings.
func (v *Value) Texts() []string {
	var texts []string
	v.Elements(func(v *Value) { texts = append(texts, v.Text()) })
	return texts
}

// Elements takes an array and calls fn with each element, bare or wrapped as
// {"_typeName":"ArrayOfX","_value":[…]}. It reports whether there was an array
// or null.
func (v *Value) Elements(fn func(*Value)) bool {
	wrapped, ok := v.open()
	if !ok {
		v.taken = true
		return false
	}
	if kind := v.Kind(); kind != KindArray {
		v.reject()
		v.close(wrapped)
		return kind == KindNull
	}
	v.token()
	for {
		kind := v.Kind()
		if kind == ']' || kind == KindInvalid {
			break
		}
		v.taken = false
		fn(v)
		if !v.taken {
			v.Skip()
		}
	}
	v.token()
	v.close(wrapped)
	return true
}

// Fields takes a data object and calls fn with each member, _typeName included;
// the name is valid until fn takes the value. Members may come in any order: a
// polymorphic object's _typeName may be the last.
func (v *Value) Fields(fn func(name []byte, v *Value)) {
	if v.Kind() != KindObject {
		v.reject()
		return
	}
	v.token()
	for v.Kind() == KindText {
		name := v.name()
		if string(name) == "_value" && v.Kind() == KindObject {
			v.Fields(fn)
			continue
		}
		v.taken = false
		fn(name, v)
		if !v.taken {
			v.Skip()
		}
	}
	v.token()
	v.taken = true
}

// buffered reports fn a Value that reads data, sharing words, and takes over
// its oddities and errors.
func (v *Value) buffered(data []byte, fn func(*Value)) {
	inner := newValue(bytes.NewReader(data))
	inner.words = v.words
	fn(inner)
	v.odd += inner.odd
	if inner.err != nil {
		v.fail(fmt.Errorf("reading a member that came early: %w", inner.err))
	}
}
