package fleet

import (
	"context"
	"fmt"
	"sync"
	"time"

	"vcfleet/pkg/config"
)

// patience is how long the others wait for an answer to the first login of a
// credential, before one more may try: a vCenter that hangs must not hold up
// the fleet.
const patience = 5 * time.Second

// Guard keeps a wrong password from locking an account: a fleet logs in to many
// vCenters at once, which may all count towards one lockout. The first login of
// each credential goes alone. Once it is accepted the others go in parallel; as
// long as it is not, they go one after another, and after a number of
// rejections no more.
type Guard struct {
	most     int
	mu       sync.Mutex
	accounts map[string]*account
}

// account is what is known of a credential.
type account struct {
	accepted bool
	rejected int
	trying   int
	changed  chan struct{} // closed when one of the above changes
}

// NewGuard returns a Guard that stops after that many rejections; less than 1
// is 1.
func NewGuard(maxRejected int) *Guard {
	return &Guard{most: max(maxRejected, 1), accounts: make(map[string]*account)}
}

// GuardError says that a login was not tried.
type GuardError struct {
	Username string
	Rejected int // vCenters that rejected the credential
}

// Error says why.
func (e *GuardError) Error() string {
	return fmt.Sprintf("not tried: %d vCenters rejected the credential of %s, and more tries might lock the account", e.Rejected, e.Username)
}

// Admit waits until a login to vc may be tried. The caller then tries it and
// calls done with its outcome, neither accepted nor rejected when there was no
// answer. The error is a *GuardError, or ctx's.
func (g *Guard) Admit(ctx context.Context, vc config.VCenter) (done func(accepted, rejected bool), err error) {
	a := g.account(vc)
	began := time.Now()
	for {
		g.mu.Lock()
		if a.rejected >= g.most {
			g.mu.Unlock()
			return nil, &GuardError{Username: vc.Username, Rejected: a.rejected}
		}
		late := time.Since(began) >= patience && a.rejected+a.trying < g.most
		if a.accepted && a.rejected == 0 || a.trying == 0 || late {
			a.trying++
			g.mu.Unlock()
			return func(accepted, rejected bool) { g.done(a, accepted, rejected) }, nil
		}
		changed := a.changed
		g.mu.Unlock()
		if err := wait(ctx, changed, patience-time.Since(began)); err != nil {
			return nil, err
		}
	}
}

// account returns the state of vc's credential. The same user name under two
// credentials is two accounts: sites often share names and not passwords.
func (g *Guard) account(vc config.VCenter) *account {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := vc.Credential + "\x00" + vc.Username
	a := g.accounts[key]
	if a == nil {
		a = &account{changed: make(chan struct{})}
		g.accounts[key] = a
	}
	return a
}

func (g *Guard) done(a *account, accepted, rejected bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	a.trying--
	a.accepted = a.accepted || accepted
	if rejected {
		a.rejected++
	}
	close(a.changed)
	a.changed = make(chan struct{})
}

// wait returns when changed is closed or the time is over, or with ctx's error.
// A time that is over already leaves only the change to wait for.
func wait(ctx context.Context, changed <-chan struct{}, left time.Duration) error {
	var over <-chan time.Time
	if left > 0 {
		timer := time.NewTimer(left)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-changed:
	case <-over:
	}
	return nil
}
