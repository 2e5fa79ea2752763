package vim

import (
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"vcfleet/pkg/secret"
)

// spellings returns a secret in the forms that a server which echoes what it
// was sent may give it, the longest first: one may hold another.
func spellings(text secret.Text) []secret.Text {
	plain := text.Reveal()
	inJSON := plain
	if data, err := json.Marshal(plain); err == nil {
		inJSON = string(data[1 : len(data)-1])
	}
	quoted := func(s string) string {
		s = strconv.Quote(s)
		return s[1 : len(s)-1]
	}
	forms := []string{
		plain, inJSON, quoted(plain), quoted(inJSON),
		html.EscapeString(plain), url.QueryEscape(plain), url.PathEscape(plain),
	}
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	var list []secret.Text
	for i, form := range forms {
		if form != "" && slices.Index(forms, form) == i {
			list = append(list, secret.New(form))
		}
	}
	return list
}

// scrub takes secrets out of a text that quotes an answer.
func scrub(s string, private []secret.Text) string {
	for _, text := range private {
		s = strings.ReplaceAll(s, text.Reveal(), "***")
	}
	return s
}

// quote makes a line of a text from outside, without secrets. (In this order: a
// line is cut, and part of a secret would no longer be found.)
func quote(s string, private []secret.Text) string { return line(scrub(s, private)) }

// redacted is an error whose text had a secret in it: net/http quotes a header
// or a status line that it cannot read.
type redacted struct {
	text  string
	cause error
}

func (e *redacted) Error() string { return e.text }

func (e *redacted) Unwrap() error { return e.cause }

// redact returns err without secrets in its text.
func redact(err error, private []secret.Text) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if clean := scrub(text, private); clean != text {
		return &redacted{clean, err}
	}
	return err
}

// scrub takes secrets out of a fault and its causes. The types that callers ask
// for stay, whatever the secret is: a short password may be part of one.
func (f *Fault) scrub(private []secret.Text) {
	for ; f != nil; f = f.Cause {
		if !f.Type.known() {
			f.Type = FaultType(quote(string(f.Type), private))
		}
		f.Message = quote(f.Message, private)
		f.Name = quote(f.Name, private)
		f.PrivilegeID = quote(f.PrivilegeID, private)
		f.Object.Type = quote(f.Object.Type, private)
		f.Object.Value = quote(f.Object.Value, private)
	}
}
