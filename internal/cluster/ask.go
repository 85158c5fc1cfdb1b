package cluster

import (
	"context"
	"fmt"
	"sync"

	"github.com/nats-io/nats.go"
)

// questions are what this node answers.
type questions struct {
	mu      sync.RWMutex // guards the following
	answers map[string]func(context.Context, []byte) []byte
}

// Answer makes answer the reply to each question about subject that Ask sends to this
// node. Questions about one subject are answered one at a time, so answer must be
// quick. One subject has one answer.
func (n *Node) Answer(subject string, answer func(ctx context.Context, question []byte) []byte) error {
	n.questions.mu.Lock()
	defer n.questions.mu.Unlock()
	if _, taken := n.questions.answers[subject]; taken {
		return fmt.Errorf("answer %s: already answered", subject)
	}
	_, err := n.talk.Subscribe(n.subject("ask", n.id, subject), func(m *nats.Msg) {
		ctx, cancel := context.WithTimeout(n.background, askTimeout)
		defer cancel()
		if err := m.Respond(answer(ctx, m.Data)); err != nil {
			n.log.Warn("answer", "subject", subject, "err", err)
		}
	})
	if err != nil {
		return fmt.Errorf("answer %s: %w", subject, err)
	}
	n.questions.answers[subject] = answer
	return n.talk.FlushTimeout(askTimeout)
}

// Ask asks one node and returns its answer. ErrNoAnswer: the node is gone, stopped, or
// cut off; it may or may not have heard the question.
func (n *Node) Ask(ctx context.Context, node, subject string, question []byte) ([]byte, error) {
	if node == n.id {
		return n.askSelf(ctx, subject, question)
	}
	if err := validID(node); err != nil {
		return nil, fmt.Errorf("ask: %w: %w", ErrNoAnswer, err)
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	m, err := n.talk.RequestWithContext(ctx, n.subject("ask", node, subject), question)
	if err != nil {
		return nil, fmt.Errorf("ask %s about %s: %w: %w", node, subject, ErrNoAnswer, err)
	}
	return m.Data, nil
}

func (n *Node) askSelf(ctx context.Context, subject string, question []byte) ([]byte, error) {
	n.questions.mu.RLock()
	answer := n.questions.answers[subject]
	n.questions.mu.RUnlock()
	if answer == nil {
		return nil, fmt.Errorf("ask %s about %s: %w", n.id, subject, ErrNoAnswer)
	}
	return answer(ctx, question), nil
}
