package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"gopkg.in/yaml.v3"
)

// complaint is what is wrong with a value; the path comes before it.
type complaint struct{ message, hint string }

// text is a string. It has to be one in YAML too: `012` and `1e3` would lose
// their spelling in other readers of the file.
func text() spec[string] {
	return spec[string]{
		shape: shape{Type: "string", MinLength: 1},
		decode: func(l *loader, n *yaml.Node, p place) (string, bool) {
			node := follow(n)
			if node.Kind != yaml.ScalarNode || node.ShortTag() != "!!str" {
				l.wrongType(n, p, "a text")
				return "", false
			}
			return node.Value, true
		},
	}
}

// refine checks a value further and may change it.
func refine[V, W any](kind spec[V], check func(l *loader, v V, p place) (W, *complaint)) spec[W] {
	return spec[W]{shape: kind.shape, decode: func(l *loader, n *yaml.Node, p place) (W, bool) {
		v, ok := kind.decode(l, n, p)
		if !ok {
			var none W
			return none, false
		}
		w, bad := check(l, v, p)
		if bad != nil {
			l.problem(p, bad.hint, "%s", bad.message)
		}
		return w, bad == nil
	}}
}

// shaped changes the schema of a spec.
func shaped[V any](kind spec[V], change func(*shape)) spec[V] {
	change(&kind.shape)
	return kind
}

// label is a text for people: not empty, on one line, nothing invisible.
func label() spec[string] {
	return refine(text(), func(_ *loader, s string, _ place) (string, *complaint) {
		if s == "" {
			return "", &complaint{"is empty", ""}
		}
		return s, checkLabel(s)
	})
}

func checkLabel(s string) *complaint {
	const most = 253
	switch {
	case strings.TrimSpace(s) != s:
		return &complaint{"begins or ends with a space", ""}
	case len(s) > most:
		return &complaint{fmt.Sprintf("is longer than %d bytes", most), ""}
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return &complaint{fmt.Sprintf("holds the character U+%04X, which cannot be seen", r), "type it again"}
		}
	}
	return nil
}

// integer is a whole number in a range.
func integer(lowest, highest int) spec[int] {
	return spec[int]{
		shape: shape{Type: "integer", Minimum: lowest, Maximum: highest},
		decode: func(l *loader, n *yaml.Node, p place) (int, bool) {
			node := follow(n)
			// YAML calls an integer that is too big for it a float.
			if tag := node.ShortTag(); node.Kind != yaml.ScalarNode || tag != "!!int" && tag != "!!float" {
				l.wrongType(n, p, "a whole number")
				return 0, false
			}
			value, err := strconv.Atoi(node.Value)
			if err != nil || value < lowest || value > highest {
				l.problem(p, "", "is not a whole number from %d to %d: %s", lowest, highest, show(node.Value))
				return 0, false
			}
			return value, true
		},
	}
}

// boolean is true or false; the `yes` and `off` of older YAML are texts.
func boolean() spec[bool] {
	return spec[bool]{
		shape: shape{Type: "boolean"},
		decode: func(l *loader, n *yaml.Node, p place) (bool, bool) {
			var value bool
			node := follow(n)
			if node.Kind != yaml.ScalarNode || node.ShortTag() != "!!bool" || node.Decode(&value) != nil {
				l.wrongType(n, p, "true or false")
				return false, false
			}
			return value, true
		},
	}
}

// duration is a positive time span with a unit.
func duration() spec[time.Duration] {
	s := spec[time.Duration]{
		shape: shape{Type: "string", Pattern: `^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$`},
		show: func(d time.Duration) any {
			// 5m0s is how Go writes it, 5m is how people do.
			text := d.String()
			if strings.HasSuffix(text, "m0s") {
				text = strings.TrimSuffix(text, "0s")
			}
			if strings.HasSuffix(text, "h0m") {
				text = strings.TrimSuffix(text, "0m")
			}
			return text
		},
	}
	s.decode = func(l *loader, n *yaml.Node, p place) (time.Duration, bool) {
		const hint = "write 90s, 5m or 1h30m"
		node := follow(n)
		tag := node.ShortTag()
		if node.Kind != yaml.ScalarNode || tag != "!!str" && tag != "!!int" && tag != "!!float" {
			l.wrongType(n, p, "a duration")
			return 0, false
		}
		d, err := time.ParseDuration(node.Value)
		switch {
		case tag != "!!str" || isNumber(node.Value):
			l.problem(p, hint, "is a duration without a unit: %s", show(node.Value))
		case err != nil:
			l.problem(p, hint, "is not a duration: %s", show(node.Value))
		case d <= 0:
			l.problem(p, hint, "is not above zero: %s", show(node.Value))
		default:
			return d, true
		}
		return 0, false
	}
	return s
}

func isNumber(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}

// item is an element of a list, with its place.
type item[V any] struct {
	value V
	place place
}

// list is a list that is not empty. Elements that are wrong are left out.
func list[V any](element spec[V]) spec[[]item[V]] {
	return spec[[]item[V]]{
		shape: shape{Type: "array", Items: &element.shape, MinItems: 1},
		decode: func(l *loader, n *yaml.Node, p place) ([]item[V], bool) {
			node := follow(n)
			if node.Kind != yaml.SequenceNode {
				l.wrongType(n, p, "a list")
				return nil, false
			}
			if len(node.Content) == 0 {
				l.problem(p, "", "is an empty list")
				return nil, false
			}
			var out []item[V]
			for i, child := range node.Content {
				where := at(child, fmt.Sprintf("%s[%d]", p.path, i))
				if !l.spend(where) {
					break
				}
				if value, ok := element.decode(l, child, where); ok {
					out = append(out, item[V]{value, where})
				}
			}
			return out, true
		},
	}
}

// named is a value of a mapping with free keys.
type named[V any] struct {
	name string
	at   place // of the key, with the path of the value
	item[V]
}

// mapping is a mapping whose keys the user chooses.
func mapping[V any](value spec[V]) spec[[]named[V]] {
	return spec[[]named[V]]{
		shape: shape{Type: "object", AdditionalProperties: &value.shape},
		decode: func(l *loader, n *yaml.Node, p place) ([]named[V], bool) {
			entries, ok := l.entries(n, p, func(key string) string { return join(p.path, key) })
			var out []named[V]
			for _, e := range entries {
				keyAt := place{e.at.line, e.at.column, e.place.path}
				if e.key == "" {
					l.problem(keyAt, "", "has an empty name")
					continue
				}
				if bad := checkLabel(e.key); bad != nil {
					l.problem(keyAt, bad.hint, "has a name that %s", bad.message)
					continue
				}
				if v, ok := value.decode(l, e.value, e.place); ok {
					out = append(out, named[V]{e.key, keyAt, item[V]{v, e.place}})
				}
			}
			return out, ok
		},
	}
}
