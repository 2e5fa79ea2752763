package collector_test

import (
	"fmt"
	"testing"

	"vcfleet/pkg/collector"
	"vcfleet/pkg/config"
	"vcfleet/pkg/fleet"
	"vcfleet/pkg/inventory"
	"vcfleet/pkg/secret"
	"vcfleet/pkg/simulator"
)

// TestWrongPasswordLocksNobodyOut has 50 vCenters that share a credential, read
// at once as the product reads them.
func TestWrongPasswordLocksNobodyOut(t *testing.T) {
	const sites, most = 50, 2
	var vcenters []*simulator.VCenter
	var list []config.VCenter
	for i := range sites {
		v := start(t, simulator.Options{Name: fmt.Sprintf("vc%02d", i), VMs: 1, Hosts: 1})
		vcenters, list = append(vcenters, v), append(list, target(v))
	}
	guarded := func() collector.Options {
		o := options()
		o.Admit = fleet.NewGuard(most).Admit
		return o
	}
	logins := func() (accepted, rejected int64) {
		for _, v := range vcenters {
			n := v.Counters()
			accepted, rejected = accepted+n.Logins, rejected+n.RejectedLogins
			checkClean(t, v)
		}
		return accepted, rejected
	}

	wrong := make([]config.VCenter, sites)
	for i := range list {
		wrong[i] = list[i]
		wrong[i].Password = secret.New("not-" + list[i].Password.Reveal())
	}
	count := make(map[inventory.Status]int)
	for _, r := range readFleet(t.Context(), t, wrong, guarded()) {
		count[r.Status]++
		class := inventory.ClassCredentialsRejected
		if r.Status == inventory.Skipped {
			class = inventory.ClassLockoutGuard
		}
		if len(r.Problems) != 1 || r.Problems[0].Class != class || r.Problems[0].Hint == "" || r.Logout != inventory.LogoutNotNeeded {
			t.Errorf("%s: %s, logout %s, %+v", r.Name, r.Status, r.Logout, r.Problems)
		}
	}
	if accepted, rejected := logins(); accepted != 0 || rejected != most || count[inventory.Failed] != most || count[inventory.Skipped] != sites-most {
		t.Errorf("wrong password: %d logins accepted and %d rejected, statuses %v; want 0, %d, and the others skipped", accepted, rejected, count, most)
	}

	for _, r := range readFleet(t.Context(), t, list, guarded()) {
		if r.Status != inventory.Complete {
			t.Errorf("right password: %s is %s: %v", r.Name, r.Status, r.Problems)
		}
	}
	if accepted, _ := logins(); accepted != sites {
		t.Errorf("right password: %d logins, want %d", accepted, sites)
	}
}
