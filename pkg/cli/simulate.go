package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"vcfleet/pkg/config"
	"vcfleet/pkg/inventory"
	"vcfleet/pkg/simulator"
)

// simulatorOptions are the flags of commands that start simulated vCenters.
type simulatorOptions struct {
	vcenters int
	vms      int
	hosts    int
	seed     uint64
	fail     int
	faults   []string
	latency  time.Duration
	pageCap  int
	noHello  bool
}

func (o *simulatorOptions) flags(cmd *cobra.Command, vcenters, vms int) {
	f := cmd.Flags()
	f.SortFlags = false
	f.IntVar(&o.vcenters, "vcenters", vcenters, "simulated vCenters")
	f.IntVar(&o.vms, "vms", vms, "virtual machines in each")
	f.IntVar(&o.hosts, "hosts", 0, "hosts in each (default 1 for 20 virtual machines)")
	f.Uint64Var(&o.seed, "seed", 1, "the same seed gives the same inventory")
	f.IntVar(&o.fail, "fail", 0, "how many of them fail, the last ones (see --fault)")
	f.StringSliceVar(&o.faults, "fault", []string{string(simulator.FaultRejectLogin)}, "how they fail, repeatable; see 'vcfleet help faults'")
	f.DurationVar(&o.latency, "latency", 0, "wait this long before each answer")
	f.IntVar(&o.pageCap, "page-cap", simulator.DefaultPageCap, "objects in a page at most, whatever is asked for")
	f.BoolVar(&o.noHello, "no-hello", false, "be vCenter 8.0 U1, which does not negotiate")
}

// check returns the faults, and refuses what cannot be.
func (o *simulatorOptions) check() ([]simulator.Fault, error) {
	switch {
	case o.vcenters < 1 || o.vcenters > 1000:
		return nil, usage("--vcenters: 1 to 1000")
	case o.vms < 0 || o.hosts < 0:
		return nil, usage("--vms and --hosts cannot be negative")
	case o.fail < 0 || o.fail > o.vcenters:
		return nil, usage("--fail: 0 to the number of vCenters")
	case o.pageCap < 1:
		return nil, usage("--page-cap: 1 or more")
	case o.latency < 0:
		return nil, usage("--latency cannot be negative")
	}
	var faults []simulator.Fault
	for _, name := range o.faults {
		fault, err := simulator.ParseFault(name)
		if err != nil {
			return nil, usage("--fault: %w", err)
		}
		faults = append(faults, fault)
	}
	return faults, nil
}

// siteNames name the first simulated vCenters; further ones are numbered.
func siteNames() []string {
	return []string{"amsterdam", "boston", "prague", "singapore"}
}

// start starts the vCenters, on ports counted up from port, or on free ones
// when it is 0. The caller calls stop.
func (o *simulatorOptions) start(ctx context.Context, port int, loadDir string) ([]*simulator.VCenter, error) {
	faults, err := o.check()
	if err != nil {
		return nil, err
	}
	list := make([]*simulator.VCenter, o.vcenters)
	var group errgroup.Group
	for i := range list {
		group.Go(func() (err error) {
			options := simulator.Options{
				Name: o.name(i), Seed: o.seed, VMs: o.vms, Hosts: o.hosts, NoHello: o.noHello,
				PageCap: o.pageCap, Latency: o.latency, LoadDir: loadDir,
			}
			if port > 0 {
				options.Addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(port+i))
			}
			if i >= o.vcenters-o.fail {
				options.Faults = faults
			}
			list[i], err = simulator.Start(ctx, options)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the simulated vCenters: %w", err), stop(list))
	}
	return list, nil
}

func (o *simulatorOptions) name(i int) string {
	if names := siteNames(); i < len(names) {
		return names[i]
	}
	return fmt.Sprintf("site-%03d", i+1)
}

func stop(list []*simulator.VCenter) error {
	var group errgroup.Group
	var mu sync.Mutex
	var all error
	for _, v := range list {
		if v == nil {
			continue
		}
		group.Go(func() error {
			err := v.Close()
			mu.Lock()
			defer mu.Unlock()
			all = errors.Join(all, err)
			return nil
		})
	}
	// Errors are gathered in all.
	_ = group.Wait()
	return all
}

// fleetYAML is the configuration that reads the simulated vCenters. Quoted as
// Go quotes them, these texts are YAML's double-quoted ones.
func fleetYAML(list []*simulator.VCenter) []byte {
	var b bytes.Buffer
	b.WriteString("version: 1\ndefaults: {credential: simulator}\n")
	if len(list) > 0 {
		user, password := list[0].Credentials() // the same for all
		fmt.Fprintf(&b, "credentials:\n  simulator: {username: %q, password: %q}\n", user, password)
	}
	b.WriteString("vcenters:\n")
	for _, v := range list {
		fmt.Fprintf(&b, "  - name: %q\n    host: %q\n    labels: {site: %q}\n    tls: {thumbprint: %q}\n", v.Name(), v.Addr(), v.Name(), v.Thumbprint())
	}
	return b.Bytes()
}

type simulateOptions struct {
	simulatorOptions
	port  int
	write string
	force bool
	load  string
}

func newSimulate(s Streams) *cobra.Command {
	o := new(simulateOptions)
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Start simulated vCenters and keep them up",
		Long: `Start simulated vCenters on 127.0.0.1 that speak VI/JSON over TLS, print a
fleet.yaml that reads them, and keep them up until interrupted. SOAP is served
beside it (govc works), on https://127.0.0.1:PORT/sdk.`,
		Example: `  vcfleet simulate --vcenters 8 --vms 500 --port 18443 -w fleet.yaml
  vcfleet collect -c fleet.yaml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.simulate(cmd.Context(), s) },
	}
	o.flags(cmd, 1, 200)
	f := cmd.Flags()
	f.IntVar(&o.port, "port", 0, "port of the first one, the others count up (default: free ports)")
	f.StringVar(&o.load, "load", "", "serve the inventory in this folder, saved by 'govc object.save', instead of a generated one")
	f.StringVarP(&o.write, "write", "w", "", "write fleet.yaml to this file instead of standard output")
	f.BoolVar(&o.force, "force", false, "replace that file")
	return cmd
}

func (o *simulateOptions) simulate(ctx context.Context, s Streams) (err error) {
	if o.port < 0 || o.port+o.vcenters-1 > 65535 {
		return usage("--port: %d vCenters from port %d do not fit below 65536", o.vcenters, o.port)
	}
	list, err := o.start(ctx, o.port, o.load)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop(list)) }()
	data := fleetYAML(list)
	if o.write != "" {
		err = writeFile(o.write, data, o.force)
	} else {
		_, err = s.Out.Write(data)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(s.Err, "%d simulated vCenters are up; interrupt to stop them\n", len(list))
	<-ctx.Done() // the way to end it, and so no failure
	return nil
}

type demoOptions struct {
	simulatorOptions
	runOptions
}

func newDemo(s Streams) *cobra.Command {
	o := new(demoOptions)
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Read simulated vCenters, without any set-up",
		Long: `Start simulated vCenters in this process, and collect them exactly as
'vcfleet collect' does: over TLS, with the same outputs and exit codes.`,
		Example: `  vcfleet demo
  vcfleet demo --fail 1 -o markdown
  vcfleet demo --vms 500 -o json=report.json -o csv=out -o table`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.demo(cmd.Context(), s) },
	}
	o.simulatorOptions.flags(cmd, len(siteNames()), 60)
	o.runOptions.flags(cmd)
	return cmd
}

func (o *demoOptions) demo(ctx context.Context, s Streams) (err error) {
	list, err := o.start(ctx, 0, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop(list)) }()
	return o.run(ctx, s, func() (*config.Config, error) {
		cfg, err := config.Parse("demo.yaml", fleetYAML(list), knownSections())
		if err != nil {
			return nil, err
		}
		cfg.Warnings = nil // the simulator's password is no secret
		return cfg, nil
	}, func(*inventory.VCenter) {})
}
