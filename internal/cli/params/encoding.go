package params

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	utf "golang.org/x/text/encoding/unicode"
)

var errUndecodable = errors.New("not text in this encoding")

// decode returns the text that b is in the encoding of the given name; none is
// UTF-8.
func decode(name string, b []byte) (string, error) {
	enc, err := encodingOf(name)
	if err != nil {
		return "", err
	}
	if enc == nil {
		if !utf8.Valid(b) || strings.HasSuffix(plainName(name), "ascii") && utf8.RuneCount(b) != len(b) {
			return "", errUndecodable
		}
		return string(b), nil
	}
	text, err := enc.NewDecoder().Bytes(b)
	if errors.Is(err, utf.ErrMissingBOM) {
		return "", errors.New("UTF-16 stream does not start with BOM")
	}
	if err != nil || strings.ContainsRune(string(text), utf8.RuneError) {
		return "", errUndecodable
	}
	return string(text), nil
}

// encodingOf finds an encoding by the name that Python has for it, however that is
// spelled. UTF-8 is nil, and so is ASCII, its beginning.
func encodingOf(name string) (encoding.Encoding, error) {
	bare := plainName(name)
	switch bare {
	case "", "utf8", "u8", "ascii", "usascii":
		return nil, nil
	case "utf8sig":
		return utf.UTF8BOM, nil
	case "utf16", "u16":
		return utf.UTF16(utf.LittleEndian, utf.ExpectBOM), nil
	case "utf16le":
		return utf.UTF16(utf.LittleEndian, utf.IgnoreBOM), nil
	case "utf16be":
		return utf.UTF16(utf.BigEndian, utf.IgnoreBOM), nil
	case "latin1", "latin", "l1", "cp819":
		bare = "iso88591"
	case "latin9", "latin0", "l9":
		bare = "iso885915"
	}
	for _, enc := range charmap.All {
		if page, ok := enc.(*charmap.Charmap); ok {
			known := plainName(page.String())
			number := strings.TrimPrefix(strings.TrimPrefix(known, "ibmcodepage"), "windows")
			if bare == known || bare == "cp"+number || bare == "ibm"+number {
				return page, nil
			}
		}
	}
	return nil, fmt.Errorf("unknown encoding: %s", name)
}

// plainName leaves letters and digits, in lower case.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}
