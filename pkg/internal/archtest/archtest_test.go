package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	root   = "../../.."
	module = "vcfleet/"
)

// rule says what a package of ours may import.
type rule struct {
	floor int
	ours  []string // packages of ours, all of them on lower floors
	// others are the dependencies, by import path prefix. The standard library
	// is free but for what soleUsers names.
	others []string
}

// house is the design's table, floor by floor.
func house() map[string]rule {
	return map[string]rule{
		"cmd/vcfleet": {5, []string{"pkg/cli"}, nil},

		"pkg/cli": {4, []string{
			"pkg/simulator", "pkg/doctor", "pkg/fleet", "pkg/collector", "pkg/report", "pkg/inventory", "pkg/config", "pkg/tabular", "pkg/internal/version", "pkg/internal/lockfile", "pkg/internal/terminal",
		}, []string{
			"github.com/spf13/cobra", "github.com/spf13/pflag", "github.com/rs/zerolog", "github.com/vbauerster/mpb/v8",
			"golang.org/x/term", "golang.org/x/sync/errgroup",
		}},

		"pkg/doctor": {3, []string{"pkg/collector", "pkg/config", "pkg/inventory", "pkg/tabular", "pkg/vim", "pkg/internal/atomicfile", "pkg/internal/terminal"}, nil},

		"pkg/simulator": {3, []string{"pkg/bridge"}, []string{"github.com/vmware/govmomi"}},

		"pkg/fleet":     {2, []string{"pkg/config", "pkg/inventory"}, []string{"github.com/rs/zerolog", "golang.org/x/sync/errgroup"}},
		"pkg/collector": {2, []string{"pkg/config", "pkg/inventory", "pkg/tabular", "pkg/vim"}, []string{"github.com/rs/zerolog"}},
		"pkg/report": {2, []string{"pkg/inventory", "pkg/tabular", "pkg/internal/atomicfile", "pkg/internal/terminal"}, []string{
			"github.com/go-json-experiment/json",
		}},

		"pkg/vim":       {1, []string{"pkg/secret", "pkg/internal/transport"}, []string{"github.com/go-json-experiment/json"}},
		"pkg/bridge":    {1, nil, []string{"github.com/vmware/govmomi"}},
		"pkg/inventory": {1, []string{"pkg/tabular"}, nil},
		"pkg/config":    {1, []string{"pkg/secret"}, []string{"gopkg.in/yaml.v3"}},

		"pkg/secret":              {0, nil, nil},
		"pkg/tabular":             {0, nil, nil},
		"pkg/internal/transport":  {0, nil, nil},
		"pkg/internal/atomicfile": {0, nil, nil},
		"pkg/internal/terminal":   {0, nil, []string{"github.com/mattn/go-runewidth"}},
		"pkg/internal/version":    {0, nil, nil},
		"pkg/internal/lockfile":   {0, nil, nil},
		"pkg/internal/archtest":   {0, nil, nil},
	}
}

// soleUsers names parts of the standard library that only some packages may
// use, nil for none: net/http is the wire's, whichever side of it one stands on.
func soleUsers() map[string][]string {
	return map[string][]string{
		"net/http":  {"pkg/vim", "pkg/internal/transport", "pkg/bridge", "pkg/simulator"},
		"os/exec":   {"pkg/config"},
		"os/signal": {"pkg/cli"},
		"reflect":   {"pkg/bridge", "pkg/simulator"}, // govmomi's types are found by it
		"unsafe":    nil,
		"log":       {"pkg/simulator"}, // to silence http.Server
		"log/slog":  nil,
		"math/rand": nil,
	}
}

// source is one file that is built into the program.
type source struct {
	pkg  string
	file string
	ast  *ast.File
	fset *token.FileSet
}

func sources(t *testing.T) []source {
	t.Helper()
	var list []source
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "testdata" || strings.HasPrefix(entry.Name(), ".") && name != root) {
			return fs.SkipDir
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, data, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		list = append(list, source{path.Dir(rel), rel, file, fset})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 50 {
		t.Fatalf("only %d files found: this test looks in the wrong place", len(list))
	}
	return list
}

func TestImports(t *testing.T) {
	house, sole := house(), soleUsers()
	for _, src := range sources(t) {
		rule, known := house[src.pkg]
		if !known {
			t.Errorf("%s: package %s has no place in the house", src.file, src.pkg)
			continue
		}
		for _, spec := range src.ast.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if ours, ok := strings.CutPrefix(imported, module); ok {
				if !slices.Contains(rule.ours, ours) {
					t.Errorf("%s imports %s: not allowed", src.file, ours)
				}
				continue
			}
			if users, guarded := sole[imported]; guarded && !slices.Contains(users, src.pkg) {
				t.Errorf("%s imports %s: only %v may", src.file, imported, users)
			}
			if first, _, _ := strings.Cut(imported, "/"); strings.Contains(first, ".") && !slices.ContainsFunc(rule.others, func(prefix string) bool {
				return imported == prefix || strings.HasPrefix(imported, prefix+"/")
			}) {
				t.Errorf("%s imports %s: a dependency that is not this package's", src.file, imported)
			}
		}
	}
}

// TestFloors holds the table itself to the design: imports only go down.
func TestFloors(t *testing.T) {
	house := house()
	for pkg, rule := range house {
		for _, ours := range rule.ours {
			below, known := house[ours]
			if !known {
				t.Errorf("%s may import %s, which does not exist", pkg, ours)
			}
			if below.floor >= rule.floor {
				t.Errorf("%s (floor %d) may import %s (floor %d): imports only go down", pkg, rule.floor, ours, below.floor)
			}
		}
		if _, err := os.Stat(filepath.Join(root, pkg)); err != nil {
			t.Errorf("%s is in the table and not in the tree", pkg)
		}
	}
}

func TestNoInitNoUtil(t *testing.T) {
	for _, src := range sources(t) {
		if name := src.ast.Name.Name; strings.Contains(name, "util") || name == "common" || name == "helpers" {
			t.Errorf("%s: package %s says nothing about what it holds", src.file, name)
		}
		for _, decl := range src.ast.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Name.Name == "init" && f.Recv == nil {
				t.Errorf("%s has an init function", src.file)
			}
		}
	}
}

// globals are the package variables that there may be.
func globals() []string {
	return []string{"pkg/internal/version.version"} // the linker sets it
}

func TestNoGlobals(t *testing.T) {
	for _, src := range sources(t) {
		for _, decl := range src.ast.Decls {
			general, ok := decl.(*ast.GenDecl)
			if !ok || general.Tok != token.VAR {
				continue
			}
			for _, spec := range general.Specs {
				for _, name := range spec.(*ast.ValueSpec).Names {
					if name.Name == "_" || strings.HasPrefix(name.Name, "err") || strings.HasPrefix(name.Name, "Err") {
						continue // sentinel errors do not change
					}
					if !slices.Contains(globals(), src.pkg+"."+name.Name) {
						t.Errorf("%s has the package variable %s", src.file, name.Name)
					}
				}
			}
		}
	}
}

func TestSizes(t *testing.T) {
	for _, src := range sources(t) {
		if lines := src.fset.File(src.ast.Pos()).LineCount(); lines > 400 {
			t.Errorf("%s has %d lines: is it still one room?", src.file, lines)
		}
		for _, decl := range src.ast.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			if lines := src.fset.Position(f.End()).Line - src.fset.Position(f.Pos()).Line - 1; lines > 60 {
				t.Errorf("%s: %s has %d lines", src.file, f.Name.Name, lines)
			}
		}
	}
}
