package token

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

	"parlor/chat"
)

// A verdict is the minting node's answer.
type verdict byte

const (
	granted verdict = iota + 1
	used
	expired
	forgotten // minted before the node's last start: nobody knows what was spent
)

// Redeem spends a token and returns what it says. The minting node alone judges
// whether it has expired. The times returned are by this node's clock, so that a
// session lasts as long as it should even where clocks differ.
func (m *Mint) Redeem(ctx context.Context, token string) (chat.Claims, error) {
	e, plain, err := m.open(ctx, token)
	if err != nil {
		return chat.Claims{}, err
	}
	claims, minted, ok := readClaims(plain)
	if !ok {
		return chat.Claims{}, ErrInvalid
	}
	v, now, err := m.ask(ctx, &e, minted+claims.Expires.Sub(claims.Issued))
	if err != nil {
		return chat.Claims{}, err
	}
	life, session := claims.Expires.Sub(claims.Issued), claims.SessionExpires.Sub(claims.Issued)
	claims.ID = hex.EncodeToString(e.id[:])
	claims.Issued = m.clock.Now().Add(minted - now)
	claims.Expires, claims.SessionExpires = claims.Issued.Add(life), claims.Issued.Add(session)
	return claims, v.err()
}

// ask has the minting node spend a token that expires at the given moment of that
// node's own time, and returns what moment it is there.
func (m *Mint) ask(ctx context.Context, e *envelope, expires time.Duration) (verdict, time.Duration, error) {
	if e.node == m.node.ID() {
		v, now := m.spend(e.boot, e.id, expires)
		return v, now, nil
	}
	answer, err := m.node.Ask(ctx, e.node, subject, question(e.boot, e.id, expires))
	if err != nil {
		return 0, 0, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	if len(answer) != answerBytes {
		return 0, 0, ErrUnreachable
	}
	return verdict(answer[0]), time.Duration(binary.BigEndian.Uint64(answer[1:])), nil //nolint:gosec // as answer wrote it
}

func (v verdict) err() error {
	switch v {
	case granted:
		return nil
	case used:
		return ErrUsed
	case expired:
		return ErrExpired
	case forgotten:
		return fmt.Errorf("%w: its node has started anew", ErrExpired)
	}
	return ErrUnreachable
}

// spend is the one place where a token is used up. It runs on the node that minted it.
func (m *Mint) spend(boot uint64, token id, expires time.Duration) (verdict, time.Duration) {
	now := m.elapsed()
	switch {
	case boot != m.node.Boot():
		return forgotten, now
	case now >= expires:
		return expired, now
	case !m.spent.add(token, now):
		return used, now
	}
	return granted, now
}

const (
	questionBytes = 8 + nonceBytes + 8
	answerBytes   = 1 + 8
)

// question asks to spend a token: its boot, its id, when it expires.
func question(boot uint64, token id, expires time.Duration) []byte {
	q := binary.BigEndian.AppendUint64(make([]byte, 0, questionBytes), boot)
	q = append(q, token[:]...)
	return binary.BigEndian.AppendUint64(q, uint64(expires)) //nolint:gosec // never negative
}

// answer answers another node's question: the verdict, and this node's own time.
func (m *Mint) answer(_ context.Context, q []byte) []byte {
	if len(q) != questionBytes {
		return nil
	}
	expires := time.Duration(binary.BigEndian.Uint64(q[8+nonceBytes:])) //nolint:gosec // as question wrote it
	v, now := m.spend(binary.BigEndian.Uint64(q), id(q[8:8+nonceBytes]), expires)
	return binary.BigEndian.AppendUint64([]byte{byte(v)}, uint64(now)) //nolint:gosec // never negative
}
