// Package cluster judges several Parlor processes as one service: real processes, real
// signals, real links that are cut. A checker reads every frame of every client.
package cluster

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// binary is the server under test, built once.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		fmt.Println("cluster tests need server processes: not with -short")
		return
	}
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "parlor-cluster-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if binary = os.Getenv("PARLOR_BINARY"); binary == "" {
		binary = filepath.Join(dir, "parlor")
		if out, err := exec.Command("go", "build", "-o", binary, "parlor/cmd/parlor").CombinedOutput(); err != nil {
			return 0, fmt.Errorf("build the server: %w\n%s", err, out)
		}
	}
	return m.Run(), nil
}
