package vim

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

// whimsical is a Handler that takes values as its bytes say, rightly or not.
type whimsical struct {
	t              *testing.T
	whims          []byte
	at             int
	begun, ended   int
	open           bool
	props, missing int
}

func (w *whimsical) whim() byte {
	if len(w.whims) == 0 {
		return 0
	}
	w.at++
	return w.whims[w.at%len(w.whims)]
}

func (w *whimsical) Object(ref ManagedObjectReference) {
	if w.open || ref.Type == "" || ref.Value == "" {
		w.t.Errorf("object %q begins inside another: %t", ref, w.open)
	}
	w.open = true
	w.begun++
}

func (w *whimsical) End() {
	if !w.open {
		w.t.Error("an object ends that did not begin")
	}
	w.open = false
	w.ended++
}

func (w *whimsical) Missing(path string, f *Fault) {
	if !w.open || f == nil {
		w.t.Errorf("missing %q stands in no object", path)
	}
	w.missing++
}

func (w *whimsical) Property(path string, v *Value) {
	if !w.open {
		w.t.Errorf("property %q stands in no object", path)
	}
	w.props++
	w.take(v)
}

func (w *whimsical) take(v *Value) {
	valid := func(texts ...string) {
		for _, s := range texts {
			if !utf8.ValidString(s) {
				w.t.Errorf("text %q is not valid UTF-8", s)
			}
		}
	}
	switch w.whim() % 14 {
	case 0:
	case 1:
		v.Kind()
	case 2:
		valid(v.Text())
	case 3:
		valid(v.Word(), v.Word())
	case 4:
		v.Int()
	case 5:
		v.Bool()
	case 6:
		v.Time()
	case 7:
		ref := v.Ref()
		valid(ref.Type, ref.Value)
	case 8:
		for _, ref := range v.Refs() {
			if ref.Type == "" || ref.Value == "" {
				w.t.Errorf("Refs gives %q", ref)
			}
		}
	case 9:
		valid(v.Texts()...)
	case 10:
		v.Fault()
	case 11:
		v.Elements(w.take)
	case 12:
		v.Skip()
		v.Fields(func([]byte, *Value) { w.t.Error("a value that was skipped has members") })
	case 13:
		v.Fields(func(_ []byte, v *Value) { w.take(v) })
	}
	if v.TakeOdd() < 0 {
		w.t.Error("fewer than no odd values")
	}
}

// FuzzPage reads a page twice, once taking nothing and once as the whims say:
// what a handler does with values changes neither what it is given nor whether
// the page is read.
func FuzzPage(f *testing.F) {
	f.Add([]byte(inPage(`{`+obj+`,"propSet":[{"name":"a","val":{"_typeName":"ArrayOfString","_value":["b"]}}]}`)), []byte{9})
	f.Add([]byte(`{"token":"t","objects":{"_typeName":"ArrayOfObjectContent","_value":[{"missingSet":[{"path":"p","fault":{"fault":{"_typeName":"X"}}}],"propSet":[{"val":{"_typeName":"A","_value":{"type":"T","value":[1.5,true,null]}},"name":"\u0061"}],`+obj+`}]},"_typeName":"RetrieveResult"}`), []byte{13, 2, 11, 13, 4, 7, 8})
	f.Fuzz(func(t *testing.T, wire, whims []byte) {
		run := func(whims []byte) (*whimsical, int, error) {
			h := &whimsical{t: t, whims: whims}
			objects, err := newValue(bytes.NewReader(wire)).page(h, func(token string) {
				if token == "" || !utf8.ValidString(token) {
					t.Errorf("token %q", token)
				}
			})
			if objects != h.ended || h.begun-h.ended > 1 || (err == nil && h.begun != h.ended) {
				t.Errorf("%d objects, %d begun, %d ended, error %v", objects, h.begun, h.ended, err)
			}
			return h, objects, err
		}
		plain, objects, err := run(nil)
		fancy, again, errAgain := run(whims)
		if objects != again || (err == nil) != (errAgain == nil) {
			t.Errorf("%d objects, error %v; taking values: %d, error %v", objects, err, again, errAgain)
		}
		if err == nil && (plain.props != fancy.props || plain.missing != fancy.missing) {
			t.Errorf("%d properties, %d missing; taking values: %d, %d", plain.props, plain.missing, fancy.props, fancy.missing)
		}
		if err == nil && len(bytes.TrimSpace(wire)) > 0 {
			cut := bytes.TrimRight(wire, " \t\r\n")
			if _, err := newValue(bytes.NewReader(cut[:len(cut)-1])).page(&whimsical{t: t}, func(string) {}); err == nil {
				t.Error("the page without its last byte reads as complete")
			}
		}
	})
}

func FuzzFault(f *testing.F) {
	f.Add(`{"_typeName":"LocalizedMethodFault","fault":{"_typeName":"NoPermission","object":{"type":"T","value":"v"},"faultCause":{"_typeName":"X"}},"localizedMessage":"secret-key"}`)
	f.Fuzz(func(t *testing.T, wire string) {
		v := newValue(strings.NewReader(`{"fault":` + wire + `,"after":"next"}`))
		var fault *Fault
		var after string
		v.Fields(func(name []byte, v *Value) {
			switch string(name) {
			case "fault":
				fault = v.Fault()
			case "after":
				after = v.Text()
			}
		})
		if v.end() != nil {
			return
		}
		if fault == nil || after != "next" {
			t.Fatalf("fault %v, and what follows it reads %q", fault, after)
		}
		session := inSession(nil)
		fault.Message += testKey
		fault.scrub(session.private)
		for err := error(fault); err != nil; {
			if text := err.Error(); text == "" || strings.ContainsAny(text, "\n\r") || strings.Contains(text, testKey) {
				t.Errorf("text %q", text)
			}
			err = errors.Unwrap(err)
		}
	})
}
