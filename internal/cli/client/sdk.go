package client

import (
	"context"
	"crypto/sha1" //nolint:gosec // names a file, guards nothing
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/smithy-go"

	"parlor/internal/cli/value"
	"parlor/internal/sigv4"
)

// fromSDK asks the AWS SDK's chain: roles, web identity, single sign-on,
// containers and instances.
func (s *Settings) fromSDK(ctx context.Context) (sigv4.Credentials, error) {
	profile := s.Config.Profile
	if err := s.checkRole(); err != nil {
		return sigv4.Credentials{}, err
	}
	options := []func(*config.LoadOptions) error{
		config.WithAssumeRoleCredentialOptions(func(o *stscreds.AssumeRoleOptions) {
			o.TokenProvider = func() (string, error) {
				return s.Ask(fmt.Sprintf("Enter MFA code for %s: ", *o.SerialNumber))
			}
		}),
	}
	if profile != "" {
		options = append(options, config.WithSharedConfigProfile(profile))
	}
	if region, err := s.region(); err == nil {
		options = append(options, config.WithRegion(region))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return sigv4.Credentials{}, err
	}
	c, err := cfg.Credentials.Retrieve(ctx)
	if s.inContainer() && !s.fromService() {
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

// checkSignOn finds that nobody has signed on, which the SDK would tell as the
// story of a file.
func (s *Settings) checkSignOn() error {
	name, ok := s.Config.Get("sso_session")
	if !ok {
		name, ok = s.Config.Get("sso_start_url")
	}
	if !ok || s.needsSDK("role_arn", "web_identity_token_file") {
		return nil
	}
	sum := sha1.Sum([]byte(name)) //nolint:gosec // the file's name is made so
	if _, err := os.Stat(s.Config.Env.Expand("~/.aws/sso/cache/" + hex.EncodeToString(sum[:]) + ".json")); errors.Is(err, fs.ErrNotExist) {
		return problemf("Error loading SSO Token: Token for %s does not exist", name)
	}
	return nil
}

// checkRole finds a role that names no source, which the SDK would call missing
// credentials.
func (s *Settings) checkRole() error {
	if _, ok := s.Config.Get("role_arn"); !ok || s.needsSDK("source_profile", "credential_source", "web_identity_token_file") {
		return nil
	}
	return problemf("Partial credentials found in assume-role, missing: source_profile or credential_source")
}
