package complete_test

import (
	"slices"
	"strings"
	"testing"

	"parlor/api"
	"parlor/internal/cli/argv"
	"parlor/internal/cli/complete"
)

func completer() *complete.Completer {
	return &complete.Completer{
		Commands: map[string]string{"chat": "Talk."},
		Command: func(op *api.Operation) string {
			return map[string]string{"CreateChatToken": "create-chat-token", "UpdateRoom": "update-room", "CreateLoggingConfiguration": "log", "ListRooms": "list-rooms"}[op.Name]
		},
		Globals: []argv.Option{
			{Name: "--debug", Arity: argv.None},
			{Name: "--output", Choices: []string{"json", "text"}},
			{Name: "--query"},
			{Name: "--profile"},
		},
		Values: func(option string) []string {
			return map[string][]string{"--profile": {"default", "prod"}}[option]
		},
		Fetch: func(what string) []string { return []string{"<" + what + ">"} },
	}
}

func TestComplete(t *testing.T) {
	for _, tt := range []struct {
		line  string
		first []string // the choices it begins with
	}{
		{"cr", []string{"create-chat-token"}},
		{"chat", []string{"chat", "create-chat-token"}},
		{"--deb", []string{"--debug"}},
		{"create-chat-token ", []string{"--room-identifier", "--user-id", "--capabilities"}},
		{"create-chat-token --user-id u ", []string{"--room-identifier", "--capabilities"}},
		{"create-chat-token --room-identifier ", []string{"<room>"}},
		{"create-chat-token --capabilities SEND_MESSAGE D", []string{"DELETE_MESSAGE", "DISCONNECT_USER"}},
		{"create-chat-token --capa", []string{"--capabilities"}},
		{"create-chat-token --output ", []string{"json", "text"}},
		{"--profile p", []string{"prod"}},
		{"--profile prod create", []string{"create-chat-token"}},
		{"update-room --name ", []string{"<names>"}},
		{"update-room --message-review-handler uri=x,", []string{"uri=x,fallbackResult="}},
		{"update-room --message-review-handler fallbackResult=", []string{"fallbackResult=ALLOW", "fallbackResult=DENY"}},
		{"log --destination-configuration s3", []string{"s3="}},
		{"log --destination-configuration s3=", []string{"s3={bucketName="}},
		{"list-rooms --query ", []string{"rooms", "nextToken"}},
		{"list-rooms --query rooms[].na", []string{"rooms[].name"}},
		{"update-room --generate-cli-skeleton y", []string{"yaml-input"}},
		{"update-room --cli-input-json file://comp", []string{"file://complete.go", "file://complete_test.go"}},
		{"create-chat-token --user-id 'a b", nil},
	} {
		start, got := completer().Complete(tt.line)
		var texts []string
		for _, c := range got {
			texts = append(texts, c.Text)
		}
		if len(texts) < len(tt.first) || !slices.Equal(texts[:len(tt.first)], tt.first) || tt.first == nil && texts != nil {
			t.Errorf("Complete(%q) = %q, want %q first", tt.line, texts, tt.first)
		}
		if strings.ContainsAny(tt.line[start:], " \t") {
			t.Errorf("Complete(%q) begins at %d", tt.line, start)
		}
	}
}

func TestScript(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if !strings.Contains(complete.Script(shell), "parlor complete") {
			t.Errorf("Script(%s) = %q", shell, complete.Script(shell))
		}
	}
	// zsh knows compdef only when compinit has run.
	zsh := complete.Script("zsh")
	start, use := strings.Index(zsh, "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }\n"), strings.Index(zsh, "compdef _parlor parlor\n")
	if start < 0 || use < start {
		t.Errorf("zsh's script doesn't see to it that there is a compdef: %s", zsh)
	}
	if complete.Script("tcsh") != "" {
		t.Error("there is a script for tcsh")
	}
}
