package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"vcfleet/pkg/config"
)

// exitCode is what the process says to its caller.
type exitCode int

const (
	exitOK          exitCode = 0
	exitFailed      exitCode = 1
	exitUsage       exitCode = 2
	exitPartial     exitCode = 3
	exitInterrupted exitCode = 130
)

// exitCodes is the documentation of the codes; `vcfleet help exit-codes` prints
// it.
func exitCodes() []struct {
	code exitCode
	doc  string
} {
	return []struct {
		code exitCode
		doc  string
	}{
		{exitOK, "complete"},
		{exitFailed, "failed: nothing was collected, or an output could not be written"},
		{exitUsage, "usage or configuration error: nothing was contacted"},
		{exitPartial, "partial: at least one vCenter is not complete (--allow-partial makes it 0)"},
		{exitInterrupted, "interrupted: sessions were logged out, and what was finished is written"},
	}
}

// exitError is an error with the code that the process exits with. Any other
// error of a command is exitFailed, and any of the flags exitUsage.
type exitError struct {
	code exitCode
	err  error // nil when everything has been said already
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func usage(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// exit prints the error of a command, if there is one to print, and returns
// the exit code.
func exit(w io.Writer, root *cobra.Command, err error) int {
	if err == nil {
		return int(exitOK)
	}
	code := exitFailed
	var coded *exitError
	var bad *config.Error
	switch {
	case errors.As(err, &coded):
		code = coded.code
	case errors.As(err, &bad), errors.Is(err, errFlags):
		code = exitUsage
	}
	if coded == nil || coded.err != nil {
		text := strings.TrimPrefix(err.Error(), errFlags.Error()+": ")
		// A failing standard error has nobody left to tell.
		_, _ = fmt.Fprintf(w, "%s: %s\n", root.Name(), text)
	}
	return int(code)
}

// errFlags marks errors of the command line.
var errFlags = errors.New("usage")

func flagError(cmd *cobra.Command, err error) error {
	return fmt.Errorf("%w: %w\nRun '%s --help' for usage.", errFlags, err, cmd.CommandPath())
}
