package vim

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vcfleet/pkg/secret"
)

func TestHelloAsks(t *testing.T) {
	m := &methods{by: map[string]http.HandlerFunc{"system": func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, `{"api_release":"8.0.3.0"}`) }}}
	release, err := serve(t, m.ServeHTTP).Hello(t.Context())
	if err != nil || release != "8.0.3.0" {
		t.Errorf("release %q, error %v", release, err)
	}
	want := []call{{
		Verb: "POST", Path: "/api/vcenter/system?action=hello",
		Body: `{"api_releases":["9.1.1.0","9.1.0.0","9.0.0.0","8.0.3.1","8.0.3.0","8.0.2.0","8.0.1.0"]}`,
	}}
	got := m.seen()
	for i := range got {
		if agent := got[i].header.Get("User-Agent"); agent != "vcfleet/test" {
			t.Errorf("User-Agent %q", agent)
		}
		if kind := got[i].header.Get("Content-Type"); kind != "application/json" {
			t.Errorf("Content-Type %q", kind)
		}
		got[i].header = nil
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(call{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// said is an answer of a server.
type said struct {
	status      int
	contentType string
	body        string
	header      map[string]string
}

func (s said) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	for name, value := range s.header {
		w.Header().Set(name, value)
	}
	if s.contentType != "" {
		w.Header().Set("Content-Type", s.contentType)
	} else {
		w.Header()["Content-Type"] = nil
	}
	w.WriteHeader(s.status)
	_, _ = w.Write([]byte(s.body))
}

const (
	soapFault   = `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><soapenv:Fault><faultstring>not well-formed</faultstring></soapenv:Fault></soapenv:Body></soapenv:Envelope>`
	webPage     = "<!DOCTYPE html><html><head><TITLE>Corp &amp; Co\n Login</TITLE></head></html>"
	jsonType    = "application/json"
	vapiInvalid = `{"error_type":"INVALID_ARGUMENT","messages":[{"args":[],"id":"x"}]}`
)

func TestHelloAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		said said
		want string // the error's text, or the release
	}{
		"newest":              {said{200, jsonType, `{"api_release":"9.1.1.0"}`, nil}, "9.1.1.0"},
		"more members":        {said{200, "application/json; charset=utf-8", `{"x":[],"api_release":"8.0.2.0","y":1}`, nil}, "8.0.2.0"},
		"8.0 U1":              {said{404, "text/plain", "404 page not found", nil}, "8.0.1.0"},
		"8.0 U1, vAPI":        {said{404, jsonType, `{"type":"com.vmware.vapi.std.errors.not_found","value":{}}`, nil}, "8.0.1.0"},
		"8.0 U1, empty":       {said{404, "", "", nil}, "8.0.1.0"},
		"none in common":      {said{200, jsonType, `{"api_release":""}`, nil}, "hello: the vCenter serves none of the API releases 9.1.1.0, 9.1.0.0, 9.0.0.0, 8.0.3.1, 8.0.3.0, 8.0.2.0, 8.0.1.0"},
		"not offered":         {said{200, jsonType, `{"api_release":"7.0.3.0"}`, nil}, `hello: the answer is the release "7.0.3.0", which was not offered`},
		"no release":          {said{200, jsonType, `{"status":"ok"}`, nil}, "hello: HTTP 200 from something that does not speak VI/JSON"},
		"release of a number": {said{200, jsonType, `{"api_release":8}`, nil}, "hello: HTTP 200 from something that does not speak VI/JSON"},
		"an array":            {said{200, jsonType, `[]`, nil}, "hello: HTTP 200 from something that does not speak VI/JSON"},
		"nothing":             {said{200, jsonType, ``, nil}, "hello: HTTP 200 from something that does not speak VI/JSON"},
		"cut":                 {said{200, jsonType, `{"api_release":"9.1.1.0"`, nil}, "hello: reading the answer: malformed JSON after byte 24: unexpected EOF"},
		"trailing":            {said{200, jsonType, `{"api_release":"9.1.1.0"}{}`, nil}, "hello: reading the answer: data after the end of the JSON document"},
		"vAPI 400":            {said{400, jsonType, vapiInvalid, nil}, `hello: HTTP 400 application/json from something that does not speak VI/JSON: "INVALID_ARGUMENT"`},
		"fault 500":           {said{500, jsonType, `{"_typeName":"SystemError","faultstring":"boom"}`, nil}, "hello: SystemError: boom"},
		"JSON 500":            {said{500, jsonType, `[1]`, nil}, "hello: HTTP 500 application/json from something that does not speak VI/JSON"},
		"junk 500":            {said{500, jsonType, `{"a":x`, nil}, "hello: HTTP 500: reading the fault: malformed JSON after byte 5: invalid character 'x' at start of value"},
		"HTML 200":            {said{200, "text/html", webPage, nil}, `hello: reading the answer: HTTP 200 text/html from a web page (a proxy, a load balancer or another web server): "Corp & Co Login"`},
		"HTML 404":            {said{404, "text/html", webPage, nil}, "8.0.1.0"},
		"XML 500":             {said{500, "text/xml", soapFault, nil}, "hello: HTTP 500 text/xml from an ESXi host or a vCenter before 8.0 U1"},
		"ESXi":                {said{400, "text/plain", "Unsupported content type\n", nil}, "hello: HTTP 400 text/plain from an ESXi host"},
		"redirect":            {said{302, "text/html", "", map[string]string{"Location": "https://sso.example.com/login?from=x"}}, `hello: HTTP 302 text/html from a server that redirects: "https://sso.example.com"`},
		"redirect on itself":  {said{307, "", "", map[string]string{"Location": "/ui/login?a=b"}}, `hello: HTTP 307 from a server that redirects: "/ui/login"`},
		"redirect nowhere":    {said{301, "", "", map[string]string{"Location": "https://[::bad"}}, "hello: HTTP 301 from a server that redirects"},
		"starting":            {said{503, "text/plain", "no healthy upstream", nil}, "hello: HTTP 503 text/plain from a vCenter or proxy that is overloaded or still starting"},
		"too many":            {said{429, "", "", nil}, "hello: HTTP 429 from a vCenter or proxy that is overloaded or still starting"},
		"proxy":               {said{407, "text/html", webPage, nil}, `hello: HTTP 407 text/html from a proxy: "Corp & Co Login"`},
		"bad gateway":         {said{502, "text/plain", "upstream", nil}, "hello: HTTP 502 text/plain from a proxy"},
	} {
		t.Run(name, func(t *testing.T) {
			release, err := serve(t, test.said.ServeHTTP).Hello(t.Context())
			got := string(release)
			if err != nil {
				got += err.Error()
			}
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestHelloErrorsAreTyped(t *testing.T) {
	var none *NoReleaseError
	_, err := serve(t, said{200, jsonType, `{"api_release":""}`, nil}.ServeHTTP).Hello(t.Context())
	if !errors.As(err, &none) || len(none.Offered) != len(Releases()) {
		t.Errorf("error %v is no NoReleaseError with all releases", err)
	}
	var refused *AnswerError
	_, err = serve(t, said{503, "", "", nil}.ServeHTTP).Hello(t.Context())
	if !errors.As(err, &refused) || refused.Status != 503 || refused.Source != SourceUnavailable {
		t.Errorf("error %v is no AnswerError 503", err)
	}
}

const contentBody = `{"_typeName":"ServiceContent","about":{"_typeName":"AboutInfo","name":"VMware vCenter Server","fullName":"VMware vCenter Server 8.0.3 build-24022515","version":"8.0.3","build":"24022515","apiType":"VirtualCenter","apiVersion":"8.0.3.0","instanceUuid":"5a1c"},` +
	`"rootFolder":{"_typeName":"ManagedObjectReference","type":"Folder","value":"group-d1"},"propertyCollector":{"type":"PropertyCollector","value":"propertyCollector"},` +
	`"viewManager":{"_typeName":"ManagedObjectReference","_value":{"value":"ViewManager","type":"ViewManager"}},"sessionManager":{"type":"SessionManager","value":"SessionManager"},"extra":[1]`

func TestServiceContent(t *testing.T) {
	m := &methods{by: map[string]http.HandlerFunc{"content": said{200, jsonType, contentBody + `,"customFieldsManager":{"type":"CustomFieldsManager","value":"CustomFieldsManager"}}`, nil}.ServeHTTP}}
	got, err := serve(t, m.ServeHTTP).ServiceContent(t.Context(), "8.0.3.0")
	if err != nil {
		t.Fatal(err)
	}
	want := testContent()
	want.CustomFieldsManager = ManagedObjectReference{"CustomFieldsManager", "CustomFieldsManager"}
	want.About.FullName, want.About.APIType = "VMware vCenter Server 8.0.3 build-24022515", "VirtualCenter"
	want.About.APIVersion, want.About.Version, want.About.Build, want.About.InstanceUUID = "8.0.3.0", "8.0.3", "24022515", "5a1c"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if c := m.seen()[0]; c.Verb != "GET" || c.Path != "/sdk/vim25/8.0.3.0/ServiceInstance/ServiceInstance/content" || c.Body != "" || c.header.Get("Content-Type") != "" {
		t.Errorf("asked with %s %s %q", c.Verb, c.Path, c.Body)
	}
}

func TestServiceContentAnswers(t *testing.T) {
	without := func(member string) string {
		return strings.Replace(contentBody, `"`+member+`":{`, `"other":{`, 1) + `}`
	}
	for name, test := range map[string]struct {
		said said
		want string // part of the error, "" is none
	}{
		"no custom fields":     {said{200, jsonType, contentBody + `}`, nil}, ""},
		"null custom fields":   {said{200, jsonType, contentBody + `,"customFieldsManager":null}`, nil}, ""},
		"no about":             {said{200, jsonType, without("about"), nil}, ""},
		"no rootFolder":        {said{200, jsonType, without("rootFolder"), nil}, "the answer has no rootFolder"},
		"no propertyCollector": {said{200, jsonType, without("propertyCollector"), nil}, "the answer has no propertyCollector"},
		"no viewManager":       {said{200, jsonType, without("viewManager"), nil}, "the answer has no viewManager"},
		"no sessionManager":    {said{200, jsonType, without("sessionManager"), nil}, "the answer has no sessionManager"},
		"another document":     {said{200, jsonType, `{"status":"ok"}`, nil}, "the answer has no rootFolder"},
		"null":                 {said{200, jsonType, `null`, nil}, "the answer has no rootFolder"},
		"204":                  {said{204, "", "", nil}, "the answer has no rootFolder"},
		"cut":                  {said{200, jsonType, contentBody, nil}, "unexpected EOF"},
		"endless":              {said{200, jsonType, `{"x":"` + strings.Repeat("x", maxSmallResponse), nil}, "longer than the limit of 4 MiB"},
		"no VI/JSON":           {said{404, "text/plain", "404 page not found", nil}, string(SourceNoVIJSON)},
		"GET not allowed":      {said{405, "", "", nil}, string(SourceNoVIJSON)},
		"XML":                  {said{500, "text/xml", soapFault, nil}, string(SourceSOAP)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := serve(t, test.said.ServeHTTP).ServiceContent(t.Context(), FirstRelease)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestLogin(t *testing.T) {
	const user = "svc@vsphere.local"
	userSession := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Vmware-Api-Session-Id", testKey)
		answer(w, 200, `{"_typeName":"UserSession","key":"52d0-another","userName":"x"}`)
	}
	m := &methods{by: map[string]http.HandlerFunc{"Login": userSession, "Logout": said{204, "", "", nil}.ServeHTTP}}
	client := serve(t, m.ServeHTTP)
	session, err := client.Login(t.Context(), "8.0.3.0", testContent(), user, secret.New(testPassword))
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Logout(t.Context()); err != nil {
		t.Error(err)
	}
	calls := m.seen()
	if len(calls) != 2 || client.Requests() != 2 {
		t.Fatalf("%d requests came, %d counted: %q", len(calls), client.Requests(), m.names())
	}
	login, logout := calls[0], calls[1]
	if login.Path != "/sdk/vim25/8.0.3.0/SessionManager/SessionManager/Login" || login.Verb != "POST" || login.header.Values(sessionHeader) != nil {
		t.Errorf("Login: %s %s, session %q", login.Verb, login.Path, login.header.Values(sessionHeader))
	}
	if want := `{"userName":"svc@vsphere.local","password":"hunter2\u003c\u0026\"é %/pass"}`; login.Body != want {
		t.Errorf("Login sends %s, want %s", login.Body, want)
	}
	if got := logout.header.Get(sessionHeader); got != testKey || logout.Body != "" || logout.Verb != "POST" {
		t.Errorf("Logout: %s %q, session %q, want the key of the header", logout.Verb, logout.Body, got)
	}
	if text := fmt.Sprintf("%v %+v %#v", session, *session, session); strings.Contains(text, testKey) {
		t.Error("a session prints its key")
	}
}

func TestLoginAnswers(t *testing.T) {
	key := map[string]string{sessionHeader: testKey}
	for name, test := range map[string]struct {
		said    said
		session bool
		is      error
	}{
		"key, body cut":       {said{200, jsonType, `{"_typeName":"UserSession","ke`, key}, true, nil},
		"key, no body":        {said{200, jsonType, ``, key}, true, nil},
		"key, 204":            {said{204, "", "", key}, true, nil},
		"key, HTML":           {said{200, "text/html", webPage, key}, true, nil},
		"key in the body":     {said{200, jsonType, `{"_typeName":"UserSession","key":"x"}`, nil}, false, nil},
		"empty key":           {said{200, jsonType, `{}`, map[string]string{sessionHeader: ""}}, false, nil},
		"wrong password":      {said{500, jsonType, `{"_typeName":"InvalidLogin","faultstring":"Cannot complete login"}`, nil}, false, InvalidLogin},
		"wrong password, cut": {said{500, jsonType, `{"_typeName":"InvalidLogin","faultst`, nil}, false, InvalidLogin},
		"type last":           {said{500, jsonType, `{"faultstring":"no","_typeName":"InvalidLogin"}`, nil}, false, InvalidLogin},
		"wrapped":             {said{500, jsonType, `{"_typeName":"LocalizedMethodFault","fault":{"_typeName":"InvalidLogin"}}`, nil}, false, InvalidLogin},
		"no permission":       {said{500, jsonType, `{"_typeName":"NoPermission","object":{"type":"Folder","value":"group-d1"},"privilegeId":"System.View"}`, nil}, false, NoPermission},
		"fault as 401":        {said{401, jsonType, `{"_typeName":"InvalidLogin"}`, nil}, false, InvalidLogin},
		"401":                 {said{401, "text/plain", "no", map[string]string{"WWW-Authenticate": "Bearer"}}, false, nil},
		"500 with a key":      {said{500, jsonType, `{"_typeName":"InvalidLogin"}`, key}, false, InvalidLogin},
	} {
		t.Run(name, func(t *testing.T) {
			m := &methods{by: map[string]http.HandlerFunc{"Login": test.said.ServeHTTP}}
			session, err := serve(t, m.ServeHTTP).Login(t.Context(), "8.0.3.0", testContent(), "u", secret.New(testPassword))
			if (session != nil) != test.session || (err == nil) != test.session || test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("session %t, error %v", session != nil, err)
			}
			if names := m.names(); len(names) != 1 {
				t.Errorf("requests %q, want one Login", names)
			}
		})
	}
}

func TestLoginOfWhatIsNoText(t *testing.T) {
	client := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request came") })
	for _, pair := range [][2]string{{"u", "pass\xff"}, {"u\xff", "pass"}} {
		if _, err := client.Login(t.Context(), "8.0.3.0", testContent(), pair[0], secret.New(pair[1])); err == nil || strings.Contains(err.Error(), "pass\xff") {
			t.Errorf("user %q: error %v", pair[0], err)
		}
	}
}

// TestLoginIsNotRepeated drops the connection that is kept alive at the moment
// of Login: http.Transport may not send it again.
func TestLoginIsNotRepeated(t *testing.T) {
	m := &methods{by: map[string]http.HandlerFunc{
		"content": said{200, jsonType, contentBody + `}`, nil}.ServeHTTP,
		"Login":   func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	}}
	client := serve(t, m.ServeHTTP)
	if _, err := client.ServiceContent(t.Context(), FirstRelease); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Login(t.Context(), FirstRelease, testContent(), "u", secret.New("p")); err == nil {
		t.Error("no error from a connection that was dropped")
	}
	if diff := cmp.Diff([]string{"content", "Login"}, m.names()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}
