package value_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"parlor/internal/cli/value"
)

func TestParseKeeps(t *testing.T) {
	for in, want := range map[string]string{
		`{"z":1,"a":{"y":2,"b":[]}}`:                `{"z":1,"a":{"y":2,"b":[]}}`,
		`{"a":1,"b":2,"a":3}`:                       `{"a":3,"b":2}`,
		`[12345678901234567890, 1.0, 1e3, -0]`:      `[12345678901234567890,1.0,1000.0,0]`,
		`[1e22, 1e-7, 0.0001, 1e16, 123456.75]`:     `[1e+22,1e-07,0.0001,1e+16,123456.75]`,
		`[NaN, -Infinity, 1e999]`:                   `[NaN,-Infinity,Infinity]`,
		"\"\\u00e9\\ud83d\\ude00</\\u2028\\u0007\"": "\"é😀</\u2028\\u0007\"",
		" \t\r\n null ":                             `null`,
	} {
		v, err := value.Parse(in)
		if err != nil {
			t.Errorf("Parse(%s): %v", in, err)
		} else if got := value.JSON(v, value.Style{}); got != want {
			t.Errorf("Parse(%s) = %s, want %s", in, got, want)
		}
	}
}

func TestParseError(t *testing.T) {
	for in, want := range map[string]string{
		``:            "Expecting value: line 1 column 1 (char 0)",
		`[A]`:         "Expecting value: line 1 column 2 (char 1)",
		`{'a':1}`:     "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
		`{"a" 1}`:     "Expecting ':' delimiter: line 1 column 6 (char 5)",
		"[1\n é]":     "Expecting ',' delimiter: line 2 column 2 (char 4)",
		`"é`:          "Unterminated string starting at: line 1 column 1 (char 0)",
		"\"a\nb\"":    "Invalid control character at: line 1 column 3 (char 2)",
		`"é\x"`:       `Invalid \escape: line 1 column 3 (char 2)`,
		`"\u12"`:      `Invalid \uXXXX escape: line 1 column 3 (char 2)`,
		`{"a":"b"} x`: "Extra data: line 1 column 11 (char 10)",
		`01`:          "Extra data: line 1 column 2 (char 1)",
		`-`:           "Expecting value: line 1 column 1 (char 0)",
		`{"a":1,}`:    "Expecting property name enclosed in double quotes: line 1 column 8 (char 7)",
	} {
		_, err := value.Parse(in)
		if syntax, ok := errors.AsType[*value.SyntaxError](err); !ok || syntax.Error() != want {
			t.Errorf("Parse(%q): %v, want %s", in, err, want)
		}
	}
	if _, err := value.Parse(strings.Repeat("[", 1<<20)); err == nil {
		t.Error("a million brackets parse")
	}
}

func TestStyles(t *testing.T) {
	v, err := value.Parse(`{"a":["é😀",{}],"b":{}}`)
	if err != nil {
		t.Fatal(err)
	}
	want := "{\n    \"a\": [\n        \"\\u00e9\\ud83d\\ude00\",\n        {}\n    ],\n    \"b\": {}\n}"
	if got := value.JSON(v, value.Style{Indent: true, ASCII: true}); got != want {
		t.Errorf("JSON() = %s, want %s", got, want)
	}
}

func TestPython(t *testing.T) {
	v := []any{nil, true, value.Int(5), "it's", `a"'b`, "\n\x07", []byte("\xffb"), value.NewMap("k", []any{})}
	if got, want := value.Repr(v), `[None, True, 5, "it's", 'a"\'b', '\n\x07', b'\xffb', {'k': []}]`; got != want {
		t.Errorf("Repr() = %s, want %s", got, want)
	}
	for _, tt := range []struct {
		v    any
		want string
	}{{value.Int(1), "int"}, {value.Float(1), "float"}, {value.Date{}, "datetime.date"}, {[]byte{}, "bytes"}, {value.NewMap(), "dict"}, {nil, "NoneType"}} {
		if got := value.Class(tt.v); got != "<class '"+tt.want+"'>" {
			t.Errorf("Class(%v) = %s, want %s", tt.v, got, tt.want)
		}
	}
}

func TestParseInt(t *testing.T) {
	for in, want := range map[string]string{
		"5": "5", " +05 ": "5", "-0": "0", "1_000": "1000", "٣": "3", "99999999999999999999": "99999999999999999999", "-12": "-12",
		"": "", "1__0": "", "_1": "", "1_": "", "1.0": "", "0x5": "", "1e3": "", "+ 1": "", "--1": "",
	} {
		got, ok := value.ParseInt(in)
		if string(got) != want || ok != (want != "") {
			t.Errorf("ParseInt(%q) = %q, %v, want %q", in, got, ok, want)
		}
	}
}

func TestEqual(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{`{"a":1,"b":2}`, `{"b":2,"a":1}`, true},
		{`1`, `1.0`, true},
		{`1`, `true`, false},
		{`[1,[2]]`, `[1,[2]]`, true},
		{`[1]`, `[1,2]`, false},
		{`null`, `null`, true},
	} {
		a, _ := value.Parse(tt.a)
		b, _ := value.Parse(tt.b)
		if got := value.Equal(a, b); got != tt.want {
			t.Errorf("Equal(%s, %s) = %v", tt.a, tt.b, got)
		}
	}
}

// FuzzParse: what the standard library reads is read here too, and means the same.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.5e3,"\u00e9",null,true]}`, `[`, `"\ud83d"`, `{"a":{}}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		v, err := value.Parse(in)
		if err != nil {
			if json.Valid([]byte(in)) && strings.Count(in, "[")+strings.Count(in, "{") < 900 {
				t.Errorf("Parse(%q): %v, but it is JSON", in, err)
			}
			return
		}
		text := value.JSON(v, value.Style{})
		again, err := value.Parse(text)
		if err != nil || value.JSON(again, value.Style{}) != text {
			t.Errorf("Parse(%q) prints as %s, which reads as %v, %v", in, text, again, err)
		}
	})
}
