package auditor

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"*", "anything", true},
		{"**", "x", true},
		{"a", "a", true},
		{"a", "A", false},
		{"a", "ab", false},
		{"ab", "a", false},
		{"a*", "a", true},
		{"a*", "abc", true},
		{"*c", "abc", true},
		{"*c", "abd", false},
		{"a*c", "ac", true},
		{"a*c", "abcbc", true},
		{"a*c", "abcb", false},
		{"*b*", "abc", true},
		{"*b*", "ac", false},
		{"*a*b", "aab", true},
		{"*ab", "aab", true},
		{"a*b*c", "a1b2b3c", true},
		{"a*b*c", "acb", false},
		{"svc-*-gray", "svc-a-gray", true},
		{"é*", "éa", true},
		{".", "x", false},
		{"abc*bcd", "abcd", false},
		{"a?", "ab", false},
	} {
		require.Equal(t, c.want, glob(c.pattern, c.text), "%q on %q", c.pattern, c.text)
	}
}

// TestGlobIsRegexp: * is the only special character.
func TestGlobIsRegexp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`[ab.*]{0,8}`).Draw(t, "pattern")
		text := rapid.StringMatching(`[ab.*]{0,12}`).Draw(t, "text")
		want := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$").MatchString(text)
		require.Equal(t, want, glob(pattern, text))
	})
}

func TestIgnoredRoute(t *testing.T) {
	list := []string{"GET /healthz", "/actuator/*", "grpc.health.v1.Health/*", "* /any"}
	for _, c := range []struct {
		name, route string
		want        bool
	}{
		{"method and route", "GET /healthz", true},
		{"another method", "POST /healthz", false},
		{"another route", "GET /healthz2", false},
		{"a pattern with a method needs one", "/healthz", false},
		{"a route of any method", "GET /actuator/info", true},
		{"a route without a method", "/actuator/info", true},
		{"not its parent", "GET /actuator", false},
		{"a gRPC method", "grpc.health.v1.Health/Check", true},
		{"another gRPC service", "shop.Health/Check", false},
		{"any method by glob", "PUT /any", true},
		{"no route is no probe", "", false},
	} {
		require.Equal(t, c.want, ignoredRoute(list, c.route), c.name)
	}
	require.False(t, ignoredRoute(nil, "GET /healthz"))
}

// TestDefaultIgnore: probes and scrapers are kept out by default; traffic is not.
func TestDefaultIgnore(t *testing.T) {
	list := DefaultPolicy().Ignore
	for _, r := range []string{"GET /healthz", "GET /actuator/health", "GET /metrics", "grpc.health.v1.Health/Watch"} {
		require.True(t, ignoredRoute(list, r), r)
	}
	for _, r := range []string{"GET /", "GET /orders", "POST /healthy-food", "order.Orders/Check"} {
		require.False(t, ignoredRoute(list, r), r)
	}
}
