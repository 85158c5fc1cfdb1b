package client_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"parlor/api"
	"parlor/internal/cli/awsconf"
	"parlor/internal/cli/client"
)

// Who has not signed on, or too long ago, is told so in the AWS CLI's words.
func TestSignedOff(t *testing.T) {
	const (
		old  = `{"accessToken":"on","expiresAt":"2020-01-01T00:00:00Z","startUrl":"https://corp.example/start","region":"us-west-2"}`
		over = `The SSO session associated with this profile has expired or is otherwise invalid. ` +
			`To refresh this SSO session run "aws sso login" with the corresponding profile.`
	)
	c := newCloud(t)
	list := func(profile string) error {
		config, err := awsconf.Load(os.LookupEnv, profile)
		if err != nil {
			t.Fatal(err)
		}
		op, _ := api.Lookup("ListRooms")
		s := &client.Settings{Config: config, Endpoint: c.url, ReadTimeout: time.Minute, Connect: time.Minute}
		_, err = call(t, s, op, `{}`)
		return err
	}
	for _, tt := range []struct{ profile, file, never, old string }{
		{
			"staff", ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json",
			"Error loading SSO Token: Token for corp does not exist", "Error when retrieving token from sso: Token has expired and refresh failed",
		},
		{
			"legacy", ".aws/sso/cache/f7c9b39d0b4c7a7d82c79307585f77e1c5e74378.json",
			"Error loading SSO Token: Token for https://corp.example/start does not exist", over,
		},
	} {
		c.write(t, tt.file, old)
		if err := list(tt.profile); err == nil || err.Error() != tt.old {
			t.Errorf("with an old token, %s gets %v, want %s", tt.profile, err, tt.old)
		}
		_ = os.Remove(filepath.Join(c.home, tt.file))
		if err := list(tt.profile); err == nil || err.Error() != tt.never {
			t.Errorf("without a token, %s gets %v, want %s", tt.profile, err, tt.never)
		}
	}
	c.want(t)
}
