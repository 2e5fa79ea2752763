package vim

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"net/http"
	"strings"
	"unicode"

	"vcfleet/pkg/internal/transport"
	"vcfleet/pkg/secret"
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
	Detail      string // a page's title or the target of a redirect, one line
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
	return text
}

// maxErrorBody bounds what is read of an answer that is an error.
const maxErrorBody = 1 << 20

// readError turns an answer other than 200 and 204 into an error. Every fault
// is HTTP 500 with a JSON body (VI/JSON OpenAPI 9.1.1); AuthenticationRequired
// comes as 400, 401 or 403 with or without one; /api has its own form of error.
func readError(resp *http.Response, r request) error {
	body := transport.LimitReader(resp.Body, maxErrorBody)
	if !isJSON(resp) || resp.ContentLength == 0 {
		return readForeign(resp, body, r)
	}
	v := newValue(body)
	if v.Kind() != KindObject {
		return &AnswerError{Status: resp.StatusCode, ContentType: contentType(resp), Source: sourceOf(resp, nil)}
	}
	var apiError string
	fault := new(Fault)
	v.Fields(func(name []byte, inner *Value) {
		if string(name) == "error_type" {
			apiError = inner.Text()
			return
		}
		fault.member(string(name), inner)
	})
	switch {
	case v.err != nil:
		return fmt.Errorf("HTTP %d: reading the fault: %w", resp.StatusCode, v.err)
	case fault.Type != "":
		fault.scrub(r.private)
		return fault
	case apiError != "":
		return &AnswerError{Status: resp.StatusCode, ContentType: contentType(resp), Source: SourceUnknown, Detail: scrub(line(apiError), r.private)}
	}
	return &AnswerError{Status: resp.StatusCode, ContentType: contentType(resp), Source: sourceOf(resp, nil)}
}

// readForeign turns an answer that is not JSON into an error that says what
// stands at the address.
func readForeign(resp *http.Response, body io.Reader, r request) error {
	start := make([]byte, 4<<10)
	n, err := io.ReadFull(body, start)
	if n == 0 && err != nil && err != io.EOF {
		return fmt.Errorf("HTTP %d: reading the answer: %w", resp.StatusCode, err)
	}
	start = start[:n]
	detail := title(start)
	if location := resp.Header.Get("Location"); location != "" {
		detail = line(location)
	}
	return &AnswerError{
		Status: resp.StatusCode, ContentType: contentType(resp),
		Source: sourceOf(resp, start), Detail: scrub(detail, r.private),
	}
}

// sourceOf guesses what answered. ESXi answers /api with a JSON-RPC handler that
// says "Unsupported content type", and any POST to /sdk with a SOAP fault, as a
// vCenter before 8.0 U1 does (evoila/meho #3363).
func sourceOf(resp *http.Response, start []byte) Source {
	text := bytes.ToLower(bytes.TrimSpace(start))
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

func contentType(resp *http.Response) string {
	text, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	return line(text)
}

// title returns the title of an HTML page, or nothing.
func title(page []byte) string {
	lower := bytes.ToLower(page)
	from := bytes.Index(lower, []byte("<title>"))
	if from < 0 {
		return ""
	}
	from += len("<title>")
	to := bytes.Index(lower[from:], []byte("</title>"))
	if to < 0 || from+to > len(page) {
		return ""
	}
	return line(html.UnescapeString(string(page[from : from+to])))
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

// scrub takes secrets out of a text that quotes an answer: a server may echo
// what it was sent.
func scrub(s string, secrets []secret.Text) string {
	for _, text := range secrets {
		if content := text.Reveal(); content != "" {
			s = strings.ReplaceAll(s, content, "***")
		}
	}
	return s
}

func (f *Fault) scrub(secrets []secret.Text) {
	for ; f != nil; f = f.Cause {
		f.Message = scrub(line(f.Message), secrets)
		f.Name = scrub(line(f.Name), secrets)
		f.Type = FaultType(scrub(line(string(f.Type)), secrets))
		f.PrivilegeID = scrub(line(f.PrivilegeID), secrets)
		f.Object.Type = scrub(line(f.Object.Type), secrets)
		f.Object.Value = scrub(line(f.Object.Value), secrets)
	}
}
