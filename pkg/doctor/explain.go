package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"

	"vcfleet/pkg/vim"
)

// failed makes a result of an error: what happened, and what to do about it.
func (v *visit) failed(ctx context.Context, err error) Result {
	r := Result{Status: Fail, Detail: v.blame(err) + err.Error(), Hint: "run it again; if it stays, see whether a proxy in between changes answers"}
	for _, advise := range []func(error) string{
		func(error) string { return adviseEnd(ctx) }, adviseTLS, adviseNetwork, adviseFault, adviseAnswer,
	} {
		if hint := advise(err); hint != "" {
			r.Hint = hint
			break
		}
	}
	return r
}

// blame says that it was the proxy that could not be reached.
func (v *visit) blame(err error) string {
	var dns *net.DNSError
	var op *net.OpError
	if v.proxy != nil && (errors.As(err, &dns) || errors.As(err, &op) && op.Op == "dial") {
		return "proxy: "
	}
	return ""
}

// ended says why a context is over.
func ended(ctx context.Context) string {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return "the vCenter's timeout is over"
	}
	return "interrupted"
}

func adviseEnd(ctx context.Context) string {
	switch {
	case ctx.Err() == nil:
		return ""
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "no answer within the time for one check: find out what makes it slow or drops packets (firewall, proxy), or raise timeout"
	}
	return "the run was interrupted; run it again"
}

func adviseTLS(err error) string {
	var pin *vim.PinError
	var verify *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	switch {
	case errors.As(err, &pin):
		return "find out why the certificate is another one; if it was replaced on purpose, set tls.thumbprint to the new SHA-256 ('vcfleet doctor --trust')"
	case errors.As(err, &verify):
		return adviseCertificate(verify)
	case errors.Is(err, vim.ErrPlainHTTP), errors.As(err, &record):
		return "the port does not speak TLS: give the vCenter's HTTPS port, 443 by default"
	case errors.As(err, &alert), strings.Contains(err.Error(), "TLS handshake"):
		return "the other end breaks off the TLS handshake: a proxy, or a server without TLS 1.2?"
	}
	return ""
}

func adviseCertificate(err error) string {
	const pin = "compare the SHA-256 with the vCenter's own and pin it ('vcfleet doctor --trust')"
	var invalid x509.CertificateInvalidError
	var host x509.HostnameError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "renew the vCenter's certificate; until then " + pin
	case errors.As(err, &host):
		return "use a name that the certificate has, set tls.server_name, or " + pin
	}
	return "give the issuing CA in tls.ca_file, or " + pin
}

func adviseNetwork(err error) string {
	var dns *net.DNSError
	var op *net.OpError
	var timeout net.Error
	switch {
	case errors.As(err, &dns):
		return "check the name and the DNS server of this machine"
	case errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect"):
		return "check host, port, firewall and proxy"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time: check firewall and proxy, and whether the vCenter is overloaded"
	case errors.As(err, &op), errors.Is(err, io.EOF):
		return "the other end breaks off the connection: not a vCenter, or a firewall in between?"
	}
	return ""
}

func adviseFault(err error) string {
	var none *vim.NoReleaseError
	var fault *vim.Fault
	switch {
	case errors.Is(err, vim.InvalidLogin):
		return "check username (with its domain) and password, and whether the account is locked; each try may count towards a lockout"
	case errors.Is(err, vim.NoPermission):
		return rootFix
	case errors.Is(err, vim.NotAuthenticated), errors.Is(err, vim.AuthenticationRequired):
		return "somebody or the vCenter ended the session; run it again"
	case errors.As(err, &none):
		return "the vCenter is newer or older than all that vcfleet knows; look for a newer vcfleet"
	case errors.As(err, &fault):
		return "the vCenter could not do it; its log (vpxd.log) may say why"
	}
	return ""
}

func adviseAnswer(err error) string {
	var answer *vim.AnswerError
	if !errors.As(err, &answer) {
		return ""
	}
	switch answer.Source {
	case vim.SourceUnavailable:
		return "the vCenter's services are overloaded or starting: try again later"
	case vim.SourceSOAP, vim.SourceNoVIJSON:
		return "vcfleet reads vCenter 8.0 U1 and later; for an ESXi host, give the vCenter that manages it"
	case vim.SourceESXi:
		return "give the vCenter that manages this host"
	case vim.SourceProxy:
		return "check proxy, or set it to none for this vCenter"
	}
	return "check host and port, and whether a proxy is in between (proxy: none)"
}
