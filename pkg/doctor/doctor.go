package doctor

import (
	"context"
	"crypto/tls"
	"net/url"
	"slices"
	"time"

	"vcfleet/pkg/config"
	"vcfleet/pkg/tabular"
	"vcfleet/pkg/vim"
)

const (
	defaultStep    = 30 * time.Second
	cleanupTimeout = 10 * time.Second // for what is given back, deadline or not
)

// Options are what a Doctor needs beside the vCenter.
type Options struct {
	UserAgent string
	// Sections are those that the configuration wants collected: one that cannot
	// be read is a failure, one that is not wanted a warning.
	Sections []string
	// Step bounds each check, and so does a vCenter's timeout; 0 is 30 s.
	Step time.Duration
	// Admit waits until a login may be tried, and is told what came of it:
	// neither accepted nor rejected when there was no answer. Its error skips the
	// login. It may be nil. (fleet.Guard keeps accounts from being locked.)
	Admit func(ctx context.Context, vc config.VCenter) (done func(accepted, rejected bool), err error)
}

// Doctor examines vCenters. It is safe for concurrent use.
type Doctor struct{ options Options }

// New returns a Doctor.
func New(o Options) *Doctor {
	if o.Step <= 0 {
		o.Step = defaultStep
	}
	if o.Admit == nil {
		o.Admit = func(context.Context, config.VCenter) (func(bool, bool), error) { return func(bool, bool) {}, nil }
	}
	return &Doctor{o}
}

// Examine runs all checks on one vCenter. There is always a result for each. No
// session is left behind, not even by a panic.
func (d *Doctor) Examine(ctx context.Context, vc config.VCenter) VCenter {
	v := &visit{options: d.options, vc: vc, step: d.options.Step}
	if vc.Timeout > 0 {
		v.step = min(v.step, vc.Timeout)
	}
	defer v.leave(ctx)
	for _, check := range Checks() {
		v.results = append(v.results, v.perform(ctx, check))
	}
	return VCenter{Name: vc.Name, Host: vc.Host, Checks: v.results}
}

// NotExamined is the result for a vCenter that Examine was not called for, or did
// not return from: its first check has the status and the text, the others are
// skipped.
func NotExamined(vc config.VCenter, status Status, text, hint string) VCenter {
	v := VCenter{Name: vc.Name, Host: vc.Host}
	for i, check := range Checks() {
		r := Result{VCenter: vc.Name, Check: check.Name, Status: Skipped, Detail: text}
		if i == 0 {
			r.Status, r.Hint = status, hint
		}
		v.Checks = append(v.Checks, r)
	}
	return v
}

// visit is the examination of one vCenter: what the checks so far have found.
type visit struct {
	options Options
	vc      config.VCenter
	step    time.Duration
	results []Result

	proxy      *url.URL             // nil when the connection is direct
	connection *tls.ConnectionState // of the last answer of client
	clock      tabular.Opt[sample]
	client     *vim.Client
	release    vim.Release
	hello      func() (vim.Release, error) // set when hello was asked already
	content    *vim.ServiceContent
	session    *vim.Session
}

// perform runs a check, or skips it when what it builds upon is not there.
func (v *visit) perform(ctx context.Context, check Check) Result {
	r := Result{VCenter: v.vc.Name, Check: check.Name, Status: Skipped}
	if base := v.result(check.needs); base != nil {
		switch base.Status {
		case Fail:
			r.Detail = "not checked, as " + base.Check + " failed"
			return r
		case Skipped:
			r.Detail = base.Detail
			return r
		case OK, Warn:
		}
	}
	if ctx.Err() != nil && !check.always {
		r.Detail = "not checked: " + ended(ctx)
		return r
	}
	start := time.Now()
	found := check.run(v, ctx)
	found.VCenter, found.Check = r.VCenter, r.Check
	if found.Status != Skipped && !check.offline {
		found.Millis = tabular.Some(time.Since(start).Milliseconds())
	}
	return found
}

func (v *visit) result(check string) *Result {
	at := slices.IndexFunc(v.results, func(r Result) bool { return r.Check == check })
	if at < 0 {
		return nil
	}
	return &v.results[at]
}

// bounded returns the context of one step.
func (v *visit) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, v.step)
}

// cleanup returns the context of what gives something back: it outlives ctx.
func cleanup(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
}

// leave ends what a panic left open, and the client.
func (v *visit) leave(ctx context.Context) {
	if v.session != nil {
		ctx, cancel := cleanup(ctx)
		defer cancel()
		// Only after a panic, which goes on and says more than this error.
		_ = v.session.Logout(ctx)
	}
	if v.client != nil {
		v.client.Close()
	}
}

// settings are the options of a client of this vCenter.
func (v *visit) settings() vim.Options {
	return vim.Options{
		Address: v.vc.Address(), UserAgent: v.options.UserAgent, Proxy: v.vc.Proxy, Trace: v.trace,
		TLS: vim.TLS{CAFile: v.vc.TLS.CAFile, Thumbprint: v.vc.TLS.Thumbprint, ServerName: v.vc.TLS.ServerName, Insecure: v.vc.TLS.Insecure},
	}
}
