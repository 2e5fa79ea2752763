package vim

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ErrTokenLost says that the vCenter does not know a continuation token, or no
// longer: each can be used once, and only until the same property collector is
// asked for something else. The rest of that retrieval is lost; another one can
// be begun.
var ErrTokenLost = errors.New("the vCenter does not know the continuation token")

// Transient is what is known of an error whose cause may pass.
type Transient struct {
	// Unsent says that no connection was made: the request cannot have reached the
	// vCenter. Without it nobody can tell what became of the request.
	Unsent bool
	// Wait is how long the answer asks to wait, 0 when it does not say.
	Wait time.Duration
}

// TransientCause reports whether an error of a request has a cause that may
// pass, so that the same request, or the whole retrieval, may succeed later:
//
//   - the connection was refused, or was lost before the answer had come whole;
//   - the answer is 429, 502, 503 or 504, without a fault: what stands in front
//     of the vCenter, or a vCenter that has no more sessions to give;
//   - [ErrTokenLost], for a retrieval.
//
// Faults, certificates, names that do not resolve and deadlines are none of
// these. Whether a call may be repeated at all is not said here, but known to
// who makes it: a Login whose answer was lost must not be.
func TransientCause(err error) (Transient, bool) {
	var fault *Fault
	var answer *AnswerError
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
	case errors.Is(err, ErrTokenLost):
		return Transient{}, true
	case errors.As(err, &fault), errors.As(err, &dns):
	case errors.As(err, &answer):
		switch answer.Status {
		case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return Transient{Wait: answer.RetryAfter}, true
		}
	case errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect"):
		return Transient{Unsent: true}, refused(err)
	default:
		return Transient{}, brokenOff(err)
	}
	return Transient{}, false
}

// Windows has numbers of its own for what happens to sockets; package syscall
// names them there alone.
const (
	wsaECONNABORTED = syscall.Errno(10053)
	wsaECONNRESET   = syscall.Errno(10054)
	wsaECONNREFUSED = syscall.Errno(10061)
)

// refused reports whether nobody took the connection, though somebody answered.
func refused(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, wsaECONNREFUSED) || brokenOff(err)
}

// brokenOff reports whether a connection ended in the middle of something.
func brokenOff(err error) bool {
	for _, cause := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE, wsaECONNRESET, wsaECONNABORTED} {
		if errors.Is(err, cause) {
			return true
		}
	}
	return false
}

// maxRetryAfter is more than any caller waits.
const maxRetryAfter = 24 * time.Hour

// retryAfter reads the header of that name: seconds, or a date (RFC 9110,
// section 10.2.3).
func retryAfter(h http.Header) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(text, 10, 32); err == nil {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	if date, err := http.ParseTime(text); err == nil {
		return min(max(time.Until(date), 0), maxRetryAfter)
	}
	return 0
}
