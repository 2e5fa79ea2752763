package vim

import (
	"crypto/tls"
	"errors"
	"net/http"
	"net/url"
)

// Config returns the configuration of a TLS connection that is checked as t
// says, for those who make one without a client. Its ServerName is empty when t
// has none.
func (t TLS) Config() (*tls.Config, error) { return t.config() }

// ProxyURL returns the proxy that requests to the address go through, nil for
// none. It follows the environment as the client does.
func (o Options) ProxyURL() (*url.URL, error) {
	proxy, err := proxyFunc(o.Proxy)
	if err != nil || proxy == nil {
		return nil, err
	}
	u, err := proxy(&http.Request{URL: &url.URL{Scheme: "https", Host: o.Address}})
	if err != nil {
		return nil, errors.New("the environment's proxy is not a URL") // the cause would print a password in it
	}
	return u, nil
}
