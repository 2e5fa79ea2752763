package simulator_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"vcfleet/pkg/simulator"
)

const contentPath = "/sdk/vim25/8.0.1.0/ServiceInstance/ServiceInstance/content"

// wantReset sends a request whose connection is reset, with or without a part
// of the answer before.
func wantReset(t *testing.T, c *client, path string) {
	t.Helper()
	method := http.MethodPost
	if path == contentPath {
		method = http.MethodGet
	}
	res, err := c.send(context.Background(), method, path, "")
	if err == nil {
		_, err = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%s: %v, want a reset", path, err)
	}
}

// handshake dials and shakes hands until the deadline.
func handshake(t *testing.T, v *simulator.VCenter) error {
	t.Helper()
	conn, err := net.Dial("tcp", v.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	return tls.Client(conn, &tls.Config{InsecureSkipVerify: true}).HandshakeContext(deadline(t))
}

// wantHang sends a request that is answered in part at the most, and returns
// that part.
func wantHang(t *testing.T, c *client, path string) (*http.Response, []byte) {
	t.Helper()
	res, err := c.send(deadline(t), http.MethodGet, path, "")
	if err != nil {
		wantDeadline(t, err)
		return nil, nil
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	wantDeadline(t, err)
	return res, data
}

func connectionCases() []faultCase {
	return []faultCase{
		{fault: "hang-tls", check: func(t *testing.T, v *simulator.VCenter, _ *client) {
			wantDeadline(t, handshake(t, v))
		}},
		{fault: "slow-tls=1h", check: func(t *testing.T, v *simulator.VCenter, _ *client) {
			wantDeadline(t, handshake(t, v))
		}},
		{fault: "slow-tls=1ms", check: func(t *testing.T, v *simulator.VCenter, c *client) {
			if status, _ := c.get("ServiceInstance/ServiceInstance/content"); status != 200 {
				t.Errorf("content: %d", status)
			}
			if got := soapNames(t, v); len(got) != 25 {
				t.Errorf("over SOAP: %v", got)
			}
		}},
		{fault: "hang", check: func(t *testing.T, v *simulator.VCenter, c *client) {
			if res, _ := wantHang(t, c, "/api/vcenter/system?action=hello"); res != nil {
				t.Errorf("answered: %s", res.Status)
			}
			if got := soapNames(t, v); len(got) != 25 {
				t.Errorf("over SOAP: %v", got)
			}
		}},
		{fault: "hang@content", check: func(t *testing.T, v *simulator.VCenter, c *client) {
			c.login()
			if res, _ := wantHang(t, c, contentPath); res != nil {
				t.Errorf("answered: %s", res.Status)
			}
			c.logout()
			if n := v.Counters(); n.ByMethod["content"] != 1 || n.OpenSessions != 0 {
				t.Errorf("counters %+v", n)
			}
		}},
		{fault: "hang-body@content", check: func(t *testing.T, _ *simulator.VCenter, c *client) {
			res, part := wantHang(t, c, contentPath)
			if res == nil || res.StatusCode != http.StatusOK || res.ContentLength/2 != int64(len(part)) || part[0] != '{' {
				t.Errorf("%v with %d bytes", res, len(part))
			}
			c.login()
			c.logout()
		}},
		{fault: "drip@content=1h", check: func(t *testing.T, _ *simulator.VCenter, c *client) {
			if res, part := wantHang(t, c, contentPath); res == nil || res.StatusCode != http.StatusOK || res.ContentLength < 1000 || len(part) != 0 {
				t.Errorf("%v with %d bytes", res, len(part))
			}
		}},
		{fault: "drip=1us", check: func(t *testing.T, _ *simulator.VCenter, c *client) {
			c.login()
			status, data := c.get("ServiceInstance/ServiceInstance/content")
			if status != 200 || !bytes.HasSuffix(data, []byte("}")) {
				t.Errorf("content: %d %.100s", status, data)
			}
			c.logout()
		}},
		{fault: "reset@content=2", check: func(t *testing.T, _ *simulator.VCenter, c *client) {
			wantReset(t, c, contentPath)
			wantReset(t, c, contentPath)
			if status, _ := c.get("ServiceInstance/ServiceInstance/content"); status != 200 {
				t.Errorf("content: %d", status)
			}
		}},
		{fault: "reset@Logout", check: func(t *testing.T, v *simulator.VCenter, c *client) {
			c.login()
			wantReset(t, c, "/sdk/vim25/8.0.1.0/SessionManager/SessionManager/Logout")
			if n := v.Counters(); n.Logouts != 1 || n.OpenSessions != 0 {
				t.Errorf("counters %+v", n)
			}
		}},
		{fault: "reset-before@Login=1", check: func(t *testing.T, v *simulator.VCenter, c *client) {
			wantReset(t, c, "/sdk/vim25/8.0.1.0/SessionManager/SessionManager/Login")
			if n := v.Counters(); n.Logins != 0 || n.RejectedLogins != 0 || n.ByMethod["Login"] != 1 {
				t.Errorf("counters %+v", n)
			}
			c.login()
			c.logout()
		}},
	}
}

// statusCase is a fault that answers content with a status, so many times.
func statusCase(fault simulator.Fault, want, times int, header, text string) faultCase {
	return faultCase{fault: fault, check: func(t *testing.T, _ *simulator.VCenter, c *client) {
		key, value, _ := strings.Cut(header, ": ")
		for range times {
			status, data, h := c.do(http.MethodGet, contentPath, "")
			if status != want || h.Get("Content-Type") != "text/plain" || h.Get(key) != value || !strings.Contains(string(data), text) {
				t.Errorf("%d %v %s", status, h, data)
			}
		}
		if status, _, _ := c.do(http.MethodGet, contentPath, ""); status != http.StatusOK {
			t.Errorf("then: %d", status)
		}
	}}
}

func answerCases() []faultCase {
	return []faultCase{
		{fault: "unavailable", check: func(t *testing.T, _ *simulator.VCenter, c *client) {
			for _, path := range []string{"/api/vcenter/system?action=hello", contentPath, "/sdk"} {
				if status, data, h := c.do(http.MethodPost, path, ""); status != 503 || h.Get("Content-Type") != "text/plain" || len(data) == 0 {
					t.Errorf("%s: %d %v", path, status, h)
				}
			}
		}},
		statusCase("503-burst", 503, 3, "Server: envoy", "no healthy upstream"),
		statusCase("503-burst@content=2", 503, 2, "Retry-After: ", "no healthy upstream"),
		statusCase("429=1", 429, 1, "Retry-After: 1", "local_rate_limited"),
		statusCase("502@content=2", 502, 2, "Server: envoy", "upstream connect error"),
		statusCase("504=1", 504, 1, "Server: envoy", "upstream request timeout"),
		{fault: "wrong-content-type@content", check: func(t *testing.T, _ *simulator.VCenter, c *client) {
			status, data, h := c.do(http.MethodGet, contentPath, "")
			if status != 200 || !strings.HasPrefix(h.Get("Content-Type"), "text/html") || !bytes.Contains(data, []byte("<html>")) {
				t.Errorf("%d %v %s", status, h, data)
			}
			c.login()
			c.logout()
		}},
		{fault: "truncated@content=1", check: func(t *testing.T, _ *simulator.VCenter, c *client) {
			status, data, h := c.do(http.MethodGet, contentPath, "") // reads to the end without an error
			var v any
			if err := json.Unmarshal(data, &v); status != 200 || h.Get("Content-Type") != "application/json" || err == nil {
				t.Errorf("%d %v %v: %s", status, h, err, data)
			}
			if status, _ := c.get("ServiceInstance/ServiceInstance/content"); status != 200 {
				t.Errorf("then: %d", status)
			}
		}},
		{fault: "huge-page", check: func(t *testing.T, _ *simulator.VCenter, c *client) {
			res, err := c.send(context.Background(), http.MethodPost, "/sdk/vim25/8.0.1.0/"+collector+"RetrievePropertiesEx", "{}")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			data := make([]byte, 4<<20)
			if _, err := io.ReadFull(res.Body, data); err != nil || res.StatusCode != http.StatusOK {
				t.Errorf("%s: %v", res.Status, err)
			}
			var page result
			mustDecode(t, append(data[:bytes.LastIndex(data, []byte(`,{"_typeName":"ObjectContent"`))], "]}"...), &page)
			if len(page.Objects) < 1000 || page.Objects[1].Obj.Value == page.Objects[0].Obj.Value {
				t.Errorf("%d objects", len(page.Objects))
			}
		}},
		{fault: "gzip-bomb", check: func(t *testing.T, _ *simulator.VCenter, c *client) {
			status, data, h := c.do(http.MethodPost, "/sdk/vim25/8.0.1.0/"+collector+"RetrievePropertiesEx", "{}")
			if status != 200 || h.Get("Content-Encoding") != "gzip" || h.Get("Content-Type") != "application/json" || len(data) > 1<<20 {
				t.Fatalf("%d %v, %d bytes", status, h, len(data))
			}
			z, err := gzip.NewReader(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			if n, err := io.Copy(io.Discard, z); err != nil || n < 300<<20 {
				t.Errorf("%d bytes, %v", n, err)
			}
		}},
	}
}
