package shorthand

import (
	"strings"
	"unicode"
)

func (p *parser) firstValue() (string, error) {
	switch p.current() {
	case '\'':
		return p.quoted("singled quoted")
	case '"':
		return p.quoted("double quoted")
	}
	word, _ := p.bare(firstFollows)
	return word, nil
}

func (p *parser) secondValue() (string, error) {
	switch p.current() {
	case '\'':
		return p.quoted("singled quoted")
	case '"':
		return p.quoted("double quoted")
	}
	word, ok := p.bare(secondFollows)
	if !ok {
		return "", p.missing("second")
	}
	return word, nil
}

// bare reads a word without quotes: \, is a comma, every other backslash is
// itself, and blanks at the end don't count.
func (p *parser) bare(follows func(rune) bool) (string, bool) {
	var word strings.Builder
	for first := true; p.at < len(p.in); first = false {
		c := p.in[p.at]
		if c == '\\' && p.at+1 < len(p.in) && p.in[p.at+1] == ',' {
			word.WriteByte(',')
			p.at += 2
			continue
		}
		if first && !starts(c) || !first && !follows(c) {
			break
		}
		word.WriteRune(c)
		p.at++
	}
	if word.Len() == 0 {
		return "", false
	}
	return strings.TrimRightFunc(word.String(), space), true
}

// quoted reads a word in quotes. Without a closing quote the last escaped one
// counts as such.
func (p *parser) quoted(pattern string) (string, error) {
	q := p.in[p.at]
	end, escaped := -1, -1
	for i := p.at + 1; i < len(p.in); i++ {
		if p.in[i] == '\\' && i+1 < len(p.in) && p.in[i+1] == q {
			i++
			escaped = i
		} else if p.in[i] == q {
			end = i
			break
		}
	}
	if end < 0 {
		end = escaped
	}
	if end < 0 {
		return "", p.missing(pattern)
	}
	word := string(p.in[p.at+1 : end])
	p.at = end + 1
	word = strings.ReplaceAll(word, `\`+string(q), string(q))
	return strings.ReplaceAll(word, `\\`, `\`), nil
}

// The character sets of bare words. None goes above U+FFFF.

func starts(c rune) bool {
	return c > ' ' && c <= 0xffff && !strings.ContainsRune(`"',=[{`, c)
}

func firstFollows(c rune) bool {
	return space(c) || c > ' ' && c <= 0xffff && !strings.ContainsRune(`"',]}`, c)
}

func secondFollows(c rune) bool {
	return space(c) || c > ' ' && c <= 0xffff && !strings.ContainsRune(`"',=`, c)
}

// space is Python's \s, which knows four separators more than Go.
func space(c rune) bool { return unicode.IsSpace(c) || c >= 0x1c && c <= 0x1f }
