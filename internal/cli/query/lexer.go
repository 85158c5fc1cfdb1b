package query

import (
	"fmt"
	"strings"

	"parlor/internal/cli/value"
)

// A kind is what a token is, by the name that error messages call it.
type kind = string

const (
	tokEOF        kind = "eof"
	tokName       kind = "unquoted_identifier"
	tokQuoted     kind = "quoted_identifier"
	tokLiteral    kind = "literal"
	tokNumber     kind = "number"
	tokDot        kind = "dot"
	tokStar       kind = "star"
	tokComma      kind = "comma"
	tokColon      kind = "colon"
	tokCurrent    kind = "current"
	tokFlatten    kind = "flatten"
	tokFilter     kind = "filter"
	tokLbracket   kind = "lbracket"
	tokRbracket   kind = "rbracket"
	tokLparen     kind = "lparen"
	tokRparen     kind = "rparen"
	tokLbrace     kind = "lbrace"
	tokRbrace     kind = "rbrace"
	tokPipe       kind = "pipe"
	tokOr         kind = "or"
	tokAnd        kind = "and"
	tokNot        kind = "not"
	tokExpression kind = "expref"
	tokEQ         kind = "eq"
	tokNE         kind = "ne"
	tokLT         kind = "lt"
	tokLTE        kind = "lte"
	tokGT         kind = "gt"
	tokGTE        kind = "gte"
)

// A token is a word of an expression.
type token struct {
	kind  kind
	text  string // as messages show it
	value any    // of a literal, a name or a number
	at    int    // in code points
}

// symbols lists the tokens that are always spelled the same, the longer of two
// that begin alike first.
func symbols() []token {
	return []token{
		{kind: tokFlatten, text: "[]"},
		{kind: tokFilter, text: "[?"},
		{kind: tokLbracket, text: "["},
		{kind: tokRbracket, text: "]"},
		{kind: tokLparen, text: "("},
		{kind: tokRparen, text: ")"},
		{kind: tokLbrace, text: "{"},
		{kind: tokRbrace, text: "}"},
		{kind: tokDot, text: "."},
		{kind: tokStar, text: "*"},
		{kind: tokComma, text: ","},
		{kind: tokColon, text: ":"},
		{kind: tokCurrent, text: "@"},
		{kind: tokOr, text: "||"},
		{kind: tokPipe, text: "|"},
		{kind: tokAnd, text: "&&"},
		{kind: tokExpression, text: "&"},
		{kind: tokNE, text: "!="},
		{kind: tokNot, text: "!"},
		{kind: tokLTE, text: "<="},
		{kind: tokLT, text: "<"},
		{kind: tokGTE, text: ">="},
		{kind: tokGT, text: ">"},
		{kind: tokEQ, text: "=="},
	}
}

// A SyntaxError says why a text is no expression.
type SyntaxError struct{ Problem string }

// Error returns the problem with the place it is at.
func (e *SyntaxError) Error() string { return e.Problem }

// A lexer splits an expression into tokens.
type lexer struct {
	expression string
	in         []rune
	at         int
}

// tokens splits the whole expression.
func tokens(expression string) ([]token, error) {
	l := &lexer{expression: expression, in: []rune(expression)}
	known := symbols()
	var list []token
	for l.at < len(l.in) {
		c := l.in[l.at]
		if strings.ContainsRune(" \t\n\r", c) {
			l.at++
			continue
		}
		t, err := l.next(c, known)
		if err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return append(list, token{kind: tokEOF, at: len(l.in)}), nil
}

func (l *lexer) next(c rune, known []token) (token, error) {
	start := l.at
	switch {
	case nameStart(c):
		word := l.while(func(c rune) bool { return nameStart(c) || digit(c) })
		return token{tokName, word, word, start}, nil
	case digit(c), c == '-' && start+1 < len(l.in) && digit(l.in[start+1]):
		l.at++
		l.while(digit)
		text := string(l.in[start:l.at])
		n, _ := value.ParseInt(text)
		return token{tokNumber, text, n, start}, nil
	case c == '\'' || c == '`' || c == '"':
		return l.delimited(c)
	}
	rest := string(l.in[start:min(start+2, len(l.in))])
	for _, t := range known {
		if strings.HasPrefix(rest, t.text) {
			l.at += len(t.text)
			t.at = start
			return t, nil
		}
	}
	return token{}, l.fail(start, fmt.Sprintf("Unknown token '%c'", c))
}

func (l *lexer) fail(at int, problem string) error {
	return &SyntaxError{fmt.Sprintf("Bad jmespath expression: %s:\n%s\n%s^", problem, l.expression, strings.Repeat(" ", at))}
}

func (l *lexer) while(ok func(rune) bool) string {
	start := l.at
	for l.at < len(l.in) && ok(l.in[l.at]) {
		l.at++
	}
	return string(l.in[start:l.at])
}

func nameStart(c rune) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

func digit(c rune) bool { return c >= '0' && c <= '9' }

// delimited reads a raw string, a JSON literal or a quoted name. In a raw string
// and a literal only the delimiter can be escaped. A literal that is no JSON is a
// string.
func (l *lexer) delimited(delimiter rune) (token, error) {
	start := l.at
	end := start + 1
	for end < len(l.in) && l.in[end] != delimiter {
		if l.in[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(l.in) {
		return token{}, l.fail(start, fmt.Sprintf("Unclosed %c delimiter", delimiter))
	}
	text := string(l.in[start+1 : end])
	l.at = end + 1
	bare := strings.ReplaceAll(text, `\`+string(delimiter), string(delimiter))
	switch delimiter {
	case '\'':
		return token{tokLiteral, bare, bare, start}, nil
	case '"':
		name, err := value.Parse(`"` + text + `"`)
		if err != nil {
			problem, _, _ := strings.Cut(err.Error(), ":")
			return token{}, l.fail(start, problem)
		}
		return token{tokQuoted, value.Str(name), name, start}, nil
	}
	v, err := value.Parse(bare)
	if err != nil {
		v, err = value.Parse(`"` + strings.TrimLeft(bare, " \t\n\r") + `"`)
	}
	if err != nil {
		return token{}, l.fail(start, "Bad token "+text)
	}
	return token{tokLiteral, value.Str(v), v, start}, nil
}
