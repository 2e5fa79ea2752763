package tabular

import (
	"math"
	"strconv"
	"time"
)

// Type says what a column holds. A format may render it in its own way (a
// spreadsheet has dates, CSV has texts), but never guesses it.
type Type uint8

// The types of a column.
const (
	Text  Type = iota + 1 // UTF-8 text
	Int                   // signed 64-bit integer
	Float                 // 64-bit floating point number
	Bool                  // true or false
	Time                  // an instant, microsecond precision, UTC
	List                  // texts in a given order
	Pairs                 // text -> text, sorted by key
)

// String names the type as help and schemas do.
func (t Type) String() string {
	switch t {
	case Text:
		return "text"
	case Int:
		return "integer"
	case Float:
		return "number"
	case Bool:
		return "boolean"
	case Time:
		return "time"
	case List:
		return "list"
	case Pairs:
		return "pairs"
	}
	return "absent"
}

// Opt is a value that may be absent. What a vCenter did not send is not zero,
// and an Opt keeps the two apart without an allocation.
type Opt[T comparable] struct {
	Value T
	Known bool
}

// Some returns a known value.
func Some[T comparable](v T) Opt[T] { return Opt[T]{Value: v, Known: true} }

// Pair is one entry of a Pairs cell, such as a custom attribute.
type Pair struct{ Key, Value string }

// Value is one cell. The zero Value is absent: an empty cell in a table, no
// key in JSON.
type Value struct {
	kind  Type
	num   int64 // Int; Bool as 0 or 1; Float as its bits; Time in µs since 1970
	text  string
	list  []string
	pairs []Pair
}

// TextValue returns a text cell; an empty text is absent, as vCenters leave
// empty strings out.
func TextValue(s string) Value {
	if s == "" {
		return Value{}
	}
	return Value{kind: Text, text: s}
}

// IntValue returns an integer cell.
func IntValue(n int64) Value { return Value{kind: Int, num: n} }

// FloatValue returns a number cell; NaN and the infinities, which JSON cannot
// carry, are absent.
func FloatValue(f float64) Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Value{}
	}
	return Value{kind: Float, num: int64(math.Float64bits(f))}
}

// BoolValue returns a boolean cell.
func BoolValue(b bool) Value {
	v := Value{kind: Bool}
	if b {
		v.num = 1
	}
	return v
}

// The instants that RFC 3339 can write: years 1 to 9999, in seconds since 1970.
const (
	minSecond = -62135596800
	maxSecond = 253402300799
)

// TimeValue returns an instant, cut to microseconds as vCenters send it; the
// zero time, and what RFC 3339 cannot carry, are absent.
func TimeValue(t time.Time) Value {
	if second := t.Unix(); second < minSecond || second > maxSecond {
		return Value{}
	}
	micros := t.UnixMicro()
	if micros == minSecond*1e6 {
		return Value{} // the zero time once it is cut
	}
	return Value{kind: Time, num: micros}
}

// ListValue returns a list cell, which shares list; an empty list is absent.
func ListValue(list []string) Value {
	if len(list) == 0 {
		return Value{}
	}
	return Value{kind: List, list: list}
}

// PairsValue returns a cell of pairs, which shares pairs; no pairs are absent.
func PairsValue(pairs []Pair) Value {
	if len(pairs) == 0 {
		return Value{}
	}
	return Value{kind: Pairs, pairs: pairs}
}

// Type returns the cell's type, 0 for an absent one.
func (v Value) Type() Type { return v.kind }

// Absent reports whether the cell has no value.
func (v Value) Absent() bool { return v.kind == 0 }

// Text returns the text of a Text cell.
func (v Value) Text() string { return v.text }

// Int returns the number of an Int cell.
func (v Value) Int() int64 { return v.num }

// Float returns the number of a Float cell.
func (v Value) Float() float64 { return math.Float64frombits(uint64(v.num)) }

// Bool returns the truth of a Bool cell.
func (v Value) Bool() bool { return v.num != 0 }

// Time returns the instant of a Time cell, in UTC.
func (v Value) Time() time.Time { return time.UnixMicro(v.num).UTC() }

// List returns the texts of a List cell; callers must not change them.
func (v Value) List() []string { return v.list }

// Pairs returns the entries of a Pairs cell; callers must not change them.
func (v Value) Pairs() []Pair { return v.pairs }

// Separator stands between the elements of a list in a one-text cell.
const Separator = "; "

// AppendText appends the cell as people and CSV read it: times in RFC 3339,
// list elements and key=value pairs divided by [Separator], nothing for an
// absent cell.
func (v Value) AppendText(dst []byte) []byte {
	switch v.kind {
	case Text:
		return append(dst, v.text...)
	case Int:
		return strconv.AppendInt(dst, v.num, 10)
	case Float:
		return strconv.AppendFloat(dst, v.Float(), 'f', -1, 64)
	case Bool:
		return strconv.AppendBool(dst, v.Bool())
	case Time:
		return v.Time().AppendFormat(dst, time.RFC3339Nano)
	case List:
		for i, element := range v.list {
			if i > 0 {
				dst = append(dst, Separator...)
			}
			dst = append(dst, element...)
		}
	case Pairs:
		for i, pair := range v.pairs {
			if i > 0 {
				dst = append(dst, Separator...)
			}
			dst = append(append(append(dst, pair.Key...), '='), pair.Value...)
		}
	}
	return dst
}

// String is AppendText as a string.
func (v Value) String() string {
	if v.kind == Text {
		return v.text
	}
	return string(v.AppendText(nil))
}
