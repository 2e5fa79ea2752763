package bridge_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/vmware/govmomi/vim25/types"

	"vcfleet/pkg/bridge"
)

var host12 = types.ManagedObjectReference{Type: "HostSystem", Value: "host-12", ServerGUID: "never"}

// TestAppend has a case for each row of the wire format: the value in an Any
// position and where its type is declared.
func TestAppend(t *testing.T) {
	const ref = `{"_typeName":"ManagedObjectReference","type":"HostSystem","value":"host-12"}`
	stamp := time.Date(2023, 2, 14, 23, 12, 48, 753169987, time.FixedZone("CET", 3600))

	tests := []struct {
		name       string
		in         any
		any, plain string // plain is any's if empty
	}{
		{"string", "x", `{"_typeName":"string","_value":"x"}`, `"x"`},
		{"boolean", true, `{"_typeName":"boolean","_value":true}`, `true`},
		{"int", int32(-7), `{"_typeName":"int","_value":-7}`, `-7`},
		{"long is a number", int64(math.MaxInt64), `{"_typeName":"long","_value":9223372036854775807}`, `9223372036854775807`},
		{"short", int16(-32634), `{"_typeName":"short","_value":-32634}`, `-32634`},
		{"byte is signed", uint8(200), `{"_typeName":"byte","_value":-56}`, `-56`},
		{"float", float32(1.5), `{"_typeName":"float","_value":1.5}`, `1.5`},
		{"double", 1e-9, `{"_typeName":"double","_value":1e-09}`, `1e-09`},
		{"no number", math.NaN(), `{"_typeName":"double","_value":"NaN"}`, `"NaN"`},
		{"dateTime", stamp, `{"_typeName":"dateTime","_value":"2023-02-14T22:12:48.753169Z"}`, `"2023-02-14T22:12:48.753169Z"`},
		{"whole second", stamp.Truncate(time.Second), `{"_typeName":"dateTime","_value":"2023-02-14T22:12:48Z"}`, `"2023-02-14T22:12:48Z"`},
		{"binary", []byte{1, 255}, `{"_typeName":"base64Binary","_value":"Af8="}`, `"Af8="`},
		{"byte array", types.ByteSlice{1, 255}, `{"_typeName":"ArrayOfByte","_value":[1,-1]}`, `[1,-1]`},
		{"byte array, wrapped", &types.ArrayOfByte{Byte: types.ByteSlice{128}}, `{"_typeName":"ArrayOfByte","_value":[-128]}`, `[-128]`},
		{"enum", types.VirtualMachinePowerStatePoweredOn, `{"_typeName":"VirtualMachinePowerState","_value":"poweredOn"}`, `"poweredOn"`},
		{"moref", host12, ref, ref},
		{"moref pointer", &host12, ref, ref},
		{"strings", []string{"a", `q"\`}, `{"_typeName":"ArrayOfString","_value":["a","q\"\\"]}`, `["a","q\"\\"]`},
		{"ints", []int32{1}, `{"_typeName":"ArrayOfInt","_value":[1]}`, `[1]`},
		{"shorts", []int16{1}, `{"_typeName":"ArrayOfShort","_value":[1]}`, `[1]`},
		{"longs", []int64{1}, `{"_typeName":"ArrayOfLong","_value":[1]}`, `[1]`},
		{"empty array", types.ArrayOfString{}, `{"_typeName":"ArrayOfString","_value":[]}`, `[]`},
		{"nil slice", []types.ManagedObjectReference(nil), `{"_typeName":"ArrayOfManagedObjectReference","_value":[]}`, `[]`},
		{"morefs", []types.ManagedObjectReference{host12}, `{"_typeName":"ArrayOfManagedObjectReference","_value":[` + ref + `]}`, `[` + ref + `]`},
		{
			"enums",
			[]types.VirtualMachinePowerState{"poweredOn"},
			`{"_typeName":"ArrayOfVirtualMachinePowerState","_value":["poweredOn"]}`, `["poweredOn"]`,
		},
		{
			"anything",
			[]types.AnyType{"s", int32(1)},
			`{"_typeName":"ArrayOfAnyType","_value":[{"_typeName":"string","_value":"s"},{"_typeName":"int","_value":1}]}`,
			`[{"_typeName":"string","_value":"s"},{"_typeName":"int","_value":1}]`,
		},
		{"binaries", [][]byte{{1}}, `{"_typeName":"ArrayOfBase64Binary","_value":["AQ=="]}`, `["AQ=="]`},
		{
			"polymorphic array",
			[]types.BaseVirtualDevice{&types.VirtualKeyboard{VirtualDevice: types.VirtualDevice{Key: 600}}},
			`{"_typeName":"ArrayOfVirtualDevice","_value":[{"_typeName":"VirtualKeyboard","key":600}]}`,
			`[{"_typeName":"VirtualKeyboard","key":600}]`,
		},
		{
			"bases are flattened",
			types.VirtualVmxnet3{VirtualVmxnet: types.VirtualVmxnet{VirtualEthernetCard: types.VirtualEthernetCard{
				VirtualDevice: types.VirtualDevice{Key: 4000, UnitNumber: new(int32)}, MacAddress: "00:50:56:00:00:01",
			}}},
			`{"_typeName":"VirtualVmxnet3","key":4000,"unitNumber":0,"macAddress":"00:50:56:00:00:01"}`, "",
		},
		{
			"set pointers stay, unset members go",
			types.ToolsConfigInfo{AfterPowerOn: new(false)},
			`{"_typeName":"ToolsConfigInfo","afterPowerOn":false}`, "",
		},
		{
			"type name differs from Go's",
			types.InvalidPropertyFault{Name: "token"},
			`{"_typeName":"InvalidProperty","name":"token"}`, "",
		},
		{"a type that ends in Fault", types.HostConnectFault{}, `{"_typeName":"HostConnectFault"}`, ""},
		{
			"option value",
			types.OptionValue{Key: "k", Value: int64(3)},
			`{"_typeName":"OptionValue","key":"k","value":{"_typeName":"long","_value":3}}`, "",
		},
		{
			"missing set holds the fault itself",
			types.MissingProperty{Path: "config", Fault: types.LocalizedMethodFault{Fault: &types.NoPermission{Object: &host12, PrivilegeId: "System.Read"}}},
			`{"_typeName":"MissingProperty","path":"config","fault":{"_typeName":"NoPermission","object":` + ref + `,"privilegeId":"System.Read"}}`, "",
		},
		{
			"a localized message is kept",
			types.LocalizedMethodFault{Fault: &types.SystemError{Reason: "r"}, LocalizedMessage: "text"},
			`{"_typeName":"SystemError","reason":"r","faultMessage":[{"_typeName":"LocalizableMessage","key":"localizedMessage","message":"text"}]}`, "",
		},
		{
			"fault cause",
			types.SystemError{RuntimeFault: types.RuntimeFault{MethodFault: types.MethodFault{
				FaultCause: &types.LocalizedMethodFault{Fault: &types.NotFound{}},
			}}, Reason: "r"},
			`{"_typeName":"SystemError","faultCause":{"_typeName":"NotFound"},"reason":"r"}`, "",
		},
		{
			"token before objects",
			&types.RetrieveResult{Token: "0", Objects: []types.ObjectContent{{
				Obj:     host12,
				PropSet: []types.DynamicProperty{{Name: "name", Val: "esx"}, {Name: "x", Val: bridge.Raw(`{"raw":1}`)}},
			}}},
			`{"_typeName":"RetrieveResult","token":"0","objects":[{"_typeName":"ObjectContent","obj":` + ref +
				`,"propSet":[{"_typeName":"DynamicProperty","name":"name","val":{"_typeName":"string","_value":"esx"}},` +
				`{"_typeName":"DynamicProperty","name":"x","val":{"raw":1}}]}]}`, "",
		},
		{"no objects", types.RetrieveResult{}, `{"_typeName":"RetrieveResult","objects":[]}`, ""},
		{"control characters", "a\x00\n\r\t\u2028é🚀", `{"_typeName":"string","_value":"a\u0000\n\r\t` + "\u2028é🚀" + `"}`, `"a\u0000\n\r\t` + "\u2028é🚀" + `"`},
		{"broken UTF-8", "a\xffb", `{"_typeName":"string","_value":"a` + "\ufffd" + `b"}`, `"a` + "\ufffd" + `b"`},
		{"nothing", nil, `null`, `null`},
		{"nil pointer", (*types.RetrieveResult)(nil), `null`, `null`},
	}

	c := bridge.NewCodec()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := c.Append(nil, tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tt.any {
				t.Errorf("Append:\n got %s\nwant %s", got, tt.any)
			}
			if !json.Valid(got) {
				t.Error("Append: not JSON")
			}

			plain, err := c.AppendPlain([]byte("x"), tt.in)
			if err != nil {
				t.Fatal(err)
			}
			want := tt.plain
			if want == "" {
				want = tt.any
			}
			if string(plain) != "x"+want {
				t.Errorf("AppendPlain:\n got %s\nwant x%s", plain, want)
			}
		})
	}
}

func TestAppendNotOurType(t *testing.T) {
	if got, err := bridge.NewCodec().Append(nil, struct {
		C chan int `json:"c"`
	}{make(chan int)}); err == nil {
		t.Errorf("a channel was encoded as %s", got)
	}
}

func BenchmarkAppend(b *testing.B) {
	c := bridge.NewCodec()
	cfg := types.VirtualMachineConfigInfo{Name: "vm", GuestFullName: "Ubuntu Linux (64-bit)", Uuid: "4210f1a2-0000-0000-0000-000000000000"}
	for i := range 20 {
		cfg.Hardware.Device = append(cfg.Hardware.Device, &types.VirtualDisk{
			VirtualDevice: types.VirtualDevice{
				Key: int32(2000 + i), DeviceInfo: &types.Description{Label: "Hard disk 1", Summary: "41,943,040 KB"}, UnitNumber: new(int32),
				Backing: &types.VirtualDiskFlatVer2BackingInfo{
					VirtualDeviceFileBackingInfo: types.VirtualDeviceFileBackingInfo{FileName: "[ds] vm/vm.vmdk", Datastore: &host12},
					DiskMode:                     "persistent", ThinProvisioned: new(true), Uuid: "6000C29e-0000-0000-0000-000000000000",
				},
			},
			CapacityInKB: 41943040,
		})
	}
	var buf []byte
	for b.Loop() {
		var err error
		if buf, err = c.Append(buf[:0], &cfg); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(buf)))
}
