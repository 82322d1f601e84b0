package edge

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"net/netip"
)

// FromNetworks trusts callers whose TCP address is in one of the networks, in
// CIDR notation. It looks at the connection alone: X-Forwarded-For and its like
// are claims of the caller.
func FromNetworks(networks ...string) (func(*http.Request) bool, error) {
	prefixes := make([]netip.Prefix, len(networks))
	for i, network := range networks {
		prefix, err := netip.ParsePrefix(network)
		if err != nil {
			return nil, fmt.Errorf("edge: trusted network %q: %w; write it like 10.0.0.0/8", network, err)
		}
		prefixes[i] = prefix.Masked()
	}
	return func(r *http.Request) bool {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil {
			return false
		}
		addr := peer.Addr().Unmap().WithZone("")
		for _, prefix := range prefixes {
			if prefix.Contains(addr) {
				return true
			}
		}
		return false
	}, nil
}

// WithToken trusts callers that show the shared secret in the header name. It
// compares in constant time, and tells nothing of the secret's length. An empty
// secret trusts nobody.
func WithToken(name, secret string) func(*http.Request) bool {
	name = http.CanonicalHeaderKey(name)
	want := sha256.Sum256([]byte(secret))
	return func(r *http.Request) bool {
		shown := sha256.Sum256([]byte(r.Header.Get(name)))
		return subtle.ConstantTimeCompare(want[:], shown[:]) == 1 && secret != ""
	}
}
