package collector

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSectionsAskOnlyForWhatTheyNeed is the exact list of a few sections.
func TestSectionsAskOnlyForWhatTheyNeed(t *testing.T) {
	places := func(more map[string][]string) map[string][]string {
		more["Datacenter"] = append([]string{"name", "parent"}, more["Datacenter"]...)
		more["Folder"] = append([]string{"name", "parent"}, more["Folder"]...)
		return more
	}
	for name, test := range map[string]struct {
		sections []string
		want     map[string][]string
	}{
		"none":    {nil, places(map[string][]string{})},
		"unknown": {[]string{"nothing"}, places(map[string][]string{})},
		"folders": {[]string{"folders"}, places(map[string][]string{"Folder": {"childType"}})},
		"datastores": {[]string{"datastores"}, places(map[string][]string{
			"VirtualMachine":      {"datastore"}, // vmCount
			"HostSystem":          {"datastore"}, // hostCount
			"Datastore":           {"name", "parent", "summary", "info", "overallStatus", "customValue"},
			"StoragePod":          {"name", "parent"},
			"CustomFieldsManager": {"field"},
		})},
		"datastore-clusters": {[]string{"datastore-clusters"}, places(map[string][]string{
			"Datastore":  {"parent"},
			"StoragePod": {"name", "parent", "summary", "podStorageDrsEntry.storageDrsConfig.podConfig.enabled"},
		})},
		"snapshots": {[]string{"snapshots"}, places(map[string][]string{
			"VirtualMachine": {"name", "snapshot", "layoutEx.file", "layoutEx.disk", "layoutEx.snapshot"},
		})},
		"disks and nics": {[]string{"disks", "nics"}, places(map[string][]string{
			"VirtualMachine":              {"name", "config.hardware.device", "guest.net"},
			"Datastore":                   {"name"},
			"Network":                     {"name"},
			"OpaqueNetwork":               {"name"},
			"DistributedVirtualPortgroup": {"name", "key"},
		})},
		"clusters": {[]string{"clusters"}, places(map[string][]string{
			"VirtualMachine":         {"runtime.host"},
			"HostSystem":             {"parent", "summary.quickStats"},
			"ComputeResource":        {"name", "parent", "overallStatus", "summary", "configurationEx", "customValue"},
			"ClusterComputeResource": {"name", "parent", "overallStatus", "summary", "configurationEx", "customValue"},
			"CustomFieldsManager":    {"field"},
		})},
		"networks": {[]string{"networks"}, places(map[string][]string{
			"VirtualMachine":                 {"network"},
			"HostSystem":                     {"network"},
			"Network":                        {"name", "parent", "summary.accessible", "customValue"},
			"OpaqueNetwork":                  {"name", "parent", "summary.accessible", "customValue"},
			"DistributedVirtualPortgroup":    {"name", "parent", "summary.accessible", "customValue", "key", "config.distributedVirtualSwitch", "config.numPorts", "config.uplink", "config.defaultPortConfig"},
			"VmwareDistributedVirtualSwitch": {"name"},
			"CustomFieldsManager":            {"field"},
		})},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, asked(test.sections...)); diff != "" {
				t.Errorf("(-want +asked):\n%s", diff)
			}
		})
	}
}
