package simulator

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/vmware/govmomi/vim25/types"

	"vcfleet/pkg/bridge"
)

// Fault is a way in which a simulated vCenter fails, written as
//
//	NAME[@METHOD][=VALUE]
//
// such as hang, hang@Login, 503-burst=3 or
// session-expiry@ContinueRetrievePropertiesEx=missing. METHOD narrows the fault
// to the requests that [Counters].ByMethod counts under it: a VI/JSON method, a
// property that is read with GET, such as content, or hello; without it the
// fault concerns all VI/JSON and hello, unless its documentation names a
// method. VALUE is a number of times, a duration, a property path, a type or a
// word, and always has a default. What a fault does not take is refused.
//
// Faults compose: each stands around those before it. Only unavailable and the
// faults of the connection concern SOAP.
type Fault string

// The faults, by name. Each has an entry in faultTable, which says what it does.
const (
	FaultRejectLogin       Fault = "reject-login"
	FaultLoginNoPermission Fault = "login-no-permission"
	FaultSessionExpiry     Fault = "session-expiry"
	FaultUsedToken         Fault = "used-token"
	FaultCleanupFails      Fault = "cleanup-fails"

	FaultHangTLS     Fault = "hang-tls"
	FaultSlowTLS     Fault = "slow-tls"
	FaultHang        Fault = "hang"
	FaultHangBody    Fault = "hang-body"
	FaultDrip        Fault = "drip"
	FaultReset       Fault = "reset"
	FaultResetBefore Fault = "reset-before"

	FaultUnavailable      Fault = "unavailable"
	FaultUnavailableBurst Fault = "503-burst"
	FaultTooManyRequests  Fault = "429"
	FaultBadGateway       Fault = "502"
	FaultGatewayTimeout   Fault = "504"
	FaultWrongContentType Fault = "wrong-content-type"
	FaultTruncated        Fault = "truncated"
	FaultHugePage         Fault = "huge-page"
	FaultGzipBomb         Fault = "gzip-bomb"

	FaultUnknownProperty  Fault = "unknown-property"
	FaultNoPermission     Fault = "no-permission"
	FaultNoPermissionType Fault = "no-permission-type"
	FaultNoRoot           Fault = "no-root"
	FaultDeep             Fault = "deep"
	FaultOddValue         Fault = "odd-value"
	FaultDuplicateObject  Fault = "duplicate-object"
)

// faultSpec is what a fault does, in one or more of four places.
type faultSpec struct {
	name   Fault
	doc    string
	method faultMethod
	value  faultValue

	// conn stands around the listener, below TLS.
	conn func(p params, l net.Listener) net.Listener
	// http stands around everything that the vCenter serves, SOAP included.
	http func(v *VCenter, p params, next http.Handler) http.Handler
	// call stands around every VI/JSON method, before it is carried out and
	// before its result is encoded.
	call func(v *VCenter, p params, next callFunc) callFunc
	// hide reports whether VI/JSON does not show an object at all.
	hide func(v *VCenter, p params, obj types.ManagedObjectReference) bool
}

// callFunc carries out a VI/JSON method.
type callFunc func(context.Context, *bridge.Call) error

// faultTable is the one list of faults.
func faultTable() []faultSpec {
	return slices.Concat(sessionFaults(), handshakeFaults(), connectionFaults(),
		answerFaults(), bodyFaults(), permissionFaults(), pageFaults())
}

// Faults lists every fault by its name alone, which is a fault too.
func Faults() []Fault {
	var out []Fault
	for _, s := range faultTable() {
		out = append(out, s.name)
	}
	return out
}

// Doc says in one line what the fault does and what it takes.
func (f Fault) Doc() string {
	s, _, err := f.parse()
	if err != nil {
		return ""
	}
	var takes []string
	switch s.method.def {
	case noMethod:
	case anyMethod:
		takes = append(takes, "@METHOD")
	default:
		takes = append(takes, "@METHOD ("+s.method.def+")")
	}
	if s.value.label != "" {
		def := ""
		if s.value.def != "" {
			def = " (" + s.value.def + ")"
		}
		takes = append(takes, "="+s.value.label+def)
	}
	if len(takes) == 0 {
		return s.doc
	}
	return s.doc + "; takes " + strings.Join(takes, " and ")
}

// ParseFault returns the fault that is so written.
func ParseFault(text string) (Fault, error) {
	f := Fault(text)
	if _, _, err := f.parse(); err != nil {
		return "", err
	}
	return f, nil
}

// parse reads the fault by the grammar of [Fault].
func (f Fault) parse() (faultSpec, params, error) {
	head, value, hasValue := strings.Cut(string(f), "=")
	name, method, hasMethod := strings.Cut(head, "@")

	table := faultTable()
	i := slices.IndexFunc(table, func(s faultSpec) bool { return string(s.name) == name })
	if i < 0 {
		usages := make([]string, 0, len(table))
		for _, s := range table {
			usages = append(usages, s.usage())
		}
		return faultSpec{}, params{}, fmt.Errorf("no fault %q; there are: %s", string(f), strings.Join(usages, ", "))
	}

	s := table[i]
	var p params
	if err := s.method.parse(method, hasMethod, &p); err != nil {
		return s, p, fmt.Errorf("fault %q: %w; it is written %s", string(f), err, s.usage())
	}
	if err := s.value.parse(value, hasValue, &p); err != nil {
		return s, p, fmt.Errorf("fault %q: %w; it is written %s", string(f), err, s.usage())
	}
	return s, p, nil
}

// usage is how the fault is written.
func (s faultSpec) usage() string {
	out := string(s.name)
	if s.method.def != noMethod {
		out += "[@METHOD]"
	}
	if s.value.label != "" {
		out += "[=" + s.value.label + "]"
	}
	return out
}

// eachFault calls f for the faults in their order, which Options has checked.
func (v *VCenter) eachFault(f func(faultSpec, params)) {
	for _, fault := range v.opts.Faults {
		if s, p, err := fault.parse(); err == nil {
			f(s, p)
		}
	}
}

// hides reports whether VI/JSON does not show an object at all.
func (v *VCenter) hides(obj types.ManagedObjectReference) bool {
	for _, hide := range v.hidden {
		if hide(obj) {
			return true
		}
	}
	return false
}
