package sigv4_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"parlor/internal/sigv4"
)

// HTTP/2 has no Host header and its own ways with lengths; signatures hold all the
// same.
func TestHTTP2(t *testing.T) {
	var c call
	var v sigv4.Verifier
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		s, parsed := sigv4.Parse(r)
		if err == nil {
			err = parsed
		}
		if err == nil {
			err = v.Verify(r, s, sha256.Sum256(body), c.Secret, time.Now())
		}
		if err != nil || r.ProtoMajor != 2 {
			http.Error(w, fmt.Sprintf("%s: %v", r.Proto, err), http.StatusForbidden)
		}
	}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	t.Cleanup(srv.Close)
	rng := rand.New(rand.NewPCG(20260714, 6))
	for name, sign := range signers(t) {
		for range 50 {
			c = randomCall(rng)
			c.URL = srv.URL + c.request(t).URL.RequestURI()
			resp, err := srv.Client().Do(sign(c))
			if err != nil {
				t.Fatal(err)
			}
			text, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				t.Fatalf("%s %s %s: %d %s", name, c.Method, c.URL, resp.StatusCode, text)
			}
		}
	}
}
