package argv

import (
	"fmt"
	"slices"
	"strings"
)

// choiceError says that what is not one of choices, and which come near.
func choiceError(name, what string, choices []string) error {
	text := fmt.Sprintf("argument %s: Found invalid choice '%s'", name, what)
	if near := Near(what, choices); len(near) > 0 {
		text += "\n\nMaybe you meant:\n\n  * " + strings.Join(near, "\n  * ")
	}
	return &UsageError{text + "\n"}
}

// Near returns the up to three choices that are most like word, best first.
func Near(word string, choices []string) []string {
	const cutoff = 0.8
	type scored struct {
		choice string
		score  float64
	}
	var near []scored
	for _, c := range choices {
		if s := likeness(word, c); s >= cutoff {
			near = append(near, scored{c, s})
		}
	}
	slices.SortStableFunc(near, func(a, b scored) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return strings.Compare(b.choice, a.choice)
	})
	var names []string
	for _, n := range near[:min(3, len(near))] {
		names = append(names, n.choice)
	}
	return names
}

// likeness is the share of a and b that lies in common substrings: the longest
// first, then those to the left and right of it.
func likeness(a, b string) float64 {
	if len(a)+len(b) == 0 {
		return 1
	}
	return 2 * float64(common(a, b)) / float64(len(a)+len(b))
}

func common(a, b string) int {
	best, ai, bi := 0, 0, 0
	for i := range len(a) {
		for j := range len(b) {
			n := 0
			for i+n < len(a) && j+n < len(b) && a[i+n] == b[j+n] {
				n++
			}
			if n > best {
				best, ai, bi = n, i, j
			}
		}
	}
	if best == 0 {
		return 0
	}
	return best + common(a[:ai], b[:bi]) + common(a[ai+best:], b[bi+best:])
}
