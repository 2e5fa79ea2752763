package simulator

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/simulator/vpx"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// builder makes the inventory of one vCenter. Everything random comes from one
// generator in a fixed order, so that a seed stands for an inventory.
type builder struct {
	o    Options
	rnd  *rand.Rand
	now  time.Time // fixed: an inventory does not change with the day it is made
	reg  *simulator.Registry
	last int // the number in the last moref

	root   *simulator.Folder
	dcs    []*dcPlan
	vms    []*simulator.VirtualMachine
	status map[types.ManagedObjectReference]types.ManagedEntityStatus // set last, see finish
}

// dcPlan is a datacenter with what machines can be put on.
type dcPlan struct {
	*simulator.Datacenter
	vmFolder, hostFolder, datastoreFolder, networkFolder *simulator.Folder

	folders    map[string]*simulator.Folder // VM folders by role
	computes   []*computePlan
	datastores []*simulator.Datastore
	networks   []*netPlan
	dvs        *simulator.DistributedVirtualSwitch
}

// computePlan is a cluster or a standalone host.
type computePlan struct {
	*mo.ComputeResource
	cluster *simulator.ClusterComputeResource // nil for a standalone host
	pool    *simulator.ResourcePool           // the root pool
	pools   []*simulator.ResourcePool         // pools that machines are in
	vapp    *simulator.VirtualApp
	hosts   []*simulator.HostSystem
	stores  []*simulator.Datastore
	vms     int
}

// generate builds vcsim's service and fills its registry.
func (v *VCenter) generate() error {
	h := fnv.New64a()
	_, _ = h.Write([]byte(v.opts.Name)) // never fails
	b := &builder{
		o:      v.opts,
		rnd:    rand.New(rand.NewPCG(v.opts.Seed, h.Sum64())),
		now:    time.Date(2026, 9, 1, 6, 0, 0, 0, time.UTC),
		last:   1, // group-d1 is the root folder
		status: make(map[types.ManagedObjectReference]types.ManagedEntityStatus),
	}

	content := vpx.ServiceContent
	content.About = b.about()
	folder := vpx.RootFolder
	folder.ChildEntity = nil
	v.newService(content, folder)
	b.reg = v.registry
	if lm, ok := b.reg.Get(*content.LicenseManager).(*simulator.LicenseManager); ok {
		b.licenses(lm)
	}
	root, ok := b.reg.Get(content.RootFolder).(*simulator.Folder)
	if !ok {
		return fmt.Errorf("root folder is a %T", b.reg.Get(content.RootFolder))
	}
	b.root = root

	b.build()
	return v.registry.AlignCounter() // or objects made later would take our morefs
}

// newService makes vcsim's service with its managers and an empty root folder.
func (v *VCenter) newService(content types.ServiceContent, root mo.Folder) {
	license := content.LicenseManager
	content.LicenseManager = nil // vcsim's initialiser writes to a global, a race between vCenters
	ctx, si := simulator.NewServiceInstance(simulator.NewContext(), content, root)
	si.Content.LicenseManager = license
	v.service = simulator.New(ctx, si)
	v.registry = ctx.Map
	v.content = si.Content

	if license != nil {
		lm := new(simulator.LicenseManager)
		lm.Self = *license
		v.registry.Put(lm)
	}
}

// build is the list of steps; each uses what those before it have made.
func (b *builder) build() {
	b.makeDatacenters()
	b.makeNetworks()
	b.makeComputes()
	b.makeDatastores()
	b.makeCustomFields()
	b.makeVMs()
	b.finish()
}

// finish fills in what follows from the machines: the use of hosts, clusters,
// pools and datastores. Overall status is set last, since Registry.Put resets it.
func (b *builder) finish() {
	for _, dc := range b.dcs {
		for _, c := range dc.computes {
			b.finishCompute(c)
		}
		for _, ds := range dc.datastores {
			b.finishDatastore(ds)
		}
	}
	for ref, status := range b.status {
		if e, ok := b.reg.Get(ref).(mo.Entity); ok {
			e.Entity().OverallStatus = status
		}
	}
}

// about is the vCenter's identity.
func (b *builder) about() types.AboutInfo {
	release := b.o.newest()
	version, build := productVersion(release)
	return types.AboutInfo{
		Name:                  "VMware vCenter Server",
		FullName:              fmt.Sprintf("VMware vCenter Server %s build-%s", version, build),
		Vendor:                "VMware, Inc.",
		Version:               version,
		Build:                 build,
		LocaleVersion:         "INTL",
		LocaleBuild:           "000",
		OsType:                "linux-x64",
		ProductLineId:         "vpx",
		ApiType:               "VirtualCenter",
		ApiVersion:            release,
		InstanceUuid:          b.uuid(),
		LicenseProductName:    "VMware VirtualCenter Server",
		LicenseProductVersion: version[:1] + ".0",
	}
}

// productVersion returns a product version and build for an API release.
func productVersion(release string) (version, build string) {
	n, _ := parseRelease(release) // Options has been checked
	version = fmt.Sprintf("%d.%d.%d", n[0], n[1], n[2])
	switch release {
	case "8.0.1.0":
		return version, "21560480"
	case "8.0.2.0":
		return version, "22385739"
	case "8.0.3.0":
		return version, "24322831"
	case "9.0.0.0":
		return version, "24755230"
	}
	return version, fmt.Sprintf("%d", 24000000+n[0]*100000+n[1]*10000+n[2]*1000+n[3])
}

func (b *builder) licenses(lm *simulator.LicenseManager) {
	lm.LicensedEdition = "vc.standard.instance"
	lm.Licenses = []types.LicenseManagerLicenseInfo{
		{
			LicenseKey: b.licenseKey(), EditionKey: "vc.standard.instance", CostUnit: "server", Total: 1, Used: 1,
			Name: "vCenter Server 8 Standard",
		},
		{
			LicenseKey: b.licenseKey(), EditionKey: "esx.enterprisePlus.cpuPackageCoreLimited", CostUnit: "cpuPackage:32core",
			Total: int32(4 * b.o.Hosts), Used: int32(2 * b.o.Hosts), Name: "vSphere 8 Enterprise Plus",
		},
	}
}

// ref makes the next moref of a type, numbered as vCenter numbers them: one
// sequence for all types.
func (b *builder) ref(kind, prefix string) types.ManagedObjectReference {
	b.last++
	return types.ManagedObjectReference{Type: kind, Value: fmt.Sprintf("%s%d", prefix, b.last)}
}

func (b *builder) folder(parent *simulator.Folder, name, prefix string, childType ...string) *simulator.Folder {
	f := new(simulator.Folder)
	f.Self = b.ref("Folder", prefix)
	f.Name = name
	f.ChildType = childType
	b.child(parent, f.Entity())
	b.reg.Put(f)
	return f
}

// child links an entity and the folder that it is in.
func (b *builder) child(parent *simulator.Folder, e *mo.ManagedEntity) {
	ref := parent.Self
	e.Parent = &ref
	parent.ChildEntity = append(parent.ChildEntity, e.Self)
}

func (b *builder) makeDatacenters() {
	site := b.o.Name
	region := b.folder(b.root, pick(b, regions()), "group-d", "Folder", "Datacenter")

	b.dcs = append(b.dcs, b.datacenter(b.root, site+"-dc1"))
	b.dcs = append(b.dcs, b.datacenter(region, site+"-dc2"))
}

func (b *builder) datacenter(parent *simulator.Folder, name string) *dcPlan {
	dc := &dcPlan{Datacenter: new(simulator.Datacenter), folders: make(map[string]*simulator.Folder)}
	dc.Self = b.ref("Datacenter", "datacenter-")
	dc.Name = name
	b.child(parent, dc.Entity())
	b.reg.Put(dc.Datacenter)

	top := func(name, prefix string, childType ...string) (*simulator.Folder, types.ManagedObjectReference) {
		f := new(simulator.Folder)
		f.Self = b.ref("Folder", prefix)
		f.Name = name
		f.ChildType = append([]string{"Folder"}, childType...)
		ref := dc.Self
		f.Parent = &ref
		b.reg.Put(f)
		return f, f.Self
	}
	dc.vmFolder, dc.VmFolder = top("vm", "group-v", "VirtualMachine", "VirtualApp")
	dc.hostFolder, dc.HostFolder = top("host", "group-h", "ComputeResource")
	dc.datastoreFolder, dc.DatastoreFolder = top("datastore", "group-s", "Datastore", "StoragePod")
	dc.networkFolder, dc.NetworkFolder = top("network", "group-n", "Network", "DistributedVirtualSwitch")
	dc.Configuration = types.DatacenterConfigInfo{DefaultHardwareVersionKey: "vmx-19"}

	vm := func(parent *simulator.Folder, name string) *simulator.Folder {
		return b.folder(parent, name, "group-v", "Folder", "VirtualMachine", "VirtualApp")
	}
	prod := vm(dc.vmFolder, "Production")
	dc.folders["web"] = vm(prod, "Web")
	dc.folders["db"] = vm(vm(prod, "Databases"), "Oracle%2fSAP")
	dc.folders["infra"] = vm(prod, "Infrastruktura – síť")
	dc.folders["test"] = vm(vm(dc.vmFolder, "Test"), "Team 100%25")
	dc.folders["templates"] = vm(dc.vmFolder, "Templates")
	dc.folders["vcls"] = vm(dc.vmFolder, "vCLS")
	dc.folders["discovered"] = vm(dc.vmFolder, "Discovered virtual machine")
	dc.folders["srm"] = vm(dc.vmFolder, "SRM Placeholder")
	return dc
}

// entityPut registers an entity under a folder.
func (b *builder) entityPut(parent *simulator.Folder, e mo.Entity) {
	b.child(parent, e.Entity())
	b.reg.Put(e)
}
