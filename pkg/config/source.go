package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"

	"vcfleet/pkg/secret"
)

// source is where one password comes from. vCenters that share a login share
// the source, so that a command runs once.
type source struct {
	place place
	plain secret.Text
	env   string
	file  string // absolute
	// command is kept like a secret: an argument may be one, and %s on a
	// pointer prints what it points to.
	command []secret.Text
}

// sourceEntry is the mapping form of a password.
type sourceEntry struct {
	env     given[string]
	file    given[string]
	command given[[]string]
}

// password reads a source: a plain text, or one of env, file and command.
// Nothing here repeats a value of the file, apart from names that a source
// needs.
func password() spec[*source] {
	form := object(sourceFields(), func(s *shape) {
		s.discreet, s.MinProperties, s.MaxProperties = true, 1, 1
	})
	plain := refine(text(), plainPassword)
	plain.shape.WriteOnly = true
	return spec[*source]{
		shape: shape{OneOf: []*shape{&plain.shape, &form.shape}, WriteOnly: true},
		decode: func(l *loader, n *yaml.Node, p place) (*source, bool) {
			if follow(n).Kind != yaml.MappingNode {
				return plain.decode(l, n, p)
			}
			before := len(l.problems)
			e, _ := form.decode(l, n, p)
			if len(l.problems) > before {
				return nil, false
			}
			if len(follow(n).Content) != 2 {
				l.problem(p, passwordAbout(nil).advice, "must name exactly one source")
				return nil, false
			}
			from := &source{place: p, env: e.env.value, file: e.file.value}
			for _, argument := range e.command.value {
				from.command = append(from.command, secret.New(argument))
			}
			return from, true
		},
	}
}

func plainPassword(l *loader, s string, p place) (*source, *complaint) {
	hint := passwordAbout(nil).advice
	switch {
	case s == "":
		return nil, &complaint{"is empty", hint}
	case strings.HasPrefix(s, "${") && strings.HasSuffix(s, "}"), strings.HasPrefix(s, "{{") && strings.HasSuffix(s, "}}"):
		// Sent as it stands it would be a wrong password, and those lock accounts.
		return nil, &complaint{"is a variable or a template, which nothing fills in", hint}
	case strings.ContainsAny(s, "\r\n"):
		return nil, &complaint{"holds a line break", "a text after | or > keeps its line break"}
	}
	message := "is written in the file"
	if othersCanRead(l.mode) {
		message = fmt.Sprintf("is written in the file, and others can read it (mode %04o)", l.mode.Perm())
		hint = "chmod 600, or better " + hint
	}
	l.warn(p, hint, "%s", message)
	return &source{place: p, plain: secret.New(s)}, nil
}

// checkEnvName does not repeat a bad name: people put the password itself there.
func checkEnvName(_ *loader, s string, _ place) (string, *complaint) {
	for i, r := range s {
		if !isWord(r) || r == '-' || i == 0 && '0' <= r && r <= '9' {
			s = ""
			break
		}
	}
	if s == "" {
		return "", &complaint{"is not the name of an environment variable", "write the name alone, without $"}
	}
	return s, nil
}

// checkSecretFile returns the absolute path. Whether the file is there is
// asked when the secret is needed; who can read it is told now.
func checkSecretFile(l *loader, s string, p place) (string, *complaint) {
	if bad := fileName(s); bad != nil {
		return "", bad
	}
	path := l.resolve(s)
	// Stat follows links: Kubernetes mounts secrets as links to files.
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && othersCanRead(info.Mode()) {
		l.warn(p, "chmod 600; in Kubernetes defaultMode: 0400", "can be read by others (mode %04o): %s", info.Mode().Perm(), show(s))
	}
	return path, nil
}

// command is a program with its arguments. A program with a slash is a file,
// relative to the configuration; any other is looked up in PATH.
func command() spec[[]string] {
	kind := refine(list(text()), func(l *loader, items []item[string], p place) ([]string, *complaint) {
		var out []string
		for _, i := range items {
			if strings.ContainsRune(i.value, 0) {
				return nil, &complaint{"holds a NUL character", ""}
			}
			out = append(out, i.value)
		}
		if len(out) == 0 || items[0].place.path != p.path+"[0]" {
			// The program itself was wrong, which has been noted.
			return out, nil
		}
		if bad := fileName(out[0]); bad != nil {
			bad.message = "names no program: it " + bad.message
			return nil, bad
		}
		if strings.ContainsRune(out[0], '/') || strings.ContainsRune(out[0], filepath.Separator) {
			out[0] = l.resolve(out[0])
		}
		return out, nil
	})
	// An argument may be empty.
	return shaped(kind, func(s *shape) { s.Items.MinLength = 0 })
}
