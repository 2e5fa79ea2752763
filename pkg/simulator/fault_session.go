package simulator

import (
	"context"
	"net/http"
	"sync"

	"github.com/vmware/govmomi/vim25/types"

	"vcfleet/pkg/bridge"
)

// The ways in which a vCenter shows that a session has gone.
const (
	expiryFault    = "fault"
	expiry401      = "401"
	expiryViewGone = "view-gone"
	expiryMissing  = "missing"
)

// sessionFaults are of logging in, of the session and of cleaning up.
func sessionFaults() []faultSpec {
	return []faultSpec{
		{
			name: FaultRejectLogin,
			doc:  "answer every VI/JSON login with InvalidLogin",
			call: atLogin(func(*VCenter, *types.Login) error { return invalidLogin() }),
		},
		{
			name: FaultLoginNoPermission,
			doc:  "answer every login whose password is right with NoPermission, as for a user without any",
			call: atLogin(func(v *VCenter, req *types.Login) error {
				if req.UserName != v.opts.Username || req.Password != v.opts.Password {
					return invalidLogin()
				}
				return noPermission(v.content.RootFolder, "System.View")
			}),
		},
		{
			name: FaultSessionExpiry,
			doc: "drop the session once, before the method, and show it as 500 NotAuthenticated, as 401, " +
				"as ManagedObjectNotFound of the view, or as a page in which every property is missing",
			method: faultMethod{def: "RetrievePropertiesEx", call: true},
			value:  oneOf(expiryFault, expiry401, expiryViewGone, expiryMissing),
			call:   expireSession,
		},
		{
			name:  FaultUsedToken,
			doc:   "answer the first N good tokens with InvalidProperty token, as if they had been used",
			value: timesValue("1"),
			call:  useToken,
		},
		{
			name: FaultCleanupFails,
			doc:  "answer DestroyView, CancelRetrievePropertiesEx and Logout with SystemError and do nothing",
			call: func(_ *VCenter, _ params, next callFunc) callFunc {
				return func(ctx context.Context, c *bridge.Call) error {
					switch c.Method {
					case "DestroyView", "CancelRetrievePropertiesEx", "Logout":
						return &bridge.Fault{
							Detail:  &types.SystemError{Reason: "cleanup fails"},
							Message: "A general system error occurred: cleanup fails",
						}
					}
					return next(ctx, c)
				}
			},
		},
	}
}

// atLogin makes the call of a fault that refuses logins.
func atLogin(refuse func(*VCenter, *types.Login) error) func(*VCenter, params, callFunc) callFunc {
	return func(v *VCenter, _ params, next callFunc) callFunc {
		return func(ctx context.Context, c *bridge.Call) error {
			req, ok := c.Req.(*types.Login)
			if !ok {
				return next(ctx, c)
			}
			v.sessions.rejected.Add(1)
			return refuse(v, req)
		}
	}
}

// expiry drops one session of a vCenter.
type expiry struct {
	v    *VCenter
	how  string
	once *budget

	mu      sync.Mutex
	dropped string // the session's id
}

func expireSession(v *VCenter, p params, next callFunc) callFunc {
	p.times = 1
	e := &expiry{v: v, how: p.word, once: p.newBudget()}
	return func(ctx context.Context, c *bridge.Call) error {
		if c.Method == "Login" && p.method != "Login" {
			return next(ctx, c)
		}
		if e.wasDropped(c.Session) {
			return e.later(ctx, c, next)
		}
		s := v.sessions.get(c.Session)
		if s == nil || c.Method != p.method || !e.once.take() {
			return next(ctx, c)
		}
		return e.drop(ctx, c, s)
	}
}

func (e *expiry) wasDropped(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return id != "" && id == e.dropped
}

// later answers what comes under the id of the session that was dropped. The
// session is unknown by then, and its view too.
func (e *expiry) later(ctx context.Context, c *bridge.Call, next callFunc) error {
	switch e.how {
	case expiryFault:
		return notAuthenticated(c.This)
	case expiry401:
		return unauthorized()
	default:
		return next(ctx, c)
	}
}

// drop ends the session and answers the call that finds it gone.
func (e *expiry) drop(ctx context.Context, c *bridge.Call, s *session) error {
	var missing func() error
	if e.how == expiryMissing {
		missing = e.missing(ctx, c, s) // while there is the view
	}
	views := s.openViews()
	e.mu.Lock()
	e.dropped = s.id
	e.mu.Unlock()
	if e.v.sessions.drop(s.id) {
		if err := (&backend{v: e.v}).destroyViews(ctx, s); err != nil {
			return err
		}
	}

	switch {
	case e.how == expiry401:
		return unauthorized()
	case e.how == expiryViewGone && len(views) > 0:
		return notFound(viewOf(c, views))
	case e.how == expiryMissing && missing != nil:
		return missing()
	default:
		return notAuthenticated(c.This)
	}
}

// missing prepares the page that the call would give without a session, nil if
// it would give none.
func (e *expiry) missing(ctx context.Context, c *bridge.Call, s *session) func() error {
	var at *cursor
	switch req := c.Req.(type) {
	case *types.RetrievePropertiesEx:
		q, err := e.v.query(ctx, s, req.SpecSet)
		if err != nil {
			return func() error { return err }
		}
		at = &cursor{query: q, size: e.v.pageSize(req.Options.MaxObjects)}
	case *types.ContinueRetrievePropertiesEx:
		if at = s.takeCursor(c.This, req.Token); at == nil {
			return nil
		}
	default:
		return nil
	}
	return func() error {
		res, err := e.v.nextPage(ctx, nil, c.This, at)
		if err != nil {
			return err
		}
		if c.Method == "RetrievePropertiesEx" {
			c.Res = &types.RetrievePropertiesExResponse{Returnval: res}
		} else {
			c.Res = &types.ContinueRetrievePropertiesExResponse{Returnval: *res}
		}
		return nil
	}
}

// viewOf is the view that a call begins with, or else one of the session's.
func viewOf(c *bridge.Call, views []types.ManagedObjectReference) types.ManagedObjectReference {
	req, ok := c.Req.(*types.RetrievePropertiesEx)
	if !ok {
		return views[0]
	}
	for _, spec := range req.SpecSet {
		for _, o := range spec.ObjectSet {
			for _, view := range views {
				if o.Obj == view {
					return view
				}
			}
		}
	}
	return views[0]
}

// useToken uses tokens up before their client does.
func useToken(v *VCenter, p params, next callFunc) callFunc {
	left := p.newBudget()
	return func(ctx context.Context, c *bridge.Call) error {
		req, ok := c.Req.(*types.ContinueRetrievePropertiesEx)
		s := v.sessions.get(c.Session)
		if !ok || s == nil || !s.hasCursor(c.This, req.Token) || !left.take() {
			return next(ctx, c)
		}
		s.takeCursor(c.This, req.Token)
		return invalidProperty("token")
	}
}

func unauthorized() error {
	return &bridge.StatusError{Code: http.StatusUnauthorized, Text: "Unauthorized"}
}

func noPermission(obj types.ManagedObjectReference, privilege string) error {
	return &bridge.Fault{
		Detail:  &types.NoPermission{Object: &obj, PrivilegeId: privilege},
		Message: "Permission to perform this operation was denied.",
	}
}
