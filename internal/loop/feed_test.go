package loop

import (
	"strings"
	"testing"
)

// TestFeedCountsWhatWaits: a client that always has an answer still to come, but takes
// them, is never too far behind.
func TestFeedCountsWhatWaits(t *testing.T) {
	log := NewLog(0)
	at := log.Head()
	f := feed{seg: at.seg, off: at.off}
	frame := make([]byte, 1<<10)
	f.push(log, frame)
	for i := range 1000 {
		if !f.push(log, frame) {
			t.Fatalf("after %d frames that were taken, two are too many", i)
		}
		for range 2 { // in two pieces
			f.wrote(len(f.next(len(frame) / 2)))
		}
	}
	if f.own.size != len(frame)+ownCost {
		t.Errorf("one frame of %d bytes waits and counts as %d, want %d", len(frame), f.own.size, len(frame)+ownCost)
	}
	for range 2 {
		f.wrote(len(f.next(len(frame) / 2)))
	}
	if f.own != nil || f.next(1) != nil {
		t.Error("nothing waits, yet something is held")
	}
}

// TestManyAnswers: however many frames one call of the session sends, all arrive.
func TestManyAnswers(t *testing.T) {
	drivers(t, func(t *testing.T, d *Driver) {
		t.Helper()
		s := newRecorder()
		c := pair(t, d, NewLog(0), s, "")
		<-s.open
		s.conn.Do(func() {
			for range 100 {
				s.conn.Send([]byte("answer "))
			}
		})
		expect(t, c, strings.Repeat("answer ", 100))
	})
}
