package awsconf

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A file is the sections of one file; keys are lower case.
type file map[string]map[string]string

var errSyntax = errors.New("not a configuration file")

// parseINI reads text by the rules of Python's configparser: comments have a line of their own,
// indented lines continue a value, and nothing may be said twice.
func parseINI(text string) (file, error) {
	if !utf8.ValidString(text) {
		return nil, errSyntax
	}
	p := iniParser{file: file{}}
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if err := p.line(line); err != nil {
			return nil, err
		}
	}
	for _, section := range p.file {
		for k, v := range section {
			section[k] = strings.TrimRightFunc(v, unicode.IsSpace)
		}
	}
	inherit(p.file)
	return p.file, nil
}

// inherit gives every section what [DEFAULT], which is none itself, has and it
// has not.
func inherit(f file) {
	shared := f["DEFAULT"]
	delete(f, "DEFAULT")
	for _, section := range f {
		for k, v := range shared {
			if _, ok := section[k]; !ok {
				section[k] = v
			}
		}
	}
}

// An iniParser is between two lines.
type iniParser struct {
	file    file
	section map[string]string // the current one, nil before the first
	key     string            // the current one, "" after a section's head
	indent  int               // of the line that the key stood on
}

func (p *iniParser) line(line string) error {
	trimmed := strings.TrimSpace(line)
	if trimmed == "" {
		if p.key != "" {
			p.section[p.key] += "\n"
		}
		return nil
	}
	if trimmed[0] == '#' || trimmed[0] == ';' {
		return nil
	}
	indent := len(line) - len(strings.TrimLeftFunc(line, unicode.IsSpace))
	if p.key != "" && indent > p.indent {
		p.section[p.key] += "\n" + trimmed
		return nil
	}
	p.indent = indent
	if end := strings.LastIndexByte(trimmed, ']'); trimmed[0] == '[' && end > 1 {
		name := trimmed[1:end]
		if p.file[name] != nil {
			return errSyntax
		}
		p.section, p.key = map[string]string{}, ""
		p.file[name] = p.section
		return nil
	}
	i := strings.IndexAny(trimmed, "=:")
	if p.section == nil || i <= 0 {
		return errSyntax
	}
	p.key = strings.ToLower(strings.TrimSpace(trimmed[:i]))
	if _, twice := p.section[p.key]; twice {
		return errSyntax
	}
	p.section[p.key] = strings.TrimSpace(trimmed[i+1:])
	return nil
}

// nested reads a value that begins with a line break: key = value lines.
func nested(text string) (map[string]string, error) {
	m := map[string]string{}
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			return nil, errSyntax
		}
		m[strings.TrimSpace(key)] = strings.TrimSpace(value)
	}
	return m, nil
}
