package api

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

func TestRouting(t *testing.T) {
	w := serve(t, nil)
	for _, path := range []string{"/", "/api", "/api/v2/findings", "/api/v1/findings/", "/api/v1/findings/a/b", "/metrics/x"} {
		a := w.get(t, path)
		require.Equal(t, http.StatusNotFound, a.status, path)
		require.Equal(t, "not_found", a.problem(t).Code)
	}
	for _, method := range []string{http.MethodPost, http.MethodDelete, http.MethodPatch, http.MethodOptions, http.MethodTrace, "PURGE"} {
		a := w.ask(t, method, "/api/v1/policy", "")
		require.Equal(t, http.StatusMethodNotAllowed, a.status, method)
		require.Equal(t, "GET, HEAD, PUT", a.header.Get("Allow"))
	}
	for _, path := range []string{"/api/v1/findings", "/healthz", "/openapi.yaml"} {
		a := w.ask(t, http.MethodHead, path, "")
		require.Equal(t, http.StatusOK, a.status)
		require.Empty(t, a.body)
	}
	for accept, status := range map[string]int{
		"": 200, "*/*": 200, "application/*": 200, "text/html, */*;q=0.1": 200, "text/html": 406, "application/json;q=0": 406, "application/json;q=0, */*": 406,
		"application/problem+json": 406, "nonsense": 406,
	} {
		require.Equal(t, status, w.get(t, "/api/v1/findings", "Accept", accept).status, accept)
	}
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/openapi.yaml", "/openapi.json"} {
		require.Equal(t, http.StatusOK, w.get(t, path+"?probe=1").status, "a probe does not fail for a parameter")
	}
	a := w.get(t, "/healthz", "X-Request-Id", "mine-1")
	require.Equal(t, "mine-1", a.header.Get("X-Request-Id"))
	a = w.get(t, "/healthz", "X-Request-Id", "<script>")
	require.NotContains(t, a.header.Get("X-Request-Id"), "<")
	require.Equal(t, http.StatusRequestURITooLong, w.get(t, "/api/v1/findings?service="+strings.Repeat("a", 65<<10)).status)
	require.Equal(t, "# nothing\n", string(w.get(t, "/metrics").body))
	require.Contains(t, string(w.get(t, "/openapi.yaml").body), "openapi: 3.1.0")
}

func TestOptionsOfServer(t *testing.T) {
	w := serve(t, nil)
	answer := endOf(t, strings.TrimPrefix(w.url, "http://"), "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
	require.Contains(t, answer, "204 No Content")
	require.Contains(t, answer, "X-Request-Id: ")
}

func TestGzip(t *testing.T) {
	w := serve(t, nil)
	w.feed(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+"/api/v1/findings", http.NoBody)
	require.NoError(t, err)
	r.Header.Set("Accept-Encoding", "gzip") // said by hand, the client does not unpack
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, "gzip", resp.Header.Get("Content-Encoding"))
	z, err := gzip.NewReader(resp.Body)
	require.NoError(t, err)
	body, err := io.ReadAll(z)
	require.NoError(t, err)
	require.Equal(t, w.get(t, "/api/v1/findings").body, body)
}

// broken is a store that cannot do anything.
type broken struct {
	store.Store
	err error
}

func (b broken) FindingPage(context.Context, store.FindingQuery) (store.FindingPage, error) {
	if b.err == nil {
		panic("boom")
	}
	return store.FindingPage{}, b.err
}
func (b broken) Ping(context.Context) error { return b.err }

func TestStoreFails(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		status int
		code   string
	}{
		"unavailable": {store.ErrUnavailable, 503, "store_unavailable"},
		"closed":      {store.ErrClosed, 503, "store_unavailable"},
		"slow":        {context.DeadlineExceeded, 503, "timeout"},
		"corrupt":     {store.ErrCorrupt, 500, "internal"},
		"unknown":     {errors.New("the password is swordfish"), 500, "internal"},
		"panic":       {nil, 500, "internal"},
	} {
		w := serve(t, func(cfg *Config) { cfg.Store = broken{cfg.Store, c.err} })
		a := w.get(t, "/api/v1/findings")
		require.Equal(t, c.status, a.status, name)
		require.Equal(t, c.code, a.problem(t).Code, name)
		require.NotContains(t, string(a.body), "swordfish")
		require.Equal(t, uint64(1), w.api.Stats().Failed)
		if c.err != nil {
			require.Equal(t, "not_ready", w.get(t, "/readyz").problem(t).Code)
		}
		require.Equal(t, 200, w.get(t, "/healthz").status)
	}
}

func TestReady(t *testing.T) {
	var not error
	w := serve(t, func(c *Config) { c.Ready = func(context.Context) error { return not } })
	require.Equal(t, 200, w.get(t, "/readyz").status)
	not = errors.New("receivers do not run yet")
	require.Equal(t, 503, w.get(t, "/readyz").status)
	not = nil
	w.api.Drain()
	require.Equal(t, "shutting_down", w.get(t, "/readyz").problem(t).Code)
}

// A client that sends slowly is cut off. The time counts from when the server
// accepts, so it is long enough for a client that gets its turn late.
func TestSlowLoris(t *testing.T) {
	w := serve(t, nil)
	server := httptest.NewUnstartedServer(w.api)
	server.Config = NewServer(w.api)
	require.Equal(t, 5*time.Second, server.Config.ReadHeaderTimeout)
	server.Config.ReadHeaderTimeout, server.Config.ReadTimeout = 3*time.Second, 4*time.Second
	server.Start()
	t.Cleanup(server.Close)
	for name, text := range map[string]string{
		"header": "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
		"body":   "PUT /api/v1/policy?dry_run=true HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/yaml\r\nContent-Length: 100\r\n\r\nversion",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := endOf(t, server.Listener.Addr().String(), text)
			if name == "body" {
				require.Contains(t, answer, "body_unreadable")
			}
		})
	}
}

// endOf sends a text and no more, and reads until the server ends the connection.
func endOf(t *testing.T, address, text string) string {
	t.Helper()
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	require.NoError(t, err)
	defer c.Close()
	_, err = io.WriteString(c, text)
	require.NoError(t, err)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(patience)))
	answer, err := io.ReadAll(bufio.NewReader(c))
	require.NoError(t, err, "the server ends the connection")
	return string(answer)
}
