// Package query is JMESPath as the AWS CLI's --query has it: the classic
// specification, over documents whose members have an order and whose numbers
// are exact.
//
// The libraries for Go work on map[string]any and float64: the order of members
// would differ from one run to the next, 1.0 would become 1, and an error inside
// a projection would be lost. All of these show in the output or the exit status.
package query

import (
	"parlor/internal/cli/value"
)

// A Query is an expression ready for use.
type Query struct{ root node }

// Compile reads an expression. Its error is a *SyntaxError.
func Compile(expression string) (*Query, error) {
	n, err := parse(expression)
	if err != nil {
		return nil, err
	}
	return &Query{n}, nil
}

// Search returns what the query finds in v.
func (q *Query) Search(v any) (any, error) {
	found, err := q.root.search(v)
	if _, ok := found.(reference); ok {
		return nil, errorf("an expression type is no value to show")
	}
	return found, err
}

// A node is a part of an expression.
type node interface {
	search(v any) (any, error)
}

type (
	identity  struct{}
	literal   struct{ value any }
	field     struct{ name string }
	index     struct{ n value.Number }
	slice     struct{ parts [3]*value.Number }
	chain     struct{ left, right node }
	or        struct{ left, right node }
	and       struct{ left, right node }
	not       struct{ of node }
	reference struct{ to node }
	flatten   struct{ of node }
	multiList []node
	multiHash []pair
	pair      struct {
		key  string
		node node
	}
	projection      struct{ left, right node }
	valueProjection struct{ left, right node }
	filter          struct{ left, right, condition node }
	comparison      struct {
		op          kind
		left, right node
	}
	call struct {
		name string
		args []node
	}
)

func (identity) search(v any) (any, error)  { return v, nil }
func (l literal) search(any) (any, error)   { return l.value, nil }
func (r reference) search(any) (any, error) { return r, nil }

func (f field) search(v any) (any, error) {
	if m, ok := v.(*value.Map); ok {
		found, _ := m.Get(f.name)
		return found, nil
	}
	return nil, nil
}

func (c chain) search(v any) (any, error) {
	left, err := c.left.search(v)
	if err != nil {
		return nil, err
	}
	return c.right.search(left)
}

func (o or) search(v any) (any, error) {
	left, err := o.left.search(v)
	if err != nil || !isFalse(left) {
		return left, err
	}
	return o.right.search(v)
}

func (a and) search(v any) (any, error) {
	left, err := a.left.search(v)
	if err != nil || isFalse(left) {
		return left, err
	}
	return a.right.search(v)
}

func (n not) search(v any) (any, error) {
	of, err := n.of.search(v)
	if number, ok := of.(value.Number); ok && number.IsInt() {
		return false, err // 0 counts as true
	}
	return !value.Truthy(of), err
}

// isFalse is JMESPath's notion of false, to which zero does not belong.
func isFalse(v any) bool {
	if _, ok := v.(value.Number); ok {
		return false
	}
	return !value.Truthy(v)
}

func (i index) search(v any) (any, error) {
	list, ok := v.([]any)
	n := i.n.Big()
	if !ok || !n.IsInt64() {
		return nil, nil
	}
	at := n.Int64()
	if at < 0 {
		at += int64(len(list))
	}
	if at < 0 || at >= int64(len(list)) {
		return nil, nil
	}
	return list[at], nil
}

func (s slice) search(v any) (any, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, nil
	}
	n := len(list)
	step := bound(s.parts[2], 1, n)
	if step == 0 {
		return nil, errorf("slice step cannot be zero")
	}
	from, to := 0, n
	if step < 0 {
		from, to = n-1, -1
	}
	from, to = s.clamp(0, from, n, step), s.clamp(1, to, n, step)
	out := []any{}
	for i := from; step > 0 && i < to || step < 0 && i > to; i += step {
		out = append(out, list[i])
	}
	return out, nil
}

// clamp returns a part of the slice as an index into a list of n.
func (s slice) clamp(part, otherwise, n, step int) int {
	if s.parts[part] == nil {
		return otherwise
	}
	i := bound(s.parts[part], 0, n)
	if i < 0 {
		i += n
	}
	if step < 0 {
		return min(max(i, -1), n-1)
	}
	return min(max(i, 0), n)
}

// bound returns a part of a slice as an int, no further from zero than matters
// for a list of n.
func bound(part *value.Number, otherwise, n int) int {
	if part == nil {
		return otherwise
	}
	b := part.Big()
	if b.IsInt64() {
		return int(max(min(b.Int64(), int64(2*n+1)), int64(-2*n-1)))
	}
	return b.Sign() * (2*n + 1)
}

func (f flatten) search(v any) (any, error) {
	of, err := f.of.search(v)
	list, ok := of.([]any)
	if err != nil || !ok {
		return nil, err
	}
	out := []any{}
	for _, item := range list {
		if inner, ok := item.([]any); ok {
			out = append(out, inner...)
		} else {
			out = append(out, item)
		}
	}
	return out, nil
}

func (l multiList) search(v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	out := make([]any, len(l))
	for i, n := range l {
		found, err := n.search(v)
		if err != nil {
			return nil, err
		}
		out[i] = found
	}
	return out, nil
}

func (h multiHash) search(v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	out := value.NewMap()
	for _, p := range h {
		found, err := p.node.search(v)
		if err != nil {
			return nil, err
		}
		out.Set(p.key, found)
	}
	return out, nil
}

// project searches each item and leaves out what is null.
func project(items []any, n node) (any, error) {
	out := []any{}
	for _, item := range items {
		found, err := n.search(item)
		if err != nil {
			return nil, err
		}
		if found != nil {
			out = append(out, found)
		}
	}
	return out, nil
}

func (p projection) search(v any) (any, error) {
	left, err := p.left.search(v)
	list, ok := left.([]any)
	if err != nil || !ok {
		return nil, err
	}
	return project(list, p.right)
}

func (p valueProjection) search(v any) (any, error) {
	left, err := p.left.search(v)
	m, ok := left.(*value.Map)
	if err != nil || !ok {
		return nil, err
	}
	return project(values(m), p.right)
}

func (f filter) search(v any) (any, error) {
	left, err := f.left.search(v)
	list, ok := left.([]any)
	if err != nil || !ok {
		return nil, err
	}
	var kept []any
	for _, item := range list {
		found, err := f.condition.search(item)
		if err != nil {
			return nil, err
		}
		if !isFalse(found) {
			kept = append(kept, item)
		}
	}
	return project(kept, f.right)
}

func (c comparison) search(v any) (any, error) {
	left, err := c.left.search(v)
	if err != nil {
		return nil, err
	}
	right, err := c.right.search(v)
	if err != nil {
		return nil, err
	}
	switch c.op {
	case tokEQ:
		return value.Equal(left, right), nil
	case tokNE:
		return !value.Equal(left, right), nil
	default:
	}
	if !ordered(left) || !ordered(right) {
		return nil, nil
	}
	order, err := compare(left, right)
	if err != nil {
		return nil, err
	}
	switch c.op {
	case tokLT:
		return order < 0, nil
	case tokLTE:
		return order <= 0, nil
	case tokGT:
		return order > 0, nil
	default:
		return order >= 0, nil
	}
}
