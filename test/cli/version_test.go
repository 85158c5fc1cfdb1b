package cli_test

import (
	"strings"
	"testing"

	"parlor/chat"
	"parlor/internal/cli"
)

// TestVersion: the command line and the server are one release.
func TestVersion(t *testing.T) {
	var out strings.Builder
	none := func(string) (string, bool) { return "", false }
	for _, word := range []string{"version", "--version"} {
		out.Reset()
		if code := cli.Run(t.Context(), []string{word}, none, strings.NewReader(""), &out, &out); code != 0 {
			t.Errorf("%s: exit status %d", word, code)
		}
		if !strings.HasPrefix(out.String(), "parlor/"+chat.Version+" ") {
			t.Errorf("%s says %s, want %s", word, out.String(), chat.Version)
		}
	}
}
