package tabular

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestValues(t *testing.T) {
	at := time.Date(2026, 3, 1, 5, 0, 0, 123456789, time.FixedZone("CET", 3600))
	pairs := []Pair{{"a", "1"}, {"b", ""}}
	tests := []struct {
		name  string
		value Value
		want  Type
		text  string
	}{
		{"text", TextValue("a\nb"), Text, "a\nb"},
		{"empty text", TextValue(""), 0, ""},
		{"int", IntValue(-42), Int, "-42"},
		{"zero", IntValue(0), Int, "0"},
		{"smallest int", IntValue(math.MinInt64), Int, "-9223372036854775808"},
		{"float", FloatValue(-0.5), Float, "-0.5"},
		{"zero float", FloatValue(0), Float, "0"},
		{"large float", FloatValue(1e21), Float, "1000000000000000000000"},
		{"not a number", FloatValue(math.NaN()), 0, ""},
		{"infinity", FloatValue(math.Inf(-1)), 0, ""},
		{"true", BoolValue(true), Bool, "true"},
		{"false", BoolValue(false), Bool, "false"},
		{"time", TimeValue(at), Time, "2026-03-01T04:00:00.123456Z"},
		{"1970", TimeValue(time.Unix(0, 0)), Time, "1970-01-01T00:00:00Z"},
		{"zero time", TimeValue(time.Time{}), 0, ""},
		{"zero time but for nanoseconds", TimeValue(time.Time{}.Add(999)), 0, ""},
		{"first second", TimeValue(time.Time{}.Add(time.Second)), Time, "0001-01-01T00:00:01Z"},
		{"last microsecond", TimeValue(time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)), Time, "9999-12-31T23:59:59.999999Z"},
		{"year 10000", TimeValue(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)), 0, ""},
		{"before year 1", TimeValue(time.Date(0, 12, 31, 0, 0, 0, 0, time.UTC)), 0, ""},
		{"far away", TimeValue(time.Unix(math.MaxInt64/2, 0)), 0, ""},
		{"list", ListValue([]string{"a", "", "c"}), List, "a; ; c"},
		{"list of nothing", ListValue([]string{""}), List, ""},
		{"empty list", ListValue([]string{}), 0, ""},
		{"pairs", PairsValue(pairs), Pairs, "a=1; b="},
		{"no pairs", PairsValue(nil), 0, ""},
		{"absent", Value{}, 0, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v := test.value
			if v.Type() != test.want || v.Absent() != (test.want == 0) {
				t.Errorf("type %v, absent %v, want %v", v.Type(), v.Absent(), test.want)
			}
			if v.String() != test.text {
				t.Errorf("text %q, want %q", v.String(), test.text)
			}
			if got := string(v.AppendText([]byte("> "))); got != "> "+test.text {
				t.Errorf("appended %q", got)
			}
		})
	}
}

func TestValuesGiveBackWhatTheyHold(t *testing.T) {
	at := time.Date(2026, 3, 1, 4, 0, 0, 5000, time.UTC)
	list, pairs := []string{"a"}, []Pair{{"k", "v"}}
	for name, ok := range map[string]bool{
		"text":  TextValue("a").Text() == "a",
		"int":   IntValue(math.MaxInt64).Int() == math.MaxInt64,
		"float": FloatValue(math.SmallestNonzeroFloat64).Float() == math.SmallestNonzeroFloat64,
		"bool":  BoolValue(true).Bool() && !BoolValue(false).Bool(),
		"time":  TimeValue(at).Time().Equal(at),
		"list":  slices.Equal(ListValue(list).List(), list),
		"pairs": slices.Equal(PairsValue(pairs).Pairs(), pairs),
	} {
		if !ok {
			t.Errorf("%s: got another value", name)
		}
	}
}

func TestTypesHaveNames(t *testing.T) {
	var got []string
	for typ := Type(0); typ <= Pairs+1; typ++ {
		got = append(got, typ.String())
	}
	want := []string{"absent", "text", "integer", "number", "boolean", "time", "list", "pairs", "absent"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAppendTextDoesNotAllocate(t *testing.T) {
	values := []Value{
		TextValue("a"), IntValue(12345), FloatValue(1.5), BoolValue(true), TimeValue(time.Unix(1e9, 0)),
		ListValue([]string{"a", "b"}), PairsValue([]Pair{{"a", "b"}}),
	}
	buffer := make([]byte, 0, 256)
	if n := testing.AllocsPerRun(100, func() {
		for _, v := range values {
			buffer = v.AppendText(buffer[:0])
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
