package client

import (
	"net/http"
	"net/url"
	"strings"
)

// HTTP returns the HTTP client that reaches the endpoint with the settings' proxy,
// timeouts and certificates.
func (c *Client) HTTP() *http.Client { return c.http }

// MessagingURL returns where rooms are joined: at Amazon a host of its own, else
// the same host as the control plane.
func (c *Client) MessagingURL() string {
	u := url.URL{Scheme: strings.Replace(c.endpoint.Scheme, "http", "ws", 1), Host: c.endpoint.Host, Path: "/"}
	if strings.HasPrefix(u.Host, "ivschat.") && strings.Contains(u.Host, ".amazonaws.com") {
		u.Host = "edge." + u.Host
	}
	return u.String()
}
