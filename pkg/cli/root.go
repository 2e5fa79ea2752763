package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"vcfleet/pkg/internal/version"
)

func newRoot(s Streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "vcfleet",
		Short: "Read the inventory of many vCenters into one report",
		Long: `vcfleet reads the inventory of many VMware vCenters at once and merges it into
one report that says exactly what it holds and what is missing.

Start with:  vcfleet demo                     simulated vCenters, no set-up
             vcfleet config init -w fleet.yaml
             vcfleet collect -c fleet.yaml`,
		Args:              knownCommand,
		SilenceErrors:     true,
		SilenceUsage:      true,
		DisableAutoGenTag: true,

		SuggestionsMinimumDistance: 2,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cmd.Help()
		},
	}
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(
		newCollect(s), newReport(s), newConfig(s), newDoctor(s), newDemo(s), newSimulate(s), newVersion(),
		newExitCodesTopic(), newFormatsTopic(), newColumnsTopic(), newFaultsTopic(),
	)
	requireArgs(root)
	return root
}

// knownCommand refuses words that are no command, and says which was meant.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := fmt.Errorf("unknown command %q", args[0])
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		err = fmt.Errorf("%w (did you mean %s?)", err, strings.Join(near, " or "))
	}
	return err
}

// requireArgs turns the errors of argument checks into usage errors, in a
// command and its subcommands.
func requireArgs(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return flagError(cmd, err)
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		requireArgs(sub)
	}
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "vcfleet", version.String())
			return err
		},
	}
}

// userAgent is how a vCenter's list of sessions names the program.
func userAgent() string { return "vcfleet/" + version.String() }

// logOptions are the flags of commands that log.
type logOptions struct {
	level  string
	format string
	quiet  bool
}

func (o *logOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.level, "log-level", "", "trace, debug, info, warn or error (default info; warn while progress is shown)")
	f.StringVar(&o.format, "log-format", "", "console or json (default console on a terminal, json otherwise)")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no progress, and no log below error")
}

// logger returns the logger that the flags ask for. showing says that progress
// is on the terminal; w is then what writes above it.
func (o *logOptions) logger(w io.Writer, s Streams, showing bool) (zerolog.Logger, error) {
	level := zerolog.InfoLevel
	switch {
	case o.level != "":
		parsed, err := zerolog.ParseLevel(o.level)
		if err != nil || parsed == zerolog.NoLevel {
			return zerolog.Nop(), usage("--log-level: %q is none of trace, debug, info, warn, error", o.level)
		}
		level = parsed
	case o.quiet:
		level = zerolog.ErrorLevel
	case showing:
		level = zerolog.WarnLevel
	}
	switch {
	case o.format == "console", o.format == "" && s.ErrWidth > 0:
		w = zerolog.ConsoleWriter{Out: w, TimeFormat: time.TimeOnly, NoColor: !s.Color || s.ErrWidth == 0}
	case o.format != "" && o.format != "json":
		return zerolog.Nop(), usage("--log-format: %q is neither console nor json", o.format)
	}
	return zerolog.New(w).Level(level).With().Timestamp().Logger(), nil
}

// writeFile is for small files that a command makes for its user: it refuses to
// replace one unless told to.
func writeFile(path string, data []byte, force bool) error {
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	// Only its owner may read it: it is where a password may end up.
	f, err := os.OpenFile(path, flags, 0o600)
	if os.IsExist(err) {
		return usage("%s exists; --force replaces it", path)
	}
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		_ = f.Close() // the write's error is what matters
		return err
	}
	return f.Close()
}
