package chat

import "crypto/rand"

const (
	idLength   = 12
	idAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

// NewID returns a fresh id for a room, a message, an event or an error: twelve
// characters of [a-zA-Z0-9] from the system's random source (behaviour.md §2.2).
func NewID() string {
	var id [idLength]byte
	var raw [2 * idLength]byte
	for n := 0; n < idLength; {
		_, _ = rand.Read(raw[:]) // never fails: crypto/rand ends the process instead
		for _, b := range raw {
			// The largest multiple of 62 below 256 is 248: beyond it letters would not be equally likely.
			if b < 248 && n < idLength {
				id[n] = idAlphabet[b%62]
				n++
			}
		}
	}
	return string(id[:])
}

// ValidID reports whether id has the form of a message's or an event's id.
func ValidID(id string) bool {
	if len(id) != idLength {
		return false
	}
	return all(id, func(c byte) bool { return letterByte(c) || digitByte(c) })
}
