package control

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"iter"
	"slices"
	"strings"
	"time"

	"parlor/chat"
)

// A position is a place in a list that is sorted by update time, the latest first.
// Those of the same time are sorted by id.
type position struct {
	at time.Time
	id string
}

// compare orders positions as they are listed.
func (p position) compare(q position) int {
	if c := q.at.Compare(p.at); c != 0 {
		return c
	}
	return strings.Compare(p.id, q.id)
}

const pageSum = 8 // bytes of a token's checksum

// encode makes a token of p. It is good only for the query it was made for: it holds
// a checksum of the two. It holds no secret: a forged one shows nothing that its
// maker couldn't list.
func (p position) encode(query string) string {
	b := binary.AppendVarint(nil, p.at.UnixNano())
	b = append(b, p.id...)
	sum := sha256.Sum256(append([]byte(query), b...))
	return base64.RawURLEncoding.EncodeToString(append(sum[:pageSum:pageSum], b...))
}

// decodePosition reads a token that encode made for the same query.
func decodePosition(token, query string) (position, bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < pageSum {
		return position{}, false
	}
	b := raw[pageSum:]
	sum := sha256.Sum256(append([]byte(query), b...))
	if !bytes.Equal(sum[:pageSum], raw[:pageSum]) {
		return position{}, false
	}
	at, n := binary.Varint(b)
	return position{at: time.Unix(0, at), id: string(b[max(n, 0):])}, n > 0
}

// A page is which part of a list is asked for.
type page struct {
	max   int
	after *position // nil: from the start
	query string    // what the token is bound to
}

// newPage reads the two members that every list operation has. An empty token is the
// list's start (behaviour.md §3.5).
func newPage(maxResults *int, nextToken *string, query ...string) (page, error) {
	p := page{max: chat.MaxPage, query: strings.Join(query, "\x00")}
	if maxResults != nil {
		p.max = *maxResults
	}
	if nextToken == nil || *nextToken == "" {
		return p, nil
	}
	after, ok := decodePosition(*nextToken, p.query)
	if !ok {
		return p, chat.InvalidFields([]chat.FieldError{{Name: "nextToken", Message: "Invalid nextToken"}})
	}
	p.after = &after
	return p, nil
}

// pick returns the items of the page in order, and the token of the next page if there
// is one. It holds no more than a page at a time, however long the list is.
func pick[T any](all iter.Seq[T], p page, where func(*T) position) (items []T, next string) {
	order := func(a, b T) int { return where(&a).compare(where(&b)) }
	for item := range all {
		at := where(&item)
		if p.after != nil && at.compare(*p.after) <= 0 {
			continue
		}
		if len(items) > p.max && at.compare(where(&items[p.max])) >= 0 {
			continue
		}
		i, _ := slices.BinarySearchFunc(items, item, order)
		items = slices.Insert(items, i, item)
		if len(items) > p.max+1 {
			items = items[:p.max+1]
		}
	}
	if len(items) > p.max {
		items = items[:p.max]
		next = where(&items[p.max-1]).encode(p.query)
	}
	return items, next
}
