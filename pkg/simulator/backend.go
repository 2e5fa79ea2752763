package simulator

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"

	"vcfleet/pkg/bridge"
)

// backend answers the bridge's calls: sessions and the reading of properties
// itself, the rest with vcsim's objects, in process and under their locks.
type backend struct {
	v     *VCenter
	outer callFunc // call, with the faults around it
}

func newBackend(v *VCenter) *backend {
	b := &backend{v: v}
	b.outer = b.call
	v.eachFault(func(s faultSpec, p params) {
		if s.call != nil {
			b.outer = s.call(v, p, b.outer)
		}
	})
	return b
}

// Call carries out one VI/JSON method, or fails as the faults want.
func (b *backend) Call(ctx context.Context, call *bridge.Call) error {
	return b.outer(ctx, call)
}

func (b *backend) call(ctx context.Context, call *bridge.Call) error {
	s := b.v.sessions.get(call.Session)
	switch req := call.Req.(type) {
	case *types.Login:
		return b.login(call, s, req)
	case *types.RetrievePropertiesEx:
		return b.retrieveEx(ctx, call, s, req)
	case *types.RetrieveProperties:
		return b.retrieve(ctx, call, s, req)
	case *types.RetrieveServiceContent:
		return b.dispatch(ctx, call, s)
	}
	if s == nil {
		return notAuthenticated(call.This)
	}

	switch req := call.Req.(type) {
	case *types.Logout:
		return b.logout(ctx, call, s)
	case *types.ContinueRetrievePropertiesEx:
		return b.continueEx(ctx, call, s, req)
	case *types.CancelRetrievePropertiesEx:
		return b.cancelEx(call, s, req)
	case *types.DestroyPropertyCollector:
		s.dropCursor(call.This)
	case *types.LoginByToken, *types.LoginExtensionByCertificate, *types.LoginExtensionBySubjectName,
		*types.LoginBySSPI, *types.CloneSession, *types.AcquireCloneTicket, *types.ImpersonateUser:
		// vcsim's need the HTTP request behind a SOAP call, and SAML is SOAP only.
		return notSupported()
	}

	if err := b.dispatch(ctx, call, s); err != nil {
		return err
	}
	s.track(call)
	return nil
}

// track keeps account of the views of a session.
func (s *session) track(call *bridge.Call) {
	s.mu.Lock()
	defer s.mu.Unlock()

	switch res := call.Res.(type) {
	case *types.CreateContainerViewResponse:
		s.views[res.Returnval] = struct{}{}
	case *types.CreateListViewResponse:
		s.views[res.Returnval] = struct{}{}
	case *types.DestroyViewResponse:
		delete(s.views, call.This)
	}
}

func (b *backend) login(call *bridge.Call, s *session, req *types.Login) error {
	if call.This != *b.v.content.SessionManager {
		return notFound(call.This)
	}
	// An authenticated session cannot log in again (VI/JSON OpenAPI, Login).
	if s != nil || req.UserName != b.v.opts.Username || req.Password != b.v.opts.Password {
		b.v.sessions.rejected.Add(1)
		return invalidLogin()
	}

	s, err := b.v.sessions.add(req.UserName, req.Locale, b.v.registry)
	if err != nil {
		return err
	}
	call.Opened = s.id
	call.Res = &types.LoginResponse{Returnval: s.sim.UserSession}
	return nil
}

// logout ends a session and all that lives in it.
func (b *backend) logout(ctx context.Context, call *bridge.Call, s *session) error {
	if call.This != *b.v.content.SessionManager {
		return notFound(call.This)
	}
	if !b.v.sessions.remove(s.id) {
		return notAuthenticated(call.This) // lost a race with another logout
	}
	return b.destroyViews(ctx, s)
}

// destroyViews destroys the views of a session that has ended: vcsim's listen
// for changes in the registry until then.
func (b *backend) destroyViews(ctx context.Context, s *session) error {
	for _, view := range s.openViews() {
		destroy := &bridge.Call{
			This:   view,
			Method: "DestroyView",
			Req:    &types.DestroyView{This: view},
			Res:    &types.DestroyViewResponse{},
		}
		if err := b.dispatch(ctx, destroy, s); err != nil {
			return fmt.Errorf("destroy view %s of a session: %w", view.Value, err)
		}
	}
	return nil
}

// dispatch calls the method of a vcsim object.
func (b *backend) dispatch(ctx context.Context, call *bridge.Call, s *session) (err error) {
	sc := b.v.context(ctx, s)
	sc.Caller = &call.This

	obj := b.v.object(s, call.This)
	if obj == nil {
		return notFound(call.This)
	}

	if isTask(call.Method) {
		return notSupported()
	}
	m := reflect.ValueOf(obj).MethodByName(call.Method)
	if !m.IsValid() || m.Type().NumOut() != 1 || m.Type().NumIn() < 1 || m.Type().NumIn() > 2 ||
		m.Type().In(m.Type().NumIn()-1) != reflect.TypeOf(call.Req) {
		return &bridge.Fault{
			Detail:  &types.MethodNotFound{Receiver: call.This, Method: call.Method},
			Message: fmt.Sprintf("The method %s is not found on %s.", call.Method, call.This.Type),
		}
	}

	var args []reflect.Value
	if m.Type().NumIn() == 2 {
		args = append(args, reflect.ValueOf(sc))
	}
	args = append(args, reflect.ValueOf(call.Req))

	defer func() {
		if r := recover(); r != nil { // vcsim panics on objects that lack what it expects
			err = &bridge.Fault{Detail: &types.SystemError{Reason: fmt.Sprint(r)}, Message: "A general system error occurred."}
		}
	}()
	if pc, ok := obj.(*simulator.PropertyCollector); ok {
		// A wait for updates ends with the request, not only with its own time.
		stop := context.AfterFunc(ctx, func() { pc.CancelWaitForUpdates(&types.CancelWaitForUpdates{This: call.This}) })
		defer stop()
	}

	var out []reflect.Value
	b.v.withLock(sc, obj, func() { out = m.Call(args) })
	return takeResult(call, out[0])
}

// takeResult moves the response out of vcsim's body type.
func takeResult(call *bridge.Call, out reflect.Value) error {
	body, ok := reflect.TypeAssert[soap.HasFault](out)
	if !ok || out.IsNil() {
		return fmt.Errorf("call %s: vcsim returned %s", call.Method, out.Type())
	}
	if f := body.Fault(); f != nil {
		return &bridge.Fault{Detail: f.VimFault(), Message: f.String}
	}

	res := reflect.Indirect(reflect.ValueOf(body)).FieldByName("Res")
	if !res.IsValid() || res.IsNil() {
		return nil
	}
	call.Res = res.Interface()
	return nil
}

// object finds an object as the session sees it: its own views and collectors
// first. Without a session only what all share is seen.
func (v *VCenter) object(s *session, ref types.ManagedObjectReference) mo.Reference {
	if s == nil {
		return v.registry.Get(ref)
	}
	return s.sim.Get(ref)
}

// context is what vcsim's methods ask for. Locks are held on its behalf.
func (v *VCenter) context(ctx context.Context, s *session) *simulator.Context {
	sc := *v.service.Context // has the service, which is not exported
	sc.Context = ctx
	sc.Session = nil
	if s != nil {
		sc.Session = s.sim
	}
	return &sc
}

// withLock runs f under the lock of an object, which it releases on panic too.
func (v *VCenter) withLock(sc *simulator.Context, obj mo.Reference, f func()) {
	unlock := v.registry.AcquireLock(sc, obj)
	defer unlock()
	f()
}

// isTask reports whether a method starts a task. vcsim runs tasks in goroutines
// that nothing can wait for and where a panic, easily had on an object that
// vcsim has not made itself, ends the process. Over SOAP they are refused too.
func isTask(method string) bool { return strings.HasSuffix(method, "_Task") }

func notSupported() error {
	return &bridge.Fault{Detail: &types.NotSupported{}, Message: "The operation is not supported on the object."}
}

func notAuthenticated(obj types.ManagedObjectReference) error {
	return &bridge.Fault{
		Detail:  &types.NotAuthenticated{NoPermission: types.NoPermission{Object: &obj, PrivilegeId: "System.View"}},
		Message: "The session is not authenticated.",
	}
}

func notFound(obj types.ManagedObjectReference) error {
	return &bridge.Fault{
		Detail: &types.ManagedObjectNotFound{Obj: obj},
		Message: fmt.Sprintf("The object '%s:%s' has already been deleted or has not been completely created",
			obj.Type, obj.Value),
	}
}

func invalidLogin() error {
	return &bridge.Fault{
		Detail:  &types.InvalidLogin{},
		Message: "Cannot complete login due to an incorrect user name or password.",
	}
}

func invalidProperty(name string) error {
	return &bridge.Fault{
		Detail:  &types.InvalidProperty{Name: name},
		Message: fmt.Sprintf("The property '%s' is invalid.", name),
	}
}

func invalidArgument(property string) error {
	return &bridge.Fault{
		Detail:  &types.InvalidArgument{InvalidProperty: property},
		Message: "A specified parameter was not correct: " + property,
	}
}
