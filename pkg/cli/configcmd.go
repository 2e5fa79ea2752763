package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"vcfleet/pkg/config"
)

func newConfig(s Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Start, check and describe configurations",
		Args:  knownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newConfigInit(s), newConfigValidate(s), newConfigSchema(s))
	return cmd
}

func newConfigInit(s Streams) *cobra.Command {
	var path string
	var force bool
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Print a commented example configuration",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			data := config.Example(knownSections())
			if path == "" {
				_, err := s.Out.Write(data)
				return err
			}
			if err := writeFile(path, data, force); err != nil {
				return err
			}
			fmt.Fprintf(s.Err, "%s is written: edit it, then check it with: vcfleet config validate -c %s\n", path, path)
			return nil
		},
	}
	cmd.Flags().StringVarP(&path, "write", "w", "", "write it to this file instead of standard output")
	cmd.Flags().BoolVar(&force, "force", false, "replace that file")
	return cmd
}

func newConfigValidate(s Streams) *cobra.Command {
	o := new(configOptions)
	var secrets bool
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Check a configuration; nothing is contacted",
		Long: `Check a configuration and list everything wrong with it, each with line, column
and a hint. Passwords are not looked up, unless --secrets is given: then every
password source of an enabled vCenter is read, and commands are run.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := o.load()
			if err != nil {
				return err
			}
			for _, w := range cfg.Warnings {
				fmt.Fprintln(s.Err, "warning:", w)
			}
			if secrets {
				if err := cfg.Secrets(cmd.Context()); err != nil {
					return secretsError(cmd.Context(), err)
				}
			}
			enabled := 0
			for _, v := range cfg.VCenters {
				if v.Enabled {
					enabled++
				}
			}
			_, err = fmt.Fprintf(s.Out, "%s is valid: %d vCenters, %d of them enabled\n", o.path, len(cfg.VCenters), enabled)
			return err
		},
	}
	o.flags(cmd)
	cmd.Flags().BoolVar(&secrets, "secrets", false, "look the passwords up, too")
	return cmd
}

func newConfigSchema(s Streams) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of configurations, for editors",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			data, err := config.Schema(knownSections())
			if err != nil {
				return err
			}
			_, err = s.Out.Write(data)
			return err
		},
	}
}
