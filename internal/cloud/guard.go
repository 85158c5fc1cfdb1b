package cloud

import (
	"fmt"
	"net/netip"
	"syscall"
)

// Forbidden reports whether ip is an address that no configured URL may lead to:
// link-local (where clouds keep their metadata services), the metadata addresses
// outside of it, multicast and the unspecified address.
func Forbidden(ip netip.Addr) bool {
	ip = embedded(ip.WithZone("").Unmap())
	if ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() {
		return true
	}
	switch ip {
	case netip.AddrFrom4([4]byte{100, 100, 100, 200}), // Alibaba Cloud
		netip.AddrFrom4([4]byte{168, 63, 129, 16}),                                // Azure's wire server
		netip.AddrFrom4([4]byte{192, 0, 0, 192}),                                  // Oracle Cloud
		netip.AddrFrom4([4]byte{255, 255, 255, 255}),                              // everybody
		netip.AddrFrom16([16]byte{0: 0xfd, 2: 0x0e, 3: 0xc2, 14: 0x02, 15: 0x54}): // EC2: fd00:ec2::254
		return true
	}
	return false
}

// embedded returns the IPv4 address within ip when ip is a NAT64 or 6to4 address, and
// ip itself otherwise: both are other ways to write an IPv4 destination.
func embedded(ip netip.Addr) netip.Addr {
	if !ip.Is6() {
		return ip
	}
	b := ip.As16()
	nat64 := netip.PrefixFrom(netip.AddrFrom16([16]byte{0: 0, 1: 0x64, 2: 0xff, 3: 0x9b}), 96)
	switch {
	case nat64.Contains(ip):
		return netip.AddrFrom4([4]byte(b[12:16]))
	case b[0] == 0x20 && b[1] == 0x02:
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return ip
}

// guard refuses to connect to a forbidden address. The dialer calls it with the
// address it resolved, before the connection is made.
func guard(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("dial %s: %w", address, err)
	}
	if Forbidden(at.Addr()) {
		return fmt.Errorf("dial %s: a link-local or metadata address", address)
	}
	return nil
}
