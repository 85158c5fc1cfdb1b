package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"
)

// Verifier checks signatures. Its zero value is ready for use, by any number of
// goroutines.
type Verifier struct {
	keys keyCache
}

// Verify reports whether r, whose body's hash is payload, was signed as s says
// by one who has secret, within [MaxSkew] of now. The error is an [*Error].
func (v *Verifier) Verify(r *http.Request, s Signature, payload [sha256.Size]byte, secret string, now time.Time) error {
	if err := s.fresh(now); err != nil {
		return err
	}
	if err := checkPayload(r, payload); err != nil {
		return err
	}
	scope := keyScope{secret: secret, day: s.day, region: s.Region, service: s.Service}
	key, cached := v.keys.get(scope)
	if !cached {
		key = scope.derive()
	}
	ok, err := s.madeWith(key, r, payload, byEncoding)
	if err == nil && !ok && strings.Contains(r.URL.RawQuery, "&") {
		ok, err = s.madeWith(key, r, payload, byValue)
	}
	if err != nil {
		return err
	}
	if !ok {
		return errMismatch()
	}
	if !cached {
		v.keys.put(scope, key) // only now: a stranger must not fill the cache
	}
	return nil
}

// madeWith reports whether the signature is the one that key makes of r.
func (s *Signature) madeWith(key [sha256.Size]byte, r *http.Request, payload [sha256.Size]byte, o order) (bool, error) {
	var scratch [256]byte
	text, err := s.appendStringToSign(scratch[:0], r, payload, o)
	if err != nil {
		return false, err
	}
	want := mac(key[:], text)
	return hmac.Equal(want[:], s.sum[:]), nil
}

// fresh refuses a signature from too long ago, or from the future.
func (s *Signature) fresh(now time.Time) error {
	now = now.UTC()
	at, text := s.Time.Format(timeLayout), now.Format(timeLayout)
	if earliest := now.Add(-MaxSkew).Truncate(time.Second); s.Time.Before(earliest) {
		return refuse(InvalidSignature, "Signature expired: %s is now earlier than %s (%s - 5 min.)",
			at, earliest.Format(timeLayout), text)
	}
	if latest := now.Add(MaxSkew); s.Time.After(latest) {
		return refuse(InvalidSignature, "Signature not yet current: %s is still later than %s (%s + 5 min.)",
			at, latest.Format(timeLayout), text)
	}
	return nil
}

// checkPayload holds the hash that the caller states, if it states one, against
// the body's own.
func checkPayload(r *http.Request, payload [sha256.Size]byte) error {
	values := r.Header["X-Amz-Content-Sha256"]
	if len(values) == 0 {
		return nil
	}
	stated := values[0]
	if stated == "UNSIGNED-PAYLOAD" || strings.HasPrefix(stated, "STREAMING-") {
		return refuse(InvalidSignature, "The payload must be signed: '%s' is not supported.", clip(stated))
	}
	if stated != hex.EncodeToString(payload[:]) {
		return refuse(InvalidSignature, "The provided 'x-amz-content-sha256' header does not match what was computed.")
	}
	return nil
}

// errMismatch is AWS's text for a signature that is not the right one.
func errMismatch() *Error {
	return refuse(InvalidSignature, "The request signature we calculated does not match the signature you provided. "+
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
}
