package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vcfleet/pkg/inventory"
	"vcfleet/pkg/report"
	"vcfleet/pkg/simulator"
)

// methods are all that a conversation calls, in order.
func methods() []string {
	return []string{"hello", "content", "Login", "CreateContainerView", "RetrievePropertiesEx", "ContinueRetrievePropertiesEx", "DestroyView", "Logout"}
}

// outcome is what becomes of a vCenter with a fault.
type outcome struct {
	status  inventory.Status
	classes []inventory.Class // of its first problem; none when it has none
	leaks   bool              // its session cannot be ended
}

func failed(classes ...inventory.Class) outcome {
	return outcome{status: inventory.Failed, classes: classes}
}

func partial(classes ...inventory.Class) outcome {
	return outcome{status: inventory.Partial, classes: classes}
}

// complete is a vCenter that is read whole in spite of its fault.
func complete() outcome { return outcome{status: inventory.Complete} }

// matrix is every fault of the simulator, in every phase where it takes one.
func matrix() map[simulator.Fault]outcome {
	all := map[simulator.Fault]outcome{
		"reject-login":                    failed(inventory.ClassCredentialsRejected),
		"login-no-permission":             failed(inventory.ClassNoPermission),
		"hang-tls":                        failed(inventory.ClassTimeout),
		"slow-tls=50ms":                   complete(),
		"unavailable":                     failed(inventory.ClassThrottled),
		"session-expiry=fault":            complete(),
		"session-expiry=401":              complete(),
		"session-expiry=view-gone":        complete(),
		"session-expiry=missing":          complete(),
		"used-token":                      complete(),
		"huge-page":                       failed(inventory.ClassLimit, inventory.ClassTimeout), // which comes first is the machine's
		"gzip-bomb":                       failed(inventory.ClassLimit, inventory.ClassTimeout),
		"unknown-property":                partial(inventory.ClassUnsupportedProperty),
		"no-permission":                   partial(inventory.ClassNoPermission),
		"no-permission-type=Datastore":    complete(), // what may not be seen leaves no trace
		"no-root":                         partial(inventory.ClassNoPermission),
		"odd-value":                       partial(inventory.ClassOddValue),
		"duplicate-object":                complete(),
		"deep":                            failed(inventory.ClassLimit),
		"cleanup-fails":                   {status: inventory.Complete, classes: []inventory.Class{inventory.ClassFault}, leaks: true},
		"session-expiry@DestroyView":      complete(),
		"session-expiry@Logout":           complete(),
		"unknown-property=summary.nosuch": complete(), // never asked for
	}
	lasting := map[string][]inventory.Class{
		"hang":               {inventory.ClassTimeout},
		"hang-body":          {inventory.ClassTimeout},
		"drip=1s":            {inventory.ClassTimeout},
		"reset":              {inventory.ClassUnreachable},
		"reset-before":       {inventory.ClassUnreachable},
		"503-burst=1000":     {inventory.ClassThrottled},
		"429":                {inventory.ClassThrottled, inventory.ClassTimeout},
		"502":                {inventory.ClassNotAVCenter},
		"504":                {inventory.ClassNotAVCenter},
		"wrong-content-type": {inventory.ClassNotAVCenter},
		"truncated":          {inventory.ClassProtocol},
	}
	for _, method := range methods() {
		for fault, classes := range lasting {
			all[at(fault, method)] = lastingAt(fault, method, classes)
		}
		for _, fault := range []string{"reset=1", "reset-before=1", "503-burst=1", "429=1", "502=1", "504=1"} {
			name := at(fault, method)
			all[name] = complete()
			if method == "Login" && fault != "reset=1" { // never sent twice
				all[name] = failed(lasting[strings.Replace(strings.TrimSuffix(fault, "=1"), "503-burst", "503-burst=1000", 1)]...)
			}
		}
	}
	return all
}

// at puts a method into a fault: NAME@METHOD=VALUE.
func at(fault, method string) simulator.Fault {
	name, value, has := strings.Cut(fault, "=")
	if has {
		value = "=" + value
	}
	return simulator.Fault(name + "@" + method + value)
}

// lastingAt is the outcome of a fault that does not pass. What fails in cleanup
// hides no data.
func lastingAt(fault, method string, classes []inventory.Class) outcome {
	// The key of a session is in the header, and a void method has no body: what
	// cuts the body of such an answer cuts nothing that is needed.
	cutsBody := slices.Contains([]string{"reset", "truncated", "drip=1s"}, fault)
	switch {
	case method == "Login" && (fault == "reset" || fault == "truncated"):
		return complete()
	case method == "DestroyView", method == "Logout" && cutsBody:
		return complete()
	case method == "Logout":
		return outcome{status: inventory.Complete, classes: classes, leaks: true}
	}
	return failed(classes...)
}

// cell is a simulated vCenter with its fault, "" for a healthy one.
type cell struct {
	name    string
	fault   simulator.Fault
	vcenter *simulator.VCenter
}

const (
	cellVMs = 5
	// cellTimeout is long enough for a hundred conversations at once on a slow
	// machine under the race detector; those that hang wait for it together.
	cellTimeout = "15s"
)

func startCell(t *testing.T, name string, fault simulator.Fault, vms int) cell {
	t.Helper()
	o := simulator.Options{Name: name, VMs: vms, Hosts: 1, PageCap: 40}
	if fault != "" {
		parsed, err := simulator.ParseFault(string(fault))
		if err != nil {
			t.Fatal(err)
		}
		o.Faults = []simulator.Fault{parsed}
	}
	v, err := simulator.Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return cell{name, fault, v}
}

// collectCells runs `vcfleet collect` over cells and returns the exit code and
// the report. Each has a credential of its own: the lockout guard makes those
// that share one wait for each other.
func collectCells(t *testing.T, cells []cell) (int, []byte) {
	t.Helper()
	var b strings.Builder
	b.WriteString("version: 1\ndefaults: {timeout: " + cellTimeout + ", proxy: none}\ncollect: {concurrency: 512}\ncredentials:\n")
	for i := range cells {
		user, password := cells[i].vcenter.Credentials()
		fmt.Fprintf(&b, "  c%d: {username: %q, password: %q}\n", i, user, password)
	}
	b.WriteString("vcenters:\n")
	for i, c := range cells {
		fmt.Fprintf(&b, "  - {name: %q, host: %q, credential: c%d, tls: {thumbprint: %q}}\n", c.name, c.vcenter.Addr(), i, c.vcenter.Thumbprint())
	}
	dir := t.TempDir()
	fleet, out := filepath.Join(dir, "fleet.yaml"), filepath.Join(dir, "report.json")
	if err := os.WriteFile(fleet, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	code := Main([]string{"collect", "-c", fleet, "-o", "json=" + out, "--log-level", "trace"}, Streams{In: strings.NewReader(""), Out: &stderr, Err: &stderr})
	if strings.Contains(stderr.String(), simulator.DefaultPassword) {
		t.Error("the password is in the log")
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatalf("exit %d: %v\n%s", code, err, stderr.String())
	}
	return code, data
}

// rows are the lines of a report that belong to one vCenter's records.
func rows(report []byte, vcenter string) string {
	var b strings.Builder
	for line := range bytes.Lines(report) {
		if bytes.HasPrefix(line, []byte(`{"vcenter":"`+vcenter+`",`)) {
			b.Write(bytes.TrimRight(line, ",\n"))
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// TestFaultMatrix reads a fleet in which every fault stands in every phase, next
// to healthy vCenters.
func TestFaultMatrix(t *testing.T) {
	// The runtime keeps a goroutine for signals from the first run on.
	if code := Main([]string{"version"}, Streams{Out: new(bytes.Buffer), Err: new(bytes.Buffer)}); code != 0 {
		t.Fatalf("exit %d", code)
	}
	before := runtime.NumGoroutine()
	t.Run("fleet", testFaultMatrix)
	for range 100 { // what ends a little later, such as idle connections
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	stacks := make([]byte, 1<<20)
	t.Errorf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
}

func testFaultMatrix(t *testing.T) {
	healthy := []cell{startCell(t, "healthy-a", "", cellVMs), startCell(t, "healthy-b", "", cellVMs)}
	code, alone := collectCells(t, healthy)
	if code != 0 {
		t.Fatalf("healthy vCenters alone: exit %d", code)
	}
	expected := matrix()
	cells := slices.Clone(healthy)
	for fault := range expected {
		cells = append(cells, startCell(t, string(fault), fault, cellVMs))
	}
	code, data := collectCells(t, cells)
	if code != int(exitPartial) {
		t.Errorf("exit %d, want %d", code, exitPartial)
	}
	for _, c := range healthy {
		if diff := cmp.Diff(rows(alone, c.name), rows(data, c.name)); diff != "" || rows(data, c.name) == "" {
			t.Errorf("%s reads otherwise among broken vCenters (-alone +among):\n%s", c.name, diff)
		}
	}
	r, err := report.ReadJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	results := make(map[string]inventory.VCenter)
	for _, v := range r.VCenters {
		results[v.Name] = v
	}
	for _, c := range cells[len(healthy):] {
		checkCell(t, c, expected[c.fault], results[c.name])
	}
}

func checkCell(t *testing.T, c cell, want outcome, got inventory.VCenter) {
	t.Helper()
	var class inventory.Class
	if len(got.Problems) > 0 {
		class = got.Problems[0].Class
	}
	known := len(want.classes) == 0 && class == "" || slices.Contains(want.classes, class)
	if got.Status != want.status || !known || (got.Logout == inventory.LogoutFailed) != want.leaks {
		t.Errorf("%s: %s, logout %s, problems %v; want %s, %v", c.name, got.Status, got.Logout, got.Problems, want.status, want.classes)
	}
	for _, p := range got.Problems {
		if p.Hint == "" || p.Message == "" || p.Phase == "" {
			t.Errorf("%s: a problem without a hint, message or phase: %+v", c.name, p)
		}
	}
	if vms := len(got.Records.VirtualMachines); vms != cellVMs && got.Status.HasRecords() && c.fault != "no-root" || vms != 0 && !got.Status.HasRecords() {
		t.Errorf("%s: %d virtual machines in a vCenter that is %s", c.name, vms, got.Status)
	}
	n := c.vcenter.Counters()
	if !want.leaks && (n.OpenSessions != 0 || n.OpenViews != 0 || n.OpenTokens != 0) {
		t.Errorf("%s: left behind: %d sessions, %d views, %d tokens", c.name, n.OpenSessions, n.OpenViews, n.OpenTokens)
	}
	if logins := n.ByMethod["Login"]; logins > 2 || logins > 1 && got.Status == inventory.Failed {
		t.Errorf("%s: %d logins", c.name, logins)
	}
}
