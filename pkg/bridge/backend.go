package bridge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
	"github.com/vmware/govmomi/vim25/xml"
)

// Backend is what stands behind a bridge. Its errors become faults where they
// are a [*Fault] or a SOAP fault, plain answers where they are a
// [*StatusError], and broken connections otherwise.
type Backend interface {
	// Call carries out one method.
	Call(ctx context.Context, call *Call) error
	// Property returns one top-level property of an object, nil if it is unset.
	Property(ctx context.Context, session string, obj types.ManagedObjectReference, name string) (any, error)
}

// Call is one method call. It is a [soap.HasFault], so a [soap.RoundTripper]
// that encodes what it is given can carry it, as [soap.Client] does.
type Call struct {
	Session string // the session id of the request, empty if there is none
	This    types.ManagedObjectReference
	Method  string
	Req     any    // a pointer to the method's request type, This set
	Res     any    // a pointer to its response type, to be filled
	Opened  string // set by the backend to the id of the session that the call opened

	fault *soap.Fault
}

// Fault returns the fault that the SOAP answer held, if any.
func (c *Call) Fault() *soap.Fault { return c.fault }

// MarshalXML writes the SOAP body of the request.
func (c *Call) MarshalXML(e *xml.Encoder, body xml.StartElement) error {
	if err := e.EncodeToken(body); err != nil {
		return err
	}
	start := xml.StartElement{Name: xml.Name{Space: "urn:vim25", Local: c.Method}}
	if err := e.EncodeElement(c.Req, start); err != nil {
		return err
	}
	return e.EncodeToken(body.End())
}

// UnmarshalXML reads the SOAP body of the answer.
func (c *Call) UnmarshalXML(d *xml.Decoder, _ xml.StartElement) error {
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}

		switch el := tok.(type) {
		case xml.EndElement:
			return nil
		case xml.StartElement:
			if el.Name.Local == "Fault" {
				c.fault = new(soap.Fault)
				err = d.DecodeElement(c.fault, &el)
			} else {
				err = d.DecodeElement(c.Res, &el)
			}
			if err != nil {
				return err
			}
		}
	}
}

// SOAP is the backend for a vCenter's SOAP endpoint, such as
// https://vc.example.com/sdk. A nil transport is [http.DefaultTransport].
func SOAP(endpoint *url.URL, transport http.RoundTripper) Backend {
	u := *endpoint
	u.User = nil
	if transport == nil {
		transport = http.DefaultTransport
	}

	c := soap.NewClient(&u, false)
	c.Namespace = "urn:" + vim25.Namespace
	c.Version = vim25.Version // a newer vCenter answers with what this release has
	c.Client = http.Client{Transport: &cookieTransport{next: transport}}

	return &soapBackend{client: c}
}

type soapBackend struct {
	client *soap.Client
}

// Call sends one SOAP request under the session's cookie.
func (b *soapBackend) Call(ctx context.Context, call *Call) error {
	s := &cookie{sent: call.Session}
	if err := b.client.RoundTrip(context.WithValue(ctx, cookieKey{}, s), call, call); err != nil {
		return fmt.Errorf("call %s over SOAP: %w", call.Method, err)
	}
	if s.received != call.Session {
		call.Opened = s.received
	}
	return nil
}

// Property reads one property with the property collector, except for the
// service content, which has a method that every server allows before login.
func (b *soapBackend) Property(ctx context.Context, session string, obj types.ManagedObjectReference, name string) (any, error) {
	ctx = context.WithValue(ctx, cookieKey{}, &cookie{sent: session})

	if obj.Type == "ServiceInstance" && name == "content" {
		res, err := methods.RetrieveServiceContent(ctx, b.client, &types.RetrieveServiceContent{This: obj})
		if err != nil {
			return nil, fmt.Errorf("read service content over SOAP: %w", err)
		}
		return res.Returnval, nil
	}

	res, err := methods.RetrieveProperties(ctx, b.client, &types.RetrieveProperties{
		This: types.ManagedObjectReference{Type: "PropertyCollector", Value: "propertyCollector"},
		SpecSet: []types.PropertyFilterSpec{{
			PropSet:   []types.PropertySpec{{Type: obj.Type, PathSet: []string{name}}},
			ObjectSet: []types.ObjectSpec{{Obj: obj}},
		}},
	})
	if err != nil {
		return nil, fmt.Errorf("read property %s over SOAP: %w", name, err)
	}

	for _, o := range res.Returnval {
		for _, m := range o.MissingSet {
			return nil, &Fault{Detail: m.Fault.Fault, Message: m.Fault.LocalizedMessage}
		}
		for _, p := range o.PropSet {
			return p.Val, nil
		}
	}
	return nil, nil
}

type cookieKey struct{}

// cookie is the session of one SOAP request: sent, and received with its answer.
type cookie struct {
	sent, received string
}

// cookieTransport carries the session of a request's context. A cookie jar
// would make one session of all.
type cookieTransport struct {
	next http.RoundTripper
}

// RoundTrip sends the request with its session's cookie.
func (t *cookieTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	s, ok := req.Context().Value(cookieKey{}).(*cookie)
	if !ok {
		return t.next.RoundTrip(req)
	}

	if s.sent != "" {
		req = req.Clone(req.Context())
		req.Header.Set("Cookie", soap.SessionCookieName+"="+s.sent)
	}
	s.received = s.sent

	res, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	for _, c := range res.Cookies() {
		if c.Name == soap.SessionCookieName {
			s.received = c.Value
		}
	}
	return res, nil
}
