package shorthand_test

import (
	"errors"
	"strings"
	"testing"

	"parlor/internal/cli/shorthand"
	"parlor/internal/cli/value"
)

func load(s string) (any, error) { return "<" + s + ">", nil }

func TestParse(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{`a=b,c=d`, `{"a":"b","c":"d"}`},
		{`a=`, `{"a":""}`},
		{`=b`, `{"":"b"}`},
		{`a=b,c`, `{"a":["b","c"]}`},
		{`a=b,c,d=e`, `{"a":["b","c"],"d":"e"}`},
		{`a=b,,c=d`, `{"a":"b","c":"d"}`},
		{`a=,b=c`, `{"a":"","b":"c"}`},
		{`a=x\,y`, `{"a":"x,y"}`},
		{`a=c:\dir`, `{"a":"c:\\dir"}`},
		{`a=hello big world  ,c=d`, `{"a":"hello big world","c":"d"}`},
		{`a = b , c = d `, `{"a":"b","c":"d"}`},
		{`a=" b ",c='it\'s'`, `{"a":" b ","c":"it's"}`},
		{`a='x\\y'`, `{"a":"x\\y"}`},
		{`a='x\'`, `{"a":"x\\"}`},
		{`a=[]`, `{"a":[]}`},
		{`a=[ b , c, ]`, `{"a":["b","c"]}`},
		{`s3 = { bucketName = my-bucket }`, `{"s3":{"bucketName":"my-bucket"}}`},
		{`a={b=[c,{d=e}],f=''},g=h`, `{"a":{"b":["c",{"d":"e"}],"f":""},"g":"h"}`},
		{`a=]`, `{"a":"]"}`},
		{`icon=https://ex.com/i.png?x=1&y=2`, `{"icon":"https://ex.com/i.png?x=1&y=2"}`},
		{`a@=file://x,b=c`, `{"a":"<file://x>","b":"c"}`},
		{`a @ = x`, `{"a":"<x>"}`},
		{`a=x,"y z",'w'`, `{"a":["x","y z","w"]}`},
	} {
		got, err := shorthand.Parse(tt.in, load)
		if err != nil {
			t.Errorf("Parse(%q): %v", tt.in, err)
		} else if s := value.JSON(got, value.Style{}); s != tt.want {
			t.Errorf("Parse(%q) = %s, want %s", tt.in, s, tt.want)
		}
	}
}

func TestParseError(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{``, "Expected: '=', received: 'EOF' for input:\n\n^"},
		{` a = b`, "Expected: '=', received: 'a' for input:\n a = b\n ^"},
		{`é=1`, "Expected: '=', received: 'é' for input:\né=1\n^"},
		{`a='x'y`, "Expected: ',', received: 'y' for input:\na='x'y\n     ^"},
		{`a="b`, "Expected: '<double quoted>', received: '<none>' for input:\na=\"b\n  ^"},
		{`a='b`, "Expected: '<singled quoted>', received: '<none>' for input:\na='b\n  ^"},
		{`a=b,`, "Expected: '<second>', received: '<none>' for input:\na=b,\n    ^"},
		{`a=x[1],b=y`, "Expected: ',', received: ']' for input:\na=x[1],b=y\n     ^"},
		{`a=x{y}z`, "Expected: ',', received: '}' for input:\na=x{y}z\n     ^"},
		{`s3={bucketName=abc`, "Expected: ',', received: 'EOF' for input:\ns3={bucketName=abc\n                  ^"},
		{`s3={bucketName=abc}}`, "Expected: ',', received: '}' for input:\ns3={bucketName=abc}}\n                   ^"},
		{"a=b\nc\"d\ne", "Expected: ',', received: '\"' for input:\na=b\nc\"d\n ^\ne"},
		{`a=😀`, "Expected: ',', received: '😀' for input:\na=😀\n  ^"},
		{
			`a=b,c=d,a=e`, "Second instance of key \"a\" encountered for input:\na=b,c=d,a=e\n        ^\n" +
				`This is often because there is a preceding "," instead of a space.`,
		},
	} {
		_, err := shorthand.Parse(tt.in, load)
		if syntax, ok := errors.AsType[*shorthand.Error](err); !ok || syntax.Error() != tt.want {
			t.Errorf("Parse(%q): %v\nwant %s", tt.in, err, tt.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{`a=b,c=d`, `a={b=[c,"d"],e='f'}`, `a=b,,c@=d`, `a=x\,y, z`, "a='\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		m, err := shorthand.Parse(in, load)
		if err != nil {
			if !strings.Contains(err.Error(), " for input:\n") {
				t.Errorf("Parse(%q): %v does not show the input", in, err)
			}
			return
		}
		if m.Len() == 0 {
			t.Errorf("Parse(%q) is empty", in)
		}
	})
}
