// Package docs holds the documentation against the code it speaks of.
package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// proof is a test as the checklist names it: package and function.
var proof = regexp.MustCompile("`([a-z0-9/]+)\\.(Test[A-Za-z0-9_]+)`")

// promised is how many lines the checklist must have.
const promised = 65

func TestChecklist(t *testing.T) {
	text, err := os.ReadFile("checklist.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]map[string]bool{} // by package
	proven := map[int]bool{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 {
			continue
		}
		item, err := strconv.Atoi(strings.TrimSpace(cells[1]))
		if err != nil {
			continue // the table's head
		}
		if proven[item] {
			t.Errorf("item %d stands twice", item)
		}
		for _, p := range proof.FindAllStringSubmatch(line, -1) {
			if tests[p[1]] == nil {
				tests[p[1]] = testsOf(t, filepath.Join("..", p[1]))
			}
			if !tests[p[1]][p[2]] {
				t.Errorf("item %d: there is no test %s in %s", item, p[2], p[1])
			}
			proven[item] = true
		}
		if !proven[item] {
			t.Errorf("item %d names no test", item)
		}
	}
	for item := 1; item <= promised; item++ {
		if !proven[item] {
			t.Errorf("item %d is missing", item)
		}
	}
}

// testsOf lists the test functions of a package.
func testsOf(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s has no tests: %v", dir, err)
	}
	names := map[string]bool{}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
				names[fn.Name.Name] = true
			}
		}
	}
	return names
}
