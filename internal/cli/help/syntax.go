package help

import (
	"maps"
	"slices"
	"strings"

	"parlor/api"
)

func sorted(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

func kindName(s *api.Shape) string {
	switch s.Kind {
	case api.Integer:
		return "integer"
	case api.Timestamps:
		return "timestamp"
	case api.List:
		return "list"
	case api.Map:
		return "map"
	case api.Structure:
		return "structure"
	case api.Union:
		return "tagged union structure"
	case api.String:
	}
	return "string"
}

func memberNames(s *api.Shape) []string {
	var names []string
	for _, m := range s.Members {
		names = append(names, m.Name)
	}
	return names
}

// shorthand shows how a map or a structure is written in shorthand.
func shorthand(s *api.Shape) string {
	switch s.Kind {
	case api.Map:
		elem := shorthand(s.Elem)
		return "KeyName1=" + elem + ",KeyName2=" + elem
	case api.Structure, api.Union:
		var parts []string
		for _, m := range s.Members {
			inner := shorthand(m.Shape)
			if m.Shape.Kind == api.Structure || m.Shape.Kind == api.Union {
				inner = "{" + inner + "}"
			}
			parts = append(parts, m.Name+"="+inner)
		}
		return strings.Join(parts, ",")
	case api.String, api.Integer, api.List, api.Timestamps:
	}
	return kindName(s)
}

// jsonSyntax shows how a value is written in JSON.
func jsonSyntax(s *api.Shape, indent string) string {
	switch s.Kind {
	case api.Map:
		return "{" + jsonSyntax(s.Key, indent) + ": " + jsonSyntax(s.Elem, indent) + "\n" + indent + "  ...}"
	case api.List:
		return "[" + jsonSyntax(s.Elem, indent) + ", ...]"
	case api.Structure, api.Union:
		var parts []string
		for _, m := range s.Members {
			parts = append(parts, indent+"  \""+m.Name+"\": "+jsonSyntax(m.Shape, indent+"  "))
		}
		return "{\n" + strings.Join(parts, ",\n") + "\n" + indent + "}"
	case api.Integer:
		return "integer"
	case api.String, api.Timestamps:
	}
	if len(s.Enum) > 0 {
		return `"` + strings.Join(s.Enum, `"|"`) + `"`
	}
	return `"string"`
}
