package collector

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"vcfleet/pkg/inventory"
	"vcfleet/pkg/vim"
)

// Bounds of what happens after the deadline or the interruption.
const (
	// endTimeout bounds cleanup and logout together, and how long a login under
	// way is waited for.
	endTimeout = 10 * time.Second
	// cleanupTimeout is the share of it that the view and the token may take: the
	// logout matters more, and takes them with it.
	cleanupTimeout = 4 * time.Second
)

// login logs in. A login under way when ctx ends is waited for a little longer:
// the session that it opens can only be ended with the key in its answer.
func (c *conversation) login(ctx context.Context) error {
	done, err := c.options.Admit(ctx, c.vc)
	if err != nil {
		if ctx.Err() == nil {
			err = &notAdmittedError{err}
		}
		return err
	}
	var session *vim.Session
	// Also when Login panics: the others of the credential wait for the outcome.
	defer func() {
		// NoPermission is what an account without any role gets: its password was
		// right (Login, VI/JSON OpenAPI 9.1.1).
		done(session != nil || errors.Is(err, vim.NoPermission), errors.Is(err, vim.InvalidLogin))
	}()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	patient, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(endTimeout, cancel) })()
	err = c.repeatUnsent(ctx, func() (err error) {
		session, err = c.client.Login(patient, c.release, c.content, c.vc.Username, c.vc.Password)
		return err
	})
	if err != nil && patient.Err() != nil {
		err = fmt.Errorf("Login: %w", ctx.Err()) // the deadline or the interruption, not the end of patience
	}
	if session != nil {
		c.session = session
		c.open = append(c.open, session)
	}
	return err
}

// notAdmittedError is a login that was not tried.
type notAdmittedError struct{ cause error }

func (e *notAdmittedError) Error() string { return "Login: " + e.cause.Error() }
func (e *notAdmittedError) Unwrap() error { return e.cause }

// errSessionLost is a session that the vCenter no longer knows.
var errSessionLost = errors.New("the vCenter no longer knows the session")

// sessionLost reports whether an error of a call in the session says that the
// session has gone: NotAuthenticated, with HTTP 500 (seen on 8.0.3, evoila/meho
// #3566); AuthenticationRequired, with HTTP 401 (since 9.1); and errSessionLost.
func sessionLost(err error) bool {
	return errors.Is(err, errSessionLost) || errors.Is(err, vim.NotAuthenticated) || errors.Is(err, vim.AuthenticationRequired)
}

// loginAgain opens a session in place of one that was lost. The old one is
// logged out first: it may still be there, and only its view have gone.
func (c *conversation) loginAgain(ctx context.Context, lost error) error {
	c.log.Warn().Err(lost).Msg("the session was lost: logging in again")
	c.result.Retries++
	c.view, c.token = vim.ManagedObjectReference{}, "" // they went with the session
	if err := c.timed(inventory.PhaseLogout, func() error {
		ctx, cancel := context.WithTimeout(ctx, cleanupTimeout)
		defer cancel()
		return c.logout(ctx)
	}); err != nil {
		c.log.Warn().Err(err).Msg("the lost session was not logged out; this is tried again at the end")
	}
	err := c.timed(inventory.PhaseLogin, func() error { return c.login(ctx) })
	if err != nil {
		return fmt.Errorf("after the session was lost: %w", err)
	}
	return nil
}

// logout ends all sessions that are open. Those that it cannot end stay listed.
func (c *conversation) logout(ctx context.Context) error {
	var failed error
	c.open = slices.DeleteFunc(c.open, func(s *vim.Session) bool {
		err := c.repeat(ctx, func() error { return s.Logout(ctx) })
		failed = errors.Join(failed, err)
		return err == nil
	})
	return failed
}

// end gives back the view and the token and ends the sessions, whatever became
// of ctx. Its outcome stands in the result, and hides nothing that was read.
func (c *conversation) end(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	c.result.Logout = inventory.LogoutFailed
	defer func(at inventory.Phase) { // even when the cleanup panics
		err := c.timed(inventory.PhaseLogout, func() error { return c.logout(ctx) })
		switch {
		case err == nil:
			c.result.Logout = inventory.LogoutOK
		case c.result.Status == inventory.Failed: // the problem that is there says why; one is enough
			c.log.Warn().Err(err).Msg("the session stays until the vCenter ends it")
		default:
			c.problem(Describe(inventory.PhaseLogout, err))
		}
		c.at = at // should a panic be passing by
	}(c.at)
	if c.view.IsZero() && c.token == "" {
		return
	}
	// What fails here is no problem: the session's end takes views and tokens
	// with it.
	err := c.timed(inventory.PhaseCleanup, func() error {
		ctx, cancel := context.WithTimeout(ctx, cleanupTimeout)
		defer cancel()
		return errors.Join(c.cancelToken(ctx), c.destroyView(ctx))
	})
	if err != nil {
		c.log.Warn().Err(err).Msg("the view or the page token was not given back")
	}
}

// cancelToken gives back the token of a retrieval that was not read to its end.
func (c *conversation) cancelToken(ctx context.Context) error {
	if c.token == "" {
		return nil
	}
	token := c.token
	c.token = ""
	return c.repeat(ctx, func() error { return c.session.CancelRetrievePropertiesEx(ctx, token) })
}

func (c *conversation) destroyView(ctx context.Context) error {
	if c.view.IsZero() {
		return nil
	}
	return c.repeat(ctx, func() error { return c.session.DestroyView(ctx, c.view) })
}
