// Package bridge puts the JSON form of the vSphere Web Services API (VI/JSON)
// in front of a vCenter that speaks SOAP only.
//
// A [Bridge] is an [http.Handler] for /sdk/vim25/{release}/{type}/{moid}/... and
// an [http.RoundTripper] that answers the same requests without a listener, so
// that a VI/JSON client can read a vCenter older than 8.0 U1. It knows the
// wire format and nothing else: every call goes to a [Backend], [SOAP] being
// the one for a real vCenter. Sessions are the backend's business. For SOAP a
// VI/JSON session id is the value of the SOAP session cookie, as it is in a
// vCenter (vSphere Web Services Programming Guide, "Client Applications Using
// the JSON Protocol"), so the bridge keeps no table of sessions and leaks none.
//
// The [Codec] follows the VI/JSON OpenAPI document, not govmomi's JSON: bytes
// are signed numbers, binary is base64Binary, and a fault in a data object is
// the MethodFault itself, without the LocalizedMethodFault that SOAP puts
// around it.
//
// The package refuses policy: it has no page cap, no token rules, no release
// negotiation and no login of its own. It also refuses requests with members
// that the release does not define, as the SOAP endpoint does.
//
// A managed object type or method needs no code here: methods are found by
// name among govmomi's vim25 types. To carry calls to something new, implement
// [Backend]. To support another wire primitive, add a kind in plan.go and its
// two cases in encode.go and decode.go.
package bridge
