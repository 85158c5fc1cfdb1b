package iam

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"log/slog"
	"time"

	"parlor/chat"
)

// Secret is a text that logs and formatted output don't show. JSON does: secrets
// of access keys must be kept as they are, since both sides of a signature have
// to know them.
type Secret string

// String hides the secret.
func (s Secret) String() string { return "REDACTED" }

// GoString hides the secret.
func (s Secret) GoString() string { return "REDACTED" }

// LogValue hides the secret.
func (s Secret) LogValue() slog.Value { return slog.StringValue("REDACTED") }

// User is somebody who may sign requests.
type User struct {
	ID       string    `json:"id,omitzero"` // made with the user; empty in a file
	Account  string    `json:"account"`     // twelve digits
	Name     string    `json:"name"`
	Policies []string  `json:"policies,omitzero"` // names of policies of the same account, or built-in ones
	Created  time.Time `json:"created,omitzero"`
}

// Key is an access key of a user. A temporary one has a session token and
// expires.
type Key struct {
	ID           string    `json:"id"`
	Secret       Secret    `json:"secret"`
	SessionToken Secret    `json:"sessionToken,omitzero"`
	Expires      time.Time `json:"expires,omitzero"`
	Account      string    `json:"account"`
	User         string    `json:"user"`
	UserID       string    `json:"userId,omitzero"` // the user's ID: one made anew under the name has no old keys
	Created      time.Time `json:"created,omitzero"`
}

const (
	letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

	// The prefixes tell a key that leaked from one of AWS, and a temporary key
	// from one that lives long.
	prefixKey       = "PKIA"
	prefixTemporary = "PSIA"
	prefixUser      = "AIDA"
)

// newUser makes a user.
func newUser(account, name string, policies []string, now time.Time) User {
	return User{
		ID: prefixUser + randomID() + randomID()[:1], Account: account, Name: name, Policies: policies,
		Created: now.UTC().Truncate(time.Second),
	}
}

// uniqueID is the user's id as STS tells it. Users of a file have none of their own.
func (u *User) uniqueID() string {
	if u.ID != "" {
		return u.ID
	}
	sum := sha256.Sum256([]byte(u.Account + "/" + u.Name))
	return prefixUser + base32.StdEncoding.EncodeToString(sum[:])[:17]
}

// newKey makes an access key for a user; with life > 0 it is temporary.
func newKey(u User, now time.Time, life time.Duration) Key {
	k := Key{
		ID: prefixKey + randomID(), Secret: randomSecret(30),
		Account: u.Account, User: u.Name, UserID: u.ID, Created: now.UTC().Truncate(time.Second),
	}
	if life > 0 {
		k.ID = prefixTemporary + randomID()
		k.SessionToken = randomSecret(96)
		k.Expires = now.Add(life).UTC().Truncate(time.Second)
	}
	return k
}

// expired reports whether the key is over.
func (k *Key) expired(now time.Time) bool { return !k.Expires.IsZero() && !now.Before(k.Expires) }

// randomID makes sixteen characters, as many as the ids of AWS have after their
// prefix.
func randomID() string {
	b := make([]byte, 16)
	rand.Read(b)
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return string(b)
}

// randomSecret makes a text of n random bytes.
func randomSecret(n int) Secret {
	b := make([]byte, n)
	rand.Read(b)
	return Secret(base64.StdEncoding.EncodeToString(b))
}

// validName says whether s may name a user or a policy: letters, digits and
// +=,.@_-, up to 64 of them, as in AWS. It becomes part of an ARN.
func validName(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '+', c == '=', c == ',', c == '.', c == '@', c == '_', c == '-':
		default:
			return false
		}
	}
	return s != "" && len(s) <= 64
}

// invalid is a complaint about one field of a request.
func invalid(field, message string) error {
	return chat.InvalidFields([]chat.FieldError{{Name: field, Message: message}})
}
