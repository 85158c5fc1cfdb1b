package sigv4_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go/aws-http-auth/credentials"
	smithy "github.com/aws/smithy-go/aws-http-auth/sigv4"
	smithyv4 "github.com/aws/smithy-go/aws-http-auth/v4"

	"parlor/internal/sigv4"
)

// call is a request that somebody is going to sign.
type call struct {
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
	Region  string            `json:"region"`
	Key     string            `json:"key"`
	Secret  string            `json:"secret"`
	Token   string            `json:"token"`
}

// oneOf picks one.
func oneOf[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// words makes text that a tag or a name may hold.
func words(r *rand.Rand, n int) string {
	const letters = "abcxyzABC0129 _.:/=+-@*!'()&%é語"
	var b strings.Builder
	for range n {
		runes := []rune(letters)
		b.WriteRune(runes[r.IntN(len(runes))])
	}
	return b.String()
}

// randomCall makes a request as clients of the service make them, and odder ones.
func randomCall(r *rand.Rand) call {
	c := call{
		Method: http.MethodPost, Headers: map[string]string{},
		Region: oneOf(r, "us-west-2", "eu-central-1", "ap-northeast-1", "us-gov-west-1"),
		Key:    oneOf(r, "AKIDEXAMPLE", "PARLORDEVACCESSKEY"),
		Secret: oneOf(r, "parlor-dev-secret", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
		Token:  oneOf(r, "", "", "FwoGZXIvYXdzEB/+=="),
	}
	host := oneOf(r, "http://127.0.0.1:8480", "http://localhost", "http://ivschat.us-west-2.amazonaws.com", "http://chat.example.org:8080", "http://[::1]:8480")
	if r.IntN(2) == 0 {
		c.URL = host + "/" + oneOf(r, "CreateRoom", "CreateChatToken", "ListRooms", "SendEvent", "base/path/GetRoom")
		body, _ := json.Marshal(map[string]string{"name": words(r, r.IntN(20)), words(r, 3): words(r, r.IntN(300))})
		c.Body = string(body)
		c.Headers["Content-Type"] = oneOf(r, "application/json", "application/x-amz-json-1.1", "application/json; charset=utf-8")
	} else {
		c.URL = host + "/tags/" + oneOf(r,
			"arn%3Aaws%3Aivschat%3Aus-west-2%3A123456789012%3Aroom%2FAbCdEfGhIjKl",
			"arn%3Aaws%3Aivschat%3Aeu-central-1%3A000000000000%3Alogging-configuration%2Fx")
		c.Method = oneOf(r, http.MethodGet, http.MethodDelete)
		var pairs []string
		for range r.IntN(6) {
			pairs = append(pairs, oneOf(r, "tagKeys", "tagKeys", "tagKeys", "x y", "é")+"="+words(r, r.IntN(8)))
		}
		for i, p := range pairs {
			key, value, _ := strings.Cut(p, "=")
			pairs[i] = strings.ReplaceAll(url.QueryEscape(key)+"="+url.QueryEscape(value), "+", "%20")
		}
		if len(pairs) > 0 {
			c.URL += "?" + strings.Join(pairs, "&")
		}
	}
	if r.IntN(2) == 0 {
		c.Headers["X-Amz-User-Agent"] = oneOf(r, "aws-sdk-js/3.500.0", "aws-sdk-js/3 ua/2.0 os/linux", "x")
	}
	if r.IntN(3) == 0 {
		sum := sha256.Sum256([]byte(c.Body))
		c.Headers["X-Amz-Content-Sha256"] = hex.EncodeToString(sum[:])
	}
	return c
}

// request makes the request, unsigned.
func (c call) request(tb testing.TB) *http.Request {
	tb.Helper()
	var body io.Reader // the SDK signs a Content-Length only where there is one
	if c.Body != "" {
		body = strings.NewReader(c.Body)
	}
	r, err := http.NewRequest(c.Method, c.URL, body)
	if err != nil {
		tb.Fatal(err)
	}
	for name, value := range c.Headers {
		r.Header.Set(name, value)
	}
	return r
}

// signers are foreign hands.
func signers(tb testing.TB) map[string]func(call) *http.Request {
	tb.Helper()
	return map[string]func(call) *http.Request{
		"aws-sdk-go-v2": func(c call) *http.Request {
			r := c.request(tb)
			r.Header.Set("Amz-Sdk-Request", "attempt=1; max=3")
			sum := sha256.Sum256([]byte(c.Body))
			cred := aws.Credentials{AccessKeyID: c.Key, SecretAccessKey: c.Secret, SessionToken: c.Token}
			if err := sdk.NewSigner().SignHTTP(tb.Context(), cred, r, hex.EncodeToString(sum[:]), "ivschat", c.Region, time.Now()); err != nil {
				tb.Fatal(err)
			}
			return r
		},
		"aws-http-auth": func(c call) *http.Request {
			r := c.request(tb)
			sum := sha256.Sum256([]byte(c.Body))
			in := &smithy.SignRequestInput{
				Request: r, PayloadHash: sum[:], Service: "ivschat", Region: c.Region, Time: time.Now(),
				Credentials:   credentials.Credentials{AccessKeyID: c.Key, SecretAccessKey: c.Secret, SessionToken: c.Token},
				SignatureType: smithyv4.SignatureTypeHeader,
			}
			if err := smithy.New().SignRequest(in); err != nil {
				tb.Fatal(err)
			}
			return r
		},
	}
}

// Whatever aws-sdk-go-v2 and smithy-go sign is accepted, and told to the byte from
// what they did not sign: one byte changed anywhere that means something is refused.
func TestForeignSigners(t *testing.T) {
	const each = 1200
	rng := rand.New(rand.NewPCG(20260714, 4))
	accepted, refused := 0, 0
	for name, sign := range signers(t) {
		for range each {
			c := randomCall(rng)
			var wire bytes.Buffer
			if err := sign(c).Write(&wire); err != nil {
				t.Fatal(err)
			}
			if err := receive(wire.Bytes(), c); err != nil {
				t.Fatalf("%s: %v:\n%s", name, err, wire.Bytes())
			}
			accepted++
			for range 4 {
				if m, ok := mutant(rng, wire.Bytes()); ok {
					if err := receive(m, c); err == nil {
						t.Errorf("%s: accepted a mutant:\n%s\nof\n%s", name, m, wire.Bytes())
					}
					refused++
				}
			}
		}
	}
	t.Logf("%d requests accepted, %d mutants refused", accepted, refused)
	if accepted < 2000 || refused < 5000 {
		t.Errorf("%d requests accepted, %d mutants refused; want 2000 and 5000", accepted, refused)
	}
}

// The same with botocore, which Debian's AWS CLI brings.
func TestBotocore(t *testing.T) {
	const python = "/usr/bin/python3"
	if _, err := os.Stat("/usr/lib/python3/dist-packages/awscli"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("Debian's awscli is not installed: test/setup.sh does it")
		}
		t.Skip("Debian's awscli is not installed: test/setup.sh does it")
	}
	rng := rand.New(rand.NewPCG(20260714, 5))
	calls := make([]call, 500)
	for i := range calls {
		calls[i] = randomCall(rng)
		calls[i].URL = strings.Replace(calls[i].URL, "[::1]", "127.0.0.1", 1) // it signs ::1 and sends [::1]
		calls[i].Headers["X-Amz-Blanks"] = oneOf(rng, "a", "a   b", "a b  c") // botocore folds them
	}
	in, _ := json.Marshal(calls)
	cmd := exec.CommandContext(t.Context(), python, "testdata/botocore.py")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("botocore.py: %v", err)
	}
	var headers []map[string]string
	if err := json.Unmarshal(out, &headers); err != nil {
		t.Fatal(err)
	}
	refused := 0
	for i, c := range calls {
		r := c.request(t)
		r.Host = strings.TrimSuffix(r.Host, ":80")
		for name, value := range headers[i] {
			r.Header.Set(name, value)
		}
		var wire bytes.Buffer
		if err := r.Write(&wire); err != nil {
			t.Fatal(err)
		}
		if err := receive(wire.Bytes(), c); err != nil {
			t.Fatalf("%v:\n%s", err, wire.Bytes())
		}
		for range 4 {
			if m, ok := mutant(rng, wire.Bytes()); ok {
				if err := receive(m, c); err == nil {
					t.Errorf("accepted a mutant:\n%s\nof\n%s", m, wire.Bytes())
				}
				refused++
			}
		}
	}
	t.Logf("%d requests accepted, %d mutants refused", len(calls), refused)
}

// receive does what a server does with the bytes that arrive.
func receive(wire []byte, c call) error {
	r, body, err := read(wire)
	if err != nil {
		return err
	}
	s, err := sigv4.Parse(r)
	if err != nil {
		return err
	}
	if s.AccessKeyID != c.Key || s.SessionToken != c.Token || s.Service != "ivschat" {
		return fmt.Errorf("no such key: %q", s.AccessKeyID)
	}
	return new(sigv4.Verifier).Verify(r, s, sha256.Sum256(body), c.Secret, time.Now())
}
