package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"
)

// Signature is what a request says of the key it was signed with. Nothing of it
// may be believed before [Verifier.Verify] has agreed.
type Signature struct {
	AccessKeyID  string
	Region       string
	Service      string
	SessionToken string    // of temporary credentials, else empty
	Time         time.Time // when the caller signed, by its own clock

	day    string // of the credential scope: 20060102
	signed string // names of signed headers: host;x-amz-date
	sum    [sha256.Size]byte
}

// Parse reads the signature of r from its headers. Every way in which it may be
// unsound without a look at the secret is found here.
func Parse(r *http.Request) (Signature, error) {
	header, err := authorization(r)
	if err != nil {
		return Signature{}, err
	}
	s, err := parseAuthorization(header)
	if err != nil {
		return Signature{}, err
	}
	if err := s.parseTime(r); err != nil {
		return Signature{}, err
	}
	if err := s.checkHeaders(r); err != nil {
		return Signature{}, err
	}
	s.SessionToken = r.Header.Get("X-Amz-Security-Token")
	return s, nil
}

// authorization returns the parameters of the Authorization header, after the
// name of the algorithm.
func authorization(r *http.Request) (string, error) {
	if presigned(r.URL.RawQuery) {
		return "", refuse(IncompleteSignature,
			"Authentication in the query string is not supported: sign with the Authorization header.")
	}
	values := r.Header["Authorization"]
	if len(values) == 0 || values[0] == "" {
		return "", refuse(MissingAuthenticationToken, "Missing Authentication Token")
	}
	if len(values) > 1 {
		return "", refuse(IncompleteSignature, "The request has more than one Authorization header.")
	}
	name, params, _ := strings.Cut(values[0], " ")
	if name == algorithm {
		return params, nil
	}
	if strings.HasPrefix(name, "AWS4-") {
		return "", refuse(IncompleteSignature, "Unsupported AWS 'algorithm': '%s'; use '%s'.", clip(name), algorithm)
	}
	return "", refuse(MissingAuthenticationToken, "Missing Authentication Token")
}

// presigned reports whether a query carries a signature, which chat's operations
// never do: a link that acts for its finder is not wanted here.
func presigned(query string) bool {
	if !strings.Contains(query, "-") && !strings.Contains(query, "%") { // no name below without a hyphen
		return false
	}
	for pair := range strings.SplitSeq(query, "&") {
		p, err := newParam(pair)
		if err != nil {
			continue // the canonical form refuses it
		}
		for _, name := range []string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-Security-Token"} {
			if strings.EqualFold(p.key, name) {
				return true
			}
		}
	}
	return false
}

// parseAuthorization reads "Credential=…, SignedHeaders=…, Signature=…".
func parseAuthorization(params string) (Signature, error) {
	var credential, signed, signature string
	for part := range strings.SplitSeq(params, ",") {
		part = strings.Trim(part, " \t")
		name, value, found := strings.Cut(part, "=")
		if !found {
			return Signature{}, refuse(IncompleteSignature,
				"'%s' not a valid key=value pair (missing equal-sign) in Authorization header.", clip(part))
		}
		var field *string
		switch name {
		case "Credential":
			field = &credential
		case "SignedHeaders":
			field = &signed
		case "Signature":
			field = &signature
		default:
			return Signature{}, refuse(IncompleteSignature, "Authorization header has an unknown '%s' parameter.", clip(name))
		}
		if *field != "" {
			return Signature{}, refuse(IncompleteSignature, "Authorization header has more than one '%s' parameter.", name)
		}
		*field = value
	}
	if err := required(credential, signed, signature); err != nil {
		return Signature{}, err
	}
	s := Signature{signed: signed}
	if err := s.parseCredential(credential); err != nil {
		return Signature{}, err
	}
	// Upper-case hex would be a second spelling of one signature: none signs so.
	if len(signature) != 2*sha256.Size || strings.ToLower(signature) != signature {
		return Signature{}, errMismatch()
	}
	if _, err := hex.Decode(s.sum[:], []byte(signature)); err != nil {
		return Signature{}, errMismatch()
	}
	return s, nil
}

// required names every parameter that Authorization lacks, as AWS does.
func required(credential, signed, signature string) error {
	var missing strings.Builder
	for _, p := range [...][2]string{{"Credential", credential}, {"Signature", signature}, {"SignedHeaders", signed}} {
		if p[1] == "" {
			missing.WriteString("Authorization header requires '" + p[0] + "' parameter. ")
		}
	}
	if missing.Len() == 0 {
		return nil
	}
	return refuse(IncompleteSignature, "%s", strings.TrimSuffix(missing.String(), " "))
}

// parseCredential reads "key/day/region/service/aws4_request".
func (s *Signature) parseCredential(credential string) error {
	var part [5]string
	n := 0
	for p := range strings.SplitSeq(credential, "/") {
		if n < len(part) {
			part[n] = p
		}
		n++
	}
	if n != len(part) || part[0] == "" {
		return refuse(IncompleteSignature,
			"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '%s'.", clip(credential))
	}
	if part[4] != terminator {
		return refuse(InvalidSignature, "Credential should be scoped with a valid terminator: '%s', not '%s'.", terminator, clip(part[4]))
	}
	if !validRegion(part[2]) {
		return refuse(InvalidSignature, "Credential should be scoped to a valid region, not '%s'.", clip(part[2]))
	}
	if len(part[0]) > 128 || len(part[3]) > 64 {
		return refuse(UnrecognizedClient, "The security token included in the request is invalid.")
	}
	s.AccessKeyID, s.day, s.Region, s.Service = part[0], part[1], part[2], part[3]
	return nil
}

// validRegion says whether s looks like a region; it becomes part of ARNs.
func validRegion(s string) bool {
	return s != "" && len(s) <= 64 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// parseTime reads when the request was signed, from X-Amz-Date or else Date.
func (s *Signature) parseTime(r *http.Request) error {
	values, err := r.Header["X-Amz-Date"], error(nil)
	switch {
	case len(values) == 1:
		s.Time, err = time.Parse(timeLayout, values[0])
	case len(values) == 0 && len(r.Header["Date"]) == 1 && s.signs("date"):
		values = r.Header["Date"]
		if s.Time, err = time.Parse(timeLayout, values[0]); err != nil {
			s.Time, err = http.ParseTime(values[0])
		}
	default:
		return refuse(IncompleteSignature,
			"Authorization header requires existence of either a 'X-Amz-Date' or a signed 'Date' header.")
	}
	if err != nil {
		return refuse(IncompleteSignature,
			"Date must be in ISO-8601 'basic format'. Got '%s'. See http://en.wikipedia.org/wiki/ISO_8601", clip(values[0]))
	}
	s.Time = s.Time.UTC()
	if day := s.Time.Format("20060102"); day != s.day {
		return refuse(InvalidSignature,
			"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'.",
			clip(s.day), day, s.Time.Format(timeLayout))
	}
	return nil
}

// checkHeaders sees that the list of signed headers is in its one form and
// leaves out nothing that must be signed.
func (s *Signature) checkHeaders(r *http.Request) error {
	last := ""
	for name := range strings.SplitSeq(s.signed, ";") {
		if name <= last || strings.ToLower(name) != name {
			return refuse(InvalidSignature, "SignedHeaders must be in lower case, sorted and each once.")
		}
		last = name
	}
	if !s.signs("host") {
		return refuse(InvalidSignature, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	for name, values := range r.Header {
		if len(name) < 6 || !strings.EqualFold(name[:6], "X-Amz-") {
			continue
		}
		if !s.signs(name) {
			return refuse(InvalidSignature, "The header '%s' is part of the request but not of the SignedHeaders.", clip(name))
		}
		if len(values) > 1 && single(name) {
			return refuse(InvalidSignature, "The request has more than one '%s' header.", name)
		}
	}
	return nil
}

// single says whether the service acts on a header, so that two would be one
// too many.
func single(name string) bool {
	return name == "X-Amz-Date" || name == "X-Amz-Security-Token" || name == "X-Amz-Content-Sha256"
}

// signs reports whether the header called name was signed.
func (s *Signature) signs(name string) bool {
	for signed := range strings.SplitSeq(s.signed, ";") {
		if strings.EqualFold(signed, name) {
			return true
		}
	}
	return false
}

// clip makes a caller's own text fit for an answer: short, and UTF-8.
func clip(s string) string {
	const most = 128
	if len(s) > most {
		s = s[:most] + "…"
	}
	return strings.ToValidUTF8(s, "?")
}
