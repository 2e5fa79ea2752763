// Package inventory holds what a run found out: records of managed objects,
// what could not be read (as [Problem] data), and the [Report] that puts the
// vCenters of a fleet side by side.
//
// It refuses to know where records come from (package collector) and how they
// are shown (package report). To add a record kind: write the struct and its
// schema side by side in the file of its topic, add its slice to [Records] and
// one line to [Tables]; every format has it from then on. To add a column: a
// field and a line in the schema beside it.
//
// A managed object's key is (vCenter instanceUuid, type, moref): morefs repeat
// between vCenters. Two virtual machines with the same instanceUuid are the
// same machine.
package inventory

import (
	"slices"
	"time"

	"vcfleet/pkg/tabular"
)

// Int is an integer that may be absent.
type Int = tabular.Opt[int64]

// Bool is a boolean that may be absent.
type Bool = tabular.Opt[bool]

// Object is what every record starts with.
type Object struct {
	VCenter string
	Name    string
	Moref   string
	// StaleSince is set in a record that an earlier run read: when it did.
	StaleSince time.Time
}

// objectColumns are the columns of Object, for a record that embeds it.
func objectColumns[R any](object func(*R) *Object) []tabular.Column[R] {
	return []tabular.Column[R]{
		tabular.TextColumn("vcenter", "name of the vCenter in the configuration", func(r *R) *string { return &object(r).VCenter }),
		tabular.TextColumn("name", "name, with %2f, %5c and %25 unescaped", func(r *R) *string { return &object(r).Name }),
		tabular.TextColumn("moref", "managed object reference, unique within its vCenter only", func(r *R) *string { return &object(r).Moref }),
		staleColumn(func(r *R) *time.Time { return &object(r).StaleSince }),
	}
}

// staleSince is the name of the column that marks records of an earlier run.
const staleSince = "staleSince"

func staleColumn[R any](field func(*R) *time.Time) tabular.Column[R] {
	return tabular.TimeColumn(staleSince, "when an earlier run read it, if its vCenter could not be read in this one", field)
}

// Records is the inventory of one vCenter, each slice sorted by name and moref
// (see [Records.Sort]).
type Records struct {
	VirtualMachines     []VirtualMachine
	Disks               []Disk
	NICs                []NIC
	Snapshots           []Snapshot
	Hosts               []Host
	Clusters            []Cluster
	Datacenters         []Datacenter
	Folders             []Folder
	ResourcePools       []ResourcePool
	Datastores          []Datastore
	DatastoreClusters   []DatastoreCluster
	Networks            []Network
	DistributedSwitches []DistributedSwitch
}

// Status says how much of a vCenter a report holds.
type Status string

// The answers; a report never leaves a vCenter without one.
const (
	Complete Status = "complete" // all that was asked for was read
	Partial  Status = "partial"  // something could not be read; the problems say what
	Failed   Status = "failed"   // nothing was read; the problems say why
	Skipped  Status = "skipped"  // not tried; the problems say why
	Stale    Status = "stale"    // failed or skipped; the records are those of an earlier run
)

// HasRecords reports whether a vCenter of that status has records in a report.
func (s Status) HasRecords() bool { return s == Complete || s == Partial || s == Stale }

// LogoutResult says what became of the session.
type LogoutResult string

// What can become of a session.
const (
	LogoutOK        LogoutResult = "ok"
	LogoutFailed    LogoutResult = "failed"     // the session stays until the vCenter's idle timeout
	LogoutNotNeeded LogoutResult = "not-needed" // there was no session
)

// PhaseTime is how long one phase of a conversation took.
type PhaseTime struct {
	Name   Phase `json:"name"`
	Millis int64 `json:"millis"` // wall time, rounded down
}

// VCenter is the result for one configured vCenter: who it is, how the
// conversation went, and the records that it gave.
type VCenter struct {
	Name         string            `json:"name"`
	Host         string            `json:"host"` // as configured: host[:port]
	Labels       map[string]string `json:"labels,omitzero"`
	Status       Status            `json:"status"`
	InstanceUUID string            `json:"instanceUuid,omitzero"`
	Version      string            `json:"version,omitzero"`    // 8.0.3
	Build        string            `json:"build,omitzero"`      // 24022515
	APIRelease   string            `json:"apiRelease,omitzero"` // negotiated: 8.0.3.0
	Protocol     string            `json:"protocol,omitzero"`   // vi-json
	Sections     []string          `json:"sections,omitzero"`   // what was asked for
	StartedAt    time.Time         `json:"startedAt,omitzero"`
	StaleSince   time.Time         `json:"staleSince,omitzero"` // status stale: when the records were read
	Millis       int64             `json:"millis"`
	Phases       []PhaseTime       `json:"phases,omitzero"`
	Requests     int64             `json:"requests"`         // HTTP requests sent
	Retries      int64             `json:"retries,omitzero"` // requests sent again, and retrievals begun again
	Pages        int64             `json:"pages"`
	Bytes        int64             `json:"bytes"` // of pages, decompressed
	Counts       map[string]int    `json:"counts,omitzero"`
	Logout       LogoutResult      `json:"logout,omitzero"`
	Problems     []Problem         `json:"problems,omitzero"`

	Records Records `json:"-"` // written as the report's tables
}

// Count sets Counts from the records: one entry for each table that was asked
// for, 0 included.
func (v *VCenter) Count() {
	v.Counts = make(map[string]int)
	for _, table := range Tables() {
		if slices.Contains(v.Sections, table.Section) {
			v.Counts[table.Name] = table.Len(&v.Records)
		}
	}
}

// VCenterSchema lists the columns of the vcenters table: VCenter without what
// only fits a nested document.
func VCenterSchema() tabular.Schema[VCenter] {
	return tabular.Schema[VCenter]{
		Name: "vcenters", Title: "vCenters", Doc: "one row for every configured and enabled vCenter, whatever became of it",
		Columns: []tabular.Column[VCenter]{
			computed("name", "name in the configuration", tabular.Text, func(v *VCenter) tabular.Value { return tabular.TextValue(v.Name) }),
			computed("host", "address in the configuration", tabular.Text, func(v *VCenter) tabular.Value { return tabular.TextValue(v.Host) }),
			computed("labels", "labels in the configuration", tabular.Pairs, func(v *VCenter) tabular.Value { return tabular.PairsValue(SortedPairs(v.Labels)) }),
			computed("status", "complete, partial, failed, skipped or stale", tabular.Text, func(v *VCenter) tabular.Value { return tabular.TextValue(string(v.Status)) }),
			computed("instanceUuid", "the vCenter's own key", tabular.Text, func(v *VCenter) tabular.Value { return tabular.TextValue(v.InstanceUUID) }),
			computed("version", "product version", tabular.Text, func(v *VCenter) tabular.Value { return tabular.TextValue(v.Version) }),
			computed("build", "product build", tabular.Text, func(v *VCenter) tabular.Value { return tabular.TextValue(v.Build) }),
			computed("apiRelease", "API release that was negotiated", tabular.Text, func(v *VCenter) tabular.Value { return tabular.TextValue(v.APIRelease) }),
			computed("virtualMachines", "virtual machines and templates in the report", tabular.Int, countOf("virtualMachines")),
			computed("hosts", "hosts in the report", tabular.Int, countOf("hosts")),
			computed(staleSince, "when the records of a stale vCenter were read", tabular.Time, func(v *VCenter) tabular.Value { return tabular.TimeValue(v.StaleSince) }),
			computed("millis", "time from the first byte to the logout", tabular.Int, func(v *VCenter) tabular.Value { return tabular.IntValue(v.Millis) }).In("ms"),
			computed("requests", "HTTP requests sent", tabular.Int, func(v *VCenter) tabular.Value { return tabular.IntValue(v.Requests) }),
			computed("pages", "pages read", tabular.Int, func(v *VCenter) tabular.Value { return tabular.IntValue(v.Pages) }),
			computed("bytes", "bytes of pages, decompressed", tabular.Int, func(v *VCenter) tabular.Value { return tabular.IntValue(v.Bytes) }),
			computed("logout", "what became of the session: ok, failed or not-needed", tabular.Text, func(v *VCenter) tabular.Value { return tabular.TextValue(string(v.Logout)) }),
			computed("problem", "the first problem, with the number of others", tabular.Text, func(v *VCenter) tabular.Value { return tabular.TextValue(Brief(v.Problems)) }),
		},
	}
}

func countOf(table string) func(*VCenter) tabular.Value {
	return func(v *VCenter) tabular.Value {
		n, asked := v.Counts[table]
		if !asked || !v.Status.HasRecords() {
			return tabular.Value{} // not known is not zero
		}
		return tabular.IntValue(int64(n))
	}
}

func computed[R any](name, doc string, typ tabular.Type, get func(*R) tabular.Value) tabular.Column[R] {
	return tabular.Column[R]{Header: tabular.Header{Name: name, Type: typ, Doc: doc}, Get: get}
}
