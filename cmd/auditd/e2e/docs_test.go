package e2e

import (
	"crypto/tls"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// tlsExample writes the example of docs/auditd.md, with files of an authority.
func tlsExample(t *testing.T, a *authority) string {
	t.Helper()
	page, err := os.ReadFile("../../../docs/auditd.md")
	require.NoError(t, err)
	block := regexp.MustCompile("(?s)```yaml\n(# tls.yaml\n.*?)```").FindSubmatch(page)
	require.NotNil(t, block)
	return file(t, "tls.yaml", strings.ReplaceAll(string(block[1]), "/etc/auditd", a.dir))
}

// TestTLSExample: over the default configuration the example takes spans over
// gRPC and HTTP, from who has a certificate and the token.
func TestTLSExample(t *testing.T) {
	a := newAuthority(t)
	a.issue("tls", time.Now().Add(time.Hour))
	reader := strings.Repeat("r", 32)
	require.NoError(t, os.WriteFile(filepath.Join(a.dir, "readers"), []byte(reader+"\n"), 0o600))
	t.Setenv("OTLP_TOKEN", "secret")
	t.Setenv("POLICY_TOKEN", strings.Repeat("w", 32))
	config, err := exec.CommandContext(t.Context(), program, "config").Output()
	require.NoError(t, err)
	d := start(t, t.TempDir(), "--config", file(t, "auditd.yaml", string(config)), "--config", tlsExample(t, a))

	friend := a.client("friend", time.Now().Add(time.Hour))
	stranger := &tls.Config{RootCAs: friend.RootCAs, MinVersion: tls.VersionTLS12}
	require.NoError(t, d.sendAs("Bearer secret", friend))
	require.Equal(t, codes.Unauthenticated, status.Code(d.sendAs("Bearer wrong", friend)))
	require.Equal(t, codes.Unavailable, status.Code(d.sendAs("Bearer secret", stranger)))
	traces := strings.Replace(d.http, "http://", "https://", 1) + "/v1/traces"
	for _, c := range []struct {
		method, url, token string
		config             *tls.Config
		status             int // 0: no connection
	}{
		{http.MethodPost, traces, "secret", friend, 200},
		{http.MethodPost, traces, "wrong", friend, 401},
		{http.MethodPost, traces, "secret", stranger, 0},
		{http.MethodGet, d.api + "/api/v1/findings", reader, stranger, 200},
		{http.MethodGet, d.api + "/api/v1/findings", "wrong", stranger, 401},
	} {
		require.Equal(t, c.status, askTLS(t, c.method, c.url, c.token, c.config), "%+v", c)
	}
	d.stop()
}

// askTLS returns the status of an answer; 0: there is none.
func askTLS(t *testing.T, method, url, token string, c *tls.Config) int {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: c}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader("{}"))
	require.NoError(t, err)
	req.Header.Set("Content-Type", asJSON)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := client.Do(req)
	if err != nil {
		return 0
	}
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}
