package collector_test

import (
	"fmt"
	"testing"
	"time"

	"vcfleet/pkg/config"
	"vcfleet/pkg/simulator"
)

const (
	fewVMs    = 1 // the wait is measured, not the machine
	manySites = 32
)

// distant starts vCenters that are far away.
func distant(t testing.TB, n int) []config.VCenter {
	t.Helper()
	var list []config.VCenter
	for i := range n {
		list = append(list, target(start(t, simulator.Options{Name: fmt.Sprintf("far%d", i), Seed: uint64(i), VMs: fewVMs, Hosts: 1, Latency: distance})))
	}
	return list
}

// took returns how long a fleet takes to read.
func took(t testing.TB, list []config.VCenter) time.Duration {
	t.Helper()
	begin := time.Now()
	for name, r := range readFleet(t.Context(), t, list, options()) {
		if r.Status != "complete" {
			t.Fatalf("%s: %s %v", name, r.Status, r.Problems)
		}
	}
	return time.Since(begin)
}

// TestManyTakeAsLongAsOne measures one vCenter and 32 in the same run. It takes
// the best of ten attempts: what disturbs a machine makes a ratio worse, not
// better.
func TestManyTakeAsLongAsOne(t *testing.T) {
	const most = 1.3
	list := distant(t, manySites)
	best := 0.0
	for range 10 {
		one, all := took(t, list[:1]), took(t, list)
		ratio := float64(all) / float64(one)
		t.Logf("1 vCenter %v, %d vCenters %v, ratio %.2f", one, manySites, all, ratio)
		if best == 0 || ratio < best {
			best = ratio
		}
		if best <= most {
			return
		}
	}
	t.Errorf("%d vCenters take %.2f times as long as one, at most %.1f is wanted", manySites, best, most)
}

func BenchmarkFleet(b *testing.B) {
	list := distant(b, manySites)
	for _, n := range []int{1, 8, manySites} {
		b.Run(fmt.Sprintf("vcenters=%d", n), func(b *testing.B) {
			for b.Loop() {
				took(b, list[:n])
			}
		})
	}
}

// BenchmarkCollect reads one vCenter without latency.
func BenchmarkCollect(b *testing.B) {
	for _, vms := range []int{200, 2000} {
		b.Run(fmt.Sprintf("vms=%d", vms), func(b *testing.B) {
			list := []config.VCenter{target(start(b, simulator.Options{VMs: vms}))}
			b.ReportAllocs()
			for b.Loop() {
				took(b, list)
			}
			b.ReportMetric(float64(b.N*vms)/b.Elapsed().Seconds(), "vms/s")
		})
	}
}
