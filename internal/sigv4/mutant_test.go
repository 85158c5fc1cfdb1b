package sigv4_test

import (
	"bufio"
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"

	"parlor/internal/sigv4"
)

// read reads a request and its body.
func read(wire []byte) (*http.Request, []byte, error) {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(wire)))
	if err != nil {
		return nil, nil, err
	}
	body, err := io.ReadAll(r.Body)
	return r, body, err
}

// mutant changes one byte of a signed request where a signature must notice: the
// request line but for the version, a signed header, Authorization, the body. It is
// false if the byte drawn means nothing (an unsigned header, another spelling of
// the same).
func mutant(rng *rand.Rand, wire []byte) ([]byte, bool) {
	at := rng.IntN(len(wire))
	was, changed := wire[at], byte(rng.IntN(256))
	if rng.IntN(2) == 0 { // a neighbour is harder to tell apart
		changed = was ^ 1<<rng.IntN(8)
	}
	if changed == was || !covered(wire, at) {
		return nil, false
	}
	m := slices.Clone(wire)
	m[at] = changed
	return m, !same(wire, m)
}

// covered says whether the byte at an offset is the signature's to protect.
func covered(wire []byte, at int) bool {
	head := bytes.Index(wire, []byte("\r\n\r\n"))
	if at >= head+4 {
		return true
	}
	begin := bytes.LastIndexByte(wire[:at], '\n') + 1
	line := string(wire[begin : begin+bytes.IndexByte(wire[begin:], '\r')])
	if begin == 0 {
		return at < strings.LastIndexByte(line, ' ')
	}
	name, _, _ := strings.Cut(strings.ToLower(line), ":")
	if name == "authorization" {
		return true
	}
	_, list, _ := strings.Cut(string(wire), "SignedHeaders=")
	list, _, _ = strings.Cut(list, ",")
	return slices.Contains(strings.Split(list, ";"), name)
}

// same says whether two requests ask for the same thing in other letters.
func same(a, b []byte) bool {
	ra, bodyA, errA := read(a)
	rb, bodyB, errB := read(b)
	if errA != nil || errB != nil || !bytes.Equal(bodyA, bodyB) {
		return false
	}
	sa, errA := sigv4.Parse(ra)
	sb, errB := sigv4.Parse(rb)
	if errA != nil || errB != nil || sa != sb {
		return false
	}
	if ra.Method != rb.Method || ra.Host != rb.Host || ra.URL.EscapedPath() != rb.URL.EscapedPath() {
		return false
	}
	qa, qb := ra.URL.Query(), rb.URL.Query()
	for _, q := range []map[string][]string{qa, qb} {
		for _, values := range q {
			slices.Sort(values)
		}
	}
	if qa.Encode() != qb.Encode() || strings.Count(ra.URL.RawQuery, "&") != strings.Count(rb.URL.RawQuery, "&") {
		return false
	}
	if len(ra.Header) != len(rb.Header) {
		return false
	}
	for name, values := range ra.Header {
		if name == "Authorization" {
			continue // Parse has compared it
		}
		if strings.Join(strings.Fields(strings.Join(values, ",")), " ") != strings.Join(strings.Fields(strings.Join(rb.Header[name], ",")), " ") {
			return false
		}
	}
	return true
}
