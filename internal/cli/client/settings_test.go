package client_test

import (
	"testing"

	"parlor/internal/cli/client"
)

func TestEndpoint(t *testing.T) {
	for _, tt := range []struct {
		vars       map[string]string
		flag       string
		want, chat string
	}{
		{nil, "", "https://ivschat.us-west-2.amazonaws.com", "wss://edge.ivschat.us-west-2.amazonaws.com/"},
		{map[string]string{"AWS_USE_FIPS_ENDPOINT": "true"}, "", "https://ivschat-fips.us-west-2.amazonaws.com", "wss://ivschat-fips.us-west-2.amazonaws.com/"},
		{map[string]string{"AWS_ENDPOINT_URL": "http://a", "AWS_ENDPOINT_URL_IVSCHAT": "http://b:1/x"}, "", "http://b:1/x", "ws://b:1/"},
		{map[string]string{"AWS_ENDPOINT_URL": "http://a", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, "", "https://ivschat.us-west-2.amazonaws.com", "wss://edge.ivschat.us-west-2.amazonaws.com/"},
		{map[string]string{"AWS_ENDPOINT_URL": "http://a"}, "https://f", "https://f", "wss://f/"},
	} {
		cfg := settings(t, tt.vars)
		cfg.Endpoint = tt.flag
		c, err := client.New(cfg)
		if err != nil {
			t.Errorf("%v: %v", tt.vars, err)
			continue
		}
		if got := c.Endpoint().String(); got != tt.want || c.MessagingURL() != tt.chat {
			t.Errorf("%v %s: %s and %s, want %s and %s", tt.vars, tt.flag, got, c.MessagingURL(), tt.want, tt.chat)
		}
	}
}

func TestRefusedSettings(t *testing.T) {
	for _, tt := range []struct {
		vars         map[string]string
		flag, region string
		want         string
	}{
		{nil, "http://", "us-west-2", "Invalid endpoint: http://"},
		{nil, "ftp://x", "us-west-2", "Invalid endpoint: ftp://x"},
		{nil, "", "a b", "Provided region_name 'a b' doesn't match a supported format."},
		{nil, "", "123", "Provided region_name '123' doesn't match a supported format."},
		{map[string]string{"AWS_RETRY_MODE": "legacy"}, "", "r", `Invalid value provided to "mode": "legacy" must be one of: "standard" or "adaptive"`},
		{map[string]string{"AWS_MAX_ATTEMPTS": "0"}, "", "r", `Value provided to "max_attempts": 0 must be an integer greater than or equal to 1.`},
		{map[string]string{"AWS_USE_FIPS_ENDPOINT": "true"}, "http://x", "r", "Invalid Configuration: FIPS and custom endpoint are not supported"},
	} {
		cfg := settings(t, tt.vars)
		cfg.Endpoint, cfg.Region = tt.flag, &tt.region
		if _, err := client.New(cfg); err == nil || err.Error() != tt.want {
			t.Errorf("%v %s %s: %v, want %s", tt.vars, tt.flag, tt.region, err, tt.want)
		}
	}
}
