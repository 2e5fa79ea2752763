// Package lockfile keeps two runs from overlapping: an advisory lock on a file
// that says who holds it. The operating system gives the lock back when the
// process ends, however it ends; a file that is left behind locks nothing.
//
// The package refuses to wait: a lock that is held is an error that names its
// holder.
package lockfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Holder says who holds a lock.
type Holder struct {
	PID       int       `json:"pid"`
	StartedAt time.Time `json:"startedAt"`
}

// HeldError says that a lock is held.
type HeldError struct {
	Path   string
	Holder Holder // zero when the file does not say
}

// Error names the holder.
func (e *HeldError) Error() string {
	if e.Holder.PID == 0 {
		return fmt.Sprintf("%s is locked by another run", e.Path)
	}
	return fmt.Sprintf("%s is locked by the run of process %d, which began at %s", e.Path, e.Holder.PID, e.Holder.StartedAt.Format(time.RFC3339))
}

// Lock is a lock that is held.
type Lock struct{ file *os.File }

// errLocked is what tryLock says of a lock that somebody else holds.
var errLocked = errors.New("locked")

// Acquire takes the lock at path, making the file when there is none, and
// writes the holder into it. It returns a *HeldError when it is held.
func Acquire(path string, holder Holder) (*Lock, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if err := take(file, path, holder); err != nil {
		_ = file.Close() // it holds nothing
		return nil, err
	}
	return &Lock{file}, nil
}

func take(file *os.File, path string, holder Holder) error {
	err := tryLock(file)
	before, ours := read(file)
	switch {
	case errors.Is(err, errLocked):
		return &HeldError{Path: path, Holder: before}
	case err != nil:
		return fmt.Errorf("lock %s: %w", path, err)
	case !ours:
		return fmt.Errorf("lock %s: the file holds something else, and is left alone", path)
	}
	if err := write(file, holder); err != nil {
		return fmt.Errorf("lock %s: %w", path, err)
	}
	return nil
}

// maxContent bounds what is read of a lock file: it may be any file.
const maxContent = 4 << 10

// read returns what the file says, and whether it is a lock file: empty, or
// written by write.
func read(file *os.File) (h Holder, ours bool) {
	data := make([]byte, maxContent)
	n, err := io.ReadFull(file, data)
	switch {
	case errors.Is(err, io.EOF):
		return Holder{}, true
	case !errors.Is(err, io.ErrUnexpectedEOF), json.Unmarshal(bytes.TrimSpace(data[:n]), &h) != nil, h.PID == 0:
		return Holder{}, false
	}
	return h, true
}

func write(file *os.File, h Holder) error {
	data, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err = file.WriteAt(append(data, '\n'), 0)
	return err
}

// Release gives the lock back. The file stays: to remove it could take it from
// under a run that has just opened it.
func (l *Lock) Release() error {
	err := l.file.Truncate(0)
	return errors.Join(err, l.file.Close())
}
