package collector

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"vcfleet/pkg/config"
	"vcfleet/pkg/inventory"
	"vcfleet/pkg/vim"
)

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
		unknown: make(map[string]bool),
		result: inventory.VCenter{
			Name: vc.Name, Host: vc.Host, Labels: vc.Labels, Sections: c.options.Sections,
			Status: inventory.Failed, StartedAt: start.UTC(), Logout: inventory.LogoutNotNeeded,
		},
	}
	talk.guarded(ctx)
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
	at      inventory.Phase // under way

	release vim.Release
	content *vim.ServiceContent
	session *vim.Session   // the one in use
	open    []*vim.Session // to be logged out: that one, and any that was lost and not ended
	view    vim.ManagedObjectReference
	token   string          // of a retrieval that was not read to its end
	unknown map[string]bool // property paths that the release does not have
	told    int             // objects that options.Observe has been told of
}

// guarded runs the conversation and makes a problem of a panic in it. By then
// the session has been ended, and only here it is known whether that went well.
func (c *conversation) guarded(ctx context.Context) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		c.log.Error().Str("panic", fmt.Sprint(cause)).Bytes("stack", debug.Stack()).Msg("a bug in vcfleet")
		c.result.Status, c.result.Records = inventory.Failed, inventory.Records{}
		c.problem(inventory.Problem{
			Phase: c.at, Class: inventory.ClassInternal,
			Message: fmt.Sprintf("a bug in vcfleet: %v", cause),
			Hint:    "please report it, with the stack in the log",
		})
	}()
	c.run(ctx)
}

func (c *conversation) run(ctx context.Context) {
	c.at = inventory.PhaseConnect
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
	if !c.phase(inventory.PhaseNegotiate, func() error { return c.negotiate(ctx) }) {
		return
	}
	ok := c.phase(inventory.PhaseLogin, func() error {
		err := c.login(ctx)
		if _, refused := errors.AsType[*notAdmittedError](err); refused {
			c.result.Status = inventory.Skipped
		}
		return err
	})
	if ok {
		c.inSession(ctx)
	}
}

// negotiate finds out what API release the vCenter speaks, and who it is.
func (c *conversation) negotiate(ctx context.Context) error {
	err := c.repeat(ctx, func() (err error) {
		c.release, err = c.client.Hello(ctx)
		return err
	})
	if err != nil {
		return err
	}
	err = c.repeat(ctx, func() (err error) {
		c.content, err = c.client.ServiceContent(ctx, c.release)
		return err
	})
	if err != nil {
		return err
	}
	about := &c.content.About
	c.result.APIRelease, c.result.Protocol = string(c.release), "vi-json"
	c.result.InstanceUUID, c.result.Version, c.result.Build = about.InstanceUUID, about.Version, about.Build
	return nil
}

// phase runs a phase, times it, and makes a problem of its error.
func (c *conversation) phase(phase inventory.Phase, run func() error) bool {
	err := c.timed(phase, run)
	if err != nil {
		c.problem(Describe(phase, err))
	}
	return err == nil
}

// timed runs a phase, or a part of one, and adds its time to the phase's.
func (c *conversation) timed(phase inventory.Phase, run func() error) error {
	c.at = phase
	start := time.Now()
	err := run()
	took := time.Since(start).Milliseconds()
	at := slices.IndexFunc(c.result.Phases, func(p inventory.PhaseTime) bool { return p.Name == phase })
	if at < 0 {
		at = len(c.result.Phases)
		c.result.Phases = append(c.result.Phases, inventory.PhaseTime{Name: phase})
	}
	c.result.Phases[at].Millis += took
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
		Int64("requests", r.Requests).Int64("retries", r.Retries).Int64("pages", r.Pages).Int64("bytes", r.Bytes).Str("logout", string(r.Logout)).
		Msg("vCenter done")
}
