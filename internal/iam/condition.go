package iam

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// quantifier is how a condition treats the several values of a key.
type quantifier int8

const (
	single quantifier = iota
	forAll            // ForAllValues:
	forAny            // ForAnyValue:
)

// condition is one key of one operator, with the values it is held against.
type condition struct {
	key        string
	operator   operator
	quantifier quantifier
	ifExists   bool
	tests      []test
}

// holds says whether the condition is met. What is asked of a key that this
// service never knows has no answer.
func (c *condition) holds(e *environment) verdict {
	a := e.attribute(c.key)
	switch {
	case a.state == unsupported:
		return unknown
	case c.operator.null:
		return c.any(e, strconv.FormatBool(a.state == absent))
	case a.state == absent:
		return c.without()
	case a.list == nil:
		return c.one(e, a.text)
	}
	switch c.quantifier {
	case forAll:
		result := yes
		for _, v := range a.list {
			result = min(result, c.one(e, v))
		}
		return result
	case forAny:
		result := no
		for _, v := range a.list {
			result = max(result, c.one(e, v))
		}
		return result
	case single:
		if len(a.list) == 1 {
			return c.one(e, a.list[0])
		}
	}
	return unknown // AWS asks for a quantifier here, and does not say what happens without
}

// without is the verdict on a request that does not have the key.
func (c *condition) without() verdict {
	switch {
	case c.ifExists || c.quantifier == forAll:
		return yes
	case c.quantifier == forAny:
		return no
	}
	return truth(c.operator.negated)
}

// one holds one value of the request against all of the condition's.
func (c *condition) one(e *environment, value string) verdict {
	if c.operator.negated {
		return c.any(e, value).not()
	}
	return c.any(e, value)
}

// any says whether one of the condition's values fits the request's.
func (c *condition) any(e *environment, value string) verdict {
	result := no
	for _, t := range c.tests {
		result = max(result, t(e, value))
	}
	return result
}

// parseConditions reads the Condition of a statement.
func parseConditions(operators map[string]map[string]list[scalar], variables bool) ([]condition, error) {
	var conditions []condition
	for _, name := range sorted(operators) {
		if len(operators[name]) == 0 {
			return nil, fmt.Errorf("condition %s: no key", name)
		}
		for _, key := range sorted(operators[name]) {
			c, err := parseCondition(name, key, operators[name][key], variables)
			if err != nil {
				return nil, fmt.Errorf("condition %s %s: %w", name, key, err)
			}
			conditions = append(conditions, c)
		}
	}
	return conditions, nil
}

// parseCondition reads one key of one operator.
func parseCondition(name, key string, values list[scalar], variables bool) (c condition, err error) {
	if rest, ok := strings.CutPrefix(name, "ForAllValues:"); ok {
		c.quantifier, name = forAll, rest
	} else if rest, ok := strings.CutPrefix(name, "ForAnyValue:"); ok {
		c.quantifier, name = forAny, rest
	}
	name, c.ifExists = strings.CutSuffix(name, "IfExists")
	var known bool
	if c.operator, known = lookupOperator(name); !known {
		return c, errors.New("unknown operator")
	}
	if c.operator.null && (c.ifExists || c.quantifier != single) {
		return c, errors.New("operator Null takes neither a quantifier nor IfExists")
	}
	if c.key, err = parseKey(key); err != nil {
		return c, err
	}
	if len(values) == 0 {
		return c, errors.New("no value")
	}
	for _, v := range values {
		t, err := c.operator.compile(string(v), variables)
		if err != nil {
			return c, fmt.Errorf("value %q: %w", v, err)
		}
		c.tests = append(c.tests, t)
	}
	return c, nil
}
