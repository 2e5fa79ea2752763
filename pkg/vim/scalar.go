package vim

import (
	"bytes"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

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
	text, _ := v.string()
	return text
}

// string takes a string and reports whether there was one.
func (v *Value) string() (string, bool) {
	data, ok := v.scalar(KindText)
	if !ok {
		return "", false
	}
	return valid(v.unquote(data)), true
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
	if !v.take() {
		return nil, false
	}
	wrapped, ok := v.open()
	if !ok {
		return nil, false
	}
	if v.kind() != kind {
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

// Texts takes an array of strings. An element that is none is left out.
func (v *Value) Texts() []string {
	var texts []string
	v.Elements(func(v *Value) {
		if text, ok := v.string(); ok {
			texts = append(texts, text)
		}
	})
	return texts
}
