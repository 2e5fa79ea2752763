package doctor_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vcfleet/pkg/config"
	"vcfleet/pkg/doctor"
	"vcfleet/pkg/inventory"
	"vcfleet/pkg/secret"
	"vcfleet/pkg/simulator"
)

// start starts a simulated vCenter that ends with the test.
func start(t testing.TB, o simulator.Options) *simulator.VCenter {
	t.Helper()
	if o.VMs == 0 {
		o.VMs = 5
	}
	v, err := simulator.Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return v
}

// target is the configuration that reads a simulated vCenter.
func target(v *simulator.VCenter) config.VCenter {
	user, password := v.Credentials()
	return config.VCenter{
		Name: v.Name(), Host: v.Addr(), Enabled: true, Timeout: time.Minute, PageSize: 1000, Proxy: "none",
		TLS: config.TLS{Thumbprint: v.Thumbprint()}, Username: user, Password: secret.New(password),
	}
}

func options() doctor.Options {
	return doctor.Options{UserAgent: "vcfleet/test", Sections: inventory.Sections(), Step: 20 * time.Second}
}

// checkClean fails unless a vCenter holds nothing of ours any more.
func checkClean(t testing.TB, v *simulator.VCenter) {
	t.Helper()
	if n := v.Counters(); n.OpenSessions != 0 || n.OpenViews != 0 || n.OpenTokens != 0 || n.Logins != n.Logouts {
		t.Errorf("%s: left behind: %+v", v.Name(), n)
	}
}

func find(t testing.TB, v doctor.VCenter, check string) doctor.Result {
	t.Helper()
	for _, r := range v.Checks {
		if r.Check == check {
			return r
		}
	}
	t.Fatalf("there is no check %s", check)
	return doctor.Result{}
}

func statuses(v doctor.VCenter) string {
	var list []string
	for _, r := range v.Checks {
		list = append(list, r.Check+" "+string(r.Status))
	}
	return strings.Join(list, ", ")
}

// serve is a server of something else, over TLS with that certificate, or
// without any.
func serve(t testing.TB, h http.HandlerFunc, cert *tls.Certificate) config.VCenter {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	if cert == nil {
		server.Start()
	} else {
		server.TLS = &tls.Config{Certificates: []tls.Certificate{*cert}, MinVersion: tls.VersionTLS12}
		server.StartTLS()
	}
	t.Cleanup(server.Close)
	return config.VCenter{
		Name: "other", Host: server.Listener.Addr().String(), Timeout: time.Minute, Proxy: "none",
		TLS: config.TLS{Insecure: true}, Username: "u", Password: secret.New("p-a-s-s"),
	}
}

// certificate makes a self-signed certificate for 127.0.0.1 that ends then.
func certificate(t testing.TB, end time.Time) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "made up"},
		NotBefore: end.AddDate(-1, 0, 0), NotAfter: end, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// file writes a file for the test.
func file(t testing.TB, data []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
