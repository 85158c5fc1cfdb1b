// Package client calls the control plane: where it is, who calls, over which
// connection, how often again, and what the answer means.
package client

import (
	"net/url"
	"strings"
	"time"

	"parlor/internal/cli/awsconf"
	"parlor/internal/cli/value"
	"parlor/internal/sigv4"
)

// Settings is what the command line and the configuration say about a call.
type Settings struct {
	Config      *awsconf.Config
	Endpoint    string  // --endpoint-url, or ""
	Region      *string // --region, or nil
	Unsigned    bool
	Insecure    bool   // don't verify the server's certificate
	CABundle    string // --ca-bundle, or ""
	ReadTimeout time.Duration
	Connect     time.Duration
	Credentials *sigv4.Credentials                    // known beforehand; nil: look for them
	Ask         func(question string) (string, error) // the user
	Debug       func(logger, format string, args ...any)
}

// setting returns the first of the environment variables that is set, or the
// profile's value for key.
func (s *Settings) setting(key string, variables ...string) (string, bool) {
	if v, ok := s.Config.Env.First(variables...); ok {
		return v, true
	}
	return s.Config.Get(key)
}

// region returns the region to use.
func (s *Settings) region() (string, error) {
	if s.Region != nil {
		return checkRegion(*s.Region)
	}
	if region, ok := s.setting("region", "AWS_REGION", "AWS_DEFAULT_REGION"); ok {
		return checkRegion(region)
	}
	region := s.placement()
	if region == "" {
		return "", &Missing{NoRegion}
	}
	return checkRegion(region)
}

// checkRegion returns region if it may be the name of one. An empty one may, with
// an endpoint of its own.
func checkRegion(region string) (string, error) {
	if !regionSyntax(region) {
		return "", problemf("Provided region_name '%s' doesn't match a supported format.", region)
	}
	return region, nil
}

func regionSyntax(region string) bool {
	const digits, longest = "0123456789", 63
	letters := digits + "-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return len(region) <= longest && strings.Trim(region, letters) == "" && strings.Trim(region, "-") == region &&
		(region == "" || strings.Trim(region, digits) != "")
}

// endpoint returns the base URL to call.
func (s *Settings) endpoint(region string) (*url.URL, error) {
	fips, _ := s.setting("use_fips_endpoint", "AWS_USE_FIPS_ENDPOINT")
	dual, _ := s.setting("use_dualstack_endpoint", "AWS_USE_DUALSTACK_ENDPOINT")
	raw, err := s.configuredEndpoint()
	if err != nil {
		return nil, err
	}
	isFIPS, isDual := strings.EqualFold(fips, "true"), strings.EqualFold(dual, "true")
	switch {
	case raw != "" && isFIPS:
		return nil, problemf("Invalid Configuration: FIPS and custom endpoint are not supported")
	case raw != "" && isDual:
		return nil, problemf("Invalid Configuration: Dualstack and custom endpoint are not supported")
	case raw == "" && region == "":
		return nil, &Missing{NoRegion}
	case raw == "":
		raw = publicEndpoint(region, isFIPS, isDual)
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, problemf("Invalid endpoint: %s", raw)
	}
	return u, nil
}

// configuredEndpoint returns the endpoint that the flag, the environment or the
// profile names, in this order, or "".
func (s *Settings) configuredEndpoint() (string, error) {
	if s.Endpoint != "" {
		return s.Endpoint, nil
	}
	if ignore, _ := s.setting("ignore_configured_endpoint_urls", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"); strings.EqualFold(ignore, "true") {
		return "", nil
	}
	if v, ok := s.Config.Env.First("AWS_ENDPOINT_URL_IVSCHAT", "AWS_ENDPOINT_URL"); ok {
		return v, nil
	}
	v, err := s.Config.Service("endpoint_url")
	if err != nil || v != "" {
		return v, err
	}
	v, _ = s.Config.Get("endpoint_url")
	return v, nil
}

// publicEndpoint returns Amazon's own endpoint of a region.
func publicEndpoint(region string, fips, dual bool) string {
	host, suffix := "ivschat", "amazonaws.com"
	if fips {
		host += "-fips"
	}
	china := strings.HasPrefix(region, "cn-")
	switch {
	case dual && china:
		suffix = "api.amazonwebservices.com.cn"
	case dual:
		suffix = "api.aws"
	case china:
		suffix = "amazonaws.com.cn"
	}
	return "https://" + host + "." + region + "." + suffix
}

// attempts returns how often a call is tried.
func (s *Settings) attempts() (int, error) {
	if mode, ok := s.setting("retry_mode", "AWS_RETRY_MODE"); ok && mode != "standard" && mode != "adaptive" {
		return 0, problemf("Invalid value provided to \"mode\": \"%s\" must be one of: \"standard\" or \"adaptive\"", mode)
	}
	text, ok := s.setting("max_attempts", "AWS_MAX_ATTEMPTS")
	if !ok {
		return 3, nil
	}
	n, ok := value.ParseInt(text)
	if !ok {
		return 0, problemf("invalid literal for int() with base 10: %s", value.Repr(text))
	}
	big := n.Big()
	if big.Sign() <= 0 {
		return 0, problemf("Value provided to \"max_attempts\": %s must be an integer greater than or equal to 1.", n)
	}
	if !big.IsInt64() {
		return 1 << 30, nil
	}
	return int(min(big.Int64(), 1<<30)), nil
}
