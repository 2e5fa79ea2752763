package simulator

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"vcfleet/pkg/bridge"
)

// The credentials that are accepted unless [Options] says otherwise.
const (
	DefaultUsername = "administrator@vsphere.local"
	DefaultPassword = "vcfleet-demo"
)

// DefaultPageCap is the number of objects in a page that a vCenter gives at
// most, whatever the client asks for.
const DefaultPageCap = 100

// firstRelease is the first release with VI/JSON, vCenter 8.0 U1; it has no
// hello yet.
const firstRelease = "8.0.1.0"

// Options configures a simulated vCenter. The zero value is usable.
type Options struct {
	Name     string        // vCenter name, part of generated names; default "vc1"
	Seed     uint64        // same Name, Seed and sizes give the same inventory, byte for byte
	VMs      int           // default 200
	Hosts    int           // default one per 20 VMs, at least 3
	Releases []string      // what hello accepts; the newest is the vCenter's own; default 8.0.3.0, 8.0.2.0, 8.0.1.0
	NoHello  bool          // as on 8.0 U1: hello is 404 and the release is 8.0.1.0
	PageCap  int           // server-side cap of objects per page; default DefaultPageCap
	Username string        // default DefaultUsername
	Password string        // default DefaultPassword
	Latency  time.Duration // added before each request is answered
	Addr     string        // default "127.0.0.1:0"
	LoadDir  string        // an inventory saved with govc object.save, instead of a generated one
	Faults   []Fault
	Null     bridge.Null // the form of null results

	// Wrap, if set, is put around the whole handler, SOAP included.
	Wrap func(http.Handler) http.Handler
}

// withDefaults returns the options complete, or every error in them.
func (o Options) withDefaults() (Options, error) {
	var errs []error

	if o.VMs < 0 || o.Hosts < 0 || o.PageCap < 0 {
		errs = append(errs, errors.New("sizes and page cap must not be negative"))
	}
	if o.Latency < 0 {
		errs = append(errs, errors.New("latency must not be negative"))
	}
	for _, r := range o.Releases {
		if _, err := parseRelease(r); err != nil {
			errs = append(errs, err)
		}
	}
	for _, f := range o.Faults {
		if _, err := ParseFault(string(f)); err != nil {
			errs = append(errs, err)
		}
	}
	if o.Username != "" && o.Password == "" {
		errs = append(errs, errors.New("username without password"))
	}
	if len(errs) > 0 {
		return o, fmt.Errorf("simulator options: %w", errors.Join(errs...))
	}

	o.Name = cmp.Or(o.Name, "vc1")
	o.VMs = cmp.Or(o.VMs, 200)
	o.Hosts = cmp.Or(o.Hosts, max(3, (o.VMs+19)/20))
	o.PageCap = cmp.Or(o.PageCap, DefaultPageCap)
	o.Username = cmp.Or(o.Username, DefaultUsername)
	o.Password = cmp.Or(o.Password, DefaultPassword)
	o.Addr = cmp.Or(o.Addr, "127.0.0.1:0")
	switch {
	case o.NoHello:
		o.Releases = []string{firstRelease}
	case len(o.Releases) == 0:
		o.Releases = []string{"8.0.3.0", "8.0.2.0", "8.0.1.0"}
	}
	return o, nil
}

// newest returns the vCenter's own release.
func (o Options) newest() string {
	return slices.MaxFunc(o.Releases, compareReleases)
}

// serves reports whether a release id in a path is served: any that has
// VI/JSON and is not newer than the vCenter.
func (o Options) serves(id string) bool {
	if _, err := parseRelease(id); err != nil {
		return false
	}
	return compareReleases(id, firstRelease) >= 0 && compareReleases(id, o.newest()) <= 0
}

func parseRelease(id string) ([4]int, error) {
	var out [4]int
	parts := strings.Split(id, ".")
	if len(parts) != len(out) {
		return out, fmt.Errorf("release %q: not of the form 8.0.1.0", id)
	}
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil || n < 0 {
			return out, fmt.Errorf("release %q: not of the form 8.0.1.0", id)
		}
		out[i] = n
	}
	return out, nil
}

// compareReleases orders ids that parse; others sort first.
func compareReleases(a, b string) int {
	x, _ := parseRelease(a)
	y, _ := parseRelease(b)
	return slices.Compare(x[:], y[:])
}
