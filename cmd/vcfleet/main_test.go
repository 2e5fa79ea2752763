package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"vcfleet/pkg/simulator"
)

var update = flag.Bool("update", false, "rewrite the expected outputs in the scripts")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"vcfleet": main})
}

// TestScript runs every script in testdata/script: what a user types, and what
// comes of it.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Setup: func(env *testscript.Env) error {
			// The outside world stays outside: no proxy, no terminal settings.
			for _, name := range []string{"HTTPS_PROXY", "https_proxy", "NO_COLOR", "VCFLEET_PASSWORD"} {
				env.Setenv(name, "")
			}
			env.Values[runningKey{}] = make(map[string]*simulator.VCenter)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"vcenter":  vcenter,
			"stop":     stop,
			"counters": counters,
			"same":     same,
			"expand":   expand,
			"exits":    exits,
			"waitfile": waitfile,
			"signal":   signalAt,
		},
	})
}

// runningKey is the key of a script's vCenters in its values.
type runningKey struct{}

// vcenter NAME VMS [slow] [FAULT...] starts a simulated vCenter and sets
// NAME_HOST and NAME_PIN in the script's environment. A slow one takes 100 ms
// for an answer and gives small pages.
func vcenter(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: vcenter NAME VMS [slow] [FAULT...]")
	}
	o := simulator.Options{Name: args[0], Seed: 1}
	if _, err := fmt.Sscan(args[1], &o.VMs); err != nil {
		ts.Fatalf("VMS: %v", err)
	}
	for _, name := range args[2:] {
		if name == "slow" {
			o.Latency, o.PageCap = 100*time.Millisecond, 10
			continue
		}
		fault, err := simulator.ParseFault(name)
		ts.Check(err)
		o.Faults = append(o.Faults, fault)
	}
	v, err := simulator.Start(context.Background(), o)
	ts.Check(err)
	ts.Defer(func() { ts.Check(v.Close()) })
	ts.Setenv(args[0]+"_HOST", v.Addr())
	ts.Setenv(args[0]+"_PIN", v.Thumbprint())
	started(ts)[args[0]] = v
}

// stop NAME stops a simulated vCenter; its address refuses connections then.
func stop(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: stop NAME")
	}
	ts.Check(started(ts)[args[0]].Close())
}

// started are the script's vCenters, by name.
func started(ts *testscript.TestScript) map[string]*simulator.VCenter {
	return ts.Value(runningKey{}).(map[string]*simulator.VCenter)
}

// counters NAME fails unless the vCenter has no session, view or token open and
// every login was logged out.
func counters(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: counters NAME")
	}
	c := started(ts)[args[0]].Counters()
	if c.OpenSessions != 0 || c.OpenViews != 0 || c.OpenTokens != 0 || c.Logins != c.Logouts {
		ts.Fatalf("%s was not left as it was found: %+v", args[0], c)
	}
}

// same A B fails unless two JSON reports differ only in their run and in
// timings.
func same(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: same A B")
	}
	volatile := regexp.MustCompile(`(?m)^"run":.*$|"startedAt":"[^"]*",|"millis":\d+`)
	var texts [2]string
	for i, name := range args {
		text := ts.ReadFile(name)
		texts[i] = volatile.ReplaceAllString(text, "")
		if !strings.Contains(text, `"phases"`) || texts[i] == text {
			ts.Fatalf("%s is no report of a run", name)
		}
	}
	if diff := cmp.Diff(texts[0], texts[1]); diff != "" {
		ts.Fatalf("the reports differ:\n%s", diff)
	}
}

// expand FILE puts the script's environment into a file's ${NAME}s.
func expand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: expand FILE")
	}
	text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

// exits CODE COMMAND... runs a command that must exit with just that code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit %d, want %s: %s", code, args[0], strings.Join(args[1:], " "))
	}
}

// waitfile FILE waits until a command in the background has written FILE.
func waitfile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: waitfile FILE")
	}
	for range 600 {
		if info, err := os.Stat(ts.MkAbs(args[0])); err == nil && info.Size() > 0 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("%s did not come", args[0])
}

// signal INT|TERM NAME REQUESTS CODE COMMAND... starts a command, sends it the
// signal once the vCenter NAME has been asked that many times, and wants it to
// exit with CODE. CODE killed sends the signal again until the command dies of
// it.
func signalAt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 5 {
		ts.Fatalf("usage: signal INT|TERM NAME REQUESTS CODE COMMAND [ARG...]")
	}
	sig := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM}[args[0]]
	requests, err := strconv.ParseInt(args[2], 10, 64)
	ts.Check(err)
	program, err := lookPath(ts, args[4])
	ts.Check(err)
	cmd := exec.Command(program, args[5:]...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), append(os.Environ(), "PATH="+ts.Getenv("PATH"), "HOME="+ts.Getenv("HOME"))
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	ts.Check(cmd.Start())
	for started(ts)[args[1]].Counters().Requests < requests {
		time.Sleep(time.Millisecond)
	}
	ts.Check(cmd.Process.Signal(sig))
	if args[3] == "killed" {
		args[3] = "-1" // what ExitCode says of a process that a signal ended
		again := time.AfterFunc(50*time.Millisecond, func() { _ = cmd.Process.Signal(sig) })
		defer again.Stop()
	}
	err = cmd.Wait()
	ts.Logf("%s", output.String())
	if exit := new(exec.ExitError); !errors.As(err, &exit) || strconv.Itoa(exit.ExitCode()) != args[3] {
		ts.Fatalf("%v, want exit %s", err, args[3])
	}
}

// lookPath finds a program in the script's PATH.
func lookPath(ts *testscript.TestScript, name string) (string, error) {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if path := filepath.Join(dir, name); isFile(path) {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is not in PATH", name)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
