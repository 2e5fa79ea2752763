package doctor_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vcfleet/pkg/config"
	"vcfleet/pkg/doctor"
	"vcfleet/pkg/inventory"
	"vcfleet/pkg/secret"
	"vcfleet/pkg/simulator"
)

var update = flag.Bool("update", false, "rewrite the expected outputs")

// masked takes out what differs from run to run.
func masked(v doctor.VCenter) doctor.VCenter {
	volatile := []struct {
		what *regexp.Regexp
		with string
	}{
		{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:44300"},
		{regexp.MustCompile(`([0-9A-F]{2}:){31}[0-9A-F]{2}`), strings.Repeat("A1:", 31) + "A1"},
		{regexp.MustCompile(`\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?`), "2027-11-23"},
		{regexp.MustCompile(`36\d`), "364"},
	}
	mask := func(s string) string {
		for _, m := range volatile {
			s = m.what.ReplaceAllString(s, m.with)
		}
		return s
	}
	v.Host = mask(v.Host)
	for i := range v.Checks {
		r := &v.Checks[i]
		r.Detail, r.Hint = mask(r.Detail), mask(r.Hint)
		for j := range r.Facts {
			r.Facts[j].Value = mask(r.Facts[j].Value)
		}
		if r.Millis.Known {
			r.Millis.Value = int64(i)
		}
		if r.Skew.Known {
			r.Skew.Value = -7
		}
	}
	return v
}

// fleetReport has a vCenter that is well, its twin, one with a wrong password,
// one that was not examined, and one with a name that plays tricks.
func fleetReport(t *testing.T) *doctor.Report {
	t.Helper()
	d := doctor.New(options())
	v := start(t, simulator.Options{Name: "prague", Seed: 1})
	well := target(v)
	twin, locked, trick := well, well, well
	twin.Name = "prague-again"
	locked.Name, locked.Password, locked.TLS = "locked", secret.New("wr0ng"), config.TLS{Insecure: true}
	trick.Name, trick.TLS = "tr\x1b[2Jick\n\u202eeman", config.TLS{}
	r := &doctor.Report{
		Tool:      inventory.Tool{Name: "vcfleet", Version: "test"},
		StartedAt: time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC), FinishedAt: time.Date(2026, 9, 1, 12, 0, 3, 0, time.UTC),
	}
	for _, vc := range []config.VCenter{well, twin, locked, trick} {
		r.VCenters = append(r.VCenters, masked(d.Examine(t.Context(), vc)))
	}
	r.VCenters = append(r.VCenters, doctor.NotExamined(config.VCenter{Name: "later", Host: "vc9.example"}, doctor.Skipped, "not tried: the run ended", "run it again"))
	r.MarkTwins()
	checkClean(t, v)
	return r
}

func TestGolden(t *testing.T) {
	r := fleetReport(t)
	for _, test := range []struct {
		file, format string
		style        doctor.Style
	}{
		{"table-80.txt", "table", doctor.Style{Width: 80}},
		{"table-wide.txt", "table", doctor.Style{}},
		{"table-color.txt", "table", doctor.Style{Width: 100, Color: true}},
		{"report.json", "json", doctor.Style{Width: 80, Color: true}},
	} {
		var got bytes.Buffer
		out, err := doctor.ParseOutput(test.format)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(out.Open(&got, test.style), out.Write(r)); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join("testdata", test.file)
		if *update {
			if err := os.WriteFile(name, got.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if test.style.Width == 80 && test.format == "table" {
			for line := range strings.Lines(got.String()) {
				if len([]rune(line)) > 81 {
					t.Errorf("%d columns: %s", len([]rune(line))-1, line)
				}
			}
		}
		if text := got.String(); strings.Contains(text, simulator.DefaultPassword) || strings.Contains(text, "wr0ng") || test.format == "table" && strings.ContainsAny(text, "\u202e") {
			t.Errorf("%s holds what it must not", name)
		}
	}
}

// TestJSON reads the document as a script would.
func TestJSON(t *testing.T) {
	var text bytes.Buffer
	out, err := doctor.ParseOutput("json")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(out.Open(&text, doctor.Style{}), out.Write(fleetReport(t))); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Schema   string
		Passed   bool
		VCenters []struct {
			Name, Verdict string
			Checks        []struct {
				Check, Status string
				Facts         map[string]string
			}
			Measured []struct {
				Check              string
				Millis, SkewMillis *int64
			}
		}
	}
	if err := json.Unmarshal(text.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	var verdicts []string
	for _, v := range doc.VCenters {
		verdicts = append(verdicts, v.Verdict)
		if len(v.Checks) != len(doctor.Checks()) {
			t.Errorf("%s has %d checks", v.Name, len(v.Checks))
		}
	}
	if diff := cmp.Diff([]string{"warn", "warn", "fail", "fail", "skipped"}, verdicts); diff != "" || doc.Schema != doctor.SchemaVersion || doc.Passed {
		t.Errorf("schema %s, passed %t, verdicts %s", doc.Schema, doc.Passed, diff)
	}
	first := doc.VCenters[0]
	if got := first.Checks[2].Facts["thumbprint"]; len(got) != 95 || len(first.Measured) != 9 {
		t.Errorf("thumbprint %q, measured %+v", got, first.Measured)
	}
}

func TestOutputs(t *testing.T) {
	for _, text := range []string{"", "xml", "json=", "tabel"} {
		if _, err := doctor.ParseOutput(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
	path := filepath.Join(t.TempDir(), "doctor.json")
	r := new(doctor.Report)
	for _, step := range []func(*doctor.Output) error{(*doctor.Output).Abort, func(o *doctor.Output) error { return o.Write(r) }} {
		out, err := doctor.ParseOutput("json=" + path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(out.Open(nil, doctor.Style{}), step(out)); err != nil {
			t.Error(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil || !json.Valid(data) {
		t.Errorf("%v: %s", err, data)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
	out, err := doctor.ParseOutput("json=no/such/folder/x")
	if err != nil {
		t.Fatal(err)
	}
	if out.Open(nil, doctor.Style{}) == nil {
		t.Error("a missing folder is found too late")
	}
	out, err = doctor.ParseOutput("table")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(out.Open(full{}, doctor.Style{}), out.Write(r)); !errors.Is(err, errFull) {
		r.VCenters = []doctor.VCenter{{Name: "x"}}
		if err := out.Write(r); !errors.Is(err, errFull) {
			t.Errorf("error %v", err)
		}
	}
}

var errFull = errors.New("full")

// full is a writer that cannot write.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestLook(t *testing.T) {
	v := start(t, simulator.Options{Name: "lab"})
	d := doctor.New(options())
	vc := target(v)
	vc.Name = "la\nb"
	got := d.Look(t.Context(), vc)
	if got.Thumbprint != v.Thumbprint() || got.Other || got.Problem != "" || !strings.Contains(got.Subject, "CN=lab") {
		t.Errorf("%+v", got)
	}
	if n := v.Counters(); n.Requests != 0 {
		t.Errorf("%d requests", n.Requests)
	}
	vc.TLS.Thumbprint = strings.Repeat("AB:", 31) + "AB"
	if got := d.Look(t.Context(), vc); got.Thumbprint != v.Thumbprint() || !got.Other {
		t.Errorf("%+v", got)
	}
	yaml := doctor.TrustYAML([]doctor.Certificate{got, {Name: "none", Problem: "x"}})
	if want := "# name: la b (" + v.Addr() + ")\n"; !strings.HasPrefix(yaml, want) || !strings.HasSuffix(yaml, "\ntls: {thumbprint: \""+v.Thumbprint()+"\"}\n") || strings.Count(yaml, "\n") != 3 {
		t.Errorf("%s", yaml)
	}
	vc.Host = "no..such..name"
	if got := d.Look(t.Context(), vc); got.Thumbprint != "" || !strings.Contains(got.Problem, "DNS") {
		t.Errorf("%+v", got)
	}
}

// TestProxy goes through a proxy, which is then what is looked up and connected
// to.
func TestProxy(t *testing.T) {
	v := start(t, simulator.Options{Name: "behind"})
	proxy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = proxy.Close() }()
	go tunnel(proxy)
	d := doctor.New(options())
	vc := target(v)
	vc.Proxy = "http://" + proxy.Addr().String()
	got := d.Examine(t.Context(), vc)
	if got.Verdict() != doctor.OK {
		t.Errorf("%+v", got.Checks)
	}
	if tcp, tls := find(t, got, "tcp"), find(t, got, "tls"); tcp.Detail != "proxy: connected to "+proxy.Addr().String() || !strings.Contains(tls.Detail, v.Thumbprint()) {
		t.Errorf("%s; %s", tcp.Detail, tls.Detail)
	}
	checkClean(t, v)
	if c := d.Look(t.Context(), vc); c.Thumbprint != v.Thumbprint() || v.Counters().Logins != 1 {
		t.Errorf("%+v", c)
	}
	vc.TLS = config.TLS{}
	verify(t, d.Examine(t.Context(), vc), "tls", doctor.Fail, "unknown authority.*SHA-256 [0-9A-F]{2}:", "ca_file")
	vc.TLS = config.TLS{Thumbprint: strings.Repeat("AB:", 31) + "AB"}
	verify(t, d.Examine(t.Context(), vc), "tls", doctor.Fail, "not the pinned", "replaced")
}
