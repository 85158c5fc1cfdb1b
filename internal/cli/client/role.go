package client

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"parlor/internal/cli/value"
)

// A roleClient stands between the SDK and STS: it asks only for what the cache
// doesn't hold, for the time that the profile says, and then for the code of the
// multi-factor device.
type roleClient struct {
	stscreds.AssumeRoleAPIClient
	cache   cache
	key     string
	ask     func(question string) (string, error)
	seconds *int32 // nil: as long as the role says
}

// assumeRole has a role's credentials cached, those of a role on the way to another
// too.
func (s *Settings) assumeRole(o *stscreds.AssumeRoleOptions) {
	args := map[string]any{"RoleArn": o.RoleARN}
	if o.RoleSessionName != "" {
		args["RoleSessionName"] = o.RoleSessionName
	}
	if o.ExternalID != nil {
		args["ExternalId"] = *o.ExternalID
	}
	if o.SerialNumber != nil {
		args["SerialNumber"] = *o.SerialNumber
	}
	seconds := s.roleSeconds(o)
	if seconds != nil {
		args["DurationSeconds"], _ = value.ParseInt(strconv.Itoa(int(*seconds))) // digits always are one
	}
	o.TokenProvider = func() (string, error) { return "", nil } // roleClient asks, if it must
	o.Client = &roleClient{o.Client, cacheIn(s.Config.Env), cacheKey(" ", args), s.Ask, seconds}
}

// roleSeconds returns how long the profile wants to play the role. The SDK knows no
// time of a quarter of an hour or less.
func (s *Settings) roleSeconds(o *stscreds.AssumeRoleOptions) *int32 {
	text := strconv.FormatInt(int64(o.Duration/time.Second), 10)
	if role, _ := s.Config.Get("role_arn"); role == o.RoleARN {
		text, _ = s.Config.Get("duration_seconds")
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n == 0 {
		return nil
	}
	return aws.Int32(int32(n))
}

// AssumeRole answers from the cache, or from STS and into the cache.
func (r *roleClient) AssumeRole(ctx context.Context, in *sts.AssumeRoleInput, options ...func(*sts.Options)) (*sts.AssumeRoleOutput, error) {
	if c, ok := r.cache.get(r.key); ok {
		return &sts.AssumeRoleOutput{Credentials: &types.Credentials{
			AccessKeyId: &c.AccessKeyID, SecretAccessKey: &c.SecretAccessKey, SessionToken: &c.SessionToken, Expiration: &c.Expires,
		}}, nil
	}
	in.DurationSeconds = r.seconds
	if in.SerialNumber != nil {
		code, err := r.ask(fmt.Sprintf("Enter MFA code for %s: ", *in.SerialNumber))
		if err != nil {
			return nil, err
		}
		in.TokenCode = &code
	}
	out, err := r.AssumeRoleAPIClient.AssumeRole(ctx, in, options...)
	if err == nil && out.Credentials != nil {
		r.cache.put(r.key, aws.Credentials{
			AccessKeyID: aws.ToString(out.Credentials.AccessKeyId), SecretAccessKey: aws.ToString(out.Credentials.SecretAccessKey),
			SessionToken: aws.ToString(out.Credentials.SessionToken),
			CanExpire:    true, Expires: aws.ToTime(out.Credentials.Expiration),
			AccountID: accountOf(out.AssumedRoleUser),
		})
	}
	return out, err
}

// accountOf returns the account of a role that is played, or "".
func accountOf(user *types.AssumedRoleUser) string {
	if user == nil {
		return ""
	}
	a, err := arn.Parse(aws.ToString(user.Arn))
	if err != nil {
		return ""
	}
	return a.AccountID
}
