package simulator_test

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vcfleet/pkg/simulator"
)

func TestHello(t *testing.T) {
	many := make([]string, 129)
	for i := range many {
		many[i] = fmt.Sprintf("9.0.%d.0", i)
	}
	tests := []struct {
		name     string
		options  simulator.Options
		releases any
		status   int
		want     string // in the body
	}{
		{"the client's first", simulator.Options{}, []string{"9.0.0.0", "8.0.2.0", "8.0.3.0"}, 200, `{"api_release":"8.0.2.0"}`},
		{"newest", simulator.Options{}, []string{"8.0.3.0", "8.0.1.0"}, 200, `{"api_release":"8.0.3.0"}`},
		{"none in common", simulator.Options{}, []string{"9.1.0.0"}, 200, `{"api_release":""}`},
		{"chosen releases", simulator.Options{Releases: []string{"9.0.0.0"}}, []string{"9.1.0.0", "9.0.0.0"}, 200, `{"api_release":"9.0.0.0"}`},
		{"empty list", simulator.Options{}, []string{}, 400, "com.vmware.vapi.std.errors.invalid_argument"},
		{"no list", simulator.Options{}, nil, 400, "INVALID_ARGUMENT"},
		{"too many", simulator.Options{}, many, 400, "longer than 128"},
		{"too long", simulator.Options{}, []string{strings.Repeat("9", 65)}, 400, "longer than 64"},
		{"wrong type", simulator.Options{}, "8.0.3.0", 400, "INVALID_ARGUMENT"},
		{"8.0 U1", simulator.Options{NoHello: true}, []string{"8.0.1.0"}, 404, "NOT_FOUND"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.options.VMs = 1
			v := start(t, tt.options)
			c := newClient(t, v)
			status, body, header := c.do(http.MethodPost, "/api/vcenter/system?action=hello", mustJSON(t, map[string]any{"api_releases": tt.releases}))
			if status != tt.status || !strings.Contains(string(body), tt.want) {
				t.Errorf("%d %s, want %d with %s", status, body, tt.status, tt.want)
			}
			if got := header.Get("Content-Type"); got != "application/json" {
				t.Errorf("content type %q", got)
			}
			if n := v.Counters(); n.Requests != 1 || n.ByMethod["hello"] != 1 {
				t.Errorf("counters %+v", n)
			}
		})
	}
}

// TestReleases has the ids that are served in a path: those with VI/JSON that
// are not newer than the vCenter.
func TestReleases(t *testing.T) {
	tests := []struct {
		options simulator.Options
		served  []string
		refused []string
		about   string
	}{
		{simulator.Options{}, []string{"8.0.3.0", "8.0.2.0", "8.0.1.0"}, []string{"8.0.3.1", "9.0.0.0", "8.0.0.0", "7.0.3.0", "8.0", "x"}, "8.0.3.0"},
		{simulator.Options{Releases: []string{"8.0.1.0", "9.1.0.0"}}, []string{"9.1.0.0", "9.0.0.0", "8.0.2.0"}, []string{"9.1.1.0"}, "9.1.0.0"},
		{simulator.Options{NoHello: true}, []string{"8.0.1.0"}, []string{"8.0.2.0"}, "8.0.1.0"},
	}
	for _, tt := range tests {
		tt.options.VMs = 1
		c := newClient(t, start(t, tt.options))
		for _, id := range tt.served {
			c.release = id
			status, body := c.get("ServiceInstance/ServiceInstance/content")
			var content struct {
				TypeName string `json:"_typeName"`
				About    struct {
					APIVersion string `json:"apiVersion"`
				} `json:"about"`
			}
			mustDecode(t, body, &content)
			if status != 200 || content.TypeName != "ServiceContent" || content.About.APIVersion != tt.about {
				t.Errorf("%s: %d %+v", id, status, content)
			}
		}
		for _, id := range tt.refused {
			c.release = id
			if status, body := c.get("ServiceInstance/ServiceInstance/content"); status != 404 {
				t.Errorf("%s: %d %s", id, status, body)
			}
		}
	}
}

func TestLogin(t *testing.T) {
	v := start(t, simulator.Options{VMs: 1, Username: "svc@vsphere.local", Password: "s3cret"})
	c := newClient(t, v)

	for _, body := range []string{
		`{"userName":"svc@vsphere.local","password":"wrong"}`, `{"userName":"other","password":"s3cret"}`, `{}`,
	} {
		status, data, header := c.do(http.MethodPost, "/sdk/vim25/8.0.1.0/SessionManager/SessionManager/Login", body)
		var f fault
		mustDecode(t, data, &f)
		if status != 500 || f.TypeName != "InvalidLogin" || f.Faultstring == "" || header.Get("vmware-api-session-id") != "" {
			t.Errorf("login with %s: %d %s", body, status, data)
		}
	}

	c.login()
	if status, data := c.post("SessionManager/SessionManager/Login", `{"userName":"svc@vsphere.local","password":"s3cret"}`); status != 500 || !strings.Contains(string(data), "InvalidLogin") {
		t.Errorf("login on an authenticated session: %d %s", status, data)
	}
	status, data := c.get("SessionManager/SessionManager/currentSession")
	if status != 200 || !strings.Contains(string(data), `"userName":"svc@vsphere.local"`) || strings.Contains(string(data), c.session) {
		t.Errorf("current session: %d %s", status, data)
	}

	c.session = "0000000000000000000000000000000000000000" // unknown: as without
	if _, data = c.get("SessionManager/SessionManager/currentSession"); string(data) != "null" {
		t.Errorf("current session without one: %s", data)
	}
	if n := v.Counters(); n.Logins != 1 || n.RejectedLogins != 4 || n.OpenSessions != 1 {
		t.Errorf("counters %+v", n)
	}
}

// TestSessionCap has the answer of a vCenter that has no session left.
func TestSessionCap(t *testing.T) {
	v := start(t, simulator.Options{VMs: 1})
	c := newClient(t, v)
	for range 2000 {
		c.session = ""
		c.login()
	}
	c.session = ""
	user, pass := v.Credentials()
	status, data := c.post("SessionManager/SessionManager/Login", mustJSON(t, map[string]string{"userName": user, "password": pass}))
	if status != 503 || v.Counters().OpenSessions != 2000 {
		t.Errorf("%d %s, %d sessions", status, data, v.Counters().OpenSessions)
	}
}

// TestNotAuthenticated has what an unknown session may do: read the service
// content, and retrieve, which then reports every property as missing.
func TestNotAuthenticated(t *testing.T) {
	c := newClient(t, start(t, simulator.Options{VMs: 1}))
	c.session = "0123"

	if status, data := c.post("ServiceInstance/ServiceInstance/RetrieveServiceContent", ""); status != 200 {
		t.Errorf("service content: %d %s", status, data)
	}
	for _, call := range []string{
		"ViewManager/ViewManager/CreateContainerView", "SessionManager/SessionManager/Logout",
		"PropertyCollector/propertyCollector/ContinueRetrievePropertiesEx", "PropertyCollector/propertyCollector/CancelRetrievePropertiesEx",
		"PropertyCollector/propertyCollector/CreatePropertyCollector",
	} {
		status, data := c.post(call, "")
		var f fault
		mustDecode(t, data, &f)
		if status != 500 || f.TypeName != "NotAuthenticated" || f.PrivilegeID == "" || f.Object == nil {
			t.Errorf("%s: %d %s", call, status, data)
		}
	}
	if status, data := c.get("Folder/group-d1/name"); status != 500 || !strings.Contains(string(data), "NotAuthenticated") {
		t.Errorf("property: %d %s", status, data)
	}

	status, data := c.post("PropertyCollector/propertyCollector/RetrievePropertiesEx", `{"options":{},"specSet":[{
		"propSet":[{"type":"Folder","pathSet":["name","parent"]}],"objectSet":[{"obj":{"type":"Folder","value":"group-d1"}}]}]}`)
	var res result
	mustDecode(t, data, &res)
	if status != 200 || len(res.Objects) != 1 || len(res.Objects[0].PropSet) != 0 || len(res.Objects[0].MissingSet) != 2 ||
		!strings.Contains(string(res.Objects[0].MissingSet[0].Fault), `"_typeName":"NotAuthenticated"`) {
		t.Errorf("retrieve: %d %s", status, data)
	}
}

// TestLogoutEndsAll checks that views, collectors and tokens die with their
// session.
func TestLogoutEndsAll(t *testing.T) {
	v := start(t, simulator.Options{VMs: 20, PageCap: 5})
	a, b := newClient(t, v), newClient(t, v)
	a.login()
	b.login()
	view, kept := a.view("VirtualMachine"), b.view("VirtualMachine")
	_, data := a.post("PropertyCollector/propertyCollector/CreatePropertyCollector", "")
	var pc moref
	mustDecode(t, data, &pc)
	token := firstToken(t, a, "propertyCollector", view)
	firstToken(t, a, pc.Value, view)
	if n := v.Counters(); n.OpenSessions != 2 || n.OpenViews != 2 || n.OpenTokens != 2 {
		t.Fatalf("before logout: %+v", n)
	}

	if status, data := b.post("PropertyCollector/propertyCollector/RetrievePropertiesEx", retrieve(view, "VirtualMachine", []string{"name"}, 0)); status != 500 || !strings.Contains(string(data), "ManagedObjectNotFound") {
		t.Errorf("another session's view: %d %s", status, data)
	}
	if status, data := b.post("PropertyCollector/"+pc.Value+"/CreatePropertyCollector", ""); status != 500 || !strings.Contains(string(data), "ManagedObjectNotFound") {
		t.Errorf("another session's collector: %d %s", status, data)
	}

	a.logout()
	if n := v.Counters(); n.OpenSessions != 1 || n.OpenViews != 1 || n.OpenTokens != 0 || n.Logouts != 1 {
		t.Errorf("after logout: %+v", n)
	}
	if status, data := a.post("PropertyCollector/propertyCollector/ContinueRetrievePropertiesEx", `{"token":"`+token+`"}`); status != 500 || !strings.Contains(string(data), "NotAuthenticated") {
		t.Errorf("token after logout: %d %s", status, data)
	}
	if status, _ := b.post("ContainerView/"+url.PathEscape(kept.Value)+"/DestroyView", ""); status != 204 {
		t.Errorf("destroy: %d", status)
	}
	if status, data := b.post("ContainerView/"+url.PathEscape(kept.Value)+"/DestroyView", ""); status != 500 || !strings.Contains(string(data), "ManagedObjectNotFound") {
		t.Errorf("destroy again: %d %s", status, data)
	}
	b.logout()
	if n := v.Counters(); n.OpenSessions+n.OpenViews+n.OpenTokens != 0 {
		t.Errorf("at the end: %+v", n)
	}
}

func firstToken(t *testing.T, c *client, collector string, view moref) string {
	t.Helper()
	status, data := c.post("PropertyCollector/"+url.PathEscape(collector)+"/RetrievePropertiesEx", retrieve(view, "VirtualMachine", []string{"name"}, 0))
	var res result
	mustDecode(t, data, &res)
	if status != 200 || res.Token == "" {
		t.Fatalf("first page: %d %.300s", status, data)
	}
	return res.Token
}

func TestRejectLogin(t *testing.T) {
	v := start(t, simulator.Options{VMs: 3, Faults: []simulator.Fault{simulator.FaultRejectLogin}})
	c := newClient(t, v)
	user, pass := v.Credentials()
	status, data := c.post("SessionManager/SessionManager/Login", mustJSON(t, map[string]string{"userName": user, "password": pass}))
	if status != 500 || !strings.Contains(string(data), `"_typeName":"InvalidLogin"`) {
		t.Errorf("login: %d %s", status, data)
	}
	if status, _ := c.get("ServiceInstance/ServiceInstance/content"); status != 200 {
		t.Errorf("content: %d", status)
	}
	if got := soapNames(t, v); len(got) != 3 { // SOAP stays honest
		t.Errorf("over SOAP: %v", got)
	}
	if n := v.Counters(); n.RejectedLogins != 1 || n.Logins != 0 {
		t.Errorf("counters %+v", n)
	}
}

func TestUnavailable(t *testing.T) {
	c := newClient(t, start(t, simulator.Options{VMs: 1, Faults: []simulator.Fault{simulator.FaultUnavailable}}))
	for _, path := range []string{"/api/vcenter/system?action=hello", "/sdk/vim25/8.0.1.0/ServiceInstance/ServiceInstance/content", "/"} {
		status, data, header := c.do(http.MethodGet, path, "")
		if status != 503 || header.Get("Content-Type") != "text/plain" || len(data) == 0 {
			t.Errorf("%s: %d %q %s", path, status, header.Get("Content-Type"), data)
		}
	}
}

func TestWrap(t *testing.T) {
	v := start(t, simulator.Options{VMs: 1, Wrap: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/Login") {
				http.Error(w, "wrapped", http.StatusTeapot)
				return
			}
			next.ServeHTTP(w, r)
		})
	}})
	c := newClient(t, v)
	if status, _ := c.post("SessionManager/SessionManager/Login", "{}"); status != http.StatusTeapot {
		t.Errorf("login: %d", status)
	}
	if status, _ := c.get("ServiceInstance/ServiceInstance/content"); status != 200 {
		t.Errorf("content: %d", status)
	}
	want := map[string]int64{"Login": 1, "content": 1}
	if diff := cmp.Diff(want, v.Counters().ByMethod); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestOptionErrors(t *testing.T) {
	_, err := simulator.Start(context.Background(), simulator.Options{
		VMs: -1, Latency: -1, Releases: []string{"8.0"}, Faults: []simulator.Fault{"x"}, Username: "u",
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"negative", "latency", `release "8.0"`, `no fault "x"`, "without password"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q: %v", want, err)
		}
	}
	if _, err := simulator.Start(context.Background(), simulator.Options{LoadDir: t.TempDir()}); err == nil {
		t.Error("empty LoadDir: no error")
	}
	if _, err := simulator.Start(context.Background(), simulator.Options{VMs: 1, Addr: "256.0.0.1:0"}); err == nil {
		t.Error("bad address: no error")
	}
}

// TestCertificate checks that the PEM, the thumbprint and the served
// certificate are one, and that it is another in every vCenter.
func TestCertificate(t *testing.T) {
	v, other := start(t, simulator.Options{VMs: 1}), start(t, simulator.Options{VMs: 1})
	if v.Thumbprint() == other.Thumbprint() || len(v.Thumbprint()) != 32*3-1 || v.Thumbprint() != strings.ToUpper(v.Thumbprint()) {
		t.Errorf("thumbprints %s, %s", v.Thumbprint(), other.Thumbprint())
	}
	conn, err := tls.Dial("tcp", v.Addr(), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	leaf := conn.ConnectionState().PeerCertificates[0]
	block, _ := pem.Decode(v.CertificatePEM())
	if block == nil || string(block.Bytes) != string(leaf.Raw) {
		t.Error("the PEM is not the served certificate")
	}
	for _, host := range []string{"127.0.0.1", "::1", "localhost"} {
		if err := leaf.VerifyHostname(host); err != nil {
			t.Error(err)
		}
	}
}

// TestContextEndsServer stops a vCenter through its context.
func TestContextEndsServer(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	v, err := simulator.Start(ctx, simulator.Options{VMs: 1})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := v.Close(); err != nil { // waits for the end that cancel began
		t.Error(err)
	}
	if conn, err := tls.Dial("tcp", v.Addr(), &tls.Config{InsecureSkipVerify: true}); err == nil {
		_ = conn.Close()
		t.Error("still listening")
	}
}
