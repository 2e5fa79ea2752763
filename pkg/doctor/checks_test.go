package doctor

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"vcfleet/pkg/inventory"
	"vcfleet/pkg/vim"
)

// TestChecks holds the list to what it is for.
func TestChecks(t *testing.T) {
	var before []string
	for _, c := range Checks() {
		if c.Name == "" || c.Doc == "" || strings.HasSuffix(c.Doc, ".") || c.run == nil {
			t.Errorf("%+v is not complete", c.Name)
		}
		if c.needs != "" && !slices.Contains(before, c.needs) {
			t.Errorf("%s builds upon %s, which does not come before it", c.Name, c.needs)
		}
		if slices.Contains(before, c.Name) {
			t.Errorf("%s comes twice", c.Name)
		}
		before = append(before, c.Name)
	}
}

// TestProbes has every section tried.
func TestProbes(t *testing.T) {
	var sections []string
	for _, p := range probes() {
		sections = append(sections, p.section)
	}
	if want := inventory.Sections(); !slices.Equal(slices.Sorted(slices.Values(sections)), slices.Sorted(slices.Values(want))) {
		t.Errorf("probes of %v, sections %v", sections, want)
	}
}

func TestJudge(t *testing.T) {
	v := &visit{options: Options{Sections: inventory.Sections()}}
	denied := &vim.Fault{Type: vim.NoPermission, PrivilegeID: "System.Read"}
	for _, test := range []struct {
		name   string
		seen   map[string]int
		came   map[string]bool
		faults map[place]*vim.Fault
		status Status
		says   string
	}{
		{"nothing", nil, nil, nil, Fail, "sees no object at all"},
		{"some", map[string]int{"VirtualMachine": 4}, map[string]bool{"VirtualMachine": true}, nil, OK, "readable (objects seen that they come from): vms (4), disks (4), nics (4), snapshots (4); none there, or none shown to the account: hosts, clusters"},
		{"not given", map[string]int{"HostSystem": 1}, nil, nil, Fail, "not readable: hosts (listed, but not given)"},
		{"denied", map[string]int{"VirtualMachine": 4}, map[string]bool{"VirtualMachine": true}, map[place]*vim.Fault{{"VirtualMachine", "snapshot"}: denied}, Fail, "not readable: snapshots (NoPermission (privilege System.Read)); readable"},
		{"one of two types", map[string]int{"Network": 4, "OpaqueNetwork": 1}, map[string]bool{"Network": true}, nil, Fail, "not readable: networks (listed"},
	} {
		r := v.judge(&census{count: test.seen}, &sampler{came: test.came, faults: test.faults})
		if r.Status != test.status || !strings.Contains(r.Detail, test.says) || (r.Hint == "") != (r.Status == OK) {
			t.Errorf("%s: %s: %s (%s)", test.name, r.Status, r.Detail, r.Hint)
		}
	}
}

// TestAdvice has no error without a hint.
func TestAdvice(t *testing.T) {
	v := new(visit)
	if r := v.failed(t.Context(), errors.New("who knows")); r.Status != Fail || r.Hint == "" || r.Detail != "who knows" {
		t.Errorf("%+v", r)
	}
	for _, source := range []vim.Source{vim.SourceESXi, vim.SourceSOAP, vim.SourceProxy, vim.SourceWebPage, vim.SourceUnknown, vim.SourceUnavailable} {
		if got := advice(&vim.AnswerError{Source: source}); got == "" {
			t.Errorf("no advice for %s", source)
		}
	}
}
