package simulator

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/vmware/govmomi/vim25/types"

	"vcfleet/pkg/bridge"
)

// deepNesting is the number of nested arrays of a deep property.
const deepNesting = 100_000

// maxRemembered bounds the retrievals whose last object is remembered.
const maxRemembered = 1000

// permissionFaults are of a user who may not read everything, and of a release
// that has not every property.
func permissionFaults() []faultSpec {
	return []faultSpec{
		{
			name:  FaultUnknownProperty,
			doc:   "answer every retrieval that asks for the property with InvalidProperty, as a release that has not got it",
			value: propertyValue("guest.toolsVersionStatus2"),
			call:  refuseProperty,
		},
		{
			name:  FaultNoPermission,
			doc:   "put the property, and those below it, into missingSet with NoPermission",
			value: propertyValue("config.hardware.device"),
			call:  onPage(func(p params, page []types.ObjectContent) { each(page, p.mask) }),
		},
		{
			name:  FaultNoPermissionType,
			doc:   "show no objects of the type, as to a user without System.View on them",
			value: typeValue("Datastore"),
			hide: func(v *VCenter, p params, obj types.ManagedObjectReference) bool {
				return v.schema.isA(obj.Type, p.word)
			},
		},
		{
			name: FaultNoRoot,
			doc:  "do not show the root folder; a vCenter before 8.0.3.0 then has no second page for the user, but NoPermission",
			call: refuseTokens,
			hide: func(v *VCenter, _ params, obj types.ManagedObjectReference) bool { return obj == v.content.RootFolder },
		},
	}
}

// refuseProperty fails a retrieval as a whole.
func refuseProperty(_ *VCenter, p params, next callFunc) callFunc {
	return func(ctx context.Context, c *bridge.Call) error {
		var specs []types.PropertyFilterSpec
		switch req := c.Req.(type) {
		case *types.RetrievePropertiesEx:
			specs = req.SpecSet
		case *types.RetrieveProperties:
			specs = req.SpecSet
		}
		for _, spec := range specs {
			for _, ps := range spec.PropSet {
				if (p.of == "" || p.of == ps.Type) && slices.Contains(ps.PathSet, p.path) {
					return invalidProperty(p.path)
				}
			}
		}
		return next(ctx, c)
	}
}

// refuseTokens is the flaw of vCenter 7.0.3.2 to 8.0.2 (govmomi #3455): tokens
// are for users who may read the root folder.
func refuseTokens(v *VCenter, _ params, next callFunc) callFunc {
	return func(ctx context.Context, c *bridge.Call) error {
		switch c.Method {
		case "ContinueRetrievePropertiesEx", "CancelRetrievePropertiesEx":
			if v.sessions.get(c.Session) != nil && compareReleases(v.opts.newest(), "8.0.3.0") < 0 {
				return noPermission(v.content.RootFolder, "System.Read")
			}
		}
		return next(ctx, c)
	}
}

// pageFaults are pages that are well formed and wrong.
func pageFaults() []faultSpec {
	return []faultSpec{
		{
			name: FaultDeep,
			doc:  "put 100000 nested arrays into one property of each page",
			call: onPage(func(_ params, page []types.ObjectContent) {
				for i := range page {
					if set := page[i].PropSet; len(set) > 0 {
						set[0].Val = deepValue()
						return
					}
				}
			}),
		},
		{
			name:  FaultOddValue,
			doc:   "give the property a value of another type in every third object that has it",
			value: propertyValue("config.hardware.numCPU"),
			call: onPage(func(p params, page []types.ObjectContent) {
				n := 0
				each(page, func(o *types.ObjectContent) {
					i := slices.IndexFunc(o.PropSet, func(d types.DynamicProperty) bool { return p.matches(o.Obj, d.Name, false) })
					if i < 0 {
						return
					}
					if n++; n%3 == 1 {
						o.PropSet[i].Val = oddValue(o.PropSet[i].Val)
					}
				})
			}),
		},
		{
			name: FaultDuplicateObject,
			doc:  "repeat the last object of the first page on the second",
			call: repeatObject,
		},
	}
}

// matches reports whether a property of an object is the fault's. A property
// below the fault's may count too.
func (p params) matches(obj types.ManagedObjectReference, name string, below bool) bool {
	if p.of != "" && p.of != obj.Type {
		return false
	}
	return name == p.path || below && strings.HasPrefix(name, p.path+".")
}

// mask moves properties of an object that may not be read to missingSet.
func (p params) mask(o *types.ObjectContent) {
	o.PropSet = slices.DeleteFunc(o.PropSet, func(d types.DynamicProperty) bool {
		if !p.matches(o.Obj, d.Name, true) {
			return false
		}
		obj := o.Obj
		o.MissingSet = append(o.MissingSet, types.MissingProperty{
			Path:  d.Name,
			Fault: types.LocalizedMethodFault{Fault: &types.NoPermission{Object: &obj, PrivilegeId: "System.Read"}},
		})
		return true
	})
}

func each(page []types.ObjectContent, f func(*types.ObjectContent)) {
	for i := range page {
		f(&page[i])
	}
}

func deepValue() bridge.Raw {
	return bridge.Raw(`{"_typeName":"ArrayOfAnyType","_value":` +
		strings.Repeat("[", deepNesting) + strings.Repeat("]", deepNesting) + "}")
}

// oddValue is a value of another type.
func oddValue(val types.AnyType) bridge.Raw {
	if raw, ok := val.(bridge.Raw); ok && bytes.HasPrefix(raw, []byte(`{"_typeName":"string"`)) {
		return bridge.Raw(`{"_typeName":"int","_value":42}`)
	}
	return bridge.Raw(`{"_typeName":"string","_value":"odd"}`)
}

// onPage makes the call of a fault that changes pages.
func onPage(change func(p params, page []types.ObjectContent)) func(*VCenter, params, callFunc) callFunc {
	return func(_ *VCenter, p params, next callFunc) callFunc {
		return func(ctx context.Context, c *bridge.Call) error {
			if err := next(ctx, c); err != nil {
				return err
			}
			switch res := c.Res.(type) {
			case *types.RetrievePropertiesExResponse:
				if res.Returnval != nil {
					change(p, res.Returnval.Objects)
				}
			case *types.ContinueRetrievePropertiesExResponse:
				change(p, res.Returnval.Objects)
			case *types.RetrievePropertiesResponse:
				change(p, res.Returnval)
			}
			return nil
		}
	}
}

// repeatObject remembers the last object of a first page until the second.
func repeatObject(_ *VCenter, _ params, next callFunc) callFunc {
	type retrieval struct {
		session   string
		collector types.ManagedObjectReference
	}
	var mu sync.Mutex
	last := make(map[retrieval]types.ObjectContent)

	return func(ctx context.Context, c *bridge.Call) error {
		if err := next(ctx, c); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		of := retrieval{c.Session, c.This}
		switch res := c.Res.(type) {
		case *types.RetrievePropertiesExResponse:
			delete(last, of)
			if len(last) >= maxRemembered {
				clear(last)
			}
			if page := res.Returnval; page != nil && page.Token != "" && len(page.Objects) > 0 {
				last[of] = cloneObject(page.Objects[len(page.Objects)-1])
			}
		case *types.ContinueRetrievePropertiesExResponse:
			if o, ok := last[of]; ok {
				delete(last, of)
				res.Returnval.Objects = append([]types.ObjectContent{o}, res.Returnval.Objects...)
			}
		}
		return nil
	}
}

// cloneObject copies an object without holding the page that it stands on.
func cloneObject(o types.ObjectContent) types.ObjectContent {
	o.PropSet = slices.Clone(o.PropSet)
	for i, d := range o.PropSet {
		if raw, ok := d.Val.(bridge.Raw); ok {
			o.PropSet[i].Val = bridge.Raw(bytes.Clone(raw))
		}
	}
	return o
}
