package client

import (
	"crypto/sha1" //nolint:gosec // names a file, guards nothing
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"

	"parlor/internal/cli/awsconf"
	"parlor/internal/cli/value"
)

// cacheMargin is how long credentials must still hold to be used again.
const cacheMargin = 15 * time.Minute

// A cache is the folder where the AWS CLI keeps the credentials that a service gave
// out, a file for each question. It uses our files as we use its. A file that can't
// be read or written is as good as none; with no folder, "", nothing is kept.
type cache string

// A cachedAnswer is what we read and write of a file.
type cachedAnswer struct {
	ProviderType string `json:",omitempty"` // "sso": aws sso logout takes it away
	Credentials  cachedCredentials
}

type cachedCredentials struct {
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string
	SessionToken    string
	Expiration      string
	AccountID       string `json:"AccountId,omitempty"`
}

// cacheIn returns the cache of the person whose home env names.
func cacheIn(env awsconf.Env) cache {
	if env.Get("HOME") == "" {
		return ""
	}
	return cache(env.Expand("~/.aws/cli/cache"))
}

// get returns the credentials that key names, if they will hold for a while.
func (c cache) get(key string) (aws.Credentials, bool) {
	if c == "" || key == "" {
		return aws.Credentials{}, false
	}
	text, err := os.ReadFile(c.path(key))
	if err != nil {
		return aws.Credentials{}, false
	}
	var answer cachedAnswer
	if json.Unmarshal(text, &answer) != nil {
		return aws.Credentials{}, false
	}
	kept := answer.Credentials
	expires, zoned, err := parseDate(kept.Expiration, time.Now())
	if err != nil || !zoned || time.Until(expires) < cacheMargin {
		return aws.Credentials{}, false
	}
	found := aws.Credentials{
		AccessKeyID: kept.AccessKeyID, SecretAccessKey: kept.SecretAccessKey, SessionToken: kept.SessionToken,
		CanExpire: true, Expires: expires,
	}
	return found, found.HasKeys()
}

// put keeps credentials under key. That it can't is no reason not to use them.
func (c cache) put(key string, fresh aws.Credentials) {
	if c == "" || key == "" || !fresh.CanExpire {
		return
	}
	answer := cachedAnswer{Credentials: cachedCredentials{
		AccessKeyID: fresh.AccessKeyID, SecretAccessKey: fresh.SecretAccessKey, SessionToken: fresh.SessionToken,
		Expiration: fresh.Expires.UTC().Format(time.RFC3339), AccountID: fresh.AccountID,
	}}
	if fresh.Source == ssocreds.ProviderName {
		answer.ProviderType = "sso"
	}
	text, err := json.Marshal(answer)
	if err != nil || os.MkdirAll(string(c), 0o700) != nil {
		return
	}
	f, err := os.CreateTemp(string(c), ".new-*") // 0600
	if err != nil {
		return
	}
	_, err = f.Write(text)
	if closed := f.Close(); err != nil || closed != nil || os.Rename(f.Name(), c.path(key)) != nil {
		_ = os.Remove(f.Name())
	}
}

func (c cache) path(key string) string { return filepath.Join(string(c), key+".json") }

// cacheKey names the file for a question as botocore does: by the SHA-1 of its
// arguments in Python's JSON, with or without a space behind its signs.
func cacheKey(space string, args map[string]any) string {
	ascii := value.Style{ASCII: true}
	var members []string
	for _, name := range slices.Sorted(maps.Keys(args)) {
		members = append(members, value.JSON(name, ascii)+":"+space+value.JSON(args[name], ascii))
	}
	return hexSHA1("{" + strings.Join(members, ","+space) + "}")
}

// hexSHA1 returns what the AWS CLI names its files by.
func hexSHA1(text string) string {
	sum := sha1.Sum([]byte(text)) //nolint:gosec // as above
	return hex.EncodeToString(sum[:])
}
