package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"vcfleet/pkg/tabular"
	"vcfleet/pkg/vim"
)

// samples is how many objects of each type are read.
const samples = 3

// probe says how a section is tried: the types of its objects, and a property
// that it cannot do without.
type probe struct {
	section string
	types   []string
	path    string
}

// probes has an entry for every section of the inventory. Types stand with
// their own name only: a view lists each object under the type that it is of.
func probes() []probe {
	return []probe{
		{"vms", []string{"VirtualMachine"}, "runtime.powerState"},
		{"disks", []string{"VirtualMachine"}, "config.hardware.device"},
		{"nics", []string{"VirtualMachine"}, "config.hardware.device"},
		{"snapshots", []string{"VirtualMachine"}, "snapshot"},
		{"hosts", []string{"HostSystem"}, "summary.hardware"},
		{"clusters", []string{"ClusterComputeResource", "ComputeResource"}, "configurationEx"},
		{"resource-pools", []string{"ResourcePool", "VirtualApp"}, "config"},
		{"datacenters", []string{"Datacenter"}, "name"},
		{"folders", []string{"Folder"}, "childType"},
		{"datastores", []string{"Datastore"}, "summary"},
		{"datastore-clusters", []string{"StoragePod"}, "summary"},
		{"networks", []string{"Network", "OpaqueNetwork", "DistributedVirtualPortgroup"}, "summary"},
		{"distributed-switches", []string{"VmwareDistributedVirtualSwitch"}, "summary"},
	}
}

// sections asks what the account sees, in five calls however many objects there
// are: one view, its list of references (whose count by type is exact), the
// properties of a few of each type, and the end of the view.
func (v *visit) sections(ctx context.Context) Result {
	ctx, cancel := v.bounded(ctx)
	defer cancel()
	var types []string
	for _, p := range probes() {
		for _, typ := range p.types {
			if !slices.Contains(types, typ) {
				types = append(types, typ)
			}
		}
	}
	view, err := v.session.CreateContainerView(ctx, v.content.RootFolder, types)
	if err != nil {
		return v.failed(ctx, err)
	}
	defer func() {
		ctx, cancel := cleanup(ctx)
		defer cancel()
		// The logout takes it as well.
		_ = v.session.DestroyView(ctx, view)
	}()
	seen := &census{count: make(map[string]int)}
	if err := v.retrieve(ctx, vim.Query{
		Objects:    []vim.ManagedObjectReference{view},
		Properties: []vim.PropertySpec{{Type: view.Type, Paths: []string{"view"}}},
	}, seen); err != nil {
		return v.failed(ctx, err)
	}
	taken := &sampler{came: make(map[string]bool), faults: make(map[place]*vim.Fault)}
	if len(seen.some) > 0 {
		if err := v.retrieve(ctx, vim.Query{Objects: seen.some, Properties: specs()}, taken); err != nil {
			return v.failed(ctx, err)
		}
	}
	if seen.lost || taken.lost {
		return v.failed(ctx, vim.NotAuthenticated)
	}
	return v.judge(seen, taken)
}

// specs asks each type for its name and for what its sections need.
func specs() []vim.PropertySpec {
	var list []vim.PropertySpec
	for _, p := range probes() {
		for _, typ := range p.types {
			at := slices.IndexFunc(list, func(s vim.PropertySpec) bool { return s.Type == typ })
			if at < 0 {
				at = len(list)
				list = append(list, vim.PropertySpec{Type: typ, Paths: []string{"name"}})
			}
			if !slices.Contains(list[at].Paths, p.path) {
				list[at].Paths = append(list[at].Paths, p.path)
			}
		}
	}
	return list
}

// What is known of a section, in the facts.
const (
	readable = "readable" // what it needs of the samples came
	refused  = "refused"  // some of it was refused
	noneSeen = "none"     // the account sees no object of it
)

// judge says which sections can be read.
func (v *visit) judge(seen *census, taken *sampler) Result {
	r := Result{Status: OK}
	total, sections := 0, make(map[string][]string)
	for typ, count := range seen.count {
		total += count
		r.Facts = append(r.Facts, tabular.Pair{Key: typ, Value: strconv.Itoa(count)})
	}
	for _, p := range probes() {
		count := 0
		for _, typ := range p.types {
			count += seen.count[typ]
		}
		is, text := readable, fmt.Sprintf("%s (%d)", p.section, count)
		if err := taken.refused(p, seen); count == 0 {
			is, text = noneSeen, p.section
		} else if err != nil {
			is, text = refused, p.section+" ("+err.Error()+")"
			r.Hint = "the account needs the privilege " + privilege(err) + " on these objects: " + rootFix()
			if slices.Contains(v.options.Sections, p.section) {
				r.Status = Fail
			} else if r.Status == OK {
				r.Status = Warn
			}
		}
		sections[is] = append(sections[is], text)
		r.Facts = append(r.Facts, tabular.Pair{Key: p.section, Value: is})
	}
	slices.SortFunc(r.Facts, func(a, b tabular.Pair) int { return cmp.Compare(a.Key, b.Key) })
	if total == 0 {
		r.Status, r.Detail, r.Hint = Fail, "the account sees no object at all", rootFix()
		return r
	}
	var parts []string
	for _, part := range []struct{ is, title string }{
		{refused, "not readable: "}, {readable, "readable (objects seen that they come from): "}, {noneSeen, "none there, or none shown to the account: "},
	} {
		if len(sections[part.is]) > 0 {
			parts = append(parts, part.title+strings.Join(sections[part.is], ", "))
		}
	}
	r.Detail = strings.Join(parts, "; ")
	return r
}

// privilege returns the one that is missing.
func privilege(err error) string {
	if fault := new(vim.Fault); errors.As(err, &fault) && fault.PrivilegeID != "" {
		return fault.PrivilegeID
	}
	return "System.Read"
}

// census counts what a view lists, and keeps a few of each type.
type census struct {
	count map[string]int
	some  []vim.ManagedObjectReference
	lost  bool
}

func (c *census) Object(vim.ManagedObjectReference) {}
func (c *census) End()                              {}

func (c *census) Property(_ string, value *vim.Value) {
	value.Elements(func(value *vim.Value) {
		ref := value.Ref()
		if ref.IsZero() {
			return
		}
		if c.count[ref.Type]++; c.count[ref.Type] <= samples {
			c.some = append(c.some, ref)
		}
	})
}

func (c *census) Missing(_ string, fault *vim.Fault) {
	c.lost = c.lost || fault.Type == vim.NotAuthenticated
}

// place is a property of a type.
type place struct{ typ, path string }

// sampler notes which objects came, and which properties were refused. One that
// neither came nor was refused has no value.
type sampler struct {
	typ    string
	came   map[string]bool // by type
	faults map[place]*vim.Fault
	lost   bool
}

func (s *sampler) Object(ref vim.ManagedObjectReference) {
	s.typ = ref.Type
	s.came[ref.Type] = true
}

func (s *sampler) Property(string, *vim.Value) {}
func (s *sampler) End()                        {}

func (s *sampler) Missing(path string, fault *vim.Fault) {
	s.lost = s.lost || fault.Type == vim.NotAuthenticated
	s.faults[place{s.typ, path}] = fault
}

// errNotGiven is a type whose objects the view lists and the property collector
// does not give.
var errNotGiven = errors.New("listed, but not given")

// refused returns why one of the section's samples could not be read, or nil.
func (s *sampler) refused(p probe, seen *census) error {
	for _, typ := range p.types {
		for _, path := range []string{"name", p.path} {
			if fault := s.faults[place{typ, path}]; fault != nil {
				return fault
			}
		}
		if seen.count[typ] > 0 && !s.came[typ] {
			return errNotGiven
		}
	}
	return nil
}
