package lockfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vcfleet/pkg/internal/lockfile"
)

func TestAcquire(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.lock")
	first := lockfile.Holder{PID: 4711, StartedAt: time.Date(2026, 9, 1, 6, 0, 0, 0, time.UTC)}
	lock, err := lockfile.Acquire(path, first)
	if err != nil {
		t.Fatal(err)
	}
	_, err = lockfile.Acquire(path, lockfile.Holder{PID: 1})
	held, ok := errors.AsType[*lockfile.HeldError](err)
	if !ok || held.Holder != first || !strings.Contains(err.Error(), "4711") || !strings.Contains(err.Error(), "2026-09-01T06:00:00Z") {
		t.Errorf("a lock that is held gives %v", err)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	again, err := lockfile.Acquire(path, lockfile.Holder{PID: 2})
	if err != nil {
		t.Fatalf("a lock that was released gives %v", err)
	}
	if err := again.Release(); err != nil {
		t.Fatal(err)
	}
}

// TestLeftBehind takes a lock whose file a killed process left behind.
func TestLeftBehind(t *testing.T) {
	for _, content := range []string{"", `{"pid":99,"startedAt":"2026-09-01T06:00:00Z"}`, " {\"pid\":99}\n\n"} {
		path := filepath.Join(t.TempDir(), "run.lock")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		lock, err := lockfile.Acquire(path, lockfile.Holder{PID: 3, StartedAt: time.Unix(0, 0).UTC()})
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil || string(data) != `{"pid":3,"startedAt":"1970-01-01T00:00:00Z"}`+"\n" {
			t.Errorf("the file holds %.80q, %v", data, err)
		}
		if err := lock.Release(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOtherFile leaves a file alone that is no lock file.
func TestOtherFile(t *testing.T) {
	for _, content := range []string{"the last good report", `{"schema":"vcfleet.report/v1"}`, strings.Repeat("x", 1<<20), "\x00\xff", "\n"} {
		path := filepath.Join(t.TempDir(), "report.json")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := lockfile.Acquire(path, lockfile.Holder{PID: 3}); err == nil {
			t.Errorf("%.20q was taken for a lock file", content)
		}
		if data, err := os.ReadFile(path); err != nil || string(data) != content {
			t.Errorf("%.20q was changed to %.20q, %v", content, data, err)
		}
	}
}

func TestNoFolder(t *testing.T) {
	if _, err := lockfile.Acquire(filepath.Join(t.TempDir(), "none", "run.lock"), lockfile.Holder{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing folder gives %v", err)
	}
}
