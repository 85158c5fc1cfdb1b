package ws_test

import (
	"bytes"
	"strings"
	"testing"

	"parlor/internal/ws"
)

func TestAppendFrame(t *testing.T) {
	tests := []struct {
		n      int
		header []byte
	}{
		{0, []byte{0x81, 0}},
		{125, []byte{0x81, 125}},
		{126, []byte{0x81, 126, 0, 126}},
		{0xFFFF, []byte{0x81, 126, 0xFF, 0xFF}},
		{0x10000, []byte{0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0}},
	}
	for _, tt := range tests {
		payload := bytes.Repeat([]byte("x"), tt.n)
		want := append(append([]byte("before"), tt.header...), payload...)
		if got := ws.AppendFrame([]byte("before"), ws.Text, payload); !bytes.Equal(got, want) {
			t.Errorf("AppendFrame of %d bytes begins %x, want %x", tt.n, got[:min(len(got), 16)], want[:min(len(want), 16)])
		}
	}
}

func TestAppendClose(t *testing.T) {
	long := strings.Repeat("x", 122) + "é"
	tests := []struct {
		name   string
		code   uint16
		reason string
		want   string
	}{
		{"code alone", 1000, "", "\x88\x02\x03\xE8"},
		{"with a reason", 1009, "big", "\x88\x05\x03\xF1big"},
		{"no status", ws.CodeNoStatus, "lost", "\x88\x00"},
		{"zero", 0, "lost", "\x88\x00"},
		{"reason cut between runes", 1000, long, "\x88\x7C\x03\xE8" + long[:122]},
		{"reason that just fits", 1000, long[1:], "\x88\x7D\x03\xE8" + long[1:]},
	}
	for _, tt := range tests {
		if got := ws.AppendClose(nil, tt.code, tt.reason); string(got) != tt.want {
			t.Errorf("%s: AppendClose(%d, %q) = %q, want %q", tt.name, tt.code, tt.reason, got, tt.want)
		}
	}
}
