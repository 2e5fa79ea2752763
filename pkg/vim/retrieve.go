package vim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// PropertySpec asks for properties of all objects of a type.
type PropertySpec struct {
	Type  string
	Paths []string
}

// Query says what a retrieval reads: the properties of the objects in a view,
// and of further objects that no view contains (a view leaves out its own
// container, and managers are no managed entities).
type Query struct {
	View       ManagedObjectReference
	Objects    []ManagedObjectReference
	Properties []PropertySpec
	// MaxObjects is the number of objects wanted per page, 0 for the vCenter's
	// default. The vCenter may give less: 100 is its usual cap.
	MaxObjects int
}

// Retrieval says how a retrieval went.
type Retrieval struct {
	Pages   int
	Objects int
	Bytes   int64 // of the pages, decompressed
	// Token is a continuation token that was not used, when the retrieval ended
	// early; its owner calls CancelRetrievePropertiesEx.
	Token string
}

// maxObjects bounds a retrieval, far above what a vCenter may manage: the largest
// appliance takes 2,000 hosts and 35,000 virtual machines (vSphere 8.0
// installation guide).
const maxObjects = 3_000_000

// maxEmptyPages bounds pages without objects that promise another one. None is
// documented to occur; a server that repeats itself must end.
const maxEmptyPages = 100

// Retrieve reads all pages of a query and hands their objects to h. The next
// page is asked for as soon as its token is known, while the current one is
// still being read; it waits on its connection until that one is done, so that
// at most one page is under way beside the one in h's hands.
//
// An error ends the retrieval. h has then seen an unknown part of the
// inventory, and perhaps the beginning of an object.
func (s *Session) Retrieve(ctx context.Context, q Query, h Handler) (Retrieval, error) {
	var done Retrieval
	first, err := s.request(s.content.PropertyCollector, "RetrievePropertiesEx", q.wire())
	if err != nil {
		return done, err
	}
	ctx, cancel := context.WithCancel(ctx)
	words := make(map[string]string)
	next := s.ask(ctx, first)
	defer func() {
		cancel()
		if next != nil {
			next.drop()
		}
	}()
	for empty := 0; next != nil; done.Pages++ {
		current := next
		next = nil
		objects, err := s.readPage(ctx, current, words, h, func(token string) error {
			if next != nil || done.Token != "" {
				return errors.New("a page with two continuation tokens")
			}
			done.Token = token
			r, err := s.request(s.content.PropertyCollector, "ContinueRetrievePropertiesEx", continuation{token})
			if err == nil {
				next = s.ask(ctx, r)
			}
			return err
		}, &done)
		done.Objects += objects
		if empty++; objects > 0 {
			empty = 0
		}
		if err == nil && next != nil && empty >= maxEmptyPages {
			err = fmt.Errorf("%d pages in a row without an object", empty)
		}
		if err == nil && done.Objects > maxObjects {
			err = &LimitError{What: "a retrieval", Limit: maxObjects, Unit: "objects"}
		}
		if err != nil {
			return done, pageError(done.Pages+1, err)
		}
	}
	return done, nil
}

// errNoPage is a null result of ContinueRetrievePropertiesEx. Only that of
// RetrievePropertiesEx may be null, when no object matches (VI/JSON OpenAPI
// 9.1.1); a token promises more objects.
var errNoPage = errors.New("no page came for the continuation token")

// readPage waits for a page and takes it. The token that asked for it is spent
// once it has come.
func (s *Session) readPage(ctx context.Context, current *pending, words map[string]string, h Handler, token func(string) error, done *Retrieval) (int, error) {
	resp, err := current.wait()
	promised := done.Token != ""
	if promised && (errors.Is(err, InvalidProperty) || errors.Is(err, InvalidArgument)) {
		// The declared schema says the one, its text the other (VI/JSON OpenAPI
		// 9.1.1), and the call has no parameter but the token.
		err = fmt.Errorf("%w: %w", ErrTokenLost, err)
	}
	if err != nil {
		return 0, err
	}
	done.Token = ""
	defer func() { _ = resp.Body.Close() }() // nothing is lost: it was read to its end, or an error says why not
	body := &countingReader{from: resp.Body}
	defer func() { done.Bytes += body.bytes }()
	v, err := document(resp, body, current.request)
	if v == nil || err != nil {
		if err == nil && promised {
			err = errNoPage
		}
		return 0, current.request.reading(ctx, err)
	}
	v.words = words
	objects, err := v.page(h, func(t string) { v.fail(token(t)) })
	return objects, current.request.reading(ctx, err)
}

// countingReader counts what is read.
type countingReader struct {
	from  io.Reader
	bytes int64
}

func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	r.bytes += int64(n)
	return n, err
}

// pending is a request under way.
type pending struct {
	request request
	done    chan struct{}
	resp    *http.Response
	err     error
}

// ask sends a request without waiting for its answer. The caller calls wait or
// drop, which end the goroutine.
func (s *Session) ask(ctx context.Context, r request) *pending {
	p := &pending{request: r, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		p.resp, p.err = s.client.do(ctx, r)
	}()
	return p
}

func (p *pending) wait() (*http.Response, error) {
	<-p.done
	return p.resp, p.err
}

// drop gives up a request whose context has been cancelled.
func (p *pending) drop() {
	if resp, err := p.wait(); err == nil {
		// Nobody wants the answer.
		_ = resp.Body.Close()
	}
}
