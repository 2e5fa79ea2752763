package doctor_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

// tunnel is a proxy that does CONNECT and nothing else.
func tunnel(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer func() { _ = conn.Close() }()
			in := bufio.NewReader(conn)
			req, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", req.Host)
			if err != nil {
				return
			}
			defer func() { _ = to.Close() }()
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
			go func() { _, _ = io.Copy(to, in) }()
			_, _ = io.Copy(conn, to)
		}()
	}
}
