package collector

import (
	"fmt"
	"strings"

	"vcfleet/pkg/inventory"
	"vcfleet/pkg/vim"
)

// networkObject is a network of any kind.
type networkObject struct {
	entity
	record inventory.Network
	dvs    vim.ManagedObjectReference
}

// networkProperties is the one list for Network, and for OpaqueNetwork, which
// has nothing more that a column shows.
func networkProperties() []property[networkObject] {
	type net = networkObject
	return []property[net]{
		{"name", "networks.name virtualMachines.networks nics.network hosts.networks", text(func(o *net) *string { return &o.rawName })},
		{"parent", "networks.folder networks.datacenter datacenters.networkCount", ref(func(o *net) *vim.ManagedObjectReference { return &o.parent })},
		{"summary.accessible", "networks.accessible", truth(func(o *net) *inventory.Bool { return &o.record.Accessible })},
		custom("networks", func(o *net) *[]customValue { return &o.custom }),
	}
}

// portgroupProperties are what DistributedVirtualPortgroup has beyond Network.
func portgroupProperties() []property[networkObject] {
	type net = networkObject
	return append(networkProperties(),
		property[net]{"key", "networks.portgroupKey nics.network", word(func(o *net) *string { return &o.record.PortgroupKey })},
		property[net]{"config.distributedVirtualSwitch", "networks.switch distributedSwitches.portgroupCount", ref(func(o *net) *vim.ManagedObjectReference { return &o.dvs })},
		property[net]{"config.numPorts", "networks.ports", number(func(o *net) *inventory.Int { return &o.record.Ports })},
		property[net]{"config.uplink", "networks.uplink", truth(func(o *net) *inventory.Bool { return &o.record.Uplink })},
		property[net]{"config.defaultPortConfig", "networks.vlan", (*net).readPortConfig},
	)
}

// readPortConfig takes a VMwareDVSPortSetting, of which vlan is a subtype of
// VmwareDistributedVirtualSwitchVlanSpec.
func (o *networkObject) readPortConfig(v *vim.Value) {
	v.Fields(func(name []byte, v *vim.Value) {
		if string(name) == "vlan" {
			o.record.VLAN = readVLAN(v)
		}
	})
}

// readVLAN takes a VlanIdSpec (vlanId is a number), a TrunkVlanSpec (vlanId is
// an array of ranges) or a PvlanSpec.
func readVLAN(v *vim.Value) string {
	var text string
	v.Fields(func(name []byte, v *vim.Value) {
		switch string(name) {
		case "vlanId":
			if v.Kind() == vim.KindArray {
				text = strings.TrimSpace("trunk " + strings.Join(readRanges(v), ","))
			} else if id, ok := v.Int(); ok {
				text = fmt.Sprint(id)
			}
		case "pvlanId":
			if id, ok := v.Int(); ok {
				text = fmt.Sprintf("pvlan %d", id)
			}
		}
	})
	return text
}

func readRanges(v *vim.Value) []string {
	var ranges []string
	v.Elements(func(v *vim.Value) {
		var start, end int64
		v.Fields(func(name []byte, v *vim.Value) {
			switch string(name) {
			case "start":
				start, _ = v.Int()
			case "end":
				end, _ = v.Int()
			}
		})
		if start == end {
			ranges = append(ranges, fmt.Sprint(start))
			return
		}
		ranges = append(ranges, fmt.Sprintf("%d-%d", start, end))
	})
	return ranges
}

// switchObject is a distributed switch.
type switchObject struct {
	entity
	record inventory.DistributedSwitch
}

// switchProperties is the one list for VmwareDistributedVirtualSwitch.
func switchProperties() []property[switchObject] {
	type dvs = switchObject
	return []property[dvs]{
		{"name", "distributedSwitches.name networks.switch", text(func(o *dvs) *string { return &o.rawName })},
		{"parent", "distributedSwitches.folder distributedSwitches.datacenter", ref(func(o *dvs) *vim.ManagedObjectReference { return &o.parent })},
		{"uuid", "distributedSwitches.uuid", text(func(o *dvs) *string { return &o.record.UUID })},
		{"summary", "distributedSwitches.vendor distributedSwitches.version distributedSwitches.ports distributedSwitches.hostCount", (*dvs).readSummary},
		{"config.maxMtu", "distributedSwitches.maxMtu", number(func(o *dvs) *inventory.Int { return &o.record.MaxMTU })},
		{"config.uplinkPortPolicy", "distributedSwitches.uplinks", (*dvs).readUplinks},
		{"config.linkDiscoveryProtocolConfig", "distributedSwitches.discoveryProtocol", (*dvs).readDiscovery},
		custom("distributedSwitches", func(o *dvs) *[]customValue { return &o.custom }),
	}
}

// readSummary takes a DVSSummary.
func (o *switchObject) readSummary(v *vim.Value) {
	r := &o.record
	v.Fields(func(name []byte, v *vim.Value) {
		switch string(name) {
		case "numPorts":
			r.Ports = integer(v)
		case "hostMember":
			members := int64(0)
			v.Elements(func(*vim.Value) { members++ })
			r.HostCount = inventory.Int{Value: members, Known: true}
		case "productInfo":
			v.Fields(func(name []byte, v *vim.Value) {
				switch string(name) {
				case "vendor":
					r.Vendor = v.Word()
				case "version":
					r.Version = v.Word()
				}
			})
		}
	})
}

// readUplinks takes a DVSNameArrayUplinkPortPolicy.
func (o *switchObject) readUplinks(v *vim.Value) {
	v.Fields(func(name []byte, v *vim.Value) {
		if string(name) == "uplinkPortName" {
			o.record.Uplinks = v.Texts()
		}
	})
}

// readDiscovery takes a LinkDiscoveryProtocolConfig.
func (o *switchObject) readDiscovery(v *vim.Value) {
	var protocol, operation string
	v.Fields(func(name []byte, v *vim.Value) {
		switch string(name) {
		case "protocol":
			protocol = v.Word()
		case "operation":
			operation = v.Word()
		}
	})
	o.record.DiscoveryProtocol = strings.TrimSpace(protocol + " " + operation)
}
