package vim

// The parameters of methods as they go over the wire. Every object carries its
// _typeName: mandatory for polymorphic ones, and best practice for all (Web
// Services Programming Guide 8.0).

type reference struct {
	TypeName string `json:"_typeName"`
	Type     string `json:"type"`
	Value    string `json:"value"`
}

func wireRef(ref ManagedObjectReference) reference {
	return reference{"ManagedObjectReference", ref.Type, ref.Value}
}

type continuation struct {
	Token string `json:"token"`
}

type retrieveParams struct {
	SpecSet []filterSpec    `json:"specSet"`
	Options retrieveOptions `json:"options"` // required, even when it says nothing
}

type retrieveOptions struct {
	TypeName   string `json:"_typeName"`
	MaxObjects int    `json:"maxObjects,omitempty"` // 0 is illegal
}

type filterSpec struct {
	TypeName  string         `json:"_typeName"`
	PropSet   []propertySpec `json:"propSet"`
	ObjectSet []objectSpec   `json:"objectSet"`
}

type propertySpec struct {
	TypeName string   `json:"_typeName"`
	Type     string   `json:"type"`
	PathSet  []string `json:"pathSet"`
}

type objectSpec struct {
	TypeName  string          `json:"_typeName"`
	Obj       reference       `json:"obj"`
	Skip      bool            `json:"skip"`
	SelectSet []traversalSpec `json:"selectSet,omitempty"`
}

type traversalSpec struct {
	TypeName string `json:"_typeName"`
	Type     string `json:"type"`
	Path     string `json:"path"`
	Skip     bool   `json:"skip"`
}

// wire returns the parameters of RetrievePropertiesEx: one filter whose objects
// are what the view lists, and the further ones themselves.
func (q Query) wire() retrieveParams {
	spec := filterSpec{TypeName: "PropertyFilterSpec"}
	for _, p := range q.Properties {
		spec.PropSet = append(spec.PropSet, propertySpec{"PropertySpec", p.Type, p.Paths})
	}
	if !q.View.IsZero() {
		spec.ObjectSet = append(spec.ObjectSet, objectSpec{
			TypeName: "ObjectSpec", Obj: wireRef(q.View), Skip: true,
			SelectSet: []traversalSpec{{TypeName: "TraversalSpec", Type: q.View.Type, Path: "view"}},
		})
	}
	for _, object := range q.Objects {
		spec.ObjectSet = append(spec.ObjectSet, objectSpec{TypeName: "ObjectSpec", Obj: wireRef(object)})
	}
	return retrieveParams{[]filterSpec{spec}, retrieveOptions{"RetrieveOptions", q.MaxObjects}}
}
