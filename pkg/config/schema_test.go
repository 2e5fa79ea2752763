package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

func TestSchemaGolden(t *testing.T) {
	data, err := Schema(options())
	if err != nil {
		t.Fatal(err)
	}
	again, err := Schema(options())
	if err != nil || !bytes.Equal(data, again) {
		t.Errorf("a second run differs: %v", err)
	}
	golden(t, "../../configs/fleet.schema.json", data)
}

func TestExampleGolden(t *testing.T) {
	golden(t, "../../configs/fleet.example.yaml", Example(options()))
}

func TestExample(t *testing.T) {
	text := Example(options())
	c := mustParse(t, string(text))
	if len(c.Warnings) > 0 {
		t.Errorf("warnings: %v", c.Warnings)
	}
	root := documentSpec(options()).shape
	root.walk("", func(path string, p property) bool {
		if !regexp.MustCompile(`\b` + p.key + `\b["]?:`).Match(text) {
			t.Errorf("the example does not mention %s", join(path, p.key))
		}
		return true
	})
	// What is commented out has to be right as well.
	var all []string
	for line := range strings.Lines(string(text)) {
		if i := strings.Index(line, "# "); i >= 0 && regexp.MustCompile(`^\s*# [a-z_]+: [\[{a-z]`).MatchString(line) && !strings.Contains(line, "ca_file") {
			line = line[:i] + line[i+2:]
		}
		all = append(all, line)
	}
	if strings.Count(strings.Join(all, ""), "sections: [vms,") != 1 {
		t.Fatal("the comments were not removed")
	}
	mustParse(t, strings.Join(all, ""))
}

// TestSchemaAgrees: what the loader takes, the schema takes, and the
// contradictions that both know are refused by both.
func TestSchemaAgrees(t *testing.T) {
	data, err := Schema(options())
	if err != nil {
		t.Fatal(err)
	}
	var schema any
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	const login = "username: u, password: {env: P}"
	for _, tc := range []struct {
		vcenter string
		valid   bool
	}{
		{"name: a, host: b, " + login, true},
		{"name: a, host: b, username: u, password: plain", true},
		{"name: a, host: b, username: u, password: {file: x}, timeout: 1h30m, page_size: 1, proxy: 'http://p:1'", true},
		{"name: a, host: b, proxy: environment, labels: {a: ''}, tls: {insecure: true, server_name: x}, " + login, true},
		{"name: a, host: b, tls: {insecure: false, thumbprint: '" + pin + "'}, " + login, true},
		{"name: a, host: b, username: u, password: {command: [x, '']}", true},
		{"name: a, " + login, false},
		{"name: a, host: b, hots: c, " + login, false},
		{"name: 5, host: b, " + login, false},
		{"name: a, host: b, credential: c, " + login, false},
		{"name: a, host: b, tls: {insecure: true, thumbprint: '" + pin + "'}, " + login, false},
		{"name: a, host: b, tls: {ca_file: testdata/ca.pem, thumbprint: '" + pin + "'}, " + login, false},
		{"name: a, host: b, page_size: 10001, " + login, false},
		{"name: a, host: b, timeout: 5, " + login, false},
		{"name: a, host: b, timeout: '5', " + login, false},
		{"name: a, host: b, proxy: 'http://u:p@x', " + login, false},
		{"name: a, host: b, username: u, password: {env: P, file: F}", false},
		{"name: a, host: b, username: u, password: {}", false},
	} {
		text := "version: 1\nvcenters: [{" + tc.vcenter + "}]\n"
		_, err := Parse("f.yaml", []byte(text), options())
		if (err == nil) != tc.valid {
			t.Errorf("loader: %s: %v", tc.vcenter, err)
		}
		if why := violation(t, schema, text); (why == "") != tc.valid {
			t.Errorf("schema: %s: %s", tc.vcenter, why)
		}
	}
	if why := violation(t, schema, string(Example(options()))); why != "" {
		t.Errorf("example: %s", why)
	}
	for _, text := range []string{"version: 2\nvcenters: [{name: a, host: b}]", "version: 1\nvcenters: []", "version: 1\nvcenters: [{name: a, host: b}]\ncollect: {sections: [x]}"} {
		if violation(t, schema, text) == "" {
			t.Errorf("schema takes %s", text)
		}
	}
}

// violation checks a YAML text against the keywords that Schema uses; another
// keyword fails the test.
func violation(t *testing.T, schema any, text string) string {
	t.Helper()
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatal(err)
	}
	return check(t, schema.(map[string]any), value)
}

func check(t *testing.T, schema map[string]any, value any) string {
	t.Helper()
	object, _ := value.(map[string]any)
	array, _ := value.([]any)
	for keyword, want := range schema {
		why := ""
		switch keyword {
		case "$schema", "title", "description", "default", "examples", "writeOnly", "uniqueItems":
		case "properties", "additionalProperties":
			why = checkProperties(t, schema, object)
		case "items":
			for i, v := range array {
				if in := check(t, want.(map[string]any), v); in != "" {
					why = fmt.Sprintf("[%d]%s", i, in)
				}
			}
		case "required":
			for _, key := range want.([]any) {
				if _, ok := object[key.(string)]; !ok {
					why = " lacks " + key.(string)
				}
			}
		case "allOf", "oneOf":
			matched := 0
			for _, s := range want.([]any) {
				if check(t, s.(map[string]any), value) == "" {
					matched++
				}
			}
			if all := len(want.([]any)); keyword == "allOf" && matched < all || keyword == "oneOf" && matched != 1 {
				why = fmt.Sprintf(" matches %d of %d in %s", matched, all, keyword)
			}
		case "not":
			if check(t, want.(map[string]any), value) == "" {
				why = " matches what it must not"
			}
		default:
			if !simple(t, keyword, want, value) {
				why = fmt.Sprintf(" is %v, against %s %v", value, keyword, want)
			}
		}
		if why != "" {
			return why
		}
	}
	return ""
}

func checkProperties(t *testing.T, schema, object map[string]any) string {
	t.Helper()
	properties, _ := schema["properties"].(map[string]any)
	for key, v := range object {
		s, ok := properties[key].(map[string]any)
		if !ok {
			if additional, given := schema["additionalProperties"]; given && additional == false {
				return " has the unknown key " + key
			}
			if s, ok = schema["additionalProperties"].(map[string]any); !ok {
				continue
			}
		}
		if in := check(t, s, v); in != "" {
			return "." + key + in
		}
	}
	return ""
}

// simple checks the keywords that look at one value alone.
func simple(t *testing.T, keyword string, want, value any) bool {
	t.Helper()
	text, isText := value.(string)
	number, isNumber := value.(float64)
	object, isObject := value.(map[string]any)
	array, isArray := value.([]any)
	switch keyword {
	case "type":
		return map[string]bool{
			"string": isText, "object": isObject, "array": isArray, "integer": isNumber && number == float64(int(number)),
			"boolean": reflect.ValueOf(value).Kind() == reflect.Bool,
		}[want.(string)]
	case "const":
		return reflect.DeepEqual(want, value)
	case "enum":
		return slices.Contains(want.([]any), value)
	case "pattern":
		return !isText || regexp.MustCompile(want.(string)).MatchString(text)
	case "minLength":
		return !isText || len(text) >= int(want.(float64))
	case "minimum":
		return !isNumber || number >= want.(float64)
	case "maximum":
		return !isNumber || number <= want.(float64)
	case "minItems":
		return !isArray || len(array) >= int(want.(float64))
	case "minProperties":
		return !isObject || len(object) >= int(want.(float64))
	case "maxProperties":
		return !isObject || len(object) <= int(want.(float64))
	}
	t.Fatalf("unknown keyword %s", keyword)
	return false
}
