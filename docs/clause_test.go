package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Clauses as comments name them, and as the page has them.
var (
	named  = regexp.MustCompile(`([a-z-]+\.md) §(\d+(?:\.\d+)?)(?: items?\s+(?://\s+)?(\d+))?`)
	clause = regexp.MustCompile(`(?m)^##+ (\d+(?:\.\d+)?)\.? `)
	item   = regexp.MustCompile(`(?m)^(\d+)\. `)
)

// Every clause that a comment names stands in behaviour.md, and no comment names a page
// that isn't here.
func TestClauses(t *testing.T) {
	page, err := os.ReadFile("behaviour.md")
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, m := range clause.FindAllStringSubmatch(string(page), -1) {
		there[m[1]] = true
	}
	for _, m := range item.FindAllStringSubmatch(string(page), -1) {
		there["0 item "+m[1]] = true
	}
	found := 0
	err = filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
			return filepath.SkipDir
		}
		if err != nil || !strings.HasSuffix(path, ".go") || path == filepath.Join("..", "docs", "clause_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			found++
			what := m[2]
			if m[3] != "" {
				what += " item " + m[3]
			}
			if m[1] != "behaviour.md" || !there[what] {
				t.Errorf("%s names %s §%s, which is not there", path, m[1], what)
			}
		}
		return err
	})
	if err != nil || found < 100 {
		t.Errorf("%d clauses are named, %v", found, err)
	}
}
