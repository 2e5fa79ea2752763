package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"vcfleet/pkg/inventory"
	"vcfleet/pkg/tabular"
)

// evilTexts are names that a vCenter may hold and that formats trip over.
func evilTexts() []string {
	return []string{
		`=cmd|' /C calc'!A1`, "+1", "-1", "@SUM(A1)", "\ttab", "\rcr", "two\nlines", "crlf\r\nline",
		"\x1b[31mred\x1b]0;title\x07", "c1\u009b31m", "bidi\u202egnp.exe", "zero\u200bwidth", "sep\u2028para\u2029",
		`quote " comma , semicolon ;`, `back\slash`, "`code`", "a|b", `a\|b`, "<script>alert(1)</script>", "&amp;",
		"[link](http://evil.example)", "![img](http://evil.example/x.png)", "*bold* _it_ ~~gone~~", "$x$", "# head",
		"not utf-8 \xff\xfe\xc3(", "nul\x00byte", "东京数据中心", "e\u0301 combining", "👩‍👩‍👧 family", " leading", "trailing ",
		"'", `"`, ",", "%2f", "true", "null", "1e9", "</table>", "\ufeffbom", strings.Repeat("long ", 60), strings.Repeat("x", 300),
	}
}

// fixtureRun is the run of all fixtures.
func fixtureRun() (inventory.Tool, inventory.Run) {
	at := time.Date(2026, 3, 1, 4, 0, 0, 123456000, time.UTC)
	return inventory.Tool{Name: "vcfleet", Version: "1.2.3"},
		inventory.Run{ID: "20260301T040000Z-7f3a", StartedAt: at, FinishedAt: at.Add(83 * time.Second)}
}

// textCell is a plausible text for a column, so that samples can be judged by
// eye.
func textCell(column, vcenter string, n int) string {
	switch column {
	case "vcenter":
		return vcenter
	case "name":
		return fmt.Sprintf("object-%02d", n)
	case "moref", "vmMoref":
		return fmt.Sprintf("obj-%d", 1000+n)
	case "vm":
		return fmt.Sprintf("vm-%02d", n)
	case "cluster":
		return fmt.Sprintf("cluster-%d", n%3)
	case "powerState":
		return []string{"poweredOn", "poweredOff", "suspended"}[n%3]
	}
	return fmt.Sprintf("%s %d", column, n)
}

// cellOf returns a value of the column's type that is not absent.
func cellOf(h tabular.Header, vcenter string, n int) tabular.Value {
	switch h.Type {
	case tabular.Text:
		return tabular.TextValue(textCell(h.Name, vcenter, n))
	case tabular.Int:
		if h.Unit == "MiB" {
			return tabular.IntValue(int64(512) << (n % 14))
		}
		return tabular.IntValue(int64(n * 7919 % 100_000))
	case tabular.Float:
		return tabular.FloatValue(float64(n) / 8)
	case tabular.Bool:
		return tabular.BoolValue(n%2 == 0)
	case tabular.Time:
		return tabular.TimeValue(time.Date(2025, 11, 1+n%28, 12, 30, 0, 1000*n, time.UTC))
	case tabular.List:
		return tabular.ListValue([]string{fmt.Sprintf("%s-a", h.Name), fmt.Sprintf("%s-%d", h.Name, n)})
	case tabular.Pairs:
		return tabular.PairsValue([]tabular.Pair{{Key: "cost centre", Value: fmt.Sprint(n)}, {Key: "owner", Value: "ops=1; 2"}})
	}
	panic("a type of column that the fixture does not know: " + h.Type.String())
}

// addRows appends rows to every table; keep says which columns they have.
func addRows(v *inventory.VCenter, rows int, keep func(tabular.Header) bool) {
	for t, table := range inventory.Tables() {
		for n := range rows {
			set := table.Append(&v.Records)
			for column, header := range table.Columns {
				if keep(header) {
					set(column, cellOf(header, v.Name, n*len(inventory.Tables())+t+column))
				}
			}
		}
	}
	v.Records.Sort()
	v.Count()
}

func everyColumn(tabular.Header) bool      { return true }
func onlyTheVCenter(h tabular.Header) bool { return h.Name == columnVCenter }
func conversation(v *inventory.VCenter) {
	v.InstanceUUID = "uuid-of-" + v.Name
	v.Version, v.Build, v.APIRelease, v.Protocol = "8.0.3", "24022515", "8.0.3.0", "vi-json"
	_, run := fixtureRun()
	v.StartedAt = run.StartedAt.Add(time.Second)
	v.Millis, v.Requests, v.Pages, v.Bytes = 1234, 9, 3, 456789
	v.Phases = []inventory.PhaseTime{{Name: inventory.PhaseLogin, Millis: 80}, {Name: inventory.PhaseRead, Millis: 1100}}
	v.Logout = inventory.LogoutOK
}

const evilName = "zlin-evil"

// fixture is a report with every status, every column filled and absent, evil
// texts, and tables without rows.
func fixture(t testing.TB) *inventory.Report {
	t.Helper()
	sections := inventory.Sections()
	full := inventory.VCenter{Name: "prague-prod", Host: "vc1.prague.example.com", Labels: map[string]string{"site": "prague", "env": "prod"}, Status: inventory.Complete, Sections: sections}
	conversation(&full)
	addRows(&full, 4, everyColumn)

	absent := inventory.VCenter{Name: "brno-edge", Host: "10.1.1.5:8443", Status: inventory.Partial, Sections: sections}
	conversation(&absent)
	absent.Problems = []inventory.Problem{
		{Phase: inventory.PhaseRead, Class: inventory.ClassNoPermission, Type: "HostSystem", Path: "config.product", Objects: 3, Message: "System.View is missing", Hint: "give the account the Read-only role on the root folder, with propagation to children"},
		{Phase: inventory.PhaseRead, Class: inventory.ClassOddValue, Type: "VirtualMachine", Path: "config.hardware.numCPU", Objects: 1, Message: "want a number, got \"many\"\nsecond line \x1b[31m"},
	}
	addRows(&absent, 1, onlyTheVCenter)

	evil := inventory.VCenter{Name: evilName, Host: "vc.zlin.example.com", Status: inventory.Complete, Sections: sections, Labels: map[string]string{"<b>": "a|b"}}
	conversation(&evil)
	fillEvil(&evil)

	empty := inventory.VCenter{Name: "lab-empty", Host: "lab.example.com", Status: inventory.Complete, Sections: sections}
	conversation(&empty)
	empty.InstanceUUID = evil.InstanceUUID // read twice under two addresses
	empty.Count()

	failed := inventory.VCenter{Name: "ostrava-dr", Host: "vc2.ostrava.example.com", Status: inventory.Failed, Sections: sections, Millis: 312, Requests: 3, Logout: inventory.LogoutNotNeeded, Problems: []inventory.Problem{
		{Phase: inventory.PhaseLogin, Class: inventory.ClassCredentialsRejected, Message: "the vCenter rejected the user name or password of svc-inventory@vsphere.local", Hint: "check the credential \"inventory\" in fleet.yaml; the account is not tried again in this run so that it is not locked"},
	}}
	failed.Count()
	skipped := inventory.VCenter{Name: "very-long-name-of-a-vcenter-in-a-far-away-place", Host: "vc3.example.com", Status: inventory.Skipped, Sections: sections, Problems: []inventory.Problem{
		{Phase: inventory.PhaseQueue, Class: inventory.ClassCanceled, Message: "the run was interrupted before it was tried"},
	}}
	tool, run := fixtureRun()
	return inventory.NewReport(tool, run, []inventory.VCenter{full, absent, evil, empty, failed, skipped})
}

// fillEvil gives virtual machines and clusters every evil text in every column
// of texts.
func fillEvil(v *inventory.VCenter) {
	for _, table := range inventory.Tables() {
		if table.Name != "virtualMachines" && table.Name != "clusters" {
			continue
		}
		for _, text := range evilTexts() {
			set := table.Append(&v.Records)
			for column, header := range table.Columns {
				switch {
				case header.Name == columnVCenter:
					set(column, tabular.TextValue(v.Name))
				case header.Type == tabular.Text:
					set(column, tabular.TextValue(text))
				case header.Type == tabular.List:
					set(column, tabular.ListValue([]string{text, "", text}))
				case header.Type == tabular.Pairs:
					set(column, tabular.PairsValue([]tabular.Pair{{Key: text, Value: text}}))
				}
			}
		}
	}
	v.Records.Sort()
	v.Count()
}

// small is a report that fits on a screen, for the goldens that people read.
func small(t testing.TB) *inventory.Report {
	t.Helper()
	r := fixture(t)
	for i := range r.VCenters {
		if v := &r.VCenters[i]; v.Name == evilName {
			v.Records.VirtualMachines = v.Records.VirtualMachines[:6]
			v.Records.Clusters = v.Records.Clusters[:6]
			v.Count()
		}
	}
	return r
}

// emptyFleet is a report without vCenters.
func emptyFleet() *inventory.Report {
	tool, run := fixtureRun()
	return inventory.NewReport(tool, run, nil)
}
