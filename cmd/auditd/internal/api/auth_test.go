package api

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	readToken  = "reader-token-0123456789"
	writeToken = "writer-token-0123456789"
)

func tokenFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "tokens")
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	return name
}

// clock is a clock that a test moves.
type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time { return time.Unix(c.at.Load(), 0) }

func TestRoles(t *testing.T) {
	t.Setenv("AUDITD_WRITER", writeToken)
	credentials, err := NewCredentials([]TokenSource{{File: tokenFile(t, "# readers\n\n"+readToken+"\n")}}, []TokenSource{{Env: "AUDITD_WRITER"}}, nil, nil)
	require.NoError(t, err)
	w := serve(t, func(c *Config) { c.Credentials = credentials })
	etag := w.get(t, "/api/v1/policy", "Authorization", "bearer "+readToken).header.Get("ETag")
	try := func(method, path, token string) int {
		t.Helper()
		body, header := "", []string{"If-Match", etag, "Content-Type", "application/yaml", "Accept", "*/*"}
		if method == http.MethodPut {
			body, path = goodPolicy, path+"?dry_run=true"
		}
		if token != "" {
			header = append(header, "Authorization", token)
		}
		a := w.ask(t, method, path, body, header...)
		if a.status == http.StatusUnauthorized {
			require.Contains(t, a.header.Get("WWW-Authenticate"), "Bearer")
		}
		return a.status
	}
	for _, c := range []struct {
		method, path, token string
		want                int
	}{
		{"GET", "/api/v1/findings", "", 401},
		{"GET", "/api/v1/findings", "Bearer wrong-token-0123456789", 401},
		{"GET", "/api/v1/findings", "Bearer # readers", 401},
		{"GET", "/api/v1/findings", "Bearer ", 401},
		{"GET", "/api/v1/findings", "Basic " + readToken, 401},
		{"GET", "/api/v1/findings", "Bearer " + readToken, 200},
		{"GET", "/api/v1/findings", "Bearer " + writeToken, 200},
		{"GET", "/api/v1/policy", "Bearer " + readToken, 200},
		{"GET", "/metrics", "", 401},
		{"GET", "/metrics", "Bearer " + readToken, 200},
		{"GET", "/api/v1/stream", "", 401},
		{"PUT", "/api/v1/policy", "", 401},
		{"PUT", "/api/v1/policy", "Bearer " + readToken, 403},
		{"PUT", "/api/v1/policy", "Bearer " + writeToken, 200},
		{"GET", "/healthz", "", 200},
		{"GET", "/readyz", "", 200},
		{"GET", "/openapi.json", "", 200},
	} {
		require.Equal(t, c.want, try(c.method, c.path, c.token), "%+v", c)
	}
	require.Equal(t, uint64(9), w.api.Stats().Refused)
	a := w.ask(t, http.MethodPut, "/api/v1/policy", goodPolicy, "If-Match", etag, "Content-Type", "application/yaml", "Authorization", "Bearer "+writeToken)
	var got policyAnswer
	a.into(t, &got)
	require.Equal(t, "AUDITD_WRITER", got.By)
}

func TestTokensAreReadAgain(t *testing.T) {
	file := tokenFile(t, readToken)
	c := &clock{}
	credentials, err := NewCredentials([]TokenSource{{File: file}}, nil, c.now, nil)
	require.NoError(t, err)
	has := func(token string) bool { r, _ := credentials.check(token); return r == reader }
	require.True(t, has(readToken))
	require.NoError(t, os.WriteFile(file, []byte(writeToken), 0o600))
	require.False(t, has(writeToken), "not looked at each time")
	c.at.Add(2)
	require.True(t, has(writeToken))
	require.False(t, has(readToken))
	for _, bad := range []string{"", "short"} {
		require.NoError(t, os.WriteFile(file, []byte(bad), 0o600))
		c.at.Add(2)
		require.True(t, has(writeToken), "a file that is bad for a moment locks nobody out")
	}
	require.NoError(t, os.Remove(file))
	c.at.Add(2)
	require.True(t, has(writeToken))
}

func TestBadTokens(t *testing.T) {
	t.Setenv("EMPTY", "")
	for name, list := range map[string][]TokenSource{
		"none":    nil,
		"weak":    {{File: tokenFile(t, "secret")}},
		"empty":   {{File: tokenFile(t, "# nothing\n")}},
		"missing": {{File: "does-not-exist"}},
		"unset":   {{Env: "EMPTY"}},
		"both":    {{Env: "EMPTY", File: "x"}},
	} {
		_, err := NewCredentials(list, nil, nil, nil)
		require.ErrorContains(t, err, "tokens", name)
		require.NotContains(t, err.Error(), "secret", "an error tells no token")
	}
}

func TestCheckListen(t *testing.T) {
	some := &Credentials{}
	for address, open := range map[string]bool{
		"127.0.0.1:4327": true, "localhost:4327": true, "[::1]:0": true, "127.8.8.8:1": true, "[::ffff:127.0.0.1]:1": true,
		"0.0.0.0:4327": false, ":4327": false, "[::]:4327": false, "192.0.2.1:4327": false, "example.org:1": false,
	} {
		err := CheckListen(address, nil, false)
		if !open {
			require.ErrorIs(t, err, ErrOpen, address)
			require.ErrorContains(t, err, "configure tokens")
			require.ErrorContains(t, err, "allow_open")
		} else {
			require.NoError(t, err, address)
		}
		require.NoError(t, CheckListen(address, some, false))
		require.NoError(t, CheckListen(address, nil, true))
	}
	require.Error(t, CheckListen("nonsense", some, true))
}

func TestForeignHosts(t *testing.T) {
	w := serve(t, nil)
	for host, status := range map[string]int{
		"localhost": 200, "localhost:4327": 200, "127.0.0.1:1": 200, "[::1]": 200, "[::1]:80": 200,
		"evil.example": 421, "evil.example:4327": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example": 421, "10.0.0.1": 421,
	} {
		require.Equal(t, status, w.get(t, "/healthz", "Host", host).status, host)
	}
	w = serve(t, func(c *Config) { c.AnyHost = true })
	require.Equal(t, 200, w.get(t, "/healthz", "Host", "auditd.example").status)
}

func TestCORS(t *testing.T) {
	w := serve(t, nil)
	a := w.get(t, "/healthz", "Origin", "https://grafana.example")
	require.Empty(t, a.header.Get("Access-Control-Allow-Origin"), "off by default")
	w = serve(t, func(c *Config) { c.AllowedOrigins = []string{"https://grafana.example"} })
	a = w.get(t, "/healthz", "Origin", "https://grafana.example")
	require.Equal(t, "https://grafana.example", a.header.Get("Access-Control-Allow-Origin"))
	require.True(t, strings.Contains(a.header.Get("Access-Control-Expose-Headers"), "Etag") || strings.Contains(a.header.Get("Access-Control-Expose-Headers"), "ETag"))
	require.Empty(t, w.get(t, "/healthz", "Origin", "https://other.example").header.Get("Access-Control-Allow-Origin"))
}
