package client

import (
	"context"
	"io"
	"net/http"
	"strings"
	"time"
)

// metadataTimeout bounds each of the two questions to the instance metadata
// service: most machines have none.
const metadataTimeout = time.Second

// placement asks the instance metadata service (IMDSv2) for the region this
// machine runs in, or returns "".
func (s *Settings) placement() string {
	env := s.Config.Env
	if strings.EqualFold(env.Get("AWS_EC2_METADATA_DISABLED"), "true") {
		return ""
	}
	base := strings.TrimSuffix(env.Get("AWS_EC2_METADATA_SERVICE_ENDPOINT"), "/")
	if base == "" {
		base = "http://169.254.169.254"
	}
	token := ask(http.MethodPut, base+"/latest/api/token", "X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "21600")
	if token == "" {
		return ""
	}
	zone := ask(http.MethodGet, base+"/latest/meta-data/placement/availability-zone/", "X-Aws-Ec2-Metadata-Token", token)
	if zone == "" {
		return ""
	}
	return zone[:len(zone)-1] // eu-west-1b is in eu-west-1
}

// ask returns the body of an answer, or "".
func ask(method, url, header, value string) string {
	ctx, cancel := context.WithTimeout(context.Background(), metadataTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return ""
	}
	r.Header.Set(header, value)
	client := http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	resp, err := client.Do(r)
	if err != nil {
		return ""
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	if err != nil || resp.StatusCode != http.StatusOK {
		return ""
	}
	return strings.TrimSpace(string(body))
}
