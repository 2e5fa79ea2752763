package vim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"vcfleet/pkg/secret"
)

// Session is an authenticated session on a vCenter. Its owner calls Logout:
// vCenter keeps an abandoned one for half an hour or more, and limits their
// number.
type Session struct {
	client  *Client
	release Release
	content *ServiceContent
	key     secret.Text
	private []secret.Text // the key, in all spellings
}

func (s *Session) path(object ManagedObjectReference, method string) string {
	return "/sdk/vim25/" + string(s.release) + "/" + url.PathEscape(object.Type) + "/" + url.PathEscape(object.Value) + "/" + method
}

// request is a method call on an object; params nil sends no body.
func (s *Session) request(object ManagedObjectReference, method string, params any) (request, error) {
	r := request{
		name: method, object: object.String(), verb: http.MethodPost,
		path: s.path(object, method), session: s.key, private: s.private,
	}
	if params == nil {
		return r, nil
	}
	body, err := json.Marshal(params)
	if err != nil {
		return r, fmt.Errorf("%s: writing the parameters: %w", method, err)
	}
	r.body = body
	return r, nil
}

// call calls a method; read takes the result, and may be nil for a void method.
func (s *Session) call(ctx context.Context, object ManagedObjectReference, method string, params any, read func(*Value)) error {
	r, err := s.request(object, method, params)
	if err != nil {
		return err
	}
	if read == nil {
		read = (*Value).Skip
	}
	_, err = s.client.value(ctx, r, read)
	return err
}

// CreateContainerView makes a view of all objects of the types below container,
// recursively. Its owner calls DestroyView.
func (s *Session) CreateContainerView(ctx context.Context, container ManagedObjectReference, types []string) (ManagedObjectReference, error) {
	var view ManagedObjectReference
	err := s.call(ctx, s.content.ViewManager, "CreateContainerView", struct {
		Container reference `json:"container"`
		Type      []string  `json:"type,omitempty"`
		Recursive bool      `json:"recursive"`
	}{wireRef(container), types, true}, func(v *Value) { view = v.Ref() })
	if err == nil && view.IsZero() {
		err = errors.New("CreateContainerView: the answer is no reference")
	}
	return view, err
}

// DestroyView destroys a view. One that is gone already is no error.
func (s *Session) DestroyView(ctx context.Context, view ManagedObjectReference) error {
	err := s.call(ctx, view, "DestroyView", nil, nil)
	if errors.Is(err, ManagedObjectNotFound) {
		return nil
	}
	return err
}

// CancelRetrievePropertiesEx gives back a continuation token that will not be
// used: vCenter keeps the rest of the result until then. A token that is spent
// or unknown is no error (InvalidProperty by the declared schema, InvalidArgument
// by its text; VI/JSON OpenAPI 9.1.1).
func (s *Session) CancelRetrievePropertiesEx(ctx context.Context, token string) error {
	err := s.call(ctx, s.content.PropertyCollector, "CancelRetrievePropertiesEx", continuation{token}, nil)
	if errors.Is(err, InvalidProperty) || errors.Is(err, InvalidArgument) {
		return nil
	}
	return err
}

// Logout ends the session, and with it its views, collectors and tokens. A
// session that is gone already is no error.
func (s *Session) Logout(ctx context.Context) error {
	err := s.call(ctx, s.content.SessionManager, "Logout", nil, nil)
	if errors.Is(err, NotAuthenticated) || errors.Is(err, AuthenticationRequired) {
		return nil
	}
	return err
}
