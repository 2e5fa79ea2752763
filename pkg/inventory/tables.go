package inventory

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"vcfleet/pkg/tabular"
)

// Table describes one kind of record, with the record type hidden: what
// formats, the report reader, sections and help range over.
type Table struct {
	Name    string // JSON key and CSV file name
	Title   string // for people
	Doc     string
	Section string // the word in the configuration's collect.sections
	Columns []tabular.Header
	// Brief names the columns to show where there is no room for all, the most
	// telling first: a terminal shows as many of them as fit.
	Brief []string

	// Len returns how many rows the records hold.
	Len func(*Records) int
	// Clear drops the rows.
	Clear func(*Records)
	// View binds the rows of any number of vCenters, in that order.
	View func(...*Records) tabular.Table
	// Append adds an empty row and returns what sets its cells by column index.
	Append func(*Records) func(column int, v tabular.Value)

	sort      func(*Records)
	markStale func(*Records, time.Time)
}

// Tables lists the record kinds in the order in which reports show them.
func Tables() []Table {
	return []Table{
		table("vms", brief("vcenter name powerState cpus memoryMiB usedMiB host cluster primaryIp guestOs"), virtualMachineSchema(), func(r *Records) *[]VirtualMachine { return &r.VirtualMachines }, func(r *VirtualMachine) sortKey { return r.sortKey() }),
		table("disks", brief("vcenter vm label capacityMiB thin datastore backing"), diskSchema(), func(r *Records) *[]Disk { return &r.Disks }, func(r *Disk) sortKey { return r.sortKey(r.Key) }),
		table("nics", brief("vcenter vm label network mac connected ips adapter"), nicSchema(), func(r *Records) *[]NIC { return &r.NICs }, func(r *NIC) sortKey { return r.sortKey(r.Key) }),
		table("snapshots", brief("vcenter vm name createdAt ageDays sizeMiB current"), snapshotSchema(), func(r *Records) *[]Snapshot { return &r.Snapshots }, func(r *Snapshot) sortKey {
			return r.sortKey(tabular.Some(r.CreatedAt.UnixMicro())).then(r.Moref)
		}),
		table("hosts", brief("vcenter name connectionState cluster vmCount version build cpuCores memoryMiB model"), hostSchema(), func(r *Records) *[]Host { return &r.Hosts }, func(r *Host) sortKey { return r.sortKey() }),
		table("clusters", brief("vcenter name hostCount vmCount cpuCores memoryMiB cpuUsageMHz memoryUsageMiB haEnabled drsEnabled datacenter"), clusterSchema(), func(r *Records) *[]Cluster { return &r.Clusters }, func(r *Cluster) sortKey { return r.sortKey() }),
		table("resource-pools", brief("vcenter name kind cluster vmCount memoryLimitMiB"), resourcePoolSchema(), func(r *Records) *[]ResourcePool { return &r.ResourcePools }, func(r *ResourcePool) sortKey { return r.sortKey() }),
		table("datacenters", brief("vcenter name clusterCount hostCount vmCount datastoreCount networkCount"), datacenterSchema(), func(r *Records) *[]Datacenter { return &r.Datacenters }, func(r *Datacenter) sortKey { return r.sortKey() }),
		table("folders", brief("vcenter path"), folderSchema(), func(r *Records) *[]Folder { return &r.Folders }, func(r *Folder) sortKey { return r.sortKey() }),
		table("datastores", brief("vcenter name type capacityMiB freeMiB provisionedMiB accessible vmCount hostCount"), datastoreSchema(), func(r *Records) *[]Datastore { return &r.Datastores }, func(r *Datastore) sortKey { return r.sortKey() }),
		table("datastore-clusters", brief("vcenter name datastoreCount capacityMiB freeMiB sdrsEnabled"), datastoreClusterSchema(), func(r *Records) *[]DatastoreCluster { return &r.DatastoreClusters }, func(r *DatastoreCluster) sortKey { return r.sortKey() }),
		table("networks", brief("vcenter name type vlan switch vmCount hostCount"), networkSchema(), func(r *Records) *[]Network { return &r.Networks }, func(r *Network) sortKey { return r.sortKey() }),
		table("distributed-switches", brief("vcenter name version hostCount portgroupCount maxMtu uplinks"), distributedSwitchSchema(), func(r *Records) *[]DistributedSwitch { return &r.DistributedSwitches }, func(r *DistributedSwitch) sortKey { return r.sortKey() }),
	}
}

// Sections returns the words of collect.sections, in the order of [Tables].
func Sections() []string {
	var sections []string
	for _, table := range Tables() {
		sections = append(sections, table.Section)
	}
	return sections
}

// Sort puts every slice in report order: by name, then moref, and the pieces of
// a virtual machine by its name and moref, then by their own key.
func (r *Records) Sort() {
	for _, table := range Tables() {
		table.sort(r)
	}
}

// brief splits a space-separated list of column names.
func brief(columns string) []string { return strings.Fields(columns) }

func table[R any](section string, brief []string, schema tabular.Schema[R], rows func(*Records) *[]R, key func(*R) sortKey) Table {
	return Table{
		Name: schema.Name, Title: schema.Title, Doc: schema.Doc, Section: section,
		Columns: schema.Headers(), Brief: brief,
		Len:   func(r *Records) int { return len(*rows(r)) },
		Clear: func(r *Records) { *rows(r) = nil },
		View: func(all ...*Records) tabular.Table {
			chunks := make([][]R, len(all))
			for i, r := range all {
				chunks[i] = *rows(r)
			}
			return tabular.Bind(schema, chunks...)
		},
		Append: func(r *Records) func(int, tabular.Value) {
			slice := rows(r)
			*slice = append(*slice, *new(R))
			row := &(*slice)[len(*slice)-1]
			return func(column int, v tabular.Value) { schema.Columns[column].Set(row, v) }
		},
		sort: func(r *Records) { sortRows(*rows(r), key) },
		markStale: func(r *Records, since time.Time) {
			for _, column := range schema.Columns {
				if column.Name != staleSince {
					continue
				}
				for i := range *rows(r) {
					column.Set(&(*rows(r))[i], tabular.TimeValue(since))
				}
			}
		},
	}
}

// sortRows sorts by key, and keeps the order of rows with equal keys. It
// compares keys taken once, and moves each row once: rows are large, and a
// comparison of two would copy both to the heap.
func sortRows[R any](rows []R, key func(*R) sortKey) {
	type place struct {
		key sortKey
		row int
	}
	places := make([]place, len(rows))
	for i := range rows {
		places[i] = place{key(&rows[i]), i}
	}
	byKey := func(a, b place) int { return cmp.Or(a.key.compare(b.key), cmp.Compare(a.row, b.row)) }
	if slices.IsSortedFunc(places, byKey) {
		return
	}
	slices.SortFunc(places, byKey)
	sorted := make([]R, len(rows))
	for i, p := range places {
		sorted[i] = rows[p.row]
	}
	copy(rows, sorted)
}

// sortKey is what rows are ordered by.
type sortKey struct {
	name, moref string
	number      int64
	last        string
}

func (o *Object) sortKey() sortKey { return sortKey{name: o.Name, moref: o.Moref} }

func (p *Part) sortKey(key Int) sortKey {
	return sortKey{name: p.VM, moref: p.VMMoref, number: key.Value}
}

func (k sortKey) then(last string) sortKey {
	k.last = last
	return k
}

func (k sortKey) compare(other sortKey) int {
	if c := cmp.Compare(k.name, other.name); c != 0 {
		return c
	}
	return cmp.Or(
		cmp.Compare(k.moref, other.moref),
		cmp.Compare(k.number, other.number),
		cmp.Compare(k.last, other.last),
	)
}
