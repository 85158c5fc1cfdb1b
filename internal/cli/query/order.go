package query

import (
	"cmp"
	"slices"
	"strings"

	"parlor/internal/cli/value"
)

// ordered says whether v is a number or a string.
func ordered(v any) bool {
	switch v.(type) {
	case value.Number, string:
		return true
	}
	return false
}

// compare orders two numbers or two strings.
func compare(a, b any) (int, error) {
	if n, ok := a.(value.Number); ok {
		if m, ok := b.(value.Number); ok {
			if n.IsInt() && m.IsInt() {
				return n.Big().Cmp(m.Big()), nil
			}
			return cmp.Compare(n.Float(), m.Float()), nil
		}
	}
	s, isText := a.(string)
	t, bothText := b.(string)
	if !isText || !bothText {
		return 0, errorf("a %s and a %s can't be compared", typeOf(a), typeOf(b))
	}
	return strings.Compare(s, t), nil
}

// less is compare for values that are known to be alike.
func less(a, b any) int {
	order, _ := compare(a, b)
	return order
}

func sorted(args []any) (any, error) {
	list := slices.Clone(arr(args[0]))
	slices.SortStableFunc(list, less)
	return list, nil
}

// extreme returns the greatest item (sign 1) or the least (-1), the first of equals.
func extreme(sign int) func([]any) (any, error) {
	return func(args []any) (any, error) {
		var best any
		for i, v := range arr(args[0]) {
			if i == 0 || sign*less(v, best) > 0 {
				best = v
			}
		}
		return best, nil
	}
}

// sortKeys searches the key of each item of a list. All must be numbers or all
// strings.
func sortKeys(name string, args []any) ([]any, error) {
	list := arr(args[0])
	ref, _ := args[1].(reference)
	found := make([]any, len(list))
	for i, v := range list {
		var err error
		if found[i], err = ref.to.search(v); err != nil {
			return nil, err
		}
		if !ordered(found[i]) || typeOf(found[i]) != typeOf(found[0]) {
			return nil, typeError(name, found[i], []string{"number", "string"})
		}
	}
	return found, nil
}

func sortBy(args []any) (any, error) {
	keys, err := sortKeys("sort_by", args)
	if err != nil {
		return nil, err
	}
	places := make([]int, len(keys))
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(a, b int) int { return less(keys[a], keys[b]) })
	list := arr(args[0])
	out := make([]any, len(list))
	for i, at := range places {
		out[i] = list[at]
	}
	return out, nil
}

func extremeBy(name string, sign int) func([]any) (any, error) {
	return func(args []any) (any, error) {
		keys, err := sortKeys(name, args)
		if err != nil {
			return nil, err
		}
		var best any
		at := -1
		for i, v := range arr(args[0]) {
			if at < 0 || sign*less(keys[i], keys[at]) > 0 {
				best, at = v, i
			}
		}
		return best, nil
	}
}
