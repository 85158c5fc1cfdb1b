package params

import (
	"strings"

	"parlor/api"
	"parlor/internal/cli/value"
)

// Skeleton returns an input with every member that shape has, for somebody to
// fill in.
func Skeleton(shape *api.Shape) any {
	switch shape.Kind {
	case api.Structure, api.Union:
		m := value.NewMap()
		for _, member := range shape.Members {
			m.Set(member.Name, Skeleton(member.Shape))
		}
		return m
	case api.Map:
		return value.NewMap("KeyName", Skeleton(shape.Elem))
	case api.List:
		return []any{Skeleton(shape.Elem)}
	case api.Integer:
		return value.Int(0)
	case api.String, api.Timestamps:
	}
	if len(shape.Enum) > 0 {
		return shape.Enum[0]
	}
	return ""
}

// SkeletonYAML returns the same as YAML with a comment for each member.
func SkeletonYAML(shape *api.Shape) string {
	var b strings.Builder
	skeletonMembers(&b, shape, "")
	return b.String()
}

func skeletonMembers(b *strings.Builder, shape *api.Shape, indent string) {
	for i, m := range shape.Members {
		b.WriteString(indent + m.Name + ":")
		inner := ""
		switch m.Shape.Kind {
		case api.String:
			b.WriteString(" " + skeletonScalar(m.Shape))
		case api.Integer:
			b.WriteString(" 0")
		case api.List:
			inner = indent + "- " + skeletonScalar(m.Shape.Elem) + "\n"
		case api.Map:
			inner = indent + "  KeyName: " + skeletonScalar(m.Shape.Elem) + "\n"
		case api.Structure, api.Union:
			var nested strings.Builder
			skeletonMembers(&nested, m.Shape, indent+"  ")
			inner = nested.String()
		case api.Timestamps:
		}
		if i == 0 {
			b.WriteByte(' ') // the first member's comment stands further off
		}
		b.WriteString(" # " + comment(&m) + "\n" + inner)
	}
}

func skeletonScalar(shape *api.Shape) string {
	if len(shape.Enum) > 0 {
		return shape.Enum[0]
	}
	return "''"
}

func comment(m *api.Member) string {
	text := m.Doc
	if m.Required {
		text = "[REQUIRED] " + text
	}
	if len(m.Shape.Enum) > 0 {
		text += " Valid values are: " + strings.Join(m.Shape.Enum, ", ") + "."
	}
	return text
}

// Sample returns an output as shape describes it, with values that are valid:
// texts are their member's name, made long enough, numbers the least allowed, and
// of a union only the first member is there. Times have no zone.
func Sample(shape *api.Shape) any { return sample(shape, "") }

func sample(shape *api.Shape, name string) any {
	switch shape.Kind {
	case api.Structure, api.Union:
		m := value.NewMap()
		for _, member := range shape.Members {
			m.Set(member.Name, sample(member.Shape, member.Name))
			if shape.Kind == api.Union {
				break
			}
		}
		return m
	case api.Map:
		return value.NewMap("KeyName", sample(shape.Elem, ""))
	case api.List:
		return []any{sample(shape.Elem, shape.Elem.Name)}
	case api.Integer:
		return value.Int(shape.Min)
	case api.Timestamps:
		return value.Date{Text: "1970-01-01 00:00:00", Time: true}
	case api.String:
	}
	if len(shape.Enum) > 0 {
		return shape.Enum[0]
	}
	return name + strings.Repeat("-", max(0, shape.Min-len(name)))
}
