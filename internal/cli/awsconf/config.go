// Package awsconf reads what the AWS CLI is configured with: the environment, the
// configuration and credentials files, and the profile that is chosen among them.
package awsconf

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// An Env looks up an environment variable, as os.LookupEnv does.
type Env func(key string) (string, bool)

// Get returns a variable, or "".
func (e Env) Get(key string) string {
	v, _ := e(key)
	return v
}

// First returns the first of the variables that is set.
func (e Env) First(keys ...string) (string, bool) {
	for _, k := range keys {
		if v, ok := e(k); ok {
			return v, true
		}
	}
	return "", false
}

// Expand puts the home directory and variables into a path.
func (e Env) Expand(path string) string {
	if home, ok := e("HOME"); ok && (path == "~" || strings.HasPrefix(path, "~/")) {
		path = home + path[1:]
	}
	return os.Expand(path, func(name string) string {
		if v, ok := e(name); ok {
			return v
		}
		return "$" + name // an unknown variable stays as it is
	})
}

// A Config is the two files, read, and the profile chosen.
type Config struct {
	Env     Env
	Profile string // the profile's name; "" if none was asked for
	Given   bool   // the profile was named on the command line
	Empty   bool   // neither file is there

	missing     bool              // the profile named is in neither file
	values      map[string]string // the profile's, from the configuration file
	credentials map[string]string // the same from the credentials file
	profiles    file              // all that the configuration file has
	secrets     file              // all that the credentials file has
	services    file
}

// Load reads the files and chooses the profile: flag, if not "", or what the
// environment names.
func Load(env Env, flag string) (*Config, error) {
	c := &Config{Env: env, Profile: flag, Given: flag != ""}
	named := c.Given
	if !named {
		c.Profile, named = env.First("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
	}
	conf, confThere, err := readFile(path(env, "AWS_CONFIG_FILE", "~/.aws/config"))
	if err != nil {
		return nil, err
	}
	cred, credThere, err := readFile(path(env, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"))
	if err != nil {
		return nil, err
	}
	c.Empty = !confThere && !credThere
	c.profiles, c.secrets = profilesOf(conf), cred
	c.services = file{}
	for name, values := range conf {
		if kind, rest := sectionName(name); kind == "services" {
			c.services[rest] = values
		}
	}
	name := "default"
	if named {
		name = c.Profile // also if it is empty: then there is no such profile
	}
	c.values, c.credentials = c.profiles[name], c.secrets[name]
	c.missing = named && c.values == nil && c.credentials == nil
	return c, nil
}

// In returns the configuration with another profile chosen, and whether there is one.
func (c *Config) In(profile string) (*Config, bool) {
	other := *c
	other.Profile, other.values, other.credentials = profile, c.profiles[profile], c.secrets[profile]
	return &other, other.values != nil || other.credentials != nil
}

// Check says whether the profile that was asked for is there. Until a call is made
// nobody needs to know.
func (c *Config) Check() error {
	if c.missing {
		return problemf("The config profile (%s) could not be found", c.Profile)
	}
	return nil
}

// profilesOf returns the profiles of a configuration file by their bare names.
func profilesOf(conf file) file {
	profiles := file{}
	for _, name := range slices.Sorted(maps.Keys(conf)) { // [profile default] comes after [default]
		if kind, rest := sectionName(name); name == "default" {
			profiles[name] = conf[name]
		} else if kind == "profile" {
			profiles[rest] = conf[name]
		}
	}
	return profiles
}

// Profiles lists the names of all profiles, for completion.
func Profiles(env Env) []string {
	conf, _, err := readFile(path(env, "AWS_CONFIG_FILE", "~/.aws/config"))
	cred, _, otherErr := readFile(path(env, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"))
	if err != nil || otherErr != nil {
		return nil
	}
	all := profilesOf(conf)
	maps.Copy(all, cred)
	return slices.Sorted(maps.Keys(all))
}

// Get returns a value of the profile; the credentials file comes first.
func (c *Config) Get(key string) (string, bool) {
	if v, ok := c.credentials[key]; ok {
		return v, true
	}
	v, ok := c.values[key]
	return v, ok
}

// Service returns a value of ivschat's part in the profile's services section.
func (c *Config) Service(key string) (string, error) {
	name, ok := c.Get("services")
	if !ok {
		return "", nil
	}
	section, ok := c.services[name]
	if !ok {
		return "", problemf("The profile is configured to use the services section but the \"%s\" services configuration does not exist.", name)
	}
	values, err := nested(section["ivschat"])
	return values[key], err
}

// StaticKeys returns the keys that the profile holds itself: those of the
// credentials file, or of the configuration file.
func (c *Config) StaticKeys(inCredentials bool) map[string]string {
	if inCredentials {
		return c.credentials
	}
	return c.values
}

func path(env Env, variable, otherwise string) string {
	if v, ok := env(variable); ok {
		return env.Expand(v) // none, if it is set and empty
	}
	return env.Expand(otherwise)
}

// readFile reads one of the two files. A value that begins with a line break must
// be one that nested can read.
func readFile(path string) (f file, there bool, err error) {
	f, there, err = readINI(path)
	for _, section := range f {
		for _, v := range section {
			if _, bad := nested(v); strings.HasPrefix(v, "\n") && bad != nil {
				return nil, true, unparsable(path)
			}
		}
	}
	return f, there, err
}

func unparsable(path string) error { return problemf("Unable to parse config file: %s", path) }

func readINI(path string) (f file, there bool, err error) {
	if path == "" {
		return nil, false, nil
	}
	b, err := os.ReadFile(filepath.Clean(path))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || err != nil && isDir(path) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if f, err = parseINI(string(b)); err != nil {
		return nil, true, unparsable(path)
	}
	return f, true, nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// sectionName splits [profile 'my name'] into its two words.
func sectionName(section string) (kind, name string) {
	words, err := Words(section)
	if err != nil || len(words) != 2 {
		return "", ""
	}
	return words[0], words[1]
}

// Aliases returns the aliases of ~/.aws/cli/alias for commands at the top and for
// those of ivschat.
func Aliases(env Env) (map[string]string, error) {
	f, there, err := readINI(env.Expand("~/.aws/cli/alias"))
	if err != nil || !there {
		return nil, err
	}
	all := maps.Clone(f["toplevel"])
	if all == nil {
		return f["command ivschat"], nil
	}
	maps.Copy(all, f["command ivschat"])
	return all, nil
}
