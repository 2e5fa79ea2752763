//go:build unix

package atomicfile

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestFIFO(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	read := make(chan string)
	go func() {
		content, err := os.ReadFile(path)
		if err != nil {
			content = []byte(err.Error())
		}
		read <- string(content)
	}()
	if err := mustCreate(t, path, "through").Commit(); err != nil {
		t.Error(err)
	}
	if got := <-read; got != "through" {
		t.Errorf("the reader got %q", got)
	}
	wantNames(t, folder, "pipe")
}
