package ws_test

import (
	"fmt"
	"strings"

	"parlor/internal/ws"
)

// closeCases is group 7: after a close frame nothing is heard, and its body is
// judged.
func closeCases() []wsCase {
	hello := text("Hello World!")
	big := text(strings.Repeat("BAsd7&jh23", 26214))
	empty := frame{op: ws.Close}
	invalid := []frame{closing(1007, "")}
	all := []wsCase{
		{number: "7.1.1", in: atOnce(hello, bye), want: []frame{hello, bye}},
		{number: "7.1.2", in: atOnce(bye, bye), want: []frame{bye}, by: 1},
		{number: "7.1.3", in: framewise(bye, ping("")), want: []frame{bye}, by: 1},
		{number: "7.1.4", in: framewise(bye, hello), want: []frame{bye}, by: 1},
		{number: "7.1.5", in: framewise(more(text("fragment1")), bye, cont("fragment2")), want: []frame{bye}, by: 2},
		{number: "7.1.6", in: framewise(big, hello, bye, ping("")), want: []frame{big, hello, bye}, by: 3},
		{number: "7.3.1", in: atOnce(empty), want: []frame{empty}},
		{number: "7.3.2", in: atOnce(frame{op: ws.Close, payload: "a"}), want: []frame{failed}},
		{number: "7.3.3", in: atOnce(bye), want: []frame{bye}},
		{number: "7.3.4", in: atOnce(closing(1000, "Hello World!")), want: []frame{bye}},
		{number: "7.3.5", in: atOnce(closing(1000, strings.Repeat("*", 123))), want: []frame{bye}},
		{number: "7.3.6", in: atOnce(closing(1000, strings.Repeat("*", 124))), want: []frame{failed}},
		{number: "7.5.1", in: atOnce(closing(1000, kosme+"\xED\xA0\x80edited")), want: invalid},
	}
	for i, code := range []uint16{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999} {
		f := closing(code, "")
		all = append(all, wsCase{number: fmt.Sprintf("7.7.%d", i+1), in: atOnce(f), want: []frame{f}})
	}
	for i, code := range []uint16{0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999} {
		all = append(all, wsCase{number: fmt.Sprintf("7.9.%d", i+1), in: atOnce(closing(code, "")), want: []frame{failed}})
	}
	// The suite leaves these two open; RFC 6455 §7.4.2 knows no such codes.
	for i, code := range []uint16{5000, 65535} {
		all = append(all, wsCase{number: fmt.Sprintf("7.13.%d", i+1), in: atOnce(closing(code, "")), want: []frame{failed}})
	}
	return all
}
