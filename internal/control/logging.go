package control

import (
	"context"
	"errors"
	"slices"
	"time"

	"parlor/api"
	"parlor/chat"
	"parlor/internal/quota"
)

// createLoggingConfiguration makes a configuration. It is ACTIVE at once: whether the
// destination takes what it gets shows in the metrics (behaviour.md §5.1, §5.4).
func (s *Server) createLoggingConfiguration(
	ctx context.Context, q *Request, in *api.CreateLoggingConfigurationInput,
) (*api.CreateLoggingConfigurationOutput, error) {
	done, err := s.make(quota.LoggingConfigurations, q.Scope, s.Logging.Count)
	if err != nil {
		return nil, err
	}
	defer done()
	at := q.Time.Truncate(time.Millisecond)
	c := chat.LoggingConfiguration{
		ARN:         chat.ARN{Region: q.Scope.Region, Account: q.Scope.Account, Kind: chat.KindLogging, ID: chat.NewID()},
		Name:        given(in.Name, ""),
		Destination: destination(in.DestinationConfiguration),
		State:       chat.StateActive,
		CreateTime:  at,
		UpdateTime:  at,
		Tags:        in.Tags,
	}
	if err := s.Logging.CreateLoggingConfiguration(ctx, c); err != nil {
		return nil, err
	}
	return loggingOutput(&c), nil
}

func (s *Server) getLoggingConfiguration(
	ctx context.Context, q *Request, _ *api.GetLoggingConfigurationInput,
) (*api.GetLoggingConfigurationOutput, error) {
	c, err := s.Logging.FindLoggingConfiguration(ctx, q.Target)
	return (*api.GetLoggingConfigurationOutput)(loggingOutput(&c)), err
}

// updateLoggingConfiguration changes the name, the destination or both. Its rooms go
// on with the new destination.
func (s *Server) updateLoggingConfiguration(
	ctx context.Context, q *Request, in *api.UpdateLoggingConfigurationInput,
) (*api.UpdateLoggingConfigurationOutput, error) {
	if _, err := s.Logging.FindLoggingConfiguration(ctx, q.Target); err != nil {
		return nil, err
	}
	c, err := s.Logging.UpdateLoggingConfiguration(ctx, q.Target, func(c *chat.LoggingConfiguration) error {
		if c.State == chat.StateDeleting {
			return chat.InConflict(q.Target, "The logging configuration is being deleted")
		}
		c.Name = given(in.Name, c.Name)
		if in.DestinationConfiguration != nil {
			c.Destination = destination(in.DestinationConfiguration)
		}
		c.UpdateTime = later(q.Time, c.UpdateTime)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return (*api.UpdateLoggingConfigurationOutput)(loggingOutput(&c)), nil
}

// deleteLoggingConfiguration forgets a configuration that no room uses
// (behaviour.md §5.1).
func (s *Server) deleteLoggingConfiguration(
	ctx context.Context, q *Request, _ *api.DeleteLoggingConfigurationInput,
) (*api.DeleteLoggingConfigurationOutput, error) {
	if _, err := s.Logging.FindLoggingConfiguration(ctx, q.Target); err != nil {
		return nil, err
	}
	err := s.Logging.DeleteLoggingConfiguration(ctx, q.Target, func() error { return s.unattached(ctx, q.Target) })
	return &api.DeleteLoggingConfigurationOutput{}, err
}

// unattached objects if a room uses a configuration.
func (s *Server) unattached(ctx context.Context, logging chat.ARN) error {
	uses := func(r chat.Room) bool {
		return slices.Contains(r.LoggingConfigurationIdentifiers, logging.String())
	}
	for room := range s.Rooms.InScope(logging.Scope()) {
		if !uses(room) {
			continue
		}
		// It may have been detached, or deleted, on another node a moment ago.
		newest, err := s.Rooms.NewestRoom(ctx, room.ARN)
		if err != nil && chat.Public(err).Code != chat.ResourceNotFound {
			return err
		}
		if err == nil && uses(newest) {
			return chat.InConflict(logging, "The logging configuration is attached to "+room.ARN.String())
		}
	}
	return nil
}

// attached holds the list that a room was just given against the configurations as they
// are now. One that was deleted meanwhile, or is about to be by somebody who has not
// heard of the room, can't be in it (behaviour.md §5.1): then the deed is undone.
func (s *Server) attached(ctx context.Context, ids []string, undo func(context.Context) error) error {
	for _, id := range ids {
		a, err := chat.ParseARN(id)
		if err != nil {
			return err
		}
		c, err := s.Logging.NewestLoggingConfiguration(ctx, a)
		if err == nil && c.State != chat.StateActive {
			err = notActive(&c)
		}
		if err == nil || chat.Public(err).Code == chat.ServiceUnavailable {
			continue // or nobody can tell: then nobody deletes anything
		}
		return errors.Join(err, undo(context.WithoutCancel(ctx)))
	}
	return nil
}

func notActive(c *chat.LoggingConfiguration) error {
	return chat.InConflict(c.ARN, "The logging configuration is not ACTIVE but "+c.State)
}

func (s *Server) listLoggingConfigurations(
	_ context.Context, q *Request, in *api.ListLoggingConfigurationsInput,
) (*api.ListLoggingConfigurationsOutput, error) {
	p, err := newPage(in.MaxResults, in.NextToken, "logging", q.Scope.Account, q.Scope.Region)
	if err != nil {
		return nil, err
	}
	all, next := pick(s.Logging.InScope(q.Scope), p, func(c *chat.LoggingConfiguration) position {
		return position{c.UpdateTime, c.ARN.ID}
	})
	out := &api.ListLoggingConfigurationsOutput{
		LoggingConfigurations: make([]api.LoggingConfigurationSummary, len(all)), NextToken: next,
	}
	for i := range all {
		out.LoggingConfigurations[i] = api.LoggingConfigurationSummary(*loggingOutput(&all[i]))
	}
	return out, nil
}

func loggingOutput(c *chat.LoggingConfiguration) *api.CreateLoggingConfigurationOutput {
	return &api.CreateLoggingConfigurationOutput{
		ARN:                      c.ARN.String(),
		ID:                       c.ARN.ID,
		CreateTime:               api.Timestamp{Time: c.CreateTime},
		UpdateTime:               api.Timestamp{Time: c.UpdateTime},
		Name:                     c.Name,
		DestinationConfiguration: destinationOutput(c.Destination),
		State:                    c.State,
		Tags:                     c.Tags,
	}
}

// destination and destinationOutput translate between the union of the contract and
// the one that is kept. Check has seen that exactly one member is there.
func destination(in *api.DestinationConfiguration) chat.Destination {
	var out chat.Destination
	switch {
	case in.S3 != nil:
		out.S3 = &chat.S3Destination{BucketName: in.S3.BucketName}
	case in.CloudWatchLogs != nil:
		out.CloudWatchLogs = &chat.CloudWatchLogsDestination{LogGroupName: in.CloudWatchLogs.LogGroupName}
	case in.Firehose != nil:
		out.Firehose = &chat.FirehoseDestination{DeliveryStreamName: in.Firehose.DeliveryStreamName}
	}
	return out
}

func destinationOutput(d chat.Destination) api.DestinationConfiguration {
	var out api.DestinationConfiguration
	switch {
	case d.S3 != nil:
		out.S3 = &api.S3DestinationConfiguration{BucketName: d.S3.BucketName}
	case d.CloudWatchLogs != nil:
		out.CloudWatchLogs = &api.CloudWatchLogsDestinationConfiguration{LogGroupName: d.CloudWatchLogs.LogGroupName}
	case d.Firehose != nil:
		out.Firehose = &api.FirehoseDestinationConfiguration{DeliveryStreamName: d.Firehose.DeliveryStreamName}
	}
	return out
}
