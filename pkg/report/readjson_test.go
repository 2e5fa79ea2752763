package report

import (
	"bytes"
	stdjson "encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vcfleet/pkg/inventory"
)

// TestReadJSONAndWriteAgain holds over every column filled, every column
// absent, evil texts and an empty fleet.
func TestReadJSONAndWriteAgain(t *testing.T) {
	for name, r := range map[string]*inventory.Report{"fixture": fixture(t), "small": small(t), "empty": emptyFleet()} {
		saved := render(t, "json", r, Options{})
		for chunk, reader := range map[string]io.Reader{"whole": bytes.NewReader(saved), "bits": &dribble{saved}} {
			got, err := ReadJSON(reader)
			if err != nil {
				t.Fatalf("%s, %s: %v", name, chunk, err)
			}
			if diff := cmp.Diff(string(saved), string(render(t, "json", got, Options{}))); diff != "" {
				t.Errorf("%s, %s: the report changed:\n%s", name, chunk, diff)
			}
			for _, format := range []string{"table", "markdown", "ndjson"} {
				if diff := cmp.Diff(string(render(t, format, r, Options{})), string(render(t, format, got, Options{}))); diff != "" {
					t.Errorf("%s: %s of the saved report differs:\n%s", name, format, diff)
				}
			}
		}
	}
}

// dribble gives a few bytes a read.
type dribble struct{ left []byte }

func (d *dribble) Read(p []byte) (int, error) {
	if len(d.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p, d.left[:min(7, len(d.left))])
	d.left = d.left[n:]
	return n, nil
}

// TestReadJSONGivesTheSameReport compares records, without the evil texts, of
// which some are not UTF-8.
func TestReadJSONGivesTheSameReport(t *testing.T) {
	want := fixture(t)
	for i := range want.VCenters {
		v := &want.VCenters[i]
		if v.Name == evilName {
			v.Records = inventory.Records{}
			v.Count()
		}
		if v.Status == inventory.Failed || v.Status == inventory.Skipped {
			v.Counts = nil
		}
	}
	got, err := ReadJSON(bytes.NewReader(render(t, "json", want, Options{})))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestReadJSONInAnyOrder reads what jq -S makes of a report: keys sorted, so
// that rows come before their vCenters.
func TestReadJSONInAnyOrder(t *testing.T) {
	saved := render(t, "json", fixture(t), Options{})
	var document any
	decoder := stdjson.NewDecoder(bytes.NewReader(saved))
	decoder.UseNumber()
	if err := decoder.Decode(&document); err != nil {
		t.Fatal(err)
	}
	sorted, err := stdjson.MarshalIndent(document, "", "  ") // sorts keys
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadJSON(bytes.NewReader(sorted))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(saved, render(t, "json", got, Options{})) {
		t.Error("the report depends on the order of keys")
	}
}

// document is a report around members; vCenter "a" was asked for vms.
func document(members string) string {
	return `{"schema":"vcfleet.report/v1","tool":{"name":"vcfleet","version":"1"},"run":{"id":"x","startedAt":"2026-03-01T04:00:00Z","finishedAt":"2026-03-01T04:00:00Z","complete":true},` +
		`"vcenters":[{"name":"a","host":"a","status":"complete","sections":["vms"],"millis":0,"requests":0,"pages":0,"bytes":0}]` + members + `}`
}

func TestReadJSONAccepts(t *testing.T) {
	for name, members := range map[string]string{
		"nothing more":    ``,
		"unknown keys":    `,"new":{"deep":[[{"a":1}]]},"other":[1,2,3],"n":null`,
		"unknown columns": `,"virtualMachines":[{"vcenter":"a","new":{"x":[1]},"name":"vm","newer":3}]`,
		"null cells":      `,"virtualMachines":[{"vcenter":"a","name":"vm","cpus":null,"ips":null,"template":null,"customAttributes":null}]`,
		"any key order":   `,"virtualMachines":[{"name":"vm","vcenter":"a"}]`,
		"escaped keys":    `,"virtualMachines":[{"\u006eame":"vm","vcenter":"a"}]`,
		"whitespace":      " , \"virtualMachines\" : [ \n { \"vcenter\" : \"a\" , \"name\":\"vm\" } ] ",
	} {
		r, err := ReadJSON(strings.NewReader(document(members)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if strings.Contains(members, "virtualMachines") && (len(r.VCenters[0].Records.VirtualMachines) != 1 || r.VCenters[0].Records.VirtualMachines[0].Name != "vm") {
			t.Errorf("%s: got %+v", name, r.VCenters[0].Records.VirtualMachines)
		}
	}
}

func TestReadJSONRefuses(t *testing.T) {
	row := func(members string) string {
		return document(`,"virtualMachines":[{"vcenter":"a"},{"vcenter":"a",` + members + `}]`)
	}
	whole := document("")
	tests := map[string]struct{ in, want string }{
		"nothing":            {"", "EOF"},
		"blank":              {" \n", "EOF"},
		"not JSON":           {"VCENTER  STATUS\n", "invalid character"},
		"a list":             {"[]", "want a report object, got ["},
		"a text":             {`"x"`, "want a report object"},
		"no schema":          {"{}", `no "schema" key`},
		"ndjson":             {`{"table":"vcenters","name":"a"}` + "\n{}", `no "schema" key`},
		"other schema":       {`{"schema":"vcfleet.report/v2"}`, `schema "vcfleet.report/v2", this program reads "vcfleet.report/v1"`},
		"schema of no text":  {`{"schema":1}`, "want text"},
		"cut":                {whole[:len(whole)-1], "EOF"},
		"cut in a row":       {strings.TrimSuffix(row(`"name":"x"`), `"}]}`), "EOF"},
		"more behind":        {whole + "{}", "follows the end"},
		"garbage behind":     {whole + "x", "invalid character"},
		"vcenters no array":  {`{"schema":"vcfleet.report/v1","vcenters":{}}`, "want an array of vCenters"},
		"vcenter no object":  {`{"schema":"vcfleet.report/v1","vcenters":[1]}`, "/vcenters"},
		"vcenter no name":    {`{"schema":"vcfleet.report/v1","vcenters":[{"status":"complete"}]}`, "without a name"},
		"unknown status":     {`{"schema":"vcfleet.report/v1","vcenters":[{"name":"a","status":"fine"}]}`, `unknown status "fine"`},
		"vcenter twice":      {`{"schema":"vcfleet.report/v1","vcenters":[{"name":"a","status":"failed"},{"name":"a","status":"failed"}]}`, `"a" stands twice`},
		"vcenter bad type":   {`{"schema":"vcfleet.report/v1","vcenters":[{"name":"a","status":"failed","millis":"x"}]}`, "/vcenters/0/millis"},
		"run bad time":       {`{"schema":"vcfleet.report/v1","run":{"startedAt":"yesterday"}}`, "/run/startedAt"},
		"table no array":     {document(`,"virtualMachines":7`), "want an array of records, got number"},
		"row no object":      {document(`,"virtualMachines":["x"]`), "want a record, got string"},
		"table twice":        {document(`,"virtualMachines":[],"virtualMachines":[]`), `duplicate key "virtualMachines"`},
		"row without owner":  {document(`,"virtualMachines":[{"name":"x"}]`), "does not say which vCenter"},
		"row of a stranger":  {document(`,"virtualMachines":[{"vcenter":"b"}]`), `/virtualMachines/0", offset`},
		"stranger's name":    {document(`,"virtualMachines":[{"vcenter":"b"}]`), `vCenter "b", which is not in vcenters`},
		"not asked for":      {document(`,"hosts":[{"vcenter":"a"}]`), "/hosts has 1 records, but no vCenter"},
		"key twice in a row": {row(`"name":"x","name":"y"`), `/virtualMachines/1/name`},
		"int as text":        {row(`"cpus":"4"`), `at "/virtualMachines/1/cpus"`},
		"int with fraction":  {row(`"cpus":4.5`), `want a 64-bit integer, got "4.5"`},
		"int too large":      {row(`"cpus":9223372036854775808`), "want a 64-bit integer"},
		"text as number":     {row(`"name":4`), "want a value of type text, got number"},
		"bool as text":       {row(`"template":"true"`), "want a value of type boolean"},
		"time as number":     {row(`"createdAt":5`), "want a value of type time"},
		"time not RFC 3339":  {row(`"createdAt":"1 March"`), `want a time in RFC 3339, got "1 March"`},
		"list as text":       {row(`"ips":"10.0.0.1"`), "want a value of type list"},
		"list of numbers":    {row(`"ips":["10.0.0.1",7]`), "want text, got number"},
		"pairs as list":      {row(`"customAttributes":["a"]`), "want a value of type pairs"},
		"pairs of objects":   {row(`"customAttributes":{"a":{}}`), "want text, got {"},
		"not UTF-8":          {row("\"name\":\"\xff\""), "UTF-8"},
		"deep unknown":       {document(`,"new":` + strings.Repeat("[", 70) + strings.Repeat("]", 70)), "nested more than 64 deep"},
		"very deep vcenter":  {`{"schema":"vcfleet.report/v1","vcenters":[{"new":` + strings.Repeat("[", 1<<16), "depth"},
	}
	for name, test := range tests {
		_, err := ReadJSON(strings.NewReader(test.in))
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "read report: ") {
			t.Errorf("%s: got %v, want an error with %q", name, err, test.want)
		}
	}
}

// endless gives a prefix and then one byte for ever.
type endless struct {
	prefix string
	then   byte
	given  int64
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.prefix)
	e.prefix = e.prefix[n:]
	if n == 0 {
		for i := range p {
			p[i] = e.then
		}
		n = len(p)
	}
	e.given += int64(n)
	return n, nil
}

func TestReadJSONIsBounded(t *testing.T) {
	for name, prefix := range map[string]string{
		"a text":         strings.TrimSuffix(document(`,"virtualMachines":[{"vcenter":"a","name":"`), "}"),
		"an unknown key": strings.TrimSuffix(document(`,"new":"`), "}"),
		"a vCenter":      `{"schema":"vcfleet.report/v1","vcenters":[{"name":"`,
		"a key":          `{"`,
	} {
		in := &endless{prefix: prefix, then: 'x'}
		const limit = 1 << 20
		_, err := readJSON(in, maxReportBytes, limit)
		if err == nil || !strings.Contains(err.Error(), "longer than 1048576 bytes") {
			t.Errorf("%s without end: %v", name, err)
		}
		if in.given > limit+1<<16 {
			t.Errorf("%s without end: %d bytes were read", name, in.given)
		}
	}
	if _, err := readJSON(strings.NewReader(document("")), 100, maxValueBytes); err == nil || !strings.Contains(err.Error(), "the report is longer") {
		t.Errorf("the whole report is not bounded: %v", err)
	}
}

func TestReadJSONReportsAFailingReader(t *testing.T) {
	in := io.MultiReader(strings.NewReader(document("")[:40]), failingReader{})
	if _, err := ReadJSON(in); err == nil || !strings.Contains(err.Error(), errDiskFull.Error()) {
		t.Error(err)
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errDiskFull }

func FuzzReadJSON(f *testing.F) {
	f.Add(render(f, "json", emptyFleet(), Options{}))
	f.Add([]byte(document("")))
	f.Add([]byte(document(`,"virtualMachines":[{"vcenter":"a","name":"x","cpus":-1,"template":false,"createdAt":"2026-03-01T04:00:00.5+02:00","ips":["",""],"customAttributes":{"a":"b","a":"c","a !":"d"}}]`)))
	f.Add([]byte(`{"schema":"vcfleet.report/v1","vcenters":[{"name":"a","status":"failed","counts":{"hosts":0},"labels":{}}],"disks":[]}`))
	f.Add([]byte(`{"virtualMachines":[{"vcenter":"a"}],"schema":"vcfleet.report/v1"}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		first, err := ReadJSON(bytes.NewReader(in))
		if err != nil {
			return
		}
		saved := render(t, "json", first, Options{})
		second, err := ReadJSON(bytes.NewReader(saved))
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, saved)
		}
		if again := render(t, "json", second, Options{}); !bytes.Equal(saved, again) {
			t.Fatalf("the report changed:\n%s\n%s", saved, again)
		}
		for _, format := range []string{"table", "markdown", "ndjson"} {
			if len(render(t, format, first, Options{Width: 80})) == 0 {
				t.Error(fmt.Errorf("%s wrote nothing", format))
			}
		}
	})
}
