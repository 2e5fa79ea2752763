package vim

import (
	"bytes"
	"errors"
	"fmt"
)

// Handler takes the objects of a retrieval, one after another, on the goroutine
// that called [Session.Retrieve].
type Handler interface {
	// Object begins an object.
	Object(ref ManagedObjectReference)
	// Property hands over one property of the object; a value that is not taken
	// is skipped.
	Property(path string, value *Value)
	// Missing says that the vCenter could not give a property, and why.
	Missing(path string, fault *Fault)
	// End ends the object.
	End()
}

// errNoReference is an ObjectContent that does not say which object it is: to
// skip it would lose an object silently.
var errNoReference = errors.New("an object without a reference")

// page takes one RetrieveResult. It calls token as soon as the continuation
// token is known: the documented order puts it before the objects, and nothing
// depends on that.
func (v *Value) page(h Handler, token func(string)) (objects int, err error) {
	var known bool
	v.Fields(func(name []byte, v *Value) {
		switch string(name) {
		case "_typeName":
			known = v.Word() == "RetrieveResult" || known
		case "token":
			v.continuation(token)
		case "objects":
			known = true
			v.structure("objects", v.Elements(func(v *Value) {
				if v.object(h); v.err == nil {
					objects++
				}
			}))
		}
	})
	if v.err == nil && !known {
		// Any other JSON must not read as an inventory without objects.
		v.fail(errors.New("the answer is not a RetrieveResult"))
	}
	return objects, v.end()
}

// continuation takes a page's token. Any text but an empty one is a token, "0"
// included (vsphere-automation-sdk-java #217). What is no text must not read as
// the last page.
func (v *Value) continuation(token func(string)) {
	kind := v.Kind()
	if t := v.Text(); t != "" {
		token(t)
		return
	}
	v.structure("token", kind == KindText || kind == KindNull)
}

// structure fails the page when a member that holds it together is not of its
// type: to go on would lose objects silently.
func (v *Value) structure(member string, ok bool) {
	if !ok {
		v.fail(fmt.Errorf("%q is not of its documented type", member))
	}
}

// object takes one ObjectContent: obj, propSet and missingSet. The sets need to
// know the object; should they come before it, they are kept until it has come.
func (v *Value) object(h Handler) {
	var ref ManagedObjectReference
	var early []func() // reads the sets that came before obj
	set := func(v *Value, read func(*Value)) {
		if !ref.IsZero() {
			read(v)
		} else if v.take() {
			data := bytes.Clone(v.raw())
			early = append(early, func() { v.buffered(data, read) })
		}
	}
	v.Fields(func(name []byte, v *Value) {
		switch string(name) {
		case "obj":
			if !ref.IsZero() {
				return
			}
			if ref = v.Ref(); ref.IsZero() {
				return
			}
			h.Object(ref)
			for _, read := range early {
				read()
			}
		case "propSet":
			set(v, func(v *Value) { v.propSet(h) })
		case "missingSet":
			set(v, func(v *Value) { v.missingSet(h) })
		}
	})
	switch {
	case v.err != nil:
	case ref.IsZero():
		v.fail(errNoReference)
	default:
		h.End()
	}
}

// propSet takes an array of DynamicProperty. A value without a name, and what
// is no DynamicProperty at all, is handed over under an empty path: nothing is
// dropped without a trace.
func (v *Value) propSet(h Handler) {
	v.structure("propSet", v.Elements(func(v *Value) {
		if v.Kind() != KindObject {
			h.Property("", v)
			return
		}
		var path string
		var early []byte // a value that came before its name
		v.Fields(func(name []byte, v *Value) {
			switch string(name) {
			case "name":
				path = v.Word()
			case "val":
				if path != "" {
					h.Property(path, v)
				} else if v.take() {
					early = bytes.Clone(v.raw())
				}
			}
		})
		if early != nil && v.err == nil {
			v.buffered(early, func(v *Value) { h.Property(path, v) })
		}
	}))
}

func (v *Value) missingSet(h Handler) {
	v.structure("missingSet", v.Elements(func(v *Value) {
		var path string
		fault := new(Fault)
		v.Fields(func(name []byte, v *Value) {
			switch string(name) {
			case "path":
				path = v.Word()
			case "fault":
				fault = v.Fault()
			}
		})
		if v.err == nil {
			fault.scrub(v.private)
			h.Missing(path, fault)
		}
	}))
}

// pageError says which page failed.
func pageError(page int, err error) error {
	return fmt.Errorf("page %d: %w", page, err)
}
