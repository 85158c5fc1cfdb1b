package output

import (
	"slices"

	"parlor/internal/cli/value"
)

func contains(list []string, s string) bool { return slices.Contains(list, s) }

// split returns the keys of m that hold scalars and those that hold more, both
// sorted.
func split(m *value.Map) (scalars, nested []string) {
	for _, k := range m.Sorted() {
		if v, _ := m.Get(k); value.Scalar(v) {
			scalars = append(scalars, k)
		} else {
			nested = append(nested, k)
		}
	}
	return scalars, nested
}

// splitAll is split over all maps of a list.
func splitAll(list []any) (scalars, nested []string) {
	for _, v := range list {
		if m, ok := v.(*value.Map); ok {
			s, n := split(m)
			scalars, nested = append(scalars, s...), append(nested, n...)
		}
	}
	slices.Sort(scalars)
	slices.Sort(nested)
	return slices.Compact(scalars), slices.Compact(nested)
}

// scalarKeys returns the keys under which any map of list holds a scalar.
func scalarKeys(list []any) []string {
	scalars, _ := splitAll(list)
	if scalars == nil {
		return []string{}
	}
	return scalars
}
