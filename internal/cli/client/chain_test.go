package client_test

import (
	"os"
	"testing"
	"time"

	"parlor/api"
	"parlor/internal/cli/awsconf"
	"parlor/internal/cli/client"
)

// A chain of roles that leads nowhere is told in the AWS CLI's words, before anybody
// is asked.
func TestBrokenChains(t *testing.T) {
	const role = "role_arn = arn:aws:iam::123456789012:role/r\n"
	for name, tt := range map[string]struct{ config, says string }{
		"no source": {
			role, `Partial credentials found in assume-role, missing: source_profile or credential_source`,
		},
		"two sources": {
			role + "source_profile = base\ncredential_source = Environment", `The profile "p" contains both source_profile and credential_source.`,
		},
		"no such profile": {
			role + "source_profile = x", `The source_profile "x" referenced in the profile "p" does not exist.`,
		},
		"no such profile behind another": {
			role + "source_profile = q\n[profile q]\n" + role + "source_profile = x", `The source_profile "x" referenced in the profile "q" does not exist.`,
		},
		"itself": {
			role + "source_profile = p", `Infinite loop in credential configuration detected. Attempting to load from profile p ` +
				`which has already been visited. Visited profiles: ['p']`,
		},
		"a loop": {
			role + "source_profile = q\n[profile q]\n" + role + "source_profile = p", `Infinite loop in credential configuration detected. ` +
				`Attempting to load from profile p which has already been visited. Visited profiles: ['p', 'q']`,
		},
		"nothing there": {
			role + "source_profile = q\n[profile q]\nregion = eu-west-1", `The source profile "q" must have credentials.`,
		},
		"no such source": {
			role + "credential_source = Here", `The credential source "Here" referenced in profile "p" is not valid.`,
		},
		"an empty environment": {
			role + "credential_source = Environment", `Error when retrieving credentials from Environment: ` +
				`No credentials found in credential_source referenced in profile p`,
		},
		"no container": {
			role + "credential_source = EcsContainer", `Error when retrieving credentials from EcsContainer: ` +
				`No credentials found in credential_source referenced in profile p`,
		},
		"an identity without a role": {
			"web_identity_token_file = token", `The provided profile or the current environment is configured to assume role with web identity ` +
				`but has no role ARN configured. Ensure that the profile has the role_arnconfiguration set or the AWS_ROLE_ARN env var is set.`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCloud(t)
			c.write(t, "config", "[profile base]\naws_access_key_id = BASE\naws_secret_access_key = s\n[profile p]\n"+tt.config)
			config, err := awsconf.Load(os.LookupEnv, "p")
			if err != nil {
				t.Fatal(err)
			}
			op, _ := api.Lookup("ListRooms")
			s := &client.Settings{Config: config, Endpoint: c.url, ReadTimeout: time.Minute, Connect: time.Minute}
			if _, err := call(t, s, op, `{}`); err == nil || err.Error() != tt.says {
				t.Errorf("ListRooms() = %v, want %s", err, tt.says)
			}
			c.want(t)
		})
	}
}

// A profile may play its role with the keys that it holds itself, and with those of
// the environment.
func TestSourcesOfARole(t *testing.T) {
	c := newCloud(t)
	c.write(t, "config", "[profile p]\nrole_arn = arn:aws:iam::123456789012:role/one\nsource_profile = p\n"+
		"aws_access_key_id = OWN\naws_secret_access_key = s\n"+
		"[profile q]\nrole_arn = arn:aws:iam::123456789012:role/two\ncredential_source = Environment")
	c.list(t, "p")
	t.Setenv("AWS_ACCESS_KEY_ID", "AROUND")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "s")
	c.list(t, "q")
	c.list(t, "q")
	c.want(t, "OWN AssumeRole one", "AROUND AssumeRole two")
}
