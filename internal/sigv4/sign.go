package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Sign signs r, whose body is body, as cred for a service in a region. It sets
// X-Amz-Date, X-Amz-Security-Token and Authorization; headers set afterwards
// are not signed.
func Sign(r *http.Request, body []byte, cred Credentials, region, service string, at time.Time) error {
	at = at.UTC()
	r.Header.Set("X-Amz-Date", at.Format(timeLayout))
	r.Header.Del("X-Amz-Security-Token")
	if cred.SessionToken != "" {
		r.Header.Set("X-Amz-Security-Token", cred.SessionToken)
	}
	s := Signature{
		AccessKeyID: cred.AccessKeyID,
		Region:      region,
		Service:     service,
		Time:        at,
		day:         at.Format("20060102"),
		signed:      toSign(r.Header),
	}
	text, err := s.appendStringToSign(nil, r, sha256.Sum256(body), byEncoding)
	if err != nil {
		return err
	}
	key := keyScope{secret: cred.SecretAccessKey, day: s.day, region: region, service: service}.derive()
	sum := mac(key[:], text)
	r.Header.Set("Authorization", algorithm+
		" Credential="+cred.AccessKeyID+"/"+s.day+"/"+region+"/"+service+"/"+terminator+
		", SignedHeaders="+s.signed+
		", Signature="+hex.EncodeToString(sum[:]))
	return nil
}

// toSign lists the headers to sign: the host, the type, and AWS's own.
func toSign(h http.Header) string {
	names := []string{"host"}
	for name := range h {
		name = strings.ToLower(name)
		if name == "content-type" || strings.HasPrefix(name, "x-amz-") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ";")
}
