// Package cloud reaches AWS, or whatever speaks its protocols: an account's
// credentials and endpoint, and HTTP clients that refuse dangerous addresses.
package cloud

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// An Account says where a service of AWS is reached and as whom. The zero Account is
// AWS itself, with the credentials that the SDK's default chain finds.
type Account struct {
	Endpoint        string // URL of an emulator, MinIO, a VPC endpoint; empty: AWS
	Region          string // signs for this region whatever the resource's own; empty: the resource's
	AccessKeyID     string // empty: the SDK's default chain
	SecretAccessKey string
	SessionToken    string
}

// Check reports what is wrong with a.
func (a Account) Check() error {
	if (a.AccessKeyID == "") != (a.SecretAccessKey == "") {
		return errors.New("an access key id and its secret come together")
	}
	if a.Endpoint == "" {
		return nil
	}
	return CheckURL(a.Endpoint)
}

// SigningRegion returns the region to sign for when the resource lives in region.
func (a Account) SigningRegion(region string) string {
	if a.Region != "" {
		return a.Region
	}
	return region
}

// BaseEndpoint returns the endpoint as the SDK's options want it.
func (a Account) BaseEndpoint() *string {
	if a.Endpoint == "" {
		return nil
	}
	return aws.String(a.Endpoint)
}

// Credentials returns the provider of a's credentials. The default chain is
// consulted when they are first needed, and again after a failure.
func (a Account) Credentials() aws.CredentialsProvider {
	if a.AccessKeyID != "" {
		return credentials.NewStaticCredentialsProvider(a.AccessKeyID, a.SecretAccessKey, a.SessionToken)
	}
	return aws.NewCredentialsCache(&chain{})
}

// A chain is the SDK's default chain, looked up late.
type chain struct {
	mu    sync.Mutex // guards found
	found aws.CredentialsProvider
}

// Retrieve returns the credentials of the first provider in the chain that has some.
func (c *chain) Retrieve(ctx context.Context) (aws.Credentials, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.found == nil {
		cfg, err := config.LoadDefaultConfig(ctx)
		if err != nil {
			return aws.Credentials{}, fmt.Errorf("load the default credentials: %w", err)
		}
		c.found = cfg.Credentials
	}
	return c.found.Retrieve(ctx)
}

// CheckURL reports why s is no address for requests: it must be http or https with a
// host, without user and password, and its host no forbidden address.
func CheckURL(s string) error {
	u, err := url.Parse(s)
	if err != nil {
		return errors.New("not a URL")
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return fmt.Errorf("%q is not an http or https URL with a host", u.Redacted())
	}
	if u.User != nil {
		return fmt.Errorf("%q carries a user: a password does not belong in a URL", u.Redacted())
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && Forbidden(ip) {
		return fmt.Errorf("%q is a link-local or metadata address", u.Redacted())
	}
	return nil
}

// Client returns an HTTP client for servers the operator named. It follows no
// redirect, uses no proxy, and checks each address it dials after the name was
// resolved, so that no DNS answer leads it to a machine's metadata service.
func Client(connsPerHost int) *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second, Control: guard}
	return &http.Client{
		Transport: plain{&http.Transport{
			DialContext:            dialer.DialContext,
			ForceAttemptHTTP2:      true,
			DisableCompression:     true,
			MaxIdleConns:           4 * connsPerHost,
			MaxIdleConnsPerHost:    connsPerHost,
			MaxResponseHeaderBytes: 64 << 10,
			IdleConnTimeout:        time.Minute,
			TLSHandshakeTimeout:    5 * time.Second,
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// A plain transport reads the bodies of requests and does nothing else with them. The AWS
// SDK closes a body when the answer begins, and calls it an error to write a closed one out
// (io.WriterTo): a connection that is about to find that nothing is left to write would be
// dropped, and the rest of the answer with it.
type plain struct{ *http.Transport }

// RoundTrip sends r.
func (p plain) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r = r.WithContext(r.Context()) // a copy: r is its sender's
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return p.Transport.RoundTrip(r)
}
