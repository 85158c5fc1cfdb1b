package client

import (
	"net/http"
	"slices"
	"strings"

	"parlor/api"
	"parlor/internal/cli/value"
)

// debug writes one line of --debug.
func (c *Client) debug(logger, format string, args ...any) {
	if c.settings.Debug != nil {
		c.settings.Debug(logger, format, args...)
	}
}

// debugRequest shows a request without what must stay secret: the signature,
// session tokens, and the members that the contract calls sensitive.
func (c *Client) debugRequest(op *api.Operation, r *http.Request, input *value.Map) {
	if c.settings.Debug == nil {
		return
	}
	c.debug("client", "request: %s %s", r.Method, r.URL)
	c.debugHeaders("request", r.Header)
	c.debug("client", "request body: %s", value.JSON(redact(op.Input(), input), value.Style{}))
}

func (c *Client) debugResponse(op *api.Operation, resp *http.Response, text []byte) {
	if c.settings.Debug == nil {
		return
	}
	c.debug("client", "response: %s", resp.Status)
	c.debugHeaders("response", resp.Header)
	if v, err := value.Parse(string(text)); err == nil {
		c.debug("client", "response body: %s", value.JSON(redact(op.Output(), v), value.Style{}))
	}
}

func (c *Client) debugHeaders(of string, h http.Header) {
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		v := strings.Join(h[name], ", ")
		switch name {
		case "Authorization":
			v, _, _ = strings.Cut(v, "Signature=")
			v += "Signature=REDACTED"
		case "X-Amz-Security-Token":
			v = "REDACTED"
		}
		c.debug("client", "%s header: %s: %s", of, name, v)
	}
}

// redact returns v without the values of sensitive members.
func redact(shape *api.Shape, v any) any {
	m, ok := v.(*value.Map)
	if !ok {
		return v
	}
	out := value.NewMap()
	for k, item := range m.All() {
		if member, ok := shape.Member(k); ok && member.Sensitive {
			item = "REDACTED"
		}
		out.Set(k, item)
	}
	return out
}
