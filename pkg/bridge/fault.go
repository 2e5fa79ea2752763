package bridge

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// Fault is an error that a vCenter models. On the wire it is HTTP 500 with the
// MethodFault as body.
type Fault struct {
	Detail  types.AnyType // a vim25 fault or a pointer to one
	Message string        // becomes the member faultstring
}

// Error names the fault.
func (f *Fault) Error() string {
	name := reflect.TypeOf(f.Detail)
	for name != nil && name.Kind() == reflect.Pointer {
		name = name.Elem()
	}
	if name == nil {
		return "fault: " + f.Message
	}
	return fmt.Sprintf("%s: %s", name.Name(), f.Message)
}

// StatusError is an answer from in front of the API, such as an overloaded
// proxy's, rather than from it.
type StatusError struct {
	Code int
	Text string // the body, as text/plain
}

// Error returns the text.
func (e *StatusError) Error() string {
	return fmt.Sprintf("HTTP %d: %s", e.Code, e.Text)
}

// asFault finds the fault in an error of a backend, SOAP's included.
func asFault(err error) (*Fault, bool) {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f, true
	}

	for e := err; e != nil; e = errors.Unwrap(e) {
		switch {
		case soap.IsSoapFault(e):
			sf := soap.ToSoapFault(e)
			if sf.VimFault() == nil {
				return &Fault{Detail: &types.SystemError{Reason: sf.String}, Message: sf.String}, true
			}
			return &Fault{Detail: sf.VimFault(), Message: sf.String}, true
		case soap.IsVimFault(e):
			return &Fault{Detail: soap.ToVimFault(e)}, true
		}
	}
	return nil, false
}

// appendFaultBody writes the body of a faulty answer. The members faultMessage
// and faultstring are always there.
func (c *Codec) appendFaultBody(dst []byte, f *Fault) ([]byte, error) {
	start := len(dst)
	dst, err := c.Append(dst, f.Detail)
	if err != nil {
		return nil, err
	}
	if dst[start] != '{' {
		return nil, fmt.Errorf("encode fault %T: not a data object", f.Detail)
	}

	dst = dst[:len(dst)-1]
	if !hasFaultMessage(f.Detail) {
		dst = append(dst, `,"faultMessage":[]`...)
	}
	dst = append(dst, `,"faultstring":`...)
	return append(appendString(dst, f.Message), '}'), nil
}

func hasFaultMessage(detail any) bool {
	v := reflect.ValueOf(detail)
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return false
	}
	m := v.FieldByName("FaultMessage")
	return m.IsValid() && m.Kind() == reflect.Slice && m.Len() > 0
}

func invalidRequest(format string, args ...any) *Fault {
	return &Fault{Detail: &types.InvalidRequest{}, Message: fmt.Sprintf(format, args...)}
}
