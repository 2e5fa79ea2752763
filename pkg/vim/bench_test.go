package vim

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// richPage returns a page of virtual machines of about 10 KB each, as
// RetrievePropertiesEx answers for some thirty paths with config.hardware.device
// among them.
func richPage(seed uint64, vms int) []byte {
	random := rand.New(rand.NewPCG(seed, 0))
	var b bytes.Buffer
	b.WriteString(`{"_typeName":"RetrieveResult","objects":[`)
	for i := range vms {
		if i > 0 {
			b.WriteByte(',')
		}
		richVM(&b, random, i)
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

func richVM(b *bytes.Buffer, random *rand.Rand, i int) {
	fmt.Fprintf(b, `{"_typeName":"ObjectContent","obj":{"_typeName":"ManagedObjectReference","type":"VirtualMachine","value":"vm-%d"},"propSet":[`, 1000+i)
	comma := ""
	property := func(path, format string, args ...any) {
		fmt.Fprintf(b, `%s{"_typeName":"DynamicProperty","name":%q,"val":`, comma, path)
		fmt.Fprintf(b, format, args...)
		b.WriteByte('}')
		comma = ","
	}
	for _, word := range richWords(random) {
		property(word[0], `{"_typeName":"string","_value":%q}`, word[1])
	}
	property("name", `{"_typeName":"string","_value":"app-%04d-%x"}`, i, random.Uint32())
	property("config.instanceUuid", `{"_typeName":"string","_value":"%08x-%04x-5000-8000-%012x"}`, random.Uint32(), random.Uint32N(1<<16), random.Uint64N(1<<48))
	property("runtime.host", `{"_typeName":"ManagedObjectReference","type":"HostSystem","value":"host-%d"}`, random.IntN(60))
	property("parent", `{"_typeName":"ManagedObjectReference","type":"Folder","value":"group-v%d"}`, random.IntN(60))
	property("datastore", `{"_typeName":"ArrayOfManagedObjectReference","_value":[{"_typeName":"ManagedObjectReference","type":"Datastore","value":"datastore-%d"}]}`, random.IntN(60))
	property("config.hardware.numCPU", `{"_typeName":"int","_value":%d}`, 1<<random.IntN(6))
	property("config.hardware.memoryMB", `{"_typeName":"int","_value":%d}`, 1024<<random.IntN(6))
	property("config.template", `{"_typeName":"boolean","_value":%t}`, random.IntN(20) == 0)
	property("config.createDate", `{"_typeName":"dateTime","_value":%q}`, time.Unix(1_600_000_000+random.Int64N(1e8), 753_169_000).UTC().Format(time.RFC3339Nano))
	property("summary.storage", `{"_typeName":"VirtualMachineStorageSummary","committed":%d,"uncommitted":%d,"unshared":%d,"timestamp":"2026-01-02T03:04:05.678901Z"}`,
		random.Int64N(1<<40), random.Int64N(1<<40), random.Int64N(1<<40))
	property("config.hardware.device", `{"_typeName":"ArrayOfVirtualDevice","_value":[%s]}`, richDevices(random))
	b.WriteString(`]}`)
}

func richWords(random *rand.Rand) [][2]string {
	return [][2]string{
		{"runtime.powerState", []string{"poweredOn", "poweredOff"}[random.IntN(2)]},
		{"runtime.connectionState", "connected"},
		{"config.version", "vmx-19"},
		{"config.guestId", "rhel8_64Guest"},
		{"config.guestFullName", "Red Hat Enterprise Linux 8 (64-bit)"},
		{"guest.toolsRunningStatus", "guestToolsRunning"},
		{"overallStatus", "green"},
	}
}

func richDevices(random *rand.Rand) string {
	var list []string
	for i := range 8 {
		list = append(list, fmt.Sprintf(`{"_typeName":"VirtualPCIController","key":%d,"deviceInfo":{"_typeName":"Description","label":"PCI controller %d","summary":"PCI controller %d"},"busNumber":%d,"device":[500,12000,14000,1000,4000]}`, 100+i, i, i, i))
	}
	for i := range 5 {
		list = append(list, fmt.Sprintf(`{"_typeName":"VirtualDisk","key":%d,"deviceInfo":{"_typeName":"Description","label":"Hard disk %d","summary":"104,857,600 KB"},"backing":{"_typeName":"VirtualDiskFlatVer2BackingInfo","fileName":"[ds-%d] app/app_%d.vmdk","datastore":{"_typeName":"ManagedObjectReference","type":"Datastore","value":"datastore-%d"},"backingObjectId":"","diskMode":"persistent","split":false,"writeThrough":false,"thinProvisioned":true,"uuid":"6000C29%09x","contentId":"%032x","digestEnabled":false,"sharing":"sharingNone"},"controllerKey":1000,"unitNumber":%d,"capacityInKB":104857600,"capacityInBytes":107374182400,"shares":{"_typeName":"SharesInfo","shares":1000,"level":"normal"},"storageIOAllocation":{"_typeName":"StorageIOAllocationInfo","limit":-1,"shares":{"_typeName":"SharesInfo","shares":1000,"level":"normal"},"reservation":0},"diskObjectId":"61-%d","nativeUnmanagedLinkedClone":false}`,
			2000+i, i, random.IntN(60), i, random.IntN(60), random.Uint32(), random.Uint64(), i, 2000+i))
	}
	for i := range 3 {
		list = append(list, fmt.Sprintf(`{"_typeName":"VirtualVmxnet3","key":%d,"deviceInfo":{"_typeName":"Description","label":"Network adapter %d","summary":"DVSwitch: 50 1e 2f"},"backing":{"_typeName":"VirtualEthernetCardDistributedVirtualPortBackingInfo","port":{"_typeName":"DistributedVirtualSwitchPortConnection","switchUuid":"50 1e 2f 3a","portgroupKey":"dvportgroup-%d","portKey":"%d","connectionCookie":%d}},"connectable":{"_typeName":"VirtualDeviceConnectInfo","migrateConnect":"unset","startConnected":true,"allowGuestControl":true,"connected":true,"status":"ok"},"controllerKey":100,"unitNumber":%d,"addressType":"assigned","macAddress":"00:50:56:%02x:%02x:%02x","wakeOnLanEnabled":true,"uptCompatibilityEnabled":true}`,
			4000+i, i, random.IntN(200), random.IntN(9999), random.Uint32(), 7+i, random.IntN(256), random.IntN(256), random.IntN(256)))
	}
	return strings.Join(list, ",")
}

// typical reads what an inventory reads of a virtual machine: the mix of calls
// matters, not what becomes of the values.
type typical struct{ sum int64 }

func (t *typical) Object(ManagedObjectReference)   {}
func (t *typical) Missing(string, *Fault)          {}
func (t *typical) End()                            {}
func (t *typical) add(n int64, _ bool)             { t.sum += n }
func (t *typical) addRef(_ ManagedObjectReference) { t.sum++ }

func (t *typical) Property(path string, v *Value) {
	switch path {
	case "name", "config.instanceUuid":
		t.sum += int64(len(v.Text()))
	case "runtime.host", "parent":
		t.addRef(v.Ref())
	case "datastore":
		t.sum += int64(len(v.Refs()))
	case "config.hardware.numCPU", "config.hardware.memoryMB":
		t.add(v.Int())
	case "config.template":
		_, _ = v.Bool()
	case "config.createDate":
		t.sum += v.Time().Unix()
	case "summary.storage":
		v.Fields(func(name []byte, v *Value) {
			switch string(name) {
			case "committed", "uncommitted", "unshared":
				t.add(v.Int())
			}
		})
	case "config.hardware.device":
		v.Elements(func(v *Value) { v.Fields(t.device) })
	default:
		t.sum += int64(len(v.Word()))
	}
}

func (t *typical) device(name []byte, v *Value) {
	switch string(name) {
	case "_typeName":
		t.sum += int64(len(v.Word()))
	case "key", "controllerKey", "unitNumber", "capacityInBytes":
		t.add(v.Int())
	case "macAddress", "fileName", "uuid":
		t.sum += int64(len(v.Text()))
	case "label", "diskMode", "portgroupKey":
		t.sum += int64(len(v.Word()))
	case "datastore":
		t.addRef(v.Ref())
	case "connected", "startConnected", "thinProvisioned":
		_, _ = v.Bool()
	case "deviceInfo", "backing", "connectable", "port":
		v.Fields(t.device)
	}
}

func BenchmarkPage(b *testing.B) {
	const vms = 250
	page := richPage(1, vms)
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	h := new(typical)
	for b.Loop() {
		objects, err := newValue(bytes.NewReader(page)).page(h, func(string) {})
		if err != nil || objects != vms {
			b.Fatal(objects, err)
		}
	}
	b.ReportMetric(float64(len(page))/vms, "B/object")
}
