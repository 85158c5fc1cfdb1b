package iam

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// statement is a statement of a policy, ready to be held against a request.
type statement struct {
	sid         string
	deny        bool
	actions     []pattern // in lower case
	notAction   bool      // all actions but these
	resources   []pattern
	notResource bool // all resources but these
	conditions  []condition
}

// denyAll is the statement that denies everything.
func denyAll() []statement {
	all := []pattern{{parts: []part{{kind: many}}}}
	return []statement{{deny: true, actions: all, resources: all}}
}

// applies says whether the statement speaks of the request.
func (s *statement) applies(e *environment) verdict {
	action := no
	for _, p := range s.actions {
		action = max(action, p.matches(e, e.action))
	}
	if s.notAction {
		action = action.not()
	}
	if action == no {
		return no
	}
	resource := no
	for _, p := range s.resources {
		resource = max(resource, p.matches(e, e.resource))
	}
	if s.notResource {
		resource = resource.not()
	}
	result := min(action, resource)
	for i := range s.conditions {
		if result == no {
			return no
		}
		result = min(result, s.conditions[i].holds(e))
	}
	return result
}

// compile reads a statement.
func (g *grammar) compile(variables bool) (s statement, err error) {
	s.sid = g.Sid
	switch g.Effect {
	case "Allow":
	case "Deny":
		s.deny = true
	default:
		return s, fmt.Errorf("effect %q: want Allow or Deny", g.Effect)
	}
	if s.actions, s.notAction, err = either("Action", g.Action, g.NotAction, parseAction); err != nil {
		return s, err
	}
	s.resources, s.notResource, err = either("Resource", g.Resource, g.NotResource, func(text string) (pattern, error) {
		return parseResource(text, variables)
	})
	if err != nil {
		return s, err
	}
	s.conditions, err = parseConditions(g.Condition, variables)
	return s, err
}

// either reads a list or its negation, one of which there must be.
func either(name string, plain, negated list[string], parse func(string) (pattern, error)) ([]pattern, bool, error) {
	texts := plain
	switch {
	case plain != nil && negated != nil:
		return nil, false, fmt.Errorf("both %s and Not%s", name, name)
	case plain == nil && negated == nil:
		return nil, false, fmt.Errorf("neither %s nor Not%s", name, name)
	case negated != nil:
		texts = negated
	}
	if len(texts) == 0 {
		return nil, false, fmt.Errorf("%s is empty", name)
	}
	patterns := make([]pattern, 0, len(texts))
	for _, text := range texts {
		p, err := parse(text)
		if err != nil {
			return nil, false, fmt.Errorf("%s %q: %w", name, text, err)
		}
		patterns = append(patterns, p)
	}
	return patterns, negated != nil, nil
}

// parseAction reads "*" or "service:Name" with wildcards in the name.
func parseAction(text string) (pattern, error) {
	service, name, found := strings.Cut(text, ":")
	if text != "*" && (!found || service == "" || name == "" || strings.ContainsAny(service, "*? $") || strings.ContainsAny(name, ": $")) {
		return pattern{}, errors.New(`want "*" or "service:Name"`)
	}
	return parsePattern(strings.ToLower(text), dialect{wildcards: true})
}

// parseResource reads "*" or an ARN with wildcards and variables.
func parseResource(text string, variables bool) (pattern, error) {
	p, err := parsePattern(text, dialect{wildcards: true, variables: variables, resource: true})
	if err != nil {
		return p, err
	}
	if text == "*" || strings.HasPrefix(text, "arn:") && (colons(p.parts) >= 5 || strings.HasSuffix(text, "*")) {
		return p, nil
	}
	return p, errors.New(`want "*" or an ARN, arn:partition:service:region:account:resource`)
}

// colons counts the colons that stand in a pattern as such.
func colons(parts []part) int {
	n := 0
	for _, p := range parts {
		if p.kind == literal {
			n += strings.Count(p.text, ":")
		}
	}
	return n
}

// sorted returns the keys of a map in their order, so that documents are read,
// and found wrong, always in the same way.
func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
