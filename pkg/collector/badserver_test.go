package collector_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vcfleet/pkg/config"
	"vcfleet/pkg/secret"
	"vcfleet/pkg/simulator"
)

// instead starts a simulated vCenter that answers one method with h.
func instead(t *testing.T, at string, h http.HandlerFunc) (config.VCenter, *simulator.VCenter) {
	t.Helper()
	v := start(t, simulator.Options{VMs: 30, PageCap: 30, Wrap: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if method(r) == at {
				h(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}})
	return target(v), v
}

// says answers with a text.
func says(status int, contentType, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text) // the client may have gone
	}
}

func fault(text string) http.HandlerFunc {
	return says(http.StatusInternalServerError, "application/json", text)
}

func page(text string) http.HandlerFunc { return says(http.StatusOK, "application/json", text) }

// endlessly answers with a start and then the same again and again, until the
// client has had enough or some three gigabytes have passed.
func endlessly(contentType, begin, again string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, err := io.WriteString(w, begin)
		piece := bytes.Repeat([]byte(again), max(1, 1<<20/len(again)))
		for sent := 0; err == nil && sent < 3<<30; sent += len(piece) {
			_, err = w.Write(piece)
		}
	}
}

// cutOff sends a part of a longer answer, and resets the connection.
func cutOff(begin string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "1000000")
		_, _ = io.WriteString(w, begin)
		_ = http.NewResponseController(w).Flush()
		hangUp(w)
	}
}

// waitFor waits until the client has gone, which the server only learns once
// the request has been read.
func waitFor(r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

// hangUp resets the connection.
func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if encrypted, ok := conn.(*tls.Conn); ok {
		if plain, ok := encrypted.NetConn().(*net.TCPConn); ok {
			_ = plain.SetLinger(0)
			_ = plain.Close()
		}
	}
}

// at is the configuration of an address.
func at(address string) config.VCenter {
	return config.VCenter{
		Host: address, Timeout: time.Minute, Proxy: "none",
		TLS: config.TLS{Insecure: true}, Username: "u", Password: secret.New("p"),
	}
}

// listen starts a server that does with each connection what it likes.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serve(conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return l.Addr().String()
}

// refusing is an address where nothing listens.
func refusing(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// certified starts a TLS server with a certificate of its own for a host,
// valid for an hour from the given moment, and returns its address and the PEM
// file of its authority.
func certified(t *testing.T, host string, from time.Time) (address, caFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, NotBefore: from, NotAfter: from.Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, DNSNames: []string{host},
	}
	if ip := net.ParseIP(host); ip != nil {
		template.DNSNames, template.IPAddresses = nil, []net.IP{ip}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	caFile = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(caFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return s.Listener.Addr().String(), caFile
}

// gone waits until the client has gone. A server looks for that only when the
// request's body has been read.
func gone(r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}
