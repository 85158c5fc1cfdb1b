package server

import (
	_ "embed"
	"io"
	"strings"
)

//go:embed paste.txt
var pasteText string

// A paste is what a development server prints: where it is, who may use it, and
// lines that work as they stand.
type paste struct {
	version string
	http    string // http://host:port of the service
	admin   string // the same of the admin listener
	room    string // ARN of the demo room
	region  string
	program string // how to call this program again
}

// write fills the text in.
func (p paste) write(w io.Writer) error {
	_, err := strings.NewReplacer(
		"{{version}}", p.version,
		"{{http}}", p.http,
		"{{ws}}", "ws"+strings.TrimPrefix(p.http, "http"),
		"{{admin}}", p.admin,
		"{{key}}", DevAccessKey,
		"{{secret}}", DevSecretKey,
		"{{account}}", DevAccount,
		"{{region}}", p.region,
		"{{room}}", p.room,
		"{{parlor}}", quoted(p.program),
	).WriteString(w, pasteText)
	return err
}

// quoted is s as one word of a shell.
func quoted(s string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+:@%"
	if s != "" && strings.Trim(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
