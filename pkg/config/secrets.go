package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"vcfleet/pkg/secret"
)

// commandLimit is how long a password command may take.
const commandLimit = 30 * time.Second

// Secrets fills in the password of every enabled vCenter. Each source is
// asked once, however many vCenters share it. All that is missing or empty
// comes as one [*Error]; when ctx ends first, the error wraps its cause.
func (c *Config) Secrets(ctx context.Context) error {
	type answer struct {
		text secret.Text
		bad  *complaint
	}
	answers := map[*source]answer{}
	var problems []Problem
	for i := range c.VCenters {
		v := &c.VCenters[i]
		from := c.sources[strings.ToLower(v.Name)]
		switch {
		case !v.Enabled:
			continue
		case from == nil && v.Password.Empty():
			problems = append(problems, Problem{File: c.file, Message: "vCenter " + show(v.Name) + " has no password"})
			continue
		case from == nil:
			continue
		}
		a, asked := answers[from]
		if !asked {
			a.text, a.bad = c.ask(ctx, from)
			if ctx.Err() != nil {
				return fmt.Errorf("asking for passwords: %w", context.Cause(ctx))
			}
			answers[from] = a
			if a.bad != nil {
				problems = append(problems, Problem{
					File: c.file, Line: from.place.line, Column: from.place.column,
					Path: from.place.path, Message: from.place.path + " " + a.bad.message, Hint: a.bad.hint,
				})
			}
		}
		v.Password = a.text
	}
	if len(problems) > 0 {
		return &Error{Problems: tidy(problems)}
	}
	return nil
}

// ask gets one secret. No message holds a part of it.
func (c *Config) ask(ctx context.Context, s *source) (secret.Text, *complaint) {
	var raw, what string
	var bad *complaint
	switch {
	case !s.plain.Empty():
		return s.plain, nil
	case s.env != "":
		what = "environment variable " + show(s.env)
		value, ok := c.lookupEnv(s.env)
		if !ok {
			return secret.Text{}, &complaint{"cannot be had: " + what + " is not set", "export it"}
		}
		raw = value
	case s.file != "":
		what = "file " + show(s.file)
		data, err := readRegular(s.file, maxSecret)
		if err != nil {
			return secret.Text{}, &complaint{fmt.Sprintf("cannot be had: %s cannot be read: %v", what, err), ""}
		}
		raw = string(data)
	default:
		var argv []string
		for _, argument := range s.command {
			argv = append(argv, argument.Reveal())
		}
		what = "command " + show(filepath.Base(argv[0]))
		raw, bad = c.run(ctx, what, argv)
		if bad != nil {
			return secret.Text{}, bad
		}
	}
	return checkSecret(what, raw)
}

// checkSecret takes the line break off that editors, echo and base64 leave
// behind, and refuses what can be no password, before it locks an account.
func checkSecret(what, raw string) (secret.Text, *complaint) {
	raw = strings.TrimSuffix(strings.TrimSuffix(raw, "\n"), "\r")
	switch {
	case raw == "":
		return secret.Text{}, &complaint{what + " is empty", ""}
	case !utf8.ValidString(raw):
		return secret.Text{}, &complaint{what + " holds no UTF-8 text", ""}
	case strings.Contains(raw, "\n"):
		return secret.Text{}, &complaint{what + " holds more than one line", ""}
	case strings.ContainsFunc(raw, unicode.IsControl):
		return secret.Text{}, &complaint{what + " holds a control character", ""}
	}
	return secret.New(raw), nil
}

// run returns the first line that a command prints. What it says on stderr is
// dropped: it may repeat a secret.
func (c *Config) run(ctx context.Context, what string, argv []string) (string, *complaint) {
	ctx, cancel := context.WithTimeout(ctx, c.commandLimit)
	defer cancel()
	out := &limitedBuffer{limit: maxSecret}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdout = out
	// A child of the command may hold the pipe open after it was killed.
	const drain = time.Second
	cmd.WaitDelay = drain
	err := cmd.Run()
	exit, exited := errors.AsType[*exec.ExitError](err)
	switch {
	case err == nil:
		first, _, _ := bytes.Cut(out.data, []byte("\n"))
		return string(first), nil
	case ctx.Err() != nil:
		return "", &complaint{fmt.Sprintf("cannot be had: %s took longer than %v", what, c.commandLimit), "it must not wait for input"}
	case errors.Is(out.err, errTooLong):
		return "", &complaint{fmt.Sprintf("cannot be had: %s printed more than %d bytes", what, maxSecret), ""}
	case exited:
		return "", &complaint{fmt.Sprintf("cannot be had: %s failed: %v", what, exit.ProcessState), "run it by hand to see why"}
	case errors.Is(err, exec.ErrWaitDelay):
		return "", &complaint{fmt.Sprintf("cannot be had: %s left a process behind that keeps its output open", what), ""}
	}
	reason := bare(err)
	if lookup, ok := errors.AsType[*exec.Error](err); ok {
		reason = bare(lookup.Err)
	}
	return "", &complaint{fmt.Sprintf("cannot be had: %s cannot be run: %v", what, reason), ""}
}

// limitedBuffer refuses to grow beyond its limit.
type limitedBuffer struct {
	data  []byte
	limit int
	err   error
}

// Write appends p, or fails and keeps failing.
func (b *limitedBuffer) Write(p []byte) (int, error) {
	if len(b.data)+len(p) > b.limit {
		b.err = errTooLong
		return 0, b.err
	}
	b.data = append(b.data, p...)
	return len(p), nil
}
