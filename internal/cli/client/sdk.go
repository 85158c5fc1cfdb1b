package client

import (
	"cmp"
	"context"
	"errors"

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
	if off := s.checkSignOn(); off != nil {
		return sigv4.Credentials{}, off
	}
	if refused, ok := errors.AsType[smithy.APIError](err); ok && refused.ErrorCode() == "UnauthorizedException" {
		return sigv4.Credentials{}, signedOff()
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
