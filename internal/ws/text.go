package ws

import "unicode/utf8"

// checkText checks p, a piece of a text message that begins on a rune. It
// reports how many bytes at the end belong to a rune that is not complete yet,
// and whether p can be the beginning of valid UTF-8 at all: a sequence that no
// further byte can mend is refused at once (RFC 6455 §8.1).
func checkText(p []byte) (tail int, ok bool) {
	for i := 1; i < utf8.UTFMax && i <= len(p); i++ {
		if last := p[len(p)-i:]; utf8.RuneStart(last[0]) {
			// FullRune counts what can't become a rune as full, so
			// only a true beginning of a rune is left for later.
			if !utf8.FullRune(last) {
				tail = i
			}
			break
		}
	}
	return tail, utf8.Valid(p[:len(p)-tail])
}

func errInvalidText() error {
	return &CloseError{Code: codeInvalidData, Reason: "text is not UTF-8"}
}
