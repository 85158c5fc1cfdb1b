package params

import (
	"errors"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"parlor/internal/cli/value"
)

var errYAML = errors.New("not one YAML document of plain data")

// parseYAML reads one YAML document. The library finds the structure; what a
// plain scalar means is decided here, by YAML 1.2 as the AWS CLI has it.
func parseYAML(text string) (any, error) {
	var doc yaml.Node
	text = strings.Replace(text, "%YAML 1.2\n", "%YAML 1.1\n", 1) // the library knows itself as 1.1
	if err := yaml.Load([]byte(text), &doc, yaml.WithUniqueKeys(true)); err != nil {
		return nil, errYAML
	}
	if doc.Kind == 0 || len(doc.Content) == 0 {
		return nil, nil
	}
	r := yamlReader{left: 100_000}
	return r.value(doc.Content[0])
}

// A yamlReader turns nodes into values.
type yamlReader struct {
	left int // how many nodes may still come: aliases multiply
}

func (r *yamlReader) value(n *yaml.Node) (any, error) {
	if r.left--; r.left < 0 {
		return nil, errYAML
	}
	switch n.Kind {
	case yaml.AliasNode:
		return r.value(n.Alias)
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, item := range n.Content {
			v, err := r.value(item)
			if err != nil {
				return nil, err
			}
			list[i] = v
		}
		return list, nil
	case yaml.MappingNode:
		return r.mapping(n)
	case yaml.ScalarNode:
		return scalar(n)
	case yaml.DocumentNode, yaml.StreamNode:
	}
	return nil, errYAML
}

func (r *yamlReader) mapping(n *yaml.Node) (any, error) {
	m := value.NewMap()
	for i := 0; i+1 < len(n.Content); i += 2 {
		v, err := r.value(n.Content[i+1])
		if err != nil {
			return nil, err
		}
		if n.Content[i].Value == "<<" && n.Content[i].Style == 0 {
			merge(m, v)
			continue
		}
		key, err := r.value(n.Content[i])
		if err != nil {
			return nil, err
		}
		name, ok := key.(string)
		if _, twice := m.Get(name); twice || !ok { // no member is called 12 or true
			return nil, errYAML
		}
		m.Set(name, v)
	}
	return m, nil
}

// merge adds the members of a merge key's value that m does not have.
func merge(m *value.Map, v any) {
	if list, ok := v.([]any); ok {
		for _, item := range list {
			merge(m, item)
		}
	}
	if from, ok := v.(*value.Map); ok {
		for k, item := range from.All() {
			if _, has := m.Get(k); !has {
				m.Set(k, item)
			}
		}
	}
}

func scalar(n *yaml.Node) (any, error) {
	quoted := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
	if n.Style&yaml.TaggedStyle != 0 {
		switch n.Tag {
		case "!!str", "!":
			return n.Value, nil
		case "!!int", "!!float":
			return plain(n.Value), nil
		case "!!null":
			return nil, nil
		case "!!bool":
			return boolean(n.Value)
		}
		return nil, errYAML
	}
	if quoted {
		return n.Value, nil
	}
	if n.Value == "=" || n.Value == "<<" { // YAML 1.1's value and merge keys mean nothing here
		return nil, errYAML
	}
	return plain(n.Value), nil
}

// boolean reads a scalar that is tagged as a boolean, which may then be spelled in
// YAML 1.1's ways, too.
func boolean(s string) (any, error) {
	switch strings.ToLower(s) {
	case "true", "yes", "y", "on":
		return true, nil
	case "false", "no", "n", "off":
		return false, nil
	}
	return nil, errYAML
}

// plain returns what a scalar without quotes means.
func plain(s string) any {
	switch s {
	case "", "~", "null", "Null", "NULL":
		return nil
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE":
		return false
	}
	match := func(pattern string) bool {
		ok, _ := regexp.MatchString(pattern, s)
		return ok
	}
	switch {
	case match(`^[-+]?(0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)$`):
		return yamlInt(strings.ReplaceAll(s, "_", ""))
	case match(`^[-+]?([0-9][0-9_]*\.[0-9_]*([eE][-+]?[0-9]+)?|[0-9][0-9_]*[eE][-+]?[0-9]+|\.[0-9_]+([eE][-+][0-9]+)?)$`):
		f, _ := strconv.ParseFloat(strings.ReplaceAll(s, "_", ""), 64)
		return value.Float(f)
	case match(`^[-+]?\.(inf|Inf|INF)$`):
		if s[0] == '-' {
			return value.Number("-inf")
		}
		return value.Number("inf")
	case match(`^\.(nan|NaN|NAN)$`):
		return value.Number("nan")
	case match(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`):
		return value.Date{Text: s}
	case match(`^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(\.[0-9]*)?([ \t]*(Z|[-+][0-9]{1,2}(:[0-9]{2})?))?$`):
		return value.Date{Text: s, Time: true}
	}
	return s
}

// yamlInt reads an integer in base 2, 8, 10 or 16; a leading zero is just that.
func yamlInt(s string) any {
	base := 10
	digits := strings.TrimLeft(s, "+-")
	for prefix, b := range map[string]int{"0b": 2, "0o": 8, "0x": 16} {
		if rest, ok := strings.CutPrefix(digits, prefix); ok {
			digits, base = rest, b
		}
	}
	i, ok := new(big.Int).SetString(digits, base)
	if !ok {
		return s
	}
	if strings.HasPrefix(s, "-") {
		i.Neg(i)
	}
	return value.Number(i.String())
}
