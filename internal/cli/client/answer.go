package client

import (
	"net/http"
	"strconv"
	"strings"

	"parlor/api"
	"parlor/internal/cli/value"
)

// answer reads the members that op's output has from text, in the model's order.
// What is no JSON is an empty answer.
func (c *Client) answer(op *api.Operation, text string) (*value.Map, error) {
	v, _ := value.Parse(text)
	if v == nil {
		return value.NewMap(), nil
	}
	m, ok := v.(*value.Map)
	if !ok {
		return nil, misshapen(op.Output(), v)
	}
	return c.structure(op.Output(), m)
}

func (c *Client) structure(shape *api.Shape, m *value.Map) (*value.Map, error) {
	if shape.Kind == api.Union {
		if other, err := union(shape, m); other != nil || err != nil {
			return other, err
		}
	}
	out := value.NewMap()
	for _, member := range shape.Members {
		v, _ := m.Get(member.Name)
		if v == nil {
			continue
		}
		shown, err := c.show(member.Shape, v)
		if err != nil {
			return nil, err
		}
		out.Set(member.Name, shown)
	}
	return out, nil
}

// union checks that exactly one member is set; one that nobody knows is shown by
// its name alone.
func union(shape *api.Shape, m *value.Map) (*value.Map, error) {
	var set []string
	for k, v := range m.All() {
		if v != nil && k != "__type" {
			set = append(set, k)
		}
	}
	if len(set) != 1 {
		return nil, problemf("Invalid service response: %s must have one and only one member set.", shape.Name)
	}
	if _, known := shape.Member(set[0]); known {
		return nil, nil
	}
	return value.NewMap("SDK_UNKNOWN_MEMBER", value.NewMap("name", set[0])), nil
}

// show reads one value; null stays. A scalar's type is taken as it comes.
func (c *Client) show(shape *api.Shape, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	m, isMap := v.(*value.Map)
	switch shape.Kind {
	case api.Structure, api.Union:
		if isMap {
			return c.structure(shape, m)
		}
		return nil, misshapen(shape, v)
	case api.Map:
		if isMap {
			return c.pairs(shape, m)
		}
		return nil, misshapen(shape, v)
	case api.List:
		if list, ok := elements(v); ok {
			return c.list(shape, list)
		}
		return nil, problemf("Invalid service response: %s must be a list, not %s.", shape.Name, value.Class(v))
	case api.Timestamps:
		if !c.wire {
			return timestamp(v)
		}
	case api.String, api.Integer:
	}
	return v, nil
}

func (c *Client) pairs(shape *api.Shape, m *value.Map) (any, error) {
	out := value.NewMap()
	for k, item := range m.All() {
		shown, err := c.show(shape.Elem, item)
		if err != nil {
			return nil, err
		}
		out.Set(k, shown)
	}
	return out, nil
}

func (c *Client) list(shape *api.Shape, list []any) (any, error) {
	out := make([]any, len(list))
	for i, item := range list {
		shown, err := c.show(shape.Elem, item)
		if err != nil {
			return nil, err
		}
		out[i] = shown
	}
	return out, nil
}

// elements returns what Python would find in v: of a map the keys, of a text the
// characters.
func elements(v any) ([]any, bool) {
	list := []any{}
	switch v := v.(type) {
	case []any:
		return v, true
	case *value.Map:
		for k := range v.All() {
			list = append(list, k)
		}
		return list, true
	case string:
		for _, c := range v {
			list = append(list, string(c))
		}
		return list, true
	}
	return nil, false
}

// misshapen says that v is nothing that members could be read from.
func misshapen(shape *api.Shape, v any) error {
	return problemf("Invalid service response: %s must be a map, not %s.", shape.Name, value.Class(v))
}

// refusal reads an error answer: the code from a header or the body, cut to the
// bare name, and the message.
func refusal(op *api.Operation, resp *http.Response, text []byte) *ServiceError {
	e := &ServiceError{Code: strconv.Itoa(resp.StatusCode), Operation: op.Name, Retries: -1, Body: value.NewMap()}
	if resp.StatusCode >= http.StatusInternalServerError && (len(text) == 0 || strings.HasPrefix(strings.TrimSpace(string(text)), "<html>")) {
		e.Message = http.StatusText(resp.StatusCode)
		if _, reason, ok := strings.Cut(resp.Status, " "); ok {
			e.Message = reason
		}
		return e
	}
	v, err := value.Parse(string(text))
	m, ok := v.(*value.Map)
	if !ok {
		m = value.NewMap()
		if err != nil {
			e.Message = string(text)
		}
	}
	e.Body = m
	code := resp.Header.Get("X-Amzn-Errortype")
	for _, key := range []string{"code", "Code", "__type"} {
		if code == "" {
			code = m.Text(key)
		}
	}
	if code != "" {
		code, _, _ = strings.Cut(code, ":")
		e.Code = code[strings.LastIndexByte(code, '#')+1:]
	}
	for _, key := range []string{"Message", "message"} {
		if v, ok := m.Get(key); ok {
			e.Message = value.Str(v)
		}
	}
	return e
}
