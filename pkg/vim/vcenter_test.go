package vim

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
	"path"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"vcfleet/pkg/secret"
)

const (
	testPassword = "hunter2<&\"é %/pass"
	testKey      = "b00db39f948d13ea1e59b4d6fce56389cafebabe"
)

// serve starts a vCenter over TLS on loopback and returns a client that pins
// its certificate.
func serve(t *testing.T, h http.HandlerFunc, change ...func(*Options)) *Client {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	o := Options{
		Address: server.Listener.Addr().String(), UserAgent: "vcfleet/test", Proxy: "none",
		TLS: TLS{Thumbprint: Thumbprint(server.Certificate())},
	}
	for _, f := range change {
		f(&o)
	}
	client, err := NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// bubble runs f under a fake clock against a vCenter that is reached through
// memory. It fails when a goroutine or a connection is left behind.
func bubble(t *testing.T, h http.HandlerFunc, f func(t *testing.T, client *Client)) {
	t.Helper()
	cert := newCert(t, time.Now().AddDate(100, 0, 0))
	synctest.Test(t, func(t *testing.T) {
		wire := &memory{conns: make(chan net.Conn), closed: make(chan struct{})}
		server := &http.Server{
			Handler: h, ErrorLog: log.New(io.Discard, "", 0),
			TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}},
		}
		go func() { _ = server.ServeTLS(wire, "", "") }()
		client, err := NewClient(Options{Address: "vc.test:443", Proxy: "none", TLS: TLS{Insecure: true}})
		if err != nil {
			t.Fatal(err)
		}
		client.pool.DialContext = wire.dial
		f(t, client)
		client.Close()
		time.Sleep(time.Minute) // what is closing has closed
		if open := wire.open.Load(); open != 0 {
			t.Errorf("%d connections are still in use", open)
		}
		_ = server.Close()
		synctest.Wait()
	})
}

// memory is a network of one listener.
type memory struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
	open   atomic.Int64
}

// end is the client's end of a connection.
type end struct {
	net.Conn
	closed func()
}

func (e end) Close() error {
	e.closed()
	return e.Conn.Close()
}

func (m *memory) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case m.conns <- far:
		m.open.Add(1)
		return end{near, sync.OnceFunc(func() { m.open.Add(-1) })}, nil
	case <-m.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (m *memory) Accept() (net.Conn, error) {
	select {
	case conn := <-m.conns:
		return conn, nil
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

func (m *memory) Close() error {
	m.once.Do(func() { close(m.closed) })
	return nil
}

func (m *memory) Addr() net.Addr { return &net.IPAddr{} }

// newCert returns a self-signed certificate for vc.test and 127.0.0.1.
func newCert(t *testing.T, notAfter time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "vc.test"}, DNSNames: []string{"vc.test"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: notAfter.AddDate(-200, 0, 0), NotAfter: notAfter,
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// answer sends a JSON document.
func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// methods answers each method of the API, by the last part of its path, with
// its handler, and records what came.
type methods struct {
	mu    sync.Mutex
	calls []call
	by    map[string]http.HandlerFunc
}

type call struct {
	Verb, Path, Body string
	header           http.Header
}

func (m *methods) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	m.mu.Lock()
	m.calls = append(m.calls, call{r.Method, r.URL.RequestURI(), string(body), r.Header.Clone()})
	m.mu.Unlock()
	if handle, ok := m.by[path.Base(r.URL.Path)]; ok {
		handle(w, r)
		return
	}
	http.NotFound(w, r)
}

// seen returns the calls so far.
func (m *methods) seen() []call {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]call(nil), m.calls...)
}

// names returns the methods called so far.
func (m *methods) names() []string {
	var names []string
	for _, c := range m.seen() {
		names = append(names, path.Base(c.Path))
	}
	return names
}

func testContent() *ServiceContent {
	return &ServiceContent{
		RootFolder:        ManagedObjectReference{"Folder", "group-d1"},
		PropertyCollector: ManagedObjectReference{"PropertyCollector", "propertyCollector"},
		ViewManager:       ManagedObjectReference{"ViewManager", "ViewManager"},
		SessionManager:    ManagedObjectReference{"SessionManager", "SessionManager"},
	}
}

// inSession returns a session as Login would.
func inSession(c *Client) *Session {
	key := secret.New(testKey)
	return &Session{client: c, release: "8.0.3.0", content: testContent(), key: key, private: spellings(key)}
}
