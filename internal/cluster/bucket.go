package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// open waits for the bucket, as long as ctx allows.
func (s *store) open(ctx context.Context) error {
	for {
		kv, err := s.bucket(ctx)
		if err == nil {
			s.kv = kv
			return nil
		}
		s.node.log.WarnContext(ctx, "records are not there yet", "err", err)
		if !pause(ctx, 250*time.Millisecond) {
			return fmt.Errorf("records: %w", err)
		}
	}
}

// bucket finds the bucket or makes it.
func (s *store) bucket(ctx context.Context) (jetstream.KeyValue, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	js, name := s.node.js, s.node.cfg.Name
	kv, err := js.KeyValue(ctx, name)
	if !errors.Is(err, jetstream.ErrBucketNotFound) {
		return kv, err
	}
	// A bucket as nats.go would make it, but for one thing: reads past the copy in memory
	// go to the leader (AllowDirect is off), since the loser of a race must see who won.
	cfg := jetstream.StreamConfig{
		Name: bucketStream(name), Description: "Parlor's rooms, logging configurations, users and keys",
		Subjects: []string{"$KV." + name + ".>"}, MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew,
		Storage: s.node.storage(), Replicas: s.node.replicas(), AllowRollup: true, DenyDelete: true,
		AllowMsgTTL: true, SubjectDeleteMarkerTTL: tombstoneLife,
	}
	_, err = js.CreateStream(ctx, cfg)
	if err != nil && cfg.Replicas > 1 && ctx.Err() == nil {
		cfg.Replicas = 1 // raised when there are servers enough
		_, err = js.CreateStream(ctx, cfg)
	}
	if err != nil && !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		return nil, err
	}
	return js.KeyValue(ctx, name)
}

// bucketStream is the stream under a bucket.
func bucketStream(name string) string { return "KV_" + name }

// storage is memory only for the node that keeps nothing.
func (n *Node) storage() jetstream.StorageType {
	if n.server != nil && n.cfg.Dir == "" {
		return jetstream.MemoryStorage
	}
	return jetstream.FileStorage
}

// replicas is how many copies a new stream gets.
func (n *Node) replicas() int {
	if n.server == nil || len(n.cfg.Join) >= 3 {
		return 3
	}
	return 1
}
