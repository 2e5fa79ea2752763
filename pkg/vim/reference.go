package vim

// ManagedObjectReference names a managed object on one vCenter.
type ManagedObjectReference struct {
	Type  string
	Value string
}

// String returns type:value, as govc prints it.
func (r ManagedObjectReference) String() string { return r.Type + ":" + r.Value }

// IsZero reports whether there is no reference.
func (r ManagedObjectReference) IsZero() bool { return r == ManagedObjectReference{} }

// complete reports whether both parts are there: without one of them the
// reference names nothing.
func (r ManagedObjectReference) complete() bool { return r.Type != "" && r.Value != "" }

// Ref takes a managed object reference. It comes inline (VI/JSON OpenAPI 9.1.1)
// or as {"_typeName":…,"_value":{…}} (Programming Guide 8.0), with or without
// _typeName, members in any order. One without type or value is odd, and zero.
func (v *Value) Ref() ManagedObjectReference {
	var ref ManagedObjectReference
	if v.Kind() != KindObject {
		if v.take() {
			v.reject()
		}
		return ref
	}
	odd := v.odd
	v.Fields(func(name []byte, v *Value) {
		switch string(name) {
		case "type":
			ref.Type = v.Word()
		case "value":
			ref.Value = v.Text()
		}
	})
	if !ref.complete() {
		v.odd = odd + 1
		return ManagedObjectReference{}
	}
	return ref
}

// Refs takes an array of managed object references. An element that is none is
// left out.
func (v *Value) Refs() []ManagedObjectReference {
	var refs []ManagedObjectReference
	v.Elements(func(v *Value) {
		if ref := v.Ref(); !ref.IsZero() {
			refs = append(refs, ref)
		}
	})
	return refs
}
