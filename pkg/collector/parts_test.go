package collector_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vcfleet/pkg/collector"
	"vcfleet/pkg/inventory"
)

// readObjects reads an inventory of one page.
func readObjects(t *testing.T, objects ...string) inventory.Records {
	t.Helper()
	vc, v := instead(t, "RetrievePropertiesEx", page(result(append([]string{root()}, objects...)...)))
	r := collector.New(options()).Collect(t.Context(), vc)
	if r.Status != inventory.Complete {
		t.Fatalf("status %s, problems %v", r.Status, r.Problems)
	}
	checkClean(t, v)
	return r.Records
}

func ref(typ, value string) string {
	return fmt.Sprintf(`{"_typeName":"ManagedObjectReference","type":%q,"value":%q}`, typ, value)
}

func TestVLANs(t *testing.T) {
	for vlan, want := range map[string]string{
		`{"_typeName":"VmwareDistributedVirtualSwitchVlanIdSpec","inherited":false,"vlanId":0}`:                                                       "0",
		`{"inherited":false,"vlanId":4094,"_typeName":"VmwareDistributedVirtualSwitchVlanIdSpec"}`:                                                    "4094",
		`{"_typeName":"VmwareDistributedVirtualSwitchVlanIdSpec","vlanId":{"_typeName":"int","_value":12}}`:                                           "12",
		`{"_typeName":"VmwareDistributedVirtualSwitchTrunkVlanSpec","vlanId":[{"start":0,"end":4094}]}`:                                               "trunk 0-4094",
		`{"_typeName":"VmwareDistributedVirtualSwitchTrunkVlanSpec","vlanId":[{"_typeName":"NumericRange","start":5,"end":5},{"start":10,"end":20}]}`: "trunk 5,10-20",
		`{"_typeName":"VmwareDistributedVirtualSwitchTrunkVlanSpec","vlanId":[]}`:                                                                     "trunk",
		`{"_typeName":"VmwareDistributedVirtualSwitchPvlanSpec","inherited":false,"pvlanId":201}`:                                                     "pvlan 201",
		`{"_typeName":"VmwareDistributedVirtualSwitchVlanSpec","inherited":true}`:                                                                     "",
		`null`: "",
	} {
		setting := `{"_typeName":"VMwareDVSPortSetting","blocked":{"_typeName":"BoolPolicy"},"vlan":` + vlan + `}`
		got := readObjects(t, object("DistributedVirtualPortgroup", "dvportgroup-1", prop("config.defaultPortConfig", setting)))
		if got.Networks[0].VLAN != want {
			t.Errorf("%s: %q, want %q", vlan, got.Networks[0].VLAN, want)
		}
	}
}

func TestDisks(t *testing.T) {
	const shared = `"deviceInfo":{"_typeName":"Description","label":"Hard disk 1","summary":"x"},"controllerKey":1000,"unitNumber":0`
	const controller = `{"_typeName":"ParaVirtualSCSIController","key":1000,"deviceInfo":{"label":"SCSI controller 0"}}`
	for name, test := range map[string]struct {
		device string
		want   string // label, MiB, backing, thin, controller, unit, datastore, path
	}{
		"flat": {
			`{"_typeName":"VirtualDisk","key":2000,` + shared + `,"capacityInKB":99,"capacityInBytes":10737418240,"backing":{"_typeName":"VirtualDiskFlatVer2BackingInfo","fileName":"[ds1] a/a.vmdk","datastore":` + ref("Datastore", "datastore-1") + `,"thinProvisioned":true}}`,
			"Hard disk 1 10240 flat true SCSI controller 0 0 the/store [ds1] a/a.vmdk",
		},
		"the type name last": {
			`{"key":2000,` + shared + `,"capacityInBytes":1048576,"backing":{"fileName":"[ds1] a.vmdk","_typeName":"VirtualDiskSeSparseBackingInfo"},"_typeName":"VirtualDisk"}`,
			"Hard disk 1 1 seSparse absent SCSI controller 0 0 ds1 [ds1] a.vmdk",
		},
		"kibibytes only": {
			`{"_typeName":"VirtualDisk","key":2000,` + shared + `,"capacityInKB":3072,"backing":{"_typeName":"VirtualDiskFlatVer2BackingInfo","thinProvisioned":false}}`,
			"Hard disk 1 3 flat false SCSI controller 0 0  ",
		},
		"one byte short of a MiB": {
			`{"_typeName":"VirtualDisk","key":2000,` + shared + `,"capacityInBytes":2097151}`,
			"Hard disk 1 1  absent SCSI controller 0 0  ",
		},
		"a raw device": {
			`{"_typeName":"VirtualDisk","key":2000,"capacityInBytes":1048576,"controllerKey":7,"backing":{"_typeName":"VirtualDiskRawDiskMappingVer1BackingInfo","compatibilityMode":"physicalMode","datastore":` + ref("Datastore", "datastore-9") + `}}`,
			" 1 rdmPhysical absent  absent datastore-9 ",
		},
		"nothing known": {`{"_typeName":"VirtualDisk"}`, " absent  absent  absent  "},
	} {
		devices := `{"_typeName":"ArrayOfVirtualDevice","_value":[` + test.device + `,` + controller + `]}`
		got := readObjects(t,
			object("VirtualMachine", "vm-1", prop("config.hardware.device", devices)),
			object("Datastore", "datastore-1", prop("name", `{"_typeName":"string","_value":"the%2fstore"}`)))
		if len(got.Disks) != 1 {
			t.Errorf("%s: %d disks", name, len(got.Disks))
			continue
		}
		d := got.Disks[0]
		is := fmt.Sprint(d.Label, " ", orAbsent(d.CapacityMiB), " ", d.Backing, " ", orAbsent(d.Thin), " ", d.Controller, " ", orAbsent(d.Unit), " ", d.Datastore, " ", d.Path)
		if is != test.want {
			t.Errorf("%s:\n got %q\nwant %q", name, is, test.want)
		}
	}
}

func TestNICs(t *testing.T) {
	guest := `[{"deviceConfigId":4000,"network":"x","ipAddress":["10.0.0.1"],"ipConfig":{"ipAddress":[{"ipAddress":"10.0.0.1","prefixLength":24},{"ipAddress":"fe80::1"}]}},
		{"deviceConfigId":4001,"ipAddress":["10.0.0.9"]},{"deviceConfigId":-1,"ipAddress":["172.17.0.1"]}]`
	for name, test := range map[string]struct {
		device string
		want   string // adapter, MAC, network, connected, start, IPs
	}{
		"standard": {
			`{"_typeName":"VirtualVmxnet3","key":4000,"macAddress":"00:50:56:00:00:01","connectable":{"connected":true,"startConnected":false},"backing":{"_typeName":"VirtualEthernetCardNetworkBackingInfo","deviceName":"VM Network","network":` + ref("Network", "network-1") + `}}`,
			"Vmxnet3 00:50:56:00:00:01 VM/Network true false [10.0.0.1 fe80::1]",
		},
		"distributed": {
			`{"_typeName":"VirtualE1000e","key":4001,"macAddress":"00:50:56:00:00:02","backing":{"_typeName":"VirtualEthernetCardDistributedVirtualPortBackingInfo","port":{"switchUuid":"50 1","portgroupKey":"dvportgroup-7"}}}`,
			"E1000e 00:50:56:00:00:02 pg absent absent [10.0.0.9]",
		},
		"unseen port group": {
			`{"_typeName":"VirtualE1000","key":4002,"macAddress":"m","backing":{"port":{"portgroupKey":"dvportgroup-99"}}}`,
			"E1000 m dvportgroup-99 absent absent []",
		},
		"opaque": {
			`{"_typeName":"VirtualVmxnet3","key":4002,"macAddress":"m","backing":{"_typeName":"VirtualEthernetCardOpaqueNetworkBackingInfo","opaqueNetworkId":"seg-1","opaqueNetworkType":"nsx.LogicalSwitch"}}`,
			"Vmxnet3 m seg-1 absent absent []",
		},
		"unseen network": {
			`{"_typeName":"VirtualVmxnet3","key":4002,"macAddress":"m","backing":{"deviceName":"VLAN 7","network":` + ref("Network", "network-9") + `}}`,
			"Vmxnet3 m VLAN 7 absent absent []",
		},
		"no MAC yet": {
			`{"_typeName":"VirtualVmxnet3","key":4002,"addressType":"generated","wakeOnLanEnabled":true,"backing":{"deviceName":"VM Network"}}`,
			"Vmxnet3  VM Network absent absent []",
		},
		"a type yet to come": {`{"_typeName":"VirtualHyperNIC","key":4002,"macAddress":"m"}`, "HyperNIC m  absent absent []"},
	} {
		devices := `{"_typeName":"ArrayOfVirtualDevice","_value":[` + test.device + `,{"_typeName":"VirtualPCIController","key":100}]}`
		got := readObjects(t,
			object("VirtualMachine", "vm-1", prop("config.hardware.device", devices), prop("guest.net", guest)),
			object("Network", "network-1", prop("name", `"VM%2fNetwork"`)),
			object("DistributedVirtualPortgroup", "dvportgroup-7", prop("name", `"pg"`), prop("key", `"dvportgroup-7"`)))
		if len(got.NICs) != 1 {
			t.Errorf("%s: %d NICs", name, len(got.NICs))
			continue
		}
		n := got.NICs[0]
		is := fmt.Sprint(n.Adapter, " ", n.MAC, " ", n.Network, " ", orAbsent(n.Connected), " ", orAbsent(n.StartConnected), " ", n.IPs)
		if is != test.want {
			t.Errorf("%s:\n got %q\nwant %q", name, is, test.want)
		}
		if ips := fmt.Sprint(got.VirtualMachines[0].IPs); ips != "[10.0.0.1 10.0.0.9 172.17.0.1]" {
			t.Errorf("%s: addresses %s", name, ips)
		}
	}
}

// TestSnapshotTree reads branches whose members come in any order.
func TestSnapshotTree(t *testing.T) {
	snap := func(name, children string) string {
		return `{"childSnapshotList":[` + children + `],"snapshot":` + ref("VirtualMachineSnapshot", "snapshot-"+name) +
			`,"createTime":"2026-08-01T00:00:00.123456Z","state":"poweredOff","quiesced":false,"name":"` + name + `%2f"}`
	}
	tree := `{"_typeName":"VirtualMachineSnapshotInfo","rootSnapshotList":[` + snap("a", snap("b", "")+","+snap("c", snap("d", ""))) +
		`],"currentSnapshot":` + ref("VirtualMachineSnapshot", "snapshot-c") + `}`
	got := readObjects(t, object("VirtualMachine", "vm-1", prop("snapshot", tree), prop("config.template", "false")))
	var is []string
	for _, s := range got.Snapshots {
		is = append(is, fmt.Sprint(s.Name, " on ", s.Parent, " ", s.Current.Value, " ", s.AgeDays.Value, " ", orAbsent(s.SizeMiB)))
	}
	want := []string{"a/ on  false 31 absent", "b/ on a/ false 31 absent", "c/ on a/ true 31 absent", "d/ on c/ false 31 absent"}
	if diff := cmp.Diff(want, is); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := got.VirtualMachines[0].SnapshotCount; n.Value != 4 {
		t.Errorf("%d snapshots counted", n.Value)
	}
}

// TestMiBRoundsDown and what is absent stays so.
func TestMiBRoundsDown(t *testing.T) {
	got := readObjects(t,
		object("VirtualMachine", "vm-1", prop("summary.storage", `{"committed":1048575,"uncommitted":1,"unshared":2097151}`)),
		object("VirtualMachine", "vm-2", prop("summary.storage", `{"committed":5242880}`)),
		object("Datastore", "ds-1", prop("summary", `{"capacity":10485760,"freeSpace":3145729,"uncommitted":2097152}`)),
		object("Datastore", "ds-2", prop("summary", `{"capacity":10485760,"freeSpace":10485760}`)),
		object("HostSystem", "h-1", prop("summary.hardware", `{"memorySize":549755813887,"cpuMhz":2400,"numCpuCores":32}`)))
	var is []string
	for _, vm := range got.VirtualMachines {
		is = append(is, fmt.Sprint(orAbsent(vm.UsedMiB), " ", orAbsent(vm.ProvisionedMiB), " ", orAbsent(vm.UnsharedMiB), " ", orAbsent(vm.CPUs), " ", orAbsent(vm.SnapshotCount)))
	}
	for _, ds := range got.Datastores {
		is = append(is, fmt.Sprint(orAbsent(ds.CapacityMiB), " ", orAbsent(ds.FreeMiB), " ", orAbsent(ds.ProvisionedMiB), " ", orAbsent(ds.SSD)))
	}
	is = append(is, fmt.Sprint(orAbsent(got.Hosts[0].MemoryMiB), " ", orAbsent(got.Hosts[0].CPUTotalMHz), " ", orAbsent(got.Hosts[0].CPUUsageMHz)))
	want := []string{"0 1 1 absent absent", "5 absent absent absent absent", "10 3 8 absent", "10 10 0 absent", "524287 76800 absent"}
	if diff := cmp.Diff(want, is); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestClusterUse adds up what hosts say; silence is not zero.
func TestClusterUse(t *testing.T) {
	in := func(cluster string) string { return prop("parent", ref("ClusterComputeResource", cluster)) }
	use := func(mhz int) string {
		return prop("summary.quickStats", fmt.Sprintf(`{"_typeName":"HostListSummaryQuickStats","overallCpuUsage":%d}`, mhz))
	}
	got := readObjects(t,
		object("ClusterComputeResource", "c-1"), object("ClusterComputeResource", "c-2"), object("ClusterComputeResource", "c-3"),
		object("HostSystem", "h-1", in("c-1"), use(100)), object("HostSystem", "h-2", in("c-1"), use(11)), object("HostSystem", "h-3", in("c-1")),
		object("HostSystem", "h-4", in("c-2")))
	var is []string
	for _, c := range got.Clusters {
		is = append(is, fmt.Sprint(c.Moref, " ", orAbsent(c.HostCount), " ", orAbsent(c.CPUUsageMHz), " ", orAbsent(c.MemoryUsageMiB)))
	}
	want := []string{"c-1 3 111 absent", "c-2 1 absent absent", "c-3 0 0 0"}
	if diff := cmp.Diff(want, is); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
