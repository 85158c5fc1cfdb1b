package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"go.yaml.in/yaml/v4"
)

// A Loaded configuration knows where its values came from.
type Loaded struct {
	Config

	options []*Option
}

// Load reads the configuration from the file named by --config or PARLOR_CONFIG, the
// environment and args, the later the stronger, and checks the whole. environ lists
// the environment as os.Environ does.
func Load(args, environ []string) (*Loaded, error) {
	l := &Loaded{}
	l.options = options(&l.Config)
	flags, file, err := l.parseFlags(args)
	if err != nil {
		return nil, err
	}
	for _, o := range l.options {
		if o.Default != "" {
			if err := o.set(o.Default, "default"); err != nil {
				return nil, err
			}
		}
	}
	env, envFile, err := l.parseEnv(environ)
	if err != nil {
		return nil, err
	}
	if file == "" {
		file = envFile
	}
	return l, errors.Join(l.readFile(file), l.apply(env, "environment"), l.apply(flags, "flag"), l.finish())
}

// fileOption names the file: a flag and a variable, but no option of the file itself.
const fileOption = "config"

// A setting is a value that was found but not yet applied.
type setting struct{ name, value string }

// parseFlags reads --name value, --name=value and bare --switch.
func (l *Loaded) parseFlags(args []string) (found []setting, file string, err error) {
	for len(args) > 0 {
		word, isFlag := strings.CutPrefix(args[0], "--")
		args = args[1:]
		if !isFlag {
			return nil, "", fmt.Errorf("%q is not a flag: flags begin with --", word)
		}
		name, value, joined := strings.Cut(word, "=")
		o := l.find(name)
		switch {
		case o == nil && name != fileOption:
			return nil, "", l.unknown("flag", "--"+name, name, (*Option).flag)
		case joined:
		case o != nil && o.Bool():
			value = "true"
		case len(args) == 0:
			return nil, "", fmt.Errorf("flag --%s needs a value", name)
		default:
			value, args = args[0], args[1:]
		}
		if o == nil {
			file = value
			continue
		}
		found = append(found, setting{name, value})
	}
	return found, file, nil
}

// parseEnv picks the variables that begin with PARLOR_.
func (l *Loaded) parseEnv(environ []string) (found []setting, file string, err error) {
	for _, entry := range environ {
		key, value, _ := strings.Cut(entry, "=")
		word, ours := strings.CutPrefix(key, "PARLOR_")
		if !ours {
			continue
		}
		name := strings.ToLower(strings.ReplaceAll(word, "_", "-"))
		switch {
		case name == fileOption:
			file = value
		case l.find(name) == nil:
			return nil, "", l.unknown("variable", key, name, (*Option).env)
		default:
			found = append(found, setting{name, value})
		}
	}
	return found, file, nil
}

// readFile reads a YAML file of name: value. Lists and maps may be written as YAML's own.
func (l *Loaded) readFile(path string) error {
	if path == "" {
		return nil
	}
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return fmt.Errorf("configuration file: %w", err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return fmt.Errorf("configuration file %s: %w", path, err)
	}
	if len(doc.Content) == 0 {
		return nil
	}
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode {
		return fmt.Errorf("configuration file %s: want a map of option: value", path)
	}
	for i := 0; i+1 < len(top.Content); i += 2 {
		if err := l.fromFile(top.Content[i].Value, top.Content[i+1]); err != nil {
			return fmt.Errorf("configuration file %s, line %d: %w", path, top.Content[i].Line, err)
		}
	}
	return nil
}

// fromFile sets one option to what the file says.
func (l *Loaded) fromFile(name string, value *yaml.Node) error {
	o := l.find(name)
	if o == nil {
		return l.unknown("option", name, name, (*Option).key)
	}
	if o.Source == "file" {
		return fmt.Errorf("%s is there twice", name)
	}
	text, err := flat(value)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return o.set(text, "file")
}

// flat writes a YAML value as a flag would have it. A map becomes JSON, since its
// values may hold commas.
func flat(n *yaml.Node) (string, error) {
	if n.Kind == yaml.SequenceNode {
		var list []string
		err := n.Decode(&list)
		return strings.Join(list, ","), err
	}
	if n.Kind == yaml.MappingNode {
		var m map[string]string
		if err := n.Decode(&m); err != nil {
			return "", err
		}
		text, err := json.Marshal(m)
		return string(text), err
	}
	var text string // "" for null
	err := n.Decode(&text)
	return text, err
}

// apply sets what was found.
func (l *Loaded) apply(found []setting, source string) error {
	for _, s := range found {
		if err := l.find(s.name).set(s.value, source); err != nil {
			return err
		}
	}
	return nil
}

// find returns the option called name, or nil.
func (l *Loaded) find(name string) *Option {
	for _, o := range l.options {
		if o.Name == name {
			return o
		}
	}
	return nil
}

// unknown says that word, a flag, variable or key of the file, names no option, and
// which one may have been meant, spelled as it would have to be there.
func (l *Loaded) unknown(what, word, name string, spell func(*Option) string) error {
	var best *Option
	distance := len(name)/2 + 1
	for _, o := range l.options {
		if d := editDistance(name, o.Name); d < distance {
			best, distance = o, d
		}
	}
	if best == nil {
		return fmt.Errorf("unknown %s %s", what, word)
	}
	return fmt.Errorf("unknown %s %s; did you mean %s?", what, word, spell(best))
}

// editDistance counts the letters to insert, delete or replace to turn a into b.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

// Print writes what is in force and where each value came from, secrets hidden.
func (l *Loaded) Print(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(tw, "OPTION\tVALUE\tFROM") // the writer below keeps the first error
	for _, o := range l.options {
		_, _ = fmt.Fprintf(tw, "%s\t%s\t%s\n", o.Name, o, o.Source)
	}
	return tw.Flush()
}

// Usage writes the options, their defaults and what they are for.
func Usage(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, o := range options(&Config{}) {
		name := o.Name
		if o.Default != "" {
			name += "=" + o.Default
		}
		_, _ = fmt.Fprintf(tw, "  --%s\t%s\n", name, o.Help)
	}
	_, _ = fmt.Fprintf(tw, "  --%s\t%s\n", fileOption, "YAML file of option: value")
	return tw.Flush()
}
