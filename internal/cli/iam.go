package cli

import (
	"fmt"
	"slices"
	"strings"

	"parlor/api"
	"parlor/internal/cli/argv"
)

// iam runs "parlor iam user add" and its like: the operations of api.IAM, by what
// they are about and what they do to it. They take the options, documents and
// output formats that all operations take.
func (a *app) iam(inv *invocation, words []string) error {
	nouns := argv.Parser{Word: "subject", Choices: []string{"help", "key", "policy", "simulate", "user"}}
	noun, err := nouns.Parse(words)
	if err != nil {
		return err
	}
	switch noun.Word {
	case "help":
		return a.iamHelp()
	case "simulate":
		return a.operation(inv, api.Simulate.Operation, noun.Rest)
	}
	verbs := argv.Parser{Word: "deed", Choices: iamVerbs(noun.Word)}
	verb, err := verbs.Parse(noun.Rest)
	if err != nil {
		return err
	}
	if verb.Word == "help" {
		return a.iamHelp()
	}
	for _, op := range api.IAM() {
		if iamCommand(op.Name) == noun.Word+" "+verb.Word {
			return a.operation(inv, op, verb.Rest)
		}
	}
	return fmt.Errorf("no operation for %s %s", noun.Word, verb.Word)
}

// iamCommand is the words of an operation: ListPolicies is "policy list".
func iamCommand(name string) string {
	for _, verb := range []string{"Add", "List", "Remove", "Rotate", "Update"} {
		noun, ok := strings.CutPrefix(name, verb)
		if !ok {
			continue
		}
		noun = strings.ToLower(noun)
		if stem, ok := strings.CutSuffix(noun, "ies"); ok {
			noun = stem + "y"
		}
		return strings.TrimSuffix(noun, "s") + " " + strings.ToLower(verb)
	}
	return strings.ToLower(name)
}

// iamVerbs lists what can be done to a noun.
func iamVerbs(noun string) []string {
	verbs := []string{"help"}
	for _, op := range api.IAM() {
		if verb, ok := strings.CutPrefix(iamCommand(op.Name), noun+" "); ok {
			verbs = append(verbs, verb)
		}
	}
	slices.Sort(verbs)
	return verbs
}

// iamHelp lists the commands.
func (a *app) iamHelp() error {
	var b strings.Builder
	b.WriteString("parlor iam manages the users, keys and policies of a running server.\n\n")
	var lines []string
	for _, op := range api.IAM() {
		lines = append(lines, fmt.Sprintf("  parlor iam %-14s %s\n", iamCommand(op.Name), op.Doc))
	}
	slices.Sort(lines)
	b.WriteString(strings.Join(lines, ""))
	b.WriteString("\nEach takes help, as in parlor iam user add help. docs/iam.md has examples.\n")
	_, err := a.stdout.Write([]byte(b.String()))
	return err
}
