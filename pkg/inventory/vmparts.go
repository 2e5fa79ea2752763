package inventory

import (
	"time"

	"vcfleet/pkg/tabular"
)

// Part is what every record of a piece of a virtual machine starts with.
type Part struct {
	VCenter string
	VM      string
	VMMoref string
	// StaleSince is that of Object.
	StaleSince time.Time
}

func partColumns[R any](part func(*R) *Part) []tabular.Column[R] {
	return []tabular.Column[R]{
		tabular.TextColumn("vcenter", "name of the vCenter in the configuration", func(r *R) *string { return &part(r).VCenter }),
		tabular.TextColumn("vm", "name of the virtual machine", func(r *R) *string { return &part(r).VM }),
		tabular.TextColumn("vmMoref", "managed object reference of the virtual machine", func(r *R) *string { return &part(r).VMMoref }),
		staleColumn(func(r *R) *time.Time { return &part(r).StaleSince }),
	}
}

// Disk is a virtual disk.
type Disk struct {
	Part
	Label       string
	Key         Int
	CapacityMiB Int
	Backing     string
	Mode        string
	Thin        Bool
	EagerlyZero Bool
	Controller  string
	Unit        Int
	UUID        string
	Datastore   string
	Path        string
}

func diskSchema() tabular.Schema[Disk] {
	return tabular.Schema[Disk]{
		Name: "disks", Title: "Virtual disks", Doc: "virtual disks of virtual machines and templates",
		Columns: append(partColumns(func(r *Disk) *Part { return &r.Part }),
			tabular.TextColumn("label", "device label", func(r *Disk) *string { return &r.Label }),
			tabular.IntColumn("key", "device key, unique within its virtual machine", func(r *Disk) *Int { return &r.Key }),
			tabular.IntColumn("capacityMiB", "size the guest sees", func(r *Disk) *Int { return &r.CapacityMiB }).In("MiB"),
			tabular.TextColumn("backing", "flat, rdmPhysical, rdmVirtual, seSparse, sparse or the vCenter's type name", func(r *Disk) *string { return &r.Backing }),
			tabular.TextColumn("mode", "persistent, independent_persistent, …", func(r *Disk) *string { return &r.Mode }),
			tabular.BoolColumn("thin", "whether space is taken on first write", func(r *Disk) *Bool { return &r.Thin }),
			tabular.BoolColumn("eagerlyZeroed", "whether all blocks were zeroed at creation", func(r *Disk) *Bool { return &r.EagerlyZero }),
			tabular.TextColumn("controller", "label of its controller", func(r *Disk) *string { return &r.Controller }),
			tabular.IntColumn("unit", "unit number on its controller", func(r *Disk) *Int { return &r.Unit }),
			tabular.TextColumn("uuid", "disk UUID that the guest sees when disk.EnableUUID is set", func(r *Disk) *string { return &r.UUID }),
			tabular.TextColumn("datastore", "datastore of its current file", func(r *Disk) *string { return &r.Datastore }),
			tabular.TextColumn("path", "datastore path of its current file", func(r *Disk) *string { return &r.Path }),
		),
	}
}

// NIC is a virtual network adapter.
type NIC struct {
	Part
	Label          string
	Key            Int
	Adapter        string
	MAC            string
	Network        string
	Connected      Bool
	StartConnected Bool
	IPs            []string
}

func nicSchema() tabular.Schema[NIC] {
	return tabular.Schema[NIC]{
		Name: "nics", Title: "Virtual network adapters", Doc: "network adapters of virtual machines and templates",
		Columns: append(partColumns(func(r *NIC) *Part { return &r.Part }),
			tabular.TextColumn("label", "device label", func(r *NIC) *string { return &r.Label }),
			tabular.IntColumn("key", "device key, unique within its virtual machine", func(r *NIC) *Int { return &r.Key }),
			tabular.TextColumn("adapter", "Vmxnet3, E1000, E1000e, … (the type name without Virtual)", func(r *NIC) *string { return &r.Adapter }),
			tabular.TextColumn("mac", "MAC address", func(r *NIC) *string { return &r.MAC }),
			tabular.TextColumn("network", "network it is attached to; the port group key when its name cannot be read", func(r *NIC) *string { return &r.Network }),
			tabular.BoolColumn("connected", "whether it is connected", func(r *NIC) *Bool { return &r.Connected }),
			tabular.BoolColumn("startConnected", "whether it connects at power-on", func(r *NIC) *Bool { return &r.StartConnected }),
			tabular.ListColumn("ips", "all addresses the guest reports on it, link-local ones included", func(r *NIC) *[]string { return &r.IPs }),
		),
	}
}

// Snapshot is a snapshot of a virtual machine.
type Snapshot struct {
	Part
	Name        string
	Moref       string
	Parent      string
	Description string
	CreatedAt   time.Time
	AgeDays     Int
	State       string
	Quiesced    Bool
	Current     Bool
	SizeMiB     Int
}

func snapshotSchema() tabular.Schema[Snapshot] {
	return tabular.Schema[Snapshot]{
		Name: "snapshots", Title: "Snapshots", Doc: "snapshots of virtual machines",
		Columns: append(partColumns(func(r *Snapshot) *Part { return &r.Part }),
			tabular.TextColumn("name", "name of the snapshot", func(r *Snapshot) *string { return &r.Name }),
			tabular.TextColumn("moref", "managed object reference of the snapshot", func(r *Snapshot) *string { return &r.Moref }),
			tabular.TextColumn("parent", "name of the snapshot it was taken on top of", func(r *Snapshot) *string { return &r.Parent }),
			tabular.TextColumn("description", "description", func(r *Snapshot) *string { return &r.Description }),
			tabular.TimeColumn("createdAt", "when it was taken", func(r *Snapshot) *time.Time { return &r.CreatedAt }),
			tabular.IntColumn("ageDays", "whole days from then to the start of the run", func(r *Snapshot) *Int { return &r.AgeDays }).In("days"),
			tabular.TextColumn("state", "power state it would go back to", func(r *Snapshot) *string { return &r.State }),
			tabular.BoolColumn("quiesced", "whether the guest's file systems were quiesced", func(r *Snapshot) *Bool { return &r.Quiesced }),
			tabular.BoolColumn("current", "whether it is the one the virtual machine runs on", func(r *Snapshot) *Bool { return &r.Current }),
			tabular.IntColumn("sizeMiB", "state and memory files, and the delta disks written since; absent when the vCenter gives no file layout", func(r *Snapshot) *Int { return &r.SizeMiB }).In("MiB"),
		),
	}
}
