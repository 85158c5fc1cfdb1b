package output_test

import (
	"strings"
	"testing"

	"parlor/internal/cli/output"
	"parlor/internal/cli/value"
)

func write(t *testing.T, text string, cfg output.Config) (string, error) {
	t.Helper()
	v, err := value.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	err = output.Write(&b, v, cfg)
	return b.String(), err
}

func TestWrite(t *testing.T) {
	for _, tt := range []struct{ format, in, want string }{
		{"json", `{}`, ""},
		{"json", `[]`, "[]\n"},
		{"text", `{"b":1,"a":"x","c":null,"l":["p","q"],"m":{"k":true}}`, "x\t1\tNone\nL\tp\nL\tq\nM\tTrue\n"},
		{"text", `[{"a":1,"t":{"x":"y"}},{"b":2}]`, "1\t\nT\ty\n\t2\n"},
		{"text", `["a",["b","c"],"d"]`, "a\td\nb\tc\n"},
		{"text", `{"tags":{}}`, ""},
		{"yaml", `"a"`, "\"a\"\n"},
		{
			"yaml", `{"b":"yes","a":"true","t":"2022-03-16T04:44:09+00:00","n":"017","e":"","x":"a: b","l":[],"k":[{"z":1,"y":[1]}]}`,
			"a: 'true'\nb: yes\ne: ''\nk:\n- y:\n  - 1\n  z: 1\nl: []\nn: '017'\nt: '2022-03-16T04:44:09+00:00'\nx: 'a: b'\n",
		},
		{"yaml", `{"a":"x\n","b":["y\n\n"]}`, "a: 'x\n\n  '\nb:\n- 'y\n\n\n  '\n"},
		{"yaml", `{"a":"🚀\t"}`, "a: \"\\U0001F680\\t\"\n"},
		{"yaml-stream", `null`, "- null\n"},
		{"yaml-stream", `1e22`, "- 1e+22\n"},
		{"table", `[]`, ""},
		{"table", `"x"`, "-------\n|Title|\n+-----+\n"},
		{"table", `{"a":"1"}`, "---------\n| Title |\n+---+---+\n| a | 1 |\n+---+---+\n"},
		{
			"table", `[{"n":"Ω漢","t":{"k":"v"}},{"n":"b"}]`,
			"----------\n|  Title |\n+--------+\n|    n   |\n+--------+\n|  Ω漢  |\n+--------+\n||   t  ||\n|+--+---+|\n|| k| v ||\n|+--+---+|\n|  Title |\n+--------+\n|    n   |\n+--------+\n|  b     |\n+--------+\n",
		},
		{"off", `{"a":1}`, ""},
	} {
		got, err := write(t, tt.in, output.Config{Format: tt.format, Title: "Title"})
		if err != nil || got != tt.want && tt.format != "table" {
			t.Errorf("%s %s = %v\n%swant\n%s", tt.format, tt.in, err, got, tt.want)
		}
		if tt.format == "table" && err == nil {
			checkTable(t, tt.in, got)
			if !strings.HasPrefix(tt.in, "[{") && !strings.HasPrefix(tt.in, "{") && got != tt.want {
				t.Errorf("table %s =\n%swant\n%s", tt.in, got, tt.want)
			}
		}
	}
}

// checkTable: all lines of a table are equally wide, wide characters counted twice.
func checkTable(t *testing.T, in, got string) {
	t.Helper()
	width := 0
	for line := range strings.Lines(got) {
		n := 0
		for _, r := range strings.TrimSuffix(line, "\n") {
			n++
			if r > 0x2ff {
				n++
			}
		}
		if width == 0 {
			width = n
		}
		if n != width {
			t.Errorf("table of %s is ragged:\n%s", in, got)
			return
		}
	}
}

// TestTurned: a table wider than the terminal shows rows of one as columns.
func TestTurned(t *testing.T) {
	in := `{"first":"` + strings.Repeat("x", 30) + `","second":"` + strings.Repeat("y", 30) + `"}`
	wide, _ := write(t, in, output.Config{Format: "table", Title: "T", Width: 200})
	narrow, _ := write(t, in, output.Config{Format: "table", Title: "T", Width: 60})
	if strings.Count(wide, "\n") != 7 || !strings.Contains(narrow, "|  first  |") && !strings.Contains(narrow, "|  first ") {
		t.Errorf("wide:\n%snarrow:\n%s", wide, narrow)
	}
	checkTable(t, in, wide)
	checkTable(t, in, narrow)
}

func TestColor(t *testing.T) {
	got, err := write(t, `{"a":{"b":"1","c":"2"}}`, output.Config{Format: "table", Title: "T", Color: true})
	if err != nil || !strings.Contains(got, "\x1b[1m\x1b[34m1\x1b[0m") || !strings.Contains(got, "\x1b[2m\x1b[33m|\x1b[0m") {
		t.Errorf("coloured: %q, %v", got, err)
	}
	direct, _ := write(t, `{"a":"1"}`, output.Config{Format: "table", Title: "T", Color: true, Direct: true})
	if !strings.Contains(direct, "\n\x1b[0m\x1b[0m|") {
		t.Errorf("written to a terminal: %q", direct)
	}
}

func TestRefuses(t *testing.T) {
	for format, in := range map[string]string{
		"xml":   `1`,
		"text":  `[{"a":1},2]`,
		"table": `[["a"],["b","c"]]`,
	} {
		if got, err := write(t, in, output.Config{Format: format, Title: "T"}); err == nil {
			t.Errorf("%s of %s = %q", format, in, got)
		}
	}
}
