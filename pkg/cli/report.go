package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"vcfleet/pkg/inventory"
	"vcfleet/pkg/report"
)

func newReport(s Streams) *cobra.Command {
	o := new(outputOptions)
	cmd := &cobra.Command{
		Use:   "report FILE",
		Short: "Render a saved report again",
		Long: `Read a report that '-o json' wrote (- is standard input) and write it in other
formats. No vCenter is contacted.`,
		Example: `  vcfleet report report.json -o markdown
  vcfleet report report.json -o table --tables hosts,datastores`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return o.render(s, args[0]) },
	}
	o.flags(cmd)
	return cmd
}

func (o *outputOptions) render(s Streams, path string) error {
	specs, err := o.parse()
	if err != nil {
		return err
	}
	r, err := readReport(s.In, path)
	if err != nil {
		return err
	}
	outs, err := o.open(s, specs)
	if err != nil {
		return err
	}
	for i := range r.VCenters {
		outs.vcenter(&r.VCenters[i])
	}
	for _, out := range outs.list {
		if err := out.Finish(r); err != nil {
			outs.fail(out, err)
		}
	}
	return outs.err()
}

func readReport(stdin io.Reader, path string) (*inventory.Report, error) {
	in := stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }() // nothing is written to it
		in = f
	}
	r, err := report.ReadJSON(in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}
