package client

import (
	"cmp"
	"slices"

	"parlor/internal/cli/awsconf"
	"parlor/internal/cli/value"
)

// plays says whether the profile plays a role with the credentials of another place.
func plays(c *awsconf.Config) bool { return has(c, "role_arn") && !has(c, "web_identity_token_file") }

// has says whether the profile has any of the keys.
func has(c *awsconf.Config, keys ...string) bool {
	return slices.ContainsFunc(keys, func(k string) bool {
		_, ok := c.Get(k)
		return ok
	})
}

// checkRole follows the profile's role to where its credentials come from, and tells
// what is wrong on the way in the AWS CLI's words: the SDK has others.
func (s *Settings) checkRole() error {
	visited := []string{cmp.Or(s.Config.Profile, "default")}
	for c := s.Config; plays(c); {
		name := visited[len(visited)-1]
		source, ok := c.Get("source_profile")
		switch {
		case ok && has(c, "credential_source"):
			return problemf("The profile \"%s\" contains both source_profile and credential_source.", name)
		case !ok && has(c, "credential_source"):
			return checkSource(c, name)
		case !ok:
			return partial("assume-role", "source_profile or credential_source")
		}
		next, ok := c.In(source)
		if !ok {
			return problemf("The source_profile \"%s\" referenced in the profile \"%s\" does not exist.", source, name)
		}
		static := has(next, "aws_access_key_id", "aws_secret_access_key")
		if slices.Contains(visited, source) && (source != name || !static) {
			return loop(source, visited)
		}
		if static {
			return nil
		}
		if !plays(next) && !has(next, "web_identity_token_file", "sso_account_id", "sso_role_name", "login_session", "credential_process") {
			return problemf("The source profile \"%s\" must have credentials.", source)
		}
		visited, c = append(visited, source), next
	}
	return nil
}

// checkIdentity finds a web identity that has no role to play.
func (s *Settings) checkIdentity() error {
	if s.identity("web_identity_token_file", "AWS_WEB_IDENTITY_TOKEN_FILE") == "" || s.identity("role_arn", "AWS_ROLE_ARN") != "" {
		return nil
	}
	return problemf("The provided profile or the current environment is configured to assume role with web identity but has no role ARN " +
		"configured. Ensure that the profile has the role_arnconfiguration set or the AWS_ROLE_ARN env var is set.")
}

// checkSource finds that the place that credential_source names is none or empty.
func checkSource(c *awsconf.Config, name string) error {
	source, _ := c.Get("credential_source")
	there := true
	switch source {
	case "Environment":
		there = c.Env.Get("AWS_ACCESS_KEY_ID") != ""
	case "EcsContainer":
		there = inContainer(c.Env)
	case "Ec2InstanceMetadata":
	default:
		return problemf("The credential source \"%s\" referenced in profile \"%s\" is not valid.", source, name)
	}
	if !there {
		return problemf("Error when retrieving credentials from %s: No credentials found in credential_source referenced in profile %s", source, name)
	}
	return nil
}

func loop(source string, visited []string) error {
	names := make([]any, len(visited))
	for i, name := range visited {
		names[i] = name
	}
	return problemf("Infinite loop in credential configuration detected. Attempting to load from profile %s "+
		"which has already been visited. Visited profiles: %s", source, value.Repr(names))
}
