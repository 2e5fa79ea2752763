package fleet_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"vcfleet/pkg/config"
	"vcfleet/pkg/fleet"
)

// logins runs a login to each of n vCenters with one credential at once, and
// returns how many were tried, and how many were refused by the guard. answer
// says what the i-th try gets, after how long.
func logins(ctx context.Context, t *testing.T, g *fleet.Guard, n int, answer func(try int64) (accepted, rejected bool, after time.Duration)) (tried, guarded int64, most int64) {
	t.Helper()
	var now, highest, tries, refused atomic.Int64
	done := make(chan struct{})
	for range n {
		go func() {
			defer func() { done <- struct{}{} }()
			leave, err := g.Admit(ctx, config.VCenter{Credential: "c", Username: "u@vsphere.local"})
			if guard := new(fleet.GuardError); errors.As(err, &guard) {
				refused.Add(1)
			}
			if err != nil {
				return
			}
			try := tries.Add(1)
			highest.Store(max(highest.Load(), now.Add(1)))
			accepted, rejected, after := answer(try)
			time.Sleep(after)
			now.Add(-1)
			leave(accepted, rejected)
		}()
	}
	for range n {
		<-done
	}
	return tries.Load(), refused.Load(), highest.Load()
}

func TestGuardWrongPassword(t *testing.T) {
	for _, limit := range []int{0, 1, 2, 3} {
		synctest.Test(t, func(t *testing.T) {
			tried, guarded, most := logins(t.Context(), t, fleet.NewGuard(limit), 50, func(int64) (bool, bool, time.Duration) { return false, true, time.Second })
			if want := int64(max(limit, 1)); tried != want || guarded != 50-want || most != 1 {
				t.Errorf("limit %d: %d tried, %d refused, %d at once; want %d, %d, 1", limit, tried, guarded, most, want, 50-want)
			}
		})
	}
}

func TestGuardRightPassword(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		tried, guarded, most := logins(t.Context(), t, fleet.NewGuard(2), 50, func(int64) (bool, bool, time.Duration) { return true, false, time.Second })
		if tried != 50 || guarded != 0 || most != 49 {
			t.Errorf("%d tried, %d refused, %d at once; want 50, 0, 49", tried, guarded, most)
		}
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("took %v: the good path costs more than one round trip", took)
		}
	})
}

func TestGuardOneVCenterWithAnotherPassword(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tried, guarded, _ := logins(t.Context(), t, fleet.NewGuard(2), 50, func(try int64) (bool, bool, time.Duration) { return try != 1, try == 1, time.Second })
		if tried != 50 || guarded != 0 {
			t.Errorf("%d tried, %d refused; want all tried", tried, guarded)
		}
	})
}

func TestGuardIsNotHeldUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The first vCenter hangs in Login; a second one is tried after a while,
		// and when it accepts, all others are.
		start := time.Now()
		var last atomic.Int64
		tried, _, _ := logins(t.Context(), t, fleet.NewGuard(2), 10, func(try int64) (bool, bool, time.Duration) {
			if try == 1 {
				return false, false, time.Hour
			}
			last.Store(int64(time.Since(start)))
			return true, false, time.Second
		})
		if allButOne := time.Duration(last.Load()); tried != 10 || allButOne != 6*time.Second {
			t.Errorf("%d tried, the last after %v; want 10 after 6 s", tried, allButOne)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		// With room for one rejection only, a second try must wait for the first.
		_, _, most := logins(t.Context(), t, fleet.NewGuard(1), 10, func(int64) (bool, bool, time.Duration) { return false, false, time.Minute })
		if most != 1 {
			t.Errorf("%d at once, want 1", most)
		}
	})
}

func TestGuardEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := fleet.NewGuard(1)
		leave, err := g.Admit(t.Context(), config.VCenter{Username: "u"})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := g.Admit(ctx, config.VCenter{Username: "u"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a try that waits ends with %v", err)
		}
		// Another account does not wait.
		other, err := g.Admit(t.Context(), config.VCenter{Username: "other"})
		if err != nil {
			t.Fatal(err)
		}
		other(true, false)
		leave(true, false)
	})
}
