package simulator

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// The keys of the custom attributes.
const (
	fieldOwner int32 = iota + 101
	fieldCostCentre
	fieldBackup
	fieldRack
	fieldNote
)

// makeCustomFields defines custom attributes, some for all types and some for
// one, and sets those of hosts and clusters.
func (b *builder) makeCustomFields() {
	cfm, ok := b.reg.Get(types.ManagedObjectReference{Type: "CustomFieldsManager", Value: "CustomFieldsManager"}).(*simulator.CustomFieldsManager)
	if !ok {
		return
	}
	def := func(key int32, name, kind string) types.CustomFieldDef {
		return types.CustomFieldDef{Key: key, Name: name, Type: "string", ManagedObjectType: kind}
	}
	cfm.Field = []types.CustomFieldDef{
		def(fieldOwner, "Owner", ""),
		def(fieldCostCentre, "Cost center", "VirtualMachine"),
		def(fieldBackup, "com.veeam.backup/last", "VirtualMachine"),
		def(fieldRack, "Rack", "HostSystem"),
		def(fieldNote, "Poznámka", ""),
	}

	for _, dc := range b.dcs {
		for _, c := range dc.computes {
			if c.cluster != nil {
				setFields(&c.ManagedEntity, map[int32]string{fieldOwner: "Virtualisation team"}, cfm.Field)
			}
			for _, h := range c.hosts {
				setFields(h.Entity(), map[int32]string{
					fieldRack:  pick(b, []string{"A01/12", "A01/14", "B07/03", "C=2+1"}),
					fieldOwner: "DC operations",
				}, cfm.Field)
				h.Summary.CustomValue = h.CustomValue
			}
		}
	}
}

// setFields writes values in the order of the definitions.
func setFields(e *mo.ManagedEntity, values map[int32]string, defs []types.CustomFieldDef) {
	for _, def := range defs {
		if s, ok := values[def.Key]; ok {
			e.CustomValue = append(e.CustomValue, &types.CustomFieldStringValue{
				CustomFieldValue: types.CustomFieldValue{Key: def.Key}, Value: s,
			})
		}
	}
	e.Value = e.CustomValue
}

// customValues sets the attributes of a machine; most have some.
func (b *builder) customValues(p *vmPlan) {
	vm := p.vm
	add := func(key int32, value string) {
		vm.CustomValue = append(vm.CustomValue, &types.CustomFieldStringValue{CustomFieldValue: types.CustomFieldValue{Key: key}, Value: value})
	}
	if p.role == roleVCLS || b.chance(25) {
		return
	}
	add(fieldOwner, pick(b, []string{"Platform", "Finance", "Müller & Söhne", "e-shop", "=cmd|' /C calc'!A0"}))
	add(fieldCostCentre, pick(b, []string{"CC-1001", "CC-2040", "0042", "CC-7"}))
	if b.chance(60) {
		add(fieldBackup, "Last backup: ["+b.now.AddDate(0, 0, -b.rnd.IntN(9)).Format("02.01.2006 15:04:05")+"]\nJob: nightly")
	}
	if b.chance(10) {
		add(fieldNote, "žluťoučký kůň")
	}
	vm.Value = vm.CustomValue
	vm.Summary.CustomValue = vm.CustomValue
}
