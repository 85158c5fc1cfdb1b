package chatlog

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"parlor/chat"
)

// contentMark is the metadata that tells what an object was made of.
const contentMark = "parlor-sha256"

// A bucket is an S3 destination.
type bucket struct {
	scope  chat.Scope
	bucket string
	cfg    Config
	client *s3.Client
	zip    zippers
}

// openBucket returns the sink of a bucket, or of the directory that takes its place.
func (d *destinations) openBucket(s chat.Scope, name string) sink {
	if dir, ok := d.cfg.Directories[name]; ok {
		return &directory{scope: s, dir: dir, cfg: d.cfg}
	}
	return &bucket{scope: s, bucket: name, cfg: d.cfg, client: d.s3(s.Region)}
}

// s3 returns a client. An endpoint of the operator's gets the bucket in the path and no
// checksums that only AWS knows.
func (d *destinations) s3(region string) *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint: d.cfg.S3.BaseEndpoint(), Region: d.cfg.S3.SigningRegion(region),
		Credentials: d.creds["s3"], HTTPClient: d.client, Retryer: aws.NopRetryer{},
		UsePathStyle:               d.cfg.S3.Endpoint != "",
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	})
}

func (*bucket) name() string { return "s3" }

func (b *bucket) rule() rule { return fileRule(b.cfg) }

// put writes a pile to an object, once: the object must not exist, or be this one.
func (b *bucket) put(ctx context.Context, p *pile) ([]record, error) {
	zipped, err := b.zip.zip(p)
	if err != nil {
		return p.records, err
	}
	sum := sha256.Sum256(zipped)
	mark := hex.EncodeToString(sum[:])
	for try := range maxTries {
		key := fileOf(b.scope, p, zipped, try).Key()
		err := b.create(ctx, key, zipped, mark)
		if err == nil {
			return nil, nil
		}
		if status(err) != http.StatusPreconditionFailed {
			return p.records, fmt.Errorf("put log file: %w", err)
		}
		is, err := b.is(ctx, key, mark)
		if err != nil {
			return p.records, fmt.Errorf("look at log file: %w", err)
		}
		if is {
			return nil, nil
		}
	}
	return p.records, errors.New("put log file: every name is taken")
}

// create puts an object that must not exist. Where a server knows no ACLs, or no
// conditions, it is put without: its name comes from its content, so that it replaces only
// itself.
func (b *bucket) create(ctx context.Context, key string, data []byte, mark string) error {
	in := &s3.PutObjectInput{
		Bucket: aws.String(b.bucket), Key: aws.String(key),
		ContentType: aws.String("application/x-gzip"), Metadata: map[string]string{contentMark: mark},
		ACL:         types.ObjectCannedACLBucketOwnerFullControl, // as the policies of log buckets ask (§5.4)
		IfNoneMatch: aws.String("*"),
	}
	var err error
	for _, less := range []func(){func() {}, func() { in.ACL = "" }, func() { in.IfNoneMatch = nil }} {
		less()
		in.Body = bytes.NewReader(data)
		_, err = b.client.PutObject(ctx, in)
		if e, ok := errors.AsType[smithy.APIError](err); !ok || e.ErrorCode() != "NotImplemented" {
			break
		}
	}
	return err
}

// is reports whether the object key is the one with this mark. Where objects may not be
// looked at their name has to do: it comes from the content, too.
func (b *bucket) is(ctx context.Context, key, mark string) (bool, error) {
	out, err := b.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(b.bucket), Key: aws.String(key)})
	switch status(err) {
	case http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return out.Metadata[contentMark] == mark, nil
}

// status returns the HTTP status of a service's error, 0 if it has none.
func status(err error) int {
	if e, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		return e.HTTPStatusCode()
	}
	return 0
}
