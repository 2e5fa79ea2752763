package collector

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"vcfleet/pkg/config"
	"vcfleet/pkg/inventory"
	"vcfleet/pkg/vim"
)

// cleanupTimeout bounds the cleanup of one vCenter, which runs even when the
// deadline has passed or the run was interrupted.
const cleanupTimeout = 10 * time.Second

// Options are what a Collector needs beside the vCenter.
type Options struct {
	UserAgent string
	Sections  []string // of inventory.Sections
	// Start is the moment that ages are counted to: that of the run.
	Start time.Time
	Log   zerolog.Logger
	// Admit waits until a login may be tried, and is told what came of it:
	// neither accepted nor rejected when there was no answer. Its error skips the
	// vCenter. It may be nil. (fleet.Guard keeps accounts from being locked.)
	Admit func(ctx context.Context, vc config.VCenter) (done func(accepted, rejected bool), err error)
	// Observe is told of the progress: objects more have been read. It may be
	// nil, and is called from the vCenter's goroutine.
	Observe func(vcenter string, objects int)
}

// Collector reads vCenters. It is safe for concurrent use.
type Collector struct {
	options Options
}

// New returns a Collector.
func New(o Options) *Collector {
	if o.Observe == nil {
		o.Observe = func(string, int) {}
	}
	if o.Admit == nil {
		o.Admit = func(context.Context, config.VCenter) (func(bool, bool), error) { return func(bool, bool) {}, nil }
	}
	return &Collector{o}
}

// Collect reads one vCenter. It always returns a result: what went wrong is in
// its problems. No session is left behind, whatever happens.
func (c *Collector) Collect(ctx context.Context, vc config.VCenter) inventory.VCenter {
	start := time.Now()
	talk := &conversation{
		options: c.options,
		vc:      vc,
		log:     c.options.Log.With().Str("vcenter", vc.Name).Logger(),
		result: inventory.VCenter{
			Name: vc.Name, Host: vc.Host, Labels: vc.Labels, Sections: c.options.Sections,
			Status: inventory.Failed, StartedAt: start.UTC(), Logout: inventory.LogoutNotNeeded,
		},
	}
	talk.run(ctx)
	talk.result.Millis = time.Since(start).Milliseconds()
	talk.result.Count()
	talk.finishLog()
	return talk.result
}

// conversation is the reading of one vCenter.
type conversation struct {
	options Options
	vc      config.VCenter
	log     zerolog.Logger
	client  *vim.Client
	result  inventory.VCenter
}

func (c *conversation) run(ctx context.Context) {
	client, err := vim.NewClient(vim.Options{
		Address: c.vc.Address(), UserAgent: c.options.UserAgent, Proxy: c.vc.Proxy, Trace: c.trace,
		TLS: vim.TLS{CAFile: c.vc.TLS.CAFile, Thumbprint: c.vc.TLS.Thumbprint, ServerName: c.vc.TLS.ServerName, Insecure: c.vc.TLS.Insecure},
	})
	if err != nil {
		c.problem(inventory.Problem{
			Phase: inventory.PhaseConnect, Class: inventory.ClassUnreachable, Message: err.Error(),
			Hint: "check tls and proxy of this vCenter in the configuration",
		})
		return
	}
	c.client = client
	defer func() {
		c.result.Requests = client.Requests()
		client.Close()
	}()
	var release vim.Release
	var content *vim.ServiceContent
	ok := c.phase(inventory.PhaseNegotiate, func() (err error) {
		release, content, err = c.negotiate(ctx)
		return err
	})
	if !ok {
		return
	}
	var session *vim.Session
	ok = c.phase(inventory.PhaseLogin, func() (err error) {
		session, err = c.login(ctx, release, content)
		if _, refused := errors.AsType[*notAdmittedError](err); refused {
			c.result.Status = inventory.Skipped
		}
		return err
	})
	if !ok {
		return
	}
	c.inSession(ctx, session, content)
}

// negotiate finds out what API release the vCenter speaks, and who it is.
func (c *conversation) negotiate(ctx context.Context) (vim.Release, *vim.ServiceContent, error) {
	release, err := c.client.Hello(ctx)
	if err != nil {
		return "", nil, err
	}
	content, err := c.client.ServiceContent(ctx, release)
	if err != nil {
		return "", nil, err
	}
	c.result.APIRelease, c.result.Protocol = string(release), "vi-json"
	c.result.InstanceUUID = content.About.InstanceUUID
	c.result.Version, c.result.Build = content.About.Version, content.About.Build
	return release, content, nil
}

// login logs in. A login under way when ctx ends is waited for a little longer:
// the session that it opens can only be ended with the key in its answer.
func (c *conversation) login(ctx context.Context, release vim.Release, content *vim.ServiceContent) (*vim.Session, error) {
	done, err := c.options.Admit(ctx, c.vc)
	if err != nil {
		if ctx.Err() == nil {
			err = &notAdmittedError{err}
		}
		return nil, err
	}
	var session *vim.Session
	// Also when Login panics: the others of the credential wait for the outcome.
	defer func() {
		// NoPermission is what an account without any role gets: its password was
		// right (Login, VI/JSON OpenAPI 9.1.1).
		done(session != nil || errors.Is(err, vim.NoPermission), errors.Is(err, vim.InvalidLogin))
	}()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	patient, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(cleanupTimeout, cancel) })()
	session, err = c.client.Login(patient, release, content, c.vc.Username, c.vc.Password)
	if err != nil && patient.Err() != nil {
		err = fmt.Errorf("Login: %w", ctx.Err()) // the deadline or the interruption, not the end of patience
	}
	return session, err
}

// notAdmittedError is a login that was not tried.
type notAdmittedError struct{ cause error }

func (e *notAdmittedError) Error() string { return "Login: " + e.cause.Error() }
func (e *notAdmittedError) Unwrap() error { return e.cause }

// inSession reads the inventory and ends the session.
func (c *conversation) inSession(ctx context.Context, session *vim.Session, content *vim.ServiceContent) {
	defer func() {
		// A panic while reading must not leave the session behind; it goes on to
		// the pool, which makes a problem of it.
		cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
		defer cancel()
		c.result.Logout = inventory.LogoutFailed
		err := c.timed(inventory.PhaseLogout, func() error { return session.Logout(cleanup) })
		switch {
		case err == nil:
			c.result.Logout = inventory.LogoutOK
		case c.result.Status == inventory.Failed: // the problem that is there says why; one is enough
			c.log.Warn().Err(err).Msg("the session stays until the vCenter ends it")
		default:
			c.problem(describe(inventory.PhaseLogout, err))
		}
	}()
	r := newReader(content, c.options.Sections, func(objects int) { c.options.Observe(c.vc.Name, objects) })
	var view vim.ManagedObjectReference
	ok := c.phase(inventory.PhaseView, func() (err error) {
		view, err = session.CreateContainerView(ctx, content.RootFolder, r.viewTypes())
		return err
	})
	if !ok {
		return
	}
	var retrieval vim.Retrieval
	defer func() { c.cleanup(ctx, session, view, retrieval.Token) }()
	ok = c.phase(inventory.PhaseRead, func() (err error) {
		retrieval, err = session.Retrieve(ctx, r.query(view, c.vc.PageSize), r)
		if err == nil && r.sessionLost {
			err = errSessionLost
		}
		if err == nil {
			c.result.Records = r.resolve(c.vc.Name, c.options.Start)
		}
		return err
	})
	c.result.Pages, c.result.Bytes = int64(retrieval.Pages), retrieval.Bytes
	if !ok {
		return
	}
	r.observed()
	c.result.Status = inventory.Complete
	if gaps := r.problems(); len(gaps) > 0 {
		c.result.Status = inventory.Partial
		for _, p := range gaps {
			c.problem(p)
		}
	}
}

// errSessionLost is the answer 200 with properties that could not be read for
// want of authentication: RetrievePropertiesEx needs no session to be called
// (pyvmomi #43).
var errSessionLost = errors.New("the vCenter no longer knows the session")

// cleanup gives back what a retrieval holds in the vCenter. What fails here is
// no problem: the session's end takes views and tokens with it.
func (c *conversation) cleanup(ctx context.Context, session *vim.Session, view vim.ManagedObjectReference, token string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	err := c.timed(inventory.PhaseCleanup, func() error {
		var cancelErr error
		if token != "" {
			cancelErr = session.CancelRetrievePropertiesEx(ctx, token)
		}
		return errors.Join(cancelErr, session.DestroyView(ctx, view))
	})
	if err != nil {
		c.log.Warn().Err(err).Msg("the view or the page token was not given back")
	}
}

// phase runs a phase, times it, and makes a problem of its error.
func (c *conversation) phase(phase inventory.Phase, run func() error) bool {
	err := c.timed(phase, run)
	if err != nil {
		c.problem(describe(phase, err))
	}
	return err == nil
}

func (c *conversation) timed(phase inventory.Phase, run func() error) error {
	start := time.Now()
	err := run()
	c.result.Phases = append(c.result.Phases, inventory.PhaseTime{Name: phase, Millis: time.Since(start).Milliseconds()})
	return err
}

func (c *conversation) problem(p inventory.Problem) {
	c.result.Problems = append(c.result.Problems, p)
	event := c.log.Warn().Str("phase", string(p.Phase)).Str("class", string(p.Class))
	if p.Objects > 0 {
		event.Str("type", p.Type).Str("path", p.Path).Int64("objects", p.Objects)
	}
	event.Str("hint", p.Hint).Msg(p.Message)
}

func (c *conversation) trace(t vim.Trace) {
	c.log.Trace().Str("method", t.Method).Str("object", t.Object).Int("status", t.Status).Dur("took", t.Took).Err(t.Err).Msg("request")
}

func (c *conversation) finishLog() {
	r := &c.result
	c.log.Info().Str("status", string(r.Status)).Str("release", r.APIRelease).Int64("millis", r.Millis).
		Int64("requests", r.Requests).Int64("pages", r.Pages).Int64("bytes", r.Bytes).Str("logout", string(r.Logout)).
		Msg("vCenter done")
}
