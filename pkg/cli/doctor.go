package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"vcfleet/pkg/config"
	"vcfleet/pkg/doctor"
	"vcfleet/pkg/fleet"
	"vcfleet/pkg/internal/version"
	"vcfleet/pkg/inventory"
)

type doctorOptions struct {
	configOptions
	logOptions
	outputs []string
	trust   bool
}

func newDoctor(s Streams) *cobra.Command {
	o := new(doctorOptions)
	var checks strings.Builder
	for _, c := range doctor.Checks() {
		for i, line := range wrapped(c.Doc, 80-12) {
			name := ""
			if i == 0 {
				name = c.Name
			}
			fmt.Fprintf(&checks, "  %-9s %s\n", name, line)
		}
	}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Examine connection, certificate, account and clock of every vCenter",
		Long: `Examine every enabled vCenter, step by step, without collecting, and say what
to do about what is wrong. Each check has 30 seconds at the most, and less when
the vCenter's timeout is less.

` + checks.String() + `
With --trust nothing but the certificates is looked at: the lines that pin them
are printed, to be compared with the vCenters' own and then pasted into the
configuration. No credentials are read or sent.

Exit codes: 0 no check failed (warnings are allowed), 3 a check failed on some
vCenter, 1 an output could not be written, 2 the configuration is wrong, 130
interrupted.`,
		Example: `  vcfleet doctor -c fleet.yaml
  vcfleet doctor -c fleet.yaml -o json=doctor.json
  vcfleet doctor -c fleet.yaml --trust`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), s) },
	}
	var names []string
	for _, f := range doctor.Formats() {
		names = append(names, f.Name)
	}
	o.configOptions.flags(cmd)
	f := cmd.Flags()
	f.StringArrayVarP(&o.outputs, "output", "o", nil, "FORMAT[=PATH], repeatable: "+strings.Join(names, ", ")+" (default table; PATH - is standard output)")
	f.BoolVar(&o.trust, "trust", false, "print the lines that pin the vCenters' certificates, and examine nothing")
	o.logOptions.flags(f)
	f.SortFlags = false
	// Only an unknown flag name is an error here.
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoSpace))
	return cmd
}

// wrapped breaks a text of ASCII into lines of at most width.
func wrapped(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return append(lines, line)
}

func (o *doctorOptions) run(ctx context.Context, s Streams) error {
	outs, err := o.parse()
	if err != nil {
		return err
	}
	log, err := o.logger(s.Err, s, false)
	if err != nil {
		return err
	}
	cfg, err := o.load()
	if err != nil {
		return err
	}
	for _, w := range cfg.Warnings {
		log.Warn().Str("file", w.File).Int("line", w.Line).Str("hint", w.Hint).Msg(w.Message)
	}
	cfg.VCenters = slices.DeleteFunc(cfg.VCenters, func(v config.VCenter) bool { return !v.Enabled })
	if len(cfg.VCenters) == 0 {
		return errors.New("no vCenter is enabled")
	}
	if o.trust {
		return o.certificates(ctx, s, cfg, log)
	}
	if err := cfg.Secrets(ctx); err != nil {
		return secretsError(ctx, err)
	}
	for i, out := range outs {
		if err := out.Open(s.Out, doctor.Style{Width: s.OutWidth, Color: s.Color}); err != nil {
			for _, opened := range outs[:i] {
				// Nothing has been written that could be lost.
				_ = opened.Abort()
			}
			return fmt.Errorf("-o %s=%s: %w", out.Format.Name, out.Path, err)
		}
	}
	r := examine(ctx, cfg, log)
	var failed []error
	for _, out := range outs {
		if err := out.Write(r); err != nil {
			failed = append(failed, err)
		}
	}
	switch {
	case len(failed) > 0:
		return errors.Join(failed...)
	case ctx.Err() != nil:
		return &exitError{exitInterrupted, context.Cause(ctx)}
	case r.Passed():
		return nil
	}
	return &exitError{code: exitPartial}
}

// parse reads the flags; its errors are usage errors.
func (o *doctorOptions) parse() ([]*doctor.Output, error) {
	if o.trust && len(o.outputs) > 0 {
		return nil, usage("--trust prints YAML: it goes with no -o")
	}
	texts := o.outputs
	if len(texts) == 0 {
		texts = []string{doctor.Formats()[0].Name}
	}
	var outs []*doctor.Output
	for _, text := range texts {
		out, err := doctor.ParseOutput(text)
		if err != nil {
			return nil, usage("-o %s: %w", text, err)
		}
		if slices.ContainsFunc(outs, func(other *doctor.Output) bool { return other.Path == out.Path }) {
			return nil, usage("-o %s: two outputs cannot go to the same place (%s)", text, out.Path)
		}
		outs = append(outs, out)
	}
	return outs, nil
}

// examine runs the checks on the fleet; the report has the vCenters in the
// configuration's order.
func examine(ctx context.Context, cfg *config.Config, log zerolog.Logger) *doctor.Report {
	d := doctor.New(doctor.Options{UserAgent: userAgent(), Sections: cfg.Collect.Sections, Admit: fleet.NewGuard(cfg.Collect.MaxRejectedLogins).Admit})
	r := &doctor.Report{Tool: inventory.Tool{Name: "vcfleet", Version: version.String()}, StartedAt: time.Now().UTC()}
	r.VCenters = visitAll(ctx, cfg, log, d.Examine, func(vc config.VCenter, failed bool, text, hint string) doctor.VCenter {
		if failed {
			return doctor.NotExamined(vc, doctor.Fail, text, hint)
		}
		return doctor.NotExamined(vc, doctor.Skipped, text, hint)
	})
	r.FinishedAt = time.Now().UTC()
	r.MarkTwins()
	return r
}

// trustWarning is said however quiet the program is asked to be.
const trustWarning = `warning: whoever answered at these addresses has shown these certificates: compare
each thumbprint with the vCenter's own before you trust it; on the appliance:
/usr/lib/vmware-vmafd/bin/vecs-cli entry getcert --store MACHINE_SSL_CERT \
  --alias __MACHINE_CERT | openssl x509 -noout -fingerprint -sha256`

// certificates prints what pins the certificates.
func (o *doctorOptions) certificates(ctx context.Context, s Streams, cfg *config.Config, log zerolog.Logger) error {
	d := doctor.New(doctor.Options{UserAgent: userAgent()})
	list := visitAll(ctx, cfg, log, d.Look, func(vc config.VCenter, _ bool, text, hint string) doctor.Certificate {
		return doctor.Certificate{Name: vc.Name, Address: vc.Address(), Problem: text + " (" + hint + ")"}
	})
	if _, err := fmt.Fprint(s.Out, doctor.TrustYAML(list)); err != nil {
		return err
	}
	code := exitOK
	for _, c := range list {
		switch {
		case c.Problem != "":
			code = exitPartial
			log.Error().Str("vcenter", c.Name).Msg(c.Problem)
		case c.Other:
			log.Warn().Str("vcenter", c.Name).Msg("this is not the certificate that is pinned now: find out why")
		}
	}
	fmt.Fprintln(s.Err, trustWarning)
	switch {
	case ctx.Err() != nil:
		return &exitError{exitInterrupted, context.Cause(ctx)}
	case code != exitOK:
		return &exitError{code: code}
	}
	return nil
}

// visitAll visits the vCenters in the fleet's pool, and returns what came of
// each in the configuration's order; those that were not visited, or in which
// the visit broke, get what instead makes of the reason.
func visitAll[R any](ctx context.Context, cfg *config.Config, log zerolog.Logger, visit func(context.Context, config.VCenter) R, instead func(vc config.VCenter, failed bool, text, hint string) R) []R {
	v := visitor[R]{visit: visit, found: make(map[string]R)}
	fleet.Run(ctx, cfg.VCenters, &v, fleet.Options{Concurrency: cfg.Collect.Concurrency, Log: log}, func(done inventory.VCenter) {
		v.mu.Lock()
		defer v.mu.Unlock()
		if _, ok := v.found[done.Name]; ok || len(done.Problems) == 0 {
			return
		}
		at := slices.IndexFunc(cfg.VCenters, func(vc config.VCenter) bool { return vc.Name == done.Name })
		v.found[done.Name] = instead(cfg.VCenters[at], done.Status == inventory.Failed, done.Problems[0].Message, done.Problems[0].Hint)
	})
	list := make([]R, 0, len(cfg.VCenters))
	for _, vc := range cfg.VCenters {
		list = append(list, v.found[vc.Name])
	}
	return list
}

// visitor is a fleet.Collector that keeps what its visits find.
type visitor[R any] struct {
	visit func(context.Context, config.VCenter) R
	mu    sync.Mutex
	found map[string]R // by the vCenter's name
}

// Collect visits a vCenter.
func (v *visitor[R]) Collect(ctx context.Context, vc config.VCenter) inventory.VCenter {
	found := v.visit(ctx, vc)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.found[vc.Name] = found
	return inventory.VCenter{Name: vc.Name, Status: inventory.Complete}
}
