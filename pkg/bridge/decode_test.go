package bridge_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vmware/govmomi/vim25/types"

	"vcfleet/pkg/bridge"
)

const retrieveBody = `{"options":{"maxObjects":100,"_typeName":"RetrieveOptions"},"specSet":[{
	"objectSet":[{"obj":{"value":"v","type":"ContainerView"},"skip":true,
		"selectSet":[{"name":"view","type":"ContainerView","path":"view","skip":false,"_typeName":"TraversalSpec"}]}],
	"propSet":[{"type":"VirtualMachine","pathSet":["name"]}]}]}`

func TestDecode(t *testing.T) {
	stamp := time.Date(2023, 2, 14, 22, 12, 48, 753169000, time.UTC)
	view := types.ManagedObjectReference{Type: "ContainerView", Value: "v"}

	tests := []struct {
		name string
		in   string
		into any
		want any
	}{
		{"members in any order, type names optional", retrieveBody, new(types.RetrievePropertiesEx), &types.RetrievePropertiesEx{
			SpecSet: []types.PropertyFilterSpec{{
				PropSet: []types.PropertySpec{{Type: "VirtualMachine", PathSet: []string{"name"}}},
				ObjectSet: []types.ObjectSpec{{Obj: view, Skip: new(true), SelectSet: []types.BaseSelectionSpec{
					&types.TraversalSpec{SelectionSpec: types.SelectionSpec{Name: "view"}, Type: "ContainerView", Path: "view", Skip: new(false)},
				}}},
			}},
			Options: types.RetrieveOptions{MaxObjects: 100},
		}},
		{"the method's name as type name", `{"_typeName":"Login","userName":"u","password":"p"}`, new(types.Login), &types.Login{UserName: "u", Password: "p"}},
		{"the request type's name", `{"_typeName":"LoginRequestType","userName":"u"}`, new(types.Login), &types.Login{UserName: "u"}},
		{"null is unset", `{"userName":null}`, new(types.Login), &types.Login{}},
		{
			"moref in a value wrapper", `{"container":{"_typeName":"ManagedObjectReference","_value":{"type":"Folder","value":"group-d1"}},"recursive":true}`,
			new(types.CreateContainerView), &types.CreateContainerView{Container: types.ManagedObjectReference{Type: "Folder", Value: "group-d1"}, Recursive: true},
		},
		{"primitive in Any", `{"key":"k","value":{"_typeName":"long","_value":9007199254740993}}`, new(types.OptionValue), &types.OptionValue{Key: "k", Value: int64(9007199254740993)}},
		{"bare primitive in Any", `{"key":"k","value":5}`, new(types.OptionValue), &types.OptionValue{Key: "k", Value: int32(5)}},
		{"bare long in Any", `{"key":"k","value":5000000000}`, new(types.OptionValue), &types.OptionValue{Key: "k", Value: int64(5000000000)}},
		{"enum in Any", `{"key":"k","value":{"_typeName":"ManagedEntityStatus","_value":"gray"}}`, new(types.OptionValue), &types.OptionValue{Key: "k", Value: types.ManagedEntityStatusGray}},
		{"time in Any", `{"key":"k","value":{"_typeName":"dateTime","_value":"2023-02-14T22:12:48.753169Z"}}`, new(types.OptionValue), &types.OptionValue{Key: "k", Value: stamp}},
		{"array in Any", `{"key":"k","value":{"_typeName":"ArrayOfString","_value":["a"]}}`, new(types.OptionValue), &types.OptionValue{Key: "k", Value: types.ArrayOfString{String: []string{"a"}}}},
		{"bytes, signed and not", `{"_typeName":"ArrayOfByte","_value":[-1,255,0]}`, new(types.ArrayOfByte), &types.ArrayOfByte{Byte: types.ByteSlice{255, 255, 0}}},
		{"binary", `{"key":"k","value":{"_typeName":"base64Binary","_value":"Af8="}}`, new(types.OptionValue), &types.OptionValue{Key: "k", Value: []byte{1, 255}}},
		{"fault itself", `{"path":"p","fault":{"_typeName":"NotFound"}}`, new(types.MissingProperty), &types.MissingProperty{Path: "p", Fault: types.LocalizedMethodFault{Fault: &types.NotFound{}}}},
		{
			"fault in SOAP's wrapper", `{"path":"p","fault":{"fault":{"_typeName":"NotFound"},"localizedMessage":"m"}}`, new(types.MissingProperty),
			&types.MissingProperty{Path: "p", Fault: types.LocalizedMethodFault{Fault: &types.NotFound{}, LocalizedMessage: "m"}},
		},
	}

	c := bridge.NewCodec()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := c.Decode([]byte(tt.in), tt.into); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, tt.into); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeErrors(t *testing.T) {
	tests := []struct {
		name, in string
		into     any
		want     string
	}{
		{"not JSON", `{"userName":`, new(types.Login), "read JSON"},
		{"two values", `{} {}`, new(types.Login), "something follows"},
		{"an array", `[]`, new(types.Login), "expected, not an array"},
		{"unknown member", `{"user":"u"}`, new(types.Login), `no member "user"`},
		{"wrong kind", `{"userName":5}`, new(types.Login), "userName: string expected"},
		{"number too large", `{"options":{"maxObjects":3000000000}}`, new(types.RetrievePropertiesEx), "options.maxObjects: 3000000000 does not fit"},
		{"fraction", `{"options":{"maxObjects":1.5}}`, new(types.RetrievePropertiesEx), "not a whole number"},
		{
			"traversal without its type", `{"specSet":[{"objectSet":[{"selectSet":[{"name":"v","path":"view"}]}]}]}`, new(types.RetrievePropertiesEx),
			`specSet[0].objectSet[0].selectSet[0]: SelectionSpec has no member "path"`,
		},
		{"type that does not fit", `{"specSet":[{"objectSet":[{"selectSet":[{"_typeName":"NotFound"}]}]}]}`, new(types.RetrievePropertiesEx), "a NotFound is not a SelectionSpec"},
		{"unknown type", `{"key":"k","value":{"_typeName":"Frob"}}`, new(types.OptionValue), `no type "Frob"`},
		{"interface type", `{"key":"k","value":{"_typeName":"BaseVirtualDevice2"}}`, new(types.OptionValue), `no type`},
		{"wrong type name", `{"container":{"_typeName":"NotFound"}}`, new(types.CreateContainerView), "a ManagedObjectReference expected"},
		{"bad time", `{"key":"k","value":{"_typeName":"dateTime","_value":"yesterday"}}`, new(types.OptionValue), "RFC 3339"},
		{"bad base64", `{"key":"k","value":{"_typeName":"base64Binary","_value":"%"}}`, new(types.OptionValue), "base64"},
		{"byte too large", `{"_value":[256]}`, new(types.ArrayOfByte), "does not fit a byte"},
		{"too deep", `{"key":"k","value":` + strings.Repeat(`{"_typeName":"ArrayOfAnyType","_value":[`, 200) + strings.Repeat(`]}`, 200) + `}`, new(types.OptionValue), "nested deeper"},
		{"not a pointer", `{}`, types.Login{}, "not a pointer"},
	}

	c := bridge.NewCodec()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := c.Decode([]byte(tt.in), tt.into)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

// FuzzDecode looks for panics, and for requests that change when they are
// encoded and decoded again.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(retrieveBody))
	f.Add([]byte(`{"specSet":[{"reportMissingObjectsInResults":true}]}`))
	f.Add([]byte(`{"_typeName":"x","options":null}`))
	f.Add([]byte(`{"specSet":[{"objectSet":[{"selectSet":[{"_typeName":"SelectionSpec","name":"n"}]}]}]}`))

	c := bridge.NewCodec()
	f.Fuzz(func(t *testing.T, data []byte) {
		var first, second types.RetrievePropertiesEx
		if err := c.Decode(data, &first); err != nil {
			return
		}
		out, err := c.AppendPlain(nil, &first)
		if err != nil {
			t.Fatalf("encode: %v", err)
		}
		if err := c.Decode(out, &second); err != nil {
			t.Fatalf("decode %s: %v", out, err)
		}
		again, err := c.AppendPlain(nil, &second)
		if err != nil || string(out) != string(again) {
			t.Errorf("changed by a round trip (%v):\n%s\n%s", err, out, again)
		}
	})
}

// FuzzDecodeAny does so for what may be of any type.
func FuzzDecodeAny(f *testing.F) {
	f.Add([]byte(`{"key":"k","value":{"_typeName":"ArrayOfVirtualDevice","_value":[{"_typeName":"VirtualDisk","key":1}]}}`))
	f.Add([]byte(`{"key":"k","value":{"_typeName":"ArrayOfByte","_value":[-1]}}`))
	f.Add([]byte(`{"value":{"_typeName":"MissingProperty","fault":{"_typeName":"NotFound","faultCause":{"_typeName":"Timedout"}}}}`))

	c := bridge.NewCodec()
	f.Fuzz(func(t *testing.T, data []byte) {
		var v types.OptionValue
		if err := c.Decode(data, &v); err != nil {
			return
		}
		if out, err := c.Append(nil, &v); err != nil {
			t.Fatalf("encode: %v", err)
		} else if err := c.Decode(out, new(types.OptionValue)); err != nil {
			t.Fatalf("decode %s: %v", out, err)
		}
	})
}
