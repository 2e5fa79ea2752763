package vim

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"html"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"vcfleet/pkg/internal/transport"
)

// Source says what an answer that is not VI/JSON seems to come from.
type Source string

// The sources that are told apart.
const (
	SourceUnknown     Source = "something that does not speak VI/JSON"
	SourceESXi        Source = "an ESXi host"
	SourceSOAP        Source = "an ESXi host or a vCenter before 8.0 U1" // answers in XML
	SourceNoVIJSON    Source = "a server without VI/JSON (a vCenter before 8.0 U1, an ESXi host, or no vCenter)"
	SourceWebPage     Source = "a web page (a proxy, a load balancer or another web server)"
	SourceProxy       Source = "a proxy"
	SourceRedirect    Source = "a server that redirects"
	SourceUnavailable Source = "a vCenter or proxy that is overloaded or still starting"
)

// AnswerError is an answer that is neither a result nor a fault.
type AnswerError struct {
	Status      int
	ContentType string
	Source      Source
	Detail      string        // a page's title or the target of a redirect, one line
	RetryAfter  time.Duration // 0 when the answer does not say
}

// Error says what came and where it seems to come from.
func (e *AnswerError) Error() string {
	text := fmt.Sprintf("HTTP %d", e.Status)
	if e.ContentType != "" {
		text += " " + e.ContentType
	}
	text += " from " + string(e.Source)
	if e.Detail != "" {
		text += fmt.Sprintf(": %q", e.Detail)
	}
	if e.RetryAfter > 0 {
		text += fmt.Sprintf(" (asks to wait %v)", e.RetryAfter.Round(time.Second))
	}
	return text
}

// maxErrorBody bounds what is read of an answer that is an error.
const maxErrorBody = 1 << 20

// document returns the JSON document of an answer with status 200 or 204, or nil
// when the result is null: that comes as 204, as an empty body or as null.
func document(resp *http.Response, body io.Reader, r request) (*Value, error) {
	if resp.StatusCode == http.StatusNoContent {
		return nil, nil
	}
	if !isJSON(resp) {
		return nil, readForeign(resp, transport.LimitReader(body, maxErrorBody), r)
	}
	v := newValue(body)
	v.private = r.private
	switch {
	case v.empty():
		return nil, nil
	case v.kind() == KindNull:
		v.skip()
		return nil, v.end()
	}
	return v, v.err
}

// isJSON reports whether the answer says that it is JSON, or has no body.
func isJSON(resp *http.Response) bool {
	if resp.ContentLength == 0 {
		return true
	}
	mediaType, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return err == nil && (mediaType == "application/json" || strings.HasSuffix(mediaType, "+json"))
}

// readError turns an answer other than 200 and 204 into an error. Every fault
// is HTTP 500 with a JSON body (VI/JSON OpenAPI 9.1.1); AuthenticationRequired
// comes as 400, 401 or 403 with or without one; /api has its own form of error.
func readError(resp *http.Response, r request) error {
	body := transport.LimitReader(resp.Body, maxErrorBody)
	if !isJSON(resp) || resp.ContentLength == 0 {
		return readForeign(resp, body, r)
	}
	v := newValue(body)
	var apiError string
	fault := new(Fault)
	if v.kind() == KindObject {
		v.Fields(func(name []byte, inner *Value) {
			if string(name) == "error_type" {
				apiError = inner.Text()
				return
			}
			fault.member(string(name), inner)
		})
	} else {
		v.Skip()
	}
	// A fault whose type has come says what happened, even if the rest is lost.
	if fault.Type != "" {
		fault.scrub(r.private)
		return fault
	}
	if v.err != nil && !errors.Is(v.err, io.EOF) {
		return fmt.Errorf("HTTP %d: reading the fault: %w", resp.StatusCode, because(resp.Request.Context(), v.err))
	}
	return r.refused(resp, nil, apiError)
}

// readForeign turns an answer that is not JSON into an error that says what
// stands at the address. An empty one with status 200 and without a type is
// none: it is a null result.
func readForeign(resp *http.Response, body io.Reader, r request) error {
	start := make([]byte, 4<<10)
	n, err := io.ReadFull(body, start)
	switch {
	case n > 0:
	case !errors.Is(err, io.EOF):
		return fmt.Errorf("HTTP %d: reading the answer: %w", resp.StatusCode, because(resp.Request.Context(), err))
	case resp.StatusCode == http.StatusOK && resp.Header.Get("Content-Type") == "":
		return nil
	}
	return r.refused(resp, start[:n], cmp.Or(target(resp), title(start[:n])))
}

// refused describes an answer that is neither a result nor a fault.
func (r request) refused(resp *http.Response, start []byte, detail string) error {
	if resp.StatusCode == http.StatusUnauthorized && !r.session.Empty() {
		// With a session's key, 401 is how vCenter 9.1 sends this fault.
		return &Fault{Type: AuthenticationRequired}
	}
	mediaType, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	return &AnswerError{
		Status: resp.StatusCode, ContentType: quote(mediaType, r.private),
		Source: sourceOf(resp, start), Detail: quote(detail, r.private), RetryAfter: retryAfter(resp.Header),
	}
}

// target returns where an answer redirects to: the host, or a path on the same
// one. The rest of the URL may quote what was sent.
func target(resp *http.Response) string {
	u, err := url.Parse(resp.Header.Get("Location"))
	if err != nil {
		return ""
	}
	if u.Host != "" {
		return (&url.URL{Scheme: u.Scheme, Host: u.Host}).String()
	}
	return u.Path
}

// sourceOf guesses what answered. ESXi answers /api with a JSON-RPC handler that
// says "Unsupported content type", and any POST to /sdk with a SOAP fault, as a
// vCenter before 8.0 U1 does (evoila/meho #3363).
func sourceOf(resp *http.Response, start []byte) Source {
	text := bytes.TrimSpace(asciiLower(start))
	switch status := resp.StatusCode; {
	case status == http.StatusProxyAuthRequired:
		return SourceProxy
	case status >= 300 && status < 400:
		return SourceRedirect
	case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable:
		return SourceUnavailable
	case bytes.Contains(text, []byte("unsupported content type")):
		return SourceESXi
	case bytes.Contains(text, []byte("soapenv")) || bytes.HasPrefix(text, []byte("<?xml")) && !bytes.Contains(text, []byte("<html")):
		return SourceSOAP
	case bytes.Contains(text, []byte("<html")) || bytes.HasPrefix(text, []byte("<!doctype html")):
		return SourceWebPage
	case status == http.StatusBadGateway || status == http.StatusGatewayTimeout:
		return SourceProxy
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed:
		return SourceNoVIJSON
	}
	return SourceUnknown
}

// title returns the title of an HTML page, or nothing.
func title(page []byte) string {
	lower := asciiLower(page)
	from := bytes.Index(lower, []byte("<title>"))
	if from < 0 {
		return ""
	}
	from += len("<title>")
	length := bytes.Index(lower[from:], []byte("</title>"))
	if length < 0 {
		return ""
	}
	return html.UnescapeString(string(page[from : from+length]))
}

// asciiLower is bytes.ToLower for ASCII alone: it keeps every byte's place.
func asciiLower(text []byte) []byte {
	lower := bytes.Clone(text)
	for i, c := range lower {
		if 'A' <= c && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	return lower
}

// line makes a short printable line of a text from outside.
func line(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	s = strings.Join(strings.Fields(s), " ")
	const most = 200
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
