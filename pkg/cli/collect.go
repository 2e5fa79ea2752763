package cli

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"vcfleet/pkg/config"
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
  vcfleet collect -c fleet.yaml -o ndjson | jq -r 'select(.table=="virtualMachines").name'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.collect(cmd.Context(), s) },
	}
	o.configOptions.flags(cmd)
	o.runOptions.flags(cmd)
	return cmd
}

func (o *collectOptions) collect(ctx context.Context, s Streams) error {
	return o.run(ctx, s, o.load)
}
