package chatlog

import (
	"cmp"
	"slices"
	"time"
)

// A ticket stands for a batch until all its records are delivered.
type ticket struct {
	batch Batch
	left  int // records not yet delivered
	bytes int // of memory that it keeps
	since time.Time
}

// ticketBytes is what a ticket and the stream's client take besides the records.
const ticketBytes = 512

// A pileKey tells piles apart, as far as the destination wants them apart.
type pileKey struct {
	room string
	hour int64 // since 1970
}

// A pile is what goes to a destination in one request.
type pile struct {
	key     pileKey
	records []record
	bytes   int // with the destination's overhead
	from    int64
	to      int64 // times of the earliest and latest record
	born    time.Time
	closed  bool // nothing more is added
	failed  int  // times it was put in vain
}

// keyOf returns the pile that r belongs to.
func (u rule) keyOf(r record) pileKey {
	k := pileKey{}
	if u.byRoom {
		k.room = r.room
	}
	if u.byHour {
		k.hour = time.Unix(0, r.at).Unix() / 3600
	}
	return k
}

// fits reports whether r may join p without breaking a bound. Any record fits an empty
// pile.
func (u rule) fits(p *pile, r record) bool {
	if len(p.records) == 0 {
		return true
	}
	if p.bytes+len(r.line)+u.overhead > u.bytes || u.count > 0 && len(p.records) >= u.count {
		return false
	}
	return u.span == 0 || max(p.to, r.at)-min(p.from, r.at) <= u.span.Nanoseconds()
}

// full reports whether p is complete before its time.
func (u rule) full(p *pile) bool {
	return p.bytes >= u.bytes || u.count > 0 && len(p.records) >= u.count
}

func (p *pile) add(r record, overhead int) {
	if len(p.records) == 0 {
		p.from, p.to = r.at, r.at
	}
	p.records = append(p.records, r)
	p.bytes += len(r.line) + overhead
	p.from, p.to = min(p.from, r.at), max(p.to, r.at)
}

// sort brings records into the order of their times, which PutLogEvents demands and a
// reader of files likes. Records of one time keep the order in which they came.
func (p *pile) sort() {
	byTime := func(a, b record) int { return cmp.Compare(a.at, b.at) }
	if !slices.IsSortedFunc(p.records, byTime) { // one node's are
		slices.SortStableFunc(p.records, byTime)
	}
}
