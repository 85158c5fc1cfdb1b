package prompt

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// pollEvery is how often, in milliseconds, a reader looks whether it is over.
const pollEvery = 50

// A terminal is in raw mode and shows one frame in the place of the one before.
type terminal struct {
	in    *os.File
	out   io.Writer
	saved *unix.Termios
	above int // lines of the last frame above the cursor
}

// openTerminal puts the terminal into raw mode.
func openTerminal(in *os.File, out io.Writer) (*terminal, error) {
	saved, err := unix.IoctlGetTermios(int(in.Fd()), getTermios)
	if err != nil {
		return nil, fmt.Errorf("open the terminal: %w", err)
	}
	raw := *saved
	raw.Iflag &^= unix.ICRNL | unix.INLCR | unix.IGNCR | unix.IXON | unix.ISTRIP | unix.BRKINT
	raw.Lflag &^= unix.ECHO | unix.ICANON | unix.ISIG | unix.IEXTEN
	raw.Cc[unix.VMIN], raw.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(int(in.Fd()), setTermios, &raw); err != nil {
		return nil, fmt.Errorf("open the terminal: %w", err)
	}
	return &terminal{in: in, out: out, saved: saved}, nil
}

// close gives the terminal back as it was.
func (t *terminal) close() error {
	return unix.IoctlSetTermios(int(t.in.Fd()), setTermios, t.saved)
}

// width returns the columns of the terminal.
func (t *terminal) width() int {
	size, err := unix.IoctlGetWinsize(int(t.in.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(size.Col)
}

// show draws a frame over the last one.
func (t *terminal) show(frame string) error {
	up := ""
	if t.above > 0 {
		up = fmt.Sprintf("\x1b[%dA", t.above)
	}
	t.above = strings.Count(frame, "\n")
	_, err := io.WriteString(t.out, "\r"+up+"\x1b[J"+strings.ReplaceAll(frame, "\n", "\r\n"))
	return err
}

// read sends what is typed until ctx is over or the terminal is gone.
func (t *terminal) read(ctx context.Context, typed chan<- string) {
	buf := make([]byte, 1024)
	for ctx.Err() == nil {
		if !Readable(t.in) {
			continue
		}
		n, err := t.in.Read(buf)
		if n > 0 {
			select {
			case typed <- string(buf[:n]):
			case <-ctx.Done():
			}
		}
		if err != nil {
			close(typed)
			return
		}
	}
}

// Readable waits a little while for something to read from f, and says whether
// there is, or its end.
func Readable(f *os.File) bool {
	ready := []unix.PollFd{{Fd: int32(f.Fd() & math.MaxInt32), Events: unix.POLLIN}}
	n, err := unix.Poll(ready, pollEvery)
	return n > 0 && err == nil
}

// run lets m have the terminal until it is over.
func (t *terminal) run(ctx context.Context, m *model) error {
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()
	typed, answers := make(chan string), make(chan found)
	workers.Go(func() { t.read(ctx, typed) })
	perform := func(q *question) {
		if q == nil {
			return
		}
		workers.Go(func() {
			select {
			case answers <- m.answer(q):
			case <-ctx.Done():
			}
		})
	}
	perform(m.ask())
	for !m.over {
		m.width = t.width()
		if err := t.show(m.view()); err != nil {
			return err
		}
		select {
		case text, ok := <-typed:
			if !ok {
				return ErrLeft
			}
			for _, k := range keys(text) {
				if !m.over {
					perform(m.press(k))
				}
			}
		case f := <-answers:
			m.take(f)
		case <-ctx.Done():
			return ErrLeft
		}
	}
	return t.show("")
}
