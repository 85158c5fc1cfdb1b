package output

import (
	"bytes"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"

	"parlor/internal/cli/value"
)

// writeYAML prints v as block YAML with sorted keys, in libyaml's manner.
func writeYAML(w io.Writer, v any) error {
	var text bytes.Buffer
	d, err := yaml.NewDumper(&text, yaml.WithIndent(2), yaml.WithCompactSeqIndent(true), yaml.WithLineWidth(80), yaml.WithUnicode(true))
	if err != nil {
		return err
	}
	r := resolver{}
	if err := d.Dump(r.node(v)); err != nil {
		return err
	}
	if err := d.Close(); err != nil {
		return err
	}
	_, err = io.WriteString(w, indentClosing(text.String()))
	return err
}

// indentClosing indents the closing quote of a text that ends in a line break as
// libyaml does. The library leaves such a quote at the margin.
func indentClosing(text string) string {
	if !strings.Contains(text, "\n'\n") {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if line != "'" {
			continue
		}
		from := i - 1
		for from > 0 && lines[from] == "" {
			from--
		}
		lines[i] = strings.Repeat(" ", continued(lines[from])) + line
	}
	return strings.Join(lines, "\n")
}

// continued returns how far the lines of a text are indented that line begins, or
// goes on with.
func continued(line string) int {
	indent := len(line) - len(strings.TrimLeft(line, " "))
	rest := line[indent:]
	for strings.HasPrefix(rest, "- ") || strings.HasPrefix(rest, "? ") {
		indent, rest = indent+2, rest[2:]
	}
	if key, opening, ok := strings.Cut(rest, ": '"); ok && !strings.HasPrefix(key, "'") && strings.Count(opening, "'")%2 == 0 {
		return indent + 2
	}
	return indent
}

// A resolver knows which plain scalars YAML 1.2 would take for something else
// than text. Its expressions are compiled when a document first needs them.
type resolver struct{ other *regexp.Regexp }

// notText matches what is not a string when it stands without quotes: null,
// booleans, floats, integers, dates, and the merge and value keys.
const notText = `^(?:~|null|Null|NULL|true|True|TRUE|false|False|FALSE|<<|=` +
	`|[-+]?(?:\d[\d_]*)\.[\d_]*(?:[eE][-+]?\d+)?|[-+]?\d[\d_]*[eE][-+]?\d+|[-+]?\.[\d_]+(?:[eE][-+]\d+)?` +
	`|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)` +
	`|[-+]?0b[01_]+|[-+]?0o?[0-7_]+|[-+]?\d[\d_]*|[-+]?0x[0-9a-fA-F_]+` +
	`|\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)$`

func (r *resolver) node(v any) *yaml.Node {
	switch v := v.(type) {
	case nil:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: "null"}
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: strings.ToLower(value.Repr(v))}
	case value.Number:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: number(v)}
	case value.Date:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: v.Text}
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for _, item := range v {
			n.Content = append(n.Content, r.node(item))
		}
		if len(v) == 0 {
			n.Style = yaml.FlowStyle
		}
		return n
	case *value.Map:
		n := &yaml.Node{Kind: yaml.MappingNode}
		for _, k := range v.Sorted() {
			item, _ := v.Get(k)
			n.Content = append(n.Content, r.text(k), r.node(item))
		}
		if v.Len() == 0 {
			n.Style = yaml.FlowStyle
		}
		return n
	}
	return r.text(value.Str(v))
}

// number returns n as YAML spells it: what is no number has a point before it.
func number(n value.Number) string {
	switch n {
	case "nan", "inf":
		return "." + string(n)
	case "-inf":
		return "-.inf"
	}
	return string(n)
}

// text returns a string with the quotes that libyaml would choose; for plain text
// it leaves the choice to the library.
func (r *resolver) text(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Value: s}
	if r.other == nil {
		r.other = regexp.MustCompile(notText)
	}
	switch {
	case strings.ContainsFunc(s, special):
		n.Style = yaml.DoubleQuotedStyle
	case s == "" || strings.Contains(s, "\n") || r.other.MatchString(s):
		n.Style = yaml.SingleQuotedStyle
	}
	return n
}

// special says whether libyaml shows c only as an escape.
func special(c rune) bool {
	switch {
	case c == '\n' || c >= 0x20 && c <= 0x7e:
		return false
	case c < 0xa0, c == 0xfeff, c > 0xfffd:
		return true
	}
	return c >= 0xd800 && c <= 0xdfff
}
