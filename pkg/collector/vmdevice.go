package collector

import (
	"strings"

	"vcfleet/pkg/inventory"
	"vcfleet/pkg/vim"
)

// devices are the virtual devices that have tables of their own.
type devices struct {
	disks       []diskDevice
	nics        []nicDevice
	controllers []controller // all other devices: one of them is a disk's controller
}

type controller struct {
	key   int64
	label string
}

type diskDevice struct {
	record     inventory.Disk
	controller int64
	datastore  vim.ManagedObjectReference
}

type nicDevice struct {
	record    inventory.NIC
	network   vim.ManagedObjectReference
	portgroup string // key of a distributed port group
}

// device gathers what any device may have. Its type name may come last, so that
// what it is gets decided at the end.
type device struct {
	typeName   string
	key        inventory.Int
	label      string
	controller int64
	unit       inventory.Int
	ethernet   bool
	mac        string
	bytes      inventory.Int
	kibibytes  inventory.Int
	connected  inventory.Bool
	start      inventory.Bool
	backing    backing
}

type backing struct {
	typeName   string
	fileName   string
	datastore  vim.ManagedObjectReference
	mode       string
	thin       inventory.Bool
	eager      inventory.Bool
	uuid       string
	rdmMode    string // compatibilityMode
	deviceName string
	network    vim.ManagedObjectReference
	opaque     string
	portgroup  string
}

func readDevices(v *vim.Value) devices {
	var all devices
	v.Elements(func(v *vim.Value) {
		d := device{controller: -1}
		v.Fields(d.read)
		switch {
		case d.typeName == "VirtualDisk" || d.bytes.Known || d.kibibytes.Known:
			all.disks = append(all.disks, d.disk())
		case d.ethernet: // VirtualVmxnet3, VirtualE1000, and types that are yet to come
			all.nics = append(all.nics, d.nic())
		case d.key.Known:
			all.controllers = append(all.controllers, controller{d.key.Value, d.label})
		}
	})
	return all
}

func (d *device) read(name []byte, v *vim.Value) {
	switch string(name) {
	case "_typeName":
		d.typeName = v.Word()
	case "key":
		d.key = integer(v)
	case "deviceInfo":
		v.Fields(func(name []byte, v *vim.Value) {
			if string(name) == "label" {
				d.label = v.Word()
			}
		})
	case "controllerKey":
		d.controller, _ = v.Int()
	case "unitNumber":
		d.unit = integer(v)
	case "addressType": // only a VirtualEthernetCard has one
		d.ethernet = true
	case "macAddress": // absent until the host has made one up, at the first power-on
		d.ethernet = true
		d.mac = v.Text()
	case "capacityInBytes":
		d.bytes = integer(v)
	case "capacityInKB":
		d.kibibytes = integer(v)
	case "connectable":
		v.Fields(func(name []byte, v *vim.Value) {
			switch string(name) {
			case "connected":
				d.connected = boolean(v)
			case "startConnected":
				d.start = boolean(v)
			}
		})
	case "backing":
		v.Fields(d.backing.read)
	}
}

func (b *backing) read(name []byte, v *vim.Value) {
	switch string(name) {
	case "_typeName":
		b.typeName = v.Word()
	case "fileName":
		b.fileName = v.Text()
	case "datastore":
		b.datastore = optionalRef(v)
	case "diskMode":
		b.mode = v.Word()
	case "thinProvisioned":
		b.thin = boolean(v)
	case "eagerlyScrub":
		b.eager = boolean(v)
	case "uuid":
		b.uuid = v.Text()
	case "compatibilityMode":
		b.rdmMode = v.Word()
	case "deviceName":
		b.deviceName = v.Word()
	case "network":
		b.network = optionalRef(v)
	case "opaqueNetworkId":
		b.opaque = v.Word()
	case "port":
		v.Fields(func(name []byte, v *vim.Value) {
			if string(name) == "portgroupKey" {
				b.portgroup = v.Word()
			}
		})
	}
}

func (d *device) disk() diskDevice {
	capacity := inventory.Int{Value: d.bytes.Value >> 20, Known: d.bytes.Known}
	if !capacity.Known { // before 5.5 there was only capacityInKB
		capacity = inventory.Int{Value: d.kibibytes.Value >> 10, Known: d.kibibytes.Known}
	}
	return diskDevice{
		record: inventory.Disk{
			Label: d.label, Key: d.key, CapacityMiB: capacity, Backing: d.backing.kind(), Mode: d.backing.mode,
			Thin: d.backing.thin, EagerlyZero: d.backing.eager, Unit: d.unit, UUID: d.backing.uuid, Path: d.backing.fileName,
		},
		controller: d.controller,
		datastore:  d.backing.datastore,
	}
}

// kind shortens the backing's type name, VirtualDiskFlatVer2BackingInfo and the
// like.
func (b *backing) kind() string {
	kind := strings.TrimSuffix(strings.TrimPrefix(b.typeName, "VirtualDisk"), "BackingInfo")
	switch {
	case strings.HasPrefix(kind, "RawDiskMapping") && b.rdmMode == "physicalMode":
		return "rdmPhysical"
	case strings.HasPrefix(kind, "RawDiskMapping") && b.rdmMode == "virtualMode":
		return "rdmVirtual"
	case strings.HasPrefix(kind, "Flat"):
		return "flat"
	case kind == "SeSparse":
		return "seSparse"
	case strings.HasPrefix(kind, "Sparse"):
		return "sparse"
	}
	return b.typeName
}

func (d *device) nic() nicDevice {
	network := d.backing.deviceName
	if network == "" {
		network = d.backing.opaque
	}
	return nicDevice{
		record: inventory.NIC{
			Label: d.label, Key: d.key, Adapter: strings.TrimPrefix(d.typeName, "Virtual"), MAC: d.mac,
			Network: network, Connected: d.connected, StartConnected: d.start,
		},
		network:   d.backing.network,
		portgroup: d.backing.portgroup,
	}
}

// datastoreOf returns the datastore in a datastore path: "[name] folder/file".
func datastoreOf(path string) string {
	rest, ok := strings.CutPrefix(path, "[")
	if !ok {
		return ""
	}
	name, _, ok := strings.Cut(rest, "]")
	if !ok {
		return ""
	}
	return name
}
