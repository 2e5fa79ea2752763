package cli

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"vcfleet/pkg/collector"
	"vcfleet/pkg/config"
	"vcfleet/pkg/fleet"
	"vcfleet/pkg/internal/version"
	"vcfleet/pkg/inventory"
	"vcfleet/pkg/report"
)

// outputOptions are the flags of commands that write a report.
type outputOptions struct {
	outputs []string
	tables  []string
}

func (o *outputOptions) flags(cmd *cobra.Command) {
	names := make([]string, 0, len(report.Formats()))
	for _, format := range report.Formats() {
		names = append(names, format.Name)
	}
	f := cmd.Flags()
	f.StringArrayVarP(&o.outputs, "output", "o", nil, "FORMAT[=PATH], repeatable: "+strings.Join(names, ", ")+" (default table; PATH - is standard output)")
	f.StringSliceVar(&o.tables, "tables", nil, "tables that the formats table and markdown show (default clusters); see 'vcfleet help columns'")
	// Only an unknown flag name is an error here.
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoSpace))
}

// output is one sink with where it goes.
type output struct {
	report.Sink
	spec report.Output
}

// outputs are all sinks of a run. An output that fails is said once and left
// alone from then on; the others go on.
type outputs struct {
	list   []output
	failed []error
}

// parse reads the flags; its errors are usage errors.
func (o *outputOptions) parse() ([]report.Output, error) {
	for _, name := range o.tables {
		if !isTable(name) {
			return nil, usage("--tables: there is no table %q; 'vcfleet help columns' lists them", name)
		}
	}
	specs := make([]report.Output, 0, len(o.outputs))
	for _, text := range o.outputs {
		spec, err := report.ParseOutput(text)
		if err != nil {
			return nil, usage("-o %s: %w", text, err)
		}
		taken := slices.ContainsFunc(specs, func(other report.Output) bool { return other.Path == spec.Path })
		if taken {
			return nil, usage("-o %s: two outputs cannot go to the same place (%s)", text, spec.Path)
		}
		specs = append(specs, spec)
	}
	if len(specs) == 0 {
		specs = []report.Output{{Format: "table", Path: report.Stdout}}
	}
	return specs, nil
}

// open opens the outputs, before anything is contacted.
func (o *outputOptions) open(s Streams, specs []report.Output) (*outputs, error) {
	all := new(outputs)
	for _, spec := range specs {
		sink, err := report.Open(spec, report.Options{Stdout: s.Out, Width: s.OutWidth, Color: s.Color && s.OutWidth > 0, Tables: o.tables})
		if err != nil {
			all.abort()
			return nil, fmt.Errorf("-o %s: %w", spec, err)
		}
		all.list = append(all.list, output{sink, spec})
	}
	return all, nil
}

func (o *outputs) fail(out output, err error) {
	o.failed = append(o.failed, fmt.Errorf("-o %s: %w", out.spec, err))
	// The first error says why; nothing of a failed output stays behind.
	_ = out.Abort()
}

func (o *outputs) vcenter(v *inventory.VCenter) {
	o.list = slices.DeleteFunc(o.list, func(out output) bool {
		err := out.VCenter(v)
		if err != nil {
			o.fail(out, err)
		}
		return err != nil
	})
}

// finish writes the report. A run that read nothing says so on standard output
// and leaves files as they were: the last good report is worth more.
func (o *outputs) finish(r *inventory.Report, nothing bool, log zerolog.Logger) {
	for _, out := range o.list {
		if nothing && out.spec.Path != report.Stdout {
			log.Warn().Str("output", out.spec.String()).Msg("nothing was collected: the output is left as it was")
			if err := out.Abort(); err != nil {
				o.fail(out, err)
			}
			continue
		}
		if err := out.Finish(r); err != nil {
			o.fail(out, err)
		}
	}
}

// err returns the errors of the outputs that failed.
func (o *outputs) err() error { return errors.Join(o.failed...) }

func (o *outputs) abort() {
	for _, out := range o.list {
		// Nothing has been written that could be lost.
		_ = out.Abort()
	}
}

// runOptions are the flags of commands that read vCenters.
type runOptions struct {
	outputOptions
	logOptions
	allowPartial bool
	timeout      time.Duration
}

func (o *runOptions) flags(cmd *cobra.Command) {
	o.outputOptions.flags(cmd)
	o.logOptions.flags(cmd.Flags())
	cmd.Flags().BoolVar(&o.allowPartial, "allow-partial", false, "exit 0 also when a vCenter is not complete")
	cmd.Flags().DurationVar(&o.timeout, "timeout", 0, "end the run after this long, as an interrupt would: what is finished is written (default: no limit)")
	cmd.Flags().SortFlags = false
}

// timeoutError is the cause of a context whose --timeout is over.
type timeoutError struct{ after time.Duration }

func (e timeoutError) Error() string      { return fmt.Sprintf("--timeout %s is over", e.after) }
func (timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// run reads the fleet and writes its report: what collect and demo have in
// common. load returns the configuration, finish may change each result.
func (o *runOptions) run(ctx context.Context, s Streams, load func() (*config.Config, error), finish func(*inventory.VCenter)) error {
	specs, err := o.parse()
	if err != nil {
		return err
	}
	if o.timeout < 0 {
		return usage("--timeout cannot be negative")
	}
	if o.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, o.timeout, timeoutError{o.timeout})
		defer cancel()
	}
	progress := newProgress(s, o.quiet)
	defer progress.stop()
	log, err := o.logger(progress, s, progress.wanted)
	if err != nil {
		return err
	}
	cfg, err := load()
	if err != nil {
		return err
	}
	for _, w := range cfg.Warnings {
		log.Warn().Str("file", w.File).Int("line", w.Line).Str("hint", w.Hint).Msg(w.Message)
	}
	if err := cfg.Secrets(ctx); err != nil {
		return secretsError(ctx, err)
	}
	outs, err := o.open(s, specs)
	if err != nil {
		return err
	}
	r := collect(ctx, cfg, log, progress, outs, finish)
	progress.stop()
	nothing := r.Statuses().Read() == 0
	outs.finish(r, nothing, log)
	if err := outs.err(); err != nil {
		return err
	}
	return o.verdict(ctx, r, nothing)
}

func secretsError(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return &exitError{exitInterrupted, err}
	}
	return &exitError{exitUsage, err}
}

// errNoOutputs ends a run whose every output has failed: nobody would see what
// it goes on to read.
var errNoOutputs = errors.New("no output is left to write to")

// collect reads the fleet into a report.
func collect(ctx context.Context, cfg *config.Config, log zerolog.Logger, progress *progress, outs *outputs, finish func(*inventory.VCenter)) *inventory.Report {
	what := cfg.Collect
	vcenters := slices.DeleteFunc(slices.Clone(cfg.VCenters), func(v config.VCenter) bool { return !v.Enabled })
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	progress.start(len(vcenters))
	start := time.Now().UTC()
	run := inventory.Run{ID: runID(start), StartedAt: start}
	log.Info().Str("run", run.ID).Int("vcenters", len(vcenters)).Int("concurrency", what.Concurrency).Strs("sections", what.Sections).Msg("run begins")
	reader := collector.New(collector.Options{UserAgent: userAgent(), Sections: what.Sections, Start: start, Log: log, Observe: progress.count, Admit: fleet.NewGuard(what.MaxRejectedLogins).Admit})
	results := make([]inventory.VCenter, 0, len(vcenters))
	fleet.Run(ctx, vcenters, reader, fleet.Options{Concurrency: what.Concurrency, Sections: what.Sections, Log: log}, func(v inventory.VCenter) {
		progress.vcenter()
		finish(&v)
		outs.vcenter(&v)
		if len(outs.list) == 0 {
			cancel(errNoOutputs)
		}
		results = append(results, v)
	})
	run.FinishedAt = time.Now().UTC()
	r := inventory.NewReport(inventory.Tool{Name: "vcfleet", Version: version.String()}, run, results)
	c := r.Statuses()
	log.Info().Str("run", run.ID).Int("complete", c.Complete).Int("partial", c.Partial).Int("failed", c.Failed).Int("skipped", c.Skipped).
		Dur("took", run.FinishedAt.Sub(start)).Msg("run ends")
	return r
}

// runID names a run: its start, and enough chance to tell two that start in the
// same second on two machines.
func runID(start time.Time) string {
	chance := make([]byte, 4)
	_, _ = rand.Read(chance) // never fails: crypto/rand ends the process first
	return start.Format("20060102T150405Z") + "-" + hex.EncodeToString(chance)
}

// verdict turns the run's outcome into the exit code.
func (o *runOptions) verdict(ctx context.Context, r *inventory.Report, nothing bool) error {
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return &exitError{exitInterrupted, context.Cause(ctx)}
	case nothing:
		return &exitError{exitFailed, errors.New("nothing was collected: " + firstProblem(r))}
	case r.Run.Complete, o.allowPartial:
		return nil
	}
	return &exitError{code: exitPartial}
}

func firstProblem(r *inventory.Report) string {
	for _, v := range r.Incomplete() {
		if len(v.Problems) > 0 {
			return v.Name + ": " + v.Problems[0].Message
		}
	}
	return "no vCenter is enabled"
}

// isTable reports whether a record table has that name or section.
func isTable(name string) bool {
	return slices.ContainsFunc(inventory.Tables(), func(t inventory.Table) bool { return t.Name == name || t.Section == name })
}
