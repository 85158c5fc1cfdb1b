package chat

import (
	"errors"
	"strings"
)

// Kinds of resource that an ARN of this service can name.
const (
	KindRoom    = "room"
	KindLogging = "logging-configuration"
)

// A Scope is what keeps resources apart: nothing in one account and region is
// visible from another.
type Scope struct {
	Account string // digits, 12 of them in practice
	Region  string // e.g. us-west-2
}

// An ARN names one resource: arn:aws:ivschat:<region>:<account>:<kind>/<id>. It is
// comparable, so it can be a map key; the zero ARN names nothing.
type ARN struct {
	Region  string
	Account string
	Kind    string // KindRoom or KindLogging
	ID      string
}

const (
	arnPrefix = "arn:aws:ivschat:"
	arnMax    = 128
)

var errARN = errors.New("not an ARN of this service")

// ParseARN reads an ARN of a room or a logging configuration. The partition is
// always aws (behaviour.md §12.1); a bare id is not an ARN (§1.1).
func ParseARN(s string) (ARN, error) {
	rest, ok := strings.CutPrefix(s, arnPrefix)
	if !ok || len(s) > arnMax {
		return ARN{}, errARN
	}
	region, rest, ok1 := strings.Cut(rest, ":")
	account, rest, ok2 := strings.Cut(rest, ":")
	kind, id, ok3 := strings.Cut(rest, "/")
	if !ok1 || !ok2 || !ok3 || (kind != KindRoom && kind != KindLogging) {
		return ARN{}, errARN
	}
	if !all(region, regionByte) || !all(account, digitByte) || !all(id, idByte) {
		return ARN{}, errARN
	}
	return ARN{Region: region, Account: account, Kind: kind, ID: id}, nil
}

// String returns the ARN as it goes over the wire.
func (a ARN) String() string {
	if a == (ARN{}) {
		return ""
	}
	return arnPrefix + a.Region + ":" + a.Account + ":" + a.Kind + "/" + a.ID
}

// Scope returns the account and region that the resource belongs to.
func (a ARN) Scope() Scope { return Scope{Account: a.Account, Region: a.Region} }

// MarshalText makes an ARN a string in JSON.
func (a ARN) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (a *ARN) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*a = ARN{}
		return nil
	}
	parsed, err := ParseARN(string(b))
	*a = parsed
	return err
}

// all reports whether s is not empty and made of bytes that ok accepts.
func all(s string, ok func(byte) bool) bool {
	for i := range len(s) {
		if !ok(s[i]) {
			return false
		}
	}
	return s != ""
}

// ValidAccount reports whether s is an account of AWS: twelve digits.
func ValidAccount(s string) bool { return len(s) == 12 && all(s, digitByte) }

func digitByte(c byte) bool { return '0' <= c && c <= '9' }

func letterByte(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func regionByte(c byte) bool { return 'a' <= c && c <= 'z' || digitByte(c) || c == '-' }

func idByte(c byte) bool { return letterByte(c) || digitByte(c) || c == '-' }
