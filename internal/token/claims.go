package token

import (
	"encoding/binary"
	"maps"
	"slices"
	"time"

	"parlor/chat"
)

// capabilities in the order of their bits.
func capabilities() [3]chat.Capability {
	return [...]chat.Capability{chat.SendMessage, chat.DeleteMessage, chat.DisconnectUser}
}

// appendClaims writes what a token says and when, in the minting node's own time, it
// was minted, as compactly as the limit of its size asks for.
func appendClaims(dst []byte, c *chat.Claims, minted time.Duration) []byte {
	var bits byte
	for i, capability := range capabilities() {
		if c.Can(capability) {
			bits |= 1 << i
		}
	}
	dst = append(dst, bits)
	dst = binary.AppendVarint(dst, int64(minted))
	dst = binary.AppendVarint(dst, int64(c.Expires.Sub(c.Issued)))
	dst = binary.AppendVarint(dst, int64(c.SessionExpires.Sub(c.Issued)))
	for _, text := range [...]string{c.Room.Region, c.Room.Account, c.Room.ID, c.UserID} {
		dst = appendText(dst, text)
	}
	dst = binary.AppendUvarint(dst, uint64(len(c.Attributes)))
	for _, k := range slices.Sorted(maps.Keys(c.Attributes)) {
		dst = appendText(appendText(dst, k), c.Attributes[k])
	}
	return dst
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// A reader reads what appendClaims wrote. After the first failure it reads zeros.
type reader struct {
	rest   []byte
	failed bool
}

func (r *reader) number() int64 {
	n, size := binary.Varint(r.rest)
	return n * int64(r.skip(size))
}

func (r *reader) count() int {
	n, size := binary.Uvarint(r.rest)
	if r.skip(size) == 0 || n > uint64(len(r.rest)) {
		r.failed = true
		return 0
	}
	return int(n) //nolint:gosec // no larger than a slice's length
}

// skip moves over size bytes and returns 1, or 0 if they are not there.
func (r *reader) skip(size int) int {
	if r.failed || size <= 0 || size > len(r.rest) {
		r.failed = true
		return 0
	}
	r.rest = r.rest[size:]
	return 1
}

func (r *reader) text() string {
	n := r.count()
	if r.failed || n > len(r.rest) {
		r.failed = true
		return ""
	}
	s := string(r.rest[:n])
	r.rest = r.rest[n:]
	return s
}

// readClaims reads what a token says. Its times are as if it was issued at the zero
// Time; Redeem moves them to where they belong.
func readClaims(b []byte) (c chat.Claims, minted time.Duration, ok bool) {
	if len(b) == 0 {
		return c, 0, false
	}
	for i, capability := range capabilities() {
		if b[0]&(1<<i) != 0 {
			c.Capabilities = append(c.Capabilities, capability)
		}
	}
	r := reader{rest: b[1:]}
	minted = time.Duration(r.number())
	c.Expires = c.Issued.Add(time.Duration(r.number()))
	c.SessionExpires = c.Issued.Add(time.Duration(r.number()))
	c.Room = chat.ARN{Region: r.text(), Account: r.text(), Kind: chat.KindRoom, ID: r.text()}
	c.UserID = r.text()
	if n := r.count(); n > 0 {
		c.Attributes = make(map[string]string, n)
		for range n {
			k := r.text()
			c.Attributes[k] = r.text()
		}
	}
	return c, minted, !r.failed && len(r.rest) == 0
}
