package loop

import (
	"fmt"
	"io"
	"testing"
)

// BenchmarkAppend is what a message costs a room before anybody is written to.
func BenchmarkAppend(b *testing.B) {
	log := NewLog(0)
	frame := make([]byte, 400)
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	for b.Loop() {
		log.Append(frame)
	}
}

// BenchmarkRound is one message to every connection of a loop, sockets and
// their readers included. An operation is a message.
func BenchmarkRound(b *testing.B) {
	for _, n := range []int{1, 100} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			d := start(b, Config{Loops: 1})
			log := NewLog(0)
			var clients []io.Reader
			for range n {
				clients = append(clients, pair(b, d, log, newRecorder(), ""))
			}
			frame, in := make([]byte, 400), make([]byte, 400)
			b.ReportAllocs()
			for b.Loop() {
				log.Append(frame)
				for _, c := range clients {
					if _, err := io.ReadFull(c, in); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
