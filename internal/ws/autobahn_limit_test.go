package ws_test

import (
	"fmt"
	"strings"

	"parlor/internal/ws"
)

const (
	kib = 1 << 10
	mib = 1 << 20
)

// limitCases is group 9, with the Decoder's Limit raised to its largest
// message: big messages, many fragments, small pieces, many messages.
func limitCases() (all []wsCase) {
	for kind, op := range []ws.Opcode{ws.Text, ws.Binary} {
		fill := frame{op: op}
		of := func(n int) frame {
			fill.payload = strings.Repeat("*", n)
			return fill
		}
		number := func(group, i int) string { return fmt.Sprintf("9.%d.%d", group+kind, i+1) }
		for i, n := range []int{64 * kib, 256 * kib, mib, 4 * mib, 8 * mib, 16 * mib} {
			f := of(n)
			all = append(all, wsCase{number: number(1, i), in: atOnce(f, bye), want: []frame{f, bye}})
		}
		for i, n := range []int{64, 256, kib, 4 * kib, 16 * kib, 64 * kib, 256 * kib, mib, 4 * mib} {
			f := of(4 * mib)
			all = append(all, wsCase{number: number(3, i), in: atOnce(append(fragments(f, n), bye)...), want: []frame{f, bye}})
		}
		for i, n := range []int{64, 128, 256, 512, 1024, 2048} {
			f := of(mib)
			all = append(all, wsCase{number: number(5, i), in: chop(wire(f, bye), n), want: []frame{f, bye}})
		}
		for i, n := range []int{0, 16, 64, 256, 1024, 4096} {
			c := wsCase{number: number(7, i)}
			for range 1000 {
				c.in, c.want = append(c.in, of(n).wire()), append(c.want, of(n))
			}
			c.in, c.want = append(c.in, bye.wire()), append(c.want, bye)
			all = append(all, c)
		}
	}
	return all
}
