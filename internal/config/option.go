package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An Option is one field of Config with its tags read and where its value came from.
type Option struct {
	Name    string
	Help    string
	Default string
	Secret  bool
	Source  string // "default", "file", "environment", "flag"

	field reflect.Value
}

// options lists the fields of c in their order.
func options(c *Config) []*Option {
	v := reflect.ValueOf(c).Elem()
	var list []*Option
	for f, field := range v.Fields() {
		if tag := f.Tag; tag.Get("name") != "-" {
			list = append(list, &Option{
				Name: tag.Get("name"), Help: tag.Get("help"), Default: tag.Get("default"),
				Secret: tag.Get("secret") != "", Source: "default", field: field,
			})
		}
	}
	return list
}

// flag returns the name of the option as a flag.
func (o *Option) flag() string { return "--" + o.Name }

// key returns the name of the option in a file.
func (o *Option) key() string { return o.Name }

// env returns the name of the option in the environment.
func (o *Option) env() string {
	return "PARLOR_" + strings.ToUpper(strings.ReplaceAll(o.Name, "-", "_"))
}

// Bool reports whether the option is a switch, which as a flag needs no value.
func (o *Option) Bool() bool { return o.field.Kind() == reflect.Bool }

// set reads text into the option's field.
func (o *Option) set(text, source string) error {
	var err error
	switch field := o.field.Addr().Interface().(type) {
	case *string:
		*field = text
	case *bool:
		*field, err = strconv.ParseBool(text)
	case *int:
		*field, err = strconv.Atoi(text)
	case *time.Duration:
		*field, err = time.ParseDuration(text)
	case *[]string:
		*field = words(text)
	case *map[string]string:
		*field, err = pairs(text)
	}
	if err != nil {
		return fmt.Errorf("%s (from the %s): %q is not a %s", o.Name, source, text, o.kind())
	}
	o.Source = source
	return nil
}

func (o *Option) kind() string {
	switch o.field.Interface().(type) {
	case bool:
		return "true or false"
	case int:
		return "whole number"
	case time.Duration:
		return "duration such as 200ms or 5m"
	case map[string]string:
		return "list of name=value"
	}
	return "text"
}

// words splits a list at commas and drops blanks around its items.
func words(text string) []string {
	var list []string
	for w := range strings.SplitSeq(text, ",") {
		if w = strings.TrimSpace(w); w != "" {
			list = append(list, w)
		}
	}
	return list
}

// pairs reads name=value,name=value, or a JSON object. A name may hold colons and
// slashes, as ARNs do; the first = ends it.
func pairs(text string) (map[string]string, error) {
	m := map[string]string{}
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		return m, json.Unmarshal([]byte(text), &m)
	}
	for _, w := range words(text) {
		k, v, ok := strings.Cut(w, "=")
		if !ok {
			return nil, strconv.ErrSyntax
		}
		m[strings.TrimSpace(k)] = strings.TrimSpace(v)
	}
	return m, nil
}

// String returns the option's value as `parlor config` shows it: secrets hidden.
func (o *Option) String() string {
	if o.Secret && !o.field.IsZero() {
		return Secret
	}
	switch v := o.field.Interface().(type) {
	case []string:
		shown := make([]string, len(v))
		for i, item := range v {
			shown[i] = withoutUser(item)
		}
		return strings.Join(shown, ",")
	case map[string]string:
		var list []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			list = append(list, k+"="+v[k])
		}
		return strings.Join(list, ",")
	default:
		return fmt.Sprint(v)
	}
}

// withoutUser hides the user and password, or the token, that may stand in a URL.
func withoutUser(text string) string {
	scheme, rest, isURL := strings.Cut(text, "://")
	at := strings.LastIndexByte(rest, '@')
	if !isURL || at < 0 {
		return text
	}
	return scheme + "://" + Secret + rest[at:]
}
