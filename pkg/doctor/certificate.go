package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"vcfleet/pkg/config"
	"vcfleet/pkg/vim"
)

// expiresSoon is how long before its end a certificate is warned of.
const expiresSoon = 30 * 24 * time.Hour

// handshake is what came of a TLS connection to the vCenter.
type handshake struct {
	version uint16            // 0 when none was agreed on
	leaf    *x509.Certificate // nil when none came
	err     error
}

// tls checks the certificate as a collection would: directly, or behind a proxy
// by the first request, which carries no credentials.
func (v *visit) tls(ctx context.Context) Result {
	client, err := vim.NewClient(v.settings())
	if err != nil {
		return Result{Status: Fail, Detail: err.Error(), Hint: "correct tls of this vCenter in the configuration"}
	}
	v.client = client
	ctx, cancel := v.bounded(ctx)
	defer cancel()
	if v.proxy == nil {
		return v.assess(ctx, shake(ctx, v.vc.Address(), v.settings().TLS))
	}
	release, err := client.Hello(ctx)
	v.hello = func() (vim.Release, error) { return release, err }
	return v.assess(ctx, v.tunnelled(err))
}

// shake makes a TLS connection and closes it.
func shake(ctx context.Context, address string, trust vim.TLS) handshake {
	settings, err := trust.Config()
	if err != nil {
		return handshake{err: err}
	}
	if settings.ServerName == "" {
		settings.ServerName, _, _ = net.SplitHostPort(address)
	}
	var h handshake
	check := settings.VerifyConnection
	settings.VerifyConnection = func(state tls.ConnectionState) error {
		h.saw(&state)
		if check == nil {
			return nil
		}
		return check(state)
	}
	plain, err := dial(ctx, address)
	if err != nil {
		return handshake{err: err}
	}
	conn := tls.Client(plain, settings)
	if h.err = conn.HandshakeContext(ctx); h.err == nil {
		state := conn.ConnectionState()
		h.saw(&state)
	} else {
		var record tls.RecordHeaderError
		if errors.As(h.err, &record) && string(record.RecordHeader[:]) == "HTTP/" {
			h.err = vim.ErrPlainHTTP
		}
		h.learn(h.err)
		h.version = conn.ConnectionState().Version
	}
	// Nothing was written to it.
	_ = conn.Close()
	return h
}

// tunnelled is the handshake behind a request that ended with err.
func (v *visit) tunnelled(err error) handshake {
	if v.connection != nil {
		var h handshake
		h.saw(v.connection)
		return h
	}
	if err == nil {
		err = errors.New("the answer came without TLS")
	}
	h := handshake{err: err}
	h.learn(err)
	return h
}

func (h *handshake) saw(state *tls.ConnectionState) {
	h.version = state.Version
	if len(state.PeerCertificates) > 0 {
		h.leaf = state.PeerCertificates[0]
	}
}

// learn takes the certificate out of the error that refused it.
func (h *handshake) learn(err error) {
	var verify *tls.CertificateVerificationError
	if h.leaf == nil && errors.As(err, &verify) && len(verify.UnverifiedCertificates) > 0 {
		h.leaf = verify.UnverifiedCertificates[0]
	}
}

// assess makes a result of a handshake.
func (v *visit) assess(ctx context.Context, h handshake) Result {
	var r Result
	left := time.Duration(0)
	if h.leaf != nil {
		left = time.Until(h.leaf.NotAfter)
	}
	switch {
	case h.err != nil:
		r = v.failed(ctx, h.err)
	case v.vc.TLS.Insecure:
		r.Status, r.Detail = Warn, "the certificate is not checked (tls.insecure): whoever answers gets the password"
		r.Hint = "pin the certificate instead; 'vcfleet doctor --trust' prints the line"
	case h.leaf != nil && left < 0:
		r.Status, r.Detail, r.Hint = Warn, v.trust(), "the pin holds, but renew the vCenter's certificate"
	case h.leaf != nil && left < expiresSoon:
		r.Status, r.Detail, r.Hint = Warn, v.trust(), "renew the vCenter's certificate in time; a new one needs a new tls.thumbprint"
	default:
		r.Status, r.Detail = OK, v.trust()
	}
	if h.leaf == nil {
		return r
	}
	thumbprint := vim.Thumbprint(h.leaf)
	r.Detail += "; " + validity(h.leaf, left) + "; SHA-256 " + thumbprint
	version := ""
	if h.version != 0 {
		version = tls.VersionName(h.version)
		r.Detail = version + ", " + r.Detail
	}
	return r.with("daysLeft", strconv.Itoa(days(left))).
		with("notAfter", h.leaf.NotAfter.UTC().Format(time.RFC3339)).
		with("thumbprint", thumbprint).with("version", version)
}

// trust says by what the certificate was found good.
func (v *visit) trust() string {
	t := v.vc.TLS
	switch {
	case t.Thumbprint != "":
		return "the certificate is the pinned one"
	case t.CAFile != "":
		return "the certificate is trusted by tls.ca_file"
	}
	return "the certificate is trusted by the system's roots"
}

func validity(leaf *x509.Certificate, left time.Duration) string {
	date := leaf.NotAfter.UTC().Format(time.DateOnly)
	if left < 0 {
		return fmt.Sprintf("it expired on %s, %d days ago", date, -days(left))
	}
	return fmt.Sprintf("it expires on %s, in %d days", date, days(left))
}

func days(d time.Duration) int { return int(d / (24 * time.Hour)) }

// Certificate is what a vCenter shows, whoever it is.
type Certificate struct {
	Name       string // of the vCenter in the configuration
	Address    string
	Subject    string
	Issuer     string
	NotAfter   time.Time
	Thumbprint string // SHA-256
	Other      bool   // a thumbprint is configured, and it is another one
	Problem    string // why there is no certificate, with what to do
}

// Look fetches a vCenter's certificate and checks nothing of it. It sends no
// credentials: it makes a TLS connection, and behind a proxy, where net/http
// makes the tunnel, one request that says nothing but API releases.
func (d *Doctor) Look(ctx context.Context, vc config.VCenter) Certificate {
	wanted := vc.TLS
	vc.TLS.CAFile, vc.TLS.Thumbprint, vc.TLS.Insecure = "", "", true
	v := &visit{options: d.options, vc: vc, step: d.options.Step}
	if vc.Timeout > 0 {
		v.step = min(v.step, vc.Timeout)
	}
	defer v.leave(ctx)
	c := Certificate{Name: vc.Name, Address: vc.Address()}
	ctx, cancel := v.bounded(ctx)
	defer cancel()
	h := v.look(ctx)
	if h.leaf == nil {
		if h.err == nil {
			h.err = errors.New("there is no certificate")
		}
		r := v.failed(ctx, h.err)
		c.Problem = r.Detail + " (" + r.Hint + ")"
		return c
	}
	c.Subject, c.Issuer, c.NotAfter = h.leaf.Subject.String(), h.leaf.Issuer.String(), h.leaf.NotAfter.UTC()
	c.Thumbprint = vim.Thumbprint(h.leaf)
	if wanted.Thumbprint != "" {
		pin, err := vim.TLS{Thumbprint: wanted.Thumbprint}.Config()
		c.Other = err != nil || pin.VerifyConnection(tls.ConnectionState{PeerCertificates: []*x509.Certificate{h.leaf}}) != nil
	}
	return c
}

func (v *visit) look(ctx context.Context) handshake {
	proxy, err := v.settings().ProxyURL()
	if err != nil {
		return handshake{err: err}
	}
	if v.proxy = proxy; proxy == nil {
		return shake(ctx, v.vc.Address(), v.settings().TLS)
	}
	if v.client, err = vim.NewClient(v.settings()); err != nil {
		return handshake{err: err}
	}
	_, err = v.client.Hello(ctx)
	return v.tunnelled(err)
}
