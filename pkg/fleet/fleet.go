// Package fleet runs one collector over many vCenters: a bounded pool, a
// deadline for each, and an answer for every one of them, whatever happens. One
// vCenter's error, panic or slowness touches no other.
//
// It refuses to know how a vCenter is read (package collector) and what becomes
// of the results. This is the only place that starts goroutines for vCenters.
package fleet

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"vcfleet/pkg/config"
	"vcfleet/pkg/inventory"
)

// Collector reads one vCenter. What goes wrong is in the result's problems.
type Collector interface {
	Collect(ctx context.Context, vc config.VCenter) inventory.VCenter
}

// Options say how a fleet is read.
type Options struct {
	Concurrency int      // vCenters read at once; less than 1 is 1
	Sections    []string // asked for; for the results of vCenters that were not tried
	Log         zerolog.Logger
}

// Run reads the vCenters and hands each result to emit as it comes, one at a
// time, on the goroutine that called Run. It returns when every vCenter has its
// result. When ctx ends, those under way are cut short by their collector, and
// those that have not begun are skipped.
func Run(ctx context.Context, vcenters []config.VCenter, c Collector, o Options, emit func(inventory.VCenter)) {
	// Unbuffered: a result waits in its goroutine, and so in its place in the
	// pool, until emit has time for it. There is no queue to grow.
	results := make(chan inventory.VCenter)
	go func() {
		defer close(results)
		var pool errgroup.Group
		pool.SetLimit(max(o.Concurrency, 1))
		for _, vc := range vcenters {
			pool.Go(func() error { // waits for a free place
				results <- collect(ctx, vc, c, o)
				return nil
			})
		}
		// No goroutine of the pool returns an error: errors are in the results.
		_ = pool.Wait()
	}()
	for result := range results {
		emit(result)
	}
}

// collect reads one vCenter within its deadline.
func collect(ctx context.Context, vc config.VCenter, c Collector, o Options) (result inventory.VCenter) {
	if ctx.Err() != nil {
		return skipped(vc, o, context.Cause(ctx))
	}
	if vc.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, vc.Timeout)
		defer cancel()
	}
	start := time.Now()
	defer func() {
		if cause := recover(); cause != nil {
			o.Log.Error().Str("vcenter", vc.Name).Str("panic", fmt.Sprint(cause)).Bytes("stack", debug.Stack()).Msg("a bug in vcfleet")
			result = panicked(vc, o, cause)
			result.StartedAt, result.Millis = start.UTC(), time.Since(start).Milliseconds()
		}
	}()
	return c.Collect(ctx, vc)
}

func unread(vc config.VCenter, o Options, status inventory.Status, p inventory.Problem) inventory.VCenter {
	return inventory.VCenter{
		Name: vc.Name, Host: vc.Host, Labels: vc.Labels, Sections: o.Sections,
		Status: status, Logout: inventory.LogoutNotNeeded, Problems: []inventory.Problem{p},
	}
}

func skipped(vc config.VCenter, o Options, cause error) inventory.VCenter {
	class := inventory.ClassCanceled
	if errors.Is(cause, context.DeadlineExceeded) {
		class = inventory.ClassTimeout
	}
	return unread(vc, o, inventory.Skipped, inventory.Problem{
		Phase: inventory.PhaseQueue, Class: class,
		Message: fmt.Sprintf("not tried: the run ended before its turn (%v)", cause),
		Hint:    "run it again",
	})
}

// panicked is the result of a collector that panicked. Whether there was a
// session, and what became of it, is not known: the collector ends its session
// on the way out, but cannot say so any more.
func panicked(vc config.VCenter, o Options, cause any) inventory.VCenter {
	result := unread(vc, o, inventory.Failed, inventory.Problem{
		Phase: inventory.PhaseRead, Class: inventory.ClassInternal,
		Message: fmt.Sprintf("a bug in vcfleet: %v", cause),
		Hint:    "please report it, with the stack in the log",
	})
	result.Logout = inventory.LogoutFailed
	return result
}
