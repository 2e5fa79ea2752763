package doctor

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"vcfleet/pkg/vim"
)

// maxAddresses is how many addresses of a name are shown.
const maxAddresses = 8

// dns looks up who is connected to: the vCenter, or its proxy.
func (v *visit) dns(ctx context.Context) Result {
	proxy, err := v.settings().ProxyURL()
	if err != nil {
		return Result{Status: Fail, Detail: err.Error(), Hint: "correct proxy in the configuration, or HTTPS_PROXY in the environment"}
	}
	v.proxy = proxy
	host, _, err := net.SplitHostPort(v.next())
	if err != nil {
		return Result{Status: Fail, Detail: err.Error(), Hint: "correct host or proxy in the configuration"}
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return Result{Status: OK, Detail: v.whose() + host + " is an address, there is nothing to look up"}.with("addresses", host)
	}
	ctx, cancel := v.bounded(ctx)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		return v.failed(ctx, err)
	}
	slices.Sort(addresses)
	shown := strings.Join(addresses[:min(len(addresses), maxAddresses)], ", ")
	if more := len(addresses) - maxAddresses; more > 0 {
		shown += fmt.Sprintf(" and %d more", more)
	}
	return Result{Status: OK, Detail: v.whose() + host + " is " + shown}.with("addresses", strings.Join(addresses, " "))
}

// tcp connects to who was looked up, and closes the connection.
func (v *visit) tcp(ctx context.Context) Result {
	ctx, cancel := v.bounded(ctx)
	defer cancel()
	conn, err := dial(ctx, v.next())
	if err != nil {
		return v.failed(ctx, err)
	}
	peer := conn.RemoteAddr().String()
	// Nothing was written to it.
	_ = conn.Close()
	return Result{Status: OK, Detail: v.whose() + "connected to " + peer}.with("peer", peer)
}

func dial(ctx context.Context, address string) (net.Conn, error) {
	return (&net.Dialer{Timeout: vim.DialTimeout}).DialContext(ctx, "tcp", address)
}

// next is who a connection is made to, as host:port.
func (v *visit) next() string {
	if v.proxy == nil {
		return v.vc.Address()
	}
	return proxyAddress(v.proxy)
}

func proxyAddress(proxy *url.URL) string {
	port := proxy.Port()
	if port == "" {
		switch proxy.Scheme {
		case "https":
			port = "443"
		case "socks5", "socks5h":
			port = "1080"
		default:
			port = "80"
		}
	}
	return net.JoinHostPort(proxy.Hostname(), port)
}

// whose begins a text about the other end of the connection.
func (v *visit) whose() string {
	if v.proxy == nil {
		return ""
	}
	return "proxy: "
}
