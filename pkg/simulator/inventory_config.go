package simulator

import (
	"fmt"

	"github.com/vmware/govmomi/vim25/types"
)

// vmConfig is the configuration of a machine, hardware included.
func (b *builder) vmConfig(p *vmPlan) *types.VirtualMachineConfigInfo {
	created := p.created
	home := p.stores[0]
	firmware := "efi"
	if b.chance(30) {
		firmware = "bios"
	}
	c := &types.VirtualMachineConfigInfo{
		ChangeVersion: created.Format("2006-01-02T15:04:05.999999Z"),
		Modified:      created,
		Name:          p.name,
		GuestFullName: p.os.full,
		Version:       pick(b, []string{"vmx-13", "vmx-15", "vmx-17", "vmx-19", "vmx-19", "vmx-20", "vmx-21"}),
		Uuid:          b.uuid(),
		CreateDate:    &created,
		InstanceUuid:  p.uuid,
		LocationId:    b.uuid(),
		Template:      p.role == roleTemplate,
		GuestId:       p.os.id,
		Annotation:    pick(b, annotations()),
		Files: types.VirtualMachineFileInfo{
			VmPathName:        fmt.Sprintf("[%s] %s/%s.vmx", home.Name, p.dir, p.dir),
			SnapshotDirectory: fmt.Sprintf("[%s] %s/", home.Name, p.dir),
			SuspendDirectory:  fmt.Sprintf("[%s] %s/", home.Name, p.dir),
			LogDirectory:      fmt.Sprintf("[%s] %s/", home.Name, p.dir),
		},
		Tools: b.toolsConfig(p),
		Flags: b.vmFlags(p),
		DefaultPowerOps: types.VirtualMachineDefaultPowerOpInfo{
			PowerOffType: "soft", SuspendType: "hard", ResetType: "soft", DefaultPowerOffType: "soft",
			DefaultSuspendType: "hard", DefaultResetType: "soft", StandbyAction: "checkpoint",
		},
		Hardware: types.VirtualHardware{
			NumCPU: p.cpus, NumCoresPerSocket: &p.perSocket, AutoCoresPerSocket: new(false), MemoryMB: p.memory,
			VirtualICH7MPresent: new(false), VirtualSMCPresent: new(false), MotherboardLayout: "i440bxHostBridge", SimultaneousThreads: 1,
			Device: b.devices(p),
		},
		CpuAllocation:                b.allocation(p.cpus*1000, 0),
		MemoryAllocation:             b.allocation(p.memory*10, int64(p.memory)),
		LatencySensitivity:           &types.LatencySensitivity{Level: types.LatencySensitivitySensitivityLevelNormal},
		MemoryHotAddEnabled:          new(b.chance(50)),
		CpuHotAddEnabled:             new(b.chance(40)),
		CpuHotRemoveEnabled:          new(false),
		HotPlugMemoryLimit:           int64(p.memory) * 4,
		HotPlugMemoryIncrementSize:   128,
		ExtraConfig:                  b.extraConfig(p),
		DatastoreUrl:                 []types.VirtualMachineConfigInfoDatastoreUrlPair{{Name: home.Name, Url: home.Summary.Url}},
		SwapPlacement:                "inherit",
		BootOptions:                  &types.VirtualMachineBootOptions{EnterBIOSSetup: new(false), EfiSecureBootEnabled: new(firmware == "efi" && b.chance(60)), BootRetryEnabled: new(false), BootRetryDelay: 10000, NetworkBootProtocol: "ipv4"},
		VAssertsEnabled:              new(false),
		ChangeTrackingEnabled:        new(b.chance(60)),
		Firmware:                     firmware,
		MaxMksConnections:            40,
		GuestAutoLockEnabled:         new(true),
		MemoryReservationLockedToMax: new(false),
		NestedHVEnabled:              new(false),
		VPMCEnabled:                  new(false),
		MigrateEncryption:            "opportunistic",
	}
	c.ManagedBy = managedBy(p.role)
	return c
}

func (b *builder) toolsConfig(p *vmPlan) *types.ToolsConfigInfo {
	return &types.ToolsConfigInfo{
		ToolsVersion: p.tools.version, AfterPowerOn: new(true), AfterResume: new(true), BeforeGuestStandby: new(true),
		BeforeGuestShutdown: new(true), BeforeGuestReboot: new(true), ToolsUpgradePolicy: pick(b, []string{"manual", "manual", "upgradeAtPowerCycle"}),
		SyncTimeWithHostAllowed: new(true), SyncTimeWithHost: new(b.chance(10)),
	}
}

func (b *builder) vmFlags(p *vmPlan) types.VirtualMachineFlagInfo {
	return types.VirtualMachineFlagInfo{
		DisableAcceleration: new(false), EnableLogging: new(true), UseToe: new(false), RunWithDebugInfo: new(false),
		MonitorType: "release", HtSharing: "any", SnapshotDisabled: new(false), SnapshotLocked: new(false),
		DiskUuidEnabled: new(p.app.name == "k8s-node"), SnapshotPowerOffBehavior: "powerOff", FaultToleranceType: "unset",
		CbrcCacheEnabled: new(false), VvtdEnabled: new(false), VbsEnabled: new(p.os.windows && b.chance(30)),
	}
}

func managedBy(r role) *types.ManagedByInfo {
	switch r {
	case roleVCLS:
		return &types.ManagedByInfo{ExtensionKey: "com.vmware.vim.eam", Type: "cluster-agent"}
	case roleSRM:
		return &types.ManagedByInfo{ExtensionKey: "com.vmware.vcDr", Type: "placeholderVm"}
	}
	return nil
}

// allocation reserves and limits little: most estates leave both alone.
func (b *builder) allocation(shares int32, most int64) *types.ResourceAllocationInfo {
	reserved, limit := int64(0), int64(-1)
	if most > 0 && b.chance(8) {
		reserved = most
	}
	if b.chance(3) {
		limit = max(most, 2000)
	}
	return &types.ResourceAllocationInfo{
		Reservation: &reserved, ExpandableReservation: new(false), Limit: &limit,
		Shares: &types.SharesInfo{Shares: shares, Level: types.SharesLevelNormal},
	}
}

func (b *builder) extraConfig(p *vmPlan) []types.BaseOptionValue {
	list := []types.BaseOptionValue{
		&types.OptionValue{Key: "nvram", Value: p.dir + ".nvram"},
		&types.OptionValue{Key: "svga.present", Value: "TRUE"},
		&types.OptionValue{Key: "pciBridge0.present", Value: "TRUE"},
		&types.OptionValue{Key: "pciBridge4.virtualDev", Value: "pcieRootPort"},
		&types.OptionValue{Key: "hpet0.present", Value: "TRUE"},
		&types.OptionValue{Key: "sched.cpu.latencySensitivity", Value: "normal"},
		&types.OptionValue{Key: "tools.guest.desktop.autolock", Value: "TRUE"},
		&types.OptionValue{Key: "guestinfo.appInfo", Value: "{\n\"version\":\"1\",\"updateCounter\":\"" + fmt.Sprint(b.rnd.IntN(9000)) + "\"}"},
	}
	if p.role == roleVCLS {
		list = append(list, &types.OptionValue{Key: "HDCS.agent", Value: "true"})
	}
	return list
}

// vmRuntime is the state of a machine.
func (b *builder) vmRuntime(p *vmPlan) types.VirtualMachineRuntimeInfo {
	host := p.host.Self
	r := types.VirtualMachineRuntimeInfo{
		Host:                &host,
		ConnectionState:     p.connection,
		PowerState:          p.power,
		FaultToleranceState: types.VirtualMachineFaultToleranceStateNotConfigured,
		MaxCpuUsage:         p.cpus * p.host.Summary.Hardware.CpuMhz,
		MaxMemoryUsage:      p.memory,
		RecordReplayState:   types.VirtualMachineRecordReplayStateInactive,
		ConsolidationNeeded: b.chance(2),
		CryptoState:         "incapable",
		BootTime:            p.boot,
	}
	switch p.power {
	case types.VirtualMachinePowerStatePoweredOn:
		r.MinRequiredEVCModeKey = p.host.Summary.CurrentEVCModeKey
		r.Paused, r.SnapshotInBackground = new(false), new(false)
		r.DasVmProtection = &types.VirtualMachineRuntimeInfoDasProtectionState{DasProtected: p.c.cluster != nil}
		for i := range p.nics {
			r.Device = append(r.Device, types.VirtualMachineDeviceRuntimeInfo{
				Key: int32(4000 + i),
				RuntimeState: &types.VirtualMachineDeviceRuntimeInfoVirtualEthernetCardRuntimeState{
					VmDirectPathGen2Active: new(false), ReservationStatus: "fulfilled",
				},
			})
		}
	case types.VirtualMachinePowerStatePoweredOff:
		r.CleanPowerOff = new(true)
	case types.VirtualMachinePowerStateSuspended:
		r.SuspendInterval = int64(b.between(60, 90000))
	}
	return r
}

// capability is what every machine can do.
func capability() types.VirtualMachineCapability {
	return types.VirtualMachineCapability{
		SnapshotOperationsSupported: true, MultipleSnapshotsSupported: true, SnapshotConfigSupported: true,
		PoweredOffSnapshotsSupported: true, MemorySnapshotsSupported: true, RevertToSnapshotSupported: true,
		QuiescedSnapshotsSupported: true, BootOptionsSupported: true, ChangeTrackingSupported: true, DiskSharesSupported: true,
		MultipleCoresPerSocketSupported: true, ToolsAutoUpdateSupported: true, ToolsSyncTimeSupported: true, SecureBootSupported: new(true),
	}
}
