package report

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"vcfleet/pkg/internal/atomicfile"
	"vcfleet/pkg/inventory"
)

// bufferSize is what is gathered before a write; a row of a virtual machine is
// about 2 KiB.
const bufferSize = 64 << 10

// destination is where the bytes of one file go.
type destination interface {
	io.Writer
	Commit() error
	Abort() error
}

// stream is a destination that cannot be taken back: standard output, which
// belongs to the caller and is not closed.
type stream struct{ io.Writer }

func (stream) Commit() error { return nil }
func (stream) Abort() error  { return nil }

func openDestination(out Output, o Options) (destination, error) {
	if out.Path == Stdout {
		return stream{o.Stdout}, nil
	}
	file, err := atomicfile.Create(out.Path)
	if err != nil {
		return nil, err // not a *File inside a destination: that would not be nil
	}
	return file, nil
}

// whole is the sink of the formats that are written at the end in one go.
type whole struct {
	out   Output
	dest  destination
	write func(*bufio.Writer, *inventory.Report) error
}

func newWhole(out Output, o Options, write func(*bufio.Writer, *inventory.Report) error) (Sink, error) {
	dest, err := openDestination(out, o)
	if err != nil {
		return nil, err
	}
	return &whole{out, dest, write}, nil
}

func (w *whole) VCenter(*inventory.VCenter) error { return nil }

func (w *whole) Finish(r *inventory.Report) error {
	if err := finish(w.dest, func(b *bufio.Writer) error { return w.write(b, r) }); err != nil {
		return fmt.Errorf("write %s to %s: %w", w.out.Format, w.out.name(), err)
	}
	return nil
}

func (w *whole) Abort() error { return w.dest.Abort() }

// finish writes a whole destination and commits it, or takes it back.
func finish(dest destination, write func(*bufio.Writer) error) error {
	if err := fill(dest, write); err != nil {
		return errors.Join(err, dest.Abort())
	}
	return dest.Commit()
}

// fill writes to a destination without committing it.
func fill(dest io.Writer, write func(*bufio.Writer) error) error {
	b := bufio.NewWriterSize(dest, bufferSize)
	if err := write(b); err != nil {
		return err
	}
	return b.Flush()
}
