package chatlog

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"parlor/chat"
	"parlor/internal/cloud"
)

// A sink is one destination.
type sink interface {
	// name is the kind of destination, for metrics.
	name() string
	// rule says how records are piled up for put.
	rule() rule
	// put delivers a pile, its records in order of time. Those it returns are not
	// delivered, and err says why.
	put(ctx context.Context, p *pile) (left []record, err error)
}

// A rule says when a pile is complete: as soon as one of its bounds is reached.
type rule struct {
	interval time.Duration // since its first record was taken from the stream
	bytes    int           // of records, overhead included
	overhead int           // what the destination counts for a record besides its bytes
	count    int           // records; 0: any number
	span     time.Duration // between the earliest and latest record; 0: any
	byRoom   bool          // a pile holds records of one room
	byHour   bool          // and of one hour, UTC
}

// Destinations opens sinks. The SDK's clients are shared by all of a kind.
type destinations struct {
	cfg    Config
	client *http.Client
	creds  map[string]aws.CredentialsProvider
	drop   func(reason string, records int)
	log    *slog.Logger
}

func newDestinations(cfg Config, drop func(string, int), log *slog.Logger) *destinations {
	return &destinations{
		cfg: cfg, client: cloud.Client(64), drop: drop, log: log,
		creds: map[string]aws.CredentialsProvider{
			"s3": cfg.S3.Credentials(), "logs": cfg.CloudWatch.Credentials(), "firehose": cfg.Firehose.Credentials(),
		},
	}
}

// open returns the sink of a logging configuration.
func (d *destinations) open(c chat.LoggingConfiguration) (sink, error) {
	to := c.Destination
	switch {
	case to.S3 != nil:
		return d.openBucket(c.ARN.Scope(), to.S3.BucketName), nil
	case to.CloudWatchLogs != nil:
		return d.openLogGroup(c.ARN.Region, to.CloudWatchLogs.LogGroupName), nil
	case to.Firehose != nil:
		return d.openDeliveryStream(c.ARN.Region, to.Firehose.DeliveryStreamName), nil
	}
	return nil, errNoDestination
}

// A trouble says which of CloudWatch's metrics counts an error (behaviour.md §7).
type trouble uint8

const (
	other    trouble = iota
	refused          // LogDestinationAccessDeniedError
	notFound         // LogDestinationResourceNotFoundErrors
)

// troubleOf classifies what a put returned.
func troubleOf(err error) trouble {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		switch e.ErrorCode() {
		case "AccessDenied", "AccessDeniedException", "AllAccessDisabled", "AccountProblem", "Forbidden",
			"InvalidAccessKeyId", "SignatureDoesNotMatch", "UnrecognizedClientException", "InvalidSignatureException",
			"ExpiredToken", "ExpiredTokenException", "InvalidKMSResourceException":
			return refused
		case "NoSuchBucket", "ResourceNotFoundException", "NotFound":
			return notFound
		}
	}
	if e, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		switch e.HTTPStatusCode() {
		case http.StatusForbidden, http.StatusUnauthorized:
			return refused
		case http.StatusNotFound:
			return notFound
		}
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return refused
	case errors.Is(err, fs.ErrNotExist):
		return notFound
	}
	return other
}
