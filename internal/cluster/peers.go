package cluster

import (
	"context"
	"net"
	"os"
	"slices"
	"strings"
	"time"
)

// peers lists the route addresses of all servers, this one's own included. A NATS server
// takes their number for the size of the cluster: counted twice under two names, a server
// of three would wait for a fourth. own tells whether an address is this server's.
func (c *Config) peers(own func(addr string) bool) []string {
	all := slices.Compact(slices.Sorted(slices.Values(c.Join)))
	if slices.Contains(all, c.Listen) || slices.ContainsFunc(all, own) {
		return all
	}
	host, port, _ := net.SplitHostPort(c.Listen)
	if anywhere(host) {
		host = "127.0.0.1"
	}
	return append(all, net.JoinHostPort(host, port))
}

// anywhere reports whether to listen on host is to listen on every address there is.
func anywhere(host string) bool {
	ip := net.ParseIP(host)
	return host == "" || ip.IsUnspecified()
}

// own reports whether others reach this server at addr: it has Listen's port, and its
// name leads to the address that Listen names, or, if that is all of them, to this machine.
func (c *Config) own(ctx context.Context, addr string) bool {
	at, port, _ := net.SplitHostPort(c.Listen)
	name, itsPort, err := net.SplitHostPort(addr)
	if err != nil || port != itsPort {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, lookUpTime)
	defer cancel()
	ips, err := net.DefaultResolver.LookupHost(ctx, name)
	if !anywhere(at) {
		return err == nil && slices.Contains(ips, at)
	}
	// A name that can't be looked up yet, as a pod's before it is ready, may still be ours.
	if host, _, _ := strings.Cut(name, "."); err != nil {
		mine, _ := os.Hostname()
		return host == mine
	}
	return slices.ContainsFunc(ips, here)
}

const lookUpTime = 2 * time.Second

// here reports whether ip is an address of this machine.
func here(ip string) bool {
	addrs, err := net.InterfaceAddrs()
	return err == nil && slices.ContainsFunc(addrs, func(a net.Addr) bool {
		n, ok := a.(*net.IPNet)
		return ok && n.IP.Equal(net.ParseIP(ip))
	})
}
