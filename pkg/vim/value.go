package vim

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"vcfleet/pkg/secret"
)

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
// calling one method, once; a Value that nobody took is skipped. From one that
// has been taken, every method gives the zero value.
//
// The methods accept a value bare, as a field of a data object has it, and
// wrapped as in an Any: {"_typeName":"string","_value":"x"}, members in any
// order (VI/JSON OpenAPI 9.1.1, components/schemas/Any). null and a value of
// another type give the zero value; the latter is counted as odd (see
// [Value.TakeOdd]) and costs no more than itself. Errors of syntax and of the
// connection stick, and end the page; nesting beyond the 10,000 levels that
// jsontext reads is one of them.
type Value struct {
	dec     *jsontext.Decoder
	taken   bool
	odd     int
	err     error
	words   map[string]string
	private []secret.Text // what a fault must not quote
	text    []byte        // scratch of unescaped texts
	held    []byte        // scratch of a scalar whose wrapper is being left
}

// maxDepth is jsontext's bound on nesting, which cannot be set. Values of the API
// nest some dozen levels, snapshot trees two more for each snapshot.
const maxDepth = 10_000

// newValue returns a Value that reads r.
func newValue(r io.Reader) *Value {
	bound := &tokenLimit{from: r}
	// Duplicate names and invalid UTF-8 are not fatal: a member that comes twice
	// is read twice, a bad byte becomes U+FFFD.
	bound.dec = jsontext.NewDecoder(bound, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	return &Value{dec: bound.dec, words: make(map[string]string)}
}

// tokenLimit bounds what a decoder has read and not yet handed on: it holds a
// string whole, however long, and several times over while its buffer grows.
type tokenLimit struct {
	from io.Reader
	dec  *jsontext.Decoder
	read int64
}

func (l *tokenLimit) Read(p []byte) (int, error) {
	if l.read-l.dec.InputOffset() > maxTokenBytes {
		return 0, &LimitError{What: "a value", Limit: maxTokenBytes}
	}
	n, err := l.from.Read(p)
	l.read += int64(n)
	return n, err
}

// errTrailing is what follows a complete document.
var errTrailing = errors.New("data after the end of the JSON document")

// end reports an error unless the input ends here.
func (v *Value) end() error {
	if v.err == nil {
		_, err := v.dec.ReadToken()
		switch {
		case err == nil:
			v.fail(errTrailing)
		case !errors.Is(err, io.EOF):
			v.fail(err)
		}
	}
	return v.err
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

// fail keeps the first error. Of jsontext's errors of syntax only the place and
// the cause are kept: their text names the members around it, which may be a
// secret that a server echoes.
func (v *Value) fail(err error) {
	if v.err != nil || err == nil {
		return
	}
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok && strings.Contains(syntax.Err.Error(), "max depth") { // of no exported type
		err = &LimitError{What: "an answer", Limit: maxDepth, Unit: "levels of nesting"}
	} else if ok {
		err = fmt.Errorf("malformed JSON after byte %d: %w", syntax.ByteOffset, syntax.Err)
	}
	v.err = err
}

// Kind returns the kind of the value without taking it; of one that has been
// taken, KindInvalid.
func (v *Value) Kind() Kind {
	if v.taken {
		return KindInvalid
	}
	return v.kind()
}

// kind returns the kind of what comes next, be it a value, a member's name or
// a closing delimiter. It moves the decoder's buffer: bytes from raw and name
// are no longer valid.
func (v *Value) kind() Kind {
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

// take marks the value as taken and reports whether it was still there: what
// comes next on the wire after a value that has been taken is another one.
func (v *Value) take() bool {
	if v.taken || v.err != nil {
		return false
	}
	v.taken = true
	return true
}

// Skip takes the value and drops it.
func (v *Value) Skip() {
	if v.take() {
		v.skip()
	}
}

func (v *Value) skip() {
	if v.err == nil {
		v.fail(v.dec.SkipValue())
	}
}

// reject drops a value that is not of the type asked for.
func (v *Value) reject() {
	if v.kind() != KindNull {
		v.odd++
	}
	v.skip()
}

// token takes one token: a delimiter, after kind said that it is there.
func (v *Value) token() {
	if v.err != nil {
		return
	}
	_, err := v.dec.ReadToken()
	v.fail(err)
}

// raw takes what comes next as bytes that are valid until the next read.
func (v *Value) raw() []byte {
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
	if v.kind() != KindObject {
		return false, true
	}
	v.token()
	for v.kind() == KindText {
		if string(v.name()) == "_value" {
			return true, true
		}
		v.skip()
	}
	v.token()
	v.odd++
	return false, false
}

func (v *Value) close(wrapped bool) {
	if !wrapped {
		return
	}
	for v.kind() == KindText {
		v.name()
		v.skip()
	}
	v.token()
}

// Elements takes an array and calls fn with each element, bare or wrapped as
// {"_typeName":"ArrayOfX","_value":[…]}. It reports whether there was an array
// or null.
func (v *Value) Elements(fn func(*Value)) bool {
	if !v.take() {
		return false
	}
	wrapped, ok := v.open()
	if !ok {
		return false
	}
	if kind := v.kind(); kind != KindArray {
		v.reject()
		v.close(wrapped)
		return kind == KindNull
	}
	v.token()
	for kind := v.kind(); kind != ']' && kind != KindInvalid; kind = v.kind() {
		v.taken = false
		fn(v)
		v.leave()
	}
	v.token()
	v.close(wrapped)
	return true
}

// leave drops a value that was handed to somebody who did not take it.
func (v *Value) leave() {
	if !v.taken {
		v.skip()
	}
	v.taken = true
}

// Fields takes a data object and calls fn with each member, _typeName included;
// the name is valid until fn calls a method of the value. Members may come in
// any order: a polymorphic object's _typeName may be the last.
func (v *Value) Fields(fn func(name []byte, v *Value)) {
	if v.take() {
		v.members(fn)
	}
}

// members is Fields of a value that has been taken.
func (v *Value) members(fn func(name []byte, v *Value)) {
	if v.kind() != KindObject {
		v.reject()
		return
	}
	v.token()
	for v.kind() == KindText {
		name := v.name()
		if string(name) == "_value" {
			v.members(fn) // a wrapper; around a scalar it counts as odd
			continue
		}
		v.taken = false
		fn(name, v)
		v.leave()
	}
	v.token()
}

// buffered gives fn a Value that reads data, sharing words, and takes over its
// oddities and errors.
func (v *Value) buffered(data []byte, fn func(*Value)) {
	inner := newValue(bytes.NewReader(data))
	inner.words, inner.private = v.words, v.private
	fn(inner)
	v.odd += inner.odd
	if inner.err != nil {
		v.fail(fmt.Errorf("reading a member that came early: %w", inner.err))
	}
}
