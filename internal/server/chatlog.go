package server

import (
	"context"
	"time"

	"parlor/internal/chatlog"
	"parlor/internal/cloud"
	"parlor/internal/cluster"
)

// logStream is the cluster's stream of log records as chat logging sees it.
type logStream struct{ *cluster.Node }

// Append queues a record.
func (l logStream) Append(keys []string, record []byte) bool { return l.AppendLog(keys, record) }

// Flush waits until every record of this node is on disk.
func (l logStream) Flush(ctx context.Context) error { return l.FlushLog(ctx) }

// Consume hands out batches until ctx ends.
func (l logStream) Consume(ctx context.Context, c chatlog.Consumer, handle func(chatlog.Batch)) error {
	from := cluster.LogConsumer{Name: c.Name, Key: c.Key, AckWait: c.AckWait, Pending: c.Pending}
	return l.ConsumeLog(ctx, from, func(b cluster.LogBatch) {
		handle(chatlog.Batch{ID: b.ID, Records: b.Records, Ack: b.Ack, Confirm: b.Confirm, Retry: b.Retry, Extend: b.Extend})
	})
}

// Claim makes this node the one that consumes under name.
func (l logStream) Claim(ctx context.Context, name string) error {
	return l.ClaimLogConsumer(ctx, name)
}

// Release lets others do so.
func (l logStream) Release(ctx context.Context, name string) error {
	return l.ReleaseLogConsumer(ctx, name)
}

// Free does, and lets what was taken come again.
func (l logStream) Free(ctx context.Context, name string) error {
	return l.FreeLogConsumer(ctx, name)
}

// Forget drops a consumer.
func (l logStream) Forget(ctx context.Context, name string) error {
	return l.DropLogConsumer(ctx, name)
}

// stats tells how the stream is, as far as JetStream answers.
func (l logStream) stats() chatlog.Stats {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	s, _ := l.LogStats(ctx) // without an answer the queue's numbers still hold
	return chatlog.Stats{Queued: uint64(max(s.Queued, 0)), Bytes: s.Bytes, Lost: s.Lost}
}

// composeLogs builds chat logging.
func (s *server) composeLogs() (err error) {
	stream := logStream{s.node}
	s.logs, err = chatlog.New(chatlog.Config{
		S3:           cloud.Account{Endpoint: s.cfg.LogS3Endpoint},
		CloudWatch:   cloud.Account{Endpoint: s.cfg.LogCWEndpoint},
		Firehose:     cloud.Account{Endpoint: s.cfg.LogFHEndpoint},
		Directories:  s.cfg.LogDirs,
		FileInterval: s.cfg.LogInterval,
		FileBytes:    s.cfg.LogFileBytes,
	}, chatlog.Deps{
		Stream: stream, Stats: stream.stats, Log: s.log, Metrics: s.metrics,
		Configurations: s.node.LoggingConfigurations().All,
		Owns:           func(key string) bool { return s.node.Owner(key) == s.node.ID() },
	})
	return err
}
