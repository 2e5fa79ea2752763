package simulator

import (
	"maps"
	"net/http"
	"sync"
)

// maxMethods bounds the names that are counted one by one, since a request can
// make up any.
const maxMethods = 500

// Counters is a snapshot of what a vCenter has been asked. It counts VI/JSON
// traffic and hello, not SOAP.
type Counters struct {
	Requests       int64 // HTTP requests, hello included
	Pages          int64 // answers to RetrievePropertiesEx and ContinueRetrievePropertiesEx that are not faults
	Logins         int64 // logins that succeeded
	RejectedLogins int64
	Logouts        int64
	OpenSessions   int64
	OpenViews      int64
	OpenTokens     int64
	// ByMethod counts requests by method, by property for GET ("content"), and
	// as "hello".
	ByMethod map[string]int64
}

// traffic counts requests as they come in.
type traffic struct {
	mu       sync.Mutex
	requests int64
	pages    int64
	byMethod map[string]int64
}

// count stands around the handler, outside of every fault.
func (t *traffic) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, ok := requestName(r); ok {
			t.add(name)
		}
		next.ServeHTTP(w, r)
	})
}

func (t *traffic) add(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()

	t.requests++
	if _, known := t.byMethod[name]; !known && len(t.byMethod) >= maxMethods {
		name = "other"
	}
	t.byMethod[name]++
}

func (t *traffic) page() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pages++
}

// Counters returns a snapshot of the counters.
func (v *VCenter) Counters() Counters {
	c := v.sessions.counters()

	v.traffic.mu.Lock()
	defer v.traffic.mu.Unlock()
	c.Requests = v.traffic.requests
	c.Pages = v.traffic.pages
	c.ByMethod = maps.Clone(v.traffic.byMethod)
	return c
}
