package edge_test

import (
	"fmt"
	"math"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/instrumentation/edge"
)

func user(id string) *http.Request { return request(map[string]string{"X-User": id}) }

func share(t *testing.T, salt string, percent float64) func(*http.Request) bool {
	t.Helper()
	when, err := edge.Share(salt, percent, edge.HeaderKey("x-user"))
	require.NoError(t, err)
	return when
}

// The hash is part of the contract: other gateways compute the same.
func TestShareIsTheDocumentedHash(t *testing.T) {
	// SHA-256("rollout\x00alice") begins with the bytes that put alice at
	// position; the numbers were computed with another implementation.
	for _, c := range []struct {
		salt, key string
		position  float64
	}{
		{"rollout", "alice", 0.286522043125},
		{"rollout", "bob", 0.025113302216},
		{"", "alice", 0.071622538066},
	} {
		require.False(t, share(t, c.salt, 100*c.position-1e-6)(user(c.key)), "%+v", c)
		require.True(t, share(t, c.salt, 100*c.position+1e-6)(user(c.key)), "%+v", c)
	}
}

func TestShareGrowsAndIsFair(t *testing.T) {
	small, large, other := share(t, "a", 10), share(t, "a", 30), share(t, "b", 10)
	var nSmall, nLarge, nBoth int
	for i := range 10_000 {
		r := user(fmt.Sprintf("user-%d", i))
		in := small(r)
		require.Equal(t, in, small(r), "the same key, the same answer")
		if in {
			nSmall++
			require.True(t, large(r), "who is in stays in")
			if other(r) {
				nBoth++
			}
		}
		if large(r) {
			nLarge++
		}
	}
	// Five standard deviations of a binomial distribution.
	require.InDelta(t, 1000, nSmall, 150)
	require.InDelta(t, 3000, nLarge, 230)
	require.InDelta(t, 100, nBoth, 50, "another salt chooses independently")
}

func TestShareBounds(t *testing.T) {
	require.False(t, share(t, "", 0)(user("alice")))
	require.True(t, share(t, "", 100)(user("alice")))
	require.False(t, share(t, "", 100)(request(nil)), "no key, no share")
	for _, percent := range []float64{-1, 100.1, math.NaN(), math.Inf(1)} {
		_, err := edge.Share("", percent, edge.HeaderKey("x-user"))
		require.ErrorContains(t, err, "use 0 to 100")
	}
	_, err := edge.Share("", 1, nil)
	require.ErrorContains(t, err, "needs a key")
}

func TestFromNetworks(t *testing.T) {
	trusted, err := edge.FromNetworks("10.1.0.0/16", "2001:db8::/32", "192.0.2.7/32")
	require.NoError(t, err)
	for addr, want := range map[string]bool{
		"10.1.2.3:99":          true,
		"10.2.0.1:99":          false,
		"[2001:db8::1]:99":     true,
		"[2001:db9::1]:99":     false,
		"[::ffff:10.1.2.3]:99": true,
		"192.0.2.7:1":          true,
		"192.0.2.8:1":          false,
		"10.1.2.3":             false,
		"@":                    false,
		"":                     false,
	} {
		r := request(map[string]string{"X-Forwarded-For": "10.1.2.3", "Forwarded": "for=10.1.2.3"})
		r.RemoteAddr = addr
		require.Equal(t, want, trusted(r), addr)
	}
	_, err = edge.FromNetworks("10.1.2.3")
	require.ErrorContains(t, err, "write it like 10.0.0.0/8")
}

func TestWithToken(t *testing.T) {
	trusted := edge.WithToken("x-token", "s3cret")
	for token, want := range map[string]bool{"s3cret": true, "s3cre": false, "s3crets": false, "": false} {
		require.Equal(t, want, trusted(request(map[string]string{"X-Token": token})), token)
	}
	require.False(t, edge.WithToken("x-token", "")(request(nil)), "an empty secret trusts nobody")
}
