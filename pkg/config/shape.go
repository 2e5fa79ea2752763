package config

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// shape is what a value may look like. It is the JSON Schema of the value,
// field for field in the order in which the schema is written, and hints are
// made from it.
type shape struct {
	Schema               string     `json:"$schema,omitempty"`
	Title                string     `json:"title,omitempty"`
	Description          string     `json:"description,omitempty"`
	Type                 string     `json:"type,omitempty"`
	Const                any        `json:"const,omitempty"`
	Enum                 []string   `json:"enum,omitempty"`
	Pattern              string     `json:"pattern,omitempty"`
	MinLength            int        `json:"minLength,omitempty"`
	Minimum              int        `json:"minimum,omitempty"`
	Maximum              int        `json:"maximum,omitempty"`
	Default              any        `json:"default,omitempty"`
	Examples             []any      `json:"examples,omitempty"`
	WriteOnly            bool       `json:"writeOnly,omitempty"`
	Items                *shape     `json:"items,omitempty"`
	MinItems             int        `json:"minItems,omitempty"`
	UniqueItems          bool       `json:"uniqueItems,omitempty"`
	Properties           properties `json:"properties,omitempty"`
	Required             []string   `json:"required,omitempty"`
	AdditionalProperties any        `json:"additionalProperties,omitempty"`
	MinProperties        int        `json:"minProperties,omitempty"`
	MaxProperties        int        `json:"maxProperties,omitempty"`
	OneOf                []*shape   `json:"oneOf,omitempty"`
	AllOf                []*shape   `json:"allOf,omitempty"`
	Not                  *shape     `json:"not,omitempty"`

	// discreet marks an object whose unknown keys are not repeated in
	// messages: one of them may be a password without quotes.
	discreet bool
}

// property is one key of an object.
type property struct {
	key      string
	synonyms []string
	advice   string
	shape    *shape
}

// properties keeps the declared order, which a map would not.
type properties []property

// MarshalJSON writes the properties as one object, in order.
func (ps properties) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, p := range ps {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(p.key)
		if err != nil {
			return nil, fmt.Errorf("key %q: %w", p.key, err)
		}
		value, err := json.Marshal(p.shape)
		if err != nil {
			return nil, fmt.Errorf("schema of %q: %w", p.key, err)
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// child returns the shape of the values of an object without fixed keys.
func (s *shape) child() *shape {
	child, _ := s.AdditionalProperties.(*shape)
	return child
}

// keys returns the keys of an object.
func (s *shape) keys() []string {
	var keys []string
	for _, p := range s.Properties {
		keys = append(keys, p.key)
	}
	return keys
}

// walk calls visit for every key below s, parents first, with the path of the
// object that holds it. It stops when visit returns false.
func (s *shape) walk(path string, visit func(path string, p property) bool) bool {
	for _, p := range s.Properties {
		if !visit(path, p) || !p.shape.walk(join(path, p.key), visit) {
			return false
		}
	}
	if s.Items != nil && !s.Items.walk(path+"[]", visit) {
		return false
	}
	if child := s.child(); child != nil && !child.walk(join(path, "NAME"), visit) {
		return false
	}
	for _, one := range s.OneOf {
		if !one.walk(path, visit) {
			return false
		}
	}
	return true
}

// Schema returns the JSON Schema (2020-12) of the file, for editors. It is
// made from the declaration that Load walks; the same options give the same
// bytes.
func Schema(o Options) ([]byte, error) {
	root := documentSpec(o).shape
	root.Schema = "https://json-schema.org/draft/2020-12/schema"
	root.Title = "vcfleet configuration"
	root.Description = "The vCenters that vcfleet reads, and how."
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(root); err != nil {
		return nil, fmt.Errorf("JSON Schema of the configuration: %w", err)
	}
	return b.Bytes(), nil
}
