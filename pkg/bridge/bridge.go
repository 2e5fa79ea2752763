package bridge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/vmware/govmomi/vim25/types"
)

// SessionHeader carries the session id, in the answer to a login and in every
// later request.
const SessionHeader = "vmware-api-session-id"

// Prefix begins the path of every VI/JSON request.
const Prefix = "/sdk/vim25/"

// maxKept bounds the buffers that are kept for later answers.
const maxKept = 32 << 20

// Null says how a null result looks. The OpenAPI document says "nullable" and
// no more; clients have been seen to expect each of these forms.
type Null int

// The forms of a null result.
const (
	NullLiteral   Null = iota // 200 with the body null
	NullEmpty                 // 200 without a body
	NullNoContent             // 204
)

// DefaultMaxRequest bounds a request's body unless [Options] says otherwise.
const DefaultMaxRequest = 8 << 20

// Options configures a bridge.
type Options struct {
	// Backend carries out the calls; it is required.
	Backend Backend
	// Release reports whether a release id in a path is served. Nil accepts all
	// that look like one, such as 8.0.1.0.
	Release func(string) bool
	// Null is the form of null results.
	Null Null
	// MaxRequest bounds the body of a request in bytes; 0 is DefaultMaxRequest.
	MaxRequest int64
}

// Bridge answers VI/JSON requests from a backend.
type Bridge struct {
	opts    Options
	codec   *Codec
	release *regexp.Regexp
	session *regexp.Regexp
	buffers sync.Pool
}

// New returns a bridge.
func New(o Options) (*Bridge, error) {
	if o.Backend == nil {
		return nil, errors.New("bridge: no backend")
	}
	if o.MaxRequest < 0 {
		return nil, fmt.Errorf("bridge: request bound %d is negative", o.MaxRequest)
	}
	if o.MaxRequest == 0 {
		o.MaxRequest = DefaultMaxRequest
	}

	b := &Bridge{
		opts:    o,
		codec:   NewCodec(),
		release: regexp.MustCompile(`^\d+(\.\d+){3}$`),
		// The id goes into a cookie, so it is no longer than need be and has
		// none of a cookie's delimiters.
		session: regexp.MustCompile(`^[0-9A-Za-z._~+/=-]{1,256}$`),
	}
	b.buffers.New = func() any { return new([]byte) }
	return b, nil
}

// Codec returns the codec of the bridge, for backends that encode values
// themselves.
func (b *Bridge) Codec() *Codec { return b.codec }

// answer is a response before it is one.
type answer struct {
	status      int
	contentType string
	session     string // for SessionHeader
	body        []byte
}

// ServeHTTP answers a request. A backend that cannot be reached is 502.
func (b *Bridge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	buf := b.buffers.Get().(*[]byte)
	defer b.buffers.Put(buf)

	a, err := b.answer(r, (*buf)[:0])
	if err != nil {
		http.Error(w, "upstream connect error", http.StatusBadGateway)
		return
	}
	if cap(a.body) > cap(*buf) && cap(a.body) <= maxKept {
		*buf = a.body
	}

	h := w.Header()
	if a.contentType != "" {
		h.Set("Content-Type", a.contentType)
	}
	if a.session != "" {
		h.Set(SessionHeader, a.session)
	}
	if a.status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the client has gone if this fails
}

// RoundTrip answers a request in process; its host is not looked at. The error
// of a backend that cannot be reached is returned.
func (b *Bridge) RoundTrip(r *http.Request) (*http.Response, error) {
	a, err := b.answer(r, nil)
	if r.Body != nil {
		_ = r.Body.Close() // a RoundTripper must; it has been read
	}
	if err != nil {
		return nil, fmt.Errorf("bridge %s %s: %w", r.Method, r.URL.Path, err)
	}

	h := make(http.Header)
	if a.contentType != "" {
		h.Set("Content-Type", a.contentType)
	}
	if a.session != "" {
		h.Set(SessionHeader, a.session)
	}
	return &http.Response{
		Status:        strconv.Itoa(a.status) + " " + http.StatusText(a.status),
		StatusCode:    a.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        h,
		Body:          io.NopCloser(bytes.NewReader(a.body)),
		ContentLength: int64(len(a.body)),
		Request:       r,
	}, nil
}

// answer carries out a request, encoding into buf. Its error is a backend that
// gave no answer.
func (b *Bridge) answer(r *http.Request, buf []byte) (answer, error) {
	this, name, ok := b.parsePath(r.URL)
	if !ok {
		return text(http.StatusNotFound, "404 page not found\n"), nil
	}

	session := r.Header.Get(SessionHeader)
	if !b.session.MatchString(session) {
		session = "" // unknown to every backend
	}

	var a answer
	var err error
	switch r.Method {
	case http.MethodGet:
		a, err = b.property(r.Context(), session, this, name, buf)
	case http.MethodPost:
		a, err = b.call(r, session, this, name, buf)
	default:
		return text(http.StatusMethodNotAllowed, "405 method not allowed\n"), nil
	}
	if err == nil {
		return a, nil
	}

	if status, ok := errors.AsType[*StatusError](err); ok {
		return text(status.Code, status.Text), nil
	}
	f, ok := asFault(err)
	if !ok {
		return answer{}, err
	}
	body, err := b.codec.appendFaultBody(buf, f)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusInternalServerError, contentType: "application/json", body: body}, nil
}

func text(status int, body string) answer {
	return answer{status: status, contentType: "text/plain", body: []byte(body)}
}

// parsePath splits /sdk/vim25/{release}/{type}/{moid}/{name}.
func (b *Bridge) parsePath(u *url.URL) (this types.ManagedObjectReference, name string, ok bool) {
	rest, ok := strings.CutPrefix(u.EscapedPath(), Prefix)
	if !ok {
		return this, "", false
	}
	parts := strings.Split(rest, "/")
	if len(parts) != 4 {
		return this, "", false
	}
	for i, p := range parts {
		s, err := url.PathUnescape(p)
		if err != nil || s == "" {
			return this, "", false
		}
		parts[i] = s
	}

	if !b.release.MatchString(parts[0]) || b.opts.Release != nil && !b.opts.Release(parts[0]) {
		return this, "", false
	}
	return types.ManagedObjectReference{Type: parts[1], Value: parts[2]}, parts[3], true
}

func (b *Bridge) property(ctx context.Context, session string, obj types.ManagedObjectReference, name string, buf []byte) (answer, error) {
	v, err := b.opts.Backend.Property(ctx, session, obj, name)
	if err != nil {
		return answer{}, err
	}
	return b.result(v, "", buf)
}

func (b *Bridge) call(r *http.Request, session string, this types.ManagedObjectReference, method string, buf []byte) (answer, error) {
	reqType, resType, ok := b.codec.methodTypes(method)
	if !ok {
		return answer{}, &Fault{
			Detail:  &types.MethodNotFound{Receiver: this, Method: method},
			Message: fmt.Sprintf("%s has no method %s", this.Type, method),
		}
	}

	req := reflect.New(reqType)
	if err := b.readBody(r, req.Interface()); err != nil {
		return answer{}, err
	}
	req.Elem().FieldByName("This").Set(reflect.ValueOf(this))

	call := &Call{
		Session: session,
		This:    this,
		Method:  method,
		Req:     req.Interface(),
		Res:     reflect.New(resType).Interface(),
	}
	if err := b.opts.Backend.Call(r.Context(), call); err != nil {
		return answer{}, err
	}

	ret := reflect.ValueOf(call.Res).Elem().FieldByName("Returnval")
	if !ret.IsValid() {
		return answer{status: http.StatusNoContent, session: call.Opened}, nil
	}
	return b.result(ret.Addr().Interface(), call.Opened, buf)
}

// readBody decodes the parameters of a method. No body means no parameters.
func (b *Bridge) readBody(r *http.Request, req any) error {
	if r.Body == nil {
		return nil
	}
	var data bytes.Buffer
	n, err := data.ReadFrom(io.LimitReader(r.Body, b.opts.MaxRequest+1))
	if err != nil {
		return invalidRequest("the request could not be read")
	}
	if n > b.opts.MaxRequest {
		return invalidRequest("the request is longer than %d bytes", b.opts.MaxRequest)
	}
	if len(bytes.TrimSpace(data.Bytes())) == 0 {
		return nil
	}
	if err := b.codec.Decode(data.Bytes(), req); err != nil {
		return invalidRequest("%v", err)
	}
	return nil
}

// result encodes a result in its declared form.
func (b *Bridge) result(v any, session string, buf []byte) (answer, error) {
	a := answer{status: http.StatusOK, contentType: "application/json", session: session}
	if isNull(reflect.ValueOf(v)) {
		switch b.opts.Null {
		case NullEmpty:
			a.contentType = ""
			return a, nil
		case NullNoContent:
			a.status, a.contentType = http.StatusNoContent, ""
			return a, nil
		}
	}

	body, err := b.codec.AppendPlain(buf, v)
	if err != nil {
		return answer{}, &Fault{Detail: &types.SystemError{Reason: err.Error()}, Message: err.Error()}
	}
	a.body = body
	return a, nil
}

func isNull(v reflect.Value) bool {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return true
		}
		v = v.Elem()
	}
	return !v.IsValid()
}
