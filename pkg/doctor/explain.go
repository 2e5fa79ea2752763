package doctor

import (
	"context"
	"crypto/x509"
	"errors"
	"net"

	"vcfleet/pkg/collector"
	"vcfleet/pkg/inventory"
	"vcfleet/pkg/vim"
)

// failed makes a result of an error: what happened, and what to do about it.
func (v *visit) failed(ctx context.Context, err error) Result {
	cause := err
	if ctx.Err() != nil {
		cause = ctx.Err() // whatever the error is by now
	}
	return Result{Status: Fail, Detail: v.blame(err) + err.Error(), Hint: advice(cause)}
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

// advice is what the collector advises, but where a check knows better: the
// detail has the thumbprint already, it may be a proxy that has no address, and
// who breaks a first conversation off does so again.
func advice(err error) string {
	const pin = "compare the SHA-256 with the vCenter's own and pin it ('vcfleet doctor --trust')"
	p := collector.Describe(inventory.PhaseNegotiate, err)
	switch p.Class {
	case inventory.ClassTLSPinMismatch:
		return "find out why the certificate is another one; if it was replaced on purpose, set tls.thumbprint to the new SHA-256 ('vcfleet doctor --trust')"
	case inventory.ClassTLSExpired:
		return "renew the vCenter's certificate; until then " + pin
	case inventory.ClassTLSUntrusted:
		if _, other := errors.AsType[x509.HostnameError](err); other {
			return "use a name that the certificate has, set tls.server_name, or " + pin
		}
		return "give the issuing CA in tls.ca_file, or " + pin
	case inventory.ClassTimeout:
		return "no answer within the time for it: find out what makes it slow or drops packets (firewall, proxy), or raise timeout"
	case inventory.ClassCredentialsRejected:
		return p.Hint + "; is the account locked?"
	case inventory.ClassUnreachable:
		switch p.Phase {
		case inventory.PhaseResolve:
			return "check the name and the DNS server of this machine"
		case inventory.PhaseNegotiate:
			return "the other end breaks off the connection: not a vCenter, or a firewall in between?"
		}
	}
	return p.Hint
}

// rootFix is the better one of the two ways to make the root folder readable.
func rootFix() string { return advice(vim.NoPermission) }
