package cloud_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"parlor/internal/cloud"
)

func TestForbidden(t *testing.T) {
	for ip, want := range map[string]bool{
		"169.254.169.254":         true,
		"169.254.170.2":           true,
		"::ffff:169.254.169.254":  true,
		"64:ff9b::a9fe:a9fe":      true,
		"2002:a9fe:a9fe::1":       true,
		"fe80::1":                 true,
		"fe80::1%eth0":            true,
		"fd00:ec2::254":           true,
		"100.100.100.200":         true,
		"168.63.129.16":           true,
		"192.0.0.192":             true,
		"0.0.0.0":                 true,
		"::":                      true,
		"224.0.0.1":               true,
		"ff02::1":                 true,
		"255.255.255.255":         true,
		"127.0.0.1":               false,
		"::1":                     false,
		"10.0.0.7":                false,
		"192.168.1.1":             false,
		"203.0.113.9":             false,
		"fd12:3456::1":            false,
		"64:ff9b::cb00:7109":      false,
		"2001:db8:a9fe:a9fe::254": false,
	} {
		if got := cloud.Forbidden(netip.MustParseAddr(ip)); got != want {
			t.Errorf("Forbidden(%s) = %t, want %t", ip, got, want)
		}
	}
}

func TestCheckURL(t *testing.T) {
	for in, ok := range map[string]bool{
		"http://127.0.0.1:3002":               true,
		"https://lambda.example.com/x?y=1":    true,
		"http://[::1]:8080":                   true,
		"ftp://example.com":                   false,
		"//example.com":                       false,
		"http://":                             false,
		"http://user:pass@example.com":        false,
		"http://169.254.169.254/latest":       false,
		"http://[fd00:ec2::254]/":             false,
		"http://[::ffff:169.254.169.254]:80/": false,
		"http://a b":                          false,
		"":                                    false,
	} {
		if err := cloud.CheckURL(in); (err == nil) != ok {
			t.Errorf("CheckURL(%q) = %v, want ok %t", in, err, ok)
		}
	}
}

// The guard looks at the address dialled, not at the text of the URL: decimal,
// shortened and mapped spellings end there too.
func TestClientRefusesForbiddenAddresses(t *testing.T) {
	for _, at := range []string{"http://169.254.169.254/", "http://[fe80::1]/", "http://0.0.0.0:1/", "http://[::ffff:169.254.1.1]/"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := cloud.Client(1).Do(req)
		if err == nil {
			res.Body.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "link-local or metadata address") {
			t.Errorf("GET %s: %v, want a refusal to dial", at, err)
		}
	}
}

func TestAccount(t *testing.T) {
	if err := (cloud.Account{}).Check(); err != nil {
		t.Errorf("zero account: %v", err)
	}
	if err := (cloud.Account{AccessKeyID: "a"}).Check(); err == nil {
		t.Error("half a key was accepted")
	}
	a := cloud.Account{Endpoint: "http://127.0.0.1:9000", Region: "us-east-1", AccessKeyID: "a", SecretAccessKey: "b"}
	if err := a.Check(); err != nil {
		t.Error(err)
	}
	if got := a.SigningRegion("eu-west-1"); got != "us-east-1" {
		t.Errorf("region %s", got)
	}
	c, err := a.Credentials().Retrieve(t.Context())
	if err != nil || c.AccessKeyID != "a" {
		t.Errorf("credentials %v %v", c.AccessKeyID, err)
	}
}

// An answer stays whole when the body of its question is closed meanwhile, as the AWS SDK
// does: the body is read, never asked to write itself.
func TestClientReadsBodies(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
		_ = http.NewResponseController(w).Flush()
		select {
		case <-r.Context().Done(): // dropped
		case <-time.After(50 * time.Millisecond):
			_, _ = io.WriteString(w, ", world")
		}
	}))
	defer server.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, &stubborn{strings.NewReader("hello")})
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = 5
	res, err := cloud.Client(1).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got, err := io.ReadAll(res.Body); err != nil || string(got) != "hello, world" {
		t.Errorf("the answer is %q, %v, want hello, world", got, err)
	}
}

// A stubborn body can be read; it says io.EOF, as an error, to who wants it written.
type stubborn struct{ *strings.Reader }

func (*stubborn) WriteTo(io.Writer) (int64, error) { return 0, io.EOF }

func (*stubborn) Close() error { return nil }
