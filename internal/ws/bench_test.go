package ws_test

import (
	"fmt"
	"strings"
	"testing"

	"parlor/internal/ws"
)

func BenchmarkNext(b *testing.B) {
	for _, n := range []int{16, 256, 4096, 16 << 10} {
		for _, op := range []ws.Opcode{ws.Text, ws.Binary} {
			b.Run(fmt.Sprintf("op=%d/bytes=%d", op, n), func(b *testing.B) {
				in := frame{op: op, payload: strings.Repeat("x", n)}.wire()
				work := make([]byte, len(in))
				var d ws.Decoder
				b.SetBytes(int64(n))
				b.ReportAllocs()
				for b.Loop() {
					copy(work, in)
					if m, _, err := d.Next(work); err != nil || len(m.Payload) != n {
						b.Fatal(len(m.Payload), err)
					}
				}
			})
		}
	}
}

// BenchmarkNextSplit is a message that arrives in two reads.
func BenchmarkNextSplit(b *testing.B) {
	in := text(strings.Repeat("x", 256)).wire()
	work := make([]byte, len(in))
	var d ws.Decoder
	b.ReportAllocs()
	for b.Loop() {
		copy(work, in)
		_, _, _ = d.Next(work[:100])
		if m, _, err := d.Next(work[100:]); err != nil || len(m.Payload) != 256 {
			b.Fatal(len(m.Payload), err)
		}
	}
}

func BenchmarkAppendFrame(b *testing.B) {
	payload := []byte(strings.Repeat("x", 256))
	dst := make([]byte, 0, 512)
	b.ReportAllocs()
	for b.Loop() {
		dst = ws.AppendFrame(dst[:0], ws.Text, payload)
	}
}
