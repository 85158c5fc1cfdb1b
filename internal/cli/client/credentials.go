package client

import (
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"time"

	"parlor/internal/cli/awsconf"
	"parlor/internal/cli/value"
	"parlor/internal/sigv4"
)

// credentials looks for credentials where the AWS CLI does and in its order. What
// needs a service to be asked is left to the AWS SDK.
func (s *Settings) credentials(ctx context.Context) (sigv4.Credentials, error) {
	if c, ok, err := s.knownCredentials(); ok || err != nil {
		return c, err
	}
	if s.fromService() || has(s.Config, "login_session") {
		return s.fromSDK(ctx)
	}
	if command, ok := s.Config.Get("credential_process"); ok {
		return fromProcess(ctx, command)
	}
	if !inContainer(s.Config.Env) && strings.EqualFold(s.Config.Env.Get("AWS_EC2_METADATA_DISABLED"), "true") {
		return sigv4.Credentials{}, &Missing{NoCredentials}
	}
	return s.fromSDK(ctx)
}

// knownCredentials returns the credentials that stand in the environment or a file
// and come before all others. That some are there in part is known before a call.
func (s *Settings) knownCredentials() (sigv4.Credentials, bool, error) {
	if s.Credentials != nil {
		return *s.Credentials, true, nil
	}
	if c, ok, err := s.fromEnvironment(); ok || err != nil {
		return c, ok, err
	}
	if s.fromService() {
		return sigv4.Credentials{}, false, nil
	}
	if c, ok, err := static(s.Config.StaticKeys(true), "shared-credentials-file"); ok || err != nil {
		return c, ok, err
	}
	if has(s.Config, "login_session", "credential_process") {
		return sigv4.Credentials{}, false, nil
	}
	return static(s.Config.StaticKeys(false), "config-file")
}

// fromService says whether the profile or the environment names a service that
// gives credentials out.
func (s *Settings) fromService() bool {
	return has(s.Config, "role_arn", "web_identity_token_file", "sso_account_id", "sso_role_name") ||
		s.Config.Env.Get("AWS_WEB_IDENTITY_TOKEN_FILE") != ""
}

// inContainer says whether the environment names the service of a container.
func inContainer(env awsconf.Env) bool {
	return env.Get("AWS_CONTAINER_CREDENTIALS_FULL_URI") != "" || env.Get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") != ""
}

// fromEnvironment reads the variables, unless a profile was asked for.
func (s *Settings) fromEnvironment() (sigv4.Credentials, bool, error) {
	env := s.Config.Env
	id := env.Get("AWS_ACCESS_KEY_ID")
	if s.Config.Given || id == "" {
		return sigv4.Credentials{}, false, nil
	}
	secret := env.Get("AWS_SECRET_ACCESS_KEY")
	if secret == "" {
		return sigv4.Credentials{}, false, partial("env", "AWS_SECRET_ACCESS_KEY")
	}
	if expiry := env.Get("AWS_CREDENTIAL_EXPIRATION"); expiry != "" {
		if err := unexpired(expiry); err != nil {
			return sigv4.Credentials{}, false, err
		}
	}
	token := env.Get("AWS_SECURITY_TOKEN") // the older name comes first
	if token == "" {
		token = env.Get("AWS_SESSION_TOKEN")
	}
	return sigv4.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: token}, true, nil
}

// unexpired says whether the time that credentials end at is still to come.
func unexpired(expiry string) error {
	t, zoned, err := parseDate(expiry, time.Now())
	if err != nil {
		return problemf("%v: %s", err, expiry)
	}
	if !zoned {
		t = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.Local)
	}
	if t.Before(time.Now()) {
		return problemf("Credentials were refreshed, but the refreshed credentials are still expired.")
	}
	return nil
}

func partial(provider, missing string) error {
	return problemf("Partial credentials found in %s, missing: %s", provider, missing)
}

// static reads the keys that stand in a file.
func static(values map[string]string, provider string) (sigv4.Credentials, bool, error) {
	id, ok := values["aws_access_key_id"]
	if !ok {
		return sigv4.Credentials{}, false, nil
	}
	secret, ok := values["aws_secret_access_key"]
	if !ok {
		return sigv4.Credentials{}, false, partial(provider, "aws_secret_access_key")
	}
	token, ok := values["aws_security_token"]
	if !ok {
		token = values["aws_session_token"]
	}
	return sigv4.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: token}, true, nil
}

// fromProcess runs a credential_process and reads what it prints.
func fromProcess(ctx context.Context, command string) (sigv4.Credentials, error) {
	fail := func(format string, args ...any) (sigv4.Credentials, error) {
		return sigv4.Credentials{}, problemf("Error when retrieving credentials from custom-process: "+format, args...)
	}
	words, err := awsconf.Words(command)
	if err != nil || len(words) == 0 {
		return fail("%v", err)
	}
	out, err := awsconf.Command(ctx, words).Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return fail("%s", exit.Stderr)
	}
	if err != nil {
		return sigv4.Credentials{}, err
	}
	var answer struct {
		Version                                    any
		AccessKeyID, SecretAccessKey, SessionToken *string
		Expiration                                 *string
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return fail("%v", err)
	}
	if v, ok := answer.Version.(float64); !ok || v != 1 {
		version := any("<Version key not provided>")
		if answer.Version != nil {
			version = answer.Version
		}
		return fail("Unsupported version '%v' for credential process provider, supported versions: 1", version)
	}
	c := sigv4.Credentials{}
	for _, field := range []struct {
		name string
		from *string
		to   *string
	}{
		{"AccessKeyId", answer.AccessKeyID, &c.AccessKeyID},
		{"SecretAccessKey", answer.SecretAccessKey, &c.SecretAccessKey},
	} {
		if field.from == nil {
			return fail("Missing required key in response: %s", value.Repr(field.name))
		}
		*field.to = *field.from
	}
	if answer.SessionToken != nil {
		c.SessionToken = *answer.SessionToken
	}
	if answer.Expiration != nil {
		return c, unexpired(*answer.Expiration)
	}
	return c, nil
}
