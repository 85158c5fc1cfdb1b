package cli

import (
	neturl "net/url"
	"slices"
	"strings"
	"time"

	"parlor/api"
	"parlor/internal/cli/argv"
	"parlor/internal/cli/awsconf"
	"parlor/internal/cli/output"
	"parlor/internal/cli/params"
	"parlor/internal/cli/query"
	"parlor/internal/cli/value"
)

// A global is an option that every command has.
type global struct {
	argv.Option
	metavar string // in help pages, "" for a switch
	doc     string
}

// globals lists the options in the order of help pages and error messages.
func globals() []global {
	one := func(name, doc string, choices ...string) global {
		return global{argv.Option{Name: name, Choices: choices}, "<value>", doc}
	}
	flag := func(name, doc string) global {
		return global{argv.Option{Name: name, Arity: argv.None}, "", doc}
	}
	version := flag("--version", "Display the version of this tool.")
	version.metavar = "<value>" // as the reference's help pages have it
	version.Last = true
	return []global{
		flag("--debug", "Turn on debug logging. It shows no secret."),
		one("--endpoint-url", "Call this URL instead of the configured or default one."),
		flag("--no-verify-ssl", "Don't verify the server's certificate."),
		flag("--no-paginate", "Accepted for scripts; every list operation is one call."),
		one("--output", "The style of output: "+strings.Join(output.Formats(), ", ")+".", output.Formats()...),
		one("--query", "A JMESPath expression that picks from the answer."),
		one("--profile", "Use this profile of the configuration files."),
		one("--region", "The region to use."),
		version,
		one("--color", "Turn colour on or off: on, off, auto.", "on", "off", "auto"),
		flag("--no-sign-request", "Send the request without a signature; credentials are not looked up."),
		one("--ca-bundle", "The file of certificates to trust."),
		one("--cli-read-timeout", "Seconds to wait for each read from the server, 60 unless told; 0 waits for ever."),
		one("--cli-connect-timeout", "Seconds to wait for the connection, 60 unless told; 0 waits for ever."),
		one("--cli-binary-format", "How binary parameters are written: base64, raw-in-base64-out. No operation has one.", "base64", "raw-in-base64-out"),
		flag("--no-cli-pager", "Don't page the output."),
		flag("--cli-auto-prompt", "Ask for the parameters with completion."),
		flag("--no-cli-auto-prompt", "Don't ask for parameters."),
		one("--cli-error-format", "How errors are shown: "+strings.Join(errorFormats(), ", ")+".", errorFormats()...),
	}
}

func errorFormats() []string { return []string{"legacy", "json", "yaml", "text", "table", "enhanced"} }

// globalParser reads the global options and leaves the rest.
func globalParser() *argv.Parser {
	p := &argv.Parser{}
	for _, g := range globals() {
		p.Options = append(p.Options, g.Option)
	}
	return p
}

// An invocation is what the global options and the configuration come to.
type invocation struct {
	given  *argv.Parsed
	query  *query.Query
	config *awsconf.Config
	read   time.Duration
	dial   time.Duration
	format string // of output; checked when something is printed
}

// invocation checks the global options, in the reference's order.
func (a *app) invocation(given *argv.Parsed) (*invocation, error) {
	inv := &invocation{given: given}
	if given.Has("--query") {
		q, err := query.Compile(given.Get("--query"))
		if err != nil {
			return nil, faultf(exitUsage, "ParamValidation", "Bad value for --query %s: %v", given.Get("--query"), err)
		}
		inv.query = q
	}
	if url := given.Get("--endpoint-url"); given.Has("--endpoint-url") && !hasScheme(url) {
		return nil, faultf(exitUsage, "ParamValidation", "Bad value for --endpoint-url \"%s\": scheme is missing.  "+
			"Must be of the form http://<hostname>/ or https://<hostname>/", url)
	}
	var err error
	if inv.read, err = timeout(given, "--cli-read-timeout"); err != nil {
		return nil, err
	}
	if inv.dial, err = timeout(given, "--cli-connect-timeout"); err != nil {
		return nil, err
	}
	if inv.config, err = awsconf.Load(a.env, given.Get("--profile")); err != nil {
		return nil, err
	}
	if f, ok := inv.config.Get("cli_timestamp_format"); ok && f != "iso8601" && f != "wire" {
		return nil, faultf(exitConfiguration, "Configuration",
			"Unknown cli_timestamp_format value: %s, valid values are \"wire\" or \"iso8601\"", f)
	}
	inv.format = inv.setting("--output", "output", "AWS_DEFAULT_OUTPUT", "json")
	return inv, nil
}

// hasScheme says whether url begins with the name of a scheme. Whether the rest is
// sound the client will say.
func hasScheme(url string) bool {
	scheme, _, ok := strings.Cut(url, ":")
	if !ok {
		return false
	}
	u, err := neturl.Parse(scheme + "://host")
	return err == nil && u.Scheme != ""
}

// setting returns an option, an environment variable, the profile's value, or else
// what is usual.
func (inv *invocation) setting(option, key, variable, usual string) string {
	if inv.given.Has(option) {
		return inv.given.Get(option)
	}
	if v, ok := inv.config.Env(variable); ok {
		return v
	}
	if v, ok := inv.config.Get(key); ok {
		return v
	}
	return usual
}

// timeout reads a number of seconds.
func timeout(given *argv.Parsed, option string) (time.Duration, error) {
	const usual, longest = 60 * time.Second, 1 << 30
	if !given.Has(option) {
		return usual, nil
	}
	n, ok := value.ParseInt(given.Get(option))
	if !ok {
		return 0, &params.NumberError{Word: given.Get(option)}
	}
	big := n.Big()
	switch {
	case big.Sign() < 0:
		return 0, faultf(exitOther, "Configuration", "Attempted to set connect timeout to %s, but the timeout cannot be set to a value less than or equal to 0.", n)
	case !big.IsInt64() || big.Int64() > longest:
		return longest * time.Second, nil
	}
	return time.Duration(big.Int64()) * time.Second, nil
}

// command returns the word for an operation: CreateRoom is create-room.
func command(op *api.Operation) string {
	if name, ok := strings.CutPrefix(op.Action(), "parlor:"); ok {
		return "iam " + iamCommand(name)
	}
	return strings.TrimPrefix(params.Option(strings.ToLower(op.Name[:1])+op.Name[1:]), "--")
}

// operation finds an operation by its word.
func operation(word string) (*api.Operation, bool) {
	ops := api.Operations()
	i := slices.IndexFunc(ops, func(op *api.Operation) bool { return command(op) == word })
	if i < 0 {
		return nil, false
	}
	return ops[i], true
}

// commands lists the words of all operations and "help".
func commands() []string {
	var words []string
	for _, op := range api.Operations() {
		words = append(words, command(op))
	}
	return append(words, "help")
}
