package complete_test

import (
	"slices"
	"testing"

	"parlor/api"
	"parlor/internal/cli/complete"
)

func TestCompleteIAM(t *testing.T) {
	c := &complete.Completer{
		Commands: map[string]string{"iam": "Manage users."},
		Command: func(op *api.Operation) string {
			return map[string]string{"AddUser": "iam user add", "ListUsers": "iam user list", "AddKey": "iam key add", "Simulate": "iam simulate"}[op.Name]
		},
		Values: func(string) []string { return nil },
	}
	for _, tt := range []struct {
		line string
		want []string // choices that there must be
		most int      // choices that there may be; 0: any number
	}{
		{"ia", []string{"iam"}, 0},
		{"iam ", []string{"user", "key", "simulate"}, 3},
		{"iam us", []string{"user"}, 1},
		{"iam user ", []string{"add", "list"}, 2},
		{"iam user add --n", []string{"--name"}, 0},
		{"iam key add --", []string{"--user", "--life-seconds"}, 0},
		{"iam simulate --act", []string{"--action"}, 0},
	} {
		_, got := c.Complete(tt.line)
		var texts []string
		for _, choice := range got {
			texts = append(texts, choice.Text)
		}
		for _, w := range tt.want {
			if !slices.Contains(texts, w) {
				t.Errorf("Complete(%q) = %q, want %q among them", tt.line, texts, w)
			}
		}
		if tt.most > 0 && len(texts) > tt.most {
			t.Errorf("Complete(%q) = %q", tt.line, texts)
		}
	}
}
