package collector

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"vcfleet/pkg/vim"
)

// How often something is tried in all, and how long is waited in between. The
// deadline of the vCenter bounds all of it.
const (
	maxTries   = 3
	firstPause = 500 * time.Millisecond // the next is twice as long
	// maxWait is the longest Retry-After that is waited for. A vCenter that asks for
	// more is not asked again in this run: sooner than it says would not help it.
	maxWait = 30 * time.Second
)

// triedError is an error that stayed.
type triedError struct {
	cause error
	tries int
}

func (e *triedError) Error() string { return fmt.Sprintf("%v (tried %d times)", e.cause, e.tries) }
func (e *triedError) Unwrap() error { return e.cause }

// tried says of an error how often the thing was tried, and that ctx ended while
// the next try was waited for, if it did.
func tried(ctx context.Context, err error, tries int) error {
	if err == nil {
		return nil
	}
	if tries > 1 {
		err = &triedError{err, tries}
	}
	if end := ctx.Err(); end != nil && !errors.Is(err, end) {
		err = fmt.Errorf("%w, after %w", end, err)
	}
	return err
}

// repeat makes a call, and makes it again as long as again says so. The call
// must be idempotent: whether a request whose answer was lost was carried out,
// nobody knows. Those are hello, ServiceInstance.content, CreateContainerView (a
// view whose name was lost dies with its session), DestroyView,
// CancelRetrievePropertiesEx and Logout.
func (c *conversation) repeat(ctx context.Context, call func() error) error {
	return c.repeated(ctx, call, func(vim.Transient) bool { return true })
}

// repeatUnsent is repeat for Login, which is not idempotent: each wrong password
// counts towards a lockout, and a session whose key was lost cannot be ended. It
// is made again only when no connection came about.
func (c *conversation) repeatUnsent(ctx context.Context, call func() error) error {
	return c.repeated(ctx, call, func(t vim.Transient) bool { return t.Unsent })
}

func (c *conversation) repeated(ctx context.Context, call func() error, may func(vim.Transient) bool) error {
	for tries := 1; ; tries++ {
		err := call()
		if err == nil || !c.again(ctx, tries, err, may) {
			return tried(ctx, err, tries)
		}
	}
}

// again decides whether to try once more after an error, and waits until then.
// It is the one place that decides on repetition; what may pass at all is said
// by vim.TransientCause. (By the cause and not by the status: a wrong password
// is a 500, VI/JSON OpenAPI 9.1.1.)
func (c *conversation) again(ctx context.Context, tries int, err error, may func(vim.Transient) bool) bool {
	transient, ok := vim.TransientCause(err)
	if !ok || tries >= maxTries || transient.Wait > maxWait || !may(transient) {
		return false
	}
	wait := max(pause(tries), transient.Wait)
	if !sleep(ctx, wait) {
		return false
	}
	c.result.Retries++
	c.log.Info().Err(err).Int("tries", tries).Dur("waited", wait).Msg("trying again")
	return true
}

// pause returns how long to wait after that many tries: twice as long each time,
// give or take half of it, so that a fleet that was thrown off at one moment
// does not come back at one moment.
func pause(tries int) time.Duration {
	base := firstPause << (tries - 1)
	return base/2 + rand.N(base)
}

// sleep waits, unless ctx ends within that time: then it returns false, at once
// if the deadline says so already.
func sleep(ctx context.Context, wait time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}
