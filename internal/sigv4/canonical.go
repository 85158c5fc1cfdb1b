package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
)

// order is how a canonical query is sorted. AWS's text sorts parameters as they
// are after encoding, and botocore does; aws-sdk-go-v2 sorts them as they are
// before it. The two differ for tag keys like "a:b" beside "a1b", and both
// callers mean the same request, so a signature over either order is good.
type order int

const (
	byEncoding order = iota
	byValue
)

// appendStringToSign appends the text that the signature is made over.
func (s *Signature) appendStringToSign(dst []byte, r *http.Request, payload [sha256.Size]byte, o order) ([]byte, error) {
	var scratch [1024]byte
	request, err := appendCanonicalRequest(scratch[:0], r, s.signed, payload, o)
	if err != nil {
		return nil, err
	}
	dst = append(dst, algorithm+"\n"...)
	dst = s.Time.AppendFormat(dst, timeLayout)
	dst = append(dst, '\n')
	dst = append(dst, s.day...)
	dst = append(dst, '/')
	dst = append(dst, s.Region...)
	dst = append(dst, '/')
	dst = append(dst, s.Service...)
	dst = append(dst, "/"+terminator+"\n"...)
	sum := sha256.Sum256(request)
	return hex.AppendEncode(dst, sum[:]), nil
}

// appendCanonicalRequest appends the request in the one form that both sides
// agree on. signed is the list of signed headers as it stands in Authorization.
func appendCanonicalRequest(dst []byte, r *http.Request, signed string, payload [sha256.Size]byte, o order) ([]byte, error) {
	dst = append(dst, r.Method...)
	dst = append(dst, '\n')
	dst = appendCanonicalPath(dst, r.URL.EscapedPath())
	dst = append(dst, '\n')
	dst, err := appendCanonicalQuery(dst, r.URL.RawQuery, o)
	if err != nil {
		return nil, err
	}
	dst = append(dst, '\n')
	for name := range strings.SplitSeq(signed, ";") {
		if dst, err = appendCanonicalHeader(dst, r, name); err != nil {
			return nil, err
		}
	}
	dst = append(dst, '\n')
	dst = append(dst, signed...)
	dst = append(dst, '\n')
	return hex.AppendEncode(dst, payload[:]), nil
}

// appendCanonicalPath encodes a path once more than it is encoded on the wire:
// every service but S3 does.
func appendCanonicalPath(dst []byte, escaped string) []byte {
	if escaped == "" {
		return append(dst, '/')
	}
	for i := range len(escaped) {
		if escaped[i] == '/' {
			dst = append(dst, '/')
			continue
		}
		dst = appendEscaped(dst, escaped[i])
	}
	return dst
}

// param is a query parameter, decoded and encoded again.
type param struct{ key, value, encodedKey, encodedValue string }

// appendCanonicalQuery decodes the query, encodes it anew as RFC 3986 says, and
// sorts it by key, then by value.
func appendCanonicalQuery(dst []byte, raw string, o order) ([]byte, error) {
	if raw == "" {
		return dst, nil
	}
	var params []param
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		p, err := newParam(pair)
		if err != nil {
			return nil, err
		}
		params = append(params, p)
	}
	slices.SortFunc(params, func(a, b param) int {
		if o == byValue {
			return compareThen(a.key, b.key, a.value, b.value)
		}
		return compareThen(a.encodedKey, b.encodedKey, a.encodedValue, b.encodedValue)
	})
	for i, p := range params {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(dst, p.encodedKey...)
		dst = append(dst, '=')
		dst = append(dst, p.encodedValue...)
	}
	return dst, nil
}

// compareThen compares by key, and by value where the keys are the same.
func compareThen(keyA, keyB, valueA, valueB string) int {
	if c := strings.Compare(keyA, keyB); c != 0 {
		return c
	}
	return strings.Compare(valueA, valueB)
}

// newParam reads "key=value" as net/url does, so that what is signed is what
// the server will read.
func newParam(pair string) (p param, err error) {
	key, value, _ := strings.Cut(pair, "=")
	if p.key, err = url.QueryUnescape(key); err != nil {
		return p, refuse(InvalidSignature, "The query string has a malformed escape.")
	}
	if p.value, err = url.QueryUnescape(value); err != nil {
		return p, refuse(InvalidSignature, "The query string has a malformed escape.")
	}
	p.encodedKey, p.encodedValue = escape(p.key), escape(p.value)
	return p, nil
}

// escape percent-encodes all but the unreserved characters of RFC 3986.
func escape(s string) string {
	dst := make([]byte, 0, len(s)+8)
	for i := range len(s) {
		dst = appendEscaped(dst, s[i])
	}
	return string(dst)
}

// appendEscaped appends c, percent-encoded unless RFC 3986 calls it unreserved.
func appendEscaped(dst []byte, c byte) []byte {
	const upper = "0123456789ABCDEF"
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
		c == '-', c == '.', c == '_', c == '~':
		return append(dst, c)
	}
	return append(dst, '%', upper[c>>4], upper[c&15])
}

// appendCanonicalHeader appends "name:value\n" for a signed header, whose name
// is in lower case.
func appendCanonicalHeader(dst []byte, r *http.Request, name string) ([]byte, error) {
	dst = append(dst, name...)
	dst = append(dst, ':')
	switch values := r.Header[textproto.CanonicalMIMEHeaderKey(name)]; {
	case name == "host": // net/http keeps it apart from the header
		dst = appendFolded(dst, host(r))
	case len(values) > 0:
		for i, v := range values {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendFolded(dst, v)
		}
	default:
		return nil, refuse(InvalidSignature, "The signed header '%s' is not part of the request.", clip(name))
	}
	return append(dst, '\n'), nil
}

// host is the host that the request names, on either side of the wire.
func host(r *http.Request) string {
	if r.Host != "" {
		return r.Host
	}
	return r.URL.Host
}

// appendFolded appends v without the blanks around it and with each run of
// blanks within it made one space.
func appendFolded(dst []byte, v string) []byte {
	blank := false
	v = strings.Trim(v, " \t")
	for i := range len(v) {
		c := v[i]
		if c == ' ' || c == '\t' {
			blank = true
			continue
		}
		if blank {
			dst = append(dst, ' ')
			blank = false
		}
		dst = append(dst, c)
	}
	return dst
}
