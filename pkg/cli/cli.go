// Package cli is the command line: one file per command, wiring, signals, exit
// codes, logs and progress. Each command is an options struct, a constructor
// that declares its flags, and a run method; parsing never does the work.
//
// It refuses to do any of the work itself: what a command knows beyond flags
// and streams belongs to a package below. To add a command, write its file and
// add its constructor to newRoot; to add an exit code, see exit.go.
package cli

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

// Streams are where a command reads and writes. Standard output carries only
// what was asked for; logs, progress and summaries go to standard error.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
	// OutWidth and ErrWidth are the columns of the terminals that Out and Err
	// are, 0 when they are none.
	OutWidth int
	ErrWidth int
	Color    bool // whether people want colours (NO_COLOR, TERM=dumb)
}

// OSStreams returns the process's own streams.
func OSStreams() Streams {
	_, noColor := os.LookupEnv("NO_COLOR")
	return Streams{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		OutWidth: width(os.Stdout), ErrWidth: width(os.Stderr),
		Color: !noColor && os.Getenv("TERM") != "dumb",
	}
}

func width(f *os.File) int {
	fd := int(f.Fd())
	if !term.IsTerminal(fd) {
		return 0
	}
	columns, _, err := term.GetSize(fd)
	if err != nil || columns <= 0 {
		return 80 // a terminal that does not say its size
	}
	return columns
}

// interruptedError is the cause of a context that a signal ended. net/http
// reports the cause in place of context.Canceled, so it is one.
type interruptedError struct{}

func (interruptedError) Error() string        { return "interrupted" }
func (interruptedError) Is(target error) bool { return target == context.Canceled }

// Main runs the command line and returns the exit code. The first interrupt or
// termination signal cancels: sessions are logged out and what was finished is
// written. The second one kills.
func Main(args []string, s Streams) int {
	// A reader that goes away (| head) must not end the process while sessions
	// are open: writing then fails with an error like any other.
	signal.Ignore(syscall.SIGPIPE)
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	signals, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(signals, func() {
		stop() // the next signal has its default effect
		cancel(interruptedError{})
	})
	root := newRoot(s)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	return exit(s.Err, root, err)
}
