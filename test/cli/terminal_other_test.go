//go:build !linux

package cli_test

import (
	"os/exec"
	"testing"
)

func runInTerminal(t *testing.T, _ *exec.Cmd, _ *ttySpec) string {
	t.Helper()
	t.Fatal("this test opens terminals as Linux does")
	return ""
}
