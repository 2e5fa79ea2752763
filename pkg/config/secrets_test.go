package config

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// secretConfig is a file with one vCenter whose password has the given source.
func secretConfig(t *testing.T, folder, source string) *Config {
	t.Helper()
	o := options()
	env := map[string]string{"GOOD": "hunter2", "BREAK": "hunter2\r\n", "EMPTY": "", "LINES": "a\nb", "BELL": "hunter2\a", "BYTES": "\xff"}
	o.LookupEnv = func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	}
	text := fmt.Sprintf("version: 1\nvcenters: [{name: a, host: b, username: u, password: %s}]\n", source)
	c, err := Parse(filepath.Join(folder, "fleet.yaml"), []byte(text), o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	const private, program = 0o600, 0o700
	mode := os.FileMode(private)
	if strings.HasPrefix(text, "#!") {
		mode = program
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// secretCases are sources below folder; want is the problem, or nothing when
// the source gives hunter2.
func secretCases(folder string) []secretCase {
	return []secretCase{
		{"plain", `hunter2`, ""},
		{"env", `{env: GOOD}`, ""},
		{"env with line break", `{env: BREAK}`, ""},
		{"env missing", `{env: NONE}`, "cannot be had: environment variable `NONE` is not set (export it)"},
		{"env empty", `{env: EMPTY}`, "environment variable `EMPTY` is empty"},
		{"env of two lines", `{env: LINES}`, "environment variable `LINES` holds more than one line"},
		{"env with a control character", `{env: BELL}`, "environment variable `BELL` holds a control character"},
		{"env with bytes", `{env: BYTES}`, "environment variable `BYTES` holds no UTF-8 text"},
		{"file", `{file: good}`, ""},
		{"file with line break", `{file: break}`, ""},
		{"file with CRLF", `{file: crlf}`, ""},
		{"link", `{file: link}`, ""},
		{"absolute", `{file: ` + folder + `/good}`, ""},
		{"file empty", `{file: empty}`, "file `DIR/empty` is empty"},
		{"file blank", `{file: blank}`, "file `DIR/blank` is empty"},
		{"file of two lines", `{file: lines}`, "file `DIR/lines` holds more than one line"},
		{"file missing", `{file: none}`, "cannot be had: file `DIR/none` cannot be read: no such file or directory"},
		{"file is a folder", `{file: .}`, "cannot be had: file `DIR` cannot be read: not a regular file"},
		{"file is a device", `{file: /dev/zero}`, "cannot be had: file `/dev/zero` cannot be read: not a regular file"},
		{"file too big", `{file: big}`, "cannot be had: file `DIR/big` cannot be read: too long: more than 65536 bytes"},
		{"command", `{command: [printf, hunter2]}`, ""},
		{"first line", `{command: [printf, 'hunter2\nlogin: x\n']}`, ""},
		{"no shell", `{command: [echo, $HOME; id]}`, "$HOME; id"},
		{"relative program", `{command: [./get.sh]}`, ""},
		{"command empty", `{command: ["true"]}`, "command `true` is empty"},
		{"command fails", `{command: [sh, -c, 'echo hunter2; echo hunter2 >&2; exit 3']}`, "cannot be had: command `sh` failed: exit status 3 (run it by hand to see why)"},
		{"command missing", `{command: [vcfleet-no-such-program, hunter2]}`, "cannot be had: command `vcfleet-no-such-program` cannot be run: executable file not found in $PATH"},
		{"program missing", `{command: [./none, hunter2]}`, "cannot be had: command `none` cannot be run: no such file or directory"},
		{"endless output", `{command: [sh, -c, 'while :; do echo hunter2; done']}`, "cannot be had: command `sh` printed more than 65536 bytes"},
	}
}

type secretCase struct{ name, source, want string }

func TestSecrets(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{
		"good": "hunter2", "break": "hunter2\n", "crlf": "hunter2\r\n", "empty": "", "blank": "\n", "lines": "hunter2\nx\n",
		"big": strings.Repeat("hunter2", maxSecret), "get.sh": "#!/bin/sh\necho hunter2\n",
	} {
		writeFile(t, filepath.Join(folder, name), text)
	}
	if err := os.Symlink("break", filepath.Join(folder, "link")); err != nil {
		t.Fatal(err)
	}
	const password = "vcenters[0].password "
	for _, tc := range secretCases(folder) {
		t.Run(tc.name, func(t *testing.T) {
			c := secretConfig(t, folder, tc.source)
			err := c.Secrets(t.Context())
			got := c.VCenters[0].Password.Reveal()
			if tc.name == "no shell" {
				if got != tc.want {
					t.Errorf("password = %q: a shell has seen it", got)
				}
				return
			}
			if tc.want == "" {
				if err != nil || got != "hunter2" {
					t.Errorf("password %q, error %v", got, err)
				}
				return
			}
			problems := problemsOf(t, err)
			message := strings.ReplaceAll(err.Error(), folder, "DIR")
			if want := "DIR/fleet.yaml:2:54: " + password + tc.want; len(problems) != 1 || message != want {
				t.Errorf("error:\n%s\nwant:\n%s", message, want)
			}
		})
	}
}

// TestHangingCommand: neither a command nor the child it leaves behind holds
// the run up.
func TestHangingCommand(t *testing.T) {
	for _, source := range []string{`{command: [sleep, "10"]}`, `{command: [sh, -c, 'sleep 10 & wait']}`} {
		c := secretConfig(t, t.TempDir(), source)
		c.commandLimit = 50 * time.Millisecond
		start := time.Now()
		err := c.Secrets(t.Context())
		if got := problemsOf(t, err); !strings.Contains(got[0].Message, "took longer than 50ms") {
			t.Errorf("%s: %v", source, err)
		}
		const enough = 8 * time.Second
		if d := time.Since(start); d > enough {
			t.Errorf("%s: took %v", source, d)
		}
	}
}

// TestLeftBehind: a command that ends well while a child keeps its output.
func TestLeftBehind(t *testing.T) {
	err := secretConfig(t, t.TempDir(), `{command: [sh, -c, 'echo x; sleep 4 &']}`).Secrets(t.Context())
	if got := problemsOf(t, err); !strings.Contains(got[0].Message, "left a process behind") {
		t.Error(err)
	}
}

// TestInterrupted: an interrupt is not the fault of the configuration.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("SIGTERM")
	time.AfterFunc(50*time.Millisecond, func() { cancel(stop) })
	err := secretConfig(t, t.TempDir(), `{command: [sleep, "10"]}`).Secrets(ctx)
	if _, ok := errors.AsType[*Error](err); ok || !errors.Is(err, stop) {
		t.Errorf("error = %v, want one that wraps the cause", err)
	}
}

// TestSharedSources: one run per source, only for enabled vCenters, whatever
// the caller does with the list in between; all problems in one error.
func TestSharedSources(t *testing.T) {
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "count.sh"), "#!/bin/sh\necho x >> \"$1\"\n[ \"$2\" = fail ] && exit 1\necho pw\n")
	text := `
version: 1
defaults: {username: d, password: {command: [./count.sh, DIR/default, ok]}}
credentials:
  good: {username: u, password: {command: [./count.sh, DIR/good, ok]}}
  bad: {username: u, password: {command: [./count.sh, DIR/bad, fail]}}
  off: {username: u, password: {command: [./count.sh, DIR/off, ok]}}
vcenters:
  - {name: v0, host: h0, credential: good}
  - {name: v1, host: h1, credential: good}
  - {name: v2, host: h2, credential: bad}
  - {name: v3, host: h3, credential: bad}
  - {name: v4, host: h4, credential: off, enabled: false}
  - {name: v5, host: h5}
  - {name: v6, host: h6}
  - {name: v7, host: h7, password: {env: NONE}}
`
	c, err := Parse(filepath.Join(folder, "f.yaml"), []byte(strings.ReplaceAll(text, "DIR", folder)), options())
	if err != nil {
		t.Fatal(err)
	}
	c.VCenters[0], c.VCenters[7] = c.VCenters[7], c.VCenters[0]
	problems := problemsOf(t, c.Secrets(t.Context()))
	if len(problems) != 2 || problems[0].Path != "credentials.bad.password" || problems[1].Path != "vcenters[7].password" {
		t.Errorf("problems: %v", problems)
	}
	for name, want := range map[string]int{"good": 1, "bad": 1, "off": 0, "default": 1} {
		data, err := os.ReadFile(filepath.Join(folder, name))
		if want > 0 && err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(string(data), "x"); got != want {
			t.Errorf("the command of %s ran %d times, want %d", name, got, want)
		}
	}
	for _, v := range c.VCenters {
		want := ""
		if strings.Contains("v0 v1 v5 v6", v.Name) {
			want = "pw"
		}
		if got := v.Password.Reveal(); got != want {
			t.Errorf("%s has password %q, want %q", v.Name, got, want)
		}
	}
	c.VCenters = append(c.VCenters[:0], VCenter{Name: "stranger", Enabled: true})
	if err := c.Secrets(t.Context()); err == nil || !strings.Contains(err.Error(), "vCenter `stranger` has no password") {
		t.Errorf("a vCenter without a source: %v", err)
	}
}

// TestNothingShowsAPassword prints a whole Config in every way fmt knows.
func TestNothingShowsAPassword(t *testing.T) {
	c, err := Parse("f.yaml", []byte(`
version: 1
credentials:
  plain: {username: u, password: hunter2}
  env: {username: u, password: {env: P}}
  command: {username: u, password: {command: [echo, hunter2]}}
vcenters:
  - {name: a, host: a, credential: plain}
  - {name: b, host: b, credential: env}
  - {name: c, host: c, credential: command}
`), Options{LookupEnv: func(string) (string, bool) { return "hunter2", true }})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Secrets(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, v := range c.VCenters {
		if v.Password.Reveal() != "hunter2" {
			t.Errorf("%s has no password", v.Name)
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		text := fmt.Sprintf(verb, c) + fmt.Sprintf(verb, *c) + fmt.Sprintf(verb, c.VCenters) + fmt.Sprintf(verb, c.Warnings)
		if strings.Contains(text, "hunter2") || strings.Contains(text, fmt.Sprintf("%x", "hunter2")) {
			t.Errorf("%s shows a password: %s", verb, text)
		}
	}
	if len(c.Warnings) != 1 {
		t.Errorf("warnings: %v", c.Warnings)
	}
}
