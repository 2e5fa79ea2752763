package collector

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"

	"vcfleet/pkg/inventory"
	"vcfleet/pkg/vim"
)

// Describe turns an error into a problem: what kind it is, in what phase it
// really happened (phase, unless the error says another), and what to do about
// it.
func Describe(phase inventory.Phase, err error) inventory.Problem {
	p := inventory.Problem{
		Phase: phase, Class: inventory.ClassProtocol, Message: err.Error(),
		Hint: "run it again; if it stays, see whether a proxy in between changes answers, else please report it with the vCenter's version",
	}
	for _, explain := range []func(*inventory.Problem, error) bool{
		explainContext, explainTLS, explainNetwork, explainFault, explainAnswer,
	} {
		if explain(&p, err) {
			break
		}
	}
	return p
}

func explainContext(p *inventory.Problem, err error) bool {
	switch {
	case errors.Is(err, context.Canceled):
		p.Class, p.Hint = inventory.ClassCanceled, "the run was interrupted; run it again"
	case errors.Is(err, context.DeadlineExceeded):
		p.Class, p.Hint = inventory.ClassTimeout, "raise timeout for this vCenter, or find out what makes it slow"
	default:
		return false
	}
	return true
}

func explainTLS(p *inventory.Problem, err error) bool {
	var pin *vim.PinError
	var verify *tls.CertificateVerificationError
	var alert tls.AlertError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &pin):
		p.Class = inventory.ClassTLSPinMismatch
		p.Hint = "if the certificate was replaced on purpose, set thumbprint: " + pin.Got
	case errors.As(err, &verify):
		explainCertificate(p, verify)
	case errors.Is(err, vim.ErrPlainHTTP), errors.As(err, &record):
		p.Class, p.Hint = inventory.ClassNotAVCenter, "give the vCenter's HTTPS port, 443 by default"
	case strings.Contains(err.Error(), "TLS handshake timeout"): // net/http's, of no exported type
		p.Class, p.Hint = inventory.ClassTimeout, "the port accepts connections and does not answer in TLS: a firewall, a hanging vCenter, or no HTTPS port?"
	case errors.As(err, &alert), strings.Contains(err.Error(), "TLS handshake"):
		p.Class, p.Hint = inventory.ClassTLS, "the other end breaks off the TLS handshake: a proxy, or a server without TLS 1.2?"
	default:
		return false
	}
	p.Phase = inventory.PhaseTLS
	return true
}

func explainCertificate(p *inventory.Problem, err *tls.CertificateVerificationError) {
	var seen string
	if len(err.UnverifiedCertificates) > 0 {
		seen = vim.Thumbprint(err.UnverifiedCertificates[0])
	}
	var invalid x509.CertificateInvalidError
	var host x509.HostnameError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		p.Class = inventory.ClassTLSExpired
		p.Hint = "renew the vCenter's certificate; until then tls.thumbprint accepts this one: " + seen
	case errors.As(err, &host):
		p.Class = inventory.ClassTLSUntrusted
		p.Hint = "use a name that the certificate has, set tls.server_name, or pin it with tls.thumbprint: " + seen
	default:
		p.Class = inventory.ClassTLSUntrusted
		p.Hint = "give the issuing CA in tls.ca_file, or compare this thumbprint with the vCenter's and pin it with tls.thumbprint: " + seen
	}
}

func explainNetwork(p *inventory.Problem, err error) bool {
	var dns *net.DNSError
	var op *net.OpError
	var timeout net.Error
	switch {
	case errors.As(err, &dns):
		p.Phase, p.Class, p.Hint = inventory.PhaseResolve, inventory.ClassUnreachable, "check host and the DNS server"
	case errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect"):
		p.Phase, p.Class, p.Hint = inventory.PhaseConnect, inventory.ClassUnreachable, "check host, port, firewall and proxy"
		if op.Timeout() {
			p.Class = inventory.ClassTimeout
		}
	case errors.As(err, &timeout) && timeout.Timeout():
		p.Class, p.Hint = inventory.ClassTimeout, "the vCenter or what is between does not answer in time"
	case errors.As(err, &op), errors.Is(err, io.EOF):
		p.Class, p.Hint = inventory.ClassUnreachable, "the connection was lost; run it again"
	default:
		return false
	}
	return true
}

func explainFault(p *inventory.Problem, err error) bool {
	var fault *vim.Fault
	var refused *notAdmittedError
	switch {
	case errors.As(err, &refused):
		p.Class = inventory.ClassLockoutGuard
		p.Hint = "correct the credential; collect.max_rejected_logins says how many vCenters may reject one"
	case errors.Is(err, vim.ErrTokenLost):
		p.Class, p.Hint = inventory.ClassFault, "does another program use the same session? Else run it again, with another page_size"
	case sessionLost(err):
		p.Class, p.Hint = inventory.ClassSessionLost, "somebody or the vCenter ended the session; run it again"
	case errors.Is(err, vim.InvalidLogin):
		p.Class = inventory.ClassCredentialsRejected
		p.Hint = "check username (with its domain) and password; each try may count towards a lockout"
	case errors.Is(err, vim.NoPermission):
		p.Class = inventory.ClassNoPermission
		p.Hint = "give the account the Read-only role on the vCenter's root folder, propagated"
	case errors.Is(err, vim.InvalidProperty):
		p.Class, p.Hint = inventory.ClassUnsupportedProperty, "the vCenter's release does not know this property; leave its section out"
	case errors.As(err, &fault):
		p.Class, p.Hint = inventory.ClassFault, "the vCenter could not do it; its log (vpxd.log) may say why"
	default:
		return false
	}
	if errors.As(err, &fault) {
		p.Type = fault.Object.Type
		if fault.Type == vim.InvalidProperty {
			p.Path = fault.Name
		}
	}
	return true
}

func explainAnswer(p *inventory.Problem, err error) bool {
	var answer *vim.AnswerError
	var limit *vim.LimitError
	var release *vim.NoReleaseError
	switch {
	case errors.As(err, &limit):
		p.Class, p.Hint = inventory.ClassLimit, "no vCenter is known to answer like this: see what stands at this address; if it is the page that is too long, lower page_size"
	case errors.As(err, &release):
		p.Class, p.Hint = inventory.ClassNoRelease, "this vcfleet may be too old for this vCenter, or the vCenter older than 8.0 U1"
	case errors.As(err, &answer):
		explainSource(p, answer)
	default:
		return false
	}
	return true
}

func explainSource(p *inventory.Problem, answer *vim.AnswerError) {
	switch answer.Source {
	case vim.SourceUnavailable:
		p.Class, p.Hint = inventory.ClassThrottled, "the vCenter's services are overloaded or starting: try again later"
	case vim.SourceSOAP, vim.SourceNoVIJSON:
		p.Class, p.Hint = inventory.ClassTooOld, "vcfleet reads vCenter 8.0 U1 and later; for an ESXi host, give the vCenter that manages it"
	case vim.SourceESXi:
		p.Class, p.Hint = inventory.ClassNotAVCenter, "give the vCenter that manages this host"
	case vim.SourceProxy:
		p.Class, p.Hint = inventory.ClassNotAVCenter, "check proxy, or set it to none for this vCenter"
	default:
		p.Class, p.Hint = inventory.ClassNotAVCenter, "check host and port, and whether a proxy is in between (proxy: none)"
	}
}
