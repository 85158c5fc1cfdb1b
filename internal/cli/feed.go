package cli

import (
	"context"
	"io"
	"os"
	"strings"

	"parlor/internal/cli/prompt"
)

// feed sends the lines of r, and closes lines at its end. A file is read only when
// there is something in it, so that feed can end with ctx.
func feed(ctx context.Context, r io.Reader, lines chan<- string) {
	defer close(lines)
	buf := make([]byte, 4096)
	rest := ""
	for ctx.Err() == nil {
		if f, ok := r.(*os.File); ok {
			if !prompt.Readable(f) {
				continue
			}
		}
		n, err := r.Read(buf)
		rest += string(buf[:n])
		for {
			line, after, ok := strings.Cut(rest, "\n")
			if !ok {
				break
			}
			rest = after
			if !send(ctx, lines, line) {
				return
			}
		}
		if err != nil {
			if rest != "" {
				send(ctx, lines, rest)
			}
			return
		}
	}
}

func send(ctx context.Context, lines chan<- string, line string) bool {
	select {
	case lines <- line:
		return true
	case <-ctx.Done():
		return false
	}
}
