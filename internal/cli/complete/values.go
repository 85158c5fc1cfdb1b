package complete

import (
	"os"
	"path/filepath"
	"strings"

	"parlor/api"
)

// values lists what an option may be set to.
func (c *Completer) values(op *api.Operation, option, word string) []Choice {
	if strings.HasPrefix(word, "file://") || strings.HasPrefix(word, "fileb://") {
		return files(word)
	}
	if option == "--query" && op != nil {
		return queryMembers(op, word)
	}
	for _, g := range c.Globals {
		if g.Name == option && g.Choices != nil {
			return choices(g.Choices)
		}
	}
	if option == skeleton {
		return choices([]string{"input", "yaml-input", "output"})
	}
	if c.Values != nil {
		if list := c.Values(option); list != nil {
			return choices(list)
		}
	}
	m := member(op, option)
	if m == nil {
		return nil
	}
	shape := m.Shape
	if shape.Kind == api.List {
		shape = shape.Elem
	}
	switch {
	case shape.Enum != nil:
		return choices(shape.Enum)
	case shape.Kind == api.Structure || shape.Kind == api.Union:
		return shorthand(shape, word)
	case c.Fetch != nil && shape.Pattern != "" && shape.Pattern != "name":
		return choices(c.Fetch(shape.Pattern))
	case c.Fetch != nil && m.Name == "name" && !strings.HasPrefix(op.Name, "Create"):
		return choices(c.Fetch("names"))
	}
	return nil
}

func choices(words []string) []Choice {
	list := make([]Choice, len(words))
	for i, w := range words {
		list[i] = Choice{Text: w}
	}
	return list
}

// shorthand continues a shorthand value: the members not named yet, or the words
// that a member may be.
func shorthand(s *api.Shape, word string) []Choice {
	at := strings.LastIndexAny(word, ",{") + 1
	done, part := word[:at], word[at:]
	key, _, inValue := strings.Cut(part, "=")
	var list []Choice
	for _, m := range s.Members {
		switch {
		case inValue && m.Name == key:
			for _, e := range m.Shape.Enum {
				list = append(list, Choice{done + key + "=" + e, m.Doc})
			}
			if m.Shape.Kind == api.Structure {
				for _, inner := range m.Shape.Members {
					list = append(list, Choice{done + key + "={" + inner.Name + "=", inner.Doc})
				}
			}
		case !inValue && !strings.Contains(done, m.Name+"="):
			list = append(list, Choice{done + m.Name + "=", m.Doc})
		}
	}
	return list
}

// queryMembers continues a query with the members that the answer has at its end.
func queryMembers(op *api.Operation, word string) []Choice {
	at := strings.LastIndexFunc(word, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) + 1
	shape := op.Output()
	if at > 0 && word[at-1] == '.' {
		path := word[:at-1]
		if i := strings.LastIndexAny(path, " ,({|"); i >= 0 {
			path = path[i+1:]
		}
		for name := range strings.SplitSeq(path, ".") {
			name, _, _ = strings.Cut(name, "[")
			m, ok := shape.Member(name)
			if !ok {
				return nil
			}
			if shape = m.Shape; shape.Kind == api.List {
				shape = shape.Elem
			}
		}
	}
	var list []Choice
	for _, m := range shape.Members {
		list = append(list, Choice{word[:at] + m.Name, m.Doc})
	}
	return list
}

// files lists the files that a file:// path may go on to.
func files(word string) []Choice {
	scheme, path, _ := strings.Cut(word, "://")
	dir, prefix := filepath.Split(path)
	read := dir
	if read == "" {
		read = "."
	}
	entries, err := os.ReadDir(read)
	if err != nil {
		return nil
	}
	var list []Choice
	for _, e := range entries {
		if name := e.Name(); strings.HasPrefix(name, prefix) {
			if e.IsDir() {
				name += "/"
			}
			list = append(list, Choice{Text: scheme + "://" + dir + name})
		}
	}
	return list
}
