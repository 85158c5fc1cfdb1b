package sigv4_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"parlor/internal/sigv4"
)

var (
	cred = sigv4.Credentials{AccessKeyID: "PARLORDEVACCESSKEY", SecretAccessKey: "parlor-dev-secret"}
	noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
)

// overTheWire gives the request as a server reads it.
func overTheWire(tb testing.TB, r *http.Request) *http.Request {
	tb.Helper()
	var wire bytes.Buffer
	if err := r.Write(&wire); err != nil {
		tb.Fatal(err)
	}
	got, err := http.ReadRequest(bufio.NewReader(&wire))
	if err != nil {
		tb.Fatal(err)
	}
	return got
}

// verify parses and verifies r as a server would.
func verify(r *http.Request, body []byte, secret string, now time.Time) error {
	s, err := sigv4.Parse(r)
	if err != nil {
		return err
	}
	return new(sigv4.Verifier).Verify(r, s, sha256.Sum256(body), secret, now)
}

// signed returns a signed CreateRoom as the server gets it.
func signed(tb testing.TB, change func(*http.Request)) *http.Request {
	tb.Helper()
	r, err := http.NewRequest(http.MethodPost, "http://127.0.0.1:8480/CreateRoom", strings.NewReader("{}"))
	if err != nil {
		tb.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if err := sigv4.Sign(r, []byte("{}"), cred, "us-west-2", "ivschat", noon); err != nil {
		tb.Fatal(err)
	}
	if change != nil {
		change(r)
	}
	return overTheWire(tb, r)
}

// The example that AWS's own documentation works through.
func TestDocumentedExample(t *testing.T) {
	r, _ := http.NewRequest(http.MethodGet, "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08", nil)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	c := sigv4.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
	at := time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)
	if err := sigv4.Sign(r, nil, c, "us-east-1", "iam", at); err != nil {
		t.Fatal(err)
	}
	const want = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, " +
		"SignedHeaders=content-type;host;x-amz-date, " +
		"Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
	if got := r.Header.Get("Authorization"); got != want {
		t.Errorf("Authorization = %s\nwant %s", got, want)
	}
	if err := verify(overTheWire(t, r), nil, c.SecretAccessKey, at); err != nil {
		t.Errorf("verify: %v", err)
	}
}

func TestParseSaysWhoSigned(t *testing.T) {
	r, _ := http.NewRequest(http.MethodGet, "http://h/tags/arn%3Aaws%3Aivschat%3Aus-west-2%3A123456789012%3Aroom%2FAbC?tagKeys=c%20d%26e%2Ff&tagKeys=a", nil)
	c := sigv4.Credentials{AccessKeyID: "ASIA1", SecretAccessKey: "s", SessionToken: "tok/en=="}
	if err := sigv4.Sign(r, nil, c, "eu-central-1", "ivschat", noon); err != nil {
		t.Fatal(err)
	}
	got := overTheWire(t, r)
	s, err := sigv4.Parse(got)
	if err != nil {
		t.Fatal(err)
	}
	if s.AccessKeyID != "ASIA1" || s.Region != "eu-central-1" || s.Service != "ivschat" || s.SessionToken != "tok/en==" || !s.Time.Equal(noon) {
		t.Errorf("Parse = %+v", s)
	}
	if err := verify(got, nil, "s", noon); err != nil {
		t.Errorf("verify: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	edit := func(old, new string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, new, 1))
		}
	}
	tests := []struct {
		name   string
		change func(*http.Request)
		kind   sigv4.Kind
		text   string // part of the message
	}{
		{"no header", func(r *http.Request) { r.Header.Del("Authorization") }, sigv4.MissingAuthenticationToken, "Missing Authentication Token"},
		{"bearer", set("Authorization", "Bearer x"), sigv4.MissingAuthenticationToken, ""},
		{"two", func(r *http.Request) { r.Header.Add("Authorization", "x") }, sigv4.IncompleteSignature, "more than one"},
		{"sigv4a", edit("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), sigv4.IncompleteSignature, "AWS4-ECDSA-P256-SHA256"},
		{"bare", set("Authorization", "AWS4-HMAC-SHA256"), sigv4.IncompleteSignature, "equal-sign"},
		{"no credential", edit("Credential=", "Credential=,X="), sigv4.IncompleteSignature, "'X'"},
		{
			"no signature", set("Authorization", "AWS4-HMAC-SHA256 Credential=a"), sigv4.IncompleteSignature,
			"Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter.",
		},
		{"credential twice", edit("Credential=", "Credential=a, Credential="), sigv4.IncompleteSignature, "more than one"},
		{"four parts", edit("/ivschat", ""), sigv4.IncompleteSignature, "exactly 5"},
		{"six parts", edit("/ivschat", "/x/ivschat"), sigv4.IncompleteSignature, "exactly 5"},
		{"terminator", edit("aws4_request", "aws5_request"), sigv4.InvalidSignature, "terminator"},
		{"region", edit("us-west-2", "US_WEST"), sigv4.InvalidSignature, "valid region"},
		{"other region", edit("us-west-2", "us-west-1"), sigv4.InvalidSignature, "does not match"},
		{"other service", edit("/ivschat", "/sts"), sigv4.InvalidSignature, "does not match"},
		{"other day", edit("20261123", "20261122"), sigv4.InvalidSignature, "'20261122' != '20261123', from '20261123T120000Z'"},
		{"no date", func(r *http.Request) { r.Header.Del("X-Amz-Date") }, sigv4.IncompleteSignature, "X-Amz-Date"},
		{"two dates", func(r *http.Request) { r.Header.Add("X-Amz-Date", "20261123T120000Z") }, sigv4.IncompleteSignature, "X-Amz-Date"},
		{"bad date", set("X-Amz-Date", "2026-11-23"), sigv4.IncompleteSignature, "ISO-8601"},
		{"unsigned x-amz", set("X-Amz-User-Agent", "x"), sigv4.InvalidSignature, "X-Amz-User-Agent"},
		{"unsigned token", set("X-Amz-Security-Token", "x"), sigv4.InvalidSignature, "X-Amz-Security-Token"},
		{"host not signed", edit("host;", ""), sigv4.InvalidSignature, "'Host' or ':authority'"},
		{"upper-case list", edit("host;", "Host;"), sigv4.InvalidSignature, "sorted"},
		{"unsorted list", edit("content-type;host", "host;content-type"), sigv4.InvalidSignature, "sorted"},
		{"doubled list", edit("host;", "host;host;"), sigv4.InvalidSignature, "sorted"},
		{"absent header", edit("host;", "host;range;"), sigv4.InvalidSignature, "range"},
		{"presigned", func(r *http.Request) { r.URL.RawQuery = "X-Amz-Algorithm=AWS4-HMAC-SHA256" }, sigv4.IncompleteSignature, "query string"},
		{"upper-case signature", func(r *http.Request) {
			before, signature, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
			r.Header.Set("Authorization", before+"Signature="+strings.ToUpper(signature))
		}, sigv4.InvalidSignature, "does not match"},
		{"long key", edit("Credential=", "Credential="+strings.Repeat("K", 128)), sigv4.UnrecognizedClient, ""},
		{"unsigned date", func(r *http.Request) {
			r.Header.Del("X-Amz-Date")
			r.Header.Set("Date", "20261123T120000Z")
		}, sigv4.IncompleteSignature, "Date"},
		{"two hashes", func(r *http.Request) {
			edit("host;x-amz-date", "host;x-amz-content-sha256;x-amz-date")(r)
			r.Header["X-Amz-Content-Sha256"] = []string{"a", "b"}
		}, sigv4.InvalidSignature, "more than one"},
		{"short signature", edit("Signature=", "Signature=a"), sigv4.InvalidSignature, "does not match"},
		{"no hex", func(r *http.Request) {
			v := r.Header.Get("Authorization")
			r.Header.Set("Authorization", v[:len(v)-1]+"g")
		}, sigv4.InvalidSignature, "does not match"},
		{"type", set("Content-Type", "text/plain"), sigv4.InvalidSignature, "does not match"},
		{"path", func(r *http.Request) { r.URL.Path = "/DeleteRoom" }, sigv4.InvalidSignature, "does not match"},
		{"method", func(r *http.Request) { r.Method = http.MethodPut }, sigv4.InvalidSignature, "does not match"},
		{"host", func(r *http.Request) { r.Host = "elsewhere" }, sigv4.InvalidSignature, "does not match"},
		{"query", func(r *http.Request) { r.URL.RawQuery = "a=b" }, sigv4.InvalidSignature, "does not match"},
		{"bad escape", func(r *http.Request) { r.URL.RawQuery = "a=%zz" }, sigv4.InvalidSignature, "malformed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checkRefusal(t, verify(signed(t, tt.change), []byte("{}"), cred.SecretAccessKey, noon), tt.kind, tt.text)
		})
	}
	checkRefusal(t, verify(signed(t, nil), []byte("{ }"), cred.SecretAccessKey, noon), sigv4.InvalidSignature, "does not match")
	checkRefusal(t, verify(signed(t, nil), []byte("{}"), "other", noon), sigv4.InvalidSignature, "does not match")
}

// checkRefusal holds err against the kind and a part of the text wanted.
func checkRefusal(t *testing.T, err error, kind sigv4.Kind, text string) {
	t.Helper()
	e, ok := errors.AsType[*sigv4.Error](err)
	if !ok || e.Kind != kind || !strings.Contains(e.Message, text) {
		t.Errorf("verify = %v, want %s: …%s…", err, kind, text)
	}
}

func TestPayloadHash(t *testing.T) {
	sign := func(stated string) *http.Request {
		r, _ := http.NewRequest(http.MethodPost, "http://h/CreateRoom", strings.NewReader("{}"))
		r.Header.Set("X-Amz-Content-Sha256", stated)
		if err := sigv4.Sign(r, []byte("{}"), cred, "us-west-2", "ivschat", noon); err != nil {
			t.Fatal(err)
		}
		return overTheWire(t, r)
	}
	hash := fmt.Sprintf("%x", sha256.Sum256([]byte("{}")))
	if err := verify(sign(hash), []byte("{}"), cred.SecretAccessKey, noon); err != nil {
		t.Errorf("true hash: %v", err)
	}
	for stated, text := range map[string]string{
		"UNSIGNED-PAYLOAD":                    "not supported",
		"STREAMING-AWS4-HMAC-SHA256-PAYLOAD":  "not supported",
		strings.ToUpper(hash):                 "does not match",
		fmt.Sprintf("%x", sha256.Sum256(nil)): "does not match",
	} {
		checkRefusal(t, verify(sign(stated), []byte("{}"), cred.SecretAccessKey, noon), sigv4.InvalidSignature, text)
	}
}

// ±5 minutes, to the second, in AWS's words.
func TestSkew(t *testing.T) {
	for _, tt := range []struct {
		off  time.Duration
		text string
	}{
		{0, ""},
		{sigv4.MaxSkew, ""},
		{-sigv4.MaxSkew, ""},
		{sigv4.MaxSkew + 999*time.Millisecond, ""}, // signatures have whole seconds
		{sigv4.MaxSkew + time.Second, "Signature expired: 20261123T120000Z is now earlier than 20261123T120001Z (20261123T120501Z - 5 min.)"},
		{-sigv4.MaxSkew - time.Second, "Signature not yet current: 20261123T120000Z is still later than 20261123T115959Z (20261123T115459Z + 5 min.)"},
	} {
		err := verify(signed(t, nil), []byte("{}"), cred.SecretAccessKey, noon.Add(tt.off))
		if tt.text == "" {
			if err != nil {
				t.Errorf("%v off: %v", tt.off, err)
			}
			continue
		}
		checkRefusal(t, err, sigv4.InvalidSignature, tt.text)
	}
}

// Without X-Amz-Date the date is that of a signed Date, in either spelling.
func TestDateHeader(t *testing.T) {
	for _, date := range []string{"20261123T120000Z", "Mon, 23 Nov 2026 12:00:00 GMT"} {
		r := signed(t, func(r *http.Request) {
			r.Header.Del("X-Amz-Date")
			r.Header.Set("Date", date)
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "content-type;host;x-amz-date", "content-type;date;host", 1))
		})
		s, err := sigv4.Parse(r)
		if err != nil || !s.Time.Equal(noon) {
			t.Errorf("Date: %s: %v, %v", date, s.Time, err)
		}
	}
}

func TestSecretsStayOut(t *testing.T) {
	c := sigv4.Credentials{AccessKeyID: "AK", SecretAccessKey: "hush", SessionToken: "hush"}
	if got := fmt.Sprintf("%v %+v %s", c, c, c.LogValue()); strings.Contains(got, "hush") {
		t.Errorf("formatted credentials = %s", got)
	}
}
