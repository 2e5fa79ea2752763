package simulator_test

import (
	"context"
	"fmt"
	"net/url"
	"runtime"
	"testing"

	"vcfleet/pkg/simulator"
)

// BenchmarkStart measures building: the budget is 2 s for four vCenters with
// 200 machines, and 10 s for one with 10,000.
func BenchmarkStart(b *testing.B) {
	for _, size := range []struct{ vcenters, vms int }{{4, 200}, {1, 10000}} {
		b.Run(fmt.Sprintf("%dx%d", size.vcenters, size.vms), func(b *testing.B) {
			b.ReportAllocs()
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			for b.Loop() {
				var all []*simulator.VCenter
				for i := range size.vcenters {
					v, err := simulator.Start(context.Background(), simulator.Options{Name: fmt.Sprintf("vc%d", i), VMs: size.vms})
					if err != nil {
						b.Fatal(err)
					}
					all = append(all, v)
				}
				b.StopTimer()
				runtime.GC()
				runtime.ReadMemStats(&after)
				b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(size.vcenters*size.vms), "heap-B/vm")
				for _, v := range all {
					if err := v.Close(); err != nil {
						b.Fatal(err)
					}
				}
				b.StartTimer()
			}
		})
	}
}

// richPaths are the properties of a machine that an inventory reads.
func richPaths() []string {
	return []string{
		"name", "parent", "parentVApp", "resourcePool", "runtime", "summary.storage", "summary.quickStats",
		"summary.config.numVirtualDisks", "summary.config.numEthernetCards", "datastore", "network", "customValue",
		"overallStatus", "guestHeartbeatStatus", "config.uuid", "config.instanceUuid", "config.template", "config.guestId",
		"config.guestFullName", "config.version", "config.annotation", "config.createDate", "config.changeVersion",
		"config.files", "config.hardware.numCPU", "config.hardware.numCoresPerSocket", "config.hardware.memoryMB",
		"config.cpuAllocation", "config.memoryAllocation", "config.cpuHotAddEnabled", "config.memoryHotAddEnabled",
		"config.firmware", "config.bootOptions", "config.tools", "config.ftInfo", "config.changeTrackingEnabled",
		"config.managedBy", "guest.guestState", "guest.hostName", "guest.ipAddress", "guest.guestFullName",
		"guest.toolsRunningStatus", "guest.toolsVersion", "guest.toolsVersionStatus2", "config.hardware.device",
		"guest.net", "guest.disk", "guest.ipStack", "snapshot", "layoutEx.file",
	}
}

// BenchmarkPage measures a page of 100 machines with all that an inventory
// reads, over TLS.
func BenchmarkPage(b *testing.B) {
	v := start(b, simulator.Options{Name: "bench", VMs: 400})
	c := newClient(b, v)
	c.login()
	view := c.view("VirtualMachine")

	total := 0
	for b.Loop() {
		status, body := c.post("PropertyCollector/propertyCollector/RetrievePropertiesEx", retrieve(view, "VirtualMachine", richPaths(), 100))
		if status != 200 {
			b.Fatalf("status %d: %.300s", status, body)
		}
		total += len(body)
	}
	b.SetBytes(int64(total / b.N))
	b.ReportMetric(float64(total)/float64(b.N)/100, "json-B/vm")
}

// BenchmarkFirstPage measures what comes before the first page of a large
// vCenter: the view, and finding the objects in it.
func BenchmarkFirstPage(b *testing.B) {
	v := start(b, simulator.Options{Name: "bench", VMs: 10000})
	c := newClient(b, v)
	c.login()
	for b.Loop() {
		view := c.view("VirtualMachine")
		if status, body := c.post("PropertyCollector/propertyCollector/RetrievePropertiesEx", retrieve(view, "VirtualMachine", []string{"name"}, 1)); status != 200 {
			b.Fatalf("status %d: %.300s", status, body)
		}
		c.post("ContainerView/"+url.PathEscape(view.Value)+"/DestroyView", "")
	}
}
