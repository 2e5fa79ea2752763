package inventory

import (
	"fmt"
	"slices"
	"time"
)

// CarryForward gives a vCenter that could not be read the records that an
// earlier report holds of it, each marked with when it was read, and the status
// stale. It never does so silently: the problems of this run stay, and one more
// says what was carried. A vCenter that has records, or of which the earlier
// report knows nothing, is left as it is.
func CarryForward(v *VCenter, earlier *Report) {
	if v.Status.HasRecords() {
		return
	}
	at := slices.IndexFunc(earlier.VCenters, func(old VCenter) bool { return old.Name == v.Name && old.Status.HasRecords() })
	if at < 0 {
		return
	}
	old := &earlier.VCenters[at]
	if !sameVCenter(v, old) {
		v.Problems = append(v.Problems, Problem{
			Phase: PhaseQueue, Class: ClassStale,
			Message: fmt.Sprintf("the earlier report has another vCenter under this name (%s): nothing was carried over", old.Host),
			Hint:    "names stand for one vCenter from run to run; give this one another name",
		})
		return
	}
	v.StaleSince = old.StaleSince
	for _, since := range []time.Time{old.StartedAt, earlier.Run.StartedAt} {
		if v.StaleSince.IsZero() {
			v.StaleSince = since
		}
	}
	v.Status, v.Records = Stale, old.Records
	v.InstanceUUID, v.Version, v.Build = old.InstanceUUID, old.Version, old.Build
	v.Sections = slices.DeleteFunc(slices.Clone(v.Sections), func(s string) bool { return !slices.Contains(old.Sections, s) })
	for _, table := range Tables() {
		if !slices.Contains(v.Sections, table.Section) {
			table.Clear(&v.Records)
			continue
		}
		table.markStale(&v.Records, v.StaleSince)
	}
	v.Count()
	v.Problems = append(v.Problems, Problem{
		Phase: PhaseQueue, Class: ClassStale,
		Message: fmt.Sprintf("its records are those of an earlier run, read at %s", v.StaleSince.UTC().Format("2006-01-02 15:04 MST")),
		Hint:    "what has changed since then is not in this report",
	})
}

// sameVCenter tells whether two results with one name are of one vCenter. A
// vCenter that did not answer is known by its address alone.
func sameVCenter(v, old *VCenter) bool {
	if v.InstanceUUID != "" && old.InstanceUUID != "" {
		return v.InstanceUUID == old.InstanceUUID
	}
	return v.Host == old.Host
}
