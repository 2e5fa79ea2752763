// Package secret holds a text that must not be printed.
//
// A [Text] shows "***" to every fmt verb, encoder and logger; the only way to
// its content is [Text.Reveal], so that a search for that one word finds every
// place where a secret leaves the program. The package refuses everything
// else: where secrets come from is config's business, what they open is vim's.
package secret

import (
	"fmt"
	"io"
)

const mask = "***"

// Text is a secret. The zero Text is empty. Two Texts are never equal by ==
// unless one is a copy of the other.
//
// The content sits behind a function instead of a string field: reflection
// (as used by %#v and by encoders that look into unexported fields) finds a
// code pointer there, nothing to print.
type Text struct {
	reveal func() string
}

// New wraps content.
func New(content string) Text {
	if content == "" {
		return Text{}
	}
	return Text{reveal: func() string { return content }}
}

// Reveal returns the content. Call it as late as possible, and never for a
// message.
func (t Text) Reveal() string {
	if t.reveal == nil {
		return ""
	}
	return t.reveal()
}

// Empty reports whether there is no content.
func (t Text) Empty() bool { return t.reveal == nil }

// String returns a mask, or nothing for an empty Text.
func (t Text) String() string {
	if t.Empty() {
		return ""
	}
	return mask
}

// Format writes the mask whatever the verb, %#v, %x and %p included.
func (t Text) Format(state fmt.State, _ rune) {
	// The error is fmt's to see: a Formatter has no way to return it.
	_, _ = io.WriteString(state, t.String())
}

// MarshalText returns the mask: JSON, YAML and XML encoders call it.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }
