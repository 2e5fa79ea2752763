package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"vcfleet/pkg/report"
	"vcfleet/pkg/simulator"
)

// storm is a fleet that is read again and again, and cut off each time.
type storm struct {
	vcenters []*simulator.VCenter
	dir      string
}

const (
	stormSites   = 32
	stormMoments = 20
)

func newStorm(t *testing.T) *storm {
	s := &storm{dir: t.TempDir()}
	var fleet strings.Builder
	fmt.Fprintf(&fleet, "version: 1\ncredentials: {demo: {username: %q, password: %q}}\ndefaults: {credential: demo}\nvcenters:\n",
		simulator.DefaultUsername, simulator.DefaultPassword)
	for i := range stormSites {
		v, err := simulator.Start(context.Background(), simulator.Options{
			Name: fmt.Sprintf("vc%02d", i), VMs: 30, PageCap: 40, Latency: time.Duration(5+i) * time.Millisecond,
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := v.Close(); err != nil {
				t.Error(err)
			}
		})
		s.vcenters = append(s.vcenters, v)
		fmt.Fprintf(&fleet, "  - {name: %s, host: %q, tls: {thumbprint: %q}}\n", v.Name(), v.Addr(), v.Thumbprint())
	}
	if err := os.WriteFile(filepath.Join(s.dir, "fleet.yaml"), []byte(fleet.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *storm) requests() (n int64) {
	for _, v := range s.vcenters {
		n += v.Counters().Requests
	}
	return n
}

// strike runs collect, and sends it the signal once the fleet has been asked
// that many times more. It returns the exit code, -1 for a process that was
// killed, and what it printed.
func (s *storm) strike(t *testing.T, sig os.Signal, after int64) (int, string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	// Under this name, the test's program is vcfleet (testscript.Main).
	cmd.Args = []string{"vcfleet", "collect", "-c", "fleet.yaml", "--quiet", "-o", "json=report.json", "-o", "ndjson=stream.ndjson", "-o", "csv=tables"}
	cmd.Dir = s.dir
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	begun := s.requests()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for s.requests() < begun+after {
		select {
		case err := <-ended:
			ended <- err // it was faster than the signal
			after = 0
		case <-time.After(time.Millisecond):
		}
	}
	_ = cmd.Process.Signal(sig) // it may have ended
	err = <-ended
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), output.String()
	} else if err != nil {
		t.Fatal(err)
	}
	return 0, output.String()
}

// checkFiles fails on an output that is torn: each is as a run left it that went
// through to its end, or is not there.
func (s *storm) checkFiles(t *testing.T) {
	t.Helper()
	if data, err := os.ReadFile(filepath.Join(s.dir, "report.json")); err == nil {
		if r, err := report.ReadJSON(bytes.NewReader(data)); err != nil || len(r.VCenters) != stormSites {
			t.Errorf("report.json is torn: %v", err)
		}
	}
	if data, err := os.ReadFile(filepath.Join(s.dir, "stream.ndjson")); err == nil {
		lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
		for i, line := range lines {
			if !json.Valid([]byte(line)) || strings.HasPrefix(line, `{"table":"run"`) != (i == len(lines)-1) {
				t.Errorf("stream.ndjson is torn at line %d", i+1)
			}
		}
	}
	for _, name := range []string{"vcenters.csv", "problems.csv", "virtualMachines.csv"} {
		data, err := os.ReadFile(filepath.Join(s.dir, "tables", name))
		if err == nil && !bytes.HasSuffix(data, []byte("\r\n")) {
			t.Errorf("%s is torn", name)
		}
	}
}

// TestSignalsAnywhere interrupts a run over 32 vCenters at random moments: no
// session, view or token is left, and no output is torn.
func TestSignalsAnywhere(t *testing.T) {
	s := newStorm(t)
	whole := int64(stormSites * 9) // six requests and three pages each
	random := rand.New(rand.NewPCG(1, 2))
	for i := range stormMoments {
		sig := []os.Signal{os.Interrupt, syscall.SIGTERM}[i%2]
		after := random.Int64N(whole)
		code, output := s.strike(t, sig, after)
		// A signal that comes when the work is done finds nothing to interrupt.
		if code != 130 && (code != 0 || after < whole/2) {
			t.Errorf("%v after %d requests: exit %d\n%s", sig, after, code, output)
		}
		for _, v := range s.vcenters {
			if n := v.Counters(); n.OpenSessions != 0 || n.OpenViews != 0 || n.OpenTokens != 0 || n.Logins != n.Logouts {
				t.Errorf("%v after %d requests: %s has %d sessions, %d views, %d tokens, %d logins and %d logouts",
					sig, after, v.Name(), n.OpenSessions, n.OpenViews, n.OpenTokens, n.Logins, n.Logouts)
			}
		}
		s.checkFiles(t)
	}
}

// TestKillAnywhere kills it outright: sessions cannot be ended then, but files
// are whole.
func TestKillAnywhere(t *testing.T) {
	s := newStorm(t)
	random := rand.New(rand.NewPCG(3, 4))
	for range stormMoments / 2 {
		s.strike(t, os.Kill, random.Int64N(stormSites*9))
		s.checkFiles(t)
	}
}
