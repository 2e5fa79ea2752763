package doctor

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"vcfleet/pkg/inventory"
)

// SchemaVersion names the JSON document. A published one is never changed; what
// is added keeps the name, what changes or goes away makes it v2.
//
//	v1: vcenters with a verdict, their checks, and what was measured.
const SchemaVersion = "vcfleet.doctor/v1"

// VCenter is what was found on one vCenter.
type VCenter struct {
	Name   string
	Host   string
	Checks []Result
}

// Verdict is the worst status of the checks: fail, else skipped, else warn, else
// ok.
func (v *VCenter) Verdict() Status {
	for _, status := range []Status{Fail, Skipped, Warn} {
		if len(v.which(status)) > 0 {
			return status
		}
	}
	return OK
}

// which returns the names of the checks with that status.
func (v *VCenter) which(status Status) []string {
	var names []string
	for _, r := range v.Checks {
		if r.Status == status {
			names = append(names, r.Check)
		}
	}
	return names
}

// Report is what was found on a fleet.
type Report struct {
	Tool       inventory.Tool
	StartedAt  time.Time
	FinishedAt time.Time
	VCenters   []VCenter
}

// Passed reports whether no check failed or was skipped.
func (r *Report) Passed() bool {
	return !slices.ContainsFunc(r.VCenters, func(v VCenter) bool {
		verdict := v.Verdict()
		return verdict == Fail || verdict == Skipped
	})
}

// MarkTwins warns of vCenters that share an instanceUuid: their objects would be
// in a report twice.
func (r *Report) MarkTwins() {
	names := make(map[string][]string)
	for i := range r.VCenters {
		if id := instance(&r.VCenters[i]); id != nil {
			key := fact(id, "instanceUuid")
			names[key] = append(names[key], r.VCenters[i].Name)
		}
	}
	for i := range r.VCenters {
		id := instance(&r.VCenters[i])
		if id == nil {
			continue
		}
		twins := names[fact(id, "instanceUuid")]
		if len(twins) < 2 || id.Status != OK {
			continue
		}
		id.Status = Warn
		id.Detail += fmt.Sprintf("; %s have the same instanceUuid", strings.Join(twins, ", "))
		id.Hint = "keep one of them in the configuration; if they are two vCenters, one was cloned from the other and needs an instanceUuid of its own"
	}
}

// instance returns the identity of a vCenter that has told one.
func instance(v *VCenter) *Result {
	at := slices.IndexFunc(v.Checks, func(r Result) bool { return r.Check == "identity" && fact(&r, "instanceUuid") != "" })
	if at < 0 {
		return nil
	}
	return &v.Checks[at]
}

func fact(r *Result, key string) string {
	for _, pair := range r.Facts {
		if pair.Key == key {
			return pair.Value
		}
	}
	return ""
}
