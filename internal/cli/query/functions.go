package query

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"parlor/internal/cli/value"
)

// A problem is an error that shows when a query runs.
type problem string

func (p problem) Error() string { return string(p) }

func errorf(format string, args ...any) error { return problem(fmt.Sprintf(format, args...)) }

// A function is one that expressions can call. Each parameter lists the types it
// takes, any if empty; array-string and array-number say what is in the array.
type function struct {
	params   [][]string
	variadic bool
	do       func(args []any) (any, error)
}

// lookup finds a function by name.
func lookup(name string) (function, bool) {
	number, text, object, array, whatever := []string{"number"}, []string{"string"}, []string{"object"}, []string{"array"}, []string{}
	numbers := []string{"array-number"}
	comparable := []string{"array-number", "array-string"}
	expref := []string{"expref"}
	f, ok := map[string]function{
		"abs":         {[][]string{number}, false, abs},
		"avg":         {[][]string{numbers}, false, avg},
		"ceil":        {[][]string{number}, false, rounded(math.Ceil)},
		"contains":    {[][]string{{"array", "string"}, whatever}, false, contains},
		"ends_with":   {[][]string{text, text}, false, texts(strings.HasSuffix)},
		"floor":       {[][]string{number}, false, rounded(math.Floor)},
		"join":        {[][]string{text, {"array-string"}}, false, join},
		"keys":        {[][]string{object}, false, keys},
		"length":      {[][]string{{"string", "array", "object"}}, false, length},
		"map":         {[][]string{expref, array}, false, mapped},
		"max":         {[][]string{comparable}, false, extreme(1)},
		"max_by":      {[][]string{array, expref}, false, extremeBy("max_by", 1)},
		"merge":       {[][]string{object}, true, merge},
		"min":         {[][]string{comparable}, false, extreme(-1)},
		"min_by":      {[][]string{array, expref}, false, extremeBy("min_by", -1)},
		"not_null":    {[][]string{whatever}, true, notNull},
		"reverse":     {[][]string{{"array", "string"}}, false, reverse},
		"sort":        {[][]string{{"array-string", "array-number"}}, false, sorted},
		"sort_by":     {[][]string{array, expref}, false, sortBy},
		"starts_with": {[][]string{text, text}, false, texts(strings.HasPrefix)},
		"sum":         {[][]string{numbers}, false, sum},
		"to_array":    {[][]string{whatever}, false, toArray},
		"to_number":   {[][]string{whatever}, false, toNumber},
		"to_string":   {[][]string{whatever}, false, toString},
		"type":        {[][]string{{"string", "number", "boolean", "array", "object", "null"}}, false, typed},
		"values":      {[][]string{object}, false, valuesOf},
	}[name]
	return f, ok
}

func (c call) search(v any) (any, error) {
	args := make([]any, len(c.args))
	for i, n := range c.args {
		found, err := n.search(v)
		if err != nil {
			return nil, err
		}
		args[i] = found
	}
	f, ok := lookup(c.name)
	if !ok {
		return nil, errorf("Unknown function: %s()", c.name)
	}
	if err := f.check(c.name, args); err != nil {
		return nil, err
	}
	return f.do(args)
}

// check holds the arguments against the parameters; a variadic function takes
// more of the last.
func (f function) check(name string, args []any) error {
	want := len(f.params)
	if f.variadic && len(args) < want || !f.variadic && len(args) != want {
		atLeast, plural := "", ""
		if f.variadic {
			atLeast = "at least "
		}
		if want != 1 {
			plural = "s"
		}
		return errorf("Expected %s%d argument%s for function %s(), received %d", atLeast, want, plural, name, len(args))
	}
	for i, arg := range args {
		if err := checkType(name, arg, f.params[min(i, want-1)]); err != nil {
			return err
		}
	}
	return nil
}

func checkType(name string, v any, types []string) error {
	if len(types) == 0 || slices.Contains(types, typeOf(v)) {
		return nil
	}
	list, ok := v.([]any)
	if !ok || !slices.ContainsFunc(types, func(t string) bool { return strings.HasPrefix(t, "array") }) {
		return typeError(name, v, types)
	}
	if len(list) == 0 {
		return nil
	}
	first := typeOf(list[0])
	if !slices.Contains(types, "array-"+first) {
		return typeError(name, list[0], types)
	}
	for _, item := range list {
		if typeOf(item) != first {
			return typeError(name, item, types)
		}
	}
	return nil
}

func typeError(name string, v any, types []string) error {
	shown := value.Str(v)
	if _, ok := v.(reference); ok {
		shown = "an expression"
	}
	return errorf("In function %s(), invalid type for value: %s, expected one of: ['%s'], received: \"%s\"",
		name, shown, strings.Join(types, "', '"), typeOf(v))
}

func typeOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case value.Number:
		return "number"
	case []any:
		return "array"
	case *value.Map:
		return "object"
	case reference:
		return "expref"
	}
	return "string"
}

// The arguments have the types that lookup names: these take them as such.

func num(v any) value.Number { n, _ := v.(value.Number); return n }
func str(v any) string       { s, _ := v.(string); return s }
func arr(v any) []any        { l, _ := v.([]any); return l }
func obj(v any) *value.Map   { m, _ := v.(*value.Map); return m }
func integer(i *big.Int) any { return value.Number(i.String()) }
func values(m *value.Map) (list []any) {
	list = []any{}
	for _, v := range m.All() {
		list = append(list, v)
	}
	return list
}

func abs(args []any) (any, error) {
	n := num(args[0])
	if n.IsInt() {
		return integer(new(big.Int).Abs(n.Big())), nil
	}
	return value.Float(math.Abs(n.Float())), nil
}

func rounded(f func(float64) float64) func([]any) (any, error) {
	return func(args []any) (any, error) {
		n := num(args[0])
		if !n.IsInt() {
			n = value.Float(f(n.Float()))
		}
		return integer(n.Big()), nil
	}
}

func sum(args []any) (any, error) {
	whole, part, exact := new(big.Int), 0.0, true
	for _, v := range arr(args[0]) {
		n := num(v)
		if exact = exact && n.IsInt(); exact {
			whole.Add(whole, n.Big())
		}
		part += n.Float()
	}
	if exact {
		return integer(whole), nil
	}
	return value.Float(part), nil
}

func avg(args []any) (any, error) {
	n := len(arr(args[0]))
	if n == 0 {
		return nil, nil
	}
	total, err := sum(args)
	return value.Float(num(total).Float() / float64(n)), err
}

func contains(args []any) (any, error) {
	if list, ok := args[0].([]any); ok {
		return slices.ContainsFunc(list, func(v any) bool { return value.Equal(v, args[1]) }), nil
	}
	what, ok := args[1].(string)
	if !ok {
		return nil, errorf("'in <string>' requires string as left operand, not %s", typeOf(args[1]))
	}
	return strings.Contains(str(args[0]), what), nil
}

func texts(f func(s, part string) bool) func([]any) (any, error) {
	return func(args []any) (any, error) { return f(str(args[0]), str(args[1])), nil }
}

func join(args []any) (any, error) {
	var parts []string
	for _, v := range arr(args[1]) {
		parts = append(parts, str(v))
	}
	return strings.Join(parts, str(args[0])), nil
}

func keys(args []any) (any, error) {
	list := []any{}
	for _, k := range obj(args[0]).Keys() {
		list = append(list, k)
	}
	return list, nil
}

func valuesOf(args []any) (any, error) { return values(obj(args[0])), nil }

func length(args []any) (any, error) {
	switch v := args[0].(type) {
	case []any:
		return value.Int(len(v)), nil
	case *value.Map:
		return value.Int(v.Len()), nil
	}
	return value.Int(len([]rune(str(args[0])))), nil
}

func mapped(args []any) (any, error) {
	list := []any{}
	ref, _ := args[0].(reference)
	for _, v := range arr(args[1]) {
		found, err := ref.to.search(v)
		if err != nil {
			return nil, err
		}
		list = append(list, found)
	}
	return list, nil
}

func merge(args []any) (any, error) {
	out := value.NewMap()
	for _, arg := range args {
		for k, v := range obj(arg).All() {
			out.Set(k, v)
		}
	}
	return out, nil
}

func notNull(args []any) (any, error) {
	for _, arg := range args {
		if arg != nil {
			return arg, nil
		}
	}
	return nil, nil
}

func reverse(args []any) (any, error) {
	if s, ok := args[0].(string); ok {
		runes := []rune(s)
		slices.Reverse(runes)
		return string(runes), nil
	}
	list := slices.Clone(arr(args[0]))
	slices.Reverse(list)
	return list, nil
}

func toArray(args []any) (any, error) {
	if _, ok := args[0].([]any); ok {
		return args[0], nil
	}
	return []any{args[0]}, nil
}

func toString(args []any) (any, error) {
	if s, ok := args[0].(string); ok {
		return s, nil
	}
	return value.JSON(args[0], value.Style{ASCII: true}), nil
}

func toNumber(args []any) (any, error) {
	switch v := args[0].(type) {
	case value.Number:
		return v, nil
	case string:
		if n, ok := value.ParseInt(v); ok {
			return n, nil
		}
		if f, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err == nil && !strings.ContainsAny(v, "xXpP") {
			return value.Float(f), nil
		}
	}
	return nil, nil
}

func typed(args []any) (any, error) { return typeOf(args[0]), nil }
