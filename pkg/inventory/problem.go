package inventory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"vcfleet/pkg/tabular"
)

// Phase is the part of a conversation in which something happened.
type Phase string

// The phases, in order.
const (
	PhaseQueue     Phase = "queue"   // waiting for a place in the pool
	PhaseResolve   Phase = "resolve" // DNS
	PhaseConnect   Phase = "connect" // TCP, proxy
	PhaseTLS       Phase = "tls"
	PhaseNegotiate Phase = "negotiate" // API release and service content
	PhaseLogin     Phase = "login"
	PhaseView      Phase = "view"    // making the container view
	PhaseRead      Phase = "read"    // the paging loop
	PhaseCleanup   Phase = "cleanup" // cancelling an open token, destroying the view
	PhaseLogout    Phase = "logout"
)

// Class says what kind of thing went wrong, for scripts to match on.
type Class string

// The classes.
const (
	ClassUnreachable         Class = "unreachable"          // no connection
	ClassTimeout             Class = "timeout"              // a deadline passed
	ClassCanceled            Class = "canceled"             // the run was interrupted
	ClassTLSUntrusted        Class = "tls-untrusted"        // certificate of an unknown authority or for another name
	ClassTLSExpired          Class = "tls-expired"          // certificate expired or not yet valid
	ClassTLSPinMismatch      Class = "tls-pin-mismatch"     // not the pinned certificate
	ClassTLS                 Class = "tls"                  // any other TLS failure
	ClassNotAVCenter         Class = "not-a-vcenter"        // something else answers at the address
	ClassTooOld              Class = "too-old"              // a vCenter before 8.0 U1
	ClassNoRelease           Class = "no-release"           // no API release in common
	ClassCredentialsRejected Class = "credentials-rejected" // InvalidLogin
	ClassLockoutGuard        Class = "lockout-guard"        // not tried: others rejected the same credential
	ClassNoPermission        Class = "no-permission"        // a privilege is missing
	ClassSessionLost         Class = "session-lost"         // the vCenter no longer knows the session
	ClassThrottled           Class = "throttled"            // 429 or 503
	ClassUnsupportedProperty Class = "unsupported-property" // the release does not know a property path
	ClassFault               Class = "fault"                // any other fault of the vCenter
	ClassOddValue            Class = "odd-value"            // a property value was not of its documented type
	ClassLimit               Class = "limit"                // an input limit of vcfleet was reached
	ClassProtocol            Class = "protocol"             // an answer that is not VI/JSON
	ClassDuplicate           Class = "duplicate-vcenter"    // the same vCenter is configured twice
	ClassStale               Class = "stale"                // records of an earlier run stand in for this one's
	ClassInternal            Class = "internal"             // a bug in vcfleet
)

// Problem is a part of the inventory that could not be read, or a danger that
// was met on the way, as data.
type Problem struct {
	Phase   Phase  `json:"phase"`
	Class   Class  `json:"class"`
	Type    string `json:"type,omitzero"`    // managed object type concerned
	Path    string `json:"path,omitzero"`    // property path concerned
	Objects int64  `json:"objects,omitzero"` // how many objects it concerns; 0 when it is not about objects
	Message string `json:"message"`          // what happened, one line
	Hint    string `json:"hint,omitzero"`    // what to do about it
}

// Brief is the first problem's text and the number of others, for one line of
// a table; nothing when there is none.
func Brief(problems []Problem) string {
	switch len(problems) {
	case 0:
		return ""
	case 1:
		return problems[0].Message
	}
	return fmt.Sprintf("%s (+%d more)", problems[0].Message, len(problems)-1)
}

// SortedPairs returns the entries of m sorted by key.
func SortedPairs(m map[string]string) []tabular.Pair {
	pairs := make([]tabular.Pair, 0, len(m))
	for key, value := range m {
		pairs = append(pairs, tabular.Pair{Key: key, Value: value})
	}
	slices.SortFunc(pairs, func(a, b tabular.Pair) int { return cmp.Compare(a.Key, b.Key) })
	return pairs
}

// ProblemRow is a problem with the vCenter that it belongs to.
type ProblemRow struct {
	VCenter string
	Problem
}

// ProblemSchema lists the columns of the problems table.
func ProblemSchema() tabular.Schema[ProblemRow] {
	return tabular.Schema[ProblemRow]{
		Name: "problems", Title: "Problems", Doc: "what could not be read, and why",
		Columns: []tabular.Column[ProblemRow]{
			computed("vcenter", "name of the vCenter in the configuration", tabular.Text, func(p *ProblemRow) tabular.Value { return tabular.TextValue(p.VCenter) }),
			computed("phase", "part of the conversation", tabular.Text, func(p *ProblemRow) tabular.Value { return tabular.TextValue(string(p.Phase)) }),
			computed("class", "kind of problem", tabular.Text, func(p *ProblemRow) tabular.Value { return tabular.TextValue(string(p.Class)) }),
			computed("type", "managed object type concerned", tabular.Text, func(p *ProblemRow) tabular.Value { return tabular.TextValue(p.Type) }),
			computed("path", "property path concerned", tabular.Text, func(p *ProblemRow) tabular.Value { return tabular.TextValue(p.Path) }),
			computed("objects", "how many objects it concerns", tabular.Int, func(p *ProblemRow) tabular.Value {
				if p.Objects == 0 {
					return tabular.Value{}
				}
				return tabular.IntValue(p.Objects)
			}),
			computed("message", "what happened", tabular.Text, func(p *ProblemRow) tabular.Value { return tabular.TextValue(oneLine(p.Message)) }),
			computed("hint", "what to do about it", tabular.Text, func(p *ProblemRow) tabular.Value { return tabular.TextValue(oneLine(p.Hint)) }),
		},
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
