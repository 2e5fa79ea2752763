package transport_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"vcfleet/pkg/internal/transport"
)

func get(t *testing.T, rt http.RoundTripper, url string) ([]byte, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if got := req.Header.Get("User-Agent"); got != "" {
		t.Errorf("the caller's request was changed: User-Agent %q", got)
	}
	var body bytes.Buffer
	_, err = io.Copy(&body, resp.Body)
	return body.Bytes(), err
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

func TestUserAgent(t *testing.T) {
	var got string
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) { got = r.UserAgent() })
	if _, err := get(t, transport.UserAgent(http.DefaultTransport, "vcfleet/test"), url); err != nil {
		t.Fatal(err)
	}
	if got != "vcfleet/test" {
		t.Errorf("User-Agent = %q", got)
	}
}

func TestLimit(t *testing.T) {
	const size = 100_000
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, size)) })
	for _, test := range []struct {
		limit int64
		want  int
		over  bool
	}{{size + 1, size, false}, {size, size, false}, {size - 1, size - 1, true}, {0, 0, true}} {
		body, err := get(t, transport.Limit(http.DefaultTransport, test.limit), url)
		var over *transport.LimitError
		if errors.As(err, &over) != test.over || len(body) != test.want {
			t.Errorf("limit %d: %d bytes, error %v; want %d bytes, over the limit: %t", test.limit, len(body), err, test.want, test.over)
		}
		if test.over && over != nil && over.Limit != test.limit {
			t.Errorf("the error names limit %d, want %d", over.Limit, test.limit)
		}
	}
}

// TestLimitStays reads on behind the limit, where the answer has ended.
func TestLimitStays(t *testing.T) {
	r := transport.LimitReader(strings.NewReader("12345"), 4)
	var got []byte
	for range 3 {
		buf := make([]byte, 8)
		n, err := r.Read(buf)
		got = append(got, buf[:n]...)
		if _, ok := errors.AsType[*transport.LimitError](err); !ok {
			t.Errorf("after %q: error %v, want one of the limit", got, err)
		}
	}
	if string(got) != "1234" {
		t.Errorf("read %q", got)
	}
}

func TestNoLimitInPractice(t *testing.T) {
	got, err := io.ReadAll(transport.LimitReader(strings.NewReader("12345"), math.MaxInt64))
	if err != nil || string(got) != "12345" {
		t.Errorf("read %q, error %v", got, err)
	}
}

func TestLimitCountsAfterDecompression(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(gzipped(make([]byte, 10<<20)))
	})
	body, err := get(t, transport.Limit(http.DefaultTransport, 1<<20), url)
	var over *transport.LimitError
	if !errors.As(err, &over) || len(body) != 1<<20 {
		t.Errorf("read %d bytes, error %v; want 1 MiB and a limit error", len(body), err)
	}
}

func TestCount(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1000)) })
	var counter transport.Counter
	rt := transport.Count(http.DefaultTransport, &counter)
	for range 3 {
		if _, err := get(t, rt, url); err != nil {
			t.Fatal(err)
		}
	}
	if counter.Requests() != 3 {
		t.Errorf("counted %d requests, want 3", counter.Requests())
	}
	if _, err := get(t, rt, "http://127.0.0.1:1"); err == nil {
		t.Error("no error from a closed port")
	}
	if counter.Requests() != 4 {
		t.Errorf("a request that failed is not counted: %d", counter.Requests())
	}
}
