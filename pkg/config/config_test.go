package config

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vcfleet/pkg/secret"
)

var update = flag.Bool("update", false, "write the golden files")

// knownSections is what the collector offers; config itself does not know it.
func knownSections() []string {
	return []string{
		"vms", "disks", "nics", "snapshots", "hosts", "clusters", "resource-pools", "datacenters", "folders",
		"datastores", "datastore-clusters", "networks", "distributed-switches",
	}
}

func options() Options {
	return Options{Sections: knownSections(), LookupEnv: func(string) (string, bool) { return "", false }}
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got; -update writes it):\n%s", path, diff)
	}
}

func problemsOf(t *testing.T, err error) []Problem {
	t.Helper()
	all, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("error is %T (%v), not *Error", err, err)
	}
	return all.Problems
}

// mustParse parses a file that has to be right.
func mustParse(t *testing.T, text string) *Config {
	t.Helper()
	c, err := Parse("fleet.yaml", []byte(text), options())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestBadFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no bad files: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			c, err := Load(file, options())
			if err == nil || c != nil {
				t.Fatalf("accepted: %+v", c)
			}
			problems := problemsOf(t, err)
			if !slices.IsSortedFunc(problems, func(a, b Problem) int { return a.Line - b.Line }) {
				t.Error("not in line order")
			}
			if strings.Contains(err.Error(), "hunter") || strings.Contains(err.Error(), "31337") {
				t.Error("a password is shown")
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".want", []byte(err.Error()+"\n"))
		})
	}
}

func TestWarnings(t *testing.T) {
	files, err := filepath.Glob("testdata/warn/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c, err := Parse(file, data, options())
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, w := range c.Warnings {
				lines = append(lines, w.String())
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".want", []byte(strings.Join(lines, "\n")+"\n"))
		})
	}
}

// TestTenMistakes is about the whole: one error, line order, exact places.
func TestTenMistakes(t *testing.T) {
	_, err := Load("testdata/bad/ten-mistakes.yaml", options())
	var got []string
	for _, p := range problemsOf(t, err) {
		got = append(got, p.Path)
	}
	want := []string{
		"defaults.timeout", "credentials.inventory.pasword", "vcenters[0].host", "vcenters[0].page_size",
		"vcenters[1].name", "vcenters[1].hots", "vcenters[1].tls.insecure", "vcenters[2].host",
		"vcenters[2].proxy", "vcenters[2].credential", "collect.sections[0]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
	if lines := strings.Count(err.Error(), "\n") + 1; lines != len(want) {
		t.Errorf("%d lines for %d problems", lines, len(want))
	}
}

func TestDefaults(t *testing.T) {
	c := mustParse(t, `
version: 1
vcenters:
  - {name: one, host: vc1, username: u, password: {env: P}}
`)
	want := []VCenter{{
		Name: "one", Host: "vc1", Enabled: true, Timeout: 5 * time.Minute, PageSize: 1000, Username: "u",
	}}
	if diff := cmp.Diff(want, c.VCenters, cmp.Comparer(func(a, b secret.Text) bool { return a.Reveal() == b.Reveal() })); diff != "" {
		t.Errorf("vCenters (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Collect{Concurrency: 32, MaxRejectedLogins: 2, Sections: knownSections()}, c.Collect); diff != "" {
		t.Errorf("collect (-want +got):\n%s", diff)
	}
	if len(c.Warnings) != 0 {
		t.Errorf("warnings: %v", c.Warnings)
	}
}

const (
	pin      = "3F:9A:0C:52:77:1E:D4:B8:60:2D:AF:13:C5:88:E9:04:7B:36:F1:5D"
	plainPin = "3f9a0c52771ed4b8602daf13c588e9047b36f15d"
)

// TestOverride changes one thing per case against the same defaults.
func TestOverride(t *testing.T) {
	ca, err := filepath.Abs("testdata/ca.pem")
	if err != nil {
		t.Fatal(err)
	}
	base := VCenter{
		Name: "one", Host: "vc1", Enabled: true, Timeout: time.Minute, PageSize: 50, Proxy: "none",
		Labels: map[string]string{"team": "infra", "env": "prod"},
		TLS:    TLS{CAFile: ca, ServerName: "x.example.com"}, Credential: "a", Username: "ua",
	}
	for _, tc := range []struct {
		name, yaml string
		change     func(*VCenter)
	}{
		{"nothing", "enabled: true", func(*VCenter) {}},
		{"timeout", "timeout: 1h30m", func(v *VCenter) { v.Timeout = 90 * time.Minute }},
		{"page size", "page_size: 10000", func(v *VCenter) { v.PageSize = 10000 }},
		{"proxy from environment", "proxy: environment", func(v *VCenter) { v.Proxy = "" }},
		{"proxy", "proxy: socks5://p:1080", func(v *VCenter) { v.Proxy = "socks5://p:1080" }},
		{"disabled", "enabled: false", func(v *VCenter) { v.Enabled = false }},
		{"label wins", "labels: {env: lab, site: brno}", func(v *VCenter) {
			v.Labels = map[string]string{"team": "infra", "env": "lab", "site": "brno"}
		}},
		{"thumbprint replaces the CA", "tls: {thumbprint: '" + plainPin + "'}", func(v *VCenter) { v.TLS.CAFile, v.TLS.Thumbprint = "", pin }},
		{"insecure replaces the CA", "tls: {insecure: true}", func(v *VCenter) { v.TLS.CAFile, v.TLS.Insecure = "", true }},
		{"secure keeps the CA", "tls: {insecure: false}", func(*VCenter) {}},
		{"server name merges", "tls: {server_name: y}", func(v *VCenter) { v.TLS.ServerName = "y" }},
		{"credential", "credential: b", func(v *VCenter) { v.Credential, v.Username = "b", "ub" }},
		{"own login", "username: uc\n    password: {env: P}", func(v *VCenter) { v.Credential, v.Username = "", "uc" }},
		{"alias", "labels: *l", func(v *VCenter) { v.Labels = map[string]string{"team": "infra", "env": "prod"} }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := mustParse(t, `version: 1
defaults:
  credential: a
  timeout: 60s
  page_size: 50
  proxy: none
  labels: &l {team: infra, env: prod}
  tls: {ca_file: testdata/ca.pem, server_name: x.example.com}
credentials:
  a: {username: ua, password: {env: PA}}
  b: {username: ub, password: {env: PB}}
vcenters:
  - name: one
    host: vc1
    `+tc.yaml+`
  - {name: other, host: vc2}
`)
			want := base
			tc.change(&want)
			if diff := cmp.Diff(want, c.VCenters[0], cmp.Comparer(func(a, b secret.Text) bool { return a.Reveal() == b.Reveal() })); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if other := c.VCenters[1]; other.Labels["env"] != "prod" || len(other.Labels) != 2 {
				t.Errorf("the labels of one vCenter reach another: %v", other.Labels)
			}
		})
	}
}

// TestLoginFromDefaults: half an own login is completed, a credential of the
// vCenter drops all of the default login.
func TestLoginFromDefaults(t *testing.T) {
	c := mustParse(t, `version: 1
defaults: {username: du, password: {env: DP}}
credentials: {a: {username: ua, password: {env: PA}}}
vcenters:
  - {name: one, host: vc1}
  - {name: two, host: vc2, username: own}
  - {name: three, host: vc3, credential: a}
`)
	var got []string
	for _, v := range c.VCenters {
		got = append(got, v.Credential+"/"+v.Username)
	}
	if diff := cmp.Diff([]string{"/du", "/own", "a/ua"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAddress(t *testing.T) {
	for host, want := range map[string]string{
		"vc1.example.com":      "vc1.example.com:443",
		"vc1.example.com.":     "vc1.example.com.:443",
		"vc1:8443":             "vc1:8443",
		"10.1.1.5":             "10.1.1.5:443",
		"10.1.1.5:80":          "10.1.1.5:80",
		"::1":                  "[::1]:443",
		"2001:DB8::0001":       "[2001:db8::1]:443",
		"[2001:db8::1]":        "[2001:db8::1]:443",
		"[2001:db8::1]:8443":   "[2001:db8::1]:8443",
		"fe80::1%eth0":         "[fe80::1%eth0]:443",
		"not a host: anything": "[not a host: anything]:443",
	} {
		if got := (VCenter{Host: host}).Address(); got != want {
			t.Errorf("Address of %q = %q, want %q", host, got, want)
		}
	}
}

// TestEncodings: what Windows editors write reads the same.
func TestEncodings(t *testing.T) {
	text := string(Example(options()))
	want := mustParse(t, text)
	for name, other := range map[string]string{
		"CRLF": strings.ReplaceAll(text, "\n", "\r\n"),
		"BOM":  "\ufeff" + text,
	} {
		got := mustParse(t, other)
		if diff := cmp.Diff(want.VCenters, got.VCenters, cmp.Comparer(func(a, b secret.Text) bool { return a.Reveal() == b.Reveal() })); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	_, err := Parse("f.yaml", []byte("\ufeffversion: 2\r\nvcenters: []\r\n"), options())
	if got := problemsOf(t, err); got[0].Line != 1 || got[0].Column != 10 || got[1].Line != 2 {
		t.Errorf("places are off: %v", got)
	}
}
