package iam_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"parlor/chat"
	"parlor/internal/iam"
	"parlor/internal/sigv4"
)

const account = "123456789012"

// house is a File with one user of each sort.
func house(tb testing.TB) *iam.File {
	tb.Helper()
	soon := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	past := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	f, err := iam.ParseFile(fmt.Appendf(nil, `{
		"users": [
			{"name": "alice", "policies": ["IVSFullAccess"], "keys": [
				{"id": "LONG", "secret": "s1"},
				{"id": "TEMP", "secret": "s2", "sessionToken": "token", "expires": %q},
				{"id": "OVER", "secret": "s3", "sessionToken": "token", "expires": %q}]},
			{"name": "mallory", "account": "999999999999", "policies": ["AdministratorAccess"], "keys": [{"id": "M", "secret": "m"}]},
			{"name": "ghost", "policies": ["AdministratorAccess", "lost"], "keys": [{"id": "G", "secret": "g"}]}
		],
		"policies": [{"name": "p", "document": {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}}]
	}`, soon, past), account)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// request is a request as a server gets it, signed with a key.
func request(tb testing.TB, key, secret, token string) (*http.Request, [sha256.Size]byte) {
	tb.Helper()
	body := []byte(`{"name":"x"}`)
	r, err := http.NewRequest(http.MethodPost, "http://parlor.test/CreateRoom", bytes.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	c := sigv4.Credentials{AccessKeyID: key, SecretAccessKey: secret, SessionToken: token}
	if err := sigv4.Sign(r, body, c, "us-west-2", "ivschat", time.Now()); err != nil {
		tb.Fatal(err)
	}
	return r, sha256.Sum256(body)
}

func TestAuthenticate(t *testing.T) {
	a := iam.NewAuthenticator(house(t), iam.Config{})
	for _, tt := range []struct {
		name, key, secret, token string
		kind                     sigv4.Kind // "" for success
	}{
		{"long-lived", "LONG", "s1", "", ""},
		{"temporary", "TEMP", "s2", "token", ""},
		{"expired", "OVER", "s3", "token", sigv4.ExpiredToken},
		{"wrong secret of an expired key", "OVER", "s", "token", sigv4.InvalidSignature},
		{"unknown key", "NONE", "s1", "", sigv4.UnrecognizedClient},
		{"wrong secret", "LONG", "s2", "", sigv4.InvalidSignature},
		{"temporary without its token", "TEMP", "s2", "", sigv4.UnrecognizedClient},
		{"temporary with another token", "TEMP", "s2", "tokem", sigv4.UnrecognizedClient},
		{"long-lived with a token", "LONG", "s1", "token", sigv4.UnrecognizedClient},
	} {
		r, payload := request(t, tt.key, tt.secret, tt.token)
		c, err := a.Authenticate(r, payload)
		if tt.kind == "" {
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
			} else if c.Account != account || c.User != "alice" || c.Region != "us-west-2" || c.Service != "ivschat" || c.KeyID != tt.key || c.ARN() != "arn:aws:iam::123456789012:user/alice" || len(c.UserID()) != 21 {
				t.Errorf("%s: caller %+v", tt.name, c)
			}
			continue
		}
		if e, ok := errors.AsType[*sigv4.Error](err); !ok || e.Kind != tt.kind {
			t.Errorf("%s: Authenticate = %v, want %s", tt.name, err, tt.kind)
		}
	}
}

// What a caller is told is AWS's, word for word.
func TestAccessDeniedTexts(t *testing.T) {
	a := iam.NewAuthenticator(house(t), iam.Config{})
	room := "arn:aws:ivschat:us-west-2:123456789012:room/AbCdEfGhIjKl"
	for _, tt := range []struct{ account, user, action, resource, want string }{
		{account, "alice", "ivschat:GetRoom", room, ""},
		{account, "alice", "ivschat:CreateRoom", iam.AllOf(chat.Scope{Account: account, Region: "us-west-2"}, chat.KindRoom), ""},
		{
			account, "alice", "parlor:ListUsers", "arn:aws:iam::123456789012:user/*",
			"User: arn:aws:iam::123456789012:user/alice is not authorized to perform: parlor:ListUsers on resource: arn:aws:iam::123456789012:user/* because no identity-based policy allows the parlor:ListUsers action",
		},
		{
			account, "ghost", "ivschat:GetRoom", room,
			"User: arn:aws:iam::123456789012:user/ghost is not authorized to perform: ivschat:GetRoom on resource: " + room + " with an explicit deny in an identity-based policy",
		},
		{
			"999999999999", "mallory", "ivschat:GetRoom", room,
			"User: arn:aws:iam::999999999999:user/mallory is not authorized to perform: ivschat:GetRoom on resource: " + room + " because no resource-based policy allows the ivschat:GetRoom action",
		},
	} {
		c, ok := a.Caller(tt.account, tt.user, "us-west-2")
		if !ok {
			t.Fatalf("no user %s", tt.user)
		}
		err := c.Authorize(tt.action, tt.resource, iam.Context{Time: time.Now()})
		if tt.want == "" {
			if err != nil {
				t.Errorf("Authorize(%s) = %v", tt.action, err)
			}
			continue
		}
		if e, ok := errors.AsType[*chat.Error](err); !ok || e.Code != chat.AccessDenied || e.Message != tt.want {
			t.Errorf("Authorize(%s) = %v, want %s", tt.action, err, tt.want)
		}
	}
}

// Only the operator's users reach other accounts, and only to manage users.
func TestOperatorReachesOtherAccounts(t *testing.T) {
	f := house(t)
	a := iam.NewAuthenticator(f, iam.Config{Operator: "999999999999"})
	ask := func(account, user, action, resource string) bool {
		c, _ := a.Caller(account, user, "us-west-2")
		return c.Authorize(action, resource, iam.Context{}) == nil
	}
	if !ask("999999999999", "mallory", "parlor:AddUser", "arn:aws:iam::123456789012:user/x") {
		t.Error("the operator may not manage another account")
	}
	if ask("999999999999", "mallory", "ivschat:GetRoom", "arn:aws:ivschat:us-west-2:123456789012:room/A") {
		t.Error("the operator may read another account's rooms")
	}
	if ask("999999999999", "mallory", "parlor:ListConnections", "arn:aws:ivschat:us-west-2:123456789012:room/A") {
		t.Error("the operator may see who is in another account's rooms")
	}
	if ask(account, "alice", "parlor:AddUser", "arn:aws:iam::999999999999:user/x") {
		t.Error("others reach the operator's account")
	}
}

func TestFileRefuses(t *testing.T) {
	for _, text := range []string{
		``, `[]`, `{"user":[]}`, `{"users":[{"name":"a b"}]}`, `{"users":[{"name":"a","account":"1"}]}`,
		`{"users":[{"name":"a"},{"name":"a"}]}`, `{"users":[{"name":"a","keys":[{"id":"x"}]}]}`,
		`{"users":[{"name":"a","keys":[{"id":"x","secret":"s"}]},{"name":"b","keys":[{"id":"x","secret":"s"}]}]}`,
		`{"policies":[{"name":"p"}]}`, `{"policies":[{"name":"p","document":{}}]}`,
		`{"policies":[{"name":"IVSFullAccess","document":{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}}]}`,
	} {
		if _, err := iam.ParseFile([]byte(text), account); err == nil {
			t.Errorf("ParseFile(%s) was accepted", text)
		}
	}
}

func TestSecretsAreHidden(t *testing.T) {
	k := iam.Key{ID: "K", Secret: "hush", SessionToken: "hush, too"}
	for _, shown := range []string{fmt.Sprintf("%v %+v %#v %s", k, k, k, k.Secret), k.Secret.LogValue().String()} {
		if bytes.Contains([]byte(shown), []byte(string(k.Secret))) || bytes.Contains([]byte(shown), []byte(string(k.SessionToken))) {
			t.Errorf("a key formats as %s", shown)
		}
	}
}

// A flood of bad signatures, each under another region, with known and unknown
// keys, leaves nothing behind.
func TestFloodLeavesNothing(t *testing.T) {
	a := iam.NewAuthenticator(house(t), iam.Config{})
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	flood := func(n int) {
		for i := range n {
			r, payload := request(t, []string{"LONG", "NONE"}[i%2], "wrong", "")
			region := "us-" + strconv.Itoa(i)
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "us-west-2", region, 1))
			if _, err := a.Authenticate(r, payload); err == nil {
				t.Fatal("accepted")
			}
		}
	}
	flood(2000)
	before := heap()
	flood(20000)
	if after := heap(); after > before+256<<10 {
		t.Errorf("20,000 bad signatures took the heap from %d to %d bytes", before, after)
	}
	runtime.KeepAlive(a)
}

// Good signatures under ever new regions can't grow it without end either.
func TestManyRegionsAreBounded(t *testing.T) {
	a := iam.NewAuthenticator(house(t), iam.Config{})
	sign := func(i int) error {
		r, err := http.NewRequest(http.MethodPost, "http://h/ListRooms", nil)
		if err != nil {
			return err
		}
		c := sigv4.Credentials{AccessKeyID: "LONG", SecretAccessKey: "s1"}
		if err := sigv4.Sign(r, nil, c, "region-"+strconv.Itoa(i), "ivschat", time.Now()); err != nil {
			return err
		}
		_, err = a.Authenticate(r, sha256.Sum256(nil))
		return err
	}
	var before, after runtime.MemStats
	for i := range 12000 {
		if i == 2000 {
			runtime.GC()
			runtime.ReadMemStats(&before)
		}
		if err := sign(i); err != nil {
			t.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if after.HeapAlloc > before.HeapAlloc+512<<10 {
		t.Errorf("the heap went from %d to %d bytes", before.HeapAlloc, after.HeapAlloc)
	}
	runtime.KeepAlive(a)
}
