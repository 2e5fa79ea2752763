package cli

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"testing"
	"time"

	"vcfleet/pkg/simulator"
)

// use is what a process holds.
type use struct {
	goroutines int
	files      int
	heap       uint64
}

// settled measures after what ends a little later has ended.
func settled(t *testing.T) use {
	t.Helper()
	var u use
	for range 20 { // idle connections, timers
		runtime.GC()
		time.Sleep(10 * time.Millisecond)
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		var mem runtime.MemStats
		runtime.ReadMemStats(&mem)
		now := use{runtime.NumGoroutine(), len(entries), mem.HeapAlloc}
		if now.goroutines == u.goroutines && now.files == u.files {
			return now
		}
		u = now
	}
	return u
}

// TestSoak collects many times in one process, each time over 16 vCenters drawn
// from healthy and broken ones, and holds no more at the end than at the start.
func TestSoak(t *testing.T) {
	const runs, width, warm = soakRuns, 16, soakRuns / 10
	// Faults that are met at once: those that are tried again after a while, or
	// that hang, are TestFaultMatrix's.
	faults := []simulator.Fault{
		"", "", "", "", "", "", "", "", "reject-login", "login-no-permission", "odd-value", "no-permission", "unknown-property", "no-root",
		"duplicate-object", "wrong-content-type", "wrong-content-type@RetrievePropertiesEx", "deep",
	}
	var cells []cell
	for i, fault := range faults {
		cells = append(cells, startCell(t, fmt.Sprintf("cell-%02d", i), fault, 3))
	}
	random := rand.New(rand.NewPCG(7, 7))
	var start use
	for run := range runs {
		random.Shuffle(len(cells), func(i, j int) { cells[i], cells[j] = cells[j], cells[i] })
		if code, _ := collectCells(t, cells[:width]); code != int(exitPartial) {
			t.Fatalf("run %d: exit %d", run, code)
		}
		if run == warm {
			start = settled(t)
		}
	}
	end := settled(t)
	t.Logf("after %d runs %+v, after %d runs %+v", warm, start, runs, end)
	if end.goroutines > start.goroutines*11/10 || end.files > start.files*11/10 || end.heap > start.heap*11/10 {
		t.Errorf("after %d runs %+v, after %d runs %+v: it grows", warm, start, runs, end)
	}
}
