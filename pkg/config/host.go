package config

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

const defaultPort = "443"

// splitHost takes host[:port] apart. IPv6 addresses may stand without
// brackets when no port follows.
func splitHost(s string) (host, port string, bad *complaint) {
	if s == "" {
		return "", "", &complaint{"is empty", ""}
	}
	if addr, err := netip.ParseAddr(s); err == nil {
		return addr.String(), defaultPort, nil
	}
	port = defaultPort
	if inner, rest, ok := strings.Cut(s, "]"); ok && strings.HasPrefix(inner, "[") {
		addr, err := netip.ParseAddr(inner[1:])
		if err != nil || !addr.Is6() {
			return "", "", &complaint{"holds no IPv6 address in its brackets: " + show(s), ""}
		}
		if rest != "" {
			if port, ok = strings.CutPrefix(rest, ":"); !ok || !validPort(port) {
				return "", "", badPort(s)
			}
		}
		return addr.String(), port, nil
	}
	switch strings.Count(s, ":") {
	case 0:
		host = s
	case 1:
		host, port, _ = strings.Cut(s, ":")
		if !validPort(port) {
			return "", "", badPort(s)
		}
	default:
		return "", "", &complaint{"is neither a host name nor an IPv6 address: " + show(s), "write [IPv6]:port"}
	}
	return host, port, checkHostName(host)
}

func badPort(s string) *complaint {
	return &complaint{"has a bad port: " + show(s), "a port is a number from 1 to 65535"}
}

func validPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

func checkHostName(host string) *complaint {
	if _, err := netip.ParseAddr(host); err == nil {
		return nil
	}
	name := strings.TrimSuffix(host, ".")
	if name == "" {
		return &complaint{"has no host name", ""}
	}
	const longest, longestLabel = 253, 63
	labels := strings.Split(name, ".")
	for _, l := range labels {
		bad := l == "" || len(l) > longestLabel || strings.HasPrefix(l, "-") || strings.HasSuffix(l, "-")
		for _, r := range l {
			if r > 0x7f && isGraphicHost(name) {
				return &complaint{"is no ASCII host name: " + show(host), "write the xn-- form"}
			}
			bad = bad || !isWord(r)
		}
		if bad || len(name) > longest {
			return &complaint{"is no host name: " + show(host), "write host or host:port"}
		}
	}
	if last := labels[len(labels)-1]; strings.Trim(last, "0123456789") == "" {
		return &complaint{"is no IP address: " + show(host), ""}
	}
	return nil
}

// isGraphicHost tells an international name from garbage.
func isGraphicHost(s string) bool { return checkLabel(s) == nil }

// checkHost is splitHost with better words for what people paste.
func checkHost(s string) *complaint {
	rest, pasted := s, ""
	if _, after, ok := strings.Cut(rest, "://"); ok {
		rest, pasted = after, "is a URL"
	}
	// A user part may hold a password, so from here on nothing is repeated
	// but what follows it.
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest, pasted = rest[i+1:], "has a user part"
	}
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		if pasted == "" {
			pasted = "has a path"
		}
		rest = rest[:i]
	}
	if pasted != "" {
		bad := &complaint{pasted, "write host or host:port"}
		if _, _, worse := splitHost(rest); worse == nil {
			bad.hint = "write " + show(rest)
		}
		return bad
	}
	if strings.ContainsAny(s, " \t\r\n") {
		return &complaint{"holds a space: " + show(s), "write host or host:port"}
	}
	_, _, bad := splitHost(s)
	return bad
}

// hostKey is equal for two spellings of one host.
func hostKey(s string) string {
	host, port, _ := splitHost(s)
	return strings.TrimSuffix(strings.ToLower(host), ".") + " " + strings.TrimLeft(port, "0")
}

const (
	proxyDirect      = "none"
	proxyEnvironment = "environment"
)

// checkProxy returns what Config.Proxy holds. It never repeats the URL.
func checkProxy(s string) (string, *complaint) {
	const hint = "write none, environment, or http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT"
	switch s {
	case proxyDirect:
		return s, nil
	case proxyEnvironment:
		return "", nil
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5":
		return "", &complaint{"is no proxy", hint}
	case u.User != nil:
		// The URL ends up in messages of net/http, so it must not hold a secret.
		return "", &complaint{"has a user part", "write environment and set HTTPS_PROXY to the URL with user and password"}
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		return "", &complaint{"has more than a scheme, a host and a port", hint}
	}
	if u.Port() == "" && strings.HasSuffix(u.Host, ":") {
		return "", &complaint{"has a bad port", hint}
	}
	if _, _, bad := splitHost(u.Host); bad != nil {
		return "", &complaint{"has a bad host or port", hint}
	}
	return s, nil
}
