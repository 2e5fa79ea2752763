// Package atomicfile writes a file whole or not at all: what is written goes
// to a temporary file in the target's folder, and Commit puts it in the
// target's place, so that a reader sees the old file or the new one and a run
// that is cut short leaves the old one alone.
//
// It refuses folders as targets, and it does not buffer: callers bring their
// own. A FIFO, a device, /dev/stdout and /dev/stderr cannot be replaced and
// are written directly.
package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// TempPattern names the temporary files, for [os.CreateTemp] and for whoever
// clears up after a killed run.
const TempPattern = ".vcfleet-*.tmp"

// newFileMode is the mode of a file that did not exist before.
const newFileMode fs.FileMode = 0o644

// maxLinks bounds a chain of symlinks, as the kernel does.
const maxLinks = 40

// File is a file being written.
type File struct {
	file   *os.File
	path   string      // as given
	target string      // path with a final symlink followed
	mode   fs.FileMode // of the target once it is in place
	direct bool        // file is the target itself
	keep   bool        // file belongs to the process and stays open
	done   bool
	err    error // the first failed write: what follows cannot mend it
}

// Create begins a new content for path. Nothing of it is visible there before
// Commit.
func Create(path string) (*File, error) {
	switch path {
	case "":
		return nil, fmt.Errorf("create a file without a name: %w", fs.ErrInvalid)
	case "/dev/stdout":
		return &File{file: os.Stdout, path: path, direct: true, keep: true}, nil
	case "/dev/stderr":
		return &File{file: os.Stderr, path: path, direct: true, keep: true}, nil
	}
	mode := newFileMode
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("create %s: %w", path, cause(err))
	case info.IsDir():
		return nil, fmt.Errorf("create %s: %w", path, syscall.EISDIR)
	case !info.Mode().IsRegular():
		return openDirect(path)
	default:
		mode = info.Mode().Perm()
	}
	target, err := follow(path)
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", path, cause(err))
	}
	folder := filepath.Dir(target)
	file, err := os.CreateTemp(folder, TempPattern)
	if err != nil {
		return nil, fmt.Errorf("create %s: folder %s: %w", path, folder, cause(err))
	}
	return &File{file: file, path: path, target: target, mode: mode}, nil
}

func openDirect(path string) (*File, error) {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, cause(err))
	}
	return &File{file: file, path: path, direct: true}, nil
}

// follow returns what path stands for when it is a symlink, which may point to
// a file that is not there yet. Links among its folders need no care.
func follow(path string) (string, error) {
	for range maxLinks {
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) || (err == nil && info.Mode()&fs.ModeSymlink == 0) {
			return path, nil
		}
		if err != nil {
			return "", err
		}
		next, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(next) {
			next = filepath.Join(filepath.Dir(path), next)
		}
		path = next
	}
	return "", syscall.ELOOP
}

// Write adds to the new content.
func (f *File) Write(p []byte) (int, error) {
	if f.done {
		return 0, fmt.Errorf("write %s: %w", f.path, fs.ErrClosed)
	}
	n, err := f.file.Write(p)
	if err != nil {
		err = fmt.Errorf("write %s: %w", f.path, cause(err))
		f.err = errors.Join(f.err, err)
	}
	return n, err
}

// Commit makes the new content durable and puts it in place. When it fails,
// the previous file is untouched and the new content is gone.
func (f *File) Commit() error {
	if f.done {
		return fmt.Errorf("write %s: %w", f.path, fs.ErrClosed)
	}
	if f.err != nil {
		return errors.Join(f.err, f.Abort())
	}
	f.done = true
	if f.direct {
		return f.close()
	}
	err := f.finish()
	if err == nil {
		err = cause(os.Rename(f.file.Name(), f.target))
	}
	if err != nil {
		err = errors.Join(err, cause(os.Remove(f.file.Name())))
		return fmt.Errorf("write %s: %w", f.path, err)
	}
	if err := syncFolder(filepath.Dir(f.target)); err != nil {
		return fmt.Errorf("write %s: sync its folder: %w", f.path, err)
	}
	return nil
}

// finish brings the temporary file to its final mode and to the disk. A file
// system may report a full disk only here.
func (f *File) finish() error {
	err := f.file.Chmod(f.mode)
	if err == nil {
		err = f.file.Sync()
	}
	return cause(errors.Join(err, f.file.Close()))
}

// Abort throws the new content away. After Commit it does nothing, so it can
// be deferred.
func (f *File) Abort() error {
	if f.done {
		return nil
	}
	f.done = true
	if f.direct {
		return f.close()
	}
	if err := errors.Join(f.file.Close(), os.Remove(f.file.Name())); err != nil {
		return fmt.Errorf("discard the new content of %s: %w", f.path, err)
	}
	return nil
}

func (f *File) close() error {
	if f.keep {
		return nil
	}
	if err := f.file.Close(); err != nil {
		return fmt.Errorf("close %s: %w", f.path, cause(err))
	}
	return nil
}

// syncFolder makes a rename durable. Windows has no such call, and some
// network file systems refuse it; there is nothing more to do on those.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := os.Open(path)
	if err != nil {
		return cause(err)
	}
	err = folder.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		err = nil
	}
	return cause(errors.Join(err, folder.Close()))
}

// cause drops the path of the temporary file from an error, which would only
// distract from the path that the user gave.
func cause(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	if link, ok := errors.AsType[*os.LinkError](err); ok {
		return link.Err
	}
	return err
}
