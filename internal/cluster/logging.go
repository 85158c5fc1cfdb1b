package cluster

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"parlor/chat"
)

// LoggingConfigurations are those of all accounts, as every node knows them. One that a
// method returns is shared: clone it before you change it.
type LoggingConfigurations struct {
	all      *resources[chat.LoggingConfiguration]
	deleting map[chat.ARN]time.Time // since when they are seen DELETING; owned by mind
}

func newLoggingConfigurations(n *Node) *LoggingConfigurations {
	return &LoggingConfigurations{all: newResources[chat.LoggingConfiguration](n, "logging")}
}

// FindLoggingConfiguration returns a configuration, also one that another node made a
// moment ago.
func (l *LoggingConfigurations) FindLoggingConfiguration(ctx context.Context, a chat.ARN) (chat.LoggingConfiguration, error) {
	return l.all.find(ctx, a)
}

// CreateLoggingConfiguration keeps a new configuration. It is on disk on return.
func (l *LoggingConfigurations) CreateLoggingConfiguration(ctx context.Context, c chat.LoggingConfiguration) error {
	return l.all.records.Create(ctx, key(c.ARN), c)
}

// UpdateLoggingConfiguration lets change work on the newest state, again if somebody
// else was faster, and returns what was kept.
func (l *LoggingConfigurations) UpdateLoggingConfiguration(ctx context.Context, a chat.ARN,
	change func(*chat.LoggingConfiguration) error,
) (chat.LoggingConfiguration, error) {
	return l.all.update(ctx, a, change)
}

// NewestLoggingConfiguration returns a configuration as it is now, whatever this node
// has heard of it.
func (l *LoggingConfigurations) NewestLoggingConfiguration(ctx context.Context, a chat.ARN) (chat.LoggingConfiguration, error) {
	return l.all.newest(ctx, a)
}

// DeleteLoggingConfiguration forgets a configuration, unless may has an objection. May
// looks at what this node has in memory. It is asked first, and again when everybody who
// looks at the newest state sees DELETING, and all that was done before is in memory.
func (l *LoggingConfigurations) DeleteLoggingConfiguration(ctx context.Context, a chat.ARN, may func() error) error {
	if err := may(); err != nil {
		return err
	}
	r := l.all.records
	for range tries {
		if err := l.mark(ctx, a, chat.StateDeleting); err != nil {
			return err
		}
		marked, revision, err := r.known(ctx, key(a))
		if err == nil {
			err = may()
		}
		if err != nil {
			return errors.Join(missing(a, err), l.mark(context.WithoutCancel(ctx), a, chat.StateActive))
		}
		if marked.State != chat.StateDeleting {
			continue // another node has just refused to delete it
		}
		if err := r.store.remove(ctx, r.name(key(a)), revision); !errors.Is(err, errConflict) {
			return missing(a, err)
		}
	}
	return fmt.Errorf("logging configuration %s: %w after %d tries: %w", a, errConflict, tries, unavailable())
}

// deletingAtMost is longer than any DeleteLoggingConfiguration takes.
const deletingAtMost = time.Minute

// restore makes those ACTIVE again whose deletion was begun and not ended: the node that
// was at it died. Owns says which are this node's to look after.
func (l *LoggingConfigurations) restore(ctx context.Context, owns func(key string) bool, now time.Time) error {
	deleting := make(map[chat.ARN]time.Time)
	for c := range l.All() {
		if c.State != chat.StateDeleting || !owns(c.ARN.String()) {
			continue
		}
		since, known := l.deleting[c.ARN]
		if !known {
			since = now
		}
		deleting[c.ARN] = since
	}
	l.deleting = deleting
	for a, since := range deleting {
		if now.Sub(since) < deletingAtMost {
			continue
		}
		if err := l.mark(ctx, a, chat.StateActive); err != nil && chat.Public(err).Code != chat.ResourceNotFound {
			return err
		}
	}
	return nil
}

func (l *LoggingConfigurations) mark(ctx context.Context, a chat.ARN, state string) error {
	_, err := l.all.update(ctx, a, func(c *chat.LoggingConfiguration) error {
		c.State = state
		return nil
	})
	return err
}

// InScope yields the configurations of one account and region, in no order.
func (l *LoggingConfigurations) InScope(s chat.Scope) iter.Seq[chat.LoggingConfiguration] {
	return l.all.inScope(s)
}

// All yields the configurations of every account and region, in no order.
func (l *LoggingConfigurations) All() iter.Seq[chat.LoggingConfiguration] {
	return func(yield func(chat.LoggingConfiguration) bool) {
		for _, c := range l.all.records.All() {
			if !yield(c) {
				return
			}
		}
	}
}

// Count returns the number of configurations in one account and region.
func (l *LoggingConfigurations) Count(s chat.Scope) int { return l.all.count(s) }
