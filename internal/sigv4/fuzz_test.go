package sigv4_test

import (
	"crypto/sha256"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"parlor/internal/sigv4"
)

// Whatever stands in the headers, reading them ends in a refusal or in a
// signature that names a key, and never in an acceptance.
func FuzzParse(f *testing.F) {
	good := signed(f, nil)
	f.Add(good.Header.Get("Authorization"), good.Header.Get("X-Amz-Date"), "")
	f.Add("AWS4-HMAC-SHA256 Credential=a/20261123/r/s/aws4_request,SignedHeaders=host;x-amz-date,Signature=00", "20261123T000000Z", "x")
	f.Add("AWS4-HMAC-SHA256 Credential=\xff/1/2/3, \xff\xfe=x", "\xff", "")
	f.Add("Bearer x", "", "UNSIGNED-PAYLOAD")
	f.Fuzz(func(t *testing.T, authorization, date, hash string) {
		r := signed(t, nil)
		same := r.Header.Get("Authorization") == authorization && r.Header.Get("X-Amz-Date") == date && hash == ""
		r.Header.Set("Authorization", authorization)
		r.Header.Set("X-Amz-Date", date)
		if hash != "" {
			r.Header.Set("X-Amz-Content-Sha256", hash)
		}
		s, err := sigv4.Parse(r)
		if err != nil {
			if !utf8.ValidString(err.Error()) || len(err.Error()) > 1024 {
				t.Errorf("Parse says %q", err)
			}
			if s != (sigv4.Signature{}) {
				t.Errorf("Parse = %+v and %v", s, err)
			}
			return
		}
		if s.AccessKeyID == "" || s.Region == "" || strings.ContainsAny(s.Region, ": /*") || s.Time.IsZero() {
			t.Errorf("Parse = %+v", s)
		}
		err = new(sigv4.Verifier).Verify(r, s, sha256.Sum256([]byte("{}")), cred.SecretAccessKey, noon)
		if same && err != nil {
			t.Errorf("the good one: %v", err)
		}
		if !same && err == nil {
			// Blanks between the parameters are free; nothing else is.
			strip := strings.NewReplacer(" ", "", "\t", "")
			if strip.Replace(authorization) != strip.Replace(good.Header.Get("Authorization")) || hash != "" || date != good.Header.Get("X-Amz-Date") {
				t.Errorf("accepted %q %q %q", authorization, date, hash)
			}
		}
	})
}

// The canonical form tells apart what is different: a signature over one path and
// query is good for another only where both say the same.
func FuzzCanonical(f *testing.F) {
	f.Add("/tags/arn%3Aaws", "tagKeys=a&tagKeys=b", "/tags/arn:aws", "tagKeys=b&tagKeys=a")
	f.Add("/a b", "x=%20", "/a%20b", "x=+")
	f.Add("/", "a=1", "//", "a=1&")
	f.Fuzz(func(t *testing.T, pathA, queryA, pathB, queryB string) {
		a, okA := at(pathA, queryA)
		b, okB := at(pathB, queryB)
		if !okA || !okB || sigv4.Sign(a, nil, cred, "us-west-2", "ivschat", noon) != nil {
			return
		}
		if err := verify(a, nil, cred.SecretAccessKey, noon); err != nil {
			t.Fatalf("%s: %v", a.URL, err)
		}
		b.Header = a.Header
		if err := verify(b, nil, cred.SecretAccessKey, noon); err == nil {
			if pa, pb := a.URL.EscapedPath(), b.URL.EscapedPath(); pa != pb && pa+pb != "/" {
				t.Errorf("one signature for paths %q and %q", pa, pb)
			}
			if a.URL.Query().Encode() != b.URL.Query().Encode() && sortedQuery(a.URL) != sortedQuery(b.URL) {
				t.Errorf("one signature for queries %q and %q", a.URL.RawQuery, b.URL.RawQuery)
			}
		}
	})
}

// at is a request for a path and query, if there can be one.
func at(path, query string) (*http.Request, bool) {
	u, err := url.ParseRequestURI(path)
	if err != nil || strings.ContainsAny(path, "?#") || !strings.HasPrefix(path, "/") {
		return nil, false
	}
	u.RawQuery = query
	return &http.Request{Method: http.MethodGet, Host: "h", URL: u, Header: http.Header{}}, true
}

// sortedQuery is what a query says, in one order.
func sortedQuery(u *url.URL) string {
	var pairs []string
	for key, values := range u.Query() {
		for _, v := range values {
			pairs = append(pairs, url.QueryEscape(key)+"="+url.QueryEscape(v))
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}
