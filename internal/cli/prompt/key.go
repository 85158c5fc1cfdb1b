package prompt

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A keyKind says which key was pressed.
type keyKind = int

// The keys that mean something here.
const (
	keyText keyKind = iota
	keyEnter
	keyTab
	keyBackTab
	keyUp
	keyDown
	keyLeft
	keyRight
	keyHome
	keyEnd
	keyBackspace
	keyDelete
	keyEsc
	keyF1
	keyF3
	keyF5
	keyLeave      // Ctrl-C, Ctrl-D
	keySearch     // Ctrl-R
	keyDropBefore // Ctrl-U
	keyDropAfter  // Ctrl-K
	keyDropWord   // Ctrl-W
	keyOther
)

// A key is one key that was pressed, or a run of text.
type key struct {
	kind keyKind
	text string
}

// sequences are what terminals send for the keys that have no character.
func sequences() map[string]keyKind {
	return map[string]keyKind{
		"\x1b[A": keyUp, "\x1b[B": keyDown, "\x1b[C": keyRight, "\x1b[D": keyLeft,
		"\x1bOA": keyUp, "\x1bOB": keyDown, "\x1bOC": keyRight, "\x1bOD": keyLeft,
		"\x1b[H": keyHome, "\x1b[F": keyEnd, "\x1bOH": keyHome, "\x1bOF": keyEnd,
		"\x1b[1~": keyHome, "\x1b[4~": keyEnd, "\x1b[7~": keyHome, "\x1b[8~": keyEnd,
		"\x1b[3~": keyDelete, "\x1b[Z": keyBackTab,
		"\x1bOP": keyF1, "\x1b[11~": keyF1, "\x1bOR": keyF3, "\x1b[13~": keyF3, "\x1b[15~": keyF5,
		"\r": keyEnter, "\n": keyEnter, "\t": keyTab, "\x7f": keyBackspace, "\b": keyBackspace,
		"\x01": keyHome, "\x02": keyLeft, "\x03": keyLeave, "\x04": keyLeave, "\x05": keyEnd, "\x06": keyRight,
		"\x0b": keyDropAfter, "\x12": keySearch, "\x15": keyDropBefore, "\x17": keyDropWord,
	}
}

// keys splits what a terminal sent. An escape sequence that nobody knows is one
// key that means nothing.
func keys(in string) []key {
	known := sequences()
	var list []key
	for in != "" {
		if n := textLength(in); n > 0 {
			list = append(list, key{keyText, in[:n]})
			in = in[n:]
			continue
		}
		n := sequenceLength(in)
		kind, ok := known[in[:n]]
		switch {
		case ok:
		case in[:n] == "\x1b":
			kind = keyEsc
		default:
			kind = keyOther
		}
		list = append(list, key{kind: kind})
		in = in[n:]
	}
	return list
}

// textLength returns how many bytes of s are plain text.
func textLength(s string) int {
	n := strings.IndexFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError })
	if n < 0 {
		return len(s)
	}
	return n
}

// sequenceLength returns how many bytes the escape sequence or control character
// has that s begins with.
func sequenceLength(s string) int {
	if s[0] != 0x1b || len(s) < 2 {
		return 1
	}
	if s[1] == 'O' && len(s) > 2 {
		return 3
	}
	if s[1] != '[' {
		return 1
	}
	for i := 2; i < len(s); i++ {
		if s[i] >= 0x40 && s[i] <= 0x7e {
			return i + 1
		}
	}
	return len(s)
}
