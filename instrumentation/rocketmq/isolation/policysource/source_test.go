package policysource

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/instrumentation/internal/leaktest"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation"
)

func TestMain(m *testing.M) { os.Exit(leaktest.Run(m.Run)) }

const patience = 20 * time.Second

// refusing is a policy under which baseline groups refuse a tag.
func refusing(tag string) string {
	return fmt.Sprintf("version: 1\nconsumers: [{ignores: [%s]}]\n", tag)
}

func refuses(r *isolation.Rules, tag string) bool {
	tags, _ := r.Refused("ORDER", "order", time.Now())
	return tags.Has(tag)
}

// await waits until rules refuse a tag, by the channel that the wrapper uses.
func await(t *testing.T, s *Source, tag string) {
	t.Helper()
	deadline := time.After(patience)
	for {
		changed := s.Changed()
		if refuses(s.Rules(), tag) {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("rules do not refuse %s: %+v", tag, s.Status())
		}
	}
}

// failures collects what a source tells of, as long as there is room: a source that
// looks each millisecond may tell more than a test reads, and must not wait for it.
func failures() (opts Options, next func(*testing.T) error) {
	c := make(chan error, 1000)
	tell := func(err error) {
		select {
		case c <- err:
		default:
		}
	}
	return Options{OnError: tell}, func(t *testing.T) error {
		t.Helper()
		select {
		case err := <-c:
			return err
		case <-time.After(patience):
			t.Fatal("no failure was told")
			return nil
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, writeFile(path, []byte(text)))
}

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy.yaml")
	opts, failure := failures()
	opts.Interval = time.Millisecond
	_, err := OpenFile(path, opts)
	require.ErrorIs(t, err, os.ErrNotExist)
	write(t, path, "version: 2\n")
	_, err = OpenFile(path, opts)
	require.ErrorContains(t, err, path+":1:10: version")

	write(t, path, refusing("gray"))
	s, err := OpenFile(path, opts)
	require.NoError(t, err)
	defer s.Close()
	await(t, s, "gray")
	write(t, path, refusing("gray2"))
	await(t, s, "gray2")
	require.False(t, refuses(s.Rules(), "gray"))

	write(t, path, "version: 1\nconsumers: [{ignores: [base]}]\n")
	require.ErrorContains(t, failure(t), path+":2:24: consumers[0].ignores[0]")
	require.True(t, refuses(s.Rules(), "gray2"), "a broken policy changes nothing")
	status := s.Status()
	require.Equal(t, 1, status.Failures)
	require.Error(t, status.Err)

	write(t, path, refusing("gray2")) // taken back
	require.Eventually(t, func() bool { return s.Status().Err == nil }, patience, time.Millisecond)
	require.NoError(t, os.Remove(path))
	require.ErrorIs(t, failure(t), os.ErrNotExist)
	require.True(t, refuses(s.Rules(), "gray2"), "nor does a missing file")
	write(t, path, refusing("gray3"))
	await(t, s, "gray3")
	s.Close()
	s.Close()
	require.True(t, refuses(s.Rules(), "gray3"), "rules outlive the source")
}

// TestRulesToCome: a policy with a valid_from ahead leaves in force what is.
func TestRulesToCome(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy.yaml")
	write(t, path, refusing("gray"))
	s, err := OpenFile(path, Options{Interval: time.Millisecond})
	require.NoError(t, err)
	defer s.Close()
	from := time.Now().Add(time.Hour)
	for range 3 { // and does not pile up
		changed := s.Changed()
		from = from.Add(time.Hour)
		write(t, path, refusing("gray2")+"valid_from: "+from.Format(time.RFC3339)+"\n")
		<-changed
	}
	require.True(t, refuses(s.Rules(), "gray"))
	require.False(t, refuses(s.Rules(), "gray2"))
	require.Nil(t, s.Rules().Before.Before)
	tags, _ := s.Rules().Refused("ORDER", "order", from.Add(time.Second))
	require.True(t, tags.Has("gray2"))
}

// server is an auditd's policy endpoint as far as sources see it.
type server struct {
	mu      sync.Mutex
	policy  string
	etag    string
	version string        // Policy-Version, if the server tells it
	status  int           // of the next answers; 0: as they should be
	changed chan struct{} // closed and replaced at each change
	waits   []string      // the wait parameter of each request
	auth    string
}

func (s *server) set(policy string, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.policy, s.status, s.etag = policy, status, fmt.Sprintf("%q", contentVersion([]byte(policy)))
	if s.changed != nil {
		close(s.changed)
	}
	s.changed = make(chan struct{})
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.waits = append(s.waits, r.URL.Query().Get("wait"))
	s.auth = r.Header.Get("Authorization")
	changed := s.changed
	same := s.status == 0 && r.Header.Get("If-None-Match") == s.etag
	s.mu.Unlock()
	if wait, err := time.ParseDuration(r.URL.Query().Get("wait")); same && err == nil {
		select {
		case <-changed:
		case <-time.After(wait):
		case <-r.Context().Done():
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.status != 0:
		w.WriteHeader(s.status)
	case r.Header.Get("If-None-Match") == s.etag:
		w.WriteHeader(http.StatusNotModified)
	default:
		w.Header().Set("ETag", s.etag)
		if s.version != "" {
			w.Header().Set("Policy-Version", s.version)
		}
		fmt.Fprint(w, s.policy)
	}
}

func serve(t *testing.T, policy string) (*server, string) {
	t.Helper()
	h := &server{}
	h.set(policy, 0)
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return h, srv.URL + "/api/v1/policy"
}

func quick(opts Options) Options {
	opts.Retry = [2]time.Duration{time.Millisecond, 5 * time.Millisecond}
	opts.Wait = time.Second
	opts.Client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	return opts
}

func TestHTTP(t *testing.T) {
	srv, url := serve(t, refusing("gray"))
	opts, failure := failures()
	opts = quick(opts)
	opts.Header = http.Header{"Authorization": {"Bearer x"}}
	s, err := OpenHTTP(t.Context(), url, opts)
	require.NoError(t, err)
	defer s.Close()
	await(t, s, "gray")
	require.Equal(t, srv.etag, s.Status().Version)

	srv.set(refusing("gray2"), 0)
	await(t, s, "gray2")
	for _, status := range []int{http.StatusUnauthorized, http.StatusNotFound, http.StatusInternalServerError, http.StatusServiceUnavailable} {
		srv.set(refusing("gray3"), status)
		for { // those of the status before may still be told
			if err := failure(t); err != nil && contains(err, fmt.Sprint(status)) {
				break
			}
		}
		require.True(t, refuses(s.Rules(), "gray2"), "status %d changes nothing", status)
		require.Positive(t, s.Status().Failures)
	}
	srv.set("version: 1\nfallback: never\n", 0)
	for !contains(failure(t), "unknown value") {
	}
	require.True(t, refuses(s.Rules(), "gray2"), "a broken policy changes nothing")
	srv.set(refusing("gray4"), 0)
	await(t, s, "gray4")
	require.Equal(t, srv.etag, s.Status().Version)

	srv.mu.Lock()
	defer srv.mu.Unlock()
	require.Equal(t, "Bearer x", srv.auth)
	require.Empty(t, srv.waits[0], "the first answer is wanted at once")
	require.Equal(t, "1s", srv.waits[1])
}

func contains(err error, text string) bool {
	return err != nil && strings.Contains(err.Error(), text)
}

// TestUnchangedIsConfirmed: 304 is good news.
func TestUnchangedIsConfirmed(t *testing.T) {
	_, url := serve(t, refusing("gray"))
	s, err := OpenHTTP(t.Context(), url, quick(Options{}))
	require.NoError(t, err)
	defer s.Close()
	first := s.Status()
	require.Eventually(t, func() bool { return s.Status().Verified.After(first.Verified) }, patience, time.Millisecond)
	require.Equal(t, first.Since, s.Status().Since)
}

func TestStartWithoutServer(t *testing.T) {
	dead := httptest.NewServer(http.NotFoundHandler())
	dead.Close()
	cache := filepath.Join(t.TempDir(), "policy.yaml")
	_, err := OpenHTTP(t.Context(), dead.URL, quick(Options{}))
	require.Error(t, err, "without rules nothing starts")
	opts := quick(Options{})
	opts.Cache = cache
	_, err = OpenHTTP(t.Context(), dead.URL, opts)
	require.ErrorIs(t, err, os.ErrNotExist)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = OpenHTTP(ctx, dead.URL, quick(Options{}))
	require.ErrorIs(t, err, context.Canceled)

	srv, url := serve(t, refusing("gray"))
	s, err := OpenHTTP(t.Context(), url, opts)
	require.NoError(t, err)
	require.Eventually(t, func() bool { _, err := os.Stat(cache); return err == nil }, patience, time.Millisecond)
	srv.set(refusing("gray2"), 0)
	await(t, s, "gray2")
	require.Eventually(t, func() bool { data, _ := os.ReadFile(cache); return string(data) == refusing("gray2") }, patience, time.Millisecond)
	s.Close()

	srv.set(refusing("gray3"), http.StatusServiceUnavailable)
	told, failure := failures()
	told = quick(told)
	told.Cache = cache
	s, err = OpenHTTP(t.Context(), url, told)
	require.NoError(t, err)
	defer s.Close()
	require.True(t, refuses(s.Rules(), "gray2"), "the cache's rules")
	require.ErrorContains(t, failure(t), "the rules are those of "+cache)
	require.Zero(t, s.Status().Verified)
	srv.set(refusing("gray3"), 0)
	await(t, s, "gray3")
}

// TestServerThatLostItsStore: its built-in policy is what a fleet begins with, and
// nothing that puts stored rules out of force.
func TestServerThatLostItsStore(t *testing.T) {
	srv, url := serve(t, refusing("built-in"))
	version := func(v string) {
		srv.mu.Lock()
		defer srv.mu.Unlock()
		srv.version = v
	}
	version("0")
	told, failure := failures()
	told = quick(told)
	told.Cache = filepath.Join(t.TempDir(), "policy.yaml")
	s, err := OpenHTTP(t.Context(), url, told)
	require.NoError(t, err)
	require.True(t, refuses(s.Rules(), "built-in"), "there never was another one")
	version("1")
	srv.set(refusing("gray"), 0)
	await(t, s, "gray")
	require.Eventually(t, func() bool { data, _ := os.ReadFile(told.Cache); return string(data) == refusing("gray") }, patience, time.Millisecond)

	version("0")
	srv.set(refusing("built-in"), 0)
	require.ErrorIs(t, failure(t), errNothingStored)
	require.True(t, refuses(s.Rules(), "gray"))
	s.Close()

	s, err = OpenHTTP(t.Context(), url, told) // begins with the cache's
	require.NoError(t, err)
	defer s.Close()
	require.ErrorIs(t, failure(t), errNothingStored)
	require.True(t, refuses(s.Rules(), "gray"))
	version("2")
	srv.set(refusing("gray2"), 0)
	await(t, s, "gray2")
}

// TestServerThatDoesNotHold: one without long polling is asked with pauses.
func TestServerThatDoesNotHold(t *testing.T) {
	asked := make(chan time.Time, 100)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		select {
		case asked <- time.Now():
		default: // more than the test reads
		}
		fmt.Fprint(w, refusing("gray"))
	}))
	defer srv.Close()
	const pause = 20 * time.Millisecond
	opts := quick(Options{})
	opts.Retry = [2]time.Duration{pause, time.Second}
	began := time.Now()
	s, err := OpenHTTP(t.Context(), srv.URL, opts)
	require.NoError(t, err)
	defer s.Close()
	changed := s.Changed()
	<-asked // by OpenHTTP
	for i := range 5 {
		require.GreaterOrEqual(t, (<-asked).Sub(began), time.Duration(i)*pause)
	}
	select {
	case <-changed:
		t.Fatal("the same content is no news")
	default:
	}
}

func TestPauses(t *testing.T) {
	h, err := newPoller("http://x", &Options{})
	require.NoError(t, err)
	for _, c := range []struct {
		failures int
		most     time.Duration
	}{{1, time.Second}, {2, 2 * time.Second}, {6, 32 * time.Second}, {7, time.Minute}, {1000, time.Minute}} {
		h.failures = c.failures
		for range 100 {
			d := h.pause()
			require.GreaterOrEqual(t, d, c.most/2)
			require.LessOrEqual(t, d, c.most)
		}
	}
	for _, bad := range []string{"", "auditd:4327", "ftp://x", "http://", "::"} {
		_, err := newPoller(bad, &Options{})
		require.ErrorContains(t, err, "is no http or https URL")
	}
}

func TestCloseInterruptsARequest(t *testing.T) {
	_, url := serve(t, refusing("gray"))
	opts := quick(Options{OnError: func(err error) {
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}})
	opts.Wait = time.Hour
	s, err := OpenHTTP(t.Context(), url, opts)
	require.NoError(t, err)
	began := time.Now()
	s.Close()
	require.Less(t, time.Since(began), patience)
}
