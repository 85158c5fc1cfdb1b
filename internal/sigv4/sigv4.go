// Package sigv4 signs requests with AWS Signature Version 4 and checks such
// signatures, as a regional service of AWS would: nothing that a caller could
// alter on the way is left out of what was signed.
//
// A server calls [Parse] to learn which key a request claims, looks the key up,
// and gives its secret to [Verifier.Verify]. A client calls [Sign].
package sigv4

import (
	"fmt"
	"log/slog"
	"time"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"
	timeLayout = "20060102T150405Z"

	// MaxSkew is how far a request's clock may be from the server's.
	MaxSkew = 5 * time.Minute
)

// Credentials are what a caller signs with. SessionToken is empty for keys that
// live long.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
}

// LogValue keeps the secret and the token out of logs.
func (c Credentials) LogValue() slog.Value {
	return slog.GroupValue(slog.String("access_key_id", c.AccessKeyID), slog.String("secret", "REDACTED"))
}

// String keeps the secret and the token out of formatted text.
func (c Credentials) String() string { return c.AccessKeyID + "/REDACTED" }

// Kind says why a request is not who it says it is. Its text is the error type
// that AWS answers with; all of them go with status 403.
type Kind string

// The kinds of refusal (behaviour.md §9.3).
const (
	MissingAuthenticationToken Kind = "MissingAuthenticationTokenException"
	IncompleteSignature        Kind = "IncompleteSignatureException"
	InvalidSignature           Kind = "InvalidSignatureException"
	UnrecognizedClient         Kind = "UnrecognizedClientException"
	ExpiredToken               Kind = "ExpiredTokenException"
)

// Error is a refusal in words that the caller may see.
type Error struct {
	Kind    Kind
	Message string
}

// Error returns the kind and the text.
func (e *Error) Error() string { return string(e.Kind) + ": " + e.Message }

// refuse makes an Error of kind k.
func refuse(k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Message: fmt.Sprintf(format, args...)}
}
