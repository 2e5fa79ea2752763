package collector_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"vcfleet/pkg/collector"
	"vcfleet/pkg/config"
	"vcfleet/pkg/fleet"
	"vcfleet/pkg/inventory"
	"vcfleet/pkg/secret"
	"vcfleet/pkg/simulator"
)

// start starts a simulated vCenter that ends with the test.
func start(t testing.TB, o simulator.Options) *simulator.VCenter {
	t.Helper()
	v, err := simulator.Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return v
}

// target is the configuration that reads a simulated vCenter.
func target(v *simulator.VCenter) config.VCenter {
	user, password := v.Credentials()
	return config.VCenter{
		Name: v.Name(), Host: v.Addr(), Enabled: true, Timeout: time.Minute, PageSize: 1000, Proxy: "none",
		TLS: config.TLS{Thumbprint: v.Thumbprint()}, Username: user, Password: secret.New(password),
	}
}

func startMoment() time.Time { return time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC) }

func options(sections ...string) collector.Options {
	if len(sections) == 0 {
		sections = inventory.Sections()
	}
	return collector.Options{UserAgent: "vcfleet/test", Sections: sections, Start: startMoment(), Log: zerolog.Nop()}
}

// readFleet reads vCenters as the product does.
func readFleet(ctx context.Context, t testing.TB, list []config.VCenter, o collector.Options) map[string]inventory.VCenter {
	t.Helper()
	results := make(map[string]inventory.VCenter)
	fleet.Run(ctx, list, collector.New(o), fleet.Options{Concurrency: 32, Sections: o.Sections, Log: o.Log}, func(r inventory.VCenter) {
		results[r.Name] = r
	})
	if len(results) != len(list) {
		t.Errorf("%d results for %d vCenters", len(results), len(list))
	}
	return results
}

// checkClean fails unless a vCenter holds nothing of ours any more.
func checkClean(t testing.TB, v *simulator.VCenter) {
	t.Helper()
	if n := v.Counters(); n.OpenSessions != 0 || n.OpenViews != 0 || n.OpenTokens != 0 {
		t.Errorf("%s: left behind: %d sessions, %d views, %d tokens", v.Name(), n.OpenSessions, n.OpenViews, n.OpenTokens)
	}
}

// checkComplete fails unless a vCenter was read whole, in as few requests as
// there can be, and left clean.
func checkComplete(t testing.TB, v *simulator.VCenter, r inventory.VCenter) {
	t.Helper()
	if r.Status != inventory.Complete || r.Logout != inventory.LogoutOK || len(r.Problems) != 0 {
		t.Errorf("%s: status %s, logout %s, problems %v", v.Name(), r.Status, r.Logout, r.Problems)
	}
	n := v.Counters()
	if r.Pages < 1 || n.Pages != r.Pages || r.Requests != 6+r.Pages || n.Requests != r.Requests {
		t.Errorf("%s: %d requests and %d pages, by its own count %d and %d; want 6 requests and the pages",
			v.Name(), r.Requests, r.Pages, n.Requests, n.Pages)
	}
	if r.InstanceUUID != v.InstanceUUID() {
		t.Errorf("%s: instanceUuid %s, want %s", v.Name(), r.InstanceUUID, v.InstanceUUID())
	}
	checkClean(t, v)
}

// method is what a request asks for: hello, content, Login and so on.
func method(r *http.Request) string {
	if strings.HasPrefix(r.URL.Path, "/api/") {
		return "hello"
	}
	return r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
}

// checkGoroutines returns what fails when goroutines have been left running
// since it was made.
func checkGoroutines(t testing.TB) func() {
	t.Helper()
	before := runtime.NumGoroutine()
	return func() {
		t.Helper()
		for range 100 {
			if runtime.NumGoroutine() <= before {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		stacks := make([]byte, 1<<20)
		t.Errorf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
	}
}

func names[T any](list []T, name func(T) string) string {
	var all []string
	for _, item := range list {
		all = append(all, name(item))
	}
	return fmt.Sprint(all)
}

// shortly is the deadline of vCenters that never answer.
const shortly = 300 * time.Millisecond
