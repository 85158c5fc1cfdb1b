package client

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/smithy-go"

	"parlor/internal/cli/value"
	"parlor/internal/sigv4"
)

// fromSDK asks the AWS SDK's chain: roles, web identity, single sign-on,
// containers and instances.
func (s *Settings) fromSDK(ctx context.Context) (sigv4.Credentials, error) {
	if err := cmp.Or(s.checkRole(), s.checkIdentity()); err != nil {
		return sigv4.Credentials{}, err
	}
	options := []func(*config.LoadOptions) error{config.WithAssumeRoleCredentialOptions(s.assumeRole)}
	if profile := s.profileForSDK(); profile != "" {
		options = append(options, config.WithSharedConfigProfile(profile))
	}
	if region, err := s.region(); err == nil {
		options = append(options, config.WithRegion(region))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return sigv4.Credentials{}, err
	}
	c, err := s.retrieve(ctx, cfg.Credentials)
	if inContainer(s.Config.Env) && !s.fromService() {
		if err == nil && !c.HasKeys() {
			err = errors.New("the answer has no keys")
		}
		if err != nil {
			return sigv4.Credentials{}, problemf("Error when retrieving credentials from container-role: %v", err)
		}
	}
	if err == nil {
		return sigv4.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}, nil
	}
	if refused, ok := errors.AsType[smithy.APIError](err); ok && refused.ErrorCode() == "UnauthorizedException" {
		return sigv4.Credentials{}, problemf("The SSO session associated with this profile has expired or is otherwise invalid. " +
			"To refresh this SSO session run \"aws sso login\" with the corresponding profile.")
	} else if ok {
		op, _ := errors.AsType[*smithy.OperationError](err)
		e := &ServiceError{Code: refused.ErrorCode(), Message: refused.ErrorMessage(), Retries: -1, Body: value.NewMap()}
		if op != nil {
			e.Operation = op.Operation()
		}
		return sigv4.Credentials{}, e
	}
	if !s.fromService() {
		return sigv4.Credentials{}, &Missing{NoCredentials}
	}
	if absent := s.checkSignOn(); absent != nil {
		err = absent
	}
	return sigv4.Credentials{}, err
}

// profileForSDK returns the profile that the SDK must be told: then it doesn't look at
// the environment, where the AWS CLI looks before it looks into the profile, unless
// that plays a role.
func (s *Settings) profileForSDK() string {
	switch {
	case plays(s.Config):
		return cmp.Or(s.Config.Profile, "default")
	case !s.Config.Given && s.Config.Env.Get("AWS_WEB_IDENTITY_TOKEN_FILE") != "":
		return ""
	}
	return s.Config.Profile
}

// retrieve asks from for credentials. What a web identity or a single sign-on gets is
// cached here; roles are before they get here.
func (s *Settings) retrieve(ctx context.Context, from aws.CredentialsProvider) (aws.Credentials, error) {
	kept, key := cacheIn(s.Config.Env), s.identityKey()
	if c, ok := kept.get(key); ok {
		return c, nil
	}
	c, err := from.Retrieve(ctx)
	if err == nil && (c.Source == stscreds.WebIdentityProviderName || c.Source == ssocreds.ProviderName) {
		kept.put(key, c)
	}
	return c, err
}

// identityKey returns the key in the cache of what the web identity or the single
// sign-on of the profile gets, or "".
func (s *Settings) identityKey() string {
	if plays(s.Config) {
		return ""
	}
	if s.identity("web_identity_token_file", "AWS_WEB_IDENTITY_TOKEN_FILE") != "" {
		args := map[string]any{"RoleArn": s.identity("role_arn", "AWS_ROLE_ARN")}
		if name := s.identity("role_session_name", "AWS_ROLE_SESSION_NAME"); name != "" {
			args["RoleSessionName"] = name
		}
		return cacheKey(" ", args)
	}
	account, _ := s.Config.Get("sso_account_id")
	role, _ := s.Config.Get("sso_role_name")
	if account == "" || role == "" {
		return ""
	}
	args := map[string]any{"accountId": account, "roleName": role}
	if session, _ := s.Config.Get("sso_session"); session != "" {
		args["sessionName"] = session
	} else {
		args["startUrl"], _ = s.Config.Get("sso_start_url")
	}
	return cacheKey("", args)
}

// identity returns what the environment says of a web identity, unless a profile was
// asked for, or what the profile says.
func (s *Settings) identity(key, variable string) string {
	if v, ok := s.Config.Env(variable); ok && !s.Config.Given {
		return v
	}
	v, _ := s.Config.Get(key)
	return v
}

// checkSignOn finds that nobody has signed on, which the SDK would tell as the
// story of a file.
func (s *Settings) checkSignOn() error {
	name, ok := s.Config.Get("sso_session")
	if !ok {
		name, ok = s.Config.Get("sso_start_url")
	}
	if !ok || has(s.Config, "role_arn", "web_identity_token_file") {
		return nil
	}
	if _, err := os.Stat(s.Config.Env.Expand("~/.aws/sso/cache/" + hexSHA1(name) + ".json")); errors.Is(err, fs.ErrNotExist) {
		return problemf("Error loading SSO Token: Token for %s does not exist", name)
	}
	return nil
}
