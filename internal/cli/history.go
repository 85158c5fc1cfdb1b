package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
)

// maxHistory is how many lines of the prompt are kept.
const maxHistory = 500

// The file of the history, as the AWS CLI's prompt has it but in our folder.
type historyFile struct {
	Version  int      `json:"version"`
	Commands []string `json:"commands"`
}

func (a *app) historyPath() string { return a.env.Expand("~/.parlor/prompt_history.json") }

// history returns the lines that were entered before, oldest first.
func (a *app) history() []string {
	text, err := os.ReadFile(filepath.Clean(a.historyPath()))
	if err != nil {
		return nil
	}
	var f historyFile
	if json.Unmarshal(text, &f) != nil {
		return nil
	}
	return f.Commands
}

// remember adds line to the history. That it can't is no reason not to run it.
func (a *app) remember(history []string, line string) {
	if n := len(history); n > 0 && history[n-1] == line {
		return
	}
	history = append(history, line)
	text, err := json.Marshal(historyFile{1, history[max(0, len(history)-maxHistory):]})
	if err != nil || os.MkdirAll(filepath.Dir(a.historyPath()), 0o700) != nil {
		return
	}
	_ = os.WriteFile(a.historyPath(), text, 0o600)
}
