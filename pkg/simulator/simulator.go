package simulator

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"

	"vcfleet/pkg/bridge"
)

// VCenter is a running simulated vCenter.
type VCenter struct {
	opts      Options
	service   *simulator.Service
	registry  *simulator.Registry
	content   types.ServiceContent
	bridge    *bridge.Bridge
	schema    schema
	hidden    []func(types.ManagedObjectReference) bool // by faults
	sessions  sessions
	traffic   traffic
	waits     soapWaits
	pageBytes atomic.Int64 // the size of the last page, a guess for the next

	listener net.Listener
	server   *http.Server
	cert     tls.Certificate

	cancel   context.CancelFunc // of the context of every request
	unwatch  func() bool        // ends the watch over Start's context
	once     sync.Once
	serving  sync.WaitGroup
	closeErr error

	mu       sync.Mutex
	closed   bool // no handler begins any more
	handlers sync.WaitGroup
}

// Start makes the inventory and serves it until Close, or until ctx ends.
func Start(ctx context.Context, o Options) (*VCenter, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}

	v := &VCenter{opts: o}
	v.eachFault(func(s faultSpec, p params) {
		if s.hide != nil {
			v.hidden = append(v.hidden, func(obj types.ManagedObjectReference) bool { return s.hide(v, p, obj) })
		}
	})
	v.sessions.open = make(map[string]*session)
	v.traffic.byMethod = make(map[string]int64)
	if err := v.build(); err != nil {
		return nil, fmt.Errorf("build inventory of %s: %w", o.Name, err)
	}
	if v.bridge, err = bridge.New(bridge.Options{Backend: newBackend(v), Release: o.serves, Null: o.Null}); err != nil {
		return nil, err
	}
	if v.cert, err = certificate(o.Name); err != nil {
		return nil, fmt.Errorf("certificate of %s: %w", o.Name, err)
	}

	var lc net.ListenConfig
	if v.listener, err = lc.Listen(ctx, "tcp", o.Addr); err != nil {
		return nil, fmt.Errorf("listen for %s: %w", o.Name, err)
	}
	v.attachSOAP()
	v.serve(ctx)
	return v, nil
}

// build loads or makes the inventory.
func (v *VCenter) build() error {
	if v.opts.LoadDir != "" {
		return v.load(v.opts.LoadDir)
	}
	return v.generate()
}

func (v *VCenter) serve(ctx context.Context) {
	base, cancel := context.WithCancel(ctx)
	v.cancel = cancel
	v.server = &http.Server{
		Handler:           v.handler(),
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: 30 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0),
		TLSConfig: &tls.Config{
			Certificates: []tls.Certificate{v.cert},
			MinVersion:   tls.VersionTLS12,
			NextProtos:   []string{"http/1.1"}, // as vcsim; HTTP/2 is not known of vCenter
		},
	}

	l := v.listener
	v.eachFault(func(s faultSpec, p params) {
		if s.conn != nil {
			l = s.conn(p, l)
		}
	})
	v.serving.Go(func() {
		err := v.server.ServeTLS(l, "", "")
		if !errors.Is(err, http.ErrServerClosed) {
			v.closeErr = fmt.Errorf("serve %s: %w", v.opts.Name, err)
		}
	})
	v.unwatch = context.AfterFunc(ctx, v.shut)
}

// handler is all that the vCenter serves, from the outside in: the count, the
// caller's wrapper, latency, faults, and what answers.
func (v *VCenter) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc(helloPath, v.hello)
	mux.Handle(bridge.Prefix, v.bridge)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, _ *http.Request) {
		vapiError(w, http.StatusNotFound, "NOT_FOUND", "com.vmware.vapi.rest.operationsForUrlNotFound", "Not found.")
	})
	mux.HandleFunc("/sdk", v.serveSOAP)
	mux.HandleFunc("/sdk/vimService", v.serveSOAP)
	mux.HandleFunc("/sdk/vimServiceVersions.xml", v.service.ServiceVersions)

	var h http.Handler = mux
	v.eachFault(func(s faultSpec, p params) {
		if s.http != nil {
			h = s.http(v, p, h)
		}
	})
	h = v.delay(h)
	if v.opts.Wrap != nil {
		h = v.opts.Wrap(h)
	}
	return v.own(v.traffic.count(h))
}

// own makes Close wait for every handler.
func (v *VCenter) own(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.mu.Lock()
		if v.closed {
			v.mu.Unlock()
			panic(http.ErrAbortHandler)
		}
		v.handlers.Add(1)
		v.mu.Unlock()
		defer v.handlers.Done()
		next.ServeHTTP(w, r)
	})
}

// delay adds the latency of a distant vCenter.
func (v *VCenter) delay(next http.Handler) http.Handler {
	if v.opts.Latency == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := time.NewTimer(v.opts.Latency)
		defer t.Stop()
		select {
		case <-t.C:
			next.ServeHTTP(w, r)
		case <-r.Context().Done():
			panic(http.ErrAbortHandler) // returning would be an answer: 200
		}
	})
}

// Close stops the listener, breaks what is under way and waits for it to end.
func (v *VCenter) Close() error {
	v.unwatch()
	v.shut()
	return v.closeErr
}

// shut does the closing once; whoever comes second waits for the first.
func (v *VCenter) shut() {
	v.once.Do(func() {
		v.mu.Lock()
		v.closed = true
		v.mu.Unlock()
		v.cancel()
		err := v.server.Close()
		v.serving.Wait()
		v.endWaits()
		v.handlers.Wait()
		v.closeErr = errors.Join(v.closeErr, err)
	})
}

// Edit changes an object under its lock, so that readers see it whole: before
// or after. The function gets a pointer to the govmomi type of the object, such
// as *mo.VirtualMachine. Links to other objects are the caller's business.
func (v *VCenter) Edit(ctx context.Context, ref types.ManagedObjectReference, f func(obj any)) error {
	obj := v.registry.Get(ref)
	if obj == nil {
		return fmt.Errorf("edit %s: there is no such object", ref.Value)
	}
	v.withLock(v.context(ctx, nil), obj, func() { f(managedObject(obj).Addr().Interface()) })
	return nil
}

// Addr returns the address that the vCenter listens on, such as 127.0.0.1:4711.
func (v *VCenter) Addr() string { return v.listener.Addr().String() }

// Name returns the name of the vCenter.
func (v *VCenter) Name() string { return v.opts.Name }

// Thumbprint returns the SHA-256 thumbprint of the certificate.
func (v *VCenter) Thumbprint() string { return thumbprint(v.cert.Certificate[0]) }

// CertificatePEM returns the certificate, which is its own authority.
func (v *VCenter) CertificatePEM() []byte { return certificatePEM(v.cert.Certificate[0]) }

// InstanceUUID returns the vCenter's instanceUuid.
func (v *VCenter) InstanceUUID() string { return v.content.About.InstanceUuid }

// Credentials returns the user name and password that are accepted.
func (v *VCenter) Credentials() (username, password string) { return v.opts.Username, v.opts.Password }

// SOAPURL returns the address of vcsim's SOAP endpoint, credentials included.
func (v *VCenter) SOAPURL() *url.URL {
	return &url.URL{
		Scheme: "https",
		User:   url.UserPassword(v.opts.Username, v.opts.Password),
		Host:   v.Addr(),
		Path:   "/sdk",
	}
}
