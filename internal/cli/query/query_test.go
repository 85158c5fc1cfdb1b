package query_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"parlor/internal/cli/query"
	"parlor/internal/cli/value"
)

// document is what the expressions of testdata search.
func document(tb testing.TB) any {
	tb.Helper()
	text, err := os.ReadFile("testdata/data.json")
	if err != nil {
		tb.Fatal(err)
	}
	v, err := value.Parse(string(text))
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

// A searchCase is an expression and what jmespath.py makes of it: a result, or an
// error when it compiles or when it runs.
type searchCase struct{ Expr, Result, Fails string }

func cases(tb testing.TB) []searchCase {
	tb.Helper()
	f, err := os.Open("testdata/cases.jsonl")
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var list []searchCase
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var c searchCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			tb.Fatalf("%s: %v", lines.Text(), err)
		}
		list = append(list, c)
	}
	return list
}

func TestSearch(t *testing.T) {
	data := document(t)
	for _, c := range cases(t) {
		got, fails := "", ""
		q, err := query.Compile(c.Expr)
		if err != nil {
			fails = "compile"
			if _, ok := errors.AsType[*query.SyntaxError](err); !ok {
				t.Errorf("Compile(%s): %T is no SyntaxError", c.Expr, err)
			}
		} else if v, err := q.Search(data); err != nil {
			fails = "run"
		} else {
			got = value.JSON(v, value.Style{})
		}
		if got != c.Result || fails != c.Fails {
			t.Errorf("%s: %s %s (%v), want %s %s", c.Expr, got, fails, err, c.Result, c.Fails)
		}
	}
}

func TestMessages(t *testing.T) {
	for expr, want := range map[string]string{
		"":                 "Invalid JMESPath expression: cannot be empty.",
		"rooms[?name=x]":   "Bad jmespath expression: Unknown token '=':\nrooms[?name=x]\n           ^",
		"a..b":             "Expecting: ['quoted_identifier', 'unquoted_identifier', 'lbracket', 'lbrace'], got: dot: Parse error at column 2, token \".\" (DOT), for expression:\n\"a..b\"\n   ^",
		"a[":               "Invalid jmespath expression: Incomplete expression:\n\"a[\"\n   ^",
		"length(n)":        `In function length(), invalid type for value: 5, expected one of: ['string', 'array', 'object'], received: "number"`,
		"join('-')":        "Expected 2 arguments for function join(), received 1",
		"not_null()":       "Expected at least 1 argument for function not_null(), received 0",
		"nosuch()":         "Unknown function: nosuch()",
		"strs[::0]":        "slice step cannot be zero",
		"'unclosed":        "Bad jmespath expression: Unclosed ' delimiter:\n'unclosed\n^",
		"sort_by(o, &v)[]": `In function sort_by(), invalid type for value: None, expected one of: ['number', 'string'], received: "null"`,
	} {
		q, err := query.Compile(expr)
		if err == nil {
			_, err = q.Search(document(t))
		}
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v\nwant %s", expr, err, want)
		}
	}
}

func FuzzSearch(f *testing.F) {
	for _, c := range cases(f) {
		f.Add(c.Expr)
	}
	data := document(f)
	f.Fuzz(func(t *testing.T, expr string) {
		q, err := query.Compile(expr)
		if err != nil {
			return
		}
		first, err := q.Search(data)
		second, again := q.Search(data)
		if (err == nil) != (again == nil) || err == nil && value.JSON(first, value.Style{}) != value.JSON(second, value.Style{}) {
			t.Errorf("%s: %v, %v; then %v, %v", expr, first, err, second, again)
		}
	})
}
