package value

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode"
)

// A Number is the text of a number as Python writes it: an integer of any
// size without a point, or a float with a point, an exponent, "inf" or "nan".
type Number string

// NumberOf reads the text of a JSON number.
func NumberOf(text string) Number {
	if !strings.ContainsAny(text, ".eE") {
		if text == "-0" {
			return "0"
		}
		return Number(text)
	}
	f, _ := strconv.ParseFloat(text, 64) // out of range is ±Inf, as in Python
	return Float(f)
}

// Int returns the number i.
func Int(i int) Number { return Number(strconv.Itoa(i)) }

// Float returns the float f in Python's spelling: the shortest digits that read
// back the same, with an exponent below 1e-4 and from 1e16 on.
func Float(f float64) Number {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		return Number(strconv.FormatFloat(f, 'e', -1, 64))
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return Number(s)
}

// IsInt says whether n is an integer.
func (n Number) IsInt() bool { return !strings.ContainsAny(string(n), ".en") }

// Float returns n as a float64.
func (n Number) Float() float64 {
	f, _ := strconv.ParseFloat(string(n), 64)
	return f
}

// Big returns the integer n, truncated when it is a float.
func (n Number) Big() *big.Int {
	i := new(big.Int)
	if n.IsInt() {
		i.SetString(string(n), 10)
		return i
	}
	f := n.Float()
	if !math.IsNaN(f) && !math.IsInf(f, 0) {
		big.NewFloat(math.Trunc(f)).Int(i)
	}
	return i
}

// json returns n as Python's json module writes it.
func (n Number) json() string {
	switch n {
	case "nan":
		return "NaN"
	case "inf":
		return "Infinity"
	case "-inf":
		return "-Infinity"
	}
	return string(n)
}

// ParseInt reads text as Python's int() does: blanks around, a sign, leading
// zeros, single underscores between digits, and digits of any script.
func ParseInt(text string) (Number, bool) {
	s := strings.TrimFunc(text, unicode.IsSpace)
	sign := ""
	if strings.HasPrefix(s, "-") || strings.HasPrefix(s, "+") {
		sign, s = strings.TrimPrefix(s[:1], "+"), s[1:]
	}
	digits := make([]byte, 0, len(s))
	afterDigit := false
	for _, r := range s {
		if r == '_' && afterDigit {
			afterDigit = false
			continue
		}
		d, ok := digit(r)
		if !ok {
			return "", false
		}
		digits, afterDigit = append(digits, '0'+d), true
	}
	if !afterDigit {
		return "", false
	}
	s = strings.TrimLeft(string(digits), "0")
	if s == "" {
		return "0", true
	}
	return Number(sign + s), true
}

// digit returns the value of a decimal digit. Unicode keeps the ten digits of a
// script together, in order, so a digit's value is how many
// digits stand before it, by tens.
func digit(r rune) (byte, bool) {
	if !unicode.Is(unicode.Nd, r) {
		return 0, false
	}
	n := 0
	for ; unicode.Is(unicode.Nd, r-1); r-- {
		n++
	}
	return "0123456789"[n%10] - '0', true
}
