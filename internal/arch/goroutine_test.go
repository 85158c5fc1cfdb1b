package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// shipped yields the Go files of the house that end up in the binary.
func shipped(t *testing.T, each func(path string, file *ast.File, text []byte)) {
	t.Helper()
	for _, dir := range []string{"api", "chat", "cmd", "internal", "web"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if d != nil && d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || d.Name() == "chattest") {
				return filepath.SkipDir
			}
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			name, err := filepath.Rel(root, path)
			each(filepath.ToSlash(name), file, text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// startsGoroutine reports whether a file has a go statement or a WaitGroup's Go.
func startsGoroutine(file *ast.File) bool {
	found := false
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			found = true
		case *ast.CallExpr:
			if sel, ok := n.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Go" && len(n.Args) == 1 {
				found = true
			}
		}
		return !found
	})
	return found
}

// TestGoroutinesAreListed holds the table of goroutines in ARCHITECTURE.md against
// the code: whoever starts one says who waits for it.
func TestGoroutinesAreListed(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(text), "## Goroutines")
	if !ok {
		t.Fatal("ARCHITECTURE.md has no section on goroutines")
	}
	table, _, _ = strings.Cut(table, "\n## ")
	var listed, found []string
	for _, m := range regexp.MustCompile("`((?:api|chat|cmd|internal|web)/[a-z0-9_/]+\\.go)`").FindAllStringSubmatch(table, -1) {
		listed = append(listed, m[1])
	}
	shipped(t, func(path string, file *ast.File, _ []byte) {
		if startsGoroutine(file) {
			found = append(found, path)
		}
	})
	slices.Sort(listed)
	slices.Sort(found)
	if listed, found = slices.Compact(listed), slices.Compact(found); !slices.Equal(listed, found) {
		t.Errorf("ARCHITECTURE.md lists goroutines of\n%s\nthe code starts some in\n%s", strings.Join(listed, "\n"), strings.Join(found, "\n"))
	}
}

// TestMutexesSayWhatTheyGuard looks for the word beside or above each of them.
func TestMutexesSayWhatTheyGuard(t *testing.T) {
	mutex := regexp.MustCompile(`^\s*(var )?\w+\s+sync\.(RW)?Mutex\b`)
	shipped(t, func(path string, _ *ast.File, text []byte) {
		lines := strings.Split(string(text), "\n")
		for i, line := range lines {
			if !mutex.MatchString(line) {
				continue
			}
			said := strings.Join(lines[max(0, i-3):i+1], "\n")
			if !strings.Contains(said, "guard") && !strings.Contains(said, "held") {
				t.Errorf("%s:%d: %s does not say what it guards", path, i+1, strings.TrimSpace(line))
			}
		}
	})
}

// TestSizes keeps every file to a screen or two.
func TestSizes(t *testing.T) {
	shipped(t, func(path string, file *ast.File, text []byte) {
		if n := strings.Count(string(text), "\n"); n > 400 {
			t.Errorf("%s has %d lines, want at most 400", path, n)
		}
		if file.Doc == nil && file.Name.Name != "main" && filepath.Base(path) == file.Name.Name+".go" && !packageDocumented(path) {
			t.Errorf("package %s has no comment", filepath.Dir(path))
		}
	})
}

// packageDocumented reports whether some file of the folder has the package's comment.
func packageDocumented(path string) bool {
	files, _ := filepath.Glob(filepath.Join(root, filepath.Dir(path), "*.go"))
	for _, f := range files {
		file, err := parser.ParseFile(token.NewFileSet(), f, nil, parser.PackageClauseOnly|parser.ParseComments)
		if err == nil && file.Doc != nil {
			return true
		}
	}
	return false
}

// TestDocumentsNameWhatExists looks up every path that the documents give.
func TestDocumentsNameWhatExists(t *testing.T) {
	named := regexp.MustCompile("(?:`|\\]\\()((?:api|chat|cmd|deploy|docs|examples|internal|test|web)/[A-Za-z0-9_./-]*[A-Za-z0-9])(?:`|\\))")
	for _, document := range []string{"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "DIVERGENCES.md"} {
		text, err := os.ReadFile(filepath.Join(root, document))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			if m[1] == "web/dist" {
				continue // made by make
			}
			if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
				t.Errorf("%s names %s, which is not there", document, m[1])
			}
		}
	}
}
