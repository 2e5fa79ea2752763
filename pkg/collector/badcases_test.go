package collector_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"vcfleet/pkg/config"
	"vcfleet/pkg/inventory"
	"vcfleet/pkg/secret"
	"vcfleet/pkg/simulator"
)

type begin = func(*testing.T) (config.VCenter, *simulator.VCenter)

// badAddresses are places where no vCenter answers.
func badAddresses() []badCase {
	soon := func(vc config.VCenter) (config.VCenter, *simulator.VCenter) {
		vc.Timeout = shortly
		return vc, nil
	}
	return []badCase{
		{
			name: "does not resolve", phase: inventory.PhaseResolve, class: inventory.ClassUnreachable, hint: "DNS", message: "vcenter.invalid",
			begin: func(*testing.T) (config.VCenter, *simulator.VCenter) { return at("vcenter.invalid:443"), nil },
		}, {
			name: "refuses", phase: inventory.PhaseConnect, class: inventory.ClassUnreachable, hint: "firewall", message: "refused",
			begin: func(t *testing.T) (config.VCenter, *simulator.VCenter) { return at(refusing(t)), nil },
		}, {
			name: "hangs before TLS", phase: inventory.PhaseNegotiate, class: inventory.ClassTimeout, hint: "timeout", message: "deadline",
			begin: func(t *testing.T) (config.VCenter, *simulator.VCenter) {
				return soon(at(listen(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })))
			},
		}, {
			name: "hangs after TLS", phase: inventory.PhaseNegotiate, class: inventory.ClassTimeout, hint: "timeout", message: "deadline",
			begin: func(t *testing.T) (config.VCenter, *simulator.VCenter) {
				s := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { gone(r) }))
				t.Cleanup(s.Close)
				return soon(at(s.Listener.Addr().String()))
			},
		}, {
			name: "speaks HTTP", phase: inventory.PhaseTLS, class: inventory.ClassNotAVCenter, hint: "HTTPS port", message: "plain HTTP",
			begin: func(t *testing.T) (config.VCenter, *simulator.VCenter) {
				s := httptest.NewServer(http.NotFoundHandler())
				t.Cleanup(s.Close)
				return at(s.Listener.Addr().String()), nil
			},
		}, {
			name: "speaks SSH", phase: inventory.PhaseTLS, class: inventory.ClassNotAVCenter, hint: "HTTPS port", message: "TLS",
			begin: func(t *testing.T) (config.VCenter, *simulator.VCenter) {
				return at(listen(t, func(c net.Conn) {
					_, _ = io.WriteString(c, "SSH-2.0-OpenSSH_9.6\r\n")
					_, _ = io.Copy(io.Discard, c)
				})), nil
			},
		}, {
			name: "hangs up", phase: inventory.PhaseNegotiate, class: inventory.ClassUnreachable, hint: "run it again",
			begin: func(t *testing.T) (config.VCenter, *simulator.VCenter) {
				return at(listen(t, func(net.Conn) {})), nil
			},
		}, {
			name: "hangs up on hello", phase: inventory.PhaseNegotiate, class: inventory.ClassUnreachable, hint: "run it again",
			begin: func(t *testing.T) (config.VCenter, *simulator.VCenter) {
				return instead(t, "hello", func(w http.ResponseWriter, _ *http.Request) { hangUp(w) })
			},
		}, {
			name: "ends the connection on hello", phase: inventory.PhaseNegotiate, class: inventory.ClassUnreachable, hint: "run it again", message: "EOF",
			begin: func(t *testing.T) (config.VCenter, *simulator.VCenter) {
				return instead(t, "hello", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
			},
		},
	}
}

// badCertificates are servers that must not be handed a password.
func badCertificates() []badCase {
	serves := func(host string, from time.Duration, with func(ca string) config.TLS) begin {
		return func(t *testing.T) (config.VCenter, *simulator.VCenter) {
			address, ca := certified(t, host, time.Now().Add(from))
			vc := at(address)
			vc.TLS = with(ca)
			return vc, nil
		}
	}
	trusted := func(ca string) config.TLS { return config.TLS{CAFile: ca} }
	return []badCase{
		{
			name: "expired certificate", phase: inventory.PhaseTLS, class: inventory.ClassTLSExpired, hint: "renew", message: "expired",
			begin: serves("127.0.0.1", -2*time.Hour, trusted),
		}, {
			name: "certificate not valid yet", phase: inventory.PhaseTLS, class: inventory.ClassTLSExpired, message: "not yet valid",
			begin: serves("127.0.0.1", time.Hour, trusted),
		}, {
			name: "unknown authority", phase: inventory.PhaseTLS, class: inventory.ClassTLSUntrusted, hint: "ca_file", message: "unknown authority",
			begin: serves("127.0.0.1", -time.Minute, func(string) config.TLS { return config.TLS{} }),
		}, {
			name: "certificate for another name", phase: inventory.PhaseTLS, class: inventory.ClassTLSUntrusted, hint: "server_name", message: "127.0.0.1",
			begin: serves("vc.example.com", -time.Minute, trusted),
		}, {
			name: "not the pinned certificate", phase: inventory.PhaseTLS, class: inventory.ClassTLSPinMismatch, hint: "set thumbprint: ", message: "not the pinned 00:",
			begin: func(t *testing.T) (config.VCenter, *simulator.VCenter) {
				v := start(t, simulator.Options{VMs: 1})
				vc := target(v)
				vc.TLS.Thumbprint = "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"
				return vc, v
			},
			more: func(t *testing.T, r inventory.VCenter) {
				if r.Bytes != 0 {
					t.Errorf("%d bytes were read", r.Bytes)
				}
			},
		}, {
			name: "unreadable CA file", phase: inventory.PhaseConnect, class: inventory.ClassUnreachable, message: "CA file", hint: "configuration",
			begin: serves("127.0.0.1", -time.Minute, func(ca string) config.TLS { return config.TLS{CAFile: ca + ".gone"} }),
		},
	}
}

// badGreetings are servers that are no vCenter that vcfleet reads.
func badGreetings() []badCase {
	whole := func(h http.HandlerFunc) begin { // at every path
		return func(t *testing.T) (config.VCenter, *simulator.VCenter) {
			s := httptest.NewTLSServer(h)
			t.Cleanup(s.Close)
			return at(s.Listener.Addr().String()), nil
		}
	}
	on := func(method string, h http.HandlerFunc) begin {
		return func(t *testing.T) (config.VCenter, *simulator.VCenter) { return instead(t, method, h) }
	}
	const soap = `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope><soapenv:Body><soapenv:Fault/></soapenv:Body></soapenv:Envelope>`
	list := []badCase{
		{name: "a web page", class: inventory.ClassNotAVCenter, message: "Welcome", hint: "proxy", begin: whole(says(200, "text/html", "<!doctype html><html><title>Welcome\n</title></html>"))},
		{name: "a web page that is not found", class: inventory.ClassNotAVCenter, message: "404", hint: "host and port", begin: whole(says(404, "text/html", "<html><title>Not Found</title>"))},
		{name: "a web page called JSON", class: inventory.ClassProtocol, begin: whole(page("<html></html>"))},
		{name: "SOAP only", class: inventory.ClassTooOld, hint: "8.0 U1", begin: whole(func(w http.ResponseWriter, r *http.Request) {
			if method(r) == "hello" {
				says(404, "text/plain", "404 page not found")(w, r)
				return
			}
			says(500, "text/xml; charset=utf-8", soap)(w, r)
		})},
		{name: "an ESXi host", class: inventory.ClassNotAVCenter, message: "ESXi", hint: "vCenter that manages", begin: whole(says(400, "text/plain", "Unsupported content type"))},
		{name: "no VI/JSON at all", class: inventory.ClassTooOld, message: "404", hint: "8.0 U1", begin: whole(says(404, "text/plain", "404 page not found"))},
		{name: "unavailable", class: inventory.ClassThrottled, message: "503", hint: "later", begin: whole(says(503, "text/plain", "no healthy upstream"))},
		{name: "too many requests", class: inventory.ClassThrottled, message: "429", hint: "later", begin: whole(says(429, "text/plain", ""))},
		{name: "a redirect", class: inventory.ClassNotAVCenter, message: "sso.example.com", begin: whole(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://sso.example.com/login", http.StatusFound)
		})},
		{name: "a proxy that wants a password", class: inventory.ClassNotAVCenter, message: "proxy", hint: "proxy", begin: whole(says(407, "text/plain", ""))},
		{name: "no release in common", class: inventory.ClassNoRelease, message: "9.1.1.0, ", hint: "too old", begin: on("hello", page(`{"api_release":""}`))},
		{name: "a release that was not offered", class: inventory.ClassProtocol, message: `"66.6"`, begin: on("hello", page(`{"api_release":"66.6"}`))},
		{name: "hello is no object", class: inventory.ClassNotAVCenter, begin: on("hello", page(`[1,2]`))},
		{name: "an endless hello", class: inventory.ClassLimit, message: "limit", hint: "what stands at this address", begin: on("hello", endlessly("application/json", `{"a":"`, "a"))},
		{name: "an endless web page", class: inventory.ClassNotAVCenter, begin: whole(endlessly("text/html", "<html>", "<p>"))},
		{name: "endless white space", class: inventory.ClassLimit, begin: on("content", endlessly("application/json", "", " "))},
		{name: "content cut in half", class: inventory.ClassProtocol, hint: "proxy", begin: on("content", page(`{"_typeName":"ServiceContent","rootFolder":{"type":"Fol`))},
		{name: "content without a root folder", class: inventory.ClassProtocol, message: "no ", begin: on("content", page(`{"_typeName":"ServiceContent"}`))},
		{name: "an escape sequence", class: inventory.ClassNotAVCenter, begin: whole(says(200, "text/html", "<title>\x1b[31m\u202eevil\r\n</title>"))},
	}
	for i := range list {
		list[i].phase = inventory.PhaseNegotiate
	}
	return list
}

// badLogins are vCenters that do not let us in.
func badLogins() []badCase {
	wrong := func(t *testing.T) (config.VCenter, *simulator.VCenter) {
		v := start(t, simulator.Options{VMs: 1})
		vc := target(v)
		vc.Password = secret.New("wrong-s3cret")
		return vc, v
	}
	on := func(h http.HandlerFunc) begin {
		return func(t *testing.T) (config.VCenter, *simulator.VCenter) { return instead(t, "Login", h) }
	}
	list := []badCase{
		{name: "wrong password", class: inventory.ClassCredentialsRejected, hint: "lockout", begin: wrong, more: func(t *testing.T, r inventory.VCenter) {
			if r.Requests != 3 {
				t.Errorf("%d requests, want hello, content and one login", r.Requests)
			}
		}},
		{name: "no permission at all", class: inventory.ClassNoPermission, hint: "Read-only", message: "System.View", begin: on(fault(`{"_typeName":"NoPermission","object":{"type":"Folder","value":"group-d1"},"privilegeId":"System.View","faultstring":"Permission to perform this operation was denied."}`))},
		{name: "an authentication page", class: inventory.ClassSessionLost, begin: on(says(401, "application/json", `{"_typeName":"AuthenticationRequired"}`))},
		{name: "no session header", class: inventory.ClassProtocol, message: "vmware-api-session-id", hint: "proxy", begin: on(page(`{"_typeName":"UserSession","key":"52-x"}`))},
		{name: "a fault of no known type", class: inventory.ClassFault, message: "Brandnew", hint: "log", begin: on(fault(`{"_typeName":"BrandnewFault"}`))},
		{name: "too many sessions", class: inventory.ClassThrottled, begin: on(says(503, "text/plain", "Service Unavailable"))},
		{name: "the password in the answer", class: inventory.ClassNotAVCenter, begin: on(says(200, "text/html", "<title>vcfleet-demo</title>")), more: noPassword},
	}
	for i := range list {
		list[i].phase = inventory.PhaseLogin
	}
	return list
}
