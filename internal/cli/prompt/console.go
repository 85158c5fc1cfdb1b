package prompt

import (
	"context"
	"io"
	"os"
	"sync"
)

// Converse keeps a line to type in at the bottom of the terminal, below the lines
// that come from shown. What is entered goes to entered. It returns nil when ctx
// is over, and ErrLeft when the user leaves.
func Converse(ctx context.Context, in *os.File, out io.Writer, sign string, shown <-chan string, entered chan<- string) error {
	t, err := openTerminal(in, out)
	if err != nil {
		return err
	}
	err = t.converse(ctx, &console{edit: newEditor(""), sign: sign}, shown, entered)
	if closing := t.close(); err == nil {
		err = closing
	}
	return err
}

// A console is the line being typed and those typed before.
type console struct {
	edit *editor
	sign string
	past []string
	at   int // in past, counted from its end; 0 is the new line
}

// press does what a key means. Done says that the line is entered, left that the
// user goes.
func (c *console) press(k key) (done, left bool) {
	switch k.kind {
	case keyLeave:
		return false, true
	case keyEnter:
		return true, false
	case keyUp, keyDown:
		if k.kind == keyUp {
			c.at = min(c.at+1, len(c.past))
		} else {
			c.at = max(c.at-1, 0)
		}
		c.edit = newEditor("")
		if c.at > 0 {
			c.edit = newEditor(c.past[len(c.past)-c.at])
		}
	default:
		c.edit.press(k)
	}
	return false, false
}

// take does what the keys of text mean and says whether the user goes.
func (c *console) take(ctx context.Context, text string, entered chan<- string) (left bool) {
	for _, k := range keys(text) {
		done, left := c.press(k)
		if left {
			return true
		}
		if done {
			select {
			case entered <- c.entered():
			case <-ctx.Done():
			}
		}
	}
	return false
}

// entered returns the line and begins a new one.
func (c *console) entered() string {
	line := c.edit.text()
	c.past, c.at, c.edit = append(c.past, line), 0, newEditor("")
	return line
}

// view draws the line; a cursor stands for itself.
func (c *console) view() string {
	cursor, rest := " ", []rune(c.edit.after())
	if len(rest) > 0 {
		cursor, rest = string(rest[0]), rest[1:]
	}
	return c.sign + c.edit.before() + reverse + cursor + normal + string(rest)
}

func (t *terminal) converse(ctx context.Context, c *console, shown <-chan string, entered chan<- string) error {
	ctx, cancel := context.WithCancel(ctx)
	var reader sync.WaitGroup
	defer reader.Wait()
	defer cancel()
	typed := make(chan string)
	reader.Go(func() { t.read(ctx, typed) })
	for {
		if err := t.show(c.view()); err != nil {
			return err
		}
		select {
		case line := <-shown:
			if err := t.show(line + "\n"); err != nil {
				return err
			}
			t.above = 0
		case text, ok := <-typed:
			if !ok {
				return ErrLeft
			}
			if c.take(ctx, text, entered) {
				return t.leave()
			}
		case <-ctx.Done():
			return t.show("")
		}
	}
}

func (t *terminal) leave() error {
	if err := t.show(""); err != nil {
		return err
	}
	return ErrLeft
}
