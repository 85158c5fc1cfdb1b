package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"parlor/api"
	"parlor/internal/cli/value"
	"parlor/internal/sigv4"
)

// A Client calls operations.
type Client struct {
	settings *Settings
	endpoint *url.URL
	region   string
	attempts int
	http     *http.Client
	wire     bool // timestamps are shown as they came
}

// New checks the settings and returns a client. It reaches nobody yet.
func New(s *Settings) (*Client, error) {
	c := &Client{settings: s}
	err := s.Config.Check()
	if err != nil {
		return nil, err
	}
	if !s.Unsigned {
		if _, _, err = s.knownCredentials(); err != nil {
			return nil, err
		}
	}
	if c.region, err = s.region(); err != nil {
		return nil, err
	}
	if c.attempts, err = s.attempts(); err != nil {
		return nil, err
	}
	if c.endpoint, err = s.endpoint(c.region); err != nil {
		return nil, err
	}
	if c.http, err = s.httpClient(c.endpoint); err != nil {
		return nil, err
	}
	format, _ := s.Config.Get("cli_timestamp_format")
	c.wire = format == "wire"
	return c, nil
}

// Endpoint returns the base URL that the client calls.
func (c *Client) Endpoint() *url.URL { return c.endpoint }

// Call sends one operation, as often as it takes and is allowed, and returns the
// answer's members in the model's order.
func (c *Client) Call(ctx context.Context, op *api.Operation, input *value.Map) (*value.Map, error) {
	var cred sigv4.Credentials
	if !c.settings.Unsigned {
		var err error
		if cred, err = c.settings.credentials(ctx); err != nil {
			return nil, err
		}
	}
	for n := 1; ; n++ {
		out, again, err := c.try(ctx, op, input, cred)
		if err == nil || !again || ctx.Err() != nil {
			return out, err
		}
		if n >= c.attempts {
			if refused, ok := errors.AsType[*ServiceError](err); ok {
				refused.Retries = n - 1
			}
			return nil, err
		}
		c.debug("retries", "attempt %d failed: %v", n, err)
		if err := pause(ctx, n); err != nil {
			return nil, err
		}
	}
}

// pause waits before attempt n+1: between nothing and 2ⁿ⁻¹ seconds.
func pause(ctx context.Context, n int) error {
	most := min(time.Second<<min(n-1, 5), 20*time.Second)
	// The clock's last digits are random enough to keep callers apart.
	t := time.NewTimer(time.Duration(time.Now().UnixNano()) % most)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// try sends op once. Again says whether another attempt may help.
func (c *Client) try(ctx context.Context, op *api.Operation, input *value.Map, cred sigv4.Credentials) (out *value.Map, again bool, err error) {
	r, body, err := c.request(ctx, op, input)
	if err != nil {
		return nil, false, err
	}
	if !c.settings.Unsigned {
		if err := sigv4.Sign(r, body, cred, c.region, "ivschat", time.Now()); err != nil {
			return nil, false, err
		}
	}
	c.debugRequest(op, r, input)
	resp, err := c.http.Do(r)
	if err != nil {
		again, err = unreachable(r.URL, err)
		return nil, again, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) { // as the reference, take what came
		again, err = unreachable(r.URL, err)
		return nil, again, err
	}
	c.debugResponse(op, resp, text)
	if resp.StatusCode >= http.StatusMultipleChoices {
		refused := refusal(op, resp, text)
		return nil, transient(refused.Code, resp.StatusCode), refused
	}
	out, err = c.answer(op, string(text))
	return out, false, err
}

// request makes the request of op without a signature.
func (c *Client) request(ctx context.Context, op *api.Operation, input *value.Map) (*http.Request, []byte, error) {
	input, err := sendable(op.Input(), input)
	if err != nil {
		return nil, nil, err
	}
	u := *c.endpoint
	path := op.Path
	members := value.NewMap()
	var query []string
	if u.RawQuery != "" {
		query = append(query, u.RawQuery)
	}
	for _, m := range op.Input().Members {
		v, ok := input.Get(m.Name)
		switch {
		case m.In == api.InPath && !ok:
			return nil, nil, problemf("'%s'", m.Name)
		case m.In == api.InPath:
			path = strings.Replace(path, "{"+m.Name+"...}", escape(value.Str(v)), 1)
		case ok && m.In == api.InQuery:
			query = append(query, queryOf(m.Name, v)...)
		case ok && m.In == api.InBody:
			members.Set(m.Name, v)
		}
	}
	u.RawPath = strings.TrimSuffix(u.EscapedPath(), "/") + path
	if u.Path, err = url.PathUnescape(u.RawPath); err != nil {
		return nil, nil, err
	}
	u.RawQuery = strings.Join(query, "&")
	var body []byte
	if op.Method == http.MethodPost {
		body = []byte(value.JSON(members, value.Style{}))
	}
	r, err := http.NewRequestWithContext(ctx, op.Method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("User-Agent", "parlor")
	return r, body, nil
}

// sendable returns the members that shape has and input sets. Where parameters
// are not validated, input may hold others, and nulls.
func sendable(shape *api.Shape, input *value.Map) (*value.Map, error) {
	out := value.NewMap()
	for k, v := range input.All() {
		if v == nil {
			continue
		}
		member, ok := shape.Member(k)
		if !ok {
			return nil, problemf("'%s'", k)
		}
		if m, ok := v.(*value.Map); ok && (member.Shape.Kind == api.Structure || member.Shape.Kind == api.Union) {
			inner, err := sendable(member.Shape, m)
			if err != nil {
				return nil, err
			}
			v = inner
		}
		out.Set(k, v)
	}
	return out, nil
}

// queryOf returns the query parameters that a member's values are.
func queryOf(name string, v any) []string {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var query []string
	for _, item := range list {
		query = append(query, name+"="+escape(value.Str(item)))
	}
	return query
}

// escape percent-encodes all but what RFC 3986 calls unreserved.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// transient says whether an error answer is worth another attempt.
func transient(code string, status int) bool {
	switch status {
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return slices.Contains([]string{
		"RequestTimeout", "RequestTimeoutException", "PriorRequestNotComplete",
		"Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
		"TooManyRequestsException", "ProvisionedThroughputExceededException", "TransactionInProgressException",
		"RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException", "SlowDown", "EC2ThrottledException",
	}, code)
}

// unreachable says in the AWS CLI's words why no answer came.
func unreachable(u *url.URL, err error) (again bool, said error) {
	if errors.Is(err, context.Canceled) {
		return false, err
	}
	shown := *u
	shown.RawQuery = ""
	address := shown.String()
	dial := false
	if op, ok := errors.AsType[*net.OpError](err); ok {
		dial = op.Op == "dial" || op.Op == "proxyconnect"
	}
	timeout, _ := errors.AsType[net.Error](err)
	switch {
	case certificate(err):
		return false, problemf("SSL validation failed for %s %v", address, errors.Unwrap(err))
	case timeout != nil && timeout.Timeout() && dial:
		return true, problemf("Connect timeout on endpoint URL: \"%s\"", address)
	case timeout != nil && timeout.Timeout():
		return true, problemf("Read timeout on endpoint URL: \"%s\"", address)
	case dial:
		return true, problemf("Could not connect to the endpoint URL: \"%s\"", address)
	}
	return true, problemf("Connection was closed before we received a valid response from endpoint URL: \"%s\".", address)
}
