package client

import (
	"context"
	"errors"

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
			o.TokenProvider = stscreds.StdinTokenProvider
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
	if err == nil {
		return sigv4.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}, nil
	}
	if refused, ok := errors.AsType[smithy.APIError](err); ok {
		op, _ := errors.AsType[*smithy.OperationError](err)
		e := &ServiceError{Code: refused.ErrorCode(), Message: refused.ErrorMessage(), Retries: -1, Body: value.NewMap()}
		if op != nil {
			e.Operation = op.Operation()
		}
		return sigv4.Credentials{}, e
	}
	if !s.needsSDK("role_arn", "web_identity_token_file", "sso_account_id", "sso_role_name") {
		return sigv4.Credentials{}, &Missing{NoCredentials}
	}
	return sigv4.Credentials{}, err
}

// checkRole finds a role that names no source, which the SDK would call missing
// credentials.
func (s *Settings) checkRole() error {
	if _, ok := s.Config.Get("role_arn"); !ok || s.needsSDK("source_profile", "credential_source", "web_identity_token_file") {
		return nil
	}
	return problemf("Partial credentials found in assume-role, missing: source_profile or credential_source")
}
