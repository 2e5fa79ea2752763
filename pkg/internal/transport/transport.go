// Package transport holds the RoundTrippers that a vim client is stacked from,
// one concern each: [UserAgent], [Limit], [Count]. It refuses to know VI/JSON.
// To add one, write a RoundTripper that never changes the caller's request
// (http.RoundTripper forbids it), and put it into the stack in vim.NewClient.
package transport

import (
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
)

// Func is a RoundTripper made of a function.
type Func func(*http.Request) (*http.Response, error)

// RoundTrip calls f.
func (f Func) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// UserAgent names the program in every request: vCenter shows it in its list of
// sessions.
func UserAgent(next http.RoundTripper, name string) http.RoundTripper {
	return Func(func(req *http.Request) (*http.Response, error) {
		req = req.Clone(req.Context())
		req.Header.Set("User-Agent", name)
		return next.RoundTrip(req)
	})
}

// LimitError says that more came than is allowed.
type LimitError struct {
	What  string // an answer, a value, a retrieval
	Limit int64
	Unit  string // what Limit counts; bytes when empty
}

// Error names the limit.
func (e *LimitError) Error() string {
	if e.Unit == "" {
		return fmt.Sprintf("%s is longer than the limit of %d MiB", e.What, e.Limit>>20)
	}
	return fmt.Sprintf("%s has more than the limit of %d %s", e.What, e.Limit, e.Unit)
}

// Limit fails the reading of an answer's body after limit bytes, counted after
// decompression. An answer that is cut short would read as a complete one, so
// it is an error and not an end.
func Limit(next http.RoundTripper, limit int64) http.RoundTripper {
	return Func(func(req *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(req)
		if err != nil {
			return nil, err
		}
		resp.Body = &limitedBody{ReadCloser: resp.Body, left: limit, limit: limit}
		return resp, nil
	})
}

// LimitReader returns r with the bound of [Limit].
func LimitReader(r io.Reader, limit int64) io.Reader {
	return &limitedBody{ReadCloser: io.NopCloser(r), left: limit, limit: limit}
}

type limitedBody struct {
	io.ReadCloser
	left  int64
	limit int64
	over  bool
}

func (b *limitedBody) Read(p []byte) (int, error) {
	if b.over {
		// Again: a reader may drop an error that comes with bytes, as jsontext does.
		return 0, &LimitError{What: "an answer", Limit: b.limit}
	}
	// One byte more than is left may be read, to tell an answer of exactly the
	// limit from a longer one.
	if int64(len(p))-1 > b.left {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if int64(n) > b.left {
		n, b.over = int(b.left), true
		err = &LimitError{What: "an answer", Limit: b.limit}
	}
	b.left -= int64(n)
	return n, err
}

// Counter counts requests. Its method may be called at any time.
type Counter struct{ requests atomic.Int64 }

// Requests returns the number of requests sent, answered or not.
func (c *Counter) Requests() int64 { return c.requests.Load() }

// Count counts requests.
func Count(next http.RoundTripper, counter *Counter) http.RoundTripper {
	return Func(func(req *http.Request) (*http.Response, error) {
		counter.requests.Add(1)
		return next.RoundTrip(req)
	})
}
