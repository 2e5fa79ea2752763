package config

import (
	"slices"

	"gopkg.in/yaml.v3"
)

// spec is one kind of value: what it looks like and how it is read. decode
// returns false when it has noted a problem and there is no value.
type spec[V any] struct {
	shape  shape
	decode func(l *loader, n *yaml.Node, p place) (V, bool)
	// show turns a value into what stands in the file, for defaults in the
	// schema; nil means the value itself.
	show func(V) any
}

// given is a value that a file may give. A value in the file that is wrong is
// present without being ok, so that nobody complains that it is missing.
type given[V any] struct {
	value   V
	present bool
	ok      bool
	place   place
}

// field is one key of an object of type T.
type field[T any] struct {
	property
	required bool
	excludes []string
	decode   func(l *loader, target *T, n *yaml.Node, p place)
	inherit  func(target, from *T)
	fallback func(target *T)
}

// about is what a field says about itself beside its type.
type about[V any] struct {
	doc      string
	example  any
	required bool
	// fallback is what holds when nothing is given.
	fallback *V
	// excludes are the keys that contradict this one; for a bool they
	// contradict only true.
	excludes []string
	// synonyms are what people write instead. The hint then is advice, or
	// the key.
	synonyms []string
	advice   string
	// merge joins a value with the inherited one; nil means that the own
	// value wins.
	merge func(own, inherited V) V
}

// bind declares the key of T whose value goes to the place that ref returns.
func bind[T, V any](key string, ref func(*T) *given[V], kind spec[V], a about[V]) field[T] {
	s := kind.shape
	s.Description = a.doc
	if a.fallback != nil {
		s.Default = any(*a.fallback)
		if kind.show != nil {
			s.Default = kind.show(*a.fallback)
		}
	}
	if a.example != nil {
		s.Examples = []any{a.example}
	}
	return field[T]{
		property: property{key: key, synonyms: a.synonyms, advice: a.advice, shape: &s},
		required: a.required,
		excludes: a.excludes,
		decode: func(l *loader, target *T, n *yaml.Node, p place) {
			value, ok := kind.decode(l, n, p)
			*ref(target) = given[V]{value: value, present: true, ok: ok, place: p}
		},
		inherit: func(target, from *T) {
			own, other := ref(target), ref(from)
			switch {
			case !own.present:
				*own = *other
			case a.merge != nil && own.ok && other.ok:
				own.value = a.merge(own.value, other.value)
			}
		},
		fallback: func(target *T) {
			if own := ref(target); !own.present && a.fallback != nil {
				*own = given[V]{value: *a.fallback, present: true, ok: true, place: own.place}
			}
		},
	}
}

// lift declares the fields of an inner struct as fields of the outer one.
func lift[Outer, Inner any](fields []field[Inner], ref func(*Outer) *Inner) []field[Outer] {
	var out []field[Outer]
	for _, f := range fields {
		out = append(out, field[Outer]{
			property: f.property, required: f.required, excludes: f.excludes,
			decode:   func(l *loader, target *Outer, n *yaml.Node, p place) { f.decode(l, ref(target), n, p) },
			inherit:  func(target, from *Outer) { f.inherit(ref(target), ref(from)) },
			fallback: func(target *Outer) { f.fallback(ref(target)) },
		})
	}
	return out
}

// object is a mapping with the given keys and no others.
func object[T any](fields []field[T], changes ...func(*shape)) spec[T] {
	s := objectShape(fields)
	for _, change := range changes {
		change(&s)
	}
	return spec[T]{shape: s, decode: func(l *loader, n *yaml.Node, p place) (T, bool) {
		var target T
		entries, ok := l.entries(n, p, func(key string) string {
			if s.discreet && !slices.Contains(s.keys(), key) {
				return p.path
			}
			return join(p.path, key)
		})
		meant := map[string]bool{}
		for _, e := range entries {
			i := slices.IndexFunc(fields, func(f field[T]) bool { return f.key == e.key })
			if i < 0 {
				meant[l.unknownKey(&s, e)] = true
				continue
			}
			fields[i].decode(l, &target, e.value, e.place)
		}
		if ok {
			complete(l, fields, entries, meant, p)
		}
		return target, ok
	}}
}

// complete notes the required keys that are missing, unless an unknown key
// was meant to be one of them, and the keys that contradict each other.
func complete[T any](l *loader, fields []field[T], entries []entry, meant map[string]bool, p place) {
	find := func(key string) int {
		return slices.IndexFunc(entries, func(e entry) bool { return e.key == key })
	}
	for _, f := range fields {
		i := find(f.key)
		if i < 0 {
			if f.required && !meant[f.key] {
				l.problem(p, exampleHint(f.property), "has no %s", show(f.key))
			}
			continue
		}
		// A switch that is off contradicts nothing.
		if n := follow(entries[i].value); n.ShortTag() == "!!bool" && (n.Value == "false" || n.Value == "False" || n.Value == "FALSE") {
			continue
		}
		for _, other := range f.excludes {
			if j := find(other); j >= 0 {
				later, first := entries[max(i, j)], entries[min(i, j)]
				l.problem(place{later.at.line, later.at.column, later.place.path}, "keep one of them", "contradicts %s", show(first.key))
			}
		}
	}
}

func exampleHint(p property) string {
	if len(p.shape.Examples) == 0 || p.shape.WriteOnly {
		return p.advice
	}
	text, ok := p.shape.Examples[0].(string)
	if !ok {
		return p.advice
	}
	return "such as `" + p.key + ": " + text + "`"
}

// objectShape is the schema of an object with these fields.
func objectShape[T any](fields []field[T]) shape {
	s := shape{Type: "object", AdditionalProperties: false}
	for _, f := range fields {
		s.Properties = append(s.Properties, f.property)
		if f.required {
			s.Required = append(s.Required, f.key)
		}
		for _, other := range f.excludes {
			both := &shape{Required: []string{f.key, other}}
			if f.shape.Type == "boolean" {
				both.Properties = properties{{key: f.key, shape: &shape{Const: true}}}
			}
			s.AllOf = append(s.AllOf, &shape{Not: both})
		}
	}
	return s
}
