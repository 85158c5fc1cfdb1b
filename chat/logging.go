package chat

import (
	"maps"
	"time"
)

// States of a logging configuration (behaviour.md §5.1). Ours is ACTIVE from the
// moment it exists; the others are what clients must be able to read.
const (
	StateActive       = "ACTIVE"
	StateCreating     = "CREATING"
	StateCreateFailed = "CREATE_FAILED"
	StateUpdating     = "UPDATING"
	StateUpdateFailed = "UPDATE_FAILED"
	StateDeleting     = "DELETING"
	StateDeleteFailed = "DELETE_FAILED"
)

// A LoggingConfiguration says where the messages and events of the rooms it is
// attached to are recorded (behaviour.md §5).
type LoggingConfiguration struct {
	ARN         ARN
	Name        string
	Destination Destination
	State       string
	CreateTime  time.Time
	UpdateTime  time.Time
	Tags        map[string]string `json:",omitempty"`
}

// A Destination is a union: exactly one member is set.
type Destination struct {
	S3             *S3Destination             `json:"s3,omitempty"`
	CloudWatchLogs *CloudWatchLogsDestination `json:"cloudWatchLogs,omitempty"`
	Firehose       *FirehoseDestination       `json:"firehose,omitempty"`
}

// An S3Destination is a bucket that log files are put into.
type S3Destination struct {
	BucketName string `json:"bucketName"` // 3 to 63 of [a-z0-9-.]
}

// A CloudWatchLogsDestination is a log group that gets a stream for each room.
type CloudWatchLogsDestination struct {
	LogGroupName string `json:"logGroupName"` // 1 to 512 of [.-_/#A-Za-z0-9]
}

// A FirehoseDestination is a delivery stream that gets a record for each message.
type FirehoseDestination struct {
	DeliveryStreamName string `json:"deliveryStreamName"` // 1 to 64 of [a-zA-Z0-9_.-]
}

// Clone returns a copy that shares nothing with l that can change.
func (l LoggingConfiguration) Clone() LoggingConfiguration {
	l.Tags = maps.Clone(l.Tags)
	return l
}
