package simulator

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

// maxHeld bounds what a client may send before a slow handshake.
const maxHeld = 64 << 10

// handshakeFaults are of TLS.
func handshakeFaults() []faultSpec {
	return []faultSpec{
		{
			name: FaultHangTLS,
			doc:  "accept connections and never answer the TLS handshake",
			conn: func(_ params, l net.Listener) net.Listener { return heldListener{l, -1} },
		},
		{
			name:  FaultSlowTLS,
			doc:   "answer the TLS handshake only after a while",
			value: durationValue("2s"),
			conn:  func(p params, l net.Listener) net.Listener { return heldListener{l, p.duration} },
		},
	}
}

// connectionFaults are of the connection and of the time that an answer takes.
func connectionFaults() []faultSpec {
	all := faultMethod{def: anyMethod}
	return []faultSpec{
		{
			name:   FaultHang,
			doc:    "accept the request and never answer",
			method: all,
			http: faulty(func(_ *VCenter, _ params, _ http.ResponseWriter, r *http.Request, _ http.Handler) {
				hang(r)
			}),
		},
		{
			name:   FaultHangBody,
			doc:    "answer with headers and half of the body, then with nothing more",
			method: all,
			http: answered(func(_ params, w http.ResponseWriter, r *http.Request, a *recorder) {
				if len(a.body) > 0 {
					a.begin(w, len(a.body))
					sendNow(w, a.body[:len(a.body)/2])
				}
				hang(r)
			}),
		},
		{
			name:   FaultDrip,
			doc:    "answer with headers, then with one byte of the body at a time",
			method: all,
			value:  durationValue("1s"),
			http:   answered(drip),
		},
		{
			name:   FaultReset,
			doc:    "reset the connection (RST) in the middle of the answer's body, =N: only the first N times",
			method: all,
			value:  timesValue(""),
			http: answered(func(_ params, w http.ResponseWriter, _ *http.Request, a *recorder) {
				if len(a.body) > 0 {
					a.begin(w, len(a.body))
					sendNow(w, a.body[:len(a.body)/2])
				}
				reset(w)
			}),
		},
		{
			name:   FaultResetBefore,
			doc:    "reset the connection (RST) instead of carrying out the request, =N: only the first N times",
			method: all,
			value:  timesValue(""),
			http: faulty(func(_ *VCenter, _ params, w http.ResponseWriter, r *http.Request, _ http.Handler) {
				drain(r)
				reset(w)
			}),
		},
	}
}

// drip sends the body byte by byte.
func drip(p params, w http.ResponseWriter, r *http.Request, a *recorder) {
	a.begin(w, len(a.body))
	sendNow(w, nil)
	t := time.NewTicker(p.duration)
	defer t.Stop()
	for i := range a.body {
		select {
		case <-t.C:
			sendNow(w, a.body[i:i+1])
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
}

// hang waits until the client goes or the vCenter closes.
func hang(r *http.Request) {
	drain(r) // before that the server does not see the client go
	<-r.Context().Done()
	panic(http.ErrAbortHandler) // returning would be an answer: 200
}

func drain(r *http.Request) {
	_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, maxSOAP)) // the client has gone if this fails
}

// sendNow sends a piece of the body at once.
func sendNow(w http.ResponseWriter, piece []byte) {
	if _, err := w.Write(piece); err != nil {
		panic(http.ErrAbortHandler)
	}
	if err := http.NewResponseController(w).Flush(); err != nil {
		panic(http.ErrAbortHandler)
	}
}

// reset ends the connection with RST.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // a wrapper that cannot; the connection just ends
	}
	for {
		inner, ok := conn.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		conn = inner.NetConn() // closing TLS would say goodbye first
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // if it fails the connection ends with FIN
	}
	_ = conn.Close()
}

// heldListener holds what clients send first, for a while or, below 0, forever.
type heldListener struct {
	net.Listener
	hold time.Duration
}

// Accept waits for the next connection.
func (l heldListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &heldConn{Conn: c, hold: l.hold}, nil
}

// heldConn is a connection whose first Read takes a while. It reads on
// meanwhile, so it sees the client go. The server's deadline for the handshake
// does not end it.
type heldConn struct {
	net.Conn
	hold time.Duration // 0 once it is over
	got  bytes.Reader
}

// NetConn returns the connection within.
func (c *heldConn) NetConn() net.Conn { return c.Conn }

// SetReadDeadline sets a deadline, unless the handshake is still held.
func (c *heldConn) SetReadDeadline(t time.Time) error {
	if c.hold != 0 {
		return nil
	}
	return c.Conn.SetReadDeadline(t)
}

// Read reads what has been sent, once the hold is over.
func (c *heldConn) Read(b []byte) (int, error) {
	if c.hold != 0 {
		if err := c.wait(); err != nil {
			return 0, err
		}
		c.hold = 0
	}
	if c.got.Len() > 0 {
		return c.got.Read(b)
	}
	return c.Conn.Read(b)
}

// wait keeps what comes until the hold is over. Its error is the connection's.
func (c *heldConn) wait() error {
	if c.hold < 0 {
		_, err := io.Copy(io.Discard, c.Conn)
		if err == nil {
			err = io.EOF
		}
		return err
	}
	var data bytes.Buffer
	if err := c.Conn.SetReadDeadline(time.Now().Add(c.hold)); err != nil {
		return err
	}
	_, err := data.ReadFrom(io.LimitReader(c.Conn, maxHeld))
	switch {
	case err == nil:
		return io.EOF // the client has gone, or sends what is no handshake
	case !errors.Is(err, os.ErrDeadlineExceeded):
		return err
	}
	c.got.Reset(data.Bytes())
	return c.Conn.SetReadDeadline(time.Time{})
}
