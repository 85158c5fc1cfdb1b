// Package arch holds the drawing of the house against the house.
package arch

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// layers is the drawing in ARCHITECTURE.md: an import points to a lower layer, or to
// a package below the importer's own folder.
var layers = map[string]int{
	"cmd/parlor": 5,

	"internal/server": 4, "internal/cli": 4,

	"internal/control": 3, "internal/messaging": 3,

	"internal/room": 2, "internal/token": 2, "internal/iam": 2, "internal/quota": 2,
	"internal/review": 2, "internal/chatlog": 2, "internal/cluster": 2,

	"api": 1, "internal/sigv4": 1, "internal/ws": 1, "internal/loop": 1, "internal/config": 1,
	"internal/metric": 1, "internal/local": 1, "internal/cloud": 1, "web": 1,

	"chat": 0,
}

// alone names the packages that may use nothing but the standard library and Parlor.
var alone = []string{"chat", "internal/sigv4", "internal/ws", "internal/loop", "internal/room"}

// owners is the table of dependencies in ARCHITECTURE.md: which packages may speak to a
// foreign world. There is no other.
var owners = map[string][]string{
	"github.com/nats-io/":               {"internal/cluster"},
	"github.com/aws/":                   {"internal/chatlog", "internal/review", "internal/cloud", "internal/cli", "examples/backend"},
	"github.com/prometheus/":            {"internal/metric"},
	"github.com/klauspost/compress/":    {"internal/chatlog", "internal/cluster"},
	"github.com/go-json-experiment/":    {"internal/control", "internal/iam", "internal/quota"},
	"go.yaml.in/yaml/":                  {"internal/config", "internal/cli"},
	"github.com/coder/websocket":        {"internal/cli"},
	"golang.org/x/text/":                {"internal/cli"},
	"golang.org/x/crypto/acme/autocert": {"internal/server"},
	"golang.org/x/sys/":                 {"internal/cluster", "internal/cli"},
}

type pkg struct {
	ImportPath string
	Imports    []string
}

// packages lists Parlor's own packages with what their shipped code imports.
func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "parlor/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var list []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

// room finds the room of the house that a package stands in: itself or a folder above it.
func room(path string) string {
	for path != "" {
		if _, ok := layers[path]; ok {
			return path
		}
		i := strings.LastIndexByte(path, '/')
		path = path[:max(i, 0)]
	}
	return ""
}

// TestArrowsPointDown holds every import against the drawing.
func TestArrowsPointDown(t *testing.T) {
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, "parlor/")
		if strings.HasPrefix(from, "test/") || strings.HasPrefix(from, "examples/") || strings.HasPrefix(from, "internal/chattest") || from == "internal/arch" || from == "docs" {
			continue // they stand outside the house and may look at all of it
		}
		if room(from) == "" {
			t.Errorf("%s is in no layer of the drawing", from)
			continue
		}
		for _, imported := range p.Imports {
			to, ours := strings.CutPrefix(imported, "parlor/")
			if !ours || room(to) == room(from) {
				continue
			}
			if to == "internal/chattest" || layers[room(from)] <= layers[room(to)] {
				t.Errorf("%s imports %s: arrows point down only", from, to)
			}
		}
	}
}

// TestForeignWorldsHaveOneDoor keeps NATS, AWS and the others behind their owners.
func TestForeignWorldsHaveOneDoor(t *testing.T) {
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, "parlor/")
		if strings.HasPrefix(from, "test/") {
			continue
		}
		for _, imported := range p.Imports {
			if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
				continue // the standard library's, or ours
			}
			if under(from, alone) {
				t.Errorf("%s imports %s: it stands on the standard library alone", from, imported)
			}
			if may := ownersOf(imported); !under(from, may) {
				t.Errorf("%s imports %s: only %v may", from, imported, may)
			}
		}
	}
}

// ownersOf returns the packages that may import path; none if nobody may.
func ownersOf(path string) []string {
	for world, may := range owners {
		if strings.HasPrefix(path, world) {
			return may
		}
	}
	return nil
}

func under(path string, folders []string) bool {
	for _, f := range folders {
		if path == f || strings.HasPrefix(path, f+"/") {
			return true
		}
	}
	return false
}
