package simulator

import (
	"context"
	"reflect"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"

	"vcfleet/pkg/bridge"
)

// query checks the specs of a retrieval and finds the objects that they select.
func (v *VCenter) query(ctx context.Context, s *session, specs []types.PropertyFilterSpec) (*query, error) {
	if len(specs) == 0 {
		return nil, invalidArgument("specSet")
	}

	q := &query{seen: make(map[types.ManagedObjectReference]int)}
	for i, spec := range specs {
		f, err := v.compile(spec.PropSet)
		if err != nil {
			return nil, err
		}
		q.specs = append(q.specs, f)

		t := traversal{
			v: v, s: s, sc: v.context(ctx, s), q: q, filter: i,
			named: make(map[string]*types.TraversalSpec), done: make(map[visit]bool),
		}
		if err := t.objects(spec); err != nil {
			return nil, err
		}
	}
	return q, nil
}

// traversal walks from the objects of one PropertyFilterSpec.
type traversal struct {
	v      *VCenter
	s      *session
	sc     *simulator.Context
	q      *query
	filter int
	named  map[string]*types.TraversalSpec
	done   map[visit]bool // ends cycles
}

type visit struct {
	obj  types.ManagedObjectReference
	spec *types.TraversalSpec
}

func (t *traversal) objects(spec types.PropertyFilterSpec) error {
	omitMissing := spec.ReportMissingObjectsInResults != nil && *spec.ReportMissingObjectsInResults

	for _, o := range spec.ObjectSet {
		if err := t.declare(o.SelectSet); err != nil {
			return err
		}
		if t.v.object(t.s, o.Obj) == nil {
			if omitMissing {
				continue
			}
			return notFound(o.Obj)
		}
		if o.Skip == nil || !*o.Skip {
			t.add(o.Obj)
		}
		if err := t.follow(o.Obj, o.SelectSet); err != nil {
			return err
		}
	}
	return nil
}

// declare gathers the named specs, which may be referred to before they appear,
// and checks their types and paths.
func (t *traversal) declare(set []types.BaseSelectionSpec) error {
	for _, s := range set {
		ts, ok := s.(*types.TraversalSpec)
		if !ok {
			continue
		}
		typ := t.v.schema.objectType(ts.Type)
		if typ == nil {
			return &bridge.Fault{Detail: &types.InvalidType{Argument: ts.Type}, Message: "The type '" + ts.Type + "' is invalid."}
		}
		if _, ok := t.v.schema.resolve(typ, ts.Path); !ok {
			return invalidProperty(ts.Path)
		}
		if ts.Name != "" {
			t.named[ts.Name] = ts
		}
		if err := t.declare(ts.SelectSet); err != nil {
			return err
		}
	}
	return nil
}

func (t *traversal) follow(obj types.ManagedObjectReference, set []types.BaseSelectionSpec) error {
	for _, s := range set {
		ts, ok := s.(*types.TraversalSpec)
		if !ok {
			if ts = t.named[s.GetSelectionSpec().Name]; ts == nil {
				return invalidArgument("specSet.objectSet.selectSet.name")
			}
		}
		at := visit{obj, ts}
		if t.done[at] || !t.v.schema.isA(obj.Type, ts.Type) {
			continue
		}
		t.done[at] = true

		for _, child := range t.references(obj, ts) {
			if ts.Skip == nil || !*ts.Skip {
				t.add(child)
			}
			if len(ts.SelectSet) == 0 {
				continue
			}
			if err := t.follow(child, ts.SelectSet); err != nil {
				return err
			}
		}
	}
	return nil
}

// references reads what a traversal leads to.
func (t *traversal) references(ref types.ManagedObjectReference, ts *types.TraversalSpec) []types.ManagedObjectReference {
	obj := t.v.object(t.s, ref)
	p, ok := t.v.schema.resolve(t.v.schema.objectType(ts.Type), ts.Path)
	if obj == nil || !ok {
		return nil
	}

	var out []types.ManagedObjectReference
	t.v.withLock(t.sc, obj, func() {
		val := t.v.schema.value(managedObject(obj), p)
		for val.Kind() == reflect.Pointer {
			val = val.Elem()
		}
		if !val.IsValid() {
			return
		}
		switch x := val.Interface().(type) {
		case types.ManagedObjectReference:
			out = []types.ManagedObjectReference{x}
		case []types.ManagedObjectReference:
			out = append(out, x...)
		}
	})
	return out
}

// add reports an object through the filter, unless the filter has no properties
// for its type, or a fault hides it: such an object is not in the result.
func (t *traversal) add(obj types.ManagedObjectReference) {
	if t.v.hides(obj) || !t.q.specs[t.filter].selection(&t.v.schema, obj.Type).matched {
		return
	}
	i, ok := t.q.seen[obj]
	if !ok {
		t.q.seen[obj] = len(t.q.targets)
		t.q.targets = append(t.q.targets, target{obj: obj, filters: []int{t.filter}})
		return
	}
	if last := t.q.targets[i].filters; last[len(last)-1] != t.filter {
		t.q.targets[i].filters = append(last, t.filter)
	}
}
