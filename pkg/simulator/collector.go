package simulator

import (
	"context"
	"reflect"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/types"

	"vcfleet/pkg/bridge"
)

// query is a property retrieval after its specs have been checked: which
// objects, in order, and what of each. Values are read page by page, so the
// first page of a large inventory costs no more than that of a small one.
type query struct {
	specs   []filter
	targets []target
	seen    map[types.ManagedObjectReference]int // index in targets
}

// filter is the property side of one PropertyFilterSpec.
type filter struct {
	specs  []types.PropertySpec
	byType map[string]selection
}

// selection is what a filter reads of one managed object type.
type selection struct {
	matched bool
	paths   []propertyPath
}

// target is an object that one or more filters report.
type target struct {
	obj     types.ManagedObjectReference
	filters []int
}

// cursor is the rest of a query that a page token stands for.
type cursor struct {
	token string
	query *query
	next  int // index in query.targets
	size  int
}

// compile checks every path of a filter against the type that the spec names.
// A path that the type does not have fails the whole call, as in a vCenter.
func (v *VCenter) compile(specs []types.PropertySpec) (filter, error) {
	for _, ps := range specs {
		t := v.schema.objectType(ps.Type)
		if t == nil {
			return filter{}, &bridge.Fault{
				Detail:  &types.InvalidType{Argument: ps.Type},
				Message: "The type '" + ps.Type + "' is invalid.",
			}
		}
		for _, name := range ps.PathSet {
			if _, ok := v.schema.resolve(t, name); !ok {
				return filter{}, invalidProperty(name)
			}
		}
	}
	return filter{specs: specs, byType: make(map[string]selection)}, nil
}

// selection returns what a filter reads of a type, once for each path.
func (f *filter) selection(s *schema, name string) selection {
	if sel, ok := f.byType[name]; ok {
		return sel
	}

	var sel selection
	have := make(map[string]bool)
	t := s.objectType(name)
	for _, ps := range f.specs {
		if t == nil || !s.isA(name, ps.Type) {
			continue
		}
		sel.matched = true
		paths := ps.PathSet
		if ps.All != nil && *ps.All {
			paths = s.all(t)
		}
		for _, p := range paths {
			if have[p] {
				continue
			}
			have[p] = true
			if resolved, ok := s.resolve(t, p); ok {
				sel.paths = append(sel.paths, resolved)
			}
		}
	}
	f.byType[name] = sel
	return sel
}

// page reads up to n objects from index at, and returns the index after them.
func (v *VCenter) page(ctx context.Context, s *session, q *query, at, n int) ([]types.ObjectContent, int, error) {
	sc := v.context(ctx, s)
	p := pageBuffer{data: make([]byte, 0, v.pageBytes.Load())}
	out := make([]types.ObjectContent, 0, min(n, len(q.targets)-at))

	for ; at < len(q.targets) && len(out) < n; at++ {
		if err := ctx.Err(); err != nil {
			return nil, at, err
		}
		content, ok, err := v.read(sc, s, q, q.targets[at], &p)
		if err != nil {
			return nil, at, err
		}
		if ok {
			out = append(out, content)
		}
	}
	p.fill()
	v.pageBytes.Store(int64(len(p.data) + len(p.data)/16))
	return out, at, nil
}

// pageBuffer holds the encoded values of a page in one piece of memory.
type pageBuffer struct {
	data []byte
	vals []*types.AnyType
	ends []int
}

func (p *pageBuffer) fill() {
	start := 0
	for i, end := range p.ends {
		*p.vals[i] = bridge.Raw(p.data[start:end:end])
		start = end
	}
}

// read encodes the properties of one object under its lock; it reports whether
// the object is still there.
func (v *VCenter) read(sc *simulator.Context, s *session, q *query, t target, p *pageBuffer) (types.ObjectContent, bool, error) {
	content := types.ObjectContent{Obj: t.obj}
	obj := v.object(s, t.obj)
	if obj == nil {
		return content, false, nil
	}

	var paths []propertyPath
	for i, f := range t.filters {
		sel := q.specs[f].selection(&v.schema, t.obj.Type)
		if i == 0 {
			paths = sel.paths
		} else {
			paths = merge(paths, sel.paths)
		}
	}
	if s == nil && t.obj != vim25.ServiceInstance {
		content.MissingSet = allMissing(t.obj, paths)
		return content, true, nil
	}

	var err error
	content.PropSet = make([]types.DynamicProperty, 0, len(paths))
	v.withLock(sc, obj, func() {
		rv := managedObject(obj)
		for i := range paths {
			val := v.schema.value(rv, paths[i])
			if !val.IsValid() {
				continue // unset properties are in neither set
			}
			content.PropSet = append(content.PropSet, types.DynamicProperty{Name: paths[i].name})
			p.vals = append(p.vals, &content.PropSet[len(content.PropSet)-1].Val)
			if p.data, err = v.bridge.Codec().AppendValue(p.data, val); err != nil {
				return
			}
			p.ends = append(p.ends, len(p.data))
		}
	})
	return content, true, err
}

// merge joins two path lists without repetition; a filter overlap is rare.
func merge(a, b []propertyPath) []propertyPath {
	out := append([]propertyPath(nil), a...)
	for _, p := range b {
		found := false
		for _, o := range out {
			found = found || o.name == p.name
		}
		if !found {
			out = append(out, p)
		}
	}
	return out
}

// allMissing is how the property collector answers without a session: the
// method itself needs none, but every property does.
func allMissing(obj types.ManagedObjectReference, paths []propertyPath) []types.MissingProperty {
	out := make([]types.MissingProperty, 0, len(paths))
	for _, p := range paths {
		out = append(out, types.MissingProperty{
			Path: p.name,
			Fault: types.LocalizedMethodFault{Fault: &types.NotAuthenticated{
				NoPermission: types.NoPermission{Object: &obj, PrivilegeId: "System.Read"},
			}},
		})
	}
	return out
}

// isCollector reports whether ref is a property collector of the session.
func (v *VCenter) isCollector(s *session, ref types.ManagedObjectReference) bool {
	return ref.Type == "PropertyCollector" && v.object(s, ref) != nil
}

func (b *backend) retrieveEx(ctx context.Context, call *bridge.Call, s *session, req *types.RetrievePropertiesEx) error {
	if !b.v.isCollector(s, call.This) {
		return notFound(call.This)
	}
	if req.Options.MaxObjects < 0 {
		return invalidArgument("options.maxObjects")
	}
	q, err := b.v.query(ctx, s, req.SpecSet)
	if err != nil {
		return err
	}
	// A token is of the collector's last result only, so a new retrieval ends
	// the one that is under way.
	s.dropCursor(call.This)

	res, err := b.v.nextPage(ctx, s, call.This, &cursor{query: q, size: b.v.pageSize(req.Options.MaxObjects)})
	if err != nil {
		return err
	}
	if len(res.Objects) == 0 {
		res = nil // no match is null
	}
	call.Res = &types.RetrievePropertiesExResponse{Returnval: res}
	return nil
}

func (b *backend) continueEx(ctx context.Context, call *bridge.Call, s *session, req *types.ContinueRetrievePropertiesEx) error {
	if !b.v.isCollector(s, call.This) {
		return notFound(call.This)
	}
	c := s.takeCursor(call.This, req.Token)
	if c == nil {
		return invalidProperty("token")
	}
	res, err := b.v.nextPage(ctx, s, call.This, c)
	if err != nil {
		return err
	}
	call.Res = &types.ContinueRetrievePropertiesExResponse{Returnval: *res}
	return nil
}

func (b *backend) cancelEx(call *bridge.Call, s *session, req *types.CancelRetrievePropertiesEx) error {
	if !b.v.isCollector(s, call.This) {
		return notFound(call.This)
	}
	if s.takeCursor(call.This, req.Token) == nil {
		return invalidProperty("token")
	}
	return nil
}

// retrieve is the older method without pages.
func (b *backend) retrieve(ctx context.Context, call *bridge.Call, s *session, req *types.RetrieveProperties) error {
	if !b.v.isCollector(s, call.This) {
		return notFound(call.This)
	}
	q, err := b.v.query(ctx, s, req.SpecSet)
	if err != nil {
		return err
	}
	objects, _, err := b.v.page(ctx, s, q, 0, len(q.targets))
	if err != nil {
		return err
	}
	call.Res = &types.RetrievePropertiesResponse{Returnval: objects}
	return nil
}

// pageSize is the size of a page for which a client asks, 0 for any.
func (v *VCenter) pageSize(asked int32) int {
	if asked > 0 {
		return min(v.opts.PageCap, int(asked))
	}
	return v.opts.PageCap
}

// nextPage reads a page and leaves a token for the rest, if there is any.
func (v *VCenter) nextPage(ctx context.Context, s *session, pc types.ManagedObjectReference, c *cursor) (*types.RetrieveResult, error) {
	objects, next, err := v.page(ctx, s, c.query, c.next, c.size)
	if err != nil {
		return nil, err
	}
	v.traffic.page()

	res := &types.RetrieveResult{Objects: objects}
	if next < len(c.query.targets) && s != nil {
		res.Token = s.putCursor(pc, &cursor{query: c.query, next: next, size: c.size})
	}
	return res, nil
}

// Property answers the GET of a top-level property.
func (b *backend) Property(ctx context.Context, sessionID string, ref types.ManagedObjectReference, name string) (any, error) {
	s := b.v.sessions.get(sessionID)
	obj := b.v.object(s, ref)
	if obj == nil {
		return nil, notFound(ref)
	}
	t := b.v.schema.objectType(ref.Type)
	if t == nil {
		return nil, notFound(ref)
	}
	p, ok := b.v.schema.resolve(t, name)
	if !ok || len(p.steps) != 1 || p.steps[0].keyed {
		return nil, invalidProperty(name)
	}
	if s == nil && ref.Type != "ServiceInstance" {
		if ref.Type == "SessionManager" && (name == "currentSession" || name == "defaultLocale") {
			return nil, nil
		}
		return nil, notAuthenticated(ref)
	}

	if s != nil && b.v.hides(ref) {
		return nil, noPermission(ref, "System.View")
	}

	var out any
	var err error
	b.v.withLock(b.v.context(ctx, s), obj, func() {
		if val := b.v.schema.value(managedObject(obj), p); val.IsValid() {
			var raw []byte
			raw, err = b.v.bridge.Codec().AppendPlainValue(nil, val)
			out = bridge.Raw(raw)
		}
	})
	if err != nil || out == nil {
		return nil, err
	}
	return out, nil
}

// all lists the top-level properties of a type in the order of its fields.
func (s *schema) all(t reflect.Type) []string {
	var out []string
	var walk func(reflect.Type)
	walk = func(t reflect.Type) {
		for f := range t.Fields() {
			if f.Anonymous && f.Type.Kind() == reflect.Struct {
				walk(f.Type)
			} else if name := f.Tag.Get("json"); name != "" && f.Name != "Self" {
				out = append(out, name)
			}
		}
	}
	walk(t)
	return out
}
