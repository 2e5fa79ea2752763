package collector_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"vcfleet/pkg/collector"
	"vcfleet/pkg/config"
	"vcfleet/pkg/fleet"
	"vcfleet/pkg/inventory"
	"vcfleet/pkg/simulator"
)

// estate is the vCenter of the fault tests: some pages, and some of everything.
func estate(faults ...simulator.Fault) simulator.Options {
	return simulator.Options{Name: "vc", VMs: 60, PageCap: 40, Faults: faults}
}

// faultCase is a vCenter that fails in some way, and what becomes of it.
type faultCase struct {
	fault   simulator.Fault
	retries int64
	logins  int64 // 0 is 1
	// failed is the class of the one problem; "" is a vCenter that was read as if
	// nothing had happened.
	failed  inventory.Class
	phase   inventory.Phase
	message string
}

// faultCases are the faults that pass, or that do not pass in time.
func faultCases() []faultCase {
	list := []faultCase{
		{fault: "503-burst@hello=1", retries: 1},
		{fault: "503-burst@hello=2", retries: 2},
		{fault: "503-burst@hello=3", retries: 2, logins: -1, failed: inventory.ClassThrottled, phase: inventory.PhaseNegotiate, message: "(tried 3 times)"},
		{fault: "429@content=1", retries: 1},
		{fault: "504@DestroyView=1", retries: 1},
		{fault: "reset-before@DestroyView=1", retries: 1},
		{fault: "reset@DestroyView=1", retries: 1}, // it had been destroyed, which is as good
		{fault: "truncated@content", retries: 2, logins: -1, failed: inventory.ClassProtocol, phase: inventory.PhaseNegotiate, message: "(tried 3 times)"},

		// What came of a Login that was answered or lost is not tried out.
		{fault: "503-burst@Login=1", logins: -1, failed: inventory.ClassThrottled, phase: inventory.PhaseLogin},
		{fault: "429@Login=1", logins: -1, failed: inventory.ClassThrottled, phase: inventory.PhaseLogin},
		{fault: "reset-before@Login=1", logins: -1, failed: inventory.ClassUnreachable, phase: inventory.PhaseLogin},
		{fault: "reject-login", logins: -1, failed: inventory.ClassCredentialsRejected, phase: inventory.PhaseLogin},

		{fault: "used-token=1", retries: 1},
		{fault: "used-token=2", retries: 2},
		{fault: "used-token=3", retries: 2, failed: inventory.ClassFault, phase: inventory.PhaseRead, message: "does not know the continuation token: ContinueRetrievePropertiesEx: InvalidProperty token"},
		{fault: "reset@ContinueRetrievePropertiesEx=1", retries: 1},
		{fault: "reset@ContinueRetrievePropertiesEx", retries: 2, failed: inventory.ClassUnreachable, phase: inventory.PhaseRead, message: "(tried 3 times)"},
		{fault: "truncated@RetrievePropertiesEx", retries: 2, failed: inventory.ClassProtocol, phase: inventory.PhaseRead, message: "(tried 3 times)"},
	}
	for _, method := range []simulator.Fault{"hello", "content", "CreateContainerView", "RetrievePropertiesEx", "ContinueRetrievePropertiesEx", "Logout"} {
		for _, name := range []simulator.Fault{"503-burst", "502", "504"} {
			list = append(list, faultCase{fault: name + "@" + method + "=2", retries: 2})
		}
		if method != "content" { // net/http itself repeats a GET on a kept connection
			list = append(list, faultCase{fault: "reset-before@" + method + "=2", retries: 2})
		}
		if method != "ContinueRetrievePropertiesEx" { // two of them may be under way
			list = append(list, faultCase{fault: "reset@" + method + "=1", retries: 1})
		}
	}
	for _, method := range []simulator.Fault{"CreateContainerView", "RetrievePropertiesEx", "ContinueRetrievePropertiesEx"} {
		for _, how := range []simulator.Fault{"fault", "401", "view-gone", "missing"} {
			list = append(list, faultCase{fault: "session-expiry@" + method + "=" + how, retries: 1, logins: 2})
		}
	}
	return list
}

// TestFaultsThatPass reads vCenters that fail for a while. What is read is what
// would have been read, and nothing is left behind.
func TestFaultsThatPass(t *testing.T) {
	whole := start(t, estate())
	full := readFleet(t.Context(), t, []config.VCenter{target(whole)}, options())["vc"]
	checkComplete(t, whole, full)
	if full.Retries != 0 || full.Pages < 3 {
		t.Fatalf("%d retries, %d pages", full.Retries, full.Pages)
	}
	cases := faultCases()
	var list []config.VCenter
	sims := make([]*simulator.VCenter, len(cases))
	results := make(map[string]inventory.VCenter)
	for i, c := range cases {
		sims[i] = start(t, estate(c.fault))
		vc := target(sims[i])
		vc.Labels = map[string]string{"fault": string(c.fault)} // one name for all, so that records can be compared
		list = append(list, vc)
	}
	fleet.Run(t.Context(), list, collector.New(options()), fleet.Options{Concurrency: 16}, func(r inventory.VCenter) {
		results[r.Labels["fault"]] = r
	})
	for i, c := range cases {
		t.Run(string(c.fault), func(t *testing.T) { c.check(t, sims[i], full, results[string(c.fault)]) })
	}
}

// check compares what became of a vCenter with what was to be expected, full
// being what it gives without the fault.
func (c *faultCase) check(t *testing.T, v *simulator.VCenter, full, r inventory.VCenter) {
	t.Helper()
	n := v.Counters()
	logins := max(cmp.Or(c.logins, 1), 0)
	if r.Retries != c.retries || n.Logins != logins || n.ByMethod["Login"] > max(logins, 1) {
		t.Errorf("%d retries, %d logins, %d tries to log in; want %d retries; %+v", r.Retries, n.Logins, n.ByMethod["Login"], c.retries, r.Problems)
	}
	checkClean(t, v)
	if c.failed != "" {
		checkFailed(t, r, c)
		return
	}
	if r.Status != inventory.Complete || len(r.Problems) != 0 || r.Logout != inventory.LogoutOK || n.Requests > r.Requests {
		t.Errorf("status %s, logout %s, requests %d and %d, problems %+v", r.Status, r.Logout, r.Requests, n.Requests, r.Problems)
	}
	if diff := gocmp.Diff(full.Records, r.Records); diff != "" {
		t.Errorf("(-without the fault +with it):\n%.3000s", diff)
	}
}

// TestBegunAgainIsToldOfOnce counts what Observe is told of when pages are read
// twice.
func TestBegunAgainIsToldOfOnce(t *testing.T) {
	v := start(t, estate("reset@ContinueRetrievePropertiesEx=1"))
	sum := 0
	o := options()
	o.Observe = func(_ string, objects int) { sum += objects }
	r := collector.New(o).Collect(t.Context(), target(v))
	if objects := total(r); r.Retries != 1 || sum != objects {
		t.Errorf("%d retries, told of %d objects, want %d", r.Retries, sum, objects)
	}
	if n := v.Counters().ByMethod; n["CancelRetrievePropertiesEx"] != 1 || n["CreateContainerView"] != 1 || n["RetrievePropertiesEx"] != 2 {
		t.Errorf("want the token of the lost page cancelled, and one view for both retrievals: %v", n)
	}
}

func checkFailed(t *testing.T, r inventory.VCenter, c *faultCase) {
	t.Helper()
	if r.Status != inventory.Failed || len(r.Problems) != 1 {
		t.Fatalf("status %s, problems %+v", r.Status, r.Problems)
	}
	p := r.Problems[0]
	if p.Class != c.failed || p.Phase != c.phase || !strings.Contains(p.Message, c.message) || p.Hint == "" {
		t.Errorf("%+v", p)
	}
	for _, table := range inventory.Tables() {
		if table.Len(&r.Records) > 0 {
			t.Errorf("a failed vCenter with %s", table.Name)
		}
	}
}

// total is how many objects a vCenter gives: the records of managed objects, and
// the definitions of custom fields.
func total(r inventory.VCenter) int {
	sum := 1
	for _, table := range inventory.Tables() {
		if !slices.Contains([]string{"disks", "nics", "snapshots"}, table.Name) {
			sum += table.Len(&r.Records)
		}
	}
	return sum
}
