package edge

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/http"
)

// Rule assigns a tag to the requests that it matches.
type Rule struct {
	// Tag is given to the request; empty: the request is baseline.
	Tag string
	// When decides. It must not read the body.
	When func(*http.Request) bool
}

// HeaderIs matches requests whose header name has exactly this value.
func HeaderIs(name, value string) func(*http.Request) bool {
	key := HeaderKey(name)
	return func(r *http.Request) bool { return key(r) == value }
}

// CookieIs matches requests whose cookie name has exactly this value.
func CookieIs(name, value string) func(*http.Request) bool {
	key := CookieKey(name)
	return func(r *http.Request) bool { return key(r) == value }
}

// HeaderKey returns the first value of a header as the key of [Share].
func HeaderKey(name string) func(*http.Request) string {
	name = http.CanonicalHeaderKey(name)
	return func(r *http.Request) string { return r.Header.Get(name) }
}

// CookieKey returns the value of a cookie as the key of [Share].
func CookieKey(name string) func(*http.Request) string {
	return func(r *http.Request) string {
		cookie, err := r.Cookie(name)
		if err != nil {
			return ""
		}
		return cookie.Value
	}
}

// Share matches the given percentage of all keys, 0 to 100. The same salt and
// key always get the same answer, on every instance and in every release: a
// key matches where the first 8 bytes of SHA-256(salt, one zero byte, key), as
// a big-endian number divided by 2^64, are below percent/100. So a rollout
// that grows keeps the users it has. Rollouts with different salts choose
// independently. A request without the key never matches.
func Share(salt string, percent float64, key func(*http.Request) string) (func(*http.Request) bool, error) {
	if key == nil {
		return nil, errors.New("edge: Share needs a key; use HeaderKey or CookieKey")
	}
	if math.IsNaN(percent) || percent < 0 || percent > 100 {
		return nil, fmt.Errorf("edge: a share of %v %% is impossible; use 0 to 100", percent)
	}
	return func(r *http.Request) bool {
		k := key(r)
		return k != "" && position(salt, k) < percent/100
	}, nil
}

// position maps a key to [0, 1). The 53 leading bits are what a float64 holds:
// rounding may never reach 1.
func position(salt, key string) float64 {
	buf := make([]byte, 0, len(salt)+1+len(key))
	buf = append(append(append(buf, salt...), 0), key...)
	sum := sha256.Sum256(buf)
	return float64(binary.BigEndian.Uint64(sum[:8])>>11) / (1 << 53)
}
