package simulator_test

import (
	"context"
	"net/url"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/session"
	"github.com/vmware/govmomi/view"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"

	"vcfleet/pkg/simulator"
)

// start starts a vCenter that ends with the test.
func start(t testing.TB, o simulator.Options) *simulator.VCenter {
	t.Helper()
	v, err := simulator.Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return v
}

// soapNames asks for the names of all machines over SOAP.
func soapNames(t *testing.T, v *simulator.VCenter) []string {
	t.Helper()
	ctx := context.Background()
	c, err := govmomi.NewClient(ctx, v.SOAPURL(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Logout(ctx) }()
	return names(t, c.Client)
}

func names(t *testing.T, c *vim25.Client) []string {
	t.Helper()
	ctx := context.Background()
	cv, err := view.NewManager(c).CreateContainerView(ctx, c.ServiceContent.RootFolder, []string{"VirtualMachine"}, true)
	if err != nil {
		t.Fatal(err)
	}
	var vms []mo.VirtualMachine
	if err := cv.Retrieve(ctx, []string{"VirtualMachine"}, []string{"name"}, &vms); err != nil {
		t.Fatal(err)
	}
	if err := cv.Destroy(ctx); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, vm := range vms {
		out = append(out, vm.Name)
	}
	slices.Sort(out)
	return out
}

// TestGovmomiJSON is the proof by a stranger: govmomi's own client in VI/JSON
// mode. It asks for names and for what its decoder can take. govmomi reads an
// ArrayOfByte as base64 and not as signed numbers, does not know base64Binary,
// and expects a missingSet fault in SOAP's wrapper, so config.certificate of a
// host, for instance, is not asked for.
func TestGovmomiJSON(t *testing.T) {
	v := start(t, simulator.Options{Name: "stranger", VMs: 150})
	ctx := context.Background()

	sc := soap.NewClient(v.SOAPURL(), true)
	sc.Namespace = "urn:vim25"
	sc.Version = "8.0.3.0"
	sc.UseJSON(true)
	c, err := vim25.NewClient(ctx, sc)
	if err != nil {
		t.Fatal(err)
	}
	m := session.NewManager(c)
	if err := m.Login(ctx, v.SOAPURL().User); err != nil {
		t.Fatal(err)
	}
	got := names(t, c)
	if err := m.Logout(ctx); err != nil {
		t.Fatal(err)
	}

	if len(got) != 150 {
		t.Errorf("%d machines, want 150", len(got))
	}
	if diff := cmp.Diff(soapNames(t, v), got); diff != "" {
		t.Errorf("SOAP and VI/JSON differ (-SOAP +JSON):\n%s", diff)
	}
	n := v.Counters()
	if n.OpenSessions != 0 || n.OpenViews != 0 || n.OpenTokens != 0 || n.Logins != 1 || n.Logouts != 1 {
		t.Errorf("counters after logout: %+v", n)
	}
}

// TestConversation is an inventory run by hand: six requests and the pages.
func TestConversation(t *testing.T) {
	v := start(t, simulator.Options{VMs: 350})
	c := newClient(t, v)
	if status, data, _ := c.do("POST", "/api/vcenter/system?action=hello", `{"api_releases":["8.0.3.0"]}`); status != 200 {
		t.Fatalf("hello: %d %s", status, data)
	}
	if status, data := c.get("ServiceInstance/ServiceInstance/content"); status != 200 {
		t.Fatalf("content: %d %s", status, data)
	}
	c.login()
	view := c.view("VirtualMachine")
	sizes := pages(t, c, "propertyCollector", retrieve(view, "VirtualMachine", richPaths(), 1000))
	if status, data := c.post("ContainerView/"+url.PathEscape(view.Value)+"/DestroyView", ""); status != 204 {
		t.Fatalf("destroy: %d %s", status, data)
	}
	c.logout()

	want := simulator.Counters{
		Requests: 6 + int64(len(sizes)), Pages: 4, Logins: 1, Logouts: 1,
		ByMethod: map[string]int64{
			"hello": 1, "content": 1, "Login": 1, "CreateContainerView": 1, "RetrievePropertiesEx": 1,
			"ContinueRetrievePropertiesEx": 3, "DestroyView": 1, "Logout": 1,
		},
	}
	if diff := cmp.Diff(want, v.Counters()); diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}
}
