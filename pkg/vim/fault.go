package vim

import (
	"cmp"
	"strings"
)

// FaultType is the type name of a fault. It is an error, so that callers write
// errors.Is(err, vim.InvalidLogin).
type FaultType string

// Error returns the type name.
func (t FaultType) Error() string { return string(t) }

// The faults that callers tell apart.
const (
	InvalidLogin           FaultType = "InvalidLogin"
	NoPermission           FaultType = "NoPermission"
	NotAuthenticated       FaultType = "NotAuthenticated"
	AuthenticationRequired FaultType = "AuthenticationRequired" // since 9.1, sent as HTTP 400, 401 or 403
	InvalidProperty        FaultType = "InvalidProperty"
	InvalidArgument        FaultType = "InvalidArgument"
	InvalidType            FaultType = "InvalidType"
	ManagedObjectNotFound  FaultType = "ManagedObjectNotFound"
	RequestCanceled        FaultType = "RequestCanceled"
	SystemError            FaultType = "SystemError"
)

// known reports whether t is one of the faults above.
func (t FaultType) known() bool {
	switch t {
	case InvalidLogin, NoPermission, NotAuthenticated, AuthenticationRequired, InvalidProperty,
		InvalidArgument, InvalidType, ManagedObjectNotFound, RequestCanceled, SystemError:
		return true
	}
	return false
}

// Fault is an error that the vCenter sent, as a MethodFault in JSON.
type Fault struct {
	Type        FaultType
	Message     string                 // the vCenter's text; may be empty
	Name        string                 // InvalidProperty: the path or member concerned
	PrivilegeID string                 // NoPermission, NotAuthenticated: the privilege asked for
	Object      ManagedObjectReference // NoPermission, ManagedObjectNotFound: the object concerned
	Cause       *Fault
}

// Error says the type and what is known beside it.
func (f *Fault) Error() string {
	var b strings.Builder
	b.WriteString(cmp.Or(string(f.Type), "fault of unknown type"))
	if f.Name != "" {
		b.WriteString(" " + f.Name)
	}
	if f.PrivilegeID != "" {
		b.WriteString(" (privilege " + f.PrivilegeID + ")")
	}
	if f.Message != "" {
		b.WriteString(": " + f.Message)
	}
	return b.String()
}

// Is reports whether target is the fault's type.
func (f *Fault) Is(target error) bool {
	t, ok := target.(FaultType)
	return ok && t == f.Type
}

// Unwrap returns the fault's cause.
func (f *Fault) Unwrap() error {
	if f.Cause == nil {
		return nil
	}
	return f.Cause
}

// Fault reads a MethodFault, bare as VI/JSON sends it, or wrapped in a
// LocalizedMethodFault as SOAP does. Members it does not know are left out.
// (MissingProperty and RetrieveResult in the VI/JSON reference 8.0.3 show the
// bare form; "faultstring" stands beside the modelled members in real answers,
// evoila/meho #3566.)
func (v *Value) Fault() *Fault {
	f := new(Fault)
	v.Fields(func(name []byte, v *Value) { f.member(string(name), v) })
	return f
}

// member takes one member of a fault.
func (f *Fault) member(name string, v *Value) {
	switch name {
	case "_typeName":
		if t := v.Word(); t != "LocalizedMethodFault" {
			f.Type = FaultType(t)
		}
	case "fault":
		if f.Type != "" || v.Kind() != KindObject {
			return // a member of the fault itself, not what the wrapper holds
		}
		inner := v.Fault()
		inner.Message = cmp.Or(inner.Message, f.Message)
		*f = *inner
	case "faultCause":
		if v.Kind() == KindObject {
			f.Cause = v.Fault()
		}
	case "faultstring", "localizedMessage":
		f.Message = cmp.Or(f.Message, v.Text())
	case "faultMessage":
		v.Elements(func(v *Value) { v.localizableMessage(f) })
	case "name":
		f.Name = v.Text()
	case "privilegeId":
		f.PrivilegeID = v.Text()
	case "object", "obj":
		f.Object = v.Ref()
	}
}

func (v *Value) localizableMessage(f *Fault) {
	v.Fields(func(name []byte, v *Value) {
		if string(name) == "message" {
			f.Message = cmp.Or(f.Message, v.Text())
		}
	})
}
