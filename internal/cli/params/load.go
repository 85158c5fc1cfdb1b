package params

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"parlor/internal/cli/value"
)

// A Loader reads the files that parameters name.
type Loader struct {
	Expand   func(path string) string // puts in ~ and $VAR
	Stdin    io.Reader
	Encoding string // of text files; "" is UTF-8
}

// load returns what word stands for: the text of file://path, the bytes of
// fileb://path, or word itself.
func (l *Loader) load(option, word string) (v any, fromFile bool, err error) {
	if path, ok := strings.CutPrefix(word, "file://"); ok {
		path = l.Expand(path)
		b, err := l.read(path)
		if err != nil {
			return nil, false, unloadable(option, word, path, err)
		}
		text, err := decode(l.Encoding, b)
		if errors.Is(err, errUndecodable) {
			return nil, false, parseError(option, "Unable to load paramfile (%s), text contents could not be decoded.  "+
				"If this is a binary file, please use the fileb:// prefix instead of the file:// prefix.", path)
		}
		if err != nil {
			return nil, false, err
		}
		text = strings.ReplaceAll(text, "\r\n", "\n")
		return strings.ReplaceAll(text, "\r", "\n"), true, nil
	}
	if path, ok := strings.CutPrefix(word, "fileb://"); ok {
		path = l.Expand(path)
		b, err := l.read(path)
		if err != nil {
			return nil, false, unloadable(option, word, path, err)
		}
		return b, true, nil
	}
	return word, false, nil
}

func (l *Loader) read(path string) ([]byte, error) {
	if path == "/dev/stdin" && l.Stdin != nil {
		return io.ReadAll(l.Stdin)
	}
	return os.ReadFile(filepath.Clean(path))
}

// unloadable says why a file can't be read, in Python's words.
func unloadable(option, word, path string, err error) error {
	reason := err.Error()
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		text := errno.Error()
		reason = fmt.Sprintf("[Errno %d] %s: %s", int(errno), strings.ToUpper(text[:1])+text[1:], value.Repr(path))
	} else if p, ok := errors.AsType[*fs.PathError](err); ok {
		reason = p.Err.Error()
	}
	return parseError(option, "Unable to load paramfile %s: %s", word, reason)
}

// The options that take a whole document.
const (
	InputJSON = "--cli-input-json"
	InputYAML = "--cli-input-yaml"
)

// Document reads the value of InputJSON or InputYAML: the text itself, a file,
// or - for the standard input.
func (l *Loader) Document(option, word string) (*value.Map, error) {
	if word == "-" {
		word = "file:///dev/stdin"
	}
	loaded, _, err := l.load(option, word)
	if err != nil {
		return nil, err
	}
	var text string
	switch loaded := loaded.(type) {
	case []byte:
		text = string(loaded)
	case string:
		text = loaded
	}
	read, name := value.Parse, "JSON"
	if option == InputYAML {
		read, name = parseYAML, "YAML"
	}
	v, err := read(text)
	if err != nil {
		return nil, parseError(strings.TrimPrefix(option, "--"), "Invalid %s received.", name)
	}
	m, ok := v.(*value.Map)
	if !ok {
		return nil, parseError(option, "Invalid type: expecting map, received %s", value.Class(v))
	}
	return m, nil
}
