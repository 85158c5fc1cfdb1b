package cluster

import (
	"context"
	"iter"

	"parlor/chat"
)

// LoggingConfigurations are those of all accounts, as every node knows them. One that a
// method returns is shared: clone it before you change it.
type LoggingConfigurations struct {
	all *resources[chat.LoggingConfiguration]
}

func newLoggingConfigurations(n *Node) *LoggingConfigurations {
	return &LoggingConfigurations{newResources[chat.LoggingConfiguration](n, "logging")}
}

// FindLoggingConfiguration returns a configuration, also one that another node made a
// moment ago.
func (l *LoggingConfigurations) FindLoggingConfiguration(ctx context.Context, a chat.ARN) (chat.LoggingConfiguration, bool) {
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

// DeleteLoggingConfiguration forgets a configuration.
func (l *LoggingConfigurations) DeleteLoggingConfiguration(ctx context.Context, a chat.ARN) error {
	return l.all.remove(ctx, a, nil)
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
