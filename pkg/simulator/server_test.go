package simulator_test

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/property"
	"github.com/vmware/govmomi/view"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
	vimxml "github.com/vmware/govmomi/vim25/xml"

	"vcfleet/pkg/simulator"
)

// TestConcurrent starts vCenters side by side, since vcsim has globals, and
// reads one by many clients while its machines change.
func TestConcurrent(t *testing.T) {
	var wg sync.WaitGroup
	all := make([]*simulator.VCenter, 4)
	for i := range all {
		wg.Go(func() {
			v, err := simulator.Start(context.Background(), simulator.Options{Name: fmt.Sprintf("vc%d", i), VMs: 40})
			if err != nil {
				t.Error(err)
				return
			}
			all[i] = v
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	for _, v := range all {
		t.Cleanup(func() { _ = v.Close() })
	}
	uuids := make(map[string]bool)
	for _, v := range all {
		uuids[v.InstanceUUID()] = true
	}
	if len(uuids) != len(all) {
		t.Errorf("%d vCenters have %d instanceUuids", len(all), len(uuids))
	}

	v := all[0]
	wg.Go(func() { rename(t, v) })
	for range 4 {
		wg.Go(func() {
			c := newClient(t, v)
			c.login()
			for range 5 {
				view := c.view("VirtualMachine")
				if status, data := c.post(collector+"RetrievePropertiesEx", retrieve(view, "VirtualMachine", richPaths(), 0)); status != 200 {
					t.Errorf("%d %.200s", status, data)
				}
			}
			c.logout()
		})
	}
	wg.Wait()
	if n := v.Counters(); n.OpenSessions+n.OpenViews+n.OpenTokens != 0 || n.Logins != 4 || n.Logouts != 4 {
		t.Errorf("counters %+v", n)
	}
}

// rename changes machines while they are read.
func rename(t *testing.T, v *simulator.VCenter) {
	refs := soapRefs(t, v, "VirtualMachine")
	for round := range 20 {
		for _, ref := range refs[:min(5, len(refs))] {
			err := v.Edit(context.Background(), ref, func(obj any) {
				vm := obj.(*mo.VirtualMachine)
				vm.Name = fmt.Sprintf("renamed-%d", round)
				vm.Summary.Config.Name = vm.Name
				if vm.Config != nil {
					vm.Config.Hardware.Device = vm.Config.Hardware.Device[:1]
				}
			})
			if err != nil {
				t.Error(err)
			}
		}
	}
}

func soapRefs(t *testing.T, v *simulator.VCenter, kind string) []types.ManagedObjectReference {
	ctx := context.Background()
	c, err := govmomi.NewClient(ctx, v.SOAPURL(), true)
	if err != nil {
		t.Error(err)
		return nil
	}
	defer func() { _ = c.Logout(ctx) }()
	cv, err := view.NewManager(c.Client).CreateContainerView(ctx, c.ServiceContent.RootFolder, []string{kind}, true)
	if err != nil {
		t.Error(err)
		return nil
	}
	refs, err := cv.Find(ctx, []string{kind}, nil)
	if err != nil {
		t.Error(err)
	}
	return refs
}

// TestNoTasks checks that a task is refused rather than left to vcsim.
func TestNoTasks(t *testing.T) {
	v := start(t, simulator.Options{VMs: 3})
	ctx := context.Background()
	c, err := govmomi.NewClient(ctx, v.SOAPURL(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Logout(ctx) }()
	ref := soapRefs(t, v, "VirtualMachine")[0]
	if _, err := object.NewCommon(c.Client, ref).Rename(ctx, "x"); err == nil {
		t.Error("over SOAP: a task was started")
	}
	j := newClient(t, v)
	j.login()
	if status, data := j.post("VirtualMachine/"+ref.Value+"/Rename_Task", `{"newName":"x"}`); status != 500 || !strings.Contains(string(data), "NotSupported") {
		t.Errorf("over VI/JSON: %d %s", status, data)
	}
	if err := v.Edit(ctx, types.ManagedObjectReference{Type: "VirtualMachine", Value: "vm-0"}, func(any) {}); err == nil {
		t.Error("edit of nothing: no error")
	}
}

// TestCloseEndsWaits closes a vCenter while clients wait for updates without
// end, over SOAP and over VI/JSON.
func TestCloseEndsWaits(t *testing.T) {
	v, err := simulator.Start(context.Background(), simulator.Options{VMs: 3})
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, v)
	c.login()
	ctx := context.Background()
	sc, err := govmomi.NewClient(ctx, v.SOAPURL(), true)
	if err != nil {
		t.Fatal(err)
	}

	var wg sync.WaitGroup
	first := make(chan struct{})
	wg.Go(func() {
		seen := false
		filter := new(property.WaitFilter).Add(vim25.ServiceInstance, "ServiceInstance", []string{"content"})
		_ = property.WaitForUpdates(ctx, property.DefaultCollector(sc.Client), filter, func([]types.ObjectUpdate) bool {
			if !seen {
				seen = true
				close(first)
			}
			return false // wait on
		})
	})
	wg.Go(func() {
		req, err := http.NewRequest(http.MethodPost, "https://"+v.Addr()+"/sdk/vim25/8.0.1.0/"+collector+"WaitForUpdatesEx", strings.NewReader(`{"version":"-"}`))
		if err != nil {
			t.Error(err)
			return
		}
		req.Header.Set("vmware-api-session-id", c.session)
		if res, err := c.http.Do(req); err == nil { // it is cut off, or ends with RequestCanceled
			_ = res.Body.Close()
		}
	})
	<-first
	for v.Counters().ByMethod["WaitForUpdatesEx"] == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := v.Close(); err != nil { // the test would hang here
		t.Error(err)
	}
	if err := v.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
	wg.Wait()
}

// TestLatency checks that a request waits, and that Close does not.
func TestLatency(t *testing.T) {
	v, err := simulator.Start(context.Background(), simulator.Options{VMs: 1, Latency: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, v)
	var wg sync.WaitGroup
	wg.Go(func() {
		if res, err := c.http.Get("https://" + v.Addr() + "/sdk/vim25/8.0.1.0/ServiceInstance/ServiceInstance/content"); err == nil {
			_ = res.Body.Close()
			t.Errorf("answered: %s", res.Status)
		}
	})
	for v.Counters().Requests == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := v.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
}

// TestLoad serves what another vCenter had, saved as govc object.save does: a
// file of ObjectContent for each object.
func TestLoad(t *testing.T) {
	dir := t.TempDir()
	saved := start(t, simulator.Options{Name: "saved", VMs: 30, Hosts: 4})
	save(t, saved, dir)

	v := start(t, simulator.Options{LoadDir: dir})
	if v.InstanceUUID() != saved.InstanceUUID() {
		t.Errorf("instanceUuid %s, want the saved %s", v.InstanceUUID(), saved.InstanceUUID())
	}
	if diff := cmp.Diff(soapNames(t, saved), soapNames(t, v)); diff != "" {
		t.Errorf("over SOAP (-saved +loaded):\n%s", diff)
	}
	c := newClient(t, v)
	c.login()
	status, data := c.post(collector+"RetrievePropertiesEx", retrieve(c.view("VirtualMachine"), "VirtualMachine", richPaths(), 0))
	var res result
	mustDecode(t, data, &res)
	if status != 200 || len(res.Objects) != 30 {
		t.Errorf("over VI/JSON: %d, %d objects", status, len(res.Objects))
	}
	c.logout()
}

func save(t *testing.T, v *simulator.VCenter, dir string) {
	t.Helper()
	ctx := context.Background()
	c, err := govmomi.NewClient(ctx, v.SOAPURL(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Logout(ctx) }()

	cv, err := view.NewManager(c.Client).CreateContainerView(ctx, c.ServiceContent.RootFolder, nil, true)
	if err != nil {
		t.Fatal(err)
	}
	refs, err := cv.Find(ctx, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	refs = append([]types.ManagedObjectReference{vim25.ServiceInstance, c.ServiceContent.RootFolder}, refs...)
	for _, ref := range mo.References(c.ServiceContent) {
		if ref.Type != "Folder" && ref.Type != "EventManager" && ref.Type != "AlarmManager" {
			refs = append(refs, ref)
		}
	}

	pc := property.DefaultCollector(c.Client)
	for i, ref := range refs {
		res, err := pc.RetrieveProperties(ctx, types.RetrieveProperties{SpecSet: []types.PropertyFilterSpec{{
			ObjectSet: []types.ObjectSpec{{Obj: ref}}, PropSet: []types.PropertySpec{{Type: ref.Type, All: new(true)}},
		}}})
		if err != nil {
			t.Fatalf("%s: %v", ref, err)
		}
		data, err := vimxml.MarshalIndent(res.Returnval[0], "", " ")
		if err != nil {
			t.Fatalf("%s: %v", ref, err)
		}
		name := filepath.Join(dir, fmt.Sprintf("%04d-%s-%s.xml", i, ref.Type, ref.Value))
		if err := os.WriteFile(name, append([]byte(xml.Header), data...), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
