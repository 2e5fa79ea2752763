package collector

import (
	"time"

	"vcfleet/pkg/inventory"
	"vcfleet/pkg/vim"
)

// hostObject is a host as it comes.
type hostObject struct {
	entity
	record     inventory.Host
	datastores []vim.ManagedObjectReference
	networks   []vim.ManagedObjectReference
}

// hostProperties is the one list for HostSystem. hardware and config may be
// absent for a host that is disconnected; summary is what the vCenter remembers.
func hostProperties() []property[hostObject] {
	type host = hostObject
	return []property[host]{
		{"name", "hosts.name virtualMachines.host", text(func(o *host) *string { return &o.rawName })},
		{"parent", "hosts.cluster hosts.datacenter hosts.folder virtualMachines.cluster clusters.hostCount clusters.vmCount datacenters.hostCount", ref(func(o *host) *vim.ManagedObjectReference { return &o.parent })},
		{"overallStatus", "hosts.overallStatus", word(func(o *host) *string { return &o.record.OverallStatus })},
		{"runtime.connectionState", "hosts.connectionState", word(func(o *host) *string { return &o.record.ConnectionState })},
		{"runtime.powerState", "hosts.powerState", word(func(o *host) *string { return &o.record.PowerState })},
		{"runtime.inMaintenanceMode", "hosts.maintenanceMode", truth(func(o *host) *inventory.Bool { return &o.record.MaintenanceMode })},
		{"runtime.bootTime", "hosts.bootedAt", instant(func(o *host) *time.Time { return &o.record.BootedAt })},
		{"summary.hardware", "hosts.uuid hosts.vendor hosts.model hosts.serial hosts.cpuModel hosts.cpuSockets hosts.cpuCores hosts.cpuThreads hosts.cpuMHz hosts.cpuTotalMHz hosts.memoryMiB hosts.nicCount hosts.hbaCount", (*host).readHardware},
		{"hardware.systemInfo", "hosts.serial", (*host).readSystemInfo},
		{"hardware.biosInfo", "hosts.biosVersion", (*host).readBIOS},
		{"summary.quickStats", "hosts.cpuUsageMHz hosts.memoryUsageMiB clusters.cpuUsageMHz clusters.memoryUsageMiB", (*host).readQuickStats},
		{"summary.config.product", "hosts.product hosts.version hosts.build", (*host).readProduct},
		{"summary.currentEVCModeKey", "hosts.evcMode", word(func(o *host) *string { return &o.record.EVCMode })},
		{"summary.maxEVCModeKey", "hosts.maxEvcMode", word(func(o *host) *string { return &o.record.MaxEVCMode })},
		{"summary.managementServerIp", "hosts.managementServer", word(func(o *host) *string { return &o.record.ManagementServer })},
		{"datastore", "hosts.datastores datastores.hostCount", refs(func(o *host) *[]vim.ManagedObjectReference { return &o.datastores })},
		{"network", "hosts.networks networks.hostCount", refs(func(o *host) *[]vim.ManagedObjectReference { return &o.networks })},
		custom("hosts", func(o *host) *[]customValue { return &o.custom }),
	}
}

// readHardware takes a HostHardwareSummary.
func (o *hostObject) readHardware(v *vim.Value) {
	r := &o.record
	v.Fields(func(name []byte, v *vim.Value) {
		switch string(name) {
		case "vendor":
			r.Vendor = v.Word()
		case "model":
			r.Model = v.Word()
		case "uuid":
			r.UUID = v.Text()
		case "cpuModel":
			r.CPUModel = v.Word()
		case "cpuMhz":
			r.CPUMHz = integer(v)
		case "numCpuPkgs":
			r.CPUSockets = integer(v)
		case "numCpuCores":
			r.CPUCores = integer(v)
		case "numCpuThreads":
			r.CPUThreads = integer(v)
		case "memorySize": // bytes
			r.MemoryMiB = mebibytes(v)
		case "numNics":
			r.NICCount = integer(v)
		case "numHBAs":
			r.HBACount = integer(v)
		case "otherIdentifyingInfo":
			o.readIdentifyingInfo(v)
		}
	})
	r.CPUTotalMHz = inventory.Int{Value: r.CPUMHz.Value * r.CPUCores.Value, Known: r.CPUMHz.Known && r.CPUCores.Known}
}

// readIdentifyingInfo looks for the serial number among the tags that hardware
// vendors give: SerialNumberTag, else ServiceTag.
func (o *hostObject) readIdentifyingInfo(v *vim.Value) {
	tags := make(map[string]string)
	v.Elements(func(v *vim.Value) {
		var key, value string
		v.Fields(func(name []byte, v *vim.Value) {
			switch string(name) {
			case "identifierValue":
				value = v.Text()
			case "identifierType":
				v.Fields(func(name []byte, v *vim.Value) {
					if string(name) == "key" {
						key = v.Word()
					}
				})
			}
		})
		tags[key] = value
	})
	for _, key := range []string{"SerialNumberTag", "ServiceTag"} {
		if o.record.Serial == "" {
			o.record.Serial = tags[key]
		}
	}
}

// readSystemInfo takes a HostSystemInfo, whose serialNumber is the one the
// hardware reports of itself (since 6.7).
func (o *hostObject) readSystemInfo(v *vim.Value) {
	v.Fields(func(name []byte, v *vim.Value) {
		if string(name) == "serialNumber" {
			if serial := v.Text(); serial != "" {
				o.record.Serial = serial
			}
		}
	})
}

func (o *hostObject) readBIOS(v *vim.Value) {
	v.Fields(func(name []byte, v *vim.Value) {
		if string(name) == "biosVersion" {
			o.record.BIOSVersion = v.Word()
		}
	})
}

// readQuickStats takes a HostListSummaryQuickStats: MHz, and MB that mean MiB.
func (o *hostObject) readQuickStats(v *vim.Value) {
	v.Fields(func(name []byte, v *vim.Value) {
		switch string(name) {
		case "overallCpuUsage":
			o.record.CPUUsageMHz = integer(v)
		case "overallMemoryUsage":
			o.record.MemoryUsageMiB = integer(v)
		}
	})
}

// readProduct takes an AboutInfo.
func (o *hostObject) readProduct(v *vim.Value) {
	v.Fields(func(name []byte, v *vim.Value) {
		switch string(name) {
		case "fullName":
			o.record.Product = v.Word()
		case "version":
			o.record.Version = v.Word()
		case "build":
			o.record.Build = v.Word()
		}
	})
}
