package simulator

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"vcfleet/pkg/bridge"
)

// Fault names a way in which a simulated vCenter fails.
type Fault string

// The faults. Each has an entry in faultTable, which says what it does.
const (
	FaultRejectLogin Fault = "reject-login"
	FaultUnavailable Fault = "unavailable"
)

// faultSpec is what a fault does, in one or both of two places.
type faultSpec struct {
	name Fault
	doc  string
	// http stands around everything that the vCenter serves, SOAP included.
	http func(v *VCenter, next http.Handler) http.Handler
	// call stands around every VI/JSON method, before it is carried out and
	// before its result is encoded.
	call func(v *VCenter, next callFunc) callFunc
}

// callFunc carries out a VI/JSON method.
type callFunc func(context.Context, *bridge.Call) error

// faultTable is the one list of faults.
func faultTable() []faultSpec {
	return []faultSpec{
		{
			name: FaultRejectLogin,
			doc:  "answer every VI/JSON login with InvalidLogin",
			call: func(v *VCenter, next callFunc) callFunc {
				return func(ctx context.Context, c *bridge.Call) error {
					if c.Method != "Login" {
						return next(ctx, c)
					}
					v.sessions.rejected.Add(1)
					return invalidLogin()
				}
			},
		},
		{
			name: FaultUnavailable,
			doc:  "answer every request with 503 and a line of text, as the proxy does while vpxd is down",
			http: func(_ *VCenter, _ http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "text/plain")
					w.Header().Set("Server", "envoy")
					w.WriteHeader(http.StatusServiceUnavailable)
					_, _ = io.WriteString(w, "no healthy upstream") // the client has gone if this fails
				})
			},
		},
	}
}

// Faults lists every fault.
func Faults() []Fault {
	var out []Fault
	for _, s := range faultTable() {
		out = append(out, s.name)
	}
	return out
}

// Doc says in one line what the fault does.
func (f Fault) Doc() string {
	s, _ := f.spec()
	return s.doc
}

// ParseFault returns the fault of that name.
func ParseFault(name string) (Fault, error) {
	f := Fault(name)
	if _, ok := f.spec(); ok {
		return f, nil
	}
	names := make([]string, 0, 8)
	for _, k := range Faults() {
		names = append(names, string(k))
	}
	return "", fmt.Errorf("no fault %q; there are: %s", name, strings.Join(names, ", "))
}

func (f Fault) spec() (faultSpec, bool) {
	for _, s := range faultTable() {
		if s.name == f {
			return s, true
		}
	}
	return faultSpec{}, false
}
