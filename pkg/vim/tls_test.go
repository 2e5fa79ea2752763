package vim

import (
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// startTLS starts a vCenter with a certificate and returns its address.
func startTLS(t *testing.T, cert tls.Certificate) string {
	t.Helper()
	server := httptest.NewUnstartedServer(said{200, jsonType, `{"api_release":"8.0.3.0"}`, nil})
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func pemFile(t *testing.T, cert tls.Certificate) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// as reports whether an error holds one of type E.
func as[E error](err error) bool {
	var want E
	return errors.As(err, &want)
}

func TestTLS(t *testing.T) {
	good, other := newCert(t, time.Now().AddDate(100, 0, 0)), newCert(t, time.Now().AddDate(100, 0, 0))
	expired := newCert(t, time.Now().AddDate(0, 0, -1))
	shortPin := func(c tls.Certificate) string { sum := sha1.Sum(c.Leaf.Raw); return colonHex(sum[:]) }
	fine := func(err error) bool { return err == nil }
	untrusted := as[*tls.CertificateVerificationError]
	for name, test := range map[string]struct {
		cert tls.Certificate
		tls  TLS
		ok   func(error) bool
	}{
		"system roots":             {good, TLS{}, untrusted},
		"system roots, authority":  {good, TLS{}, as[x509.UnknownAuthorityError]},
		"CA file":                  {good, TLS{CAFile: pemFile(t, good)}, fine},
		"another CA":               {good, TLS{CAFile: pemFile(t, other)}, untrusted},
		"SHA-256":                  {good, TLS{Thumbprint: Thumbprint(good.Leaf)}, fine},
		"SHA-256 in small letters": {good, TLS{Thumbprint: strings.ToLower(strings.ReplaceAll(Thumbprint(good.Leaf), ":", ""))}, fine},
		"SHA-1":                    {good, TLS{Thumbprint: shortPin(good)}, fine},
		"another SHA-256":          {good, TLS{Thumbprint: Thumbprint(other.Leaf)}, as[*PinError]},
		"another SHA-1":            {good, TLS{Thumbprint: shortPin(other)}, as[*PinError]},
		"pin before insecure":      {good, TLS{Thumbprint: Thumbprint(other.Leaf), Insecure: true}, as[*PinError]},
		"insecure":                 {good, TLS{Insecure: true}, fine},
		"server name":              {good, TLS{CAFile: pemFile(t, good), ServerName: "vc.test"}, fine},
		"another server name":      {good, TLS{CAFile: pemFile(t, good), ServerName: "vc2.test"}, as[x509.HostnameError]},
		"expired":                  {expired, TLS{CAFile: pemFile(t, expired)}, func(err error) bool { return as[x509.CertificateInvalidError](err) && untrusted(err) }},
		"expired, insecure":        {expired, TLS{Insecure: true}, fine},
		"expired, pinned":          {expired, TLS{Thumbprint: Thumbprint(expired.Leaf)}, fine},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := NewClient(Options{Address: startTLS(t, test.cert), Proxy: "none", TLS: test.tls})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			_, err = client.Hello(t.Context())
			if !test.ok(err) {
				t.Errorf("error %v", err)
			}
			var pin *PinError
			if errors.As(err, &pin) && (pin.Got != Thumbprint(good.Leaf) || !strings.EqualFold(pin.Want, test.tls.Thumbprint)) {
				t.Errorf("wanted %s, got %s", pin.Want, pin.Got)
			}
		})
	}
}

func TestThumbprint(t *testing.T) {
	cert := newCert(t, time.Now().AddDate(1, 0, 0))
	got := Thumbprint(cert.Leaf)
	if raw, err := hex.DecodeString(strings.ReplaceAll(got, ":", "")); err != nil || len(raw) != 32 || len(got) != 95 || got != strings.ToUpper(got) {
		t.Errorf("thumbprint %q", got)
	}
}

func TestOptionsRefused(t *testing.T) {
	dir := t.TempDir()
	empty, huge := filepath.Join(dir, "empty.pem"), filepath.Join(dir, "huge.pem")
	for name, size := range map[string]int64{empty: 0, huge: maxCAFile + 1} {
		if err := os.WriteFile(name, []byte("no PEM"), 0o600); err != nil {
			t.Fatal(err)
		}
		if size > 0 {
			if err := os.Truncate(name, size); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, test := range map[string]struct {
		options Options
		want    string
	}{
		"no CA file":        {Options{TLS: TLS{CAFile: filepath.Join(dir, "none.pem")}}, "reading the CA file: "},
		"a folder":          {Options{TLS: TLS{CAFile: dir}}, "is not a file of at most 16 MiB"},
		"a device":          {Options{TLS: TLS{CAFile: os.DevNull}}, "is not a file of at most 16 MiB"},
		"a huge file":       {Options{TLS: TLS{CAFile: huge}}, "is not a file of at most 16 MiB"},
		"no PEM":            {Options{TLS: TLS{CAFile: empty}}, "no certificate in the CA file " + empty},
		"short thumbprint":  {Options{TLS: TLS{Thumbprint: "AA:BB"}}, "not a SHA-256 or SHA-1"},
		"no hex":            {Options{TLS: TLS{Thumbprint: strings.Repeat("zz", 20)}}, "not a SHA-256 or SHA-1"},
		"proxy, no URL":     {Options{Proxy: "http://user:hunter2@%zz"}, "the proxy is not a URL"},
		"proxy, no host":    {Options{Proxy: "proxy.example.com"}, "the proxy is not a URL"},
		"proxy, odd scheme": {Options{Proxy: "ftp://user:hunter2@proxy.example.com"}, `the proxy's URL begins with "ftp"`},
	} {
		_, err := NewClient(test.options)
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: error %v, want %q", name, err, test.want)
		}
	}
}

func TestUnreachable(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	address := server.Listener.Addr().String()
	server.Close()
	client, err := NewClient(Options{Address: address, Proxy: "none"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Hello(t.Context()); err == nil || !strings.Contains(err.Error(), "connect") || strings.Contains(err.Error(), "action=hello") {
		t.Errorf("error %v", err)
	}
}
