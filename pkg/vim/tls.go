package vim

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
)

// TLS says how a vCenter's certificate is checked. The zero TLS uses the
// system's roots.
type TLS struct {
	CAFile     string // PEM; replaces the system's roots
	ServerName string // name to check for and to send, instead of the address's
	// Thumbprint is the SHA-256 or SHA-1 of the certificate in hex, with or
	// without colons. It stands in place of all other checks, expiry included.
	// SHA-1 is accepted because govc and the vSphere Client show it; a second
	// certificate with the same SHA-1 as a given one is still out of reach.
	Thumbprint string
	Insecure   bool // no check at all
}

// PinError says that the certificate is not the pinned one.
type PinError struct {
	Want string // as configured
	Got  string // SHA-256
}

// Error names both thumbprints.
func (e *PinError) Error() string {
	return fmt.Sprintf("the certificate's thumbprint is %s, not the pinned %s", e.Got, e.Want)
}

// Thumbprint returns a certificate's SHA-256 in colon hex.
func Thumbprint(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	return colonHex(sum[:])
}

func colonHex(sum []byte) string {
	var b strings.Builder
	for i, octet := range sum {
		if i > 0 {
			b.WriteByte(':')
		}
		fmt.Fprintf(&b, "%02X", octet)
	}
	return b.String()
}

func (t TLS) config() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName}
	switch {
	case t.Thumbprint != "":
		pin, err := hex.DecodeString(strings.ReplaceAll(t.Thumbprint, ":", ""))
		if err != nil || (len(pin) != sha1.Size && len(pin) != sha256.Size) {
			return nil, errors.New("the thumbprint is not a SHA-256 or SHA-1 in hex")
		}
		config.InsecureSkipVerify = true // the pin is the check
		config.VerifyConnection = func(state tls.ConnectionState) error { return checkPin(state, pin) }
	case t.Insecure:
		config.InsecureSkipVerify = true
	case t.CAFile != "":
		pem, err := readCAFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("reading the CA file: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("no certificate in the CA file %s", t.CAFile)
		}
	}
	return config, nil
}

// maxCAFile bounds a CA file; the bundle of all public roots takes 0.2 MB.
const maxCAFile = 16 << 20

func readCAFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxCAFile {
		return nil, fmt.Errorf("%s is not a file of at most %d MiB", path, maxCAFile>>20)
	}
	return os.ReadFile(path)
}

func checkPin(state tls.ConnectionState, pin []byte) error {
	if len(state.PeerCertificates) == 0 {
		return errors.New("no certificate to compare with the pinned one")
	}
	cert := state.PeerCertificates[0]
	sum := sha256.Sum256(cert.Raw)
	got := sum[:]
	if len(pin) == sha1.Size {
		short := sha1.Sum(cert.Raw)
		got = short[:]
	}
	if string(got) != string(pin) {
		return &PinError{Want: colonHex(pin), Got: Thumbprint(cert)}
	}
	return nil
}
