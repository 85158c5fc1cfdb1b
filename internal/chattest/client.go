package chattest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"parlor/internal/iam"
	"parlor/internal/sigv4"
)

// The accounts and the user names of the keys that Keys knows. A user's key id is the
// account's last digit and the name, the secret "secret of" and the name.
const (
	Account      = "111111111111"
	OtherAccount = "222222222222"
	Region       = "us-west-2"

	Admin   = "admin"   // may do everything in its account
	Reader  = "reader"  // may get and list
	Nobody  = "nobody"  // may do nothing
	Blue    = "blue"    // may do everything with what is tagged team=blue
	Local   = "local"   // may do everything from 127.0.0.0/8
	Expired = "expired" // an admin whose temporary key is over
)

// Keys returns the keys of the users above, in both accounts.
func Keys() (iam.Source, error) {
	f, err := iam.ParseFile([]byte(`{"policies":[{"account":"`+Account+`","name":"blue","document":{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"ivschat:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"blue"}}},
		{"Effect":"Allow","Action":"ivschat:CreateRoom","Resource":"*"},
		{"Effect":"Allow","Action":"ivschat:TagResource","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/team":"blue"}}}]}},
		{"account":"`+Account+`","name":"local","document":{"Version":"2012-10-17","Statement":
		{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"127.0.0.0/8"}}}}}]}`), Account)
	if err != nil {
		return nil, err
	}
	for _, account := range []string{Account, OtherAccount} {
		for _, err := range []error{
			f.AddUser(iam.User{Account: account, Name: Admin, Policies: []string{iam.AdministratorAccess}}, key(account, Admin)),
			f.AddUser(iam.User{Account: account, Name: Reader, Policies: []string{iam.ReadOnlyAccess}}, key(account, Reader)),
			f.AddUser(iam.User{Account: account, Name: Nobody}, key(account, Nobody)),
		} {
			if err != nil {
				return nil, err
			}
		}
	}
	old := key(Account, Expired)
	old.SessionToken, old.Expires = "a session", time.Unix(0, 0)
	return f, errors.Join(
		f.AddUser(iam.User{Account: Account, Name: Blue, Policies: []string{"blue"}}, key(Account, Blue)),
		f.AddUser(iam.User{Account: Account, Name: Local, Policies: []string{"local"}}, key(Account, Local)),
		f.AddUser(iam.User{Account: Account, Name: Expired, Policies: []string{iam.AdministratorAccess}}, old),
	)
}

func key(account, user string) iam.Key {
	return iam.Key{ID: account[11:] + user, Secret: iam.Secret("secret of " + user)}
}

// Credentials returns what a user signs with.
func Credentials(account, user string) sigv4.Credentials {
	k := key(account, user)
	return sigv4.Credentials{AccessKeyID: k.ID, SecretAccessKey: string(k.Secret)}
}

// A Client calls a control plane as somebody.
type Client struct {
	URL         string
	Credentials sigv4.Credentials
	Region      string
	Service     string // ivschat if empty
	HTTP        *http.Client
}

// NewClient returns a client that calls as the admin of Account, in Region.
func NewClient(url string) *Client {
	return &Client{URL: url, Credentials: Credentials(Account, Admin), Region: Region, HTTP: http.DefaultClient}
}

// As returns a client that calls as somebody else.
func (c *Client) As(account, user string) *Client {
	other := *c
	other.Credentials = Credentials(account, user)
	return &other
}

// In returns a client that calls another region.
func (c *Client) In(region string) *Client {
	other := *c
	other.Region = region
	return &other
}

// A Reply is what a call was answered.
type Reply struct {
	Status int
	Header http.Header
	Body   string
}

// Member returns a member of the answer's JSON, nil if it isn't there.
func (r *Reply) Member(name string) any {
	var all map[string]any
	if json.Unmarshal([]byte(r.Body), &all) != nil {
		return nil
	}
	return all[name]
}

// Text returns a member of the answer's JSON that is a string.
func (r *Reply) Text(name string) string {
	s, _ := r.Member(name).(string)
	return s
}

// Post calls an operation with a JSON text.
func (c *Client) Post(tb testing.TB, operation, body string) *Reply {
	tb.Helper()
	return c.Do(tb, http.MethodPost, "/"+operation, body)
}

// Do signs and sends one request. The path is escaped already, and may have a query.
func (c *Client) Do(tb testing.TB, method, path, body string) *Reply {
	tb.Helper()
	r := c.Request(tb, method, path, body)
	resp, err := c.HTTP.Do(r)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return &Reply{Status: resp.StatusCode, Header: resp.Header, Body: string(data)}
}

// Request signs a request.
func (c *Client) Request(tb testing.TB, method, path, body string) *http.Request {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), method, c.URL+path, bytes.NewReader([]byte(body)))
	if err != nil {
		tb.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	service := c.Service
	if service == "" {
		service = "ivschat"
	}
	if err := sigv4.Sign(r, []byte(body), c.Credentials, c.Region, service, time.Now()); err != nil {
		tb.Fatal(err)
	}
	return r
}
