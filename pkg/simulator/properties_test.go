package simulator_test

import (
	"strings"
	"testing"

	"vcfleet/pkg/simulator"
)

// inventoryPaths are the properties that an inventory reads of each type.
func inventoryPaths() map[string]string {
	return map[string]string{
		"VirtualMachine": strings.Join(richPaths(), " "),
		"HostSystem": "name parent summary.hardware summary.config summary.quickStats runtime.connectionState runtime.powerState " +
			"runtime.inMaintenanceMode runtime.bootTime runtime.standbyMode summary.runtime.connectionState summary.currentEVCModeKey " +
			"summary.maxEVCModeKey summary.managementServerIp hardware.biosInfo hardware.systemInfo hardware.cpuInfo hardware.memorySize " +
			"datastore network customValue overallStatus config.network config.storageDevice config.fileSystemVolume config.service " +
			"config.dateTimeInfo config.powerSystemInfo config.option config.certificate",
		"ClusterComputeResource": "name parent host resourcePool summary overallStatus customValue configurationEx",
		"ComputeResource":        "name parent host resourcePool summary overallStatus customValue configurationEx",
		"Datacenter":             "name parent vmFolder hostFolder datastoreFolder networkFolder",
		"Folder":                 "name parent childType",
		"ResourcePool":           "name parent owner config runtime summary",
		"VirtualApp":             "name parent owner config runtime parentFolder summary.vAppState",
		"Datastore":              "name parent summary info overallStatus customValue host iormConfiguration",
		"StoragePod":             "name parent summary podStorageDrsEntry.storageDrsConfig.podConfig.enabled childEntity",
		"Network":                "name parent summary",
		"DistributedVirtualPortgroup": "name parent key config.distributedVirtualSwitch config.name config.numPorts config.type config.uplink " +
			"config.defaultPortConfig",
		"VmwareDistributedVirtualSwitch": "name parent uuid summary config.maxMtu config.uplinkPortPolicy config.linkDiscoveryProtocolConfig " +
			"config.host config.pvlanConfig",
	}
}

// TestInventoryPaths checks that every property an inventory reads is known for
// its type and has a value somewhere.
func TestInventoryPaths(t *testing.T) {
	c := newClient(t, start(t, simulator.Options{Name: "prague", PageCap: 1000}))
	c.login()
	for kind, list := range inventoryPaths() {
		paths := strings.Fields(list)
		status, data := c.post(collector+"RetrievePropertiesEx", retrieve(c.view(kind), kind, paths, 0))
		if status != 200 {
			t.Errorf("%s: %d %s", kind, status, data)
			continue
		}
		var res result
		mustDecode(t, data, &res)
		count := make(map[string]int)
		for _, o := range res.Objects {
			if len(o.MissingSet) > 0 {
				t.Errorf("%s %s: %d properties are missing", kind, o.Obj.Value, len(o.MissingSet))
			}
			for _, p := range o.PropSet {
				count[p.Name]++
			}
		}
		for _, p := range paths {
			if count[p] == 0 {
				t.Errorf("%s.%s has no value on any of %d objects", kind, p, len(res.Objects))
			}
		}
	}
}

// TestNamesOnce checks that no name occurs twice where vCenter allows it once:
// among the children of a folder. A fault-tolerance secondary is called as its
// primary is.
func TestNamesOnce(t *testing.T) {
	c := newClient(t, start(t, simulator.Options{Name: "prague", VMs: 600, PageCap: 1000}))
	c.login()
	seen := make(map[string]string)
	_, data := c.post(collector+"RetrievePropertiesEx", retrieve(c.view("VirtualMachine"), "VirtualMachine", []string{"name", "parent", "config.ftInfo"}, 0))
	var res result
	mustDecode(t, data, &res)
	for _, o := range res.Objects {
		if len(o.PropSet) != 2 {
			continue // in a vApp, or fault tolerant
		}
		key := string(o.PropSet[0].Val) + string(o.PropSet[1].Val)
		if other := seen[key]; other != "" {
			t.Errorf("%s and %s are both %s", other, o.Obj.Value, o.PropSet[0].Val)
		}
		seen[key] = o.Obj.Value
	}
}
