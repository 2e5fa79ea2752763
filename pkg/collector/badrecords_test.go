package collector_test

import (
	"fmt"
	"strings"
	"testing"

	"vcfleet/pkg/inventory"
)

// badRecords are inventories with holes and oddities: what can be read is.
func badRecords() []badCase {
	denied := `{"_typeName":"NoPermission","object":{"type":"VirtualMachine","value":"vm-1"},"privilegeId":"VirtualMachine.Config.Look"}`
	wrapped := `{"_typeName":"LocalizedMethodFault","localizedMessage":"x","fault":` + denied + `}`
	name := prop("name", `"vm one"`)
	list := []badCase{
		{
			name: "a property denied", status: inventory.Partial, phase: inventory.PhaseRead, class: inventory.ClassNoPermission,
			hint: "VirtualMachine.Config.Look", message: "config.annotation of 2 VirtualMachine",
			begin: onPage(page(result(root(), missing("VirtualMachine", "vm-1", "config.annotation", denied),
				missing("VirtualMachine", "vm-2", "config.annotation", wrapped), object("VirtualMachine", "vm-3", name)))),
			more: func(t *testing.T, r inventory.VCenter) {
				if len(r.Records.VirtualMachines) != 3 || r.Problems[0].Objects != 2 || r.Problems[0].Path != "config.annotation" {
					t.Errorf("%d virtual machines, problem %+v", len(r.Records.VirtualMachines), r.Problems[0])
				}
			},
		}, {
			name: "a property that the vCenter cannot give", status: inventory.Partial, phase: inventory.PhaseRead, class: inventory.ClassFault,
			message: "SystemError", hint: "log",
			begin: onPage(page(result(root(), missing("VirtualMachine", "vm-1", "guest.net", `{"_typeName":"SystemError"}`)))),
		}, {
			name: "a property denied twice over", status: inventory.Partial, phase: inventory.PhaseRead, class: inventory.ClassNoPermission, message: "summary of 1 ClusterComputeResource",
			begin: onPage(page(result(root(), strings.Replace(missing("ClusterComputeResource", "c-1", "summary", denied), `"missingSet":[`,
				`"missingSet":[{"path":"summary","fault":`+denied+`},`, 1)))),
		}, {
			name: "no root folder", status: inventory.Partial, phase: inventory.PhaseRead, class: inventory.ClassNoPermission, message: "root folder", hint: "propagated",
			begin: onPage(page(result(object("VirtualMachine", "vm-1", name)))),
		},
	}
	list = append(list, oddRecords()...)
	for form, body := range map[string]string{"null": "null", "no": "", "an empty": result()} {
		list = append(list, badCase{
			name: form + " result", status: inventory.Partial, phase: inventory.PhaseRead, class: inventory.ClassNoPermission, message: "root folder",
			begin: onPage(page(body)),
		})
	}
	for i := range list {
		list[i].logout = inventory.LogoutOK
	}
	return list
}

// oddRecords are inventories that hold what nobody would expect.
func oddRecords() []badCase {
	name := prop("name", `"vm one"`)
	return []badCase{
		{
			name: "an object twice", status: inventory.Complete,
			begin: onPage(page(result(root(), object("VirtualMachine", "vm-1", name), object("VirtualMachine", "vm-1", prop("name", `"again"`)), root()))),
			more: func(t *testing.T, r inventory.VCenter) {
				all := names(r.Records.VirtualMachines, func(vm inventory.VirtualMachine) string { return vm.Name })
				if all != "[vm one]" || len(r.Records.Folders) != 1 || len(r.Problems) != 0 {
					t.Errorf("virtual machines %s, %d folders, problems %v", all, len(r.Records.Folders), r.Problems)
				}
			},
		}, {
			name: "types yet to come", status: inventory.Complete,
			begin: onPage(page(result(root(), object("TransitGateway", "tg-1", prop("name", `"x"`)),
				object("VirtualMachine", "vm-1", name, prop("brandnew.path", `{"_typeName":"BrandNew","_value":[1]}`),
					prop("config.hardware.device", `{"_typeName":"ArrayOfVirtualDevice","_value":[{"_typeName":"VirtualBrandNew","key":9,"x":{"y":[1]}}]}`))))),
			more: func(t *testing.T, r inventory.VCenter) {
				if len(r.Records.VirtualMachines) != 1 || len(r.Records.Disks)+len(r.Records.NICs) != 0 || len(r.Problems) != 0 {
					t.Errorf("%+v, problems %v", r.Counts, r.Problems)
				}
			},
		}, {
			name: "wrong types everywhere", status: inventory.Partial, more: oddValues,
			begin: onPage(page(result(root(), wrongTypes("vm-1", `"text"`), wrongTypes("vm-2", `7`), wrongTypes("vm-3", `{"a":1}`), wrongTypes("vm-4", `[[],{},3]`), wrongTypes("vm-5", `null`),
				object("VirtualMachine", "vm-6", name)))),
		},
	}
}

// wrongTypes is a virtual machine that has the same value for everything.
func wrongTypes(moref, value string) string {
	var props []string
	for _, path := range everyVMPath() {
		props = append(props, prop(path, value))
	}
	return object("VirtualMachine", moref, props...)
}

func everyVMPath() []string {
	return strings.Fields(`name parent resourcePool runtime.host runtime.powerState runtime.bootTime datastore network customValue
		summary.quickStats summary.storage summary.config.numVirtualDisks config.hardware.device snapshot layoutEx.file layoutEx.disk
		layoutEx.snapshot config.instanceUuid config.template config.managedBy config.ftInfo config.hardware.numCPU config.createDate guest.net`)
}

func oddValues(t *testing.T, r inventory.VCenter) {
	if len(r.Records.VirtualMachines) != 6 || r.Records.VirtualMachines[5].Name != "vm one" {
		t.Errorf("virtual machines: %s", names(r.Records.VirtualMachines, func(vm inventory.VirtualMachine) string { return fmt.Sprintf("%q", vm.Name) }))
	}
	byPath := make(map[string]int64)
	for _, p := range r.Problems {
		if p.Class != inventory.ClassOddValue || p.Phase != inventory.PhaseRead || p.Type != "VirtualMachine" || p.Hint == "" {
			t.Errorf("%+v", p)
		}
		byPath[p.Path] += p.Objects
	}
	for path, want := range map[string]int64{
		"name": 3, "config.template": 4, "config.hardware.numCPU": 3, "parent": 4, "summary.storage": 3, "config.createDate": 4, "datastore": 4,
	} {
		if byPath[path] != want {
			t.Errorf("%s: %d odd values, want %d", path, byPath[path], want)
		}
	}
}
