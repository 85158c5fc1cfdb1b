package iam_test

import (
	"os"
	"strings"
	"testing"

	"parlor/internal/iam"
)

// Every policy and every file in the documentation is one that is taken.
func TestDocumentation(t *testing.T) {
	text, err := os.ReadFile("../../docs/iam.md")
	if err != nil {
		t.Fatal(err)
	}
	policies, files := 0, 0
	for i, block := range strings.Split(string(text), "```json\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		switch {
		case strings.Contains(block, `"users"`):
			files++
			_, err = iam.ParseFile([]byte(block), account)
		case strings.Contains(block, `"Statement"`):
			policies++
			_, err = iam.NewPolicy(account, "p", []byte(block))
		default:
			continue
		}
		if err != nil {
			t.Errorf("block %d: %v", i+1, err)
		}
	}
	if policies < 5 || files != 1 {
		t.Errorf("%d policies, %d files in the documentation", policies, files)
	}
}
