package config

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzParse: whatever comes, there is a Config that keeps its promises or an
// Error with problems that can be printed.
func FuzzParse(f *testing.F) {
	f.Add(Example(options()))
	files, err := filepath.Glob("testdata/*/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("testdata/fuzz.yaml", data, options())
		if err != nil {
			problems := problemsOf(t, err)
			if c != nil || len(problems) == 0 {
				t.Fatalf("no problems, or a Config as well: %v", err)
			}
			for _, p := range problems {
				if text := p.String(); p.Message == "" || strings.ContainsAny(text, "\n\r\x1b") {
					t.Errorf("a message that cannot be printed: %q", text)
				}
			}
			return
		}
		checkPromises(t, c)
	})
}

func checkPromises(t *testing.T, c *Config) {
	t.Helper()
	names, addresses := map[string]bool{}, map[string]bool{}
	enabled := 0
	for _, v := range c.VCenters {
		if names[strings.ToLower(v.Name)] || addresses[strings.ToLower(v.Address())] || v.Name == "" {
			t.Errorf("%q at %q stands for two", v.Name, v.Address())
		}
		names[strings.ToLower(v.Name)], addresses[strings.ToLower(v.Address())] = true, true
		if _, _, err := net.SplitHostPort(v.Address()); err != nil {
			t.Errorf("address: %v", err)
		}
		if v.Timeout <= 0 || v.PageSize < 1 || v.PageSize > maxPageSize || v.Username == "" {
			t.Errorf("out of range: %+v", v)
		}
		if !v.Password.Empty() || c.sources[strings.ToLower(v.Name)] == nil {
			t.Errorf("password: %+v", v)
		}
		trust := 0
		for _, given := range []bool{v.TLS.CAFile != "", v.TLS.Thumbprint != "", v.TLS.Insecure} {
			if given {
				trust++
			}
		}
		if trust > 1 {
			t.Errorf("contradiction: %+v", v.TLS)
		}
		if v.Enabled {
			enabled++
		}
	}
	if enabled == 0 || c.Collect.Concurrency < 1 || c.Collect.Concurrency > maxConcurrency || len(c.Collect.Sections) == 0 {
		t.Errorf("nothing to do: %+v", c)
	}
}
