package collector_test

import (
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"vcfleet/pkg/collector"
	"vcfleet/pkg/inventory"
)

// watched passes writes on and notes the largest heap it sees.
type watched struct {
	http.ResponseWriter
	writes int
	most   *atomic.Uint64
}

func (w *watched) Write(p []byte) (int, error) {
	if w.writes++; w.writes%32 == 0 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		w.most.Store(max(w.most.Load(), m.HeapAlloc))
	}
	return w.ResponseWriter.Write(p)
}

// TestAHugePageIsNotHeld reads a page that has no end, in a property that
// nobody asked for. It ends at the limit of 256 MiB, and only a part of it is
// ever in memory.
func TestAHugePageIsNotHeld(t *testing.T) {
	const most = 64 << 20
	device := `{"_typeName":"VirtualBrandNew","key":1,"text":"` + strings.Repeat("x", 1<<16) + `"},`
	endless := endlessly("application/json",
		`{"_typeName":"RetrieveResult","objects":[{"obj":{"type":"VirtualMachine","value":"vm-1"},"propSet":[{"name":"unasked","val":[`, device)
	var heap atomic.Uint64
	vc, v := instead(t, "RetrievePropertiesEx", func(w http.ResponseWriter, r *http.Request) {
		endless(&watched{ResponseWriter: w, most: &heap}, r)
	})
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	r := collector.New(options()).Collect(t.Context(), vc)
	if len(r.Problems) != 1 || r.Problems[0].Class != inventory.ClassLimit || r.Bytes < 256<<20 {
		t.Errorf("%d bytes, problems %v", r.Bytes, r.Problems)
	}
	if grown := int64(heap.Load()) - int64(before.HeapAlloc); heap.Load() == 0 || grown > most {
		t.Errorf("the heap grew by %d MiB, at most %d is wanted", grown>>20, most>>20)
	}
	checkClean(t, v)
}
