package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

func mustCreate(t *testing.T, path, content string) *File {
	t.Helper()
	f, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(f, content); err != nil {
		t.Fatal(err)
	}
	return f
}

func wantContent(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s holds %q, want %q", path, got, want)
	}
}

// wantNames checks that no temporary file stays behind.
func wantNames(t *testing.T, folder string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if strings.Join(names, " ") != strings.Join(want, " ") {
		t.Errorf("%s holds %q, want %q", folder, names, want)
	}
}

func TestCommitReplaces(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "report.json")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := mustCreate(t, path, "new")
	wantContent(t, path, "old")
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	wantContent(t, path, "new")
	wantNames(t, folder, "report.json")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v: the existing file's mode must stay", info.Mode(), err)
	}
	if err := f.Abort(); err != nil {
		t.Errorf("Abort after Commit: %v", err)
	}
	wantContent(t, path, "new")
	if _, err := f.Write([]byte("x")); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Write after Commit: %v", err)
	}
	if err := f.Commit(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("second Commit: %v", err)
	}
}

func TestModes(t *testing.T) {
	folder := t.TempDir()
	f := mustCreate(t, filepath.Join(folder, "new"), "")
	temp, err := filepath.Glob(filepath.Join(folder, TempPattern))
	if err != nil || len(temp) != 1 {
		t.Fatalf("temporary files %q, %v", temp, err)
	}
	if info, err := os.Stat(temp[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("temporary file: mode %v, %v", info.Mode(), err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(folder, "new")); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("new file: mode %v, %v", info.Mode(), err)
	}
}

func TestAbortLeavesNothing(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "report.json")
	f := mustCreate(t, path, "new")
	if err := f.Abort(); err != nil {
		t.Fatal(err)
	}
	if err := f.Abort(); err != nil {
		t.Errorf("second Abort: %v", err)
	}
	wantNames(t, folder)
}

func TestSymlinkSurvives(t *testing.T) {
	for name, existing := range map[string]bool{"live": true, "dangling": false} {
		t.Run(name, func(t *testing.T) {
			links, files := t.TempDir(), t.TempDir()
			file := filepath.Join(files, "2026.json")
			if existing {
				if err := os.WriteFile(file, []byte("old"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			relative, err := filepath.Rel(links, file)
			if err != nil {
				t.Fatal(err)
			}
			for link, to := range map[string]string{"first": relative, "latest": "first"} {
				if err := os.Symlink(to, filepath.Join(links, link)); err != nil {
					t.Fatal(err)
				}
			}
			if err := mustCreate(t, filepath.Join(links, "latest"), "new").Commit(); err != nil {
				t.Fatal(err)
			}
			wantContent(t, file, "new")
			wantNames(t, links, "first", "latest")
			wantNames(t, files, "2026.json")
			if to, err := os.Readlink(filepath.Join(links, "latest")); err != nil || to != "first" {
				t.Errorf("the link is %q, %v", to, err)
			}
		})
	}
}

func TestCreateFails(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	loop := filepath.Join(folder, "loop")
	if err := os.Symlink("loop", loop); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		path string
		want error
	}{
		"missing folder":      {filepath.Join(folder, "no", "report.json"), fs.ErrNotExist},
		"a folder":            {folder, syscall.EISDIR},
		"file as folder":      {filepath.Join(file, "report.json"), syscall.ENOTDIR},
		"new name with slash": {filepath.Join(folder, "out") + "/", fs.ErrNotExist},
		"loop of links":       {loop, syscall.ELOOP},
		"empty":               {"", fs.ErrInvalid},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Create(test.path)
			if !errors.Is(err, test.want) {
				t.Fatalf("got %v, want %v", err, test.want)
			}
			if !strings.Contains(err.Error(), test.path) || strings.Contains(err.Error(), ".tmp") {
				t.Errorf("the error names the wrong file: %v", err)
			}
		})
	}
	wantNames(t, folder, "file", "loop")
}

func TestFailedRename(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "report.json")
	f := mustCreate(t, path, "new")
	if err := os.MkdirAll(filepath.Join(path, "in the way"), 0o755); err != nil {
		t.Fatal(err)
	}
	err := f.Commit()
	if err == nil || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), ".tmp") {
		t.Errorf("Commit onto a folder: %v", err)
	}
	wantNames(t, folder, "report.json")
}

func TestFailedClose(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "report.json")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	f := mustCreate(t, path, "new")
	if err := f.file.Close(); err != nil { // as a failing file system would
		t.Fatal(err)
	}
	if err := f.Commit(); err == nil {
		t.Error("Commit of a file that cannot be closed succeeded")
	}
	wantContent(t, path, "old")
	wantNames(t, folder, "report.json")
}

func TestFailedWrite(t *testing.T) {
	folder := t.TempDir()
	f := mustCreate(t, filepath.Join(folder, "report.json"), "new")
	temp := f.file
	readOnly, err := os.Open(temp.Name())
	if err != nil {
		t.Fatal(err)
	}
	f.file = readOnly
	if _, err := f.Write([]byte("x")); err == nil {
		t.Fatal("the write succeeded")
	}
	if err := temp.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); err == nil {
		t.Error("Commit after a failed write succeeded")
	}
	wantNames(t, folder)
}

func TestDirect(t *testing.T) {
	if runtime.GOOS != "linux" {
		return // no FIFOs on Windows, no /dev/full elsewhere
	}
	f := mustCreate(t, "/dev/null", "gone")
	if err := f.Commit(); err != nil {
		t.Errorf("/dev/null: %v", err)
	}
	if info, err := os.Stat("/dev/null"); err != nil || info.Mode().IsRegular() {
		t.Fatalf("/dev/null was replaced: %v, %v", info.Mode(), err)
	}
	full, err := Create("/dev/full")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := full.Write([]byte("x")); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("/dev/full: write: %v", err)
	}
	if err := full.Commit(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("/dev/full: commit: %v", err)
	}
}

func TestStandardStreamsStayOpen(t *testing.T) {
	for _, path := range []string{"/dev/stdout", "/dev/stderr"} {
		f := mustCreate(t, path, "")
		if err := f.Commit(); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := os.Stdout.Stat(); err != nil {
		t.Errorf("standard output was closed: %v", err)
	}
}
