package fleet_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"vcfleet/pkg/config"
	"vcfleet/pkg/fleet"
	"vcfleet/pkg/inventory"
)

// collectorFunc is a Collector made of a function.
type collectorFunc func(context.Context, config.VCenter) inventory.VCenter

func (f collectorFunc) Collect(ctx context.Context, vc config.VCenter) inventory.VCenter {
	return f(ctx, vc)
}

func vcenters(n int, timeout time.Duration) []config.VCenter {
	list := make([]config.VCenter, n)
	for i := range list {
		list[i] = config.VCenter{Name: fmt.Sprintf("vc%d", i), Host: fmt.Sprintf("h%d", i), Labels: map[string]string{"n": fmt.Sprint(i)}, Timeout: timeout}
	}
	return list
}

func options(n int) fleet.Options {
	return fleet.Options{Concurrency: n, Sections: []string{"vms"}, Log: zerolog.Nop()}
}

// run returns the results by name, and fails on one that comes twice or not.
func run(ctx context.Context, t *testing.T, list []config.VCenter, c fleet.Collector, o fleet.Options) map[string]inventory.VCenter {
	t.Helper()
	results := make(map[string]inventory.VCenter)
	fleet.Run(ctx, list, c, o, func(r inventory.VCenter) {
		if _, twice := results[r.Name]; twice {
			t.Errorf("%s has two results", r.Name)
		}
		results[r.Name] = r
	})
	if len(results) != len(list) {
		t.Errorf("%d results for %d vCenters", len(results), len(list))
	}
	return results
}

func complete(vc config.VCenter) inventory.VCenter {
	return inventory.VCenter{Name: vc.Name, Status: inventory.Complete}
}

func TestRunsAtMostConcurrencyAtOnce(t *testing.T) {
	for _, limit := range []int{-1, 1, 3, 100} {
		synctest.Test(t, func(t *testing.T) {
			var now, most atomic.Int64
			start := time.Now()
			run(t.Context(), t, vcenters(10, 0), collectorFunc(func(_ context.Context, vc config.VCenter) inventory.VCenter {
				most.Store(max(most.Load(), now.Add(1)))
				time.Sleep(time.Minute)
				now.Add(-1)
				return complete(vc)
			}), options(limit))
			width := min(max(limit, 1), 10)
			if most.Load() != int64(width) {
				t.Errorf("limit %d: %d at once, want %d", limit, most.Load(), width)
			}
			if rounds := time.Duration((10 + width - 1) / width); time.Since(start) != rounds*time.Minute {
				t.Errorf("limit %d: took %v, want %d min", limit, time.Since(start), rounds)
			}
		})
	}
}

func TestResultsComeAsTheyFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		delays := map[string]time.Duration{"vc0": 3 * time.Second, "vc1": time.Second, "vc2": 2 * time.Second}
		var order []string
		var at []time.Duration
		start := time.Now()
		fleet.Run(t.Context(), vcenters(3, 0), collectorFunc(func(_ context.Context, vc config.VCenter) inventory.VCenter {
			time.Sleep(delays[vc.Name])
			return complete(vc)
		}), options(3), func(r inventory.VCenter) {
			order, at = append(order, r.Name), append(at, time.Since(start))
		})
		if got, want := fmt.Sprint(order, at), "[vc1 vc2 vc0] [1s 2s 3s]"; got != want {
			t.Errorf("results came %s, want %s", got, want)
		}
	})
}

func TestDeadlineIsPerVCenter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list := vcenters(3, time.Minute)
		list[1].Timeout = time.Hour
		start := time.Now()
		ended := make(map[string]time.Duration)
		fleet.Run(t.Context(), list, collectorFunc(func(ctx context.Context, vc config.VCenter) inventory.VCenter {
			<-ctx.Done()
			if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
				t.Errorf("%s ended by %v", vc.Name, ctx.Err())
			}
			return inventory.VCenter{Name: vc.Name, Status: inventory.Failed}
		}), options(2), func(r inventory.VCenter) { ended[r.Name] = time.Since(start) })
		// vc2 begins when vc0 has ended: its deadline counts from there.
		if ended["vc0"] != time.Minute || ended["vc1"] != time.Hour || ended["vc2"] != 2*time.Minute {
			t.Errorf("ended after %v", ended)
		}
	})
}

func TestPanicIsOneVCentersProblem(t *testing.T) {
	results := run(t.Context(), t, vcenters(5, time.Minute), collectorFunc(func(_ context.Context, vc config.VCenter) inventory.VCenter {
		if vc.Name == "vc2" {
			panic("boom")
		}
		return complete(vc)
	}), options(2))
	for name, r := range results {
		if name != "vc2" && r.Status != inventory.Complete {
			t.Errorf("%s is %s", name, r.Status)
		}
	}
	r := results["vc2"]
	if r.Status != inventory.Failed || len(r.Problems) != 1 || r.Problems[0].Class != inventory.ClassInternal ||
		r.Problems[0].Message != "a bug in vcfleet: boom" || r.Host != "h2" || r.Labels["n"] != "2" || r.Sections == nil {
		t.Errorf("the result of a panic is %+v", r)
	}
}

func TestCancelGivesEveryVCenterAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		stop := errors.New("stop it")
		var tried atomic.Int64
		time.AfterFunc(90*time.Second, func() { cancel(stop) })
		results := run(ctx, t, vcenters(10, 0), collectorFunc(func(ctx context.Context, vc config.VCenter) inventory.VCenter {
			tried.Add(1)
			select {
			case <-ctx.Done():
				return inventory.VCenter{Name: vc.Name, Status: inventory.Failed}
			case <-time.After(time.Minute):
				return complete(vc)
			}
		}), options(2))
		count := make(map[inventory.Status]int)
		for _, r := range results {
			count[r.Status]++
			if r.Status == inventory.Skipped && (r.Problems[0].Class != inventory.ClassCanceled || r.Logout != inventory.LogoutNotNeeded ||
				r.Problems[0].Message != "not tried: the run ended before its turn (stop it)") {
				t.Errorf("a skipped vCenter says %+v", r)
			}
		}
		if count[inventory.Complete] != 2 || count[inventory.Failed] != 2 || count[inventory.Skipped] != 6 || tried.Load() != 4 {
			t.Errorf("%v, %d tried; want 2 complete, 2 cut short, 6 skipped", count, tried.Load())
		}
	})
}

func TestNoVCenters(t *testing.T) {
	fleet.Run(t.Context(), nil, nil, options(3), func(inventory.VCenter) { t.Error("a result for nothing") })
}
