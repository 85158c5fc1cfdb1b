package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// httpClient returns the client to reach endpoint with. It reads no bundle of
// certificates where none is needed.
func (s *Settings) httpClient(endpoint *url.URL) (*http.Client, error) {
	dialer := &net.Dialer{Timeout: s.Connect}
	transport := &http.Transport{
		Proxy:               s.proxy,
		TLSHandshakeTimeout: s.Connect,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &timedConn{Conn: conn, timeout: s.ReadTimeout}, nil
		},
	}
	if endpoint.Scheme == "https" {
		var err error
		if transport.TLSClientConfig, err = s.tlsConfig(); err != nil {
			return nil, err
		}
	}
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// tlsConfig chooses whom to trust: nobody needs proof, the bundle that was named,
// or the machine's roots.
func (s *Settings) tlsConfig() (*tls.Config, error) {
	if s.Insecure {
		return &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}, nil //nolint:gosec // --no-verify-ssl asks for it
	}
	bundle, named := s.CABundle, s.CABundle != ""
	if !named {
		bundle, named = s.setting("ca_bundle", "AWS_CA_BUNDLE")
	}
	if !named {
		bundle, named = s.Config.Env("REQUESTS_CA_BUNDLE")
	}
	if !named {
		return &tls.Config{MinVersion: tls.VersionTLS12}, nil
	}
	if bundle == "" {
		return nil, problemf("The CA bundle is configured but empty.")
	}
	pem, err := os.ReadFile(filepath.Clean(s.Config.Env.Expand(bundle)))
	if err != nil {
		return nil, problemf("Could not find a suitable TLS CA certificate bundle, invalid path: %s", bundle)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, problemf("SSL validation failed: no certificate in %s", bundle)
	}
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, nil
}

// A timedConn gives each read a deadline of its own.
type timedConn struct {
	net.Conn
	timeout time.Duration // 0: none
}

// Read waits no longer than the timeout.
func (c *timedConn) Read(b []byte) (int, error) {
	if c.timeout > 0 {
		if err := c.SetReadDeadline(time.Now().Add(c.timeout)); err != nil {
			return 0, err
		}
	}
	return c.Conn.Read(b)
}

// proxy chooses the proxy as Python does, which unlike Go has no exception for
// this machine itself.
func (s *Settings) proxy(r *http.Request) (*url.URL, error) {
	env := s.Config.Env
	if skip, ok := env.First("no_proxy", "NO_PROXY"); ok && bypass(r.URL.Host, skip) {
		return nil, nil
	}
	raw, _ := env.First(r.URL.Scheme+"_proxy", strings.ToUpper(r.URL.Scheme)+"_PROXY")
	if raw == "" {
		return nil, nil
	}
	if !strings.Contains(raw, "://") {
		raw = "http://" + raw
	}
	return url.Parse(raw)
}

// bypass says whether host is one of those, or below one of those, listed.
func bypass(host, list string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	for entry := range strings.SplitSeq(list, ",") {
		entry = strings.ToLower(strings.TrimLeft(strings.TrimSpace(entry), "."))
		if entry == "" {
			continue
		}
		for _, h := range []string{strings.ToLower(name), strings.ToLower(host)} {
			if entry == "*" || h == entry || strings.HasSuffix(h, "."+entry) {
				return true
			}
		}
	}
	return false
}
