package iam

import (
	"errors"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// test holds a value of the request against one of a policy.
type test func(e *environment, value string) verdict

// operator is a condition operator, without ForAllValues, ForAnyValue, IfExists.
type operator struct {
	compile func(text string, variables bool) (test, error) // reads a value of the policy
	negated bool                                            // holds if no value fits
	null    bool                                            // asks whether the key is absent
}

// lookupOperator finds an operator by its name.
func lookupOperator(name string) (operator, bool) {
	positive := func(c func(string, bool) (test, error)) (operator, bool) { return operator{compile: c}, true }
	negative := func(c func(string, bool) (test, error)) (operator, bool) {
		return operator{compile: c, negated: true}, true
	}
	switch name {
	case "StringEquals":
		return positive(equals)
	case "StringNotEquals":
		return negative(equals)
	case "StringEqualsIgnoreCase":
		return positive(equalsFold)
	case "StringNotEqualsIgnoreCase":
		return negative(equalsFold)
	case "StringLike":
		return positive(like)
	case "StringNotLike":
		return negative(like)
	case "ArnEquals", "ArnLike":
		return positive(arnLike)
	case "ArnNotEquals", "ArnNotLike":
		return negative(arnLike)
	case "Bool":
		return positive(boolean)
	case "IpAddress":
		return positive(address)
	case "NotIpAddress":
		return negative(address)
	case "Null":
		return operator{compile: boolean, null: true}, true
	}
	if rest, ok := strings.CutPrefix(name, "Numeric"); ok {
		return ordered(rest, parseNumber)
	}
	if rest, ok := strings.CutPrefix(name, "Date"); ok {
		return ordered(rest, parseDate)
	}
	return operator{}, false
}

// equals is StringEquals.
func equals(text string, variables bool) (test, error) {
	return exactly(text, variables, func(a, b string) bool { return a == b })
}

// equalsFold is StringEqualsIgnoreCase.
func equalsFold(text string, variables bool) (test, error) {
	return exactly(text, variables, strings.EqualFold)
}

// exactly compares all of a value with all of text, in which * and ? mean themselves.
func exactly(text string, variables bool, same func(a, b string) bool) (test, error) {
	p, err := parsePattern(text, dialect{variables: variables})
	if err != nil {
		return nil, err
	}
	return func(e *environment, value string) verdict {
		parts, ok := p.resolve(e)
		if !ok {
			return unknown
		}
		return truth(same(join(parts), value))
	}, nil
}

// join is the text of a pattern without wildcards.
func join(parts []part) string {
	if len(parts) == 1 {
		return parts[0].text
	}
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.text)
	}
	return b.String()
}

// like is StringLike.
func like(text string, variables bool) (test, error) {
	p, err := parsePattern(text, dialect{wildcards: true, variables: variables})
	if err != nil {
		return nil, err
	}
	return p.matches, nil
}

// arnLike is ArnLike, and ArnEquals, which does the same: each of the six parts
// of an ARN is matched by itself.
func arnLike(text string, variables bool) (test, error) {
	p, err := parsePattern(text, dialect{wildcards: true, variables: variables})
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(text, "arn:") || colons(p.parts) < 5 {
		return nil, errors.New("not an ARN")
	}
	return func(e *environment, value string) verdict {
		parts, ok := p.resolve(e)
		if !ok {
			return unknown
		}
		return truth(matchARN(parts, value))
	}, nil
}

// matchARN matches the parts of an ARN one by one. Those of the pattern are told
// by its own colons, the value's by its first five.
func matchARN(parts []part, value string) bool {
	fields := strings.SplitN(value, ":", 6)
	var field []part
	n := 0
	for _, p := range parts {
		for p.kind == literal && n < 5 {
			before, after, found := strings.Cut(p.text, ":")
			if !found {
				break
			}
			field = append(field, part{kind: literal, text: before})
			if n >= len(fields) || !match(field, fields[n]) {
				return false
			}
			field, n, p.text = nil, n+1, after
		}
		if p.kind != literal || p.text != "" {
			field = append(field, p)
		}
	}
	return n == len(fields)-1 && match(field, fields[n])
}

// boolean is Bool, and the value of Null.
func boolean(text string, _ bool) (test, error) {
	want := strings.ToLower(text)
	if want != "true" && want != "false" {
		return nil, errors.New("want true or false")
	}
	return func(_ *environment, value string) verdict { return truth(strings.EqualFold(value, want)) }, nil
}

// address is IpAddress: one address, or a range as CIDR.
func address(text string, _ bool) (test, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		addr, err := netip.ParseAddr(text)
		if err != nil {
			return nil, errors.New("want an address or a CIDR range")
		}
		prefix = netip.PrefixFrom(addr, addr.BitLen())
	}
	return func(_ *environment, value string) verdict {
		addr, err := netip.ParseAddr(value)
		if err != nil {
			return unknown
		}
		return truth(prefix.Contains(addr))
	}, nil
}

// ordered makes the operators of numbers and dates: name is what follows
// "Numeric" or "Date".
func ordered(name string, parse func(string) (float64, error)) (operator, bool) {
	var fits func(value, bound float64) bool
	negated := false
	switch name {
	case "Equals":
		fits = func(v, b float64) bool { return v == b }
	case "NotEquals":
		fits, negated = func(v, b float64) bool { return v == b }, true
	case "LessThan":
		fits = func(v, b float64) bool { return v < b }
	case "LessThanEquals":
		fits = func(v, b float64) bool { return v <= b }
	case "GreaterThan":
		fits = func(v, b float64) bool { return v > b }
	case "GreaterThanEquals":
		fits = func(v, b float64) bool { return v >= b }
	default:
		return operator{}, false
	}
	compile := func(text string, _ bool) (test, error) {
		bound, err := parse(text)
		if err != nil {
			return nil, err
		}
		return func(_ *environment, value string) verdict {
			v, err := parse(value)
			if err != nil {
				return unknown
			}
			return truth(fits(v, bound))
		}, nil
	}
	return operator{compile: compile, negated: negated}, true
}

// parseNumber reads a whole or decimal number.
func parseNumber(s string) (float64, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, errors.New("not a number")
	}
	return f, nil
}

// parseDate reads a date of ISO 8601, or seconds since 1970, and gives seconds.
func parseDate(s string) (float64, error) {
	for _, layout := range [...]string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return float64(t.UnixMilli()) / 1000, nil
		}
	}
	f, err := parseNumber(s)
	if err != nil {
		return 0, errors.New("neither a date of ISO 8601 nor a number of seconds")
	}
	return f, nil
}
