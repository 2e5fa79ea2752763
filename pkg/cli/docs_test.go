package cli

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"vcfleet/pkg/config"
	"vcfleet/pkg/report"
	"vcfleet/pkg/simulator"
)

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestREADME holds the README's tables to what the program says of itself.
func TestREADME(t *testing.T) {
	readme := readFile(t, "../../README.md")
	for _, c := range exitCodes() {
		doc := strings.Replace(c.doc, "--allow-partial", "`--allow-partial`", 1)
		if row := fmt.Sprintf("| %d | %s |", c.code, doc); !strings.Contains(readme, row) {
			t.Errorf("the README lacks the row %s", row)
		}
	}
	for _, f := range report.Formats() {
		if row := "| `" + f.Name + "` |"; !strings.Contains(readme, row) {
			t.Errorf("the README lacks the row %s", row)
		}
	}
}

// TestConfigs holds configs/ to the sections that there are: `config init` and
// `config schema` write these files.
func TestConfigs(t *testing.T) {
	if diff := cmp.Diff(string(config.Example(knownSections())), readFile(t, "../../configs/fleet.example.yaml")); diff != "" {
		t.Errorf("configs/fleet.example.yaml is not what `config init` prints:\n%s", diff)
	}
	schema, err := config.Schema(knownSections())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(schema), readFile(t, "../../configs/fleet.schema.json")); diff != "" {
		t.Errorf("configs/fleet.schema.json is not what `config schema` prints:\n%s", diff)
	}
	if _, err := config.Load("../../configs/fleet.example.yaml", knownSections()); err != nil {
		t.Errorf("the example is refused: %v", err)
	}
}

// TestEveryCommandExplainsItself walks the commands and their flags.
func TestEveryCommandExplainsItself(t *testing.T) {
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: the short text is %q", cmd.CommandPath(), cmd.Short)
		}
		for line := range strings.SplitSeq(cmd.Long, "\n") {
			if cmd.Runnable() && len(line) > 80 {
				t.Errorf("%s: a line of the help does not fit 80 columns: %s", cmd.CommandPath(), line)
			}
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(newRoot(Streams{Out: new(bytes.Buffer), Err: new(bytes.Buffer)}))
}

// TestFleetYAML loads what simulate writes.
func TestFleetYAML(t *testing.T) {
	v, err := simulator.Start(t.Context(), simulator.Options{Name: "näme: \"x\" #1", VMs: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	}()
	cfg, err := config.Parse("fleet.yaml", fleetYAML([]*simulator.VCenter{v}), knownSections())
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.Secrets(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := cfg.VCenters[0]
	user, password := v.Credentials()
	if got.Name != v.Name() || got.Address() != v.Addr() || got.TLS.Thumbprint != v.Thumbprint() || got.Username != user || got.Password.Reveal() != password {
		t.Errorf("simulate's fleet.yaml reads as %+v", got)
	}
}

func TestLogger(t *testing.T) {
	for _, test := range []struct {
		o       logOptions
		width   int
		showing bool
		want    string // levels that are logged, first letters
		json    bool
	}{
		{logOptions{}, 0, false, "IWE", true},
		{logOptions{}, 80, true, "WE", false},
		{logOptions{}, 80, false, "IWE", false},
		{logOptions{quiet: true}, 0, false, "E", true},
		{logOptions{quiet: true, level: "info"}, 0, false, "IWE", true},
		{logOptions{level: "trace", format: "console"}, 0, false, "TDIWE", false},
		{logOptions{format: "json"}, 80, true, "WE", true},
	} {
		var buf bytes.Buffer
		log, err := test.o.logger(&buf, Streams{ErrWidth: test.width}, test.showing)
		if err != nil {
			t.Fatal(err)
		}
		log.Trace().Msg("is T")
		log.Debug().Msg("is D")
		log.Info().Msg("is I")
		log.Warn().Msg("is W")
		log.Error().Msg("is E")
		var got string
		for _, letter := range "TDIWE" {
			if strings.Contains(buf.String(), "is "+string(letter)) {
				got += string(letter)
			}
		}
		if got != test.want || strings.HasPrefix(buf.String(), "{") != test.json {
			t.Errorf("%+v, width %d: logs %s as %s", test.o, test.width, got, buf.String())
		}
	}
}
