package server

import (
	"os/exec"
	"strings"
	"testing"
)

// The lines to paste call this program wherever it is.
func TestPasteCallsThisProgram(t *testing.T) {
	for _, program := range []string{"parlor", "bin/parlor", "/opt/my programs/parlor", "/opt/it's/$HOME/parlor"} {
		var out strings.Builder
		if err := (paste{program: program, room: "ROOM"}).write(&out); err != nil {
			t.Fatal(err)
		}
		_, line, _ := strings.Cut(out.String(), "# Parlor's own")
		_, line, _ = strings.Cut(line, "\n")
		word, _, _ := strings.Cut(line, " create-chat-token")
		got, err := exec.CommandContext(t.Context(), "sh", "-c", "printf %s "+word).Output()
		if err != nil || string(got) != program {
			t.Errorf("a shell reads %s as %q, %v, want %q", word, got, err, program)
		}
	}
}
