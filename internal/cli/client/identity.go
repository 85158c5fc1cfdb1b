package client

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"time"
)

// identity returns what the environment says of a web identity, unless a profile was
// asked for, or what the profile says.
func (s *Settings) identity(key, variable string) string {
	if v, ok := s.Config.Env(variable); ok && !s.Config.Given {
		return v
	}
	v, _ := s.Config.Get(key)
	return v
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

// checkSignOn finds why a single sign-on failed: nobody has signed on, or it is too
// long ago. The SDK would tell the story of a file.
func (s *Settings) checkSignOn() error {
	name, inSession := s.Config.Get("sso_session")
	if !inSession {
		name, _ = s.Config.Get("sso_start_url")
	}
	if name == "" || has(s.Config, "role_arn", "web_identity_token_file") {
		return nil
	}
	text, err := os.ReadFile(s.Config.Env.Expand("~/.aws/sso/cache/" + hexSHA1(name) + ".json"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return problemf("Error loading SSO Token: Token for %s does not exist", name)
	case !tokenIsOld(text):
		return nil
	case inSession:
		return problemf("Error when retrieving token from sso: Token has expired and refresh failed")
	}
	return signedOff()
}

// tokenIsOld says whether the file of a token says that it is over.
func tokenIsOld(text []byte) bool {
	var token struct {
		ExpiresAt string `json:"expiresAt"`
	}
	if json.Unmarshal(text, &token) != nil {
		return false
	}
	expires, _, err := parseDate(token.ExpiresAt, time.Now())
	return err == nil && expires.Before(time.Now())
}

func signedOff() error {
	return problemf("The SSO session associated with this profile has expired or is otherwise invalid. " +
		"To refresh this SSO session run \"aws sso login\" with the corresponding profile.")
}
