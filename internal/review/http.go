package review

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"parlor/internal/cloud"
)

// Headers of a request to an HTTP function. The signature is "v1=" and the hex HMAC
// of the timestamp, a dot and the body.
const (
	TimestampHeader = "X-Parlor-Timestamp" // seconds since 1970
	SignatureHeader = "X-Parlor-Signature"
)

// Sign returns the value of SignatureHeader for a body sent at timestamp.
func Sign(secret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp))
	mac.Write([]byte{'.'})
	mac.Write(body)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

// A signedHTTP invokes functions that are plain HTTP services.
type signedHTTP struct {
	client    *http.Client
	functions map[string]Function
}

func newSignedHTTP(client *http.Client, functions map[string]Function) (*signedHTTP, error) {
	for arn, f := range functions {
		if !strings.HasPrefix(arn, "arn:aws:lambda:") {
			return nil, fmt.Errorf("function %q: not the ARN of a Lambda function", arn)
		}
		if err := cloud.CheckURL(f.URL); err != nil {
			return nil, fmt.Errorf("function %s: %w", arn, err)
		}
		if f.Secret == "" {
			return nil, fmt.Errorf("function %s: no secret to sign with", arn)
		}
	}
	return &signedHTTP{client, functions}, nil
}

func (s *signedHTTP) serves(uri string) bool {
	_, ok := s.functions[uri]
	return ok
}

// invoke posts payload to the URL that stands for uri. Anything but a 200 is as if
// the function couldn't be invoked; redirects included, for they are not followed.
func (s *signedHTTP) invoke(ctx context.Context, uri string, payload []byte) ([]byte, error) {
	f := s.functions[uri]
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.URL, bytes.NewReader(payload))
	if err != nil {
		return nil, err
	}
	now := strconv.FormatInt(time.Now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "parlor")
	req.Header.Set(TimestampHeader, now)
	req.Header.Set(SignatureHeader, Sign(f.Secret, now, payload))
	res, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, errors.New("answered " + res.Status)
	}
	return io.ReadAll(&bounded{res.Body, maxAnswer})
}
