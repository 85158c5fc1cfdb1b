package room

import "time"

// A deletion is remembered for deletionMemory, so that it also holds where it
// overtook its message on the way from another node. More than maxDeletions of
// them at a time are forgotten sooner: an account may delete 100 a second.
const (
	deletionMemory = time.Minute
	maxDeletions   = 6000
)

// deletions are the ids of the messages deleted lately.
type deletions struct {
	ids   map[string]struct{}
	order []deletion // oldest first
}

type deletion struct {
	id string
	at time.Time
}

// has reports whether id was deleted lately.
func (d *deletions) has(id []byte) bool {
	if len(d.ids) == 0 {
		return false
	}
	_, ok := d.ids[string(id)]
	return ok
}

// add remembers id, and forgets what is old.
func (d *deletions) add(id string, now time.Time) {
	if d.ids == nil {
		d.ids = map[string]struct{}{}
	}
	for len(d.order) >= maxDeletions || len(d.order) > 0 && now.Sub(d.order[0].at) > deletionMemory {
		delete(d.ids, d.order[0].id)
		d.order = d.order[1:]
	}
	if _, ok := d.ids[id]; ok {
		return
	}
	d.ids[id] = struct{}{}
	d.order = append(d.order, deletion{id: id, at: now})
}
