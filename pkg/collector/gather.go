package collector

import (
	"context"
	"errors"
	"fmt"

	"vcfleet/pkg/inventory"
	"vcfleet/pkg/vim"
)

// inSession reads the inventory and ends the session.
func (c *conversation) inSession(ctx context.Context) {
	// A panic while reading must not leave the session behind.
	defer c.end(ctx)
	r, phase, err := c.gather(ctx)
	if err != nil {
		c.problem(Describe(phase, err))
		return
	}
	_ = c.timed(inventory.PhaseRead, func() error { // no error: it happens in memory
		c.result.Records = r.resolve(c.vc.Name, c.options.Start)
		return nil
	})
	r.observed()
	c.result.Status = inventory.Complete
	for _, p := range r.unsupported(c.release) {
		if p.emptied {
			c.result.Status = inventory.Partial
		}
		c.problem(p.Problem)
	}
	for _, p := range r.problems() {
		c.result.Status = inventory.Partial
		c.problem(p)
	}
}

// gather reads the inventory, and begins again where that can help, each time
// with a fresh reader: no object comes twice and none is dropped. An error has
// the phase in which it happened.
func (c *conversation) gather(ctx context.Context) (*reader, inventory.Phase, error) {
	var loggedIn bool // again
	for tries := 1; ; {
		r := newReader(c.content, c.options.Sections, c.unknown, c.progress())
		phase, err := c.attempt(ctx, r)
		switch {
		case err == nil:
			return r, phase, nil
		case sessionLost(err) && !loggedIn && ctx.Err() == nil:
			loggedIn = true
			if err := c.loginAgain(ctx, err); err != nil {
				return nil, inventory.PhaseLogin, err
			}
		case phase == inventory.PhaseRead && c.leaveOut(r, err):
			c.result.Retries++
		case phase == inventory.PhaseRead && c.again(ctx, tries, err, func(vim.Transient) bool { return true }):
			tries++
			c.dropToken(ctx)
		default:
			return nil, phase, tried(ctx, err, tries)
		}
	}
}

// attempt makes a view, unless there is one, and reads what it shows.
func (c *conversation) attempt(ctx context.Context, r *reader) (inventory.Phase, error) {
	if c.view.IsZero() {
		err := c.timed(inventory.PhaseView, func() error {
			return c.repeat(ctx, func() (err error) {
				c.view, err = c.session.CreateContainerView(ctx, c.content.RootFolder, r.viewTypes())
				return err
			})
		})
		if err != nil {
			return inventory.PhaseView, err
		}
	}
	return inventory.PhaseRead, c.timed(inventory.PhaseRead, func() error {
		retrieval, err := c.session.Retrieve(ctx, r.query(c.view, c.vc.PageSize), r)
		c.token = retrieval.Token
		c.result.Pages += int64(retrieval.Pages)
		c.result.Bytes += retrieval.Bytes
		fault, _ := errors.AsType[*vim.Fault](err)
		switch {
		case err == nil && r.sessionLost:
			// RetrievePropertiesEx needs no session to be called: it answers 200, with
			// every property missing (pyvmomi #43).
			return errSessionLost
		case fault != nil && fault.Type == vim.ManagedObjectNotFound && fault.Object == c.view:
			// A view dies with its session, and with nothing else but DestroyView.
			return fmt.Errorf("%w: %w", errSessionLost, err)
		case fault != nil && fault.Type == vim.NoPermission && retrieval.Pages > 0 && c.release.Before("8.0.3.0"):
			r.cut = &cut{pages: retrieval.Pages, objects: retrieval.Objects, fault: fault}
			return nil
		}
		return err
	})
}

// dropToken gives back the token of a retrieval that is begun again. That it
// fails is no matter: the new retrieval takes the token's place.
func (c *conversation) dropToken(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, cleanupTimeout)
	defer cancel()
	if err := c.cancelToken(ctx); err != nil {
		c.log.Warn().Err(err).Msg("the page token was not given back")
	}
}

// progress returns what a reader tells of its objects: those of a retrieval that
// is begun again are told of once.
func (c *conversation) progress() func(objects int) {
	read := 0
	return func(objects int) {
		read += objects
		if more := read - c.told; more > 0 {
			c.told = read
			c.options.Observe(c.vc.Name, more)
		}
	}
}
