package collector

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vcfleet/pkg/inventory"
	"vcfleet/pkg/tabular"
	"vcfleet/pkg/vim"
)

func TestUnescape(t *testing.T) {
	for in, want := range map[string]string{
		"":               "",
		"plain":          "plain",
		"a%2fb":          "a/b",
		"a%2Fb":          "a/b",
		`c%5cd%5Ce`:      `c\d\e`,
		"100%25":         "100%",
		"%252f":          "%2f", // an escaped percent sign before 2f
		"%25252f":        "%252f",
		"a+b":            "a+b",
		"%zz":            "%zz",
		"50% of%":        "50% of%",
		"%20":            "%20",
		"%2":             "%2",
		"př%2fíšerně 😀":  "př/íšerně 😀",
		"%2f%5c%25%2F%%": `/\%/%%`,
	} {
		if got := unescape(in); got != want {
			t.Errorf("unescape(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestAddresses(t *testing.T) {
	nic := func(addresses ...string) guestNIC { return guestNIC{key: 4000, addresses: addresses} }
	for name, test := range map[string]struct {
		primary string
		nics    []guestNIC
		want    string
		ips     []string
	}{
		"nothing":                   {"", nil, "", nil},
		"the vCenter's":             {"10.0.0.2", []guestNIC{nic("10.0.0.1", "10.0.0.2")}, "10.0.0.2", []string{"10.0.0.1", "10.0.0.2"}},
		"no guest.net":              {"10.0.0.2", nil, "10.0.0.2", []string{"10.0.0.2"}},
		"link-local primary":        {"169.254.7.8", []guestNIC{nic("169.254.7.8", "10.0.0.1")}, "10.0.0.1", []string{"10.0.0.1"}},
		"link-local primary, IPv6":  {"fe80::1", []guestNIC{nic("fe80::1", "2001:db8::1")}, "2001:db8::1", []string{"2001:db8::1"}},
		"link-local with a zone":    {"fe80::1%eth0", []guestNIC{nic("fe80::1%eth0")}, "", nil},
		"mapped link-local":         {"::ffff:169.254.0.1", nil, "", nil},
		"only link-local":           {"fe80::1", []guestNIC{nic("fe80::1"), nic("169.254.0.1")}, "", nil},
		"no primary":                {"", []guestNIC{nic(), nic("", "192.168.0.9")}, "192.168.0.9", []string{"192.168.0.9"}},
		"several NICs, in order":    {"", []guestNIC{nic("b", "a"), nic("2001:db8::2")}, "b", []string{"b", "a", "2001:db8::2"}},
		"fe81 is link-local too":    {"febf::1", nil, "", nil},
		"fec0 is not, nor 169.253.": {"fec0::1", []guestNIC{nic("169.253.0.1")}, "fec0::1", []string{"169.253.0.1"}},
	} {
		o := vmObject{guestAddress: test.primary, guestNICs: test.nics}
		o.address()
		if o.record.PrimaryIP != test.want || !cmp.Equal(o.record.IPs, test.ips) {
			t.Errorf("%s: primary %q of %q, want %q of %q", name, o.record.PrimaryIP, o.record.IPs, test.want, test.ips)
		}
	}
}

func TestAttributes(t *testing.T) {
	names := map[int64]string{1: "Owner", 2: "App", 3: "Owner"}
	for name, test := range map[string]struct {
		values []customValue
		want   []tabular.Pair
	}{
		"none":             {nil, nil},
		"sorted by name":   {[]customValue{{1, "ops"}, {2, "web"}}, []tabular.Pair{{Key: "App", Value: "web"}, {Key: "Owner", Value: "ops"}}},
		"empty value":      {[]customValue{{1, ""}}, []tabular.Pair{{Key: "Owner", Value: ""}}},
		"unknown key":      {[]customValue{{99, "x"}, {1, "y"}}, []tabular.Pair{{Key: "Owner", Value: "y"}, {Key: "field-99", Value: "x"}}},
		"key of zero":      {[]customValue{{0, "x"}}, []tabular.Pair{{Key: "field-0", Value: "x"}}},
		"a name that came": {[]customValue{{1, "first"}, {3, "second"}}, []tabular.Pair{{Key: "Owner", Value: "second"}}},
	} {
		if diff := cmp.Diff(test.want, attributes(test.values, names)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestBackingKind(t *testing.T) {
	for _, test := range []struct{ typ, rdm, want string }{
		{"VirtualDiskFlatVer2BackingInfo", "", "flat"},
		{"VirtualDiskFlatVer1BackingInfo", "", "flat"},
		{"VirtualDiskSparseVer2BackingInfo", "", "sparse"},
		{"VirtualDiskSeSparseBackingInfo", "", "seSparse"},
		{"VirtualDiskRawDiskMappingVer1BackingInfo", "physicalMode", "rdmPhysical"},
		{"VirtualDiskRawDiskMappingVer1BackingInfo", "virtualMode", "rdmVirtual"},
		{"VirtualDiskRawDiskMappingVer1BackingInfo", "quantumMode", "VirtualDiskRawDiskMappingVer1BackingInfo"},
		{"VirtualDiskRawDiskVer2BackingInfo", "", "VirtualDiskRawDiskVer2BackingInfo"},
		{"VirtualDiskLocalPMemBackingInfo", "", "VirtualDiskLocalPMemBackingInfo"},
		{"VirtualDiskYetToComeBackingInfo", "", "VirtualDiskYetToComeBackingInfo"},
		{"", "", ""},
	} {
		b := backing{typeName: test.typ, rdmMode: test.rdm}
		if got := b.kind(); got != test.want {
			t.Errorf("%s %s: %q, want %q", test.typ, test.rdm, got, test.want)
		}
	}
}

func TestDatastoreOf(t *testing.T) {
	for path, want := range map[string]string{
		"[ds1] vm/vm.vmdk":      "ds1",
		"[ds (old) 2] vm.vmdk":  "ds (old) 2",
		"[] vm/vm.vmdk":         "",
		"vm/vm.vmdk":            "",
		"[broken":               "",
		"":                      "",
		"[ds] odd [brackets].x": "ds",
	} {
		if got := datastoreOf(path); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
}

func TestMarks(t *testing.T) {
	yes, no, absent := tabular.Some(true), tabular.Some(false), inventory.Bool{}
	for name, test := range map[string]struct {
		name, extension, kind string
		ftRole                int64
		config                bool
		want                  [3]inventory.Bool // vCLS, SRM placeholder, FT secondary
	}{
		"without config":          {"vCLS-1", "com.vmware.vim.eam", "cluster-agent", 2, false, [3]inventory.Bool{absent, absent, absent}},
		"plain":                   {"web-1", "", "", 0, true, [3]inventory.Bool{no, no, no}},
		"vCLS":                    {"vCLS (1)", "com.vmware.vim.eam", "cluster-agent", 0, true, [3]inventory.Bool{yes, no, no}},
		"renamed vCLS":            {"agent", "com.vmware.vim.eam", "cluster-agent", 0, true, [3]inventory.Bool{yes, no, no}},
		"another ESX agent":       {"guest-introspection", "com.vmware.vim.eam", "agent", 0, true, [3]inventory.Bool{no, no, no}},
		"only called so":          {"vCLS-of-bob", "", "", 0, true, [3]inventory.Bool{no, no, no}},
		"SRM":                     {"db", "com.vmware.vcDr", "placeholderVm", 0, true, [3]inventory.Bool{no, yes, no}},
		"SRM with a suffix":       {"db", "com.vmware.vcDr-site2", "placeholderVm", 0, true, [3]inventory.Bool{no, yes, no}},
		"recovered by SRM":        {"db", "com.vmware.vcDr", "testVm", 0, true, [3]inventory.Bool{no, no, no}},
		"FT primary":              {"db", "", "", 1, true, [3]inventory.Bool{no, no, no}},
		"FT secondary":            {"db", "", "", 2, true, [3]inventory.Bool{no, no, yes}},
		"second legacy secondary": {"db", "", "", 3, true, [3]inventory.Bool{no, no, yes}},
	} {
		o := vmObject{rawName: test.name, ftRole: test.ftRole}
		o.managedBy.extension, o.managedBy.kind = test.extension, test.kind
		o.record.Template = inventory.Bool{Known: test.config}
		o.mark()
		if got := [3]inventory.Bool{o.record.VCLS, o.record.SRMPlaceholder, o.record.FTSecondary}; got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestAgeDays(t *testing.T) {
	startOfRun := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	for _, test := range []struct {
		age  time.Duration
		want int64
	}{
		{0, 0},
		{day - time.Second, 0},
		{day, 1},
		{2*day - 1, 1},
		{400 * day, 400},
		{-time.Hour, 0}, // the vCenter's clock is ahead
	} {
		r := newReader(&vim.ServiceContent{}, inventory.Sections(), nil, func(int) {})
		r.vms = []vmObject{{snapshots: []snapshot{{record: inventory.Snapshot{CreatedAt: startOfRun.Add(-test.age)}}}}}
		got := r.resolve("vc", startOfRun).Snapshots[0].AgeDays
		if got != tabular.Some(test.want) {
			t.Errorf("%v: %v days, want %d", test.age, got, test.want)
		}
	}
	r := newReader(&vim.ServiceContent{}, inventory.Sections(), nil, func(int) {})
	r.vms = []vmObject{{snapshots: []snapshot{{}}}}
	if got := r.resolve("vc", startOfRun).Snapshots[0].AgeDays; got.Known {
		t.Errorf("without a time it is %d days old", got.Value)
	}
}

func TestLongestNumbers(t *testing.T) {
	capacity := inventory.Int{Value: math.MaxInt64, Known: true}
	d := device{bytes: capacity}
	if got := d.disk().record.CapacityMiB; got != tabular.Some(int64(math.MaxInt64>>20)) {
		t.Errorf("%v", got)
	}
}
