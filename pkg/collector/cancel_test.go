package collector_test

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"vcfleet/pkg/collector"
	"vcfleet/pkg/config"
	"vcfleet/pkg/fleet"
	"vcfleet/pkg/inventory"
	"vcfleet/pkg/simulator"
)

// nth is a wrap that calls do when the n-th request arrives, before or after it
// is answered.
func nth(n int64, after bool, do func(*http.Request)) func(http.Handler) http.Handler {
	var seen atomic.Int64
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mine := seen.Add(1) == n
			if mine && !after {
				do(r)
			}
			next.ServeHTTP(w, r)
			if mine && after {
				do(r)
			}
		})
	}
}

// TestCancelAnywhere ends the run at each request of a conversation. Whatever
// the moment, there is a result, and the vCenter keeps nothing of ours.
func TestCancelAnywhere(t *testing.T) {
	o := simulator.Options{Name: "vc", VMs: 60, PageCap: 20}
	whole := start(t, o)
	full := readFleet(t.Context(), t, []config.VCenter{target(whole)}, options())["vc"]
	checkComplete(t, whole, full)
	if full.Pages < 5 {
		t.Fatalf("%d pages are too few for this test", full.Pages)
	}
	for n := int64(1); n <= full.Requests; n++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("request=%d,after=%t", n, after), func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				at := make(chan string, 1)
				o := o
				o.Wrap = nth(n, after, func(r *http.Request) {
					cancel()
					at <- method(r)
				})
				v := start(t, o)
				r := readFleet(ctx, t, []config.VCenter{target(v)}, options())["vc"]
				select {
				case method := <-at:
					checkCanceled(t, method, r)
				case <-time.After(10 * time.Second): // the wrap is a little behind the answer
					t.Fatal("the request did not come")
				}
				checkClean(t, v)
			})
		}
	}
}

func checkCanceled(t *testing.T, at string, r inventory.VCenter) {
	t.Helper()
	switch at {
	case "DestroyView", "Logout": // the inventory has been read
		if r.Status != inventory.Complete || len(r.Problems) != 0 || r.Logout != inventory.LogoutOK {
			t.Errorf("%s: status %s, logout %s, problems %v", at, r.Status, r.Logout, r.Problems)
		}
		return
	case "RetrievePropertiesEx", "ContinueRetrievePropertiesEx":
		if r.Status == inventory.Complete && len(r.Problems) == 0 && r.Logout == inventory.LogoutOK {
			return // all was read before the news came
		}
	}
	want := inventory.LogoutOK
	if at == "hello" || at == "content" {
		want = inventory.LogoutNotNeeded
	}
	if r.Status != inventory.Failed || r.Logout != want {
		t.Errorf("%s: status %s, logout %s; want failed and %s", at, r.Status, r.Logout, want)
	}
	if len(r.Problems) != 1 || r.Problems[0].Class != inventory.ClassCanceled || r.Problems[0].Hint == "" {
		t.Errorf("%s: problems %v, want one that says canceled", at, r.Problems)
	}
}

// TestDeadlineIsTheProblem is the same for a deadline that passes while a request
// is under way.
func TestDeadlineIsTheProblem(t *testing.T) {
	for _, at := range []string{"hello", "content", "CreateContainerView", "RetrievePropertiesEx", "ContinueRetrievePropertiesEx"} {
		t.Run(at, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			v := start(t, simulator.Options{Name: "vc", VMs: 60, PageCap: 20, Wrap: func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if method(r) == at {
						waitFor(r) // never answers; the client goes away at its deadline
						return
					}
					next.ServeHTTP(w, r)
				})
			}})
			vc := target(v)
			vc.Timeout = shortly
			r := readFleet(ctx, t, []config.VCenter{vc}, options())["vc"]
			if r.Status != inventory.Failed || len(r.Problems) != 1 || r.Problems[0].Class != inventory.ClassTimeout {
				t.Errorf("status %s, problems %v", r.Status, r.Problems)
			}
			checkClean(t, v)
		})
	}
}

// TestPanicWhileReading panics in the middle of an inventory, and in the
// middle of a fleet.
func TestPanicWhileReading(t *testing.T) {
	leaks := checkGoroutines(t)
	var list []config.VCenter
	sims := make(map[string]*simulator.VCenter)
	for _, name := range []string{"one", "two", "three"} {
		v, err := simulator.Start(t.Context(), simulator.Options{Name: name, VMs: 150})
		if err != nil {
			t.Fatal(err)
		}
		sims[name] = v
		list = append(list, target(v))
	}
	o := options()
	o.Observe = func(vcenter string, _ int) {
		if vcenter == "two" {
			panic("a bug")
		}
	}
	results := readFleet(t.Context(), t, list, o)
	bad := results["two"]
	if bad.Status != inventory.Failed || len(bad.Problems) != 1 || bad.Problems[0].Class != inventory.ClassInternal {
		t.Errorf("status %s, problems %v", bad.Status, bad.Problems)
	}
	if n := sims["two"].Counters(); n.Logins != 1 || n.Logouts != 1 || n.ByMethod["DestroyView"] != 1 {
		t.Errorf("after the panic: %+v", n)
	}
	checkClean(t, sims["two"])
	checkComplete(t, sims["one"], results["one"])
	checkComplete(t, sims["three"], results["three"])
	for _, v := range sims {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	}
	leaks()
}

// TestObserveIsToldOfEveryObject adds up what Observe is told.
func TestObserveIsToldOfEveryObject(t *testing.T) {
	v := start(t, simulator.Options{Name: "vc", VMs: 33})
	sum := 0
	o := options()
	o.Observe = func(_ string, objects int) { sum += objects }
	r := collector.New(o).Collect(t.Context(), target(v))
	checkComplete(t, v, r)
	want := 1 // the custom field definitions have no row
	for _, table := range []string{
		"virtualMachines", "hosts", "clusters", "datacenters", "folders", "resourcePools", "datastores",
		"datastoreClusters", "networks", "distributedSwitches",
	} {
		want += r.Counts[table]
	}
	if sum != want {
		t.Errorf("told of %d objects, want %d", sum, want)
	}
}

// TestCanceledBeforeItBegins is the result of a vCenter whose turn never came.
func TestCanceledBeforeItBegins(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	v := start(t, simulator.Options{VMs: 5})
	r := collector.New(options()).Collect(ctx, target(v))
	if r.Status != inventory.Failed || len(r.Problems) != 1 || r.Problems[0].Class != inventory.ClassCanceled {
		t.Errorf("status %s, problems %v", r.Status, r.Problems)
	}
	fleet.Run(ctx, []config.VCenter{target(v)}, collector.New(options()), fleet.Options{}, func(r inventory.VCenter) {
		if r.Status != inventory.Skipped {
			t.Errorf("status %s", r.Status)
		}
	})
	if n := v.Counters().Logins; n != 0 {
		t.Errorf("%d logins", n)
	}
}
