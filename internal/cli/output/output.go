// Package output prints an operation's answer as the AWS CLI does, in one of its
// formats: json, text, table, yaml, yaml-stream and off.
package output

import (
	"io"

	"parlor/internal/cli/value"
)

// Formats lists the words that --output takes.
func Formats() []string {
	return []string{"json", "text", "table", "yaml", "yaml-stream", "off"}
}

// Config says how an answer is printed.
type Config struct {
	Format string
	Title  string // of a table: the operation's name
	Color  bool   // of a table
	Direct bool   // the terminal is written to without a pager: colours are reset after each write
	Width  int    // columns of the terminal; 0: 80
}

// Write prints v.
func Write(w io.Writer, v any, cfg Config) error {
	if m, ok := v.(*value.Map); ok && m.Len() == 0 {
		return nil
	}
	switch cfg.Format {
	case "json":
		_, err := io.WriteString(w, value.JSON(v, value.Style{Indent: true})+"\n")
		return err
	case "text":
		return writeText(w, v)
	case "table":
		return writeTable(w, v, cfg)
	case "yaml":
		if value.Scalar(v) {
			_, err := io.WriteString(w, value.JSON(v, value.Style{})+"\n")
			return err
		}
		return writeYAML(w, v)
	case "yaml-stream":
		return writeYAML(w, []any{v})
	case "off":
		return nil
	}
	return problemf("Unknown output type: %s", cfg.Format)
}
