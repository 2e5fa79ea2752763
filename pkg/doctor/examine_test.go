package doctor_test

import (
	"context"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"

	"vcfleet/pkg/config"
	"vcfleet/pkg/doctor"
	"vcfleet/pkg/fleet"
	"vcfleet/pkg/secret"
	"vcfleet/pkg/simulator"
	"vcfleet/pkg/vim"
)

func TestAllIsWell(t *testing.T) {
	for _, o := range []simulator.Options{{}, {NoHello: true}, {Releases: []string{"8.0.2.0"}}, {PageCap: 3}} {
		v := start(t, o)
		got := doctor.New(options()).Examine(t.Context(), target(v))
		if got.Verdict() != doctor.OK || len(got.Checks) != len(doctor.Checks()) {
			t.Errorf("%+v: %s: %+v", o, got.Verdict(), got.Checks)
		}
		checkClean(t, v)
		if n := v.Counters(); o.PageCap == 0 && n.Requests > 9 {
			t.Errorf("%d requests: %v", n.Requests, n.ByMethod)
		}
	}
}

// wrapped is a simulated vCenter with a handler around it.
func wrapped(before func(w http.ResponseWriter, r *http.Request) (answered bool)) simulator.Options {
	return simulator.Options{Wrap: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !before(w, r) {
				next.ServeHTTP(w, r)
			}
		})
	}}
}

func dated(ahead time.Duration) simulator.Options {
	return wrapped(func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
		return false
	})
}

// TestSimulated has a vCenter with something wrong with it, or with what is
// configured for it.
func TestSimulated(t *testing.T) {
	faulty := func(f simulator.Fault) simulator.Options { return simulator.Options{Faults: []simulator.Fault{f}} }
	other := strings.Repeat("AB:", 31) + "AB"
	for _, test := range []struct {
		name    string
		o       simulator.Options
		change  func(*config.VCenter)
		check   string // the one that says so
		status  doctor.Status
		says    string
		advises string
	}{
		{"unknown certificate", simulator.Options{}, func(vc *config.VCenter) { vc.TLS = config.TLS{} }, "tls", doctor.Fail, "unknown authority.*in 36. days; SHA-256 [0-9A-F]{2}:", "tls.ca_file.*--trust"},
		{"pinned other", simulator.Options{}, func(vc *config.VCenter) { vc.TLS.Thumbprint = other }, "tls", doctor.Fail, "not the pinned AB:AB", "replaced on purpose"},
		{"other name", simulator.Options{}, func(vc *config.VCenter) { vc.TLS = config.TLS{CAFile: vc.TLS.CAFile, ServerName: "vc.example"} }, "tls", doctor.Fail, "vc.example", "server_name"},
		{"CA file that is none", simulator.Options{}, func(vc *config.VCenter) { vc.TLS = config.TLS{CAFile: "no/such/file"} }, "tls", doctor.Fail, "CA file", "correct tls"},
		{"insecure", simulator.Options{}, func(vc *config.VCenter) { vc.TLS = config.TLS{Insecure: true} }, "tls", doctor.Warn, "not checked", "--trust"},
		{"no TLS answer", faulty("hang-tls"), nil, "tls", doctor.Fail, "deadline exceeded", "no answer within"},
		{"unavailable", faulty("unavailable"), nil, "release", doctor.Fail, "503", "try again later"},
		{"no release in common", simulator.Options{Releases: []string{"8.0.1.5"}}, nil, "release", doctor.Fail, "none of the API releases", "may be too old"},
		{"hanging", faulty("hang@content"), nil, "release", doctor.Fail, "deadline exceeded", "no answer within"},
		{"ESXi", wrapped(func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, "/content") {
				return false
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"about":{"apiType":"HostAgent","fullName":"VMware ESXi"},`+content+`}`)
			return true
		}), nil, "identity", doctor.Fail, "no vCenter, but VMware ESXi", "manages this host"},
		{"fast clock", dated(10 * time.Minute), nil, "clock", doctor.Warn, "10m0s ahead of", "NTP"},
		{"slow clock", dated(-90 * time.Second), nil, "clock", doctor.Warn, "1m(29|30|31)s behind", "NTP"},
		{"clock a little off", dated(30 * time.Second), nil, "clock", doctor.OK, "(29|30|31)s ahead of", ""},
		{"no clock", wrapped(func(w http.ResponseWriter, _ *http.Request) bool { w.Header()["Date"] = nil; return false }), nil, "clock", doctor.Warn, "no Date", "proxy"},
		{"wrong password", simulator.Options{}, func(vc *config.VCenter) { vc.Password = secret.New("wr0ng") }, "login", doctor.Fail, "InvalidLogin", "lockout"},
		{"no permission", faulty("login-no-permission"), nil, "login", doctor.Fail, "NoPermission", "root folder"},
		{"echo", wrapped(echo), nil, "login", doctor.Fail, `\*\*\*`, "proxy"},
		{"no root", faulty("no-root"), nil, "root", doctor.Warn, "missing from a report", "Read-only"},
		{"no root, and the trap", simulator.Options{Faults: []simulator.Fault{"no-root"}, Releases: []string{"8.0.2.0"}}, nil, "root", doctor.Fail, "vCenter 8.0.2 then refuses the second page.*3455", "update to 8.0 U3"},
		{"root refused", faulty("no-permission=effectiveRole"), nil, "root", doctor.Warn, "cannot be read", "Read-only"},
		{"session lost", faulty("session-expiry@RetrievePropertiesEx=missing"), nil, "root", doctor.Fail, "NotAuthenticated", "ended the session"},
		{"unreadable property", faulty("no-permission=summary.hardware"), nil, "sections", doctor.Fail, `not readable: hosts \(NoPermission.*; readable .*vms \(5\)`, "System.Read"},
		{"no view", wrapped(func(w http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/CreateContainerView") {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusInternalServerError)
				_, _ = io.WriteString(w, `{"_typeName":"NoPermission","privilegeId":"System.View"}`)
				return true
			}
			return false
		}), nil, "sections", doctor.Fail, "System.View", "root folder"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			v := start(t, test.o)
			vc := target(v)
			vc.TLS.CAFile = file(t, v.CertificatePEM())
			if test.change != nil {
				test.change(&vc)
			}
			if vc.TLS.Thumbprint != "" {
				vc.TLS.CAFile = ""
			}
			o := options()
			if strings.Contains(test.name, "hanging") || strings.Contains(test.name, "no TLS answer") {
				o.Step = 300 * time.Millisecond
			}
			got := doctor.New(o).Examine(t.Context(), vc)
			verify(t, got, test.check, test.status, test.says, test.advises)
			if n := v.Counters(); n.OpenSessions != 0 || n.OpenViews != 0 || n.OpenTokens != 0 {
				t.Errorf("left behind: %+v", n)
			}
		})
	}
}

// content is what a ServiceContent has beside about.
const content = `"rootFolder":{"type":"Folder","value":"r"},"propertyCollector":{"type":"PropertyCollector","value":"p"},` +
	`"viewManager":{"type":"ViewManager","value":"v"},"sessionManager":{"type":"SessionManager","value":"s"}`

// echo answers a login with all that it was sent, as what breaks sometimes does.
func echo(w http.ResponseWriter, r *http.Request) bool {
	if !strings.HasSuffix(r.URL.Path, "/Login") {
		return false
	}
	body, _ := io.ReadAll(r.Body)
	w.WriteHeader(http.StatusTeapot)
	_, _ = io.WriteString(w, "<html><title>"+string(body)+"</title></html>")
	return true
}

// verify fails unless the check says so, those before it are well, and those
// that build upon it are skipped when it failed; nothing tells the password.
func verify(t *testing.T, got doctor.VCenter, check string, status doctor.Status, says, advises string) {
	t.Helper()
	r := find(t, got, check)
	if r.Status != status || !regexp.MustCompile(says).MatchString(r.Detail) || !regexp.MustCompile(advises).MatchString(r.Hint) || (advises == "") != (r.Hint == "") {
		t.Errorf("%s: %s: %s (hint: %s); want %s, %s (hint: %s)", check, r.Status, r.Detail, r.Hint, status, says, advises)
	}
	at := slices.IndexFunc(got.Checks, func(r doctor.Result) bool { return r.Check == check })
	for i, other := range got.Checks {
		if i < at && other.Status != doctor.OK && (other.Check != "tls" || other.Status != doctor.Warn) {
			t.Errorf("%s before %s is %s: %s", other.Check, check, other.Status, other.Detail)
		}
		if i > at && status == doctor.Fail && !slices.Contains([]string{"root", "sections", "logout"}, other.Check) && check != "login" && check != "identity" && other.Status != doctor.Skipped {
			t.Errorf("%s after %s is %s", other.Check, check, other.Status)
		}
		if other.Status == doctor.Skipped && (other.Detail == "" || other.Millis.Known) {
			t.Errorf("%s is skipped without a reason: %+v", other.Check, other)
		}
		if text := other.Detail + other.Hint; strings.Contains(text, simulator.DefaultPassword) || strings.Contains(text, "wr0ng") {
			t.Errorf("%s tells the password: %s", other.Check, text)
		}
	}
}

// TestForeign has something else at the address.
func TestForeign(t *testing.T) {
	page := func(w http.ResponseWriter, _ *http.Request) { http.NotFound(w, nil) }
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	expired, soon := certificate(t, time.Now().AddDate(0, 0, -9)), certificate(t, time.Now().AddDate(0, 0, 9))
	under := func(vc config.VCenter, tls config.TLS) config.VCenter { vc.TLS = tls; return vc }
	expiredCA := file(t, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: expired.Certificate[0]}))
	for _, test := range []struct {
		name          string
		vc            config.VCenter
		check         string
		status        doctor.Status
		says, advises string
	}{
		{"no such name", config.VCenter{Host: "no..such..name", Proxy: "none"}, "dns", doctor.Fail, "no such host", "DNS"},
		{"a proxy that is no URL", config.VCenter{Host: "x", Proxy: "no proxy"}, "dns", doctor.Fail, "not a URL", "correct proxy"},
		{"refused", config.VCenter{Host: closed.Addr().String(), Proxy: "none"}, "tcp", doctor.Fail, "refused", "firewall"},
		{"a proxy that refuses", config.VCenter{Host: "vc.example", Proxy: "http://" + closed.Addr().String()}, "tcp", doctor.Fail, "proxy: .*refused", "proxy"},
		{"plain HTTP", under(serve(t, page, nil), config.TLS{}), "tls", doctor.Fail, "HTTP", "443"},
		{"expired", under(serve(t, page, expired), config.TLS{CAFile: expiredCA}), "tls", doctor.Fail, "it expired on .*, 9 days ago", "renew"},
		{"expired, but pinned", under(serve(t, page, expired), config.TLS{Thumbprint: vim.Thumbprint(expired.Leaf)}), "tls", doctor.Warn, "pinned one; it expired", "renew"},
		{"expires soon", under(serve(t, page, soon), config.TLS{Thumbprint: vim.Thumbprint(soon.Leaf)}), "tls", doctor.Warn, "in 8 days", "renew"},
		{"no VI/JSON", serve(t, page, soon), "release", doctor.Fail, "without VI/JSON", "8.0 U1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			verify(t, doctor.New(options()).Examine(t.Context(), test.vc), test.check, test.status, test.says, test.advises)
		})
	}
}

// TestViewAlone has an account that sees the root folder and cannot read it.
func TestViewAlone(t *testing.T) {
	v := start(t, simulator.Options{})
	root := types.ManagedObjectReference{Type: "Folder", Value: "group-d1"}
	if err := v.Edit(t.Context(), root, func(obj any) { obj.(*mo.Folder).EffectiveRole = []int32{-3} }); err != nil {
		t.Fatal(err)
	}
	verify(t, doctor.New(options()).Examine(t.Context(), target(v)), "root", doctor.Warn, "cannot be read", "Read-only")
}

// TestUnwanted has a section that cannot be read and is not collected.
func TestUnwanted(t *testing.T) {
	v := start(t, simulator.Options{Faults: []simulator.Fault{"no-permission=summary.hardware"}})
	o := options()
	o.Sections = []string{"vms"}
	verify(t, doctor.New(o).Examine(t.Context(), target(v)), "sections", doctor.Warn, "not readable: hosts", "System.Read")
	checkClean(t, v)
}

// TestLogoutFails has a vCenter that keeps the session.
func TestLogoutFails(t *testing.T) {
	v := start(t, simulator.Options{Faults: []simulator.Fault{"cleanup-fails"}})
	verify(t, doctor.New(options()).Examine(t.Context(), target(v)), "logout", doctor.Fail, "SystemError", "vpxd.log")
}

// TestGuard has a wrong password that is tried once.
func TestGuard(t *testing.T) {
	a, b := start(t, simulator.Options{Name: "a"}), start(t, simulator.Options{Name: "b"})
	o := options()
	o.Admit = fleet.NewGuard(1).Admit
	d := doctor.New(o)
	wrong := func(v *simulator.VCenter) config.VCenter {
		vc := target(v)
		vc.Password = secret.New("wr0ng")
		return vc
	}
	verify(t, d.Examine(t.Context(), wrong(a)), "login", doctor.Fail, "InvalidLogin", "lockout")
	got := d.Examine(t.Context(), wrong(b))
	verify(t, got, "login", doctor.Skipped, "not tried: 1 vCenters rejected", "max_rejected_logins")
	if got.Verdict() != doctor.Skipped || find(t, got, "logout").Status != doctor.Skipped {
		t.Errorf("%s: %s", got.Verdict(), statuses(got))
	}
	if n := b.Counters(); n.RejectedLogins != 0 || n.Logins != 0 {
		t.Errorf("%+v", n)
	}
}

// TestInterrupted ends the run while a vCenter is examined.
func TestInterrupted(t *testing.T) {
	for _, method := range []string{"hello", "Login", "CreateContainerView", "RetrievePropertiesEx"} {
		ctx, cancel := context.WithCancel(t.Context())
		v := start(t, wrapped(func(_ http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/"+method) || method == "hello" {
				cancel()
				time.Sleep(10 * time.Millisecond)
			}
			return false
		}))
		got := doctor.New(options()).Examine(ctx, target(v))
		if got.Verdict() == doctor.OK || len(got.Checks) != len(doctor.Checks()) {
			t.Errorf("%s: %s", method, statuses(got))
		}
		if loggedIn := v.Counters().Logins > 0; loggedIn != (find(t, got, "logout").Status == doctor.OK) {
			t.Errorf("%s: %s", method, statuses(got))
		}
		checkClean(t, v)
	}
}

// TestPanic lets a check panic while there is a session.
func TestPanic(t *testing.T) {
	v := start(t, simulator.Options{})
	o := options()
	o.Admit = func(context.Context, config.VCenter) (func(bool, bool), error) {
		return func(bool, bool) { panic("of a test") }, nil
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is lost")
			}
		}()
		doctor.New(o).Examine(t.Context(), target(v))
	}()
	if n := v.Counters(); n.Logins != 1 {
		t.Errorf("%+v", n)
	}
	checkClean(t, v)
}
