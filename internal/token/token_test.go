package token

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"parlor/chat"
)

// A net is some nodes that reach each other and share a key.
type net struct {
	mu      sync.Mutex
	answers map[string]func(context.Context, []byte) []byte
}

type node struct {
	net  *net
	name string
	boot uint64
}

func (n *node) ID() string   { return n.name }
func (n *node) Boot() uint64 { return n.boot }

func (n *node) Answer(_ string, answer func(context.Context, []byte) []byte) error {
	n.net.mu.Lock()
	defer n.net.mu.Unlock()
	if n.net.answers == nil {
		n.net.answers = map[string]func(context.Context, []byte) []byte{}
	}
	n.net.answers[n.name] = answer
	return nil
}

func (n *node) Ask(ctx context.Context, name, _ string, question []byte) ([]byte, error) {
	n.net.mu.Lock()
	answer := n.net.answers[name]
	n.net.mu.Unlock()
	if answer == nil {
		return nil, errors.New("gone")
	}
	return answer(ctx, question), nil
}

func (n *net) leave(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.answers, name)
}

type keys struct{}

func (keys) Current() (Key, error) { return Key{ID: 7, Secret: [32]byte{1}}, nil }

func (k keys) Key(_ context.Context, id uint32) (Key, error) {
	switch id {
	case 7:
	case 8:
		return Key{}, errors.New("the records are away")
	default:
		return Key{}, fmt.Errorf("key %d: %w", id, fs.ErrNotExist)
	}
	return k.Current()
}

func mintOn(tb testing.TB, n *net, name string, boot uint64, clock chat.Clock) *Mint {
	tb.Helper()
	m, err := New(&node{n, name, boot}, keys{}, clock)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func claims(now time.Time) chat.Claims {
	return chat.Claims{
		Room:         chat.ARN{Region: "us-west-2", Account: "123456789012", Kind: chat.KindRoom, ID: "g1H2I3j4k5L6"},
		UserID:       "ada",
		Capabilities: []chat.Capability{chat.SendMessage, chat.DisconnectUser},
		Attributes:   map[string]string{"name": "Ada", "k": "🚀"},
		Issued:       now, Expires: now.Add(chat.TokenLifetime), SessionExpires: now.Add(time.Hour),
	}
}

func TestRedeemOnceOnAnyNode(t *testing.T) {
	n := &net{}
	a, b := mintOn(t, n, "a", 1, chat.Clock{}), mintOn(t, n, "b", 2, chat.Clock{})
	for _, where := range []*Mint{a, b} {
		want := claims(time.Now())
		text, err := a.Mint(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := where.Redeem(t.Context(), text)
		if err != nil {
			t.Fatalf("Redeem() = %v", err)
		}
		got.ID = ""
		for _, pair := range [][2]*time.Time{{&got.Issued, &want.Issued}, {&got.Expires, &want.Expires}, {&got.SessionExpires, &want.SessionExpires}} {
			if d := pair[0].Sub(*pair[1]).Abs(); d > time.Second {
				t.Errorf("a time moved by %v", d)
			}
			*pair[0] = *pair[1]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Redeem() differs: %s", diff)
		}
		for _, again := range []*Mint{a, b} {
			if _, err := again.Redeem(t.Context(), text); !errors.Is(err, ErrUsed) {
				t.Errorf("second Redeem() = %v, want %v", err, ErrUsed)
			}
		}
	}
}

func TestNoAnswerNoEntry(t *testing.T) {
	n := &net{}
	a, b := mintOn(t, n, "a", 1, chat.Clock{}), mintOn(t, n, "b", 2, chat.Clock{})
	text, _ := a.Mint(claims(time.Now()))
	n.leave("a")
	if _, err := b.Redeem(t.Context(), text); !errors.Is(err, ErrUnreachable) {
		t.Errorf("Redeem() without the minting node = %v, want %v", err, ErrUnreachable)
	}
	a = mintOn(t, n, "a", 3, chat.Clock{}) // it comes back and remembers nothing
	for _, m := range []*Mint{a, b} {
		if _, err := m.Redeem(t.Context(), text); !errors.Is(err, ErrExpired) {
			t.Errorf("Redeem() after a restart = %v, want %v", err, ErrExpired)
		}
	}
}

// A token under a key that this node can't look up now may be good: its bearer is to
// come again, not to be told that it is forged.
func TestKeyNotFoundOut(t *testing.T) {
	m := mintOn(t, &net{}, "one", 1, chat.Clock{})
	for id, want := range map[uint32]error{8: ErrUnreachable, 9: ErrInvalid} {
		open := (&envelope{key: id, boot: 1, node: "one"}).append(nil)
		token := base64.RawURLEncoding.EncodeToString(open) + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 32))
		if _, err := m.Redeem(t.Context(), token); !errors.Is(err, want) {
			t.Errorf("Redeem of a token under key %d = %v, want %v", id, err, want)
		}
	}
}

func TestTokenLivesAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := mintOn(t, &net{}, "a", 1, chat.Clock{})
		early, _ := m.Mint(claims(time.Now()))
		late, _ := m.Mint(claims(time.Now()))
		time.Sleep(chat.TokenLifetime - time.Nanosecond)
		if _, err := m.Redeem(t.Context(), early); err != nil {
			t.Errorf("Redeem() in the last moment = %v", err)
		}
		time.Sleep(time.Nanosecond)
		if _, err := m.Redeem(t.Context(), late); !errors.Is(err, ErrExpired) {
			t.Errorf("Redeem() after a minute = %v, want %v", err, ErrExpired)
		}
	})
}

// TestClocksApart lets the minting node's clock judge, and the session last as long as it should.
func TestClocksApart(t *testing.T) {
	n := &net{}
	for _, off := range []time.Duration{-90 * time.Second, 90 * time.Second} {
		a, b := mintOn(t, n, "a", 1, chat.Clock{}), mintOn(t, n, "b", 2, chat.Clock{Offset: off})
		text, _ := a.Mint(claims(time.Now()))
		got, err := b.Redeem(t.Context(), text)
		if err != nil {
			t.Fatalf("Redeem() with a clock %v off = %v", off, err)
		}
		left := got.SessionExpires.Sub(chat.Clock{Offset: off}.Now())
		if left < 59*time.Minute || left > time.Hour {
			t.Errorf("session lasts %v by the other clock, want an hour", left)
		}
	}
}

// TestDoubleSpend lets many redeem one token at once: one of them gets in.
func TestDoubleSpend(t *testing.T) {
	n := &net{}
	mints := []*Mint{mintOn(t, n, "a", 1, chat.Clock{}), mintOn(t, n, "b", 2, chat.Clock{}), mintOn(t, n, "c", 3, chat.Clock{})}
	for i := range 50 {
		text, _ := mints[i%3].Mint(claims(time.Now()))
		var in atomic.Int32
		var all sync.WaitGroup
		for j := range 60 {
			all.Go(func() {
				if _, err := mints[j%3].Redeem(t.Context(), text); err == nil {
					in.Add(1)
				}
			})
		}
		all.Wait()
		if in.Load() != 1 {
			t.Fatalf("token %d let %d in, want 1", i, in.Load())
		}
	}
}

// A token and a question of version 1, as a node that is not restarted yet makes them.
func TestWordsOfVersion1(t *testing.T) {
	const old = "AQAAAAcAAAAAAAAAAVPe_glRoBW3aOsT92E.lbeqnP8qviwa7MHdR93fpbh1YLRLNiOqVk9SXgD4rrQ96VfFPewmEEdbePFzSqXyhD0b2ghV_Q--QZwLuiEQIO1ScReDGP2J_HzKBPLW7LPxJISdMDcMyvZY"
	n := &net{}
	minter, other := mintOn(t, n, "a", 1, chat.Clock{}), mintOn(t, n, "b", 2, chat.Clock{})
	c, err := other.Redeem(t.Context(), old)
	if err != nil {
		t.Fatal(err)
	}
	want := claims(c.Issued)
	if want.ID = c.ID; !cmp.Equal(c, want) {
		t.Errorf("claims = %s", cmp.Diff(want, c))
	}
	id := "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b"
	for i, want := range []verdict{granted, used} {
		a := minter.answer(t.Context(), []byte("\x00\x00\x00\x00\x00\x00\x00\x01"+id+"\x00\x00\x00\x0d\xf8\x47\x58\x00"))
		if len(a) != 9 || verdict(a[0]) != want {
			t.Errorf("answer %d = %x, want %d and eight bytes", i, a, want)
		}
	}
}

// TestAlteredTokens changes each bit of tokens of several lengths, the bits behind the
// end that base64 leaves unused included.
func TestAlteredTokens(t *testing.T) {
	const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	m := mintOn(t, &net{}, "a", 1, chat.Clock{})
	var text string
	for _, user := range []string{"a", "ab", "abc"} {
		c := claims(time.Now())
		c.UserID = user
		text, _ = m.Mint(c)
		for i := range text {
			value := strings.IndexByte(base64url, text[i])
			for bit := 1; bit < 64 && value >= 0; bit <<= 1 {
				altered := text[:i] + string(base64url[value^bit]) + text[i+1:]
				if _, err := m.Redeem(t.Context(), altered); !errors.Is(err, ErrInvalid) {
					t.Fatalf("Redeem of a token of %d characters with bit %d of character %d altered = %v, want %v", len(text), bit, i, err, ErrInvalid)
				}
			}
		}
	}
	for _, bad := range []string{"", ".", "a", "a.b", text + "A", text[1:], text + "=", strings.Repeat("A", 5000)} {
		if _, err := m.Redeem(t.Context(), bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("Redeem(%.20q) = %v, want %v", bad, err, ErrInvalid)
		}
	}
}

// TestClaimsAreWhole: claims with something behind them, or that end too soon, are none.
func TestClaimsAreWhole(t *testing.T) {
	c := claims(time.Now())
	all := appendClaims(nil, &c, time.Second)
	for n := range all {
		if _, _, ok := readClaims(all[:n]); ok {
			t.Errorf("the first %d of %d bytes are taken for claims", n, len(all))
		}
	}
	c.Attributes = nil
	bare := appendClaims(nil, &c, time.Second)
	many := append(bare[:len(bare)-1:len(bare)-1], "\xff\xff\xff\xff\xff\xff\xff\x7f"...) // attributes
	for name, bad := range map[string][]byte{"a byte behind them": append(all, 0), "more attributes than bytes": many} {
		if _, _, ok := readClaims(bad); ok {
			t.Errorf("claims with %s are taken", name)
		}
	}
}

// TestTokenIsLegalAndSmall holds the largest claims there can be.
func TestTokenIsLegalAndSmall(t *testing.T) {
	c := claims(time.Now())
	c.UserID = strings.Repeat("🚀", chat.MaxUserID)
	c.Attributes = map[string]string{}
	for i := range 256 {
		c.Attributes[fmt.Sprintf("%03d", i)] = "v"
	}
	m := mintOn(t, &net{}, strings.Repeat("n", 32), 1, chat.Clock{})
	text, err := m.Mint(c)
	if err != nil || len(text) >= 4096 {
		t.Errorf("Mint() = %d characters, %v, want under 4096", len(text), err)
	}
	if bad := strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."); bad != "" {
		t.Errorf("a token has the characters %q, want base64url and one dot", bad)
	}
	got, err := m.Redeem(t.Context(), text)
	if err != nil || !maps.Equal(got.Attributes, c.Attributes) {
		t.Errorf("Redeem() = %v", err)
	}
}

// TestSpentIsBounded spends for ten minutes and finds two minutes' worth remembered.
func TestSpentIsBounded(t *testing.T) {
	var s spent
	now := time.Duration(0)
	for range 10 * 60 {
		for range 10 {
			s.add(newID(), now)
		}
		now += time.Second
	}
	if n := len(s.young) + len(s.old); n > 2*60*10 {
		t.Errorf("%d ids remembered, want at most those of two minutes", n)
	}
}

// TestSpentNeverForgetsTooSoon adds at random moments and tries what is spent again
// for as long as it could be valid.
func TestSpentNeverForgetsTooSoon(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s spent
		var now time.Duration
		until := map[id]time.Duration{}
		for range rapid.IntRange(1, 100).Draw(t, "steps") {
			now += time.Duration(rapid.IntRange(0, 50).Draw(t, "seconds")) * time.Second
			for known, expires := range until {
				if now < expires && s.add(known, now) {
					t.Fatalf("a token was let in twice")
				}
			}
			token := newID()
			if !s.add(token, now) {
				t.Fatalf("a new token was refused")
			}
			until[token] = now + chat.TokenLifetime
		}
	})
}

func FuzzRedeem(f *testing.F) {
	m := mintOn(f, &net{}, "a", 1, chat.Clock{})
	text, _ := m.Mint(claims(time.Now()))
	f.Add(text)
	f.Add("AQAAAAcAAAAAAAAAAQ.AA")
	f.Fuzz(func(_ *testing.T, text string) {
		_, _ = m.Redeem(context.Background(), text) //nolint:usetesting // the fuzzing engine's own
	})
}

func FuzzReadClaims(f *testing.F) {
	c := claims(time.Now())
	f.Add(appendClaims(nil, &c, time.Second))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, minted, ok := readClaims(b); ok {
			if again, then, ok := readClaims(appendClaims(nil, &c, minted)); !ok || then != minted || !cmp.Equal(c, again) {
				t.Errorf("%+v reads back as %+v", c, again)
			}
		}
	})
}

func BenchmarkMint(b *testing.B) {
	m := mintOn(b, &net{}, "a", 1, chat.Clock{})
	c := claims(time.Now())
	b.ReportAllocs()
	for b.Loop() {
		_, _ = m.Mint(c)
	}
}

func BenchmarkRedeem(b *testing.B) {
	m := mintOn(b, &net{}, "a", 1, chat.Clock{})
	b.ReportAllocs()
	for b.Loop() {
		text, _ := m.Mint(claims(time.Now()))
		if _, err := m.Redeem(b.Context(), text); err != nil {
			b.Fatal(err)
		}
	}
}
