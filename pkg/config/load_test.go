package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestUnreadable(t *testing.T) {
	folder := t.TempDir()
	big := filepath.Join(folder, "big.yaml")
	if err := os.WriteFile(big, bytes.Repeat([]byte("# x\n"), 10<<20/4), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		path, want string
		cause      error
	}{
		{filepath.Join(folder, "none.yaml"), "cannot be read: no such file or directory (`vcfleet config init` writes an example)", fs.ErrNotExist},
		{folder, "cannot be read: it is a folder", nil},
		{big, "cannot be read: too long: 10485760 bytes, 4194304 are allowed", errTooLong},
	} {
		_, err := Load(tc.path, options())
		if got := problemsOf(t, err); len(got) != 1 || got[0].String() != tc.path+": "+tc.want {
			t.Errorf("Load(%s) = %v, want %s", tc.path, err, tc.want)
		}
		if tc.cause != nil && !errors.Is(err, tc.cause) {
			t.Errorf("Load(%s) does not wrap %v", tc.path, tc.cause)
		}
	}
	_, err := Parse("f", make([]byte, maxConfig+1), options())
	if !errors.Is(err, errTooLong) {
		t.Errorf("Parse of too much = %v", err)
	}
}

// TestPipe: a file without a size is read up to the limit, and not beyond.
func TestPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	// The reader gives up first, so this ends with an error when r is closed.
	written := make(chan error, 1)
	go func() {
		_, err := w.Write(make([]byte, 3*maxConfig))
		written <- err
	}()
	_, _, err = readConfig(r)
	if !errors.Is(err, errTooLong) {
		t.Errorf("readConfig = %v, want too long", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-written; err == nil {
		t.Error("all of the pipe was read")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestFileModes(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string, mode fs.FileMode) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("open", "pw", 0o640)
	write("closed", "pw", 0o400)
	if err := os.Symlink("open", filepath.Join(folder, "link")); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, password string
		mode           fs.FileMode
		want           string
	}{
		{"closed secret file", "{file: closed}", 0o644, ""},
		{"missing secret file", "{file: nowhere}", 0o644, ""},
		{"open secret file", "{file: open}", 0o644, "can be read by others (mode 0640): `open`"},
		{"link to it", "{file: link}", 0o600, "can be read by others (mode 0640): `link`"},
		{"plain in a closed file", "hunter2", 0o600, "password is written in the file"},
		{"plain in an open file", "hunter2", 0o604, "password is written in the file, and others can read it (mode 0604)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := write("fleet.yaml", fmt.Sprintf("version: 1\nvcenters: [{name: a, host: b, username: u, password: %s}]\n", tc.password), tc.mode)
			c, err := Load(path, options())
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case tc.want == "" && len(c.Warnings) > 0:
				t.Errorf("warnings: %v", c.Warnings)
			case tc.want != "" && (len(c.Warnings) != 1 || !strings.HasSuffix(c.Warnings[0].Message, tc.want)):
				t.Errorf("warnings: %v, want %s", c.Warnings, tc.want)
			}
		})
	}
}

// TestHostile: small files that could cost a lot do not.
func TestHostile(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("version: 1\nx: &x {" + strings.TrimSuffix(strings.Repeat("a: b, ", 5000), ", ") + "}\nvcenters:\n")
	bomb.WriteString(strings.Repeat("  - *x\n", 100_000))
	manyKeys := new(strings.Builder)
	for i := range 100_000 {
		fmt.Fprintf(manyKeys, "hos%d: x\n", i)
	}
	for name, text := range map[string]string{
		"aliases":    bomb.String(),
		"unknown":    manyKeys.String(),
		"deep":       strings.Repeat("[", 100_000),
		"deep keys":  strings.Repeat("? ", 100_000),
		"itself":     "version: 1\ndefaults: &d {tls: *d, labels: *d}\nvcenters: &v [*v, *d]\n",
		"long key":   strings.Repeat("k", 1<<20) + ": 1\n",
		"long value": "version: 1\nvcenters: [{name: a, host: '" + strings.Repeat("h", 1<<20) + "'}]\n",
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := Parse("f", []byte(text), options())
			problems := problemsOf(t, err)
			if len(problems) > maxProblems+1 {
				t.Errorf("%d problems", len(problems))
			}
			for _, p := range problems {
				if len(p.String()) > 2000 {
					t.Errorf("a message of %d bytes: %.100s", len(p.String()), p)
				}
			}
			const enough = 20 * time.Second
			if d := time.Since(start); d > enough {
				t.Errorf("took %v", d)
			}
		})
	}
}

// TestAliasBudget makes only aliases to correct values, so that nothing but
// the budget can stop the loader.
func TestAliasBudget(t *testing.T) {
	var text strings.Builder
	text.WriteString("version: 1\ndefaults:\n  labels: &l\n")
	for i := range 5000 {
		fmt.Fprintf(&text, "    k%d: v\n", i)
	}
	text.WriteString("vcenters:\n")
	for i := range 500 {
		fmt.Fprintf(&text, "  - {name: n%d, host: h%d, username: u, password: {env: P}, labels: *l}\n", i, i)
	}
	_, err := Parse("f", []byte(text.String()), options())
	if err == nil || !strings.Contains(err.Error(), "aliases multiply the file") {
		t.Errorf("error = %.300v", err)
	}
}
