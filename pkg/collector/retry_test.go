package collector

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"vcfleet/pkg/vim"
)

func unavailable(wait time.Duration) error {
	return &vim.AnswerError{Status: 503, Source: vim.SourceUnavailable, RetryAfter: wait}
}

func refusedDial() error {
	return &net.OpError{Op: "dial", Err: fmt.Errorf("connect: %w", syscall.ECONNREFUSED)}
}

func TestRepeat(t *testing.T) {
	for name, test := range map[string]struct {
		results  []error       // then nil
		deadline time.Duration // 0 is none
		cancel   time.Duration // 0 is never
		login    bool
		calls    int
		err      string          // part of it; "" is none
		pauses   []time.Duration // their bases; 0 is none at all
		exact    bool            // pauses are exact
	}{
		"at once":                  {calls: 1},
		"once":                     {results: []error{unavailable(0)}, calls: 2, pauses: []time.Duration{firstPause}},
		"twice":                    {results: []error{io.EOF, refusedDial()}, calls: 3, pauses: []time.Duration{firstPause, 2 * firstPause}},
		"three times":              {results: []error{unavailable(0), unavailable(0), io.EOF}, calls: 3, err: "EOF (tried 3 times)", pauses: []time.Duration{firstPause, 2 * firstPause}},
		"asks for time":            {results: []error{unavailable(7 * time.Second)}, calls: 2, pauses: []time.Duration{7 * time.Second}, exact: true},
		"asks for all of it":       {results: []error{unavailable(maxWait)}, calls: 2, pauses: []time.Duration{maxWait}, exact: true},
		"asks for too much":        {results: []error{unavailable(maxWait + time.Second)}, calls: 1, err: "asks to wait 31s"},
		"a deadline too soon":      {results: []error{unavailable(5 * time.Second)}, deadline: 5 * time.Second, calls: 1, err: "503"},
		"a deadline in time":       {results: []error{unavailable(5 * time.Second)}, deadline: 6 * time.Second, calls: 2, pauses: []time.Duration{5 * time.Second}, exact: true},
		"canceled while it waits":  {results: []error{unavailable(5 * time.Second)}, cancel: 2 * time.Second, calls: 1, err: "context canceled, after HTTP 503", pauses: []time.Duration{2 * time.Second}, exact: true},
		"a fault":                  {results: []error{&vim.Fault{Type: vim.SystemError}}, calls: 1, err: "SystemError"},
		"a bug":                    {results: []error{errors.New("odd")}, calls: 1, err: "odd"},
		"login refused":            {login: true, results: []error{refusedDial()}, calls: 2, pauses: []time.Duration{firstPause}},
		"login refused for good":   {login: true, results: []error{refusedDial(), refusedDial(), refusedDial()}, calls: 3, err: "(tried 3 times)", pauses: []time.Duration{firstPause, 2 * firstPause}},
		"login lost":               {login: true, results: []error{io.EOF}, calls: 1, err: "EOF"},
		"login unavailable":        {login: true, results: []error{unavailable(time.Second)}, calls: 1, err: "503"},
		"login refused, then lost": {login: true, results: []error{refusedDial(), io.EOF}, calls: 2, err: "EOF (tried 2 times)", pauses: []time.Duration{firstPause}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if test.deadline > 0 {
					ctx, cancel = context.WithTimeout(ctx, test.deadline)
					defer cancel()
				}
				if test.cancel > 0 {
					time.AfterFunc(test.cancel, cancel)
				}
				c := &conversation{log: zerolog.Nop()}
				repeat := c.repeat
				if test.login {
					repeat = c.repeatUnsent
				}
				start, calls := time.Now(), 0
				var least, most time.Duration
				for _, base := range test.pauses {
					least, most = least+base/2, most+base+base/2
					if test.exact {
						least, most = base, base+1
					}
				}
				err := repeat(ctx, func() error {
					calls++
					if calls <= len(test.results) {
						return test.results[calls-1]
					}
					return nil
				})
				took := time.Since(start)
				if calls != test.calls || c.result.Retries != int64(calls-1) {
					t.Errorf("%d calls and %d retries, want %d calls", calls, c.result.Retries, test.calls)
				}
				if took < least || took > most {
					t.Errorf("took %v, want %v to %v", took, least, most)
				}
				if (err != nil) != (test.err != "") || err != nil && !strings.Contains(err.Error(), test.err) {
					t.Errorf("error %v, want %q", err, test.err)
				}
			})
		})
	}
}

// TestPausesDiffer keeps a fleet from coming back at one moment.
func TestPausesDiffer(t *testing.T) {
	seen := make(map[time.Duration]bool)
	for range 100 {
		d := pause(1)
		if d < firstPause/2 || d >= firstPause+firstPause/2 {
			t.Errorf("%v", d)
		}
		seen[d/(10*time.Millisecond)] = true
	}
	if len(seen) < 10 {
		t.Errorf("%d different pauses", len(seen))
	}
}
