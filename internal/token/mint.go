package token

import (
	"encoding/base64"
	"fmt"

	"parlor/chat"
)

// Mint seals claims into a token that this node will spend. It touches no network
// and no disk. The token is a legal name of a subprotocol and, with the largest
// claims there can be, under 4 KB.
func (m *Mint) Mint(claims chat.Claims) (string, error) {
	key, err := m.keys.Current()
	if err != nil {
		return "", fmt.Errorf("mint: %w", err)
	}
	s, err := m.seal(key)
	if err != nil {
		return "", fmt.Errorf("mint: %w", err)
	}
	e := envelope{key: key.ID, boot: m.node.Boot(), id: newID(), node: m.node.ID()}
	open := e.append(make([]byte, 0, openBytes+len(e.node)))
	plain := appendClaims(make([]byte, 0, 256), &claims, m.elapsed())
	sealed := s.Seal(make([]byte, 0, len(plain)+s.Overhead()), e.id[:], plain, open)

	encoding := base64.RawURLEncoding
	text := make([]byte, 0, encoding.EncodedLen(len(open))+1+encoding.EncodedLen(len(sealed)))
	text = append(encoding.AppendEncode(text, open), '.')
	text = encoding.AppendEncode(text, sealed)
	return string(text), nil
}
