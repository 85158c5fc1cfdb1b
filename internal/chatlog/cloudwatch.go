package chatlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// Limits of PutLogEvents.
const (
	maxLogEvents     = 10_000
	maxLogBytes      = 1_048_576
	logEventOverhead = 26
	maxLogSpan       = 24 * time.Hour
)

// A logGroup is a CloudWatch Logs destination. Each room has a stream in it.
type logGroup struct {
	group  string
	cfg    Config
	client *cloudwatchlogs.Client
	drop   func(reason string, records int)
	log    *slog.Logger
}

func (d *destinations) openLogGroup(region, group string) sink {
	return &logGroup{
		group: group, cfg: d.cfg, drop: d.drop, log: d.log,
		client: cloudwatchlogs.New(cloudwatchlogs.Options{
			BaseEndpoint: d.cfg.CloudWatch.BaseEndpoint(), Region: d.cfg.CloudWatch.SigningRegion(region),
			Credentials: d.creds["logs"], HTTPClient: d.client, Retryer: aws.NopRetryer{},
		}),
	}
}

func (*logGroup) name() string { return "cloudwatchlogs" }

func (g *logGroup) rule() rule {
	return rule{
		interval: g.cfg.Interval, bytes: maxLogBytes, overhead: logEventOverhead, count: maxLogEvents,
		span: maxLogSpan, byRoom: true,
	}
}

// streamOf names the log stream of a room (behaviour.md §5.3).
func streamOf(room string) string { return "aws/IVSChatLogs/" + Version + "/room_" + room }

// put writes a pile to the room's stream, and makes the stream if there is none yet.
func (g *logGroup) put(ctx context.Context, p *pile) ([]record, error) {
	stream := streamOf(p.key.room)
	err := g.write(ctx, stream, p)
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); ok {
		if err = g.create(ctx, stream); err == nil {
			err = g.write(ctx, stream, p)
		}
	}
	if err != nil {
		return p.records, err
	}
	return nil, nil
}

func (g *logGroup) create(ctx context.Context, stream string) error {
	_, err := g.client.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{
		LogGroupName: aws.String(g.group), LogStreamName: aws.String(stream),
	})
	if _, ok := errors.AsType[*types.ResourceAlreadyExistsException](err); ok {
		return nil // another node was faster
	}
	if err != nil {
		return fmt.Errorf("create log stream: %w", err)
	}
	return nil
}

func (g *logGroup) write(ctx context.Context, stream string, p *pile) error {
	// What the SDK points to is cut from three pieces of memory, not from two for each event.
	events := make([]types.InputLogEvent, len(p.records))
	stamps, lines := make([]int64, len(events)), make([]string, len(events))
	var all strings.Builder
	all.Grow(p.bytes)
	for i, r := range p.records {
		stamps[i] = time.Unix(0, r.at).UnixMilli()
		all.Write(r.line)
		lines[i] = all.String()[all.Len()-len(r.line):]
		events[i] = types.InputLogEvent{Timestamp: &stamps[i], Message: &lines[i]}
	}
	out, err := g.client.PutLogEvents(ctx, &cloudwatchlogs.PutLogEventsInput{
		LogGroupName: aws.String(g.group), LogStreamName: aws.String(stream), LogEvents: events,
	})
	if err != nil {
		return fmt.Errorf("put log events: %w", err)
	}
	if n := rejected(out.RejectedLogEventsInfo, len(events)); n > 0 {
		// Too old for the group's retention, or too new: no second try would help.
		g.drop("rejected", n)
		g.log.WarnContext(ctx, "log events rejected", "group", g.group, "stream", stream, "records", n)
	}
	return nil
}

// rejected counts the events that CloudWatch Logs did not take, of n.
func rejected(info *types.RejectedLogEventsInfo, n int) int {
	if info == nil {
		return 0
	}
	from := max(aws.ToInt32(info.TooOldLogEventEndIndex), aws.ToInt32(info.ExpiredLogEventEndIndex))
	if info.TooNewLogEventStartIndex == nil {
		return int(from)
	}
	return int(from) + n - int(aws.ToInt32(info.TooNewLogEventStartIndex))
}
