package vim

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// ask names a way to take a value.
type ask struct {
	name string
	take func(*Value) any
}

func asks() []ask {
	return []ask{
		{"Text", func(v *Value) any { return v.Text() }},
		{"Word", func(v *Value) any { return v.Word() }},
		{"Int", func(v *Value) any { n, ok := v.Int(); return [2]any{n, ok} }},
		{"Bool", func(v *Value) any { b, ok := v.Bool(); return [2]any{b, ok} }},
		{"Time", func(v *Value) any { return v.Time() }},
		{"Ref", func(v *Value) any { return v.Ref() }},
		{"Refs", func(v *Value) any { return v.Refs() }},
		{"Texts", func(v *Value) any { return v.Texts() }},
		{"Ints", takeInts},
		{"Fields", takeFields},
		{"Fault", func(v *Value) any { return *v.Fault() }},
	}
}

// takeInts takes an array of integers.
func takeInts(v *Value) any {
	var list []int64
	v.Elements(func(v *Value) {
		if n, ok := v.Int(); ok {
			list = append(list, n)
		}
	})
	return list
}

// takeFields takes a data object's members, each as text.
func takeFields(v *Value) any {
	var list []string
	v.Fields(func(name []byte, v *Value) {
		line := string(name)
		if v.Kind() == KindText {
			line += "=" + v.Text()
		}
		list = append(list, line)
	})
	return list
}

// taking returns the way named.
func taking(t *testing.T, name string) func(*Value) any {
	t.Helper()
	for _, a := range asks() {
		if a.name == name {
			return a.take
		}
	}
	t.Fatalf("no ask %s", name)
	return nil
}

// read takes one property from wire form, and checks that what follows it is
// read whatever it was.
func read(t *testing.T, wire string, take func(*Value) any) (got any, odd int) {
	t.Helper()
	var after string
	v := newValue(strings.NewReader(`{"before":[1],"val":` + wire + `,"after":{"_typeName":"string","_value":"next"}}`))
	v.Fields(func(name []byte, v *Value) {
		switch string(name) {
		case "val":
			got = take(v)
			odd = v.TakeOdd()
		case "after":
			after = v.Text()
		}
	})
	if err := v.end(); err != nil {
		t.Errorf("%s: %v", wire, err)
	}
	if after != "next" {
		t.Errorf("%s: the next property reads %q", wire, after)
	}
	return got, odd
}

func TestValueForms(t *testing.T) {
	host := ManagedObjectReference{"HostSystem", "host-12"}
	yes := func(x any) any { return [2]any{x, true} }
	for _, test := range []struct {
		ask, wire string
		want      any
	}{
		{"Text", `"x"`, "x"},
		{"Text", `{"_typeName":"string","_value":"x"}`, "x"},
		{"Text", `{"_value":"x","_typeName":"string"}`, "x"},
		{"Text", `{"_value":"x"}`, "x"},
		{"Text", `{"_valu\u0065":"x","more":[{"_value":"y"}]}`, "x"},
		{"Text", `"\u00e9\ud83d\ude00\n\"\\/"`, "é😀\n\"\\/"},
		{"Text", `{"_value":"\u0061","z":"` + strings.Repeat("z", 9000) + `"}`, "a"},
		{"Text", `""`, ""},
		{"Text", `{"_typeName":"anyURI","_value":"ds:///vmfs/volumes/1/"}`, "ds:///vmfs/volumes/1/"},
		{"Text", `{"_typeName":"base64Binary","_value":"AAEC"}`, "AAEC"},
		{"Word", `{"_typeName":"VirtualMachinePowerState","_value":"poweredOn"}`, "poweredOn"},
		{"Word", `"poweredOn"`, "poweredOn"},
		{"Int", `{"_typeName":"long","_value":9007199254740993}`, yes(int64(9007199254740993))},
		{"Int", `9223372036854775807`, yes(int64(9223372036854775807))},
		{"Int", `{"_value":-9223372036854775808,"_typeName":"long"}`, yes(int64(-9223372036854775808))},
		{"Int", `{"_typeName":"byte","_value":-128}`, yes(int64(-128))},
		{"Int", `{"_typeName":"short","_value":0}`, yes(int64(0))},
		{"Bool", `{"_typeName":"boolean","_value":false}`, yes(false)},
		{"Bool", `true`, yes(true)},
		{"Time", `{"_typeName":"dateTime","_value":"2023-02-14T22:12:48.753169Z"}`, time.Date(2023, 2, 14, 22, 12, 48, 753169000, time.UTC)},
		{"Time", `"2023-02-14T22:12:48+02:00"`, time.Date(2023, 2, 14, 20, 12, 48, 0, time.UTC)},
		{"Texts", `{"_typeName":"ArrayOfString","_value":["a","",{"_typeName":"string","_value":"b"}]}`, []string{"a", "", "b"}},
		{"Texts", `{"_value":["a"],"_typeName":"ArrayOfString"}`, []string{"a"}},
		{"Texts", `{"_typeName":"ArrayOfString","_value":[]}`, []string(nil)},
		{"Texts", `[]`, []string(nil)},
		{"Texts", `{"_typeName":"ArrayOfString","_value":null}`, []string(nil)},
		{"Ints", `{"_typeName":"ArrayOfByte","_value":[-128,127,0]}`, []int64{-128, 127, 0}},
		{"Ref", `{"_typeName":"ManagedObjectReference","type":"HostSystem","value":"host-12"}`, host},
		{"Ref", `{"value":"host-12","type":"HostSystem"}`, host},
		{"Ref", `{"_typeName":"ManagedObjectReference","_value":{"value":"host-12","type":"HostSystem"}}`, host},
		{"Ref", `{"_value":{"type":"HostSystem","value":"host-12"},"_typeName":"ManagedObjectReference"}`, host},
		{"Ref", `{"type":"HostSystem","serverGuid":{"a":[1]},"value":"host-12"}`, host},
		{"Refs", `{"_typeName":"ArrayOfManagedObjectReference","_value":[{"type":"HostSystem","value":"host-12"},null,{"_value":{"type":"HostSystem","value":"host-12"}}]}`, []ManagedObjectReference{host, host}},
		{"Fields", `{"_typeName":"A","b":"c","d":[1,{"e":2}]}`, []string{"_typeName=A", "b=c", "d"}},
		{"Fields", `{"b":"c","_typeName":"A"}`, []string{"b=c", "_typeName=A"}},
		{"Fields", `{"b":"c"}`, []string{"b=c"}},
		{"Fields", `{}`, []string(nil)},
		{"Fields", `{"_typeName":"A","_value":{"b":"c"}}`, []string{"_typeName=A", "b=c"}},
		{"Fields", `{"_value":null}`, []string(nil)},
		{"Fields", `{"b":"1","b":"2"}`, []string{"b=1", "b=2"}},
	} {
		t.Run(test.ask+" "+test.wire[:min(len(test.wire), 60)], func(t *testing.T) {
			got, odd := read(t, test.wire, taking(t, test.ask))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s of %s (-want +got):\n%s", test.ask, test.wire, diff)
			}
			if odd != 0 {
				t.Errorf("%s of %s counts %d odd values", test.ask, test.wire, odd)
			}
		})
	}
}

// TestValueOfAnotherType asks every form in every way: what does not fit costs
// that value, is counted once, and the next property still reads.
func TestValueOfAnotherType(t *testing.T) {
	fits := map[string]string{
		`"x"`: "Text Word", `"2023-02-14T22:12:48Z"`: "Text Word Time", `7`: "Int", `true`: "Bool",
		`{"_typeName":"string","_value":"x"}`:                  "Text Word",
		`{"_typeName":"int","_value":7}`:                       "Int",
		`{"_typeName":"boolean","_value":true}`:                "Bool",
		`{"type":"Folder","value":"group-1"}`:                  "Ref Fields Fault",
		`{"_typeName":"Yet.Unknown","deep":[[{"a":{}}],null]}`: "Fields Fault",
		`{"_typeName":"ArrayOfX","_value":[]}`:                 "Refs Texts Ints",
		`[]`:                                                   "Refs Texts Ints",
		`1e400`:                                                "", `1.5`: "", `9223372036854775808`: "",
		`{"_typeName":"string","_value":{"_value":"x"}}`: "",
		`{"_value":[[1]]}`: "",
	}
	for wire, which := range fits {
		for _, a := range asks() {
			want := 1
			for fit := range strings.FieldsSeq(which) {
				if fit == a.name {
					want = 0
				}
			}
			if _, odd := read(t, wire, a.take); odd != want {
				t.Errorf("%s of %s counts %d odd values, want %d", a.name, wire, odd, want)
			}
		}
	}
}

func TestValueNull(t *testing.T) {
	for _, wire := range []string{`null`, `{"_typeName":"string","_value":null}`} {
		for _, a := range asks() {
			if wire != "null" && a.name == "Ref" {
				continue // an object without type and value is no reference
			}
			got, odd := read(t, wire, a.take)
			zero, _ := read(t, `null`, func(v *Value) any { v.Skip(); return a.take(newValue(strings.NewReader(""))) })
			if a.name == "Fields" || a.name == "Fault" {
				zero = got // they show _typeName
			}
			if diff := cmp.Diff(zero, got); diff != "" || odd != 0 {
				t.Errorf("%s of %s: %d odd (-zero +got):\n%s", a.name, wire, odd, diff)
			}
		}
	}
}

func TestOddElements(t *testing.T) {
	for _, test := range []struct {
		ask, wire string
		want      any
		odd       int
	}{
		{"Texts", `["a",1,null,"b",{"x":1},[2]]`, []string{"a", "b"}, 3},
		{"Refs", `[{"type":"Folder"},{"value":"x"},{"type":"Folder","value":"x"},"x",{"type":1,"value":[2]}]`, []ManagedObjectReference{{"Folder", "x"}}, 4},
		{"Ref", `{"_typeName":"ManagedObjectReference","_value":"host-1"}`, ManagedObjectReference{}, 1},
		{"Ints", `[1,"2",3.5,4]`, []int64{1, 4}, 2},
		{"Time", `"yesterday"`, time.Time{}, 1},
		{"Time", `"2023-02-14T22:12:48"`, time.Time{}, 1},
	} {
		got, odd := read(t, test.wire, taking(t, test.ask))
		if diff := cmp.Diff(test.want, got); diff != "" || odd != test.odd {
			t.Errorf("%s of %s: %d odd, want %d (-want +got):\n%s", test.ask, test.wire, odd, test.odd, diff)
		}
	}
}

// TestValueTakenWrong takes values in ways that no handler should: whatever it
// does, the next property reads.
func TestValueTakenWrong(t *testing.T) {
	const object = `{"_typeName":"A","list":[{"a":1},{"b":[2,3]},[]],"text":"x","ref":{"type":"T","value":"v"}}`
	for name, take := range map[string]func(*Value) any{
		"not at all": func(*Value) any { return nil },
		"only its kind": func(v *Value) any {
			if first, again := v.Kind(), v.Kind(); first != KindObject || again != KindObject {
				t.Error("Kind is not that of an object")
			}
			return nil
		},
		"twice": func(v *Value) any {
			v.Fields(func([]byte, *Value) {})
			if v.Kind() != KindInvalid || v.Text() != "" || v.Elements(func(*Value) { t.Error("an element") }) {
				t.Error("a value that was taken gives more")
			}
			v.Skip()
			v.Ref()
			return nil
		},
		"skipped, then taken": func(v *Value) any { v.Skip(); v.Fields(func([]byte, *Value) { t.Error("a member") }); return nil },
		"as a scalar":         func(v *Value) any { v.Text(); v.TakeOdd(); return nil },
		"as an array":         func(v *Value) any { v.Elements(func(*Value) {}); v.TakeOdd(); return nil },
		"members left":        func(v *Value) any { v.Fields(func([]byte, *Value) {}); return nil },
		"members' kinds":      func(v *Value) any { v.Fields(func(_ []byte, v *Value) { v.Kind() }); return nil },
		"members taken twice": func(v *Value) any {
			v.Fields(func(_ []byte, v *Value) { v.Text(); v.Text(); v.Skip() })
			v.TakeOdd()
			return nil
		},
		"fields of everything": func(v *Value) any { takeAll(v); v.TakeOdd(); return nil },
		"some elements": func(v *Value) any {
			v.Fields(func(_ []byte, v *Value) {
				n := 0
				v.Elements(func(v *Value) {
					if n++; n == 2 {
						v.Fields(func([]byte, *Value) {})
					}
				})
			})
			v.TakeOdd()
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, wire := range []string{object, `[` + object + `,` + object + `]`, `{"_typeName":"ArrayOfA","_value":[` + object + `]}`} {
				if name == "only its kind" && wire != object {
					continue
				}
				read(t, wire, take)
			}
		})
	}
}

// takeAll takes everything as an object, then as an array.
func takeAll(v *Value) {
	switch v.Kind() {
	case KindObject:
		v.Fields(func(_ []byte, v *Value) { takeAll(v) })
	default:
		v.Elements(takeAll)
	}
}

// TestNamesAcrossTheBuffer has names at the end of the decoder's buffer, which
// moves when more is read.
func TestNamesAcrossTheBuffer(t *testing.T) {
	for pad := 3900; pad < 4200; pad++ {
		wire := `{"` + strings.Repeat("p", pad) + `":1,"name":{"_typeName":"string","_value":"x"}}`
		var got string
		v := newValue(strings.NewReader(wire))
		v.Fields(func(name []byte, v *Value) {
			if string(name) == "name" {
				got = v.Text()
			}
		})
		if err := v.end(); err != nil || got != "x" {
			t.Fatalf("padding %d: %q, %v", pad, got, err)
		}
	}
}

func TestInvalidUTF8(t *testing.T) {
	for wire, want := range map[string]string{
		"\"a\xffb\"":                   "a\uFFFDb",
		"\"\\u0061\xff\"":              "a\uFFFD",
		`"\ud800x"`:                    "\uFFFDx",
		"{\"_value\":\"\xc3\x28\"}":    "\uFFFD(",
		"{\"\xff\":1,\"_value\":\"\"}": "",
	} {
		for _, name := range []string{"Text", "Word"} {
			if got, odd := read(t, wire, taking(t, name)); got != want || odd != 0 {
				t.Errorf("%s of %q is %q, %d odd; want %q", name, wire, got, odd, want)
			}
		}
	}
}

func TestDeepNesting(t *testing.T) {
	for _, pair := range [][2]string{{"[", "]"}, {`{"a":`, "}"}, {`{"_value":`, "}"}, {`{"faultCause":`, "}"}} {
		for depth, fails := range map[int]bool{9_000: false, 11_000: true, 1_000_000: true} {
			wire := strings.Repeat(pair[0], depth) + "null" + strings.Repeat(pair[1], depth)
			for _, a := range asks() {
				v := newValue(strings.NewReader(wire))
				a.take(v)
				v.Skip()
				if err := v.end(); (err != nil) != fails {
					t.Errorf("%d times %s as %s: error %v", depth, pair[0], a.name, err)
				}
			}
		}
	}
}

func TestWordsAreBounded(t *testing.T) {
	var wire strings.Builder
	wire.WriteString("[")
	for i := range 3 * maxWords {
		fmt.Fprintf(&wire, `"word-%d","%s%d",`, i, strings.Repeat("long", maxWordLength), i)
	}
	wire.WriteString(`"last"]`)
	v := newValue(strings.NewReader(wire.String()))
	var last string
	v.Elements(func(v *Value) { last = v.Word() })
	if err := v.end(); err != nil || last != "last" || len(v.words) > maxWords {
		t.Errorf("%d words are kept, the last is %q, error %v", len(v.words), last, err)
	}
}

func TestSyntaxErrorsQuoteNothing(t *testing.T) {
	v := newValue(strings.NewReader(`{"hunter2":{"hunter2":[x]}}`))
	v.Skip()
	if err := v.end(); err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "invalid character") {
		t.Errorf("error %v", err)
	}
}

// TestNesting names the limit that an answer nested too deeply reaches.
func TestNesting(t *testing.T) {
	for _, skip := range []bool{true, false} {
		v := newValue(strings.NewReader(strings.Repeat("[", 100_000)))
		if skip {
			v.Skip()
		} else {
			v.raw()
		}
		if limit, ok := errors.AsType[*LimitError](v.err); !ok || limit.Limit != maxDepth || !strings.Contains(v.err.Error(), "10000 levels of nesting") {
			t.Errorf("skipped %t: error %v", skip, v.err)
		}
	}
}
