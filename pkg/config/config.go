package config

import (
	"net"
	"time"

	"vcfleet/pkg/secret"
)

// Config is a valid configuration, defaults applied.
type Config struct {
	// VCenters are the enabled and the disabled ones, in file order.
	VCenters []VCenter
	// Collect is what is read, and how many vCenters at once.
	Collect Collect
	// Warnings are things that work and should not stay.
	Warnings []Problem

	// file, sources, lookupEnv and commandLimit are what Secrets needs.
	// sources is keyed by the vCenter's name and not kept in VCenter, so that
	// a caller may filter and reorder VCenters first.
	file         string
	sources      map[string]*source
	lookupEnv    func(string) (string, bool)
	commandLimit time.Duration
}

// VCenter is one configured vCenter.
type VCenter struct {
	// Name is unique in the file, whatever its case.
	Name string
	// Host is host[:port] as written; see Address.
	Host string
	// Labels are those of defaults and of the vCenter, or nil.
	Labels map[string]string
	// Enabled tells whether the vCenter is read at all.
	Enabled bool
	// Timeout bounds one vCenter, all phases.
	Timeout time.Duration
	// PageSize is how many objects are asked for per page.
	PageSize int
	// Proxy is "" for what the environment says, "none" for a direct
	// connection, or an http, https or socks5 URL without a password.
	Proxy string
	// TLS tells how the vCenter's certificate is checked.
	TLS TLS
	// Credential is the name of the credential; empty when the vCenter or
	// defaults give username and password themselves.
	Credential string
	// Username is the account.
	Username string
	// Password is empty until Secrets was called.
	Password secret.Text
}

// TLS tells how a certificate is checked. At most one of CAFile, Thumbprint
// and Insecure is set; none of them means the system's roots.
type TLS struct {
	// CAFile is the absolute path of a PEM file with the trusted roots.
	CAFile string
	// Thumbprint is the SHA-1 or SHA-256 of the certificate, in upper-case
	// hex with colons.
	Thumbprint string
	// ServerName replaces the host in the check of the certificate's names.
	ServerName string
	// Insecure switches the check off.
	Insecure bool
}

// Collect tells what is read.
type Collect struct {
	// Concurrency is how many vCenters are read at once.
	Concurrency int
	// MaxRejectedLogins is how many vCenters may reject a credential before it
	// is tried on no other one.
	MaxRejectedLogins int
	// Sections are the inventory sections to read; all known ones when the
	// file does not say.
	Sections []string
}

// Options is what the package cannot know by itself.
type Options struct {
	// Sections are the known section names. Without them any name is taken.
	Sections []string
	// LookupEnv replaces os.LookupEnv.
	LookupEnv func(string) (string, bool)
}

// Address returns host:port to dial, with port 443 when the file gives none
// and IPv6 addresses in brackets.
func (v VCenter) Address() string {
	host, port, bad := splitHost(v.Host)
	if bad != nil {
		// Only a VCenter that did not come from a file gets here.
		return net.JoinHostPort(v.Host, defaultPort)
	}
	return net.JoinHostPort(host, port)
}
