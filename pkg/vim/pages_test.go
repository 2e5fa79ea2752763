package vim

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// recorder is a Handler that writes down what it is given.
type recorder struct {
	lines []string
	ended int
}

func (r *recorder) add(format string, args ...any) {
	r.lines = append(r.lines, fmt.Sprintf(format, args...))
}

func (r *recorder) Object(ref ManagedObjectReference) { r.add("%s", ref) }
func (r *recorder) End()                              { r.ended++; r.add("end") }
func (r *recorder) Missing(path string, f *Fault)     { r.add("missing %s: %v", path, f) }

func (r *recorder) Property(path string, v *Value) {
	v.TakeOdd()
	switch v.Kind() {
	case KindNull:
		r.add("%s: null", path)
	case KindObject:
		text := v.Text()
		r.add("%s: %q %d odd", path, text, v.TakeOdd())
	default:
		r.add("%s: %q", path, v.Text())
	}
}

// readPage reads a page and returns the tokens with a recorder.
func readPage(wire io.Reader) (tokens []string, r *recorder, objects int, err error) {
	r = new(recorder)
	objects, err = newValue(wire).page(r, func(token string) { tokens = append(tokens, token) })
	return tokens, r, objects, err
}

const obj = `"obj":{"_typeName":"ManagedObjectReference","type":"VirtualMachine","value":"vm-1"}`

func inPage(content string) string {
	return `{"_typeName":"RetrieveResult","objects":[` + content + `]}`
}

func TestPageOfObjects(t *testing.T) {
	const vm = "VirtualMachine:vm-1"
	for name, test := range map[string]struct {
		content string
		want    []string
	}{
		"documented order":  {`{"_typeName":"ObjectContent",` + obj + `,"propSet":[{"_typeName":"DynamicProperty","name":"name","val":{"_typeName":"string","_value":"a"}}]}`, []string{vm, `name: "a" 0 odd`, "end"}},
		"nothing but obj":   {`{` + obj + `}`, []string{vm, "end"}},
		"null sets":         {`{` + obj + `,"propSet":null,"missingSet":null}`, []string{vm, "end"}},
		"empty sets":        {`{` + obj + `,"propSet":[],"missingSet":[]}`, []string{vm, "end"}},
		"wrapped sets":      {`{` + obj + `,"propSet":{"_typeName":"ArrayOfDynamicProperty","_value":[{"name":"a","val":"b"}]}}`, []string{vm, `a: "b"`, "end"}},
		"obj last":          {`{"propSet":[{"name":"a","val":"b"}],"missingSet":[{"path":"c","fault":{"_typeName":"NoPermission"}}],` + obj + `}`, []string{vm, `a: "b"`, "missing c: NoPermission", "end"}},
		"obj between":       {`{"missingSet":[{"fault":{"_typeName":"NoPermission"},"path":"c"}],` + obj + `,"propSet":[{"name":"a","val":"b"}]}`, []string{vm, "missing c: NoPermission", `a: "b"`, "end"}},
		"obj twice":         {`{` + obj + `,"obj":{"type":"X","value":"y"},"propSet":[{"name":"a","val":"b"}]}`, []string{vm, `a: "b"`, "end"}},
		"obj wrapped":       {`{"obj":{"_value":{"value":"vm-1","type":"VirtualMachine"}}}`, []string{vm, "end"}},
		"val first":         {`{` + obj + `,"propSet":[{"val":{"_value":"b"},"name":"a"}]}`, []string{vm, `a: "b" 0 odd`, "end"}},
		"val first and odd": {`{"propSet":[{"val":{"x":[{}]},"name":"a"}],` + obj + `}`, []string{vm, `a: "" 1 odd`, "end"}},
		"val null":          {`{` + obj + `,"propSet":[{"name":"a","val":null},{"val":null,"name":"b"}]}`, []string{vm, "a: null", "b: null", "end"}},
		"val absent":        {`{` + obj + `,"propSet":[{"name":"a"}]}`, []string{vm, "end"}},
		"no name":           {`{` + obj + `,"propSet":[{"val":"b"},{"val":"c","name":7},{"name":"d","val":"e"}]}`, []string{vm, `: "b"`, `: "c"`, `d: "e"`, "end"}},
		"no property":       {`{` + obj + `,"propSet":[null,"x",{"name":"d","val":"e"}]}`, []string{vm, ": null", `: "x"`, `d: "e"`, "end"}},
		"a name twice":      {`{` + obj + `,"propSet":[{"name":"a","val":"b"},{"name":"a","val":"c"}]}`, []string{vm, `a: "b"`, `a: "c"`, "end"}},
		"unknown members":   {`{"x":[[{}]],` + obj + `,"y":{"objects":[]},"propSet":[{"z":0,"name":"a","dummy":[1],"val":"b"}]}`, []string{vm, `a: "b"`, "end"}},
		"missing, bare": {
			`{` + obj + `,"missingSet":[{"_typeName":"MissingProperty","path":"a","fault":{"_typeName":"NoPermission","object":{"type":"T","value":"v"},"privilegeId":"System.Read"}}]}`,
			[]string{vm, "missing a: NoPermission (privilege System.Read)", "end"},
		},
		"missing, wrapped": {
			`{` + obj + `,"missingSet":[{"path":"a","fault":{"_typeName":"LocalizedMethodFault","fault":{"_typeName":"NotAuthenticated"},"localizedMessage":"gone"}}]}`,
			[]string{vm, "missing a: NotAuthenticated: gone", "end"},
		},
		"missing without a fault": {
			`{` + obj + `,"missingSet":[{"path":"a"},{"path":"b","fault":null},null]}`,
			[]string{vm, "missing a: fault of unknown type", "missing b: fault of unknown type", "missing : fault of unknown type", "end"},
		},
		"two objects": {`{` + obj + `},{"obj":{"type":"Folder","value":"group-1"}}`, []string{vm, "end", "Folder:group-1", "end"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, r, objects, err := readPage(strings.NewReader(inPage(test.content)))
			if err != nil || objects != r.ended {
				t.Errorf("%d objects, %d ended, error %v", objects, r.ended, err)
			}
			if diff := cmp.Diff(test.want, r.lines); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPageToken(t *testing.T) {
	for name, test := range map[string]struct {
		wire string
		want []string
	}{
		"first":       {`{"_typeName":"RetrieveResult","token":"t-1","objects":[]}`, []string{"t-1"}},
		"last":        {`{"_typeName":"RetrieveResult","objects":[{` + obj + `}],"token":"t-1"}`, []string{"t-1"}},
		"very first":  {`{"token":"t-1","_typeName":"RetrieveResult"}`, []string{"t-1"}},
		"wrapped":     {`{"token":{"_typeName":"string","_value":"t-1"},"objects":[]}`, []string{"t-1"}},
		"zero":        {`{"token":"0","objects":[]}`, []string{"0"}},
		"absent":      {`{"objects":[]}`, nil},
		"empty":       {`{"token":"","objects":[]}`, nil},
		"null":        {`{"token":null,"objects":null}`, nil},
		"no objects":  {`{"_typeName":"RetrieveResult"}`, nil},
		"of an inner": {`{"objects":[{"token":"no",` + obj + `}]}`, nil},
	} {
		tokens, _, _, err := readPage(strings.NewReader(test.wire))
		if diff := cmp.Diff(test.want, tokens); diff != "" || err != nil {
			t.Errorf("%s: error %v (-want +got):\n%s", name, err, diff)
		}
	}
}

// TestPageThatIsNone holds what must never read as a complete page.
func TestPageThatIsNone(t *testing.T) {
	for _, wire := range []string{
		`{}`, `[]`, `7`, `"RetrieveResult"`, `true`, `{"_typeName":"UserSession","key":"x"}`, `{"_typeName":"NoPermission"}`,
		`{"api_release":"8.0.2.0"}`, `[{"objects":[]}]`, `<html>`, `{"objects":[]`, `{"objects":[}`, `{"objects":[],}`,
		`{"objects":[]} x`, `{"objects":[]}{}`, `{"objects":[]},`, `{"objects":"none"}`, `{"objects":{}}`, `{"objects":{"_typeName":"ArrayOfObjectContent"}}`,
		`{"objects":7}`, `{"token":7,"objects":[]}`, `{"token":true,"objects":[]}`, `{"token":["t"],"objects":[]}`, `{"token":{"t":1},"objects":[]}`,
		inPage(`{}`), inPage(`null`), inPage(`7`), inPage(`[]`), inPage(`{"obj":null}`), inPage(`{"obj":"vm-1"}`),
		inPage(`{"obj":{"type":"VirtualMachine"}}`), inPage(`{"obj":{"value":"vm-1"}}`), inPage(`{"obj":{"type":7,"value":"vm-1"}}`),
		inPage(`{"propSet":[{"name":"a","val":"b"}]}`), inPage(`{` + obj + `,"propSet":{}}`), inPage(`{` + obj + `,"propSet":"x"}`),
		inPage(`{"propSet":7,` + obj + `}`), inPage(`{` + obj + `,"missingSet":7}`), inPage(`{"missingSet":{"a":1},` + obj + `}`),
		inPage(`{` + obj + `} {` + obj + `}`), inPage(`{` + obj + `,"propSet":[{"name":"a","val":}]}`), inPage(`{` + obj + `,7:8}`),
	} {
		if _, r, objects, err := readPage(strings.NewReader(wire)); err == nil {
			t.Errorf("%s reads as %d objects %q", wire, objects, r.lines)
		}
	}
}

// TestPageCut cuts a page at every byte: each cut is an error, whether the
// connection says so or ends as if all were well.
func TestPageCut(t *testing.T) {
	wire := `{"_typeName":"RetrieveResult","token":"t\u0020","objects":[{"propSet":[{"val":[{"a":1}],"name":"x"}],` + obj + `,"missingSet":[{"path":"é","fault":{"_typeName":"NoPermission","faultCause":null}}]},` +
		`{` + obj + `,"propSet":[{"name":"a","val":{"_typeName":"ArrayOfInt","_value":[-1.5e3,true,null]}}]}]}`
	broken := errors.New("broken")
	for cut := range len(wire) {
		for name, reader := range map[string]io.Reader{
			"EOF":          strings.NewReader(wire[:cut]),
			"byte by byte": iotest.OneByteReader(strings.NewReader(wire[:cut])),
			"error":        io.MultiReader(strings.NewReader(wire[:cut]), iotest.ErrReader(broken)),
		} {
			_, r, objects, err := readPage(reader)
			if err == nil || objects != r.ended {
				t.Errorf("cut at %d (%s), %d objects, %d ended, no error", cut, name, objects, r.ended)
			}
			if name == "error" && !errors.Is(err, broken) {
				t.Errorf("cut at %d: the cause is lost in %v", cut, err)
			}
		}
	}
	if tokens, r, objects, err := readPage(iotest.OneByteReader(strings.NewReader(wire + " \n"))); err != nil || objects != 2 || r.ended != 2 || len(tokens) != 1 {
		t.Errorf("uncut: tokens %q, %d objects, error %v", tokens, objects, err)
	}
	reader := io.MultiReader(strings.NewReader(wire), iotest.ErrReader(broken))
	if _, _, _, err := readPage(reader); !errors.Is(err, broken) {
		t.Errorf("a connection that breaks behind the document: error %v", err)
	}
}

func TestFault(t *testing.T) {
	for name, test := range map[string]struct {
		wire string
		want Fault
	}{
		"bare":           {`{"_typeName":"InvalidProperty","name":"a.b","faultstring":"text"}`, Fault{Type: InvalidProperty, Name: "a.b", Message: "text"}},
		"type last":      {`{"obj":{"value":"vm-1","type":"VirtualMachine"},"_typeName":"ManagedObjectNotFound"}`, Fault{Type: ManagedObjectNotFound, Object: ManagedObjectReference{"VirtualMachine", "vm-1"}}},
		"message list":   {`{"_typeName":"SystemError","faultMessage":[{"key":"k","arg":[],"message":"one"},{"message":"two"}]}`, Fault{Type: SystemError, Message: "one"}},
		"wrapped":        {`{"_typeName":"LocalizedMethodFault","fault":{"_typeName":"NoPermission","privilegeId":"System.Read"},"localizedMessage":"no"}`, Fault{Type: NoPermission, PrivilegeID: "System.Read", Message: "no"}},
		"wrapped, other": {`{"localizedMessage":"no","fault":{"_typeName":"NoPermission"},"_typeName":"LocalizedMethodFault"}`, Fault{Type: NoPermission, Message: "no"}},
		"own member":     {`{"_typeName":"HostConfigFailed","fault":{"_typeName":"NoPermission"},"faultstring":"x"}`, Fault{Type: "HostConfigFailed", Message: "x"}},
		"fault no fault": {`{"faultstring":"x","fault":"y","_typeName":"SystemError"}`, Fault{Type: SystemError, Message: "x"}},
		"cause":          {`{"_typeName":"A","faultCause":{"fault":{"_typeName":"B"}}}`, Fault{Type: "A", Cause: &Fault{Type: "B"}}},
		"odd members":    {`{"_typeName":"A","name":[1],"privilegeId":{},"obj":"x","faultCause":"y","faultMessage":7,"faultstring":null}`, Fault{Type: "A"}},
		"unknown":        {`{"x":1}`, Fault{}},
		"null":           {`null`, Fault{}},
	} {
		got := newValue(strings.NewReader(test.wire)).Fault()
		if diff := cmp.Diff(&test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	var err error = &Fault{Type: "Outer", Cause: &Fault{Type: NoPermission}}
	if !errors.Is(err, NoPermission) || errors.Is(err, InvalidLogin) {
		t.Error("errors.Is does not tell the types of a fault and its cause")
	}
}

// endless is a JSON string that does not end.
type endless struct {
	start string
	read  int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.start)
	e.start = e.start[n:]
	for i := n; i < len(p); i++ {
		p[i] = 'x'
	}
	e.read += len(p)
	return len(p), nil
}

// TestEndlessValue shows that one value without end is given up long before the
// page's limit: whether it is asked for, skipped, a name, or kept for later.
func TestEndlessValue(t *testing.T) {
	const object = `{"_typeName":"RetrieveResult","objects":[{"obj":{"type":"VirtualMachine","value":"vm-1"},`
	for _, start := range []string{
		object + `"propSet":[{"name":"name","val":"`,
		object + `"propSet":[{"name":"name","val":{"_typeName":"string","_value":"`,
		object + `"unknown":"`,
		object + `"`,
		`{"_typeName":"RetrieveResult","objects":[{"propSet":[{"name":"a","val":"`,
		`{"token":"`,
		`"`,
	} {
		wire := &endless{start: start}
		_, err := newValue(wire).page(new(recorder), func(string) {})
		limit, ok := errors.AsType[*LimitError](err)
		if !ok || limit.Limit != maxTokenBytes || wire.read > 4*maxTokenBytes {
			t.Errorf("%s…: error %v after %d bytes", start, err, wire.read)
		}
	}
}
