package complete

import (
	"slices"
	"strings"

	"parlor/api"
)

// iamOperation returns the operation that words begin with, as in iam user add, or nil.
func (c *Completer) iamOperation(words []string) *api.Operation {
	for _, op := range api.IAM() {
		name := strings.Fields(c.Command(op))
		if len(name) > 0 && len(words) >= len(name) && slices.Equal(words[:len(name)], name) {
			return op
		}
	}
	return nil
}

// iamWords lists what can follow iam and the words after it: user, key; add, list. It
// is nil where iam is not the command.
func (c *Completer) iamWords(before []string) []Choice {
	i := slices.Index(before, "iam")
	if i < 0 {
		return nil
	}
	typed := before[i:]
	var list []Choice
	for _, op := range api.IAM() {
		name := strings.Fields(c.Command(op))
		if len(name) <= len(typed) || !slices.Equal(name[:len(typed)], typed) {
			continue
		}
		choice := Choice{Text: name[len(typed)], Doc: op.Doc}
		if len(name) > len(typed)+1 {
			choice.Doc = "Users, keys and policies."
		}
		if !slices.Contains(list, choice) {
			list = append(list, choice)
		}
	}
	return list
}
