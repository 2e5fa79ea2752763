package simulator

import (
	"fmt"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// netPlan is a network that a machine can be on.
type netPlan struct {
	*mo.Network
	pg *simulator.DistributedVirtualPortgroup // nil for a standard network
}

// standardNetworks are the port groups that every host has.
func standardNetworks() []string {
	return []string{"VM Network", "Legacy %2f DMZ", "Management"}
}

func (b *builder) makeNetworks() {
	for i, dc := range b.dcs {
		for _, name := range standardNetworks() {
			dc.networks = append(dc.networks, b.standardNetwork(dc, name))
		}

		b.makeSwitch(dc, fmt.Sprintf("%s-dvs%d", b.o.Name, i+1))
		for _, vlan := range []int{110, 120, 130, 240, 666} {
			spec := &types.VmwareDistributedVirtualSwitchVlanIdSpec{VlanId: int32(vlan + i)}
			b.portgroup(dc, fmt.Sprintf("vlan-%d-%s", vlan+i, pick(b, []string{"app", "db", "web", "dmz"})), spec, false)
		}
		b.portgroup(dc, "trunk-all", trunk(0, 4094), false)
		b.portgroup(dc, "trunk-k8s", &types.VmwareDistributedVirtualSwitchTrunkVlanSpec{
			VlanId: []types.NumericRange{{Start: 100, End: 199}, {Start: 300, End: 300}},
		}, false)
		b.portgroup(dc, "isolated-guests", &types.VmwareDistributedVirtualSwitchPvlanSpec{PvlanId: 1010}, false)
	}
}

func trunk(from, to int32) *types.VmwareDistributedVirtualSwitchTrunkVlanSpec {
	return &types.VmwareDistributedVirtualSwitchTrunkVlanSpec{VlanId: []types.NumericRange{{Start: from, End: to}}}
}

func (b *builder) standardNetwork(dc *dcPlan, name string) *netPlan {
	n := &mo.Network{Name: name}
	n.Self = b.ref("Network", "network-")
	n.ManagedEntity.Name = name
	self := n.Self
	n.Summary = &types.NetworkSummary{Network: &self, Name: name, Accessible: true}
	b.entityPut(dc.networkFolder, n)
	dc.Network = append(dc.Network, n.Self)
	return &netPlan{Network: n}
}

func (b *builder) makeSwitch(dc *dcPlan, name string) {
	dvs := new(simulator.DistributedVirtualSwitch)
	dvs.Self = b.ref("VmwareDistributedVirtualSwitch", "dvs-")
	dvs.Name = name
	dvs.Uuid = switchUUID(b.hex(32))
	product := types.DistributedVirtualSwitchProductSpec{
		Name: "DVS", Vendor: "VMware, Inc.", Version: "8.0.0", Build: "20519528", ForwardingClass: "etherswitch",
	}
	dvs.Summary = types.DVSSummary{Name: name, Uuid: dvs.Uuid, ProductInfo: &product, Description: "Main switch of " + dc.Name}
	dvs.Config = &types.VMwareDVSConfigInfo{
		DVSConfigInfo: types.DVSConfigInfo{
			Uuid:             dvs.Uuid,
			Name:             name,
			MaxPorts:         8000,
			UplinkPortPolicy: &types.DVSNameArrayUplinkPortPolicy{UplinkPortName: []string{"Uplink 1", "Uplink 2"}},
			DefaultPortConfig: &types.VMwareDVSPortSetting{
				Vlan: &types.VmwareDistributedVirtualSwitchVlanIdSpec{VlanId: 0},
			},
			ProductInfo:                      product,
			Policy:                           &types.DVSPolicy{AutoPreInstallAllowed: new(true), AutoUpgradeAllowed: new(true), PartialUpgradeAllowed: new(true)},
			ConfigVersion:                    "17",
			CreateTime:                       b.now.Add(-2 * 365 * 24 * time.Hour),
			NetworkResourceManagementEnabled: true,
			NetworkResourceControlVersion:    "version3",
			DefaultProxySwitchMaxNumPorts:    512,
			Contact:                          types.DVSContactInfo{Name: "Network team", Contact: "noc@example.com"},
		},
		MaxMtu:                      9000,
		LinkDiscoveryProtocolConfig: &types.LinkDiscoveryProtocolConfig{Protocol: "lldp", Operation: "both"},
		LacpApiVersion:              "multipleLag",
		MulticastFilteringMode:      "snooping",
		PvlanConfig: []types.VMwareDVSPvlanMapEntry{
			{PrimaryVlanId: 1000, SecondaryVlanId: 1000, PvlanType: "promiscuous"},
			{PrimaryVlanId: 1000, SecondaryVlanId: 1010, PvlanType: "isolated"},
		},
	}
	b.entityPut(dc.networkFolder, dvs)
	dc.dvs = dvs

	uplink := b.portgroup(dc, fmt.Sprintf("%s-DVUplinks-%s", name, dvs.Self.Value[len("dvs-"):]), trunk(0, 4094), true)
	dvs.Config.GetDVSConfigInfo().UplinkPortgroup = []types.ManagedObjectReference{uplink.Self}
}

// switchUUID writes a UUID in the form that switches have.
func switchUUID(h string) string {
	var out []byte
	for i := 0; i < 32; i += 2 {
		switch {
		case i == 16:
			out = append(out, '-')
		case i > 0:
			out = append(out, ' ')
		}
		out = append(out, h[i], h[i+1])
	}
	return string(out)
}

func (b *builder) portgroup(dc *dcPlan, name string, vlan types.BaseVmwareDistributedVirtualSwitchVlanSpec, uplink bool) *simulator.DistributedVirtualPortgroup {
	pg := new(simulator.DistributedVirtualPortgroup)
	pg.Self = b.ref("DistributedVirtualPortgroup", "dvportgroup-")
	pg.Name = name
	pg.ManagedEntity.Name = name
	pg.Key = pg.Self.Value
	self, dvs := pg.Self, dc.dvs.Self
	pg.Summary = &types.NetworkSummary{Network: &self, Name: name, Accessible: true}
	pg.Config = types.DVPortgroupConfigInfo{
		Key:                      pg.Key,
		Name:                     name,
		NumPorts:                 int32(8 << b.rnd.IntN(4)),
		DistributedVirtualSwitch: &dvs,
		DefaultPortConfig: &types.VMwareDVSPortSetting{
			DVPortSetting: types.DVPortSetting{Blocked: &types.BoolPolicy{Value: new(false)}},
			Vlan:          vlan,
			UplinkTeamingPolicy: &types.VmwareUplinkPortTeamingPolicy{
				Policy:          &types.StringPolicy{Value: "loadbalance_srcid"},
				NotifySwitches:  &types.BoolPolicy{Value: new(true)},
				UplinkPortOrder: &types.VMwareUplinkPortOrderPolicy{ActiveUplinkPort: []string{"Uplink 1", "Uplink 2"}},
			},
			SecurityPolicy: &types.DVSSecurityPolicy{
				AllowPromiscuous: &types.BoolPolicy{Value: new(false)},
				MacChanges:       &types.BoolPolicy{Value: new(false)},
				ForgedTransmits:  &types.BoolPolicy{Value: new(false)},
			},
		},
		Type:          "earlyBinding",
		BackingType:   "standard",
		Policy:        &types.VMwareDVSPortgroupPolicy{DVPortgroupPolicy: types.DVPortgroupPolicy{BlockOverrideAllowed: true, LivePortMovingAllowed: true, PortConfigResetAtDisconnect: true}},
		ConfigVersion: "1",
		AutoExpand:    new(true),
		Uplink:        new(uplink),
	}
	b.entityPut(dc.networkFolder, pg)

	dc.Network = append(dc.Network, pg.Self)
	dc.dvs.Portgroup = append(dc.dvs.Portgroup, pg.Self)
	dc.dvs.Summary.PortgroupName = append(dc.dvs.Summary.PortgroupName, name)
	dc.dvs.Summary.NumPorts += pg.Config.NumPorts
	dc.dvs.Config.GetDVSConfigInfo().NumPorts += pg.Config.NumPorts
	if !uplink {
		dc.networks = append(dc.networks, &netPlan{Network: &pg.Network, pg: pg})
	}
	return pg
}

// joinNetworks links a host with every network of its datacenter.
func (b *builder) joinNetworks(dc *dcPlan, h *simulator.HostSystem) {
	for _, n := range dc.networks {
		n.Host = append(n.Host, h.Self)
		h.Network = append(h.Network, n.Self)
	}
	self := h.Self
	sum := &dc.dvs.Summary
	sum.HostMember = append(sum.HostMember, self)
	sum.Host = append(sum.Host, self)
	sum.NumHosts++
	cfg := dc.dvs.Config.GetDVSConfigInfo()
	cfg.Host = append(cfg.Host, types.DistributedVirtualSwitchHostMember{
		Config: types.DistributedVirtualSwitchHostMemberConfigInfo{
			Host:                &self,
			MaxProxySwitchPorts: 512,
			Backing: &types.DistributedVirtualSwitchHostMemberPnicBacking{
				PnicSpec: []types.DistributedVirtualSwitchHostMemberPnicSpec{{PnicDevice: "vmnic2"}, {PnicDevice: "vmnic3"}},
			},
		},
		Status: "up",
	})
}
