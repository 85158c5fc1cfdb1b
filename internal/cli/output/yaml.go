package output

import (
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"

	"parlor/internal/cli/value"
)

// writeYAML prints v as block YAML with sorted keys, in libyaml's manner.
func writeYAML(w io.Writer, v any) error {
	d, err := yaml.NewDumper(w, yaml.WithIndent(2), yaml.WithCompactSeqIndent(true), yaml.WithLineWidth(80), yaml.WithUnicode(true))
	if err != nil {
		return err
	}
	r := resolver{}
	if err := d.Dump(r.node(v)); err != nil {
		return err
	}
	return d.Close()
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

// number returns n as YAML spells it: its infinities have a point, and a float's
// exponent stands behind one.
func number(n value.Number) string {
	switch n {
	case "nan", "inf":
		return "." + string(n)
	case "-inf":
		return "-.inf"
	}
	if s := string(n); strings.Contains(s, "e") && !strings.Contains(s, ".") {
		return strings.Replace(s, "e", ".0e", 1)
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
