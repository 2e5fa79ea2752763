package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"vcfleet/pkg/config"
	"vcfleet/pkg/internal/lockfile"
	"vcfleet/pkg/inventory"
)

// configOptions are the flags of commands that read a configuration.
type configOptions struct {
	path string
}

func (o *configOptions) flags(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&o.path, "config", "c", "fleet.yaml", "configuration file; see 'vcfleet config init'")
	// Only an unknown flag name is an error here.
	_ = cmd.MarkFlagFilename("config", "yaml", "yml")
}

func (o *configOptions) load() (*config.Config, error) {
	return config.Load(o.path, knownSections())
}

func knownSections() config.Options {
	return config.Options{Sections: inventory.Sections(), LookupEnv: os.LookupEnv}
}

type collectOptions struct {
	configOptions
	runOptions
	previous string
	lock     string
}

func newCollect(s Streams) *cobra.Command {
	o := new(collectOptions)
	cmd := &cobra.Command{
		Use:   "collect",
		Short: "Read all vCenters and write the report",
		Long: `Read the inventory of every enabled vCenter in the configuration and write the
report. A vCenter that cannot be read is in the report with its problem; the
others are complete. Exit codes: 'vcfleet help exit-codes'.`,
		Example: `  vcfleet collect -c fleet.yaml
  vcfleet collect -c fleet.yaml -o json=report.json -o csv=out -o table
  vcfleet collect -c fleet.yaml --previous report.json -o json=report.json
  vcfleet collect -c fleet.yaml -o ndjson | jq -r 'select(.table=="virtualMachines").name'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.collect(cmd.Context(), s) },
	}
	o.configOptions.flags(cmd)
	o.runOptions.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&o.previous, "previous", "", "report of an earlier run (json): a vCenter that fails keeps its records from there, marked stale")
	f.StringVar(&o.lock, "lock", "", "lock this file, and refuse to run while another run holds it")
	return cmd
}

func (o *collectOptions) collect(ctx context.Context, s Streams) (err error) {
	if o.lock != "" {
		lock, err := lockfile.Acquire(o.lock, lockfile.Holder{PID: os.Getpid(), StartedAt: time.Now().UTC().Truncate(time.Second)})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, lock.Release()) }()
	}
	earlier, err := o.earlier(s)
	if err != nil {
		return fmt.Errorf("--previous: %w", err)
	}
	return o.run(ctx, s, o.load, func(v *inventory.VCenter) { inventory.CarryForward(v, earlier) })
}

// earlier reads the report of --previous, empty when there is none yet: the
// first of many runs has no earlier one.
func (o *collectOptions) earlier(s Streams) (*inventory.Report, error) {
	if o.previous == "" {
		return new(inventory.Report), nil
	}
	r, err := readReport(s.In, o.previous)
	if errors.Is(err, os.ErrNotExist) {
		fmt.Fprintf(s.Err, "vcfleet: --previous %s does not exist yet: nothing can be carried over\n", o.previous)
		return new(inventory.Report), nil
	}
	return r, err
}
