package cli

import (
	"slices"
	"strings"

	"parlor/internal/cli/client"
	"parlor/internal/local"
	"parlor/internal/sigv4"
)

// findLocal points s at the server of this user on this machine, if nothing at
// all says whom to call. With anything configured the AWS CLI's rules hold.
func (a *app) findLocal(inv *invocation, s *client.Settings) {
	if a.configured(inv) {
		return
	}
	server, err := local.Read(local.Path(a.env.Get))
	if err != nil {
		if s.Debug != nil {
			s.Debug("main", "no server of this machine: %v", err)
		}
		return
	}
	s.Endpoint, s.Region = server.Endpoint, &server.Region
	s.Credentials = &sigv4.Credentials{AccessKeyID: server.AccessKeyID, SecretAccessKey: server.SecretAccessKey}
}

// configured says whether an option, the environment or a file says anything
// about whom to call and as whom.
func (a *app) configured(inv *invocation) bool {
	if slices.ContainsFunc([]string{"--endpoint-url", "--profile", "--region"}, inv.given.Has) {
		return true
	}
	if v, _ := a.env.First("AWS_ENDPOINT_URL_IVSCHAT", "AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION",
		"AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"); strings.TrimSpace(v) != "" {
		return true
	}
	return !inv.config.Empty
}
