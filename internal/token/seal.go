package token

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// A token is two texts of base64url joined by a dot, legal as the name of a
// subprotocol (behaviour.md §1.3): in the open what is needed to open it, and the
// sealed claims, which are bound to the open part.
const (
	version    = 1
	nonceBytes = 12
	openBytes  = 1 + 4 + 8 + nonceBytes // version, key, boot, nonce; the node's name follows
	maxToken   = 4096                   // characters
	maxSeals   = 64
)

// A seal is the cipher of one key.
type seal struct{ cipher.AEAD }

// An id names a token for its one use. It is the nonce of its seal.
type id [nonceBytes]byte

// An envelope is the part of a token that is not sealed.
type envelope struct {
	key  uint32
	boot uint64
	id   id
	node string
}

func (e *envelope) append(dst []byte) []byte {
	dst = append(dst, version)
	dst = binary.BigEndian.AppendUint32(dst, e.key)
	dst = binary.BigEndian.AppendUint64(dst, e.boot)
	dst = append(dst, e.id[:]...)
	return append(dst, e.node...)
}

func readEnvelope(b []byte) (e envelope, ok bool) {
	if len(b) <= openBytes || b[0] != version {
		return e, false
	}
	e.key = binary.BigEndian.Uint32(b[1:])
	e.boot = binary.BigEndian.Uint64(b[5:])
	e.id = id(b[13:openBytes])
	e.node = string(b[openBytes:])
	return e, true
}

// newID returns an id from the system's random source.
func newID() (n id) {
	_, _ = rand.Read(n[:]) // never fails: crypto/rand ends the process instead
	return n
}

// seal returns the cipher of a key.
func (m *Mint) seal(key Key) (seal, error) {
	m.mu.RLock()
	s, ok := m.seals[key.ID]
	m.mu.RUnlock()
	if ok {
		return s, nil
	}
	block, err := aes.NewCipher(key.Secret[:])
	if err != nil {
		return seal{}, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return seal{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.seals) >= maxSeals {
		clear(m.seals)
	}
	m.seals[key.ID] = seal{aead}
	return seal{aead}, nil
}

// open takes a token apart. Whatever is wrong with it is ErrInvalid: a stranger
// learns nothing from the difference. A key that can't be looked up now is no fault
// of the token.
func (m *Mint) open(ctx context.Context, token string) (envelope, []byte, error) {
	first, second, ok := strings.Cut(token, ".")
	if !ok || len(token) > maxToken {
		return envelope{}, nil, ErrInvalid
	}
	open, err := base64.RawURLEncoding.Strict().DecodeString(first)
	if err != nil {
		return envelope{}, nil, ErrInvalid
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(second)
	if err != nil {
		return envelope{}, nil, ErrInvalid
	}
	e, ok := readEnvelope(open)
	if !ok {
		return envelope{}, nil, ErrInvalid
	}
	key, err := m.keys.Key(ctx, e.key)
	if errors.Is(err, fs.ErrNotExist) {
		return envelope{}, nil, ErrInvalid
	}
	if err != nil {
		return envelope{}, nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	s, err := m.seal(key)
	if err != nil {
		return envelope{}, nil, err
	}
	claims, err := s.Open(sealed[:0], e.id[:], sealed, open)
	if err != nil {
		return envelope{}, nil, ErrInvalid
	}
	return e, claims, nil
}
