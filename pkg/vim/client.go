package vim

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"vcfleet/pkg/internal/transport"
	"vcfleet/pkg/secret"
)

// Bounds of one request. The context that a caller gives bounds more: all of
// its calls together.
const (
	DialTimeout         = 10 * time.Second // TCP, and the proxy's CONNECT
	TLSHandshakeTimeout = 10 * time.Second
	HeaderTimeout       = 2 * time.Minute // from the request to the first byte of the answer: a page takes its time
	DefaultMaxResponse  = 256 << 20       // bytes of one answer, decompressed; a page of 1,000 rich virtual machines takes 14 MB
	maxSmallResponse    = 4 << 20         // bytes of any answer that is no page
	maxHeaderBytes      = 64 << 10
	maxTokenBytes       = 16 << 20 // bytes of one string or number: the decoder holds it whole
)

// Options say how to reach a vCenter.
type Options struct {
	Address     string // host:port
	UserAgent   string // shown in vCenter's list of sessions
	TLS         TLS
	Proxy       string      // URL; "" takes the environment's, "none" is none; one of https is itself checked as TLS says
	MaxResponse int64       // bytes of one answer, decompressed; 0 is DefaultMaxResponse
	Trace       func(Trace) // called after each request, from the goroutine that made it; may be nil
}

// Trace describes one request, without headers and bodies: they hold secrets.
type Trace struct {
	Method string // RetrievePropertiesEx, Login, …
	Object string // moref or path
	Status int    // 0 when there was no answer
	Took   time.Duration
	Err    error
	Date   time.Time            // the answer's Date, to the second; zero when there is none
	TLS    *tls.ConnectionState // of the answer's connection
}

// ErrPlainHTTP says that the port speaks HTTP without TLS.
var ErrPlainHTTP = errors.New("the port speaks plain HTTP, not HTTPS")

// LimitError says that an answer, or a single value in it, was longer than
// allowed.
type LimitError = transport.LimitError

// Client makes requests to one vCenter. It is safe for concurrent use.
type Client struct {
	base    url.URL
	stack   http.RoundTripper
	pool    *http.Transport
	counter transport.Counter
	trace   func(Trace)
}

// NewClient returns a client. It contacts nothing; the errors are those of the
// options: an unreadable CA file, a malformed thumbprint or proxy.
func NewClient(o Options) (*Client, error) {
	tlsConfig, err := o.TLS.config()
	if err != nil {
		return nil, err
	}
	proxy, err := proxyFunc(o.Proxy)
	if err != nil {
		return nil, err
	}
	// HTTP/1.1 on purpose: a transport with its own TLSClientConfig does not
	// offer h2, and for this traffic HTTP/2 costs 1.7 times the CPU. gzip is
	// asked for by the transport itself; vCenter honours it from 8.0 U3 on.
	pool := &http.Transport{
		Proxy:                  proxy,
		DialContext:            (&net.Dialer{Timeout: DialTimeout}).DialContext,
		TLSClientConfig:        tlsConfig,
		TLSHandshakeTimeout:    TLSHandshakeTimeout,
		ResponseHeaderTimeout:  HeaderTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		MaxIdleConnsPerHost:    2, // a page, and the next one
		IdleConnTimeout:        time.Minute,
	}
	limit := o.MaxResponse
	if limit <= 0 {
		limit = DefaultMaxResponse
	}
	c := &Client{base: url.URL{Scheme: "https", Host: o.Address}, pool: pool, trace: o.Trace}
	// A stack of RoundTrippers and no http.Client: a vCenter does not redirect
	// its API. What does is something else, and must not be handed a password.
	c.stack = transport.UserAgent(transport.Count(transport.Limit(pool, limit), &c.counter), o.UserAgent)
	return c, nil
}

func proxyFunc(proxy string) (func(*http.Request) (*url.URL, error), error) {
	switch proxy {
	case "":
		return http.ProxyFromEnvironment, nil
	case "none":
		return nil, nil
	}
	u, err := url.Parse(proxy)
	if err != nil || u.Host == "" {
		return nil, errors.New("the proxy is not a URL") // the cause would print a password in it
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
		return http.ProxyURL(u), nil
	}
	return nil, fmt.Errorf("the proxy's URL begins with %q, not with http, https, socks5 or socks5h", u.Scheme)
}

// Close closes the client's idle connections.
func (c *Client) Close() { c.pool.CloseIdleConnections() }

// Requests returns how many requests were sent.
func (c *Client) Requests() int64 { return c.counter.Requests() }

// sessionHeader carries the session's key in both directions (vSphere Web
// Services Programming Guide 8.0, "Client Applications Using the JSON
// Protocol").
const sessionHeader = "vmware-api-session-id"

// request is one call of the API.
type request struct {
	name    string // for errors and traces
	object  string
	verb    string
	path    string // escaped: the moref of a view has brackets in it
	query   string
	body    []byte // nil sends none: a method without parameters
	session secret.Text
	private []secret.Text // what must not appear in an error or trace, in all spellings
}

// do sends a request and returns an answer with status 200 or 204; any other is
// an error: a *Fault where the answer holds one, else an *AnswerError. The
// caller closes the body.
func (c *Client) do(ctx context.Context, r request) (*http.Response, error) {
	start := time.Now()
	resp, err := c.send(ctx, r)
	if err == nil && resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusNoContent {
		err = readError(resp, r)
		// The answer's error is what matters.
		_ = resp.Body.Close()
	}
	if err != nil {
		err = redact(fmt.Errorf("%s: %w", r.name, err), r.private)
	}
	if c.trace != nil {
		t := Trace{Method: r.name, Object: scrub(r.object, r.private), Took: time.Since(start), Err: err}
		if resp != nil {
			t.Status, t.TLS = resp.StatusCode, resp.TLS
			t.Date, _ = http.ParseTime(resp.Header.Get("Date"))
		}
		c.trace(t)
	}
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// serverClosedIdle is what net/http says when a kept connection ends in the very
// moment in which it is used again; the error itself is not exported.
const serverClosedIdle = "http: server closed idle connection"

func (c *Client) send(ctx context.Context, r request) (*http.Response, error) {
	u := c.base
	path, err := url.PathUnescape(r.path)
	if err != nil {
		return nil, fmt.Errorf("path %q: %w", r.path, err)
	}
	u.Path, u.RawPath, u.RawQuery = path, r.path, r.query
	req, err := http.NewRequestWithContext(ctx, r.verb, u.String(), bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if !r.session.Empty() {
		req.Header.Set(sessionHeader, r.session.Reveal())
	}
	// The transport sends a POST a second time by itself only when not a byte of
	// it had left (a kept connection was dead): no Login counts twice.
	resp, err := c.stack.RoundTrip(req)
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &record) && string(record.RecordHeader[:]) == "HTTP/":
		err = ErrPlainHTTP
	case err != nil && strings.HasSuffix(err.Error(), serverClosedIdle):
		err = fmt.Errorf("%w: %w", io.EOF, err)
	}
	return resp, because(ctx, err)
}

// value sends a request, and calls read with the answer's JSON document, or not
// at all when the answer is empty or null. The header is returned as soon as
// there is an answer, even when its body cannot be read.
func (c *Client) value(ctx context.Context, r request, read func(*Value)) (http.Header, error) {
	resp, err := c.do(ctx, r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // nothing is lost: it was read to its end, or an error says why not
	v, err := document(resp, transport.LimitReader(resp.Body, maxSmallResponse), r)
	if v != nil && err == nil {
		read(v)
		v.leave()
		err = v.end()
	}
	return resp.Header, r.reading(ctx, err)
}

// reading says of an error that it came with the answer's body.
func (r request) reading(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	return redact(fmt.Errorf("%s: reading the answer: %w", r.name, because(ctx, err)), r.private)
}

// because gives an error that came when the context had ended that end as its
// cause: a connection that is being closed breaks in more than one way.
func because(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil || errors.Is(err, ctx.Err()) {
		return err
	}
	return fmt.Errorf("%w: %w", ctx.Err(), err)
}
