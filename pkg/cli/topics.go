package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"vcfleet/pkg/internal/terminal"
	"vcfleet/pkg/inventory"
	"vcfleet/pkg/report"
	"vcfleet/pkg/simulator"
	"vcfleet/pkg/tabular"
)

// Help topics are commands that cannot be run: cobra lists them below the
// commands. Their texts are derived from what the program itself uses.

func newExitCodesTopic() *cobra.Command {
	var b strings.Builder
	b.WriteString("The exit code says how a command ended:\n\n")
	for _, c := range exitCodes() {
		fmt.Fprintf(&b, "  %3d  %s\n", c.code, c.doc)
	}
	return &cobra.Command{Use: "exit-codes", Short: "What the exit codes mean", Long: strings.TrimSpace(b.String())}
}

func newFormatsTopic() *cobra.Command {
	var b strings.Builder
	b.WriteString("-o FORMAT[=PATH] may be given several times. PATH - or none is standard output;\nfiles are written whole or not at all.\n\n")
	for _, f := range report.Formats() {
		fmt.Fprintf(&b, "  %-9s %s\n", f.Name, f.Doc)
	}
	return &cobra.Command{Use: "formats", Short: "The formats of reports", Long: strings.TrimSpace(b.String())}
}

func newColumnsTopic() *cobra.Command {
	var b strings.Builder
	b.WriteString("The tables of a report with their columns, which are the same in all formats.\nA section in the configuration's collect.sections chooses a table.\n")
	describe := func(name, section, doc string, columns []tabular.Header) {
		fmt.Fprintf(&b, "\n%s%s: %s\n", name, section, doc)
		for _, c := range columns {
			typ := c.Type.String()
			if c.Unit != "" {
				typ += ", " + c.Unit
			}
			fmt.Fprintf(&b, "  %-20s %s (%s)\n", c.Name, c.Doc, typ)
		}
	}
	vcenters, problems := inventory.VCenterSchema(), inventory.ProblemSchema()
	describe(vcenters.Name, "", vcenters.Doc, vcenters.Headers())
	describe(problems.Name, "", problems.Doc, problems.Headers())
	for _, t := range inventory.Tables() {
		describe(t.Name, " (section "+t.Section+")", t.Doc, t.Columns)
	}
	return &cobra.Command{Use: "columns", Short: "The tables and columns of a report", Long: strings.TrimSpace(b.String())}
}

func newFaultsTopic() *cobra.Command {
	const indent = "      "
	var b strings.Builder
	b.WriteString("A simulated vCenter fails in one or more ways: --fault NAME[@METHOD][=VALUE],\nas in hang@Login or 503-burst=3. METHOD is a VI/JSON method, content or hello.\n\n")
	for _, f := range simulator.Faults() {
		fmt.Fprintf(&b, "  %s\n", f)
		for _, line := range terminal.Wrap(f.Doc(), helpWidth-len(indent)) {
			b.WriteString(indent + line + "\n")
		}
	}
	return &cobra.Command{Use: "faults", Short: "How simulated vCenters can fail", Long: strings.TrimSpace(b.String())}
}

// helpWidth is the width that help is written for.
const helpWidth = 80
