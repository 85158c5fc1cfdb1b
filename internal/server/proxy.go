package server

import (
	"crypto/tls"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// behind lets the proxies of the given networks name the client. What a request is
// told to come from then holds for policies (aws:SourceIp, aws:SecureTransport) and
// review handlers (Sender.Ip) alike; what anybody else claims is not believed.
func behind(networks []netip.Prefix, next http.Handler) http.Handler {
	if len(networks) == 0 {
		return next
	}
	trusted := func(addr netip.Addr) bool {
		return slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(addr.Unmap()) })
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil || !trusted(from.Addr()) {
			next.ServeHTTP(w, r)
			return
		}
		if r.TLS == nil && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
			r.TLS = &tls.ConnectionState{}
		}
		// The nearest proxy wrote the last entry. Go back while entries are proxies of ours.
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for _, hop := range slices.Backward(hops) {
			addr, err := forwarded(hop)
			if err != nil {
				break
			}
			r.RemoteAddr = netip.AddrPortFrom(addr, from.Port()).String()
			if !trusted(addr) {
				break
			}
		}
		next.ServeHTTP(w, r)
	})
}

// forwarded reads an entry of X-Forwarded-For, to which some proxies add the port.
func forwarded(hop string) (netip.Addr, error) {
	hop = strings.TrimSpace(hop)
	if at, err := netip.ParseAddrPort(hop); err == nil {
		return at.Addr(), nil
	}
	return netip.ParseAddr(hop)
}

// prefixes reads networks that config has checked.
func prefixes(texts []string) []netip.Prefix {
	var list []netip.Prefix
	for _, text := range texts {
		if p, err := netip.ParsePrefix(text); err == nil {
			list = append(list, p)
		}
	}
	return list
}
