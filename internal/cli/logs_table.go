package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"parlor/internal/chatlog"
)

// write writes one record.
func (c *logsCommand) write(w io.Writer, l chatlog.Line) error {
	if !c.table {
		_, err := fmt.Fprintf(w, "%s\n", l.Raw)
		return err
	}
	var p struct {
		Content    string
		EventName  string
		Attributes map[string]string
		Sender     struct{ UserID string }
	}
	if err := json.Unmarshal(l.Payload, &p); err != nil {
		return fmt.Errorf("record of room %s: %w", l.Room, err)
	}
	who, what := p.Sender.UserID, p.Content
	if l.Type == chatlog.TypeEvent {
		who, what = p.EventName, attributes(p.Attributes)
	}
	_, err := fmt.Fprintf(w, "%-24s  %-12s  %-7s  %-20s  %s\n",
		l.At.UTC().Format("2006-01-02T15:04:05.000Z"), printable(l.Room), printable(l.Type), printable(who), printable(what))
	return err
}

// attributes shows an event's attributes on one line.
func attributes(m map[string]string) string {
	words := make([]string, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		words = append(words, k+"="+strconv.Quote(m[k]))
	}
	return strings.Join(words, " ")
}

// printable replaces what would move the cursor or colour the terminal: members of a
// room choose these texts.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return '\ufffd'
		}
		return r
	}, s)
}
