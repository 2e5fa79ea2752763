package collector_test

import (
	"cmp"
	"context"
	"strings"
	"testing"

	"vcfleet/pkg/config"
	"vcfleet/pkg/inventory"
	"vcfleet/pkg/simulator"
)

// badCase is a vCenter that something is wrong with, and the one problem that
// it gives.
type badCase struct {
	name  string
	begin func(*testing.T) (config.VCenter, *simulator.VCenter) // nil is no simulator

	status  inventory.Status // "" is failed
	logout  inventory.LogoutResult
	phase   inventory.Phase
	class   inventory.Class
	message string // part of it
	hint    string // part of it
	noHint  bool
	more    func(*testing.T, inventory.VCenter)
}

// TestBadInput reads one fleet of all bad vCenters and two that are well.
func TestBadInput(t *testing.T) {
	leaks := checkGoroutines(t)
	cases := badCases()
	t.Run("fleet", func(t *testing.T) {
		var list []config.VCenter
		well := []*simulator.VCenter{
			start(t, simulator.Options{Name: "first", VMs: 60}),
			start(t, simulator.Options{Name: "last", VMs: 60, Seed: 1}),
		}
		sims := make(map[string]*simulator.VCenter)
		list = append(list, target(well[0]))
		for _, c := range cases {
			vc, v := c.begin(t)
			vc.Name = c.name
			sims[c.name] = v
			list = append(list, vc)
		}
		list = append(list, target(well[1]))
		results := readFleet(context.Background(), t, list, options())
		for _, v := range well {
			checkComplete(t, v, results[v.Name()])
		}
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				c.check(t, results[c.name])
				if sims[c.name] != nil {
					checkClean(t, sims[c.name])
				}
			})
		}
	})
	leaks()
}

func (c *badCase) check(t *testing.T, r inventory.VCenter) {
	t.Helper()
	status, logout := cmp.Or(c.status, inventory.Failed), cmp.Or(c.logout, inventory.LogoutNotNeeded)
	if r.Status != status || r.Logout != logout {
		t.Errorf("status %s, logout %s; want %s, %s; problems %+v", r.Status, r.Logout, status, logout, r.Problems)
	}
	if c.more != nil {
		c.more(t, r)
	}
	if c.class == "" {
		return // more has checked the problems
	}
	if len(r.Problems) != 1 {
		t.Fatalf("%d problems, want 1: %+v", len(r.Problems), r.Problems)
	}
	p := r.Problems[0]
	if p.Phase != c.phase || p.Class != c.class || !strings.Contains(p.Message, c.message) || !strings.Contains(p.Hint, c.hint) {
		t.Errorf("got %s, %s, %q, hint %q\nwant %s, %s, %q, hint %q", p.Phase, p.Class, p.Message, p.Hint, c.phase, c.class, c.message, c.hint)
	}
	if (p.Hint == "") != c.noHint || p.Message == "" || strings.ContainsAny(p.Message, "\n\r\x1b") {
		t.Errorf("message %q, hint %q", p.Message, p.Hint)
	}
	if status == inventory.Failed && len(r.Records.VirtualMachines)+len(r.Records.Folders) > 0 {
		t.Error("a failed vCenter with records")
	}
}

// badCases lists them all.
func badCases() []badCase {
	var all []badCase
	for _, list := range [][]badCase{badAddresses(), badCertificates(), badGreetings(), badLogins(), badPages(), badRecords(), badEnds()} {
		all = append(all, list...)
	}
	return all
}
