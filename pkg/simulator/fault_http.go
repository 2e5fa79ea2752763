package simulator

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
)

// maxRecorded bounds an answer that is held back to be spoilt.
const maxRecorded = 256 << 20

// bombMiB is the size of a gzip bomb, in MiB.
const bombMiB = 320

// faulty makes the http of a fault that answers, or not, in place of the rest.
func faulty(f func(v *VCenter, p params, w http.ResponseWriter, r *http.Request, next http.Handler)) func(*VCenter, params, http.Handler) http.Handler {
	return func(v *VCenter, p params, next http.Handler) http.Handler {
		left := p.newBudget()
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !p.concerns(r) || !left.take() {
				next.ServeHTTP(w, r)
				return
			}
			f(v, p, w, r, next)
		})
	}
}

// answered makes the http of a fault that spoils the sending of an answer. The
// request has been carried out by then.
func answered(f func(p params, w http.ResponseWriter, r *http.Request, a *recorder)) func(*VCenter, params, http.Handler) http.Handler {
	return faulty(func(_ *VCenter, p params, w http.ResponseWriter, r *http.Request, next http.Handler) {
		a := &recorder{header: make(http.Header), status: http.StatusOK}
		next.ServeHTTP(a, r)
		f(p, w, r, a)
	})
}

// recorder is an answer that is held back.
type recorder struct {
	header http.Header
	status int
	wrote  bool
	body   []byte
}

// Header returns the header to be sent.
func (a *recorder) Header() http.Header { return a.header }

// WriteHeader keeps the first status.
func (a *recorder) WriteHeader(status int) {
	if !a.wrote {
		a.status, a.wrote = status, true
	}
}

// Write keeps a piece of the body.
func (a *recorder) Write(b []byte) (int, error) {
	a.wrote = true
	if len(a.body)+len(b) > maxRecorded {
		return 0, errors.New("the answer is too long to be held back")
	}
	a.body = append(a.body, b...)
	return len(b), nil
}

// Flush does nothing: the answer is held back.
func (a *recorder) Flush() {}

// begin sends the status and the headers of the answer. A negative length is
// none: the body ends where it ends.
func (a *recorder) begin(w http.ResponseWriter, length int) {
	maps.Copy(w.Header(), a.header)
	w.Header().Del("Content-Length")
	if length >= 0 && a.status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(length))
	}
	w.WriteHeader(a.status)
}

// answerFaults are answers of a proxy in front of the API.
func answerFaults() []faultSpec {
	all := faultMethod{def: anyMethod}
	return []faultSpec{
		{
			name: FaultUnavailable,
			doc:  "answer every request with 503 and a line of text, as the proxy does while vpxd is down",
			http: func(_ *VCenter, _ params, _ http.Handler) http.Handler { return status(http.StatusServiceUnavailable) },
		},
		{
			name:   FaultUnavailableBurst,
			doc:    "answer the first N requests with 503 and a line of text",
			method: all, value: timesValue("3"),
			http: instead(http.StatusServiceUnavailable),
		},
		{
			name:   FaultTooManyRequests,
			doc:    "answer with 429 and Retry-After: 1, =N: only the first N requests",
			method: all, value: timesValue(""),
			http: instead(http.StatusTooManyRequests),
		},
		{
			name:   FaultBadGateway,
			doc:    "answer with 502, =N: only the first N requests",
			method: all, value: timesValue(""),
			http: instead(http.StatusBadGateway),
		},
		{
			name:   FaultGatewayTimeout,
			doc:    "answer with 504, =N: only the first N requests",
			method: all, value: timesValue(""),
			http: instead(http.StatusGatewayTimeout),
		},
	}
}

// instead answers with a status instead of carrying out the request.
func instead(code int) func(*VCenter, params, http.Handler) http.Handler {
	return faulty(func(_ *VCenter, _ params, w http.ResponseWriter, r *http.Request, _ http.Handler) {
		status(code).ServeHTTP(w, r)
	})
}

// status answers as envoy does.
func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		text := "no healthy upstream"
		switch code {
		case http.StatusTooManyRequests:
			w.Header().Set("Retry-After", "1")
			text = "local_rate_limited"
		case http.StatusBadGateway:
			text = "upstream connect error or disconnect/reset before headers"
		case http.StatusGatewayTimeout:
			text = "upstream request timeout"
		}
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Server", "envoy")
		w.WriteHeader(code)
		_, _ = io.WriteString(w, text) // the client has gone if this fails
	}
}

// bodyFaults are answers with a body that is not what it should be.
func bodyFaults() []faultSpec {
	all := faultMethod{def: anyMethod}
	read := faultMethod{def: "RetrievePropertiesEx"}
	return []faultSpec{
		{
			name:   FaultWrongContentType,
			doc:    "answer with 200 and a page of HTML instead of carrying out the request",
			method: all,
			http: faulty(func(_ *VCenter, _ params, w http.ResponseWriter, _ *http.Request, _ http.Handler) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				_, _ = io.WriteString(w, "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Please sign in.</body></html>\n")
			}),
		},
		{
			name:   FaultTruncated,
			doc:    "answer with half of the JSON and end the connection properly, as if that were all, =N: only the first N times",
			method: all,
			value:  timesValue(""),
			http: answered(func(_ params, w http.ResponseWriter, _ *http.Request, a *recorder) {
				w.Header().Set("Connection", "close")
				a.begin(w, -1)
				_, _ = w.Write(a.body[:len(a.body)/2]) // the client has gone if this fails
			}),
		},
		{
			name:   FaultHugePage,
			doc:    "answer with a page of objects that does not end",
			method: read,
			http:   faulty(hugePage),
		},
		{
			name:   FaultGzipBomb,
			doc:    fmt.Sprintf("answer with some hundred KiB of gzip that become %d MiB", bombMiB),
			method: read,
			http:   faulty(gzipBomb),
		},
	}
}

// hugePage streams objects until the client goes or the vCenter closes.
func hugePage(_ *VCenter, _ params, w http.ResponseWriter, r *http.Request, _ http.Handler) {
	drain(r)
	w.Header().Set("Content-Type", "application/json")
	piece := []byte(`{"_typeName":"RetrieveResult","objects":[`)
	for i := 0; ; i++ {
		if i > 0 {
			piece = append(piece, ',')
		}
		piece = fmt.Appendf(piece, `{"_typeName":"ObjectContent",`+
			`"obj":{"_typeName":"ManagedObjectReference","type":"VirtualMachine","value":"vm-huge-%d"},`+
			`"propSet":[{"_typeName":"DynamicProperty","name":"name","val":{"_typeName":"string","_value":"huge-%d"}}]}`, i, i)
		if len(piece) < 32<<10 {
			continue
		}
		if _, err := w.Write(piece); err != nil || r.Context().Err() != nil {
			panic(http.ErrAbortHandler)
		}
		piece = piece[:0]
	}
}

// gzipBomb sends an empty page with very much white space in it. A gzip stream
// may have any number of parts, so one part of white space is sent many times.
func gzipBomb(_ *VCenter, _ params, w http.ResponseWriter, r *http.Request, _ http.Handler) {
	drain(r)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Encoding", "gzip")
	space := zip(bytes.Repeat([]byte(" "), 1<<20))
	sendNow(w, zip([]byte(`{"_typeName":"RetrieveResult","objects":[`)))
	for range bombMiB {
		sendNow(w, space)
	}
	sendNow(w, zip([]byte(`]}`)))
}

func zip(data []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(data) // a buffer takes all
	_ = z.Close()
	return out.Bytes()
}
