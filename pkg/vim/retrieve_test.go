package vim

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// pageBody returns a page with virtual machines from..to and a token, if any.
func pageBody(token string, from, to int) string {
	var b strings.Builder
	b.WriteString(`{"_typeName":"RetrieveResult",`)
	if token != "" {
		fmt.Fprintf(&b, `"token":%q,`, token)
	}
	b.WriteString(`"objects":[`)
	for i := from; i <= to; i++ {
		if i > from {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"obj":{"type":"VirtualMachine","value":"vm-%d"},"propSet":[{"name":"name","val":{"_typeName":"string","_value":"n%d"}}]}`, i, i)
	}
	b.WriteString(`]}`)
	return b.String()
}

// pages answers RetrievePropertiesEx with the first page and each
// ContinueRetrievePropertiesEx with the one that its token names.
func pages(first http.HandlerFunc, next map[string]http.HandlerFunc) *methods {
	m := &methods{}
	m.by = map[string]http.HandlerFunc{
		"RetrievePropertiesEx": first,
		"ContinueRetrievePropertiesEx": func(w http.ResponseWriter, r *http.Request) {
			calls := m.seen()
			for token, h := range next {
				if calls[len(calls)-1].Body == fmt.Sprintf(`{"token":%q}`, token) {
					h(w, r)
					return
				}
			}
			answer(w, 500, `{"_typeName":"InvalidProperty","name":"token"}`)
		},
	}
	return m
}

func page(body string) http.HandlerFunc { return said{200, jsonType, body, nil}.ServeHTTP }

// alike compares retrievals without their bytes, which TestRetrieve counts.
func alike(got, want Retrieval) bool {
	got.Bytes = want.Bytes
	return got == want
}

func TestRetrieve(t *testing.T) {
	m := pages(page(pageBody("0", 1, 2)), map[string]http.HandlerFunc{"0": page(pageBody("t\"2", 3, 3)), "t\"2": page(pageBody("", 4, 4))})
	client := serve(t, m.ServeHTTP)
	r := new(recorder)
	q := Query{
		View: ManagedObjectReference{"ContainerView", "session[52aa]52bb"}, Objects: []ManagedObjectReference{{"Folder", "group-d1"}},
		Properties: []PropertySpec{{"VirtualMachine", []string{"name"}}}, MaxObjects: 7,
	}
	got, err := inSession(client).Retrieve(t.Context(), q, r)
	size := len(pageBody("0", 1, 2) + pageBody("t\"2", 3, 3) + pageBody("", 4, 4))
	if want := (Retrieval{Pages: 3, Objects: 4, Bytes: int64(size)}); got != want || err != nil {
		t.Errorf("%+v, want %+v; error %v", got, want, err)
	}
	var want []string
	for i := range 4 {
		want = append(want, fmt.Sprintf("VirtualMachine:vm-%d", i+1), fmt.Sprintf(`name: "n%d" 0 odd`, i+1), "end")
	}
	if diff := cmp.Diff(want, r.lines); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
	const base = "/sdk/vim25/8.0.3.0/PropertyCollector/propertyCollector/"
	wantCalls := []call{
		{"POST", base + "RetrievePropertiesEx", `{"specSet":[{"_typeName":"PropertyFilterSpec","propSet":[{"_typeName":"PropertySpec","type":"VirtualMachine","pathSet":["name"]}],` +
			`"objectSet":[{"_typeName":"ObjectSpec","obj":{"_typeName":"ManagedObjectReference","type":"ContainerView","value":"session[52aa]52bb"},"skip":true,"selectSet":[{"_typeName":"TraversalSpec","type":"ContainerView","path":"view","skip":false}]},` +
			`{"_typeName":"ObjectSpec","obj":{"_typeName":"ManagedObjectReference","type":"Folder","value":"group-d1"},"skip":false}]}],"options":{"_typeName":"RetrieveOptions","maxObjects":7}}`, nil},
		{"POST", base + "ContinueRetrievePropertiesEx", `{"token":"0"}`, nil},
		{"POST", base + "ContinueRetrievePropertiesEx", `{"token":"t\"2"}`, nil},
	}
	calls := m.seen()
	for i := range calls {
		if calls[i].header.Get(sessionHeader) != testKey {
			t.Errorf("%s carries the session %q", calls[i].Path, calls[i].header.Get(sessionHeader))
		}
		calls[i].header = nil
	}
	if diff := cmp.Diff(wantCalls, calls, cmp.AllowUnexported(call{})); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if client.Requests() != 3 {
		t.Errorf("counted %d requests, want 3", client.Requests())
	}
}

// TestRetrieveOverlaps holds the rest of each page back until the next one has
// been asked for: without overlap it would never end.
func TestRetrieveOverlaps(t *testing.T) {
	asked := [3]chan struct{}{make(chan struct{}), make(chan struct{}), make(chan struct{})}
	held := func(body string, own, next int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			close(asked[own])
			w.Header().Set("Content-Type", jsonType)
			half := len(body) / 2
			_, _ = io.WriteString(w, body[:half])
			_ = http.NewResponseController(w).Flush()
			if next > 0 {
				select {
				case <-asked[next]:
				case <-r.Context().Done():
					return
				}
			}
			_, _ = io.WriteString(w, body[half:])
		}
	}
	m := pages(held(pageBody("a", 1, 9), 0, 1), map[string]http.HandlerFunc{
		"a": held(pageBody("b", 10, 19), 1, 2), "b": held(pageBody("", 20, 29), 2, 0),
	})
	bubble(t, m.ServeHTTP, func(t *testing.T, client *Client) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		r := new(recorder)
		got, err := inSession(client).Retrieve(ctx, Query{}, r)
		if want := (Retrieval{Pages: 3, Objects: 29}); !alike(got, want) || err != nil || r.ended != 29 {
			t.Errorf("%+v, %d objects ended, error %v; want %+v", got, r.ended, err, want)
		}
	})
}

func TestRetrieveNothing(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"null": page("null"), "null and space": page(" null\n"), "empty": page(""), "spaces": page(" \n"),
		"204": said{204, "", "", nil}.ServeHTTP, "empty, no type": said{200, "", "", nil}.ServeHTTP,
		"empty, chunked": func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = nil
			_ = http.NewResponseController(w).Flush()
		},
		"no objects": page(`{"_typeName":"RetrieveResult","objects":[]}`),
	} {
		got, err := inSession(serve(t, h)).Retrieve(t.Context(), Query{}, new(recorder))
		if want := (Retrieval{Pages: 1}); !alike(got, want) || err != nil {
			t.Errorf("%s: %+v, error %v", name, got, err)
		}
		// The same as an answer to a token would lose what the token promised.
		m := pages(page(pageBody("a", 1, 2)), map[string]http.HandlerFunc{"a": h})
		got, err = inSession(serve(t, m.ServeHTTP)).Retrieve(t.Context(), Query{}, new(recorder))
		if want := (Retrieval{Pages: 1, Objects: 2}); name != "no objects" && (!alike(got, want) || !errors.Is(err, errNoPage)) {
			t.Errorf("%s as second page: %+v, error %v", name, got, err)
		}
	}
}

// stuck does not answer until nobody waits for it.
func stuck(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func TestRetrieveErrors(t *testing.T) {
	cut := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", jsonType)
			_, _ = io.WriteString(w, body)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
	}
	whole := pageBody("a", 1, 3)
	second := map[string]http.HandlerFunc{"a": page(pageBody("", 4, 4))}
	for name, test := range map[string]struct {
		first http.HandlerFunc
		next  map[string]http.HandlerFunc
		want  Retrieval
		err   string
	}{
		"reset in page 1":         {cut(whole[:len(whole)/2]), second, Retrieval{Token: "a", Objects: 1}, "page 1: RetrievePropertiesEx: reading the answer: "},
		"reset before the token":  {cut(whole[:20]), second, Retrieval{}, "page 1: RetrievePropertiesEx: reading the answer: "},
		"drop instead of page 2":  {page(whole), map[string]http.HandlerFunc{"a": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }}, Retrieval{Pages: 1, Objects: 3, Token: "a"}, "page 2: ContinueRetrievePropertiesEx: EOF"},
		"reset in page 2":         {page(whole), map[string]http.HandlerFunc{"a": cut(pageBody("b", 4, 9)[:200])}, Retrieval{Pages: 1, Objects: 4, Token: "b"}, "page 2: ContinueRetrievePropertiesEx: reading the answer: "},
		"token refused":           {page(whole), nil, Retrieval{Pages: 1, Objects: 3, Token: "a"}, "page 2: the vCenter does not know the continuation token: ContinueRetrievePropertiesEx: InvalidProperty token"},
		"session lost":            {page(whole), map[string]http.HandlerFunc{"a": said{401, "text/plain", "no", nil}.ServeHTTP}, Retrieval{Pages: 1, Objects: 3, Token: "a"}, "page 2: ContinueRetrievePropertiesEx: AuthenticationRequired"},
		"first page refused":      {said{500, jsonType, `{"_typeName":"InvalidProperty","name":"config.x"}`, nil}.ServeHTTP, nil, Retrieval{}, "page 1: RetrievePropertiesEx: InvalidProperty config.x"},
		"HTML":                    {said{200, "text/html", webPage, nil}.ServeHTTP, nil, Retrieval{}, "page 1: RetrievePropertiesEx: reading the answer: HTTP 200 text/html from a web page"},
		"HTML as page 2":          {page(whole), map[string]http.HandlerFunc{"a": said{200, "text/html", webPage, nil}.ServeHTTP}, Retrieval{Pages: 1, Objects: 3}, "page 2: ContinueRetrievePropertiesEx: reading the answer: HTTP 200 text/html"},
		"another document":        {page(`{"_typeName":"UserSession"}`), nil, Retrieval{}, "the answer is not a RetrieveResult"},
		"trailing":                {page(whole + "{}"), second, Retrieval{Objects: 3, Token: "a"}, "data after the end"},
		"two tokens":              {page(`{"token":"a","objects":[],"token":"b"}`), second, Retrieval{Token: "a"}, "two continuation tokens"},
		"one token twice":         {page(`{"token":"a","token":"a","objects":[]}`), second, Retrieval{Token: "a"}, "two continuation tokens"},
		"two tokens in page 2":    {page(whole), map[string]http.HandlerFunc{"a": page(`{"token":"b","objects":[],"token":"c"}`)}, Retrieval{Pages: 1, Objects: 3, Token: "b"}, "two continuation tokens"},
		"token of another type":   {page(`{"token":7,"objects":[]}`), nil, Retrieval{}, `"token" is not of its documented type`},
		"page 2 under way":        {page(`{"token":"a","objects":[{}]}`), map[string]http.HandlerFunc{"a": stuck}, Retrieval{Token: "a"}, "an object without a reference"},
		"object without obj":      {page(`{"token":"a","objects":[{}]}`), second, Retrieval{Token: "a"}, "an object without a reference"},
		"empty pages without end": {page(pageBody("a", 1, 0)), map[string]http.HandlerFunc{"a": page(pageBody("a", 1, 0))}, Retrieval{Pages: 99, Token: "a"}, "100 pages in a row without an object"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, pages(test.first, test.next).ServeHTTP, func(t *testing.T, client *Client) {
				var traced atomic.Int64
				client.trace = func(Trace) { traced.Add(1) }
				r := new(recorder)
				got, err := inSession(client).Retrieve(t.Context(), Query{}, r)
				if traced.Load() != client.Requests() {
					t.Errorf("%d of %d requests are over", traced.Load(), client.Requests())
				}
				if !alike(got, test.want) || err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("%+v, error %v\nwant %+v, %s", got, err, test.want, test.err)
				}
				if r.ended != got.Objects {
					t.Errorf("%d objects ended, %d counted", r.ended, got.Objects)
				}
			})
		})
	}
}

// TestRetrieveCutEverywhere cuts the second page at every byte, with a length
// that was promised and, as HTTP/1.0 does, without.
func TestRetrieveCutEverywhere(t *testing.T) {
	body := pageBody("", 3, 4)
	at, promised := 0, true
	m := pages(page(pageBody("a", 1, 2)), map[string]http.HandlerFunc{"a": func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		length := ""
		if promised {
			length = fmt.Sprintf("Content-Length: %d\r\n", len(body))
		}
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n%s\r\n%s", length, body[:at])
		_ = conn.Close()
	}})
	session := inSession(serve(t, m.ServeHTTP))
	for _, promised = range []bool{true, false} {
		for at = range len(body) {
			got, err := session.Retrieve(t.Context(), Query{}, new(recorder))
			if err == nil || got.Pages != 1 {
				t.Fatalf("cut at %d, length promised %t: %+v without an error", at, promised, got)
			}
		}
	}
}

// panicker is a Handler that panics on its second object.
type panicker struct{ recorder }

func (p *panicker) Object(ref ManagedObjectReference) {
	if p.recorder.Object(ref); len(p.lines) > 1 {
		panic("handler")
	}
}

// TestRetrievePanics has the handler panic while the next page is under way:
// the panic goes on, and no request or goroutine stays.
func TestRetrievePanics(t *testing.T) {
	m := pages(page(pageBody("a", 1, 9)), map[string]http.HandlerFunc{"a": stuck})
	bubble(t, m.ServeHTTP, func(t *testing.T, client *Client) {
		defer func() {
			if recover() != "handler" {
				t.Error("the handler's panic is lost")
			}
		}()
		_, _ = inSession(client).Retrieve(t.Context(), Query{}, new(panicker))
	})
}

// TestRetrieveCancelled cancels at the points where a retrieval waits.
func TestRetrieveCancelled(t *testing.T) {
	halfway := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", jsonType)
			_, _ = io.WriteString(w, body[:len(body)/2])
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}
	}
	for name, test := range map[string]struct {
		first http.HandlerFunc
		next  map[string]http.HandlerFunc
		want  Retrieval
	}{
		"headers of page 1": {stuck, nil, Retrieval{}},
		"body of page 1":    {halfway(pageBody("", 1, 4)), nil, Retrieval{Objects: 1}},
		"headers of page 2": {page(pageBody("a", 1, 2)), map[string]http.HandlerFunc{"a": stuck}, Retrieval{Pages: 1, Objects: 2, Token: "a"}},
		"body of page 2":    {page(pageBody("a", 1, 2)), map[string]http.HandlerFunc{"a": halfway(pageBody("", 3, 9))}, Retrieval{Pages: 1, Objects: 5}},
		"both":              {halfway(pageBody("a", 1, 4)), map[string]http.HandlerFunc{"a": stuck}, Retrieval{Objects: 1, Token: "a"}},
		"error's body": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", jsonType)
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, `{"faultstring":"`)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, nil, Retrieval{}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, pages(test.first, test.next).ServeHTTP, func(t *testing.T, client *Client) {
				ctx, cancel := context.WithCancel(t.Context())
				go func() {
					synctest.Wait() // until nothing moves
					cancel()
				}()
				start := time.Now()
				got, err := inSession(client).Retrieve(ctx, Query{}, new(recorder))
				if !errors.Is(err, context.Canceled) || !alike(got, test.want) || time.Since(start) != 0 {
					t.Errorf("%+v after %v, error %v; want %+v", got, time.Since(start), err, test.want)
				}
			})
		})
	}
}

func TestDeadlines(t *testing.T) {
	bubble(t, pages(stuck, nil).ServeHTTP, func(t *testing.T, client *Client) {
		start := time.Now()
		_, err := inSession(client).Retrieve(t.Context(), Query{}, new(recorder))
		if took := time.Since(start); err == nil || took != HeaderTimeout {
			t.Errorf("gave up after %v with error %v, want %v", took, err, HeaderTimeout)
		}
		start = time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		_, err = inSession(client).Retrieve(ctx, Query{}, new(recorder))
		if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took != 3*time.Second {
			t.Errorf("gave up after %v with error %v, want a deadline after 3s", took, err)
		}
	})
}

func TestRetrieveLimit(t *testing.T) {
	body := pageBody("", 1, 1000)
	for name, test := range map[string]struct {
		limit int64
		gzip  bool
		over  bool
	}{
		"equal": {int64(len(body)), false, false}, "over": {int64(len(body)) - 1, false, true},
		"gzip, equal": {int64(len(body)), true, false}, "gzip, over": {int64(len(body)) - 1, true, true},
		"default": {0, true, false}, "largest": {1<<63 - 1, false, false},
	} {
		client := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", jsonType)
			if !test.gzip {
				_, _ = io.WriteString(w, body)
				return
			}
			if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
				t.Error("gzip is not asked for")
			}
			w.Header().Set("Content-Encoding", "gzip")
			zip := gzip.NewWriter(w)
			_, _ = io.WriteString(zip, body)
			_ = zip.Close()
		}, func(o *Options) { o.MaxResponse = test.limit })
		got, err := inSession(client).Retrieve(t.Context(), Query{}, new(recorder))
		var limit *LimitError
		if errors.As(err, &limit) != test.over || (err != nil) != test.over || !test.over && got.Objects != 1000 {
			t.Errorf("%s: %+v, error %v", name, got, err)
		}
	}
}

// TestRetrieveWithoutEnd shows that a vCenter whose pages never end is given up.
func TestRetrieveWithoutEnd(t *testing.T) {
	const perPage = 250_000
	var b strings.Builder
	b.WriteString(`{"_typeName":"RetrieveResult","token":"more","objects":[`)
	for i := range perPage {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"obj":{"type":"Folder","value":"%d"}}`, i)
	}
	b.WriteString("]}")
	body := b.String()
	got, err := inSession(serve(t, page(body))).Retrieve(t.Context(), Query{}, new(nobody))
	limit, ok := errors.AsType[*LimitError](err)
	if !ok || limit.Limit != maxObjects || !strings.Contains(err.Error(), "3000000 objects") || got.Objects <= maxObjects || got.Objects > maxObjects+perPage {
		t.Errorf("%+v, error %v", got, err)
	}
}

// nobody is a Handler that keeps nothing.
type nobody struct{}

func (nobody) Object(ManagedObjectReference) {}
func (nobody) Property(string, *Value)       {}
func (nobody) Missing(string, *Fault)        {}
func (nobody) End()                          {}
