package vim

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"vcfleet/pkg/secret"
)

// echoes are servers that send back what they were sent, in whatever place an
// error could quote.
func echoes(body, text string) map[string]http.HandlerFunc {
	inJSON, _ := json.Marshal(text)
	quoted := string(inJSON)
	long := strings.Repeat("x", 190)
	hijack := func(raw string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_, _ = conn.Write([]byte(raw))
				_ = conn.Close()
			}
		}
	}
	return map[string]http.HandlerFunc{
		"faultstring":       said{500, jsonType, `{"_typeName":"SystemError","faultstring":` + quoted + `}`, nil}.ServeHTTP,
		"long faultstring":  said{500, jsonType, `{"_typeName":"SystemError","faultstring":"` + long + quoted[1:] + `}`, nil}.ServeHTTP,
		"fault message":     said{500, jsonType, `{"_typeName":"SystemError","faultMessage":[{"message":` + quoted + `}]}`, nil}.ServeHTTP,
		"fault type":        said{500, jsonType, `{"_typeName":` + quoted + `}`, nil}.ServeHTTP,
		"fault members":     said{500, jsonType, `{"_typeName":"X","name":` + quoted + `,"privilegeId":` + quoted + `,"object":{"type":` + quoted + `,"value":` + quoted + `}}`, nil}.ServeHTTP,
		"fault cause":       said{500, jsonType, `{"_typeName":"X","faultCause":{"_typeName":` + quoted + `,"faultstring":` + quoted + `}}`, nil}.ServeHTTP,
		"vAPI error":        said{400, jsonType, `{"error_type":` + quoted + `}`, nil}.ServeHTTP,
		"member name":       said{200, jsonType, `{` + quoted + `:{` + quoted + `:x}}`, nil}.ServeHTTP,
		"fault member name": said{500, jsonType, `{` + quoted + `:{` + quoted + `:x}}`, nil}.ServeHTTP,
		"body":              said{500, jsonType, body, nil}.ServeHTTP,
		"body as text":      said{500, "text/plain", body, nil}.ServeHTTP,
		"title":             said{403, "text/html", "<html><title>" + text + "</title>", nil}.ServeHTTP,
		"escaped title":     said{403, "text/html", "<html><title>" + html.EscapeString(html.EscapeString(text)) + "</title>", nil}.ServeHTTP,
		"long title":        said{200, "text/html", "<html><title>" + long + html.EscapeString(text) + "</title>", nil}.ServeHTTP,
		"content type":      said{500, text, "x", nil}.ServeHTTP,
		"location":          said{302, "", "", map[string]string{"Location": "https://x/?p=" + url.QueryEscape(text)}}.ServeHTTP,
		"location path":     said{302, "", "", map[string]string{"Location": "/" + url.PathEscape(text)}}.ServeHTTP,
		"location, broken":  said{302, "", "", map[string]string{"Location": "https://[::1:%zz/" + text}}.ServeHTTP,
		"status line":       hijack("HTTP/1.1 2x0 " + text + "\r\n\r\n"),
		"malformed status":  hijack(text + "\r\n\r\n"),
		"malformed header":  hijack("HTTP/1.1 200 OK\r\n" + body + "\r\n\r\n"),
		"malformed length":  hijack("HTTP/1.1 200 OK\r\nContent-Length: " + text + "\r\n\r\n"),
		"transfer encoding": hijack("HTTP/1.1 200 OK\r\nTransfer-Encoding: " + text + "\r\n\r\n"),
		"malformed trailer": hijack("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n4\r\nnull\r\n0\r\n" + body + "\r\n\r\n"),
		"malformed chunk":   hijack("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + text + "\r\n"),
		"view":              said{200, jsonType, `{"type":"ContainerView","value":` + quoted + `}`, nil}.ServeHTTP,
		"missing fault":     said{200, jsonType, inPage(`{` + obj + `,"missingSet":[{"path":"a","fault":{"_typeName":` + quoted + `,"faultstring":` + quoted + `}}]}`), nil}.ServeHTTP,
		"early fault":       said{200, jsonType, inPage(`{"missingSet":[{"path":"a","fault":{"_typeName":"X","faultstring":` + quoted + `}}],` + obj + `}`), nil}.ServeHTTP,
		"token":             said{200, jsonType, `{"token":` + quoted + `,"objects":7}`, nil}.ServeHTTP,
		"release":           said{200, jsonType, `{"api_release":` + quoted + `}`, nil}.ServeHTTP,
	}
}

// traced collects what Trace tells.
type traced struct {
	mu    sync.Mutex
	lines []string
}

func (l *traced) trace(t Trace) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf("%+v", t))
}

// texts returns an error's text, and those of its chain that other code may
// reach for.
func texts(err error) []string {
	if err == nil {
		return nil
	}
	list := []string{err.Error()}
	if fault, ok := errors.AsType[*Fault](err); ok {
		for ; fault != nil; fault = fault.Cause {
			list = append(list, fmt.Sprintf("%+v", *fault), fault.Error())
		}
	}
	if refused, ok := errors.AsType[*AnswerError](err); ok {
		list = append(list, fmt.Sprintf("%+v", *refused), refused.Error())
	}
	return list
}

func checkSecret(t *testing.T, text string, said []string) {
	t.Helper()
	for _, form := range spellings(secret.New(text)) {
		for _, s := range said {
			// Half of it is too much as well: texts are cut.
			if half := form.Reveal()[:len(form.Reveal())/2+1]; strings.Contains(s, half) {
				t.Errorf("the secret stands in: %s", s)
			}
		}
	}
}

func TestPasswordStaysSecret(t *testing.T) {
	sent, _ := json.Marshal(map[string]string{"userName": "u", "password": testPassword})
	for name, h := range echoes(string(sent), testPassword) {
		t.Run(name, func(t *testing.T) {
			var log traced
			client := serve(t, h, func(o *Options) { o.Trace = log.trace })
			session, err := client.Login(t.Context(), "8.0.3.0", testContent(), "u", secret.New(testPassword))
			if session != nil || err == nil {
				t.Errorf("a session, error %v", err)
			}
			checkSecret(t, testPassword, append(texts(err), log.lines...))
		})
	}
}

func TestKeyStaysSecret(t *testing.T) {
	header := "Vmware-Api-Session-Id: " + testKey
	for name, h := range echoes(header, testKey) {
		t.Run(name, func(t *testing.T) {
			var log traced
			session := inSession(serve(t, h, func(o *Options) { o.Trace = log.trace }))
			view, err := session.CreateContainerView(t.Context(), session.content.RootFolder, []string{"VirtualMachine"})
			said := texts(err)
			r := new(recorder)
			_, err = session.Retrieve(t.Context(), Query{View: view}, r)
			said = append(append(said, r.lines...), texts(err)...)
			for _, end := range []func(context.Context) error{
				func(ctx context.Context) error { return session.CancelRetrievePropertiesEx(ctx, "t") },
				func(ctx context.Context) error { return session.DestroyView(ctx, view) },
				session.Logout,
			} {
				said = append(said, texts(end(t.Context()))...)
			}
			checkSecret(t, testKey, append(said, log.lines...))
		})
	}
}

// TestShortPassword has a password that is part of what errors say: what kind
// of error it is must not be lost.
func TestShortPassword(t *testing.T) {
	for _, password := range []string{"Login", "o", "***", "InvalidLogin"} {
		client := serve(t, said{500, jsonType, `{"_typeName":"InvalidLogin","faultstring":"Cannot complete login"}`, nil}.ServeHTTP)
		_, err := client.Login(t.Context(), "8.0.3.0", testContent(), "u", secret.New(password))
		if !errors.Is(err, InvalidLogin) {
			t.Errorf("password %q: error %v is not InvalidLogin", password, err)
		}
	}
}

// TestPlainHTTP and the echo of a request that was sent in the clear: a server
// that is no web server at all may send back what it got.
func TestPlainHTTP(t *testing.T) {
	for name, test := range map[string]struct {
		says string
		is   error
	}{
		"HTTP": {"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTPS request to an HTTP server.\n", ErrPlainHTTP},
		"SSH":  {"SSH-2.0-OpenSSH_9.6\r\n", nil},
		"none": {"", nil},
	} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = listener.Close() })
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				_, _ = bufio.NewReader(conn).ReadByte()
				_, _ = conn.Write([]byte(test.says))
				_ = conn.(*net.TCPConn).CloseWrite()
			}
		}()
		client, err := NewClient(Options{Address: listener.Addr().String(), Proxy: "none", TLS: TLS{Insecure: true}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Hello(t.Context()); err == nil || test.is != nil && !errors.Is(err, test.is) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
