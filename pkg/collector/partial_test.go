package collector_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vcfleet/pkg/config"
	"vcfleet/pkg/inventory"
	"vcfleet/pkg/simulator"
)

// TestUnknownProperty reads vCenters whose release does not have a property.
func TestUnknownProperty(t *testing.T) {
	whole := start(t, estate())
	full := readFleet(t.Context(), t, []config.VCenter{target(whole)}, options())["vc"]
	for _, test := range []struct {
		name     string
		faults   []simulator.Fault
		sections []string
		status   inventory.Status
		types    string // of the problems, one after another
		hint     string // part of the first
		same     bool   // no row is other than without the fault
		check    func(*testing.T, inventory.Records)
	}{
		{
			name: "the only source of a column", faults: []simulator.Fault{"unknown-property=guest.toolsVersionStatus2"},
			status: inventory.Partial, types: "VirtualMachine", hint: "not known without it: virtualMachines.toolsVersionStatus",
			check: func(t *testing.T, got inventory.Records) {
				for i := range got.VirtualMachines {
					got.VirtualMachines[i].ToolsVersionStatus = full.Records.VirtualMachines[i].ToolsVersionStatus
				}
				if diff := cmp.Diff(full.Records, got); diff != "" {
					t.Errorf("more than the column differs:\n%.3000s", diff)
				}
			},
		},
		{
			name: "a source of which there is another", faults: []simulator.Fault{"unknown-property=hardware.systemInfo"},
			status: inventory.Complete, types: "HostSystem", hint: "nothing is missing",
		},
		{
			name: "of a section that was not asked for", faults: []simulator.Fault{"unknown-property=guest.toolsVersionStatus2"},
			sections: []string{"hosts"}, status: inventory.Complete,
		},
		{
			name: "of several types", faults: []simulator.Fault{"unknown-property=overallStatus"}, status: inventory.Partial,
			types: "ClusterComputeResource ComputeResource Datastore HostSystem VirtualMachine", hint: "clusters.overallStatus, datastores.overallStatus, hosts.overallStatus, virtualMachines.overallStatus",
		},
		{
			name: "two of them", status: inventory.Partial, types: "HostSystem|HostSystem", hint: "hosts.biosVersion",
			faults: []simulator.Fault{"unknown-property=hardware.systemInfo", "unknown-property=hardware.biosInfo"},
		},
		{
			name: "what is counted by", faults: []simulator.Fault{"unknown-property=runtime.host"}, status: inventory.Partial, types: "VirtualMachine",
			hint: "clusters.vmCount, hosts.vmCount, virtualMachines.host", check: func(t *testing.T, got inventory.Records) {
				for _, h := range got.Hosts {
					if h.VMCount.Known || h.Name == "" || !h.CPUCores.Known {
						t.Errorf("host %+v", h)
					}
				}
				if len(got.Hosts) != len(full.Records.Hosts) || len(got.Clusters) == 0 || got.Clusters[0].VMCount.Known || !got.Clusters[0].HostCount.Known {
					t.Errorf("%d hosts, clusters %+v", len(got.Hosts), got.Clusters)
				}
			},
		},
		{
			name: "marks", faults: []simulator.Fault{"unknown-property=snapshot"}, status: inventory.Partial, types: "VirtualMachine",
			hint: "snapshots.*, virtualMachines.snapshotCount", check: func(t *testing.T, got inventory.Records) {
				for _, vm := range got.VirtualMachines {
					if vm.SnapshotCount.Known {
						t.Errorf("%s has %d snapshots", vm.Name, vm.SnapshotCount.Value)
					}
				}
			},
		},
		{
			name: "names", faults: []simulator.Fault{"unknown-property=Datacenter:name"}, status: inventory.Partial, hint: "inventory paths",
			types: "ClusterComputeResource ComputeResource Datacenter Datastore DistributedVirtualPortgroup Folder HostSystem Network OpaqueNetwork ResourcePool StoragePod VirtualApp VirtualMachine VmwareDistributedVirtualSwitch",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := start(t, estate(test.faults...))
			r := readFleet(t.Context(), t, []config.VCenter{target(v)}, options(test.sections...))["vc"]
			var types []string
			for _, p := range r.Problems {
				types = append(types, p.Type)
				if p.Class != inventory.ClassUnsupportedProperty || p.Phase != inventory.PhaseRead || p.Path == "" || !strings.Contains(p.Message, "8.0.3.0") {
					t.Errorf("%+v", p)
				}
			}
			if r.Status != test.status || strings.Join(types, "|") != test.types || r.Retries != int64(len(types)) || r.Logout != inventory.LogoutOK {
				t.Errorf("status %s, %d retries, problems %+v", r.Status, r.Retries, r.Problems)
			}
			if len(r.Problems) > 0 && !strings.Contains(r.Problems[0].Hint, test.hint) {
				t.Errorf("hint %q, want %q", r.Problems[0].Hint, test.hint)
			}
			if test.check != nil {
				test.check(t, r.Records)
			}
			if len(r.Records.Hosts) != len(full.Records.Hosts) {
				t.Errorf("%d hosts", len(r.Records.Hosts))
			}
			checkClean(t, v)
		})
	}
}

// TestUnknownPropertiesWithoutEnd is a vCenter that knows none: it is given up
// after a number of requests.
func TestUnknownPropertiesWithoutEnd(t *testing.T) {
	var faults []simulator.Fault
	for _, path := range everyVMPath() {
		faults = append(faults, simulator.Fault("unknown-property="+path))
	}
	v := start(t, estate(faults...))
	r := readFleet(t.Context(), t, []config.VCenter{target(v)}, options())["vc"]
	if r.Status != inventory.Failed || len(r.Problems) != 1 || r.Problems[0].Class != inventory.ClassUnsupportedProperty || r.Retries != 20 || r.Requests != 6+21 {
		t.Errorf("status %s, %d retries, %d requests, problems %+v", r.Status, r.Retries, r.Requests, r.Problems)
	}
	checkClean(t, v)
}

// TestNoSecondPage is the trap of an account that may not read the root folder:
// what came before is kept where the release explains it, and nowhere else.
func TestNoSecondPage(t *testing.T) {
	for _, test := range []struct {
		release string
		status  inventory.Status
		pages   int64
	}{
		{"8.0.1.0", inventory.Partial, 1},
		{"8.0.2.0", inventory.Partial, 1},
		{"8.0.3.0", inventory.Failed, 1},
	} {
		t.Run(test.release, func(t *testing.T) {
			o := estate()
			o.Releases = []string{test.release}
			o.Wrap = func(next http.Handler) http.Handler {
				refuse := fault(`{"_typeName":"NoPermission","object":{"type":"Folder","value":"group-d1"},"privilegeId":"System.Read"}`)
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if m := method(r); m == "ContinueRetrievePropertiesEx" || m == "CancelRetrievePropertiesEx" {
						refuse(w, r)
						return
					}
					next.ServeHTTP(w, r)
				})
			}
			v := start(t, o)
			r := readFleet(t.Context(), t, []config.VCenter{target(v)}, options())["vc"]
			if r.Status != test.status || r.Pages != test.pages || r.Logout != inventory.LogoutOK || r.Retries != 0 || len(r.Problems) != 1 {
				t.Fatalf("status %s, %d pages, problems %+v", r.Status, r.Pages, r.Problems)
			}
			checkClean(t, v)
			p := r.Problems[0]
			if p.Class != inventory.ClassNoPermission || p.Phase != inventory.PhaseRead || !strings.Contains(p.Message, "System.Read") || !strings.Contains(p.Hint, "root folder") {
				t.Errorf("%+v", p)
			}
			rows := len(r.Records.VirtualMachines) + len(r.Records.Folders)
			if kept := test.status == inventory.Partial; kept != (rows > 0) || kept != strings.Contains(p.Message, "one page gave 40 objects") {
				t.Errorf("%d rows, %+v", rows, p)
			}
			for _, c := range r.Records.Clusters {
				if c.VMCount.Known || c.HostCount.Known {
					t.Errorf("%s: %v virtual machines and %v hosts: nobody counted them all", c.Name, c.VMCount, c.HostCount)
				}
			}
		})
	}
}

// TestNoFirstPage has the first page refused, as a release with the trap may do
// for another reason: nothing was read.
func TestNoFirstPage(t *testing.T) {
	o := estate()
	o.Releases = []string{"8.0.2.0"}
	o.Wrap = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if method(r) == "RetrievePropertiesEx" {
				fault(`{"_typeName":"NoPermission","privilegeId":"System.Read"}`)(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
	v := start(t, o)
	r := readFleet(t.Context(), t, []config.VCenter{target(v)}, options())["vc"]
	if r.Status != inventory.Failed || len(r.Problems) != 1 || r.Problems[0].Class != inventory.ClassNoPermission || len(r.Records.Folders) != 0 {
		t.Errorf("status %s, problems %+v", r.Status, r.Problems)
	}
	checkClean(t, v)
}

// TestNoRootFolder is the same account with an inventory of pages and of one
// page.
func TestNoRootFolder(t *testing.T) {
	for release, message := range map[string]string{"8.0.2.0": "one page gave", "8.0.3.0": "the root folder cannot be read"} {
		o := estate("no-root")
		o.Releases = []string{release}
		v := start(t, o)
		r := readFleet(t.Context(), t, []config.VCenter{target(v)}, options())["vc"]
		if r.Status != inventory.Partial || len(r.Problems) != 1 || !strings.Contains(r.Problems[0].Message, message) {
			t.Errorf("%s: status %s, %+v", release, r.Status, r.Problems)
		}
		checkClean(t, v)
	}
}

// TestMoreGapsThanCanBeListed has a problem for each of very many kinds.
func TestMoreGapsThanCanBeListed(t *testing.T) {
	for _, test := range []struct {
		kinds int
		last  string
	}{
		{200, ""},
		{201, "1 more problems"},
		{450, "250 more problems"},
		{5050, "more than 4800 more problems"},
	} {
		var set []string
		for i := range test.kinds {
			set = append(set, fmt.Sprintf(`{"path":"p%05d","fault":{"_typeName":"SystemError"}}`, i))
		}
		vm := func(ref string, set []string) string {
			return fmt.Sprintf(`{"obj":{"type":"VirtualMachine","value":%q},"missingSet":[%s]}`, ref, strings.Join(set, ","))
		}
		vc, v := instead(t, "RetrievePropertiesEx", page(result(root(), vm("vm-1", set), vm("vm-2", set[len(set)-1:]))))
		vc.Name = "vc"
		r := readFleet(t.Context(), t, []config.VCenter{vc}, options())["vc"]
		listed := min(test.kinds, 200)
		if r.Status != inventory.Partial || len(r.Problems) < listed {
			t.Fatalf("status %s, %d problems", r.Status, len(r.Problems))
		}
		if !slices.IsSortedFunc(r.Problems[:listed], func(a, b inventory.Problem) int { return strings.Compare(a.Path, b.Path) }) {
			t.Error("not sorted")
		}
		if test.kinds < 5000 && r.Problems[listed-1].Objects != 2 {
			t.Errorf("what concerns the most objects is not listed: %+v", r.Problems[listed-1])
		}
		rest := r.Problems[listed:]
		if (test.last == "") != (len(rest) == 0) || len(rest) > 1 || len(rest) == 1 && !strings.HasPrefix(rest[0].Message, test.last) {
			t.Errorf("%d kinds: %+v", test.kinds, rest)
		}
		checkClean(t, v)
	}
}

// TestSlowAnswersAreCutOff reads vCenters that answer too slowly in one way or
// another. A vCenter is given up at its deadline, and left within the bound of
// the cleanup.
func TestSlowAnswersAreCutOff(t *testing.T) {
	for _, fault := range []simulator.Fault{
		"drip@RetrievePropertiesEx", "hang-body@RetrievePropertiesEx", "hang@RetrievePropertiesEx", "drip@content", "hang-body@hello",
		"drip@ContinueRetrievePropertiesEx", "hang-body@ContinueRetrievePropertiesEx", "hang@ContinueRetrievePropertiesEx", "hang-tls",
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			v := start(t, estate(fault))
			vc := target(v)
			vc.Timeout = 3 * shortly
			began := time.Now()
			r := readFleet(t.Context(), t, []config.VCenter{vc}, options())["vc"]
			if took := time.Since(began); took > vc.Timeout+3*time.Second {
				t.Errorf("took %v", took)
			}
			if r.Status != inventory.Failed || len(r.Problems) != 1 || r.Problems[0].Class != inventory.ClassTimeout || r.Retries != 0 {
				t.Errorf("status %s, %d retries, problems %+v", r.Status, r.Retries, r.Problems)
			}
			checkClean(t, v)
		})
	}
}

// TestCleanupIsBounded has everything hang once the inventory has been read.
func TestCleanupIsBounded(t *testing.T) {
	t.Parallel()
	v := start(t, estate("hang@DestroyView", "hang@Logout"))
	began := time.Now()
	r := readFleet(t.Context(), t, []config.VCenter{target(v)}, options())["vc"]
	if took := time.Since(began); took < 9*time.Second || took > 13*time.Second {
		t.Errorf("took %v, want the ten seconds of the cleanup", took)
	}
	if r.Status != inventory.Complete || r.Logout != inventory.LogoutFailed || len(r.Problems) != 1 || r.Problems[0].Phase != inventory.PhaseLogout {
		t.Errorf("status %s, logout %s, problems %+v", r.Status, r.Logout, r.Problems)
	}
	if n := v.Counters().ByMethod; n["DestroyView"] != 1 || n["Logout"] != 1 {
		t.Errorf("a view that cannot be destroyed leaves no time for the logout: %v", n)
	}
}
