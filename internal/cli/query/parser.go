package query

import (
	"fmt"
	"strings"

	"parlor/internal/cli/value"
)

// power says how tightly a token binds what stands left of it.
func power(k kind) int {
	switch k {
	case tokPipe:
		return 1
	case tokOr:
		return 2
	case tokAnd:
		return 3
	case tokEQ, tokNE, tokLT, tokLTE, tokGT, tokGTE:
		return 5
	case tokFlatten:
		return 9
	case tokStar:
		return 20
	case tokFilter:
		return 21
	case tokDot:
		return 40
	case tokNot:
		return 45
	case tokLbrace:
		return 50
	case tokLbracket:
		return 55
	case tokLparen:
		return 60
	default:
		return 0
	}
}

// projectionStop is the power below which a token ends a projection.
const projectionStop = 10

// maxDepth bounds how deep expressions nest.
const maxDepth = 500

// A parser is a Pratt parser over the tokens of one expression.
type parser struct {
	expression string
	tokens     []token
	depth      int
}

func parse(expression string) (node, error) {
	if expression == "" {
		return nil, &SyntaxError{"Invalid JMESPath expression: cannot be empty."}
	}
	list, err := tokens(expression)
	if err != nil {
		return nil, err
	}
	p := &parser{expression: expression, tokens: list}
	n, err := p.parse(0)
	if err != nil {
		return nil, err
	}
	if t := p.tokens[0]; t.kind != tokEOF {
		return nil, p.fail(t, "Unexpected token: "+t.text)
	}
	return n, nil
}

func (p *parser) current() kind { return p.tokens[0].kind }

// after returns the kind of the token behind the current one.
func (p *parser) after() kind { return p.tokens[min(1, len(p.tokens)-1)].kind }

// advance returns the current token and goes on; the end stays.
func (p *parser) advance() token {
	t := p.tokens[0]
	if t.kind != tokEOF {
		p.tokens = p.tokens[1:]
	}
	return t
}

func (p *parser) fail(t token, problem string) error {
	if t.kind == tokEOF {
		return &SyntaxError{fmt.Sprintf("Invalid jmespath expression: Incomplete expression:\n\"%s\"\n%s^",
			p.expression, strings.Repeat(" ", len([]rune(p.expression))+1))}
	}
	return &SyntaxError{fmt.Sprintf("%s: Parse error at column %d, token \"%s\" (%s), for expression:\n\"%s\"\n%s^",
		problem, t.at, t.text, strings.ToUpper(t.kind), p.expression, strings.Repeat(" ", t.at+1))}
}

func (p *parser) match(k kind) error {
	if t := p.tokens[0]; t.kind != k {
		return p.fail(t, fmt.Sprintf("Expecting: %s, got: %s", k, t.kind))
	}
	p.advance()
	return nil
}

// parse reads an expression up to a token that binds no tighter than least.
func (p *parser) parse(least int) (node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.fail(p.tokens[0], "nested too deep")
	}
	defer func() { p.depth-- }()
	left, err := p.prefix(p.advance())
	for err == nil && least < power(p.current()) {
		left, err = p.infix(left, p.advance())
	}
	return left, err
}

// prefix reads what begins with t.
func (p *parser) prefix(t token) (node, error) {
	switch t.kind {
	case tokLiteral:
		return literal{t.value}, nil
	case tokName:
		return field{t.text}, nil
	case tokQuoted:
		if p.current() == tokLparen {
			return nil, p.fail(p.tokens[0], "Quoted identifier not allowed for function names.")
		}
		return field{t.text}, nil
	case tokCurrent:
		return identity{}, nil
	case tokStar:
		if p.current() == tokRbracket {
			return valueProjection{identity{}, identity{}}, nil
		}
		right, err := p.projected(power(tokStar))
		return valueProjection{identity{}, right}, err
	case tokFilter:
		return p.filter(identity{})
	case tokFlatten:
		right, err := p.projected(power(tokFlatten))
		return projection{flatten{identity{}}, right}, err
	case tokLbrace:
		return p.hash()
	case tokLparen:
		n, err := p.parse(0)
		if err != nil {
			return nil, err
		}
		return n, p.match(tokRparen)
	case tokNot:
		n, err := p.parse(power(tokNot))
		return not{n}, err
	case tokExpression:
		n, err := p.parse(0)
		return reference{n}, err
	case tokLbracket:
		return p.bracket()
	default:
		return nil, p.fail(t, "invalid token")
	}
}

// bracket reads what begins with a bracket and has nothing left of it.
func (p *parser) bracket() (node, error) {
	switch {
	case p.current() == tokNumber || p.current() == tokColon:
		return p.index(identity{})
	case p.current() == tokStar && p.after() == tokRbracket:
		p.advance()
		p.advance()
		right, err := p.projected(power(tokStar))
		return projection{identity{}, right}, err
	}
	return p.list()
}

// infix reads what t joins to left.
func (p *parser) infix(left node, t token) (node, error) {
	switch t.kind {
	case tokDot:
		if p.current() == tokStar {
			p.advance()
			right, err := p.projected(power(tokDot))
			return valueProjection{left, right}, err
		}
		right, err := p.member(power(tokDot))
		return chain{left, right}, err
	case tokPipe:
		right, err := p.parse(power(tokPipe))
		return chain{left, right}, err
	case tokOr:
		right, err := p.parse(power(tokOr))
		return or{left, right}, err
	case tokAnd:
		right, err := p.parse(power(tokAnd))
		return and{left, right}, err
	case tokEQ, tokNE, tokLT, tokLTE, tokGT, tokGTE:
		right, err := p.parse(power(t.kind))
		return comparison{t.kind, left, right}, err
	case tokLparen:
		return p.call(left, t)
	case tokFilter:
		return p.filter(left)
	case tokFlatten:
		right, err := p.projected(power(tokFlatten))
		return projection{flatten{left}, right}, err
	case tokLbracket:
		return p.items(left)
	default:
		return nil, p.fail(t, "invalid token")
	}
}

// items reads an index, a slice or a projection behind left and its bracket.
func (p *parser) items(left node) (node, error) {
	if p.current() == tokNumber || p.current() == tokColon {
		return p.index(left)
	}
	if err := p.match(tokStar); err != nil {
		return nil, err
	}
	if err := p.match(tokRbracket); err != nil {
		return nil, err
	}
	right, err := p.projected(power(tokStar))
	return projection{left, right}, err
}

// projected reads what is done with each element of a projection.
func (p *parser) projected(least int) (node, error) {
	switch k := p.current(); {
	case power(k) < projectionStop:
		return identity{}, nil
	case k == tokLbracket || k == tokFilter:
		return p.parse(least)
	case k == tokDot:
		p.advance()
		return p.member(least)
	}
	return nil, p.fail(p.tokens[0], "syntax error")
}

// member reads what may stand behind a dot.
func (p *parser) member(least int) (node, error) {
	switch t := p.tokens[0]; t.kind {
	case tokQuoted, tokName, tokStar:
		return p.parse(least)
	case tokLbracket:
		p.advance()
		return p.list()
	case tokLbrace:
		p.advance()
		return p.hash()
	default:
		return nil, p.fail(t, "Expecting: ['quoted_identifier', 'unquoted_identifier', 'lbracket', 'lbrace'], got: "+t.kind)
	}
}

func (p *parser) filter(left node) (node, error) {
	condition, err := p.parse(0)
	if err != nil {
		return nil, err
	}
	if err := p.match(tokRbracket); err != nil {
		return nil, err
	}
	if p.current() == tokFlatten {
		return filter{left, identity{}, condition}, nil
	}
	right, err := p.projected(power(tokFilter))
	return filter{left, right, condition}, err
}

// call reads the arguments of a function behind its parenthesis t.
func (p *parser) call(left node, t token) (node, error) {
	name, ok := left.(field)
	if !ok {
		return nil, p.fail(t, "Invalid function name")
	}
	c := call{name: name.name}
	for p.current() != tokRparen {
		arg, err := p.parse(0)
		if err != nil {
			return nil, err
		}
		if p.current() == tokComma {
			p.advance()
		}
		c.args = append(c.args, arg)
	}
	p.advance()
	return c, nil
}

// list reads a multi-select list behind its bracket.
func (p *parser) list() (node, error) {
	var l multiList
	for {
		n, err := p.parse(0)
		if err != nil {
			return nil, err
		}
		l = append(l, n)
		if p.current() == tokRbracket {
			p.advance()
			return l, nil
		}
		if err := p.match(tokComma); err != nil {
			return nil, err
		}
	}
}

// hash reads a multi-select hash behind its brace.
func (p *parser) hash() (node, error) {
	var h multiHash
	for {
		key := p.advance()
		if key.kind != tokQuoted && key.kind != tokName {
			return nil, p.fail(key, fmt.Sprintf("Expecting: ['quoted_identifier', 'unquoted_identifier'], got: %s", key.kind))
		}
		if err := p.match(tokColon); err != nil {
			return nil, err
		}
		n, err := p.parse(0)
		if err != nil {
			return nil, err
		}
		h = append(h, pair{key.text, n})
		switch p.current() {
		case tokComma:
			p.advance()
		case tokRbrace:
			p.advance()
			return h, nil
		default: // as the reference has it, a comma may be left out
		}
	}
}

// index reads a number or a slice, and the bracket behind it.
func (p *parser) index(left node) (node, error) {
	if p.current() == tokNumber && p.after() != tokColon {
		n, _ := p.advance().value.(value.Number)
		return chain{left, index{n}}, p.match(tokRbracket)
	}
	var s slice
	for part := 0; p.current() != tokRbracket; {
		switch t := p.tokens[0]; t.kind {
		case tokColon:
			if part++; part == len(s.parts) {
				return nil, p.fail(t, "syntax error")
			}
		case tokNumber:
			n, _ := t.value.(value.Number)
			s.parts[part] = &n
		default:
			return nil, p.fail(t, "syntax error")
		}
		p.advance()
	}
	p.advance()
	right, err := p.projected(power(tokStar))
	return projection{chain{left, s}, right}, err
}
