package complete

import (
	"slices"
	"strings"
)

// Match returns the choices that word may become, those that begin with it before
// those that contain it, and these before those that have its letters in order.
func Match(word string, list []Choice) []Choice {
	type ranked struct {
		Choice
		rank int
	}
	var found []ranked
	for _, c := range list {
		if r := rank(strings.ToLower(word), strings.ToLower(c.Text)); r >= 0 {
			found = append(found, ranked{c, r})
		}
	}
	slices.SortStableFunc(found, func(a, b ranked) int { return a.rank - b.rank })
	out := make([]Choice, len(found))
	for i, f := range found {
		out[i] = f.Choice
	}
	return out
}

// rank says how well text matches word; less is better, and -1 is not at all.
func rank(word, text string) int {
	switch {
	case strings.HasPrefix(text, word):
		return 0
	case strings.Contains(text, word):
		return 1
	}
	rest := text
	for _, r := range word {
		_, after, ok := strings.Cut(rest, string(r))
		if !ok {
			return -1
		}
		rest = after
	}
	return 2
}
