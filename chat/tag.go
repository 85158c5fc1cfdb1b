package chat

import (
	"strings"
	"unicode"
)

// ReservedTag reports whether key begins with aws:, which callers may neither set
// nor remove (behaviour.md §3.7).
func ReservedTag(key string) bool {
	return len(key) >= 4 && strings.EqualFold(key[:4], "aws:")
}

// ValidTagText reports whether s is made of what tags may hold: letters, digits,
// spaces and _ . : / = + - @ (behaviour.md §3.7).
func ValidTagText(s string) bool {
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsNumber(r) &&
			!unicode.IsSpace(r) && !strings.ContainsRune("_.:/=+-@", r) {
			return false
		}
	}
	return true
}
