package ws

import (
	"encoding/binary"
	"math/bits"
)

// unmask undoes the client's masking of b in place, eight bytes at a time
// (RFC 6455 §5.3). It returns the key as it stands for the byte after b, so
// that a payload can be unmasked in pieces. Keys are little-endian: the lowest
// byte is the next to be used.
func unmask(b []byte, key uint32) uint32 {
	k := uint64(key)<<32 | uint64(key)
	for len(b) >= 32 {
		c := b[:32:32]
		binary.LittleEndian.PutUint64(c[0:8], binary.LittleEndian.Uint64(c[0:8])^k)
		binary.LittleEndian.PutUint64(c[8:16], binary.LittleEndian.Uint64(c[8:16])^k)
		binary.LittleEndian.PutUint64(c[16:24], binary.LittleEndian.Uint64(c[16:24])^k)
		binary.LittleEndian.PutUint64(c[24:32], binary.LittleEndian.Uint64(c[24:32])^k)
		b = b[32:]
	}
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^k)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= byte(key & 0xFF)
		key = bits.RotateLeft32(key, -8)
	}
	return key
}
