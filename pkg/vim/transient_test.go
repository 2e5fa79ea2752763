package vim

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"vcfleet/pkg/internal/transport"
)

// broken answers as a server does that breaks off: how says where.
func broken(how string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if how == "body" {
			w.Header().Set("Content-Type", jsonType)
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"api_release":"8.0`)
			_ = http.NewResponseController(w).Flush()
		}
		panic(http.ErrAbortHandler)
	}
}

// TestTransientAnswers asks real servers.
func TestTransientAnswers(t *testing.T) {
	status := func(code int, retryAfter string) http.HandlerFunc {
		return said{code, "text/plain", "x", map[string]string{"Retry-After": retryAfter}}.ServeHTTP
	}
	faulty := said{500, jsonType, `{"_typeName":"SystemError"}`, map[string]string{"Retry-After": "1"}}.ServeHTTP
	for name, test := range map[string]struct {
		h    http.HandlerFunc
		want bool
		wait time.Duration
	}{
		"503":                     {status(503, ""), true, 0},
		"502":                     {status(502, ""), true, 0},
		"504":                     {status(504, ""), true, 0},
		"429":                     {status(429, ""), true, 0},
		"429, wait":               {status(429, "7"), true, 7 * time.Second},
		"503, wait":               {status(503, " 120 "), true, 2 * time.Minute},
		"503, wait for nothing":   {status(503, "0"), true, 0},
		"503, wait for ever":      {status(503, "4294967295"), true, 24 * time.Hour},
		"503, odd":                {status(503, "-5"), true, 0},
		"503, nonsense":           {status(503, "soon"), true, 0},
		"503, a date of the past": {status(503, "Sun, 06 Nov 1994 08:49:37 GMT"), true, 0},
		"503, a date far ahead":   {status(503, "Sun, 06 Nov 2094 08:49:37 GMT"), true, 24 * time.Hour},
		"500":                     {status(500, "7"), false, 0},
		"501":                     {status(501, ""), false, 0},
		"400":                     {status(400, ""), false, 0},
		"403":                     {status(403, ""), false, 0},
		"a fault":                 {faulty, false, 0},
		"a fault with 503":        {said{503, jsonType, `{"_typeName":"InvalidLogin"}`, nil}.ServeHTTP, false, 0},
		"an API error with 503":   {said{503, jsonType, `{"error_type":"SERVICE_UNAVAILABLE"}`, nil}.ServeHTTP, true, 0},
		"no answer":               {broken("before"), true, 0},
		"half an answer":          {broken("body"), true, 0},
		"half a document":         {said{200, jsonType, `{"api_release":"8.0`, nil}.ServeHTTP, true, 0},
		"not JSON":                {said{200, jsonType, `{"api_release"}`, nil}.ServeHTTP, false, 0},
		"a web page":              {said{200, "text/html", "<html>", nil}.ServeHTTP, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := serve(t, test.h).Hello(t.Context())
			got, ok := TransientCause(err)
			if err == nil || ok != test.want || got != (Transient{Wait: test.wait}) {
				t.Errorf("error %v: %+v, %t; want %t with a wait of %v", err, got, ok, test.want, test.wait)
			}
		})
	}
}

// TestTransientConnections asks where no vCenter is.
func TestTransientConnections(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	_ = l.Close()
	strange := httptest.NewUnstartedServer(http.NotFoundHandler())
	strange.Config.ErrorLog = log.New(io.Discard, "", 0)
	strange.StartTLS()
	defer strange.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	for name, test := range map[string]struct {
		options Options
		unsent  bool
	}{
		"refused":           {Options{Address: closed, Proxy: "none"}, true},
		"a proxy refuses":   {Options{Address: "vc.example.com:443", Proxy: "http://" + closed}, true},
		"unknown authority": {Options{Address: strange.Listener.Addr().String(), Proxy: "none"}, false},
		"another pin":       {Options{Address: strange.Listener.Addr().String(), Proxy: "none", TLS: TLS{Thumbprint: "00112233445566778899AABBCCDDEEFF00112233"}}, false},
		"plain HTTP":        {Options{Address: plain.Listener.Addr().String(), Proxy: "none"}, false},
		"no such name":      {Options{Address: "vcenter.invalid:443", Proxy: "none"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := NewClient(test.options)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			_, err = client.Hello(t.Context())
			if got, ok := TransientCause(err); err == nil || ok != test.unsent || got.Unsent != test.unsent {
				t.Errorf("error %v: %+v, %t; want %t", err, got, ok, test.unsent)
			}
		})
	}
}

// TestTransientCause has what servers on loopback cannot show.
func TestTransientCause(t *testing.T) {
	op := func(op string, err error) error { return fmt.Errorf("hello: %w", &net.OpError{Op: op, Err: err}) }
	for _, test := range []struct {
		err          error
		want, unsent bool
	}{
		{nil, false, false},
		{errors.New("odd"), false, false},
		{op("read", syscall.ECONNRESET), true, false},
		{op("write", syscall.EPIPE), true, false},
		{op("read", syscall.Errno(10054)), true, false},
		{op("dial", syscall.Errno(10061)), true, true},
		{op("dial", syscall.EACCES), false, true},
		{op("dial", context.DeadlineExceeded), false, false},
		{op("dial", &net.DNSError{Err: "server misbehaving", Name: "vc", IsTemporary: true}), false, false},
		{op("proxyconnect", op("dial", syscall.ECONNREFUSED)), true, true},
		{op("remote error", tls.AlertError(40)), false, false},
		{fmt.Errorf("%w: %w", context.Canceled, io.EOF), false, false},
		{fmt.Errorf("page 2: %w: %w", ErrTokenLost, &Fault{Type: InvalidProperty, Name: "token"}), true, false},
		{&Fault{Type: InvalidProperty, Name: "token"}, false, false},
		{&LimitError{What: "an answer", Limit: 1}, false, false},
		{&NoReleaseError{}, false, false},
	} {
		got, ok := TransientCause(test.err)
		if ok != test.want || ok && got.Unsent != test.unsent {
			t.Errorf("%v: %+v, %t; want %t, unsent %t", test.err, got, ok, test.want, test.unsent)
		}
	}
}

// TestIdleConnectionEnds is a kept connection that the server closes in the
// moment in which it is used again.
func TestIdleConnectionEnds(t *testing.T) {
	client := serve(t, broken("before"))
	client.stack = transport.Func(func(*http.Request) (*http.Response, error) { return nil, errors.New(serverClosedIdle) })
	_, err := client.Hello(t.Context())
	if got, ok := TransientCause(err); !ok || got.Unsent || !errors.Is(err, io.EOF) {
		t.Errorf("error %v: %+v, %t", err, got, ok)
	}
}

// TestTokenLost gives faults and other answers for a token.
func TestTokenLost(t *testing.T) {
	refusal := func(typ string) http.HandlerFunc {
		return said{500, jsonType, fmt.Sprintf(`{"_typeName":%q,"name":"token"}`, typ), nil}.ServeHTTP
	}
	for name, test := range map[string]struct {
		first, next http.HandlerFunc
		want        bool
	}{
		"InvalidProperty":     {page(pageBody("a", 1, 2)), refusal("InvalidProperty"), true},
		"InvalidArgument":     {page(pageBody("a", 1, 2)), refusal("InvalidArgument"), true},
		"NotAuthenticated":    {page(pageBody("a", 1, 2)), refusal("NotAuthenticated"), false},
		"of the first page":   {refusal("InvalidProperty"), nil, false},
		"argument, no tokens": {refusal("InvalidArgument"), nil, false},
	} {
		session := inSession(serve(t, pages(test.first, map[string]http.HandlerFunc{"a": test.next}).ServeHTTP))
		_, err := session.Retrieve(t.Context(), Query{}, new(recorder))
		if _, transient := TransientCause(err); err == nil || errors.Is(err, ErrTokenLost) != test.want || transient != test.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReleaseBefore(t *testing.T) {
	for _, test := range []struct {
		a, b Release
		want bool
	}{
		{"8.0.1.0", "8.0.3.0", true},
		{"8.0.2.0", "8.0.3.0", true},
		{"8.0.3.0", "8.0.3.0", false},
		{"8.0.3.1", "8.0.3.0", false},
		{"9.0.0.0", "8.0.3.0", false},
		{"8.0.3.0", "10.0.0.0", true},
		{"8.0.2", "8.0.2.0", true},
	} {
		if got := test.a.Before(test.b); got != test.want {
			t.Errorf("%s before %s: %t", test.a, test.b, got)
		}
	}
}
