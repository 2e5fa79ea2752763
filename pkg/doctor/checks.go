package doctor

import (
	"context"

	"vcfleet/pkg/tabular"
)

// Check is one thing that is examined.
type Check struct {
	Name string
	Doc  string // what is asked, and what the answer proves

	needs   string // the check without which this one makes no sense
	offline bool   // nothing is asked of the vCenter, so no time is measured
	always  bool   // also when the run was interrupted
	run     func(*visit, context.Context) Result
}

// Checks lists the checks in the order in which they are made.
func Checks() []Check {
	return []Check{
		{Name: "dns", Doc: "the name has addresses; behind a proxy, the proxy's name", run: (*visit).dns},
		{Name: "tcp", Doc: "the port accepts a connection, and how soon; behind a proxy, the proxy's port", needs: "dns", run: (*visit).tcp},
		{Name: "tls", Doc: "the certificate holds under the configured trust, when it expires, and its SHA-256", needs: "tcp", run: (*visit).tls},
		{Name: "release", Doc: "client and vCenter agree on a release of the VI/JSON API", needs: "tls", run: (*visit).negotiate},
		{Name: "identity", Doc: "it is a vCenter, which version, and not one that is configured twice", needs: "release", offline: true, run: (*visit).identity},
		{Name: "clock", Doc: "its clock agrees with this machine's (to a second, by the Date of its answers)", needs: "release", offline: true, run: (*visit).skew},
		{Name: "login", Doc: "the account is accepted", needs: "identity", run: (*visit).login},
		{Name: "root", Doc: "the account has System.Read on the root folder, without which reading fails or misses things", needs: "login", run: (*visit).root},
		{Name: "sections", Doc: "how many objects of each section the account sees, and whether it can read what sections need of three of each type; objects that it does not see cannot be told from ones that do not exist", needs: "login", run: (*visit).sections},
		{Name: "logout", Doc: "the session is ended", needs: "login", always: true, run: (*visit).logout},
	}
}

// Status is the outcome of a check.
type Status string

// The outcomes.
const (
	OK      Status = "ok"
	Warn    Status = "warn"    // a collection works, with less than it could
	Fail    Status = "fail"    // a collection does not work, or misses what was asked for
	Skipped Status = "skipped" // not checked; the detail says why
)

// Result is the outcome of one check on one vCenter.
type Result struct {
	VCenter string
	Check   string
	Status  Status
	Detail  string             // what was found
	Hint    string             // what to do about it
	Facts   []tabular.Pair     // the figures and names in it, sorted, for scripts
	Millis  tabular.Opt[int64] // how long it took
	Skew    tabular.Opt[int64] // clock: ahead of this machine, or behind when negative
}

// with adds a fact, if there is a value; facts are added in the order of their
// names.
func (r Result) with(key, value string) Result {
	if value != "" {
		r.Facts = append(r.Facts, tabular.Pair{Key: key, Value: value})
	}
	return r
}

// millis is the unit of the columns that JSON keeps apart: they differ from run
// to run.
const millis = "ms"

// Schema lists the columns of results: what the table and JSON show.
func Schema() tabular.Schema[Result] {
	return tabular.Schema[Result]{
		Name: "checks", Title: "Checks", Doc: "one row for every check of every vCenter",
		Columns: []tabular.Column[Result]{
			tabular.TextColumn("vcenter", "name of the vCenter in the configuration", func(r *Result) *string { return &r.VCenter }),
			tabular.TextColumn("check", "name of the check", func(r *Result) *string { return &r.Check }),
			{
				Header: tabular.Header{Name: "status", Type: tabular.Text, Doc: "ok, warn, fail or skipped"},
				Get:    func(r *Result) tabular.Value { return tabular.TextValue(string(r.Status)) },
				Set:    func(r *Result, v tabular.Value) { r.Status = Status(v.Text()) },
			},
			tabular.IntColumn("millis", "how long it took", func(r *Result) *tabular.Opt[int64] { return &r.Millis }).In(millis),
			tabular.IntColumn("skewMillis", "how far the vCenter's clock is ahead", func(r *Result) *tabular.Opt[int64] { return &r.Skew }).In(millis),
			tabular.TextColumn("detail", "what was found", func(r *Result) *string { return &r.Detail }),
			tabular.TextColumn("hint", "what to do about it", func(r *Result) *string { return &r.Hint }),
			tabular.PairsColumn("facts", "figures and names, for scripts", func(r *Result) *[]tabular.Pair { return &r.Facts }),
		},
	}
}
