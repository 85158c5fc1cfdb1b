package argv_test

import (
	"strings"
	"testing"

	"parlor/internal/cli/argv"
)

func parser() *argv.Parser {
	return &argv.Parser{
		Word: "help", Maybe: true,
		Options: []argv.Option{
			{Name: "--room-identifier"},
			{Name: "--user-id"},
			{Name: "--capabilities", Arity: argv.Many},
			{Name: "--cli-input-json"},
			{Name: "--cli-input-yaml"},
			{Name: "--generate-cli-skeleton", Arity: argv.Maybe, Const: "input", Choices: []string{"input", "output"}},
			{Name: "--debug", Arity: argv.None},
			{Name: "--version", Arity: argv.None, Last: true},
		},
	}
}

func TestParse(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"--room r --user u", "--room-identifier=r --user-id=u"},
		{"--user-id -12", "--user-id=-12"},
		{"--user-id -.5", "--user-id=-.5"},
		{"--user-id -x_y", "--user-id=-x y"},
		{"--user-id=--weird", "--user-id=--weird"},
		{"--user-id -", "--user-id=-"},
		{"--user-id a --user-id b", "--user-id=b"},
		{"--capabilities a b --debug", "--capabilities=a,b --debug="},
		{"--capabilities", "--capabilities="},
		{"--capabilities=a b", "--capabilities=a word=b"},
		{"--generate-cli-skeleton", "--generate-cli-skeleton=input"},
		{"--generate-cli-skeleton output", "--generate-cli-skeleton=output"},
		{"--bogus extra --more=2 more", "word=extra rest=--bogus,--more=2,more"},
		{"--debug -- --user-id x", "--debug= word=--user-id rest=x"},
		{"--debug --", "--debug="},
		{"--debug x -- --user-id", "--debug= word=x rest=--user-id"},
		{"--version --user-id", "--version="},
		{"help", "word=help"},
	} {
		got, err := parser().Parse(words(tt.args))
		if err != nil {
			t.Errorf("Parse(%s): %v", tt.args, err)
		} else if s := show(got); s != tt.want {
			t.Errorf("Parse(%s) = %s, want %s", tt.args, s, tt.want)
		}
	}
}

func TestParseError(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"--user-id", "argument --user-id: expected one argument"},
		{"--user-id --debug", "argument --user-id: expected one argument"},
		{"--user-id -x", "argument --user-id: expected one argument"},
		{"--cli-input x", "ambiguous option: --cli-input could match --cli-input-json, --cli-input-yaml"},
		{"--debug=1", "argument --debug: ignored explicit argument '1'"},
		{"--generate-cli-skeleton inputs", "argument --generate-cli-skeleton: Found invalid choice 'inputs'\n\nMaybe you meant:\n\n  * input\n"},
	} {
		if _, err := parser().Parse(words(tt.args)); err == nil || err.Error() != tt.want {
			t.Errorf("Parse(%s): %v, want %s", tt.args, err, tt.want)
		}
	}
	p := argv.Parser{Word: "operation", Choices: []string{"create-room", "help"}}
	for args, want := range map[string]string{
		"":            "the following arguments are required: operation",
		"--":          "the following arguments are required: operation",
		"create-rom":  "argument operation: Found invalid choice 'create-rom'\n\nMaybe you meant:\n\n  * create-room\n",
		"CreateRoom!": "argument operation: Found invalid choice 'CreateRoom!'\n",
	} {
		if _, err := p.Parse(words(args)); err == nil || err.Error() != want {
			t.Errorf("Parse(%s): %v, want %s", args, err, want)
		}
	}
}

// words splits at blanks; an underscore is a blank inside a word.
func words(s string) []string {
	list := strings.Fields(s)
	for i := range list {
		list[i] = strings.ReplaceAll(list[i], "_", " ")
	}
	return list
}

func show(p *argv.Parsed) string {
	var list []string
	for _, o := range parser().Options {
		if p.Has(o.Name) {
			list = append(list, o.Name+"="+strings.Join(p.Values[o.Name], ","))
		}
	}
	if p.Word != "" {
		list = append(list, "word="+p.Word)
	}
	if p.Rest != nil {
		list = append(list, "rest="+strings.Join(p.Rest, ","))
	}
	return strings.Join(list, " ")
}
