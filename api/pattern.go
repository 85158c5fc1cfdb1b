package api

import (
	"strings"

	"parlor/chat"
)

// Expression returns the regular expression that a named pattern stands for, as
// error messages and help pages show it.
func Expression(pattern string) string {
	switch pattern {
	case "room":
		return "^arn:aws:ivschat:[a-z0-9-]+:[0-9]+:room/[a-zA-Z0-9-]+$"
	case "logging":
		return "^arn:aws:ivschat:[a-z0-9-]+:[0-9]+:logging-configuration/[a-zA-Z0-9-]+$"
	case "resource":
		return "^arn:aws:ivschat:[a-z0-9-]+:[0-9]+:[a-z-]+/[a-zA-Z0-9-]+$"
	case "name":
		return "^[a-zA-Z0-9-_]*$"
	case "lambda":
		return "^$|^arn:aws:lambda:[a-z0-9-]+:[0-9]{12}:function:.+"
	case "id":
		return "^[a-zA-Z0-9]+$"
	case "bucket":
		return "^[a-z0-9-.]+$"
	case "group":
		return `^[\.\-_/#A-Za-z0-9]+$`
	case "stream":
		return "^[a-zA-Z0-9_.-]+$"
	case "account":
		return "^[0-9]{12}$"
	case "principal":
		return "^[a-zA-Z0-9+=,.@_-]+$"
	}
	return ""
}

// matches reports whether s has the form of the named pattern. It is the
// expression above, said without a regular expression: every request passes here.
func matches(pattern, s string) bool {
	switch pattern {
	case "room":
		arn, err := chat.ParseARN(s)
		return err == nil && arn.Kind == chat.KindRoom
	case "logging":
		arn, err := chat.ParseARN(s)
		return err == nil && arn.Kind == chat.KindLogging
	case "resource":
		_, err := chat.ParseARN(s)
		return err == nil
	case "name":
		return letters(s, "-_", true)
	case "lambda":
		return s == "" || lambdaARN(s)
	case "id":
		return s != "" && letters(s, "", true)
	case "bucket":
		return s != "" && letters(s, "-.", false)
	case "group":
		return s != "" && letters(s, ".-_/#", true)
	case "stream":
		return s != "" && letters(s, "_.-", true)
	case "account":
		return chat.ValidAccount(s)
	case "principal":
		return s != "" && letters(s, "+=,.@_-", true)
	}
	return true
}

// letters reports whether s is made of digits, small letters, capitals if upper,
// and the characters of extra.
func letters(s, extra string, upper bool) bool {
	for i := range len(s) {
		c := s[i]
		ok := 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || upper && 'A' <= c && c <= 'Z'
		if !ok && strings.IndexByte(extra, c) < 0 {
			return false
		}
	}
	return true
}

// lambdaARN reports whether s names a Lambda function, with or without a version or alias.
func lambdaARN(s string) bool {
	rest, ok := strings.CutPrefix(s, "arn:aws:lambda:")
	region, rest, ok1 := strings.Cut(rest, ":")
	account, rest, ok2 := strings.Cut(rest, ":")
	name, ok3 := strings.CutPrefix(rest, "function:")
	if !ok || !ok1 || !ok2 || !ok3 || region == "" || name == "" {
		return false
	}
	return letters(region, "-", false) && chat.ValidAccount(account) && !strings.ContainsAny(name, "\r\n")
}
