package simulator

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
	"github.com/vmware/govmomi/vim25/xml"
)

// load serves an inventory that govc object.save wrote: a file with the
// ObjectContent of each object. vcsim can load such a directory too, but it
// makes directories for datastores in the working directory and rewrites their
// URLs. What refers to an object that was not saved is left as it is.
func (v *VCenter) load(dir string) (err error) {
	defer func() {
		if r := recover(); r != nil { // govmomi's answer to a managed object type that it does not know
			err = fmt.Errorf("load %s: %v", dir, r)
		}
	}()

	contents, err := readSaved(dir)
	if err != nil {
		return fmt.Errorf("load %s: %w", dir, err)
	}

	var si mo.ServiceInstance
	for _, c := range contents {
		if c.Obj == vim25.ServiceInstance {
			err = mo.LoadObjectContent([]types.ObjectContent{c}, &si)
		}
	}
	if err != nil {
		return fmt.Errorf("load %s: service instance: %w", dir, err)
	}
	if si.Content.SessionManager == nil || si.Content.ViewManager == nil {
		return fmt.Errorf("load %s: no vCenter's service instance was saved", dir)
	}
	si.Content.About.ApiVersion = v.opts.newest() // or clients would not find the releases that hello offers
	v.newService(si.Content, mo.Folder{ManagedEntity: entityOf(si.Content.RootFolder)})

	for _, c := range contents {
		if err := v.loadObject(c); err != nil {
			return fmt.Errorf("load %s: %s %s: %w", dir, c.Obj.Type, c.Obj.Value, err)
		}
	}
	return v.registry.AlignCounter() // or objects made later would take saved morefs
}

func entityOf(ref types.ManagedObjectReference) mo.ManagedEntity {
	return mo.ManagedEntity{ExtensibleManagedObject: mo.ExtensibleManagedObject{Self: ref}}
}

// readSaved reads the files of a directory in the order of their names.
func readSaved(dir string) ([]types.ObjectContent, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read directory: %w", err)
	}

	var out []types.ObjectContent
	for _, e := range entries {
		if e.IsDir() || filepath.Ext(e.Name()) != ".xml" {
			continue // directories hold results of methods
		}
		c, err := readObject(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", e.Name(), err)
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, errors.New("there is no saved inventory")
	}
	return out, nil
}

func readObject(name string) (types.ObjectContent, error) {
	var c types.ObjectContent
	f, err := os.Open(name)
	if err != nil {
		return c, err
	}
	dec := xml.NewDecoder(f)
	dec.TypeFunc = types.TypeFunc()
	return c, errors.Join(dec.Decode(&c), f.Close())
}

// loadObject registers a saved object in vcsim's type for it, if it has one.
func (v *VCenter) loadObject(c types.ObjectContent) error {
	switch c.Obj.Type {
	case "ServiceInstance", "SessionManager", "PropertyCollector", "ViewManager", "EventManager":
		return nil // made anew: they are about the vCenter that was saved
	}

	obj := v.registry.Get(c.Obj)
	if obj == nil {
		if obj = newEntity(c.Obj.Type); obj == nil {
			loaded, err := mo.ObjectContentToType(c, true)
			if err != nil {
				return err
			}
			ref, ok := loaded.(mo.Reference)
			if !ok {
				return fmt.Errorf("a %T is not a managed object", loaded)
			}
			v.registry.Put(ref)
			return nil
		}
	}

	inner, ok := reflect.TypeAssert[mo.Reference](managedObject(obj).Addr())
	if !ok {
		return fmt.Errorf("a %T is not a managed object", obj)
	}
	if err := mo.LoadObjectContent([]types.ObjectContent{c}, inner); err != nil {
		return err
	}
	e, ok := obj.(mo.Entity)
	if !ok {
		v.registry.Put(obj)
		return nil
	}
	status := e.Entity().OverallStatus
	v.registry.Put(obj) // sets it to green
	e.Entity().OverallStatus = status
	return nil
}

// newEntity returns an object of vcsim's type, which has methods that the type
// of govmomi lacks, or nil.
func newEntity(kind string) mo.Reference {
	switch kind {
	case "Folder":
		return new(simulator.Folder)
	case "StoragePod":
		return new(simulator.StoragePod)
	case "Datacenter":
		return new(simulator.Datacenter)
	case "ClusterComputeResource":
		return new(simulator.ClusterComputeResource)
	case "HostSystem":
		return new(simulator.HostSystem)
	case "ResourcePool":
		return new(simulator.ResourcePool)
	case "VirtualApp":
		return new(simulator.VirtualApp)
	case "VirtualMachine":
		return new(simulator.VirtualMachine)
	case "Datastore":
		return new(simulator.Datastore)
	case "DistributedVirtualPortgroup":
		return new(simulator.DistributedVirtualPortgroup)
	case "DistributedVirtualSwitch", "VmwareDistributedVirtualSwitch":
		return new(simulator.DistributedVirtualSwitch)
	}
	return nil
}
