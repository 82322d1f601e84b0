package api

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store/storetest"
)

type event struct{ id, name, data string }

// follower is a client of a stream.
type follower struct {
	t      *testing.T
	lines  *bufio.Scanner
	cancel context.CancelFunc
	beats  int
}

func follow(t *testing.T, w *world, query, lastID string) *follower {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+"/api/v1/stream"+query, http.NoBody)
	require.NoError(t, err)
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { _ = resp.Body.Close() })
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Equal(t, "text/event-stream", resp.Header.Get("Content-Type"))
	return &follower{t: t, lines: bufio.NewScanner(resp.Body), cancel: cancel}
}

// next reads the next event.
func (f *follower) next() event {
	f.t.Helper()
	var e event
	for f.lines.Scan() {
		name, value, _ := strings.Cut(f.lines.Text(), ": ")
		switch name {
		case "id":
			e.id = value
		case "event":
			e.name = value
		case "data":
			e.data = value
		case "":
			if strings.HasPrefix(f.lines.Text(), ":") {
				f.beats++
			}
			if e.name != "" {
				return e
			}
		}
	}
	require.FailNow(f.t, "the stream ended", "%v", f.lines.Err())
	return e
}

func (f *follower) finding() auditor.Finding {
	f.t.Helper()
	e := f.next()
	require.Equal(f.t, "finding", e.name)
	loadContract(f.t).validate(f.t, "/components/schemas/Finding", []byte(e.data))
	var out auditor.Finding
	require.NoError(f.t, json.Unmarshal([]byte(e.data), &out))
	return out
}

func (w *world) apply(t *testing.T, list ...auditor.Finding) {
	t.Helper()
	require.NoError(t, w.store.Apply(t.Context(), "run", now(), list))
	w.hub.Notify()
}

func TestStream(t *testing.T) {
	w := serve(t, nil)
	w.apply(t, storetest.Finding(0))
	all := follow(t, w, "", "")
	some := follow(t, w, "?certainty=proven", "")
	f := storetest.Finding(1)
	proven := storetest.Then(f, func(f *auditor.Finding) { f.Certainty = auditor.Proven })
	gone := storetest.Then(proven, func(f *auditor.Finding) { f.State = auditor.StateWithdrawn })
	w.apply(t, f)
	require.Equal(t, f, all.finding(), "what was there before does not come")
	w.apply(t, f, proven, gone)
	require.Equal(t, proven, all.finding())
	require.Equal(t, gone, all.finding())
	require.Equal(t, proven, some.finding())
	require.Equal(t, gone, some.finding())

	etag := w.get(t, "/api/v1/policy").header.Get("ETag")
	require.Equal(t, http.StatusOK, put(t, w, goodPolicy, etag).status)
	e := all.next()
	require.Equal(t, "policy", e.name)
	loadContract(t).validate(t, "/components/schemas/PolicyEvent", []byte(e.data))
	require.Contains(t, e.data, `"version":1`)
}

func TestStreamResumes(t *testing.T) {
	w := serve(t, nil)
	first := follow(t, w, "", "")
	w.apply(t, storetest.Finding(1))
	e := first.next()
	first.cancel()
	var want []string
	for i := 2; i < 500; i++ {
		w.apply(t, storetest.Finding(i))
		want = append(want, storetest.Finding(i).ID)
	}
	require.Equal(t, http.StatusOK, put(t, w, goodPolicy, w.get(t, "/api/v1/policy").header.Get("ETag")).status)
	again := follow(t, w, "", e.id)
	var got []string
	for range want {
		got = append(got, again.finding().ID)
	}
	require.Equal(t, want, got, "all that was missed, in order, once")
	require.Equal(t, "policy", again.next().name)

	require.Equal(t, "gap", follow(t, w, "", "999999-0").next().name, "an id of another store")
	require.Equal(t, "gap", follow(t, w, "", "x").next().name)
}

// What retention took away is told as a gap.
func TestStreamGap(t *testing.T) {
	w := serve(t, nil)
	first := follow(t, w, "", "")
	require.NoError(t, w.store.Apply(t.Context(), "run", now(), []auditor.Finding{storetest.Finding(1)}))
	w.hub.Notify()
	e := first.next()
	require.NoError(t, w.store.Apply(t.Context(), "run", now(), []auditor.Finding{storetest.Finding(2)}))
	_, err := w.store.Prune(t.Context(), now().Add(1000*time.Hour))
	require.NoError(t, err)
	w.apply(t, storetest.Finding(3))
	again := follow(t, w, "", e.id)
	require.Equal(t, "gap", again.next().name)
	require.Equal(t, storetest.Finding(3).ID, again.finding().ID)
}

func TestStreamBeatsAndEnds(t *testing.T) {
	w := serve(t, func(c *Config) { c.Limits.Heartbeat, c.Limits.Streams = 10*time.Millisecond, 1 })
	f := follow(t, w, "", "")
	require.Eventually(t, func() bool { return w.api.Stats().Streams == 1 }, patience, time.Millisecond)
	require.Equal(t, "too_many_streams", w.get(t, "/api/v1/stream").problem(t).Code)
	require.Equal(t, http.StatusNotAcceptable, w.get(t, "/api/v1/stream", "Accept", "application/json").status)
	for f.beats < 3 {
		require.True(t, f.lines.Scan())
		if strings.HasPrefix(f.lines.Text(), ":") {
			f.beats++
		}
	}
	w.api.Drain()
	for f.lines.Scan() {
		continue
	}
	require.NoError(t, f.lines.Err(), "the stream ends in order")
	require.Eventually(t, func() bool { return w.api.Stats().Streams == 0 }, patience, time.Millisecond)
	require.Zero(t, w.api.Stats().StreamsDropped)
}

// A client that does not read is cut off after SlowClient, costs no more than
// a page of changes, and holds nobody up.
func TestStreamSlowReader(t *testing.T) {
	w := serve(t, func(c *Config) { c.Limits.SlowClient = 300 * time.Millisecond })
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(w.url, "http://"))
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.(*net.TCPConn).SetReadBuffer(4096))
	_, err = io.WriteString(c, "GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return w.api.Stats().Streams == 1 }, patience, time.Millisecond)

	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	const batch = 500
	for n := 0; w.api.Stats().StreamsDropped == 0 && n < 200*batch; n += batch {
		list := make([]auditor.Finding, batch)
		for i := range list {
			list[i] = storetest.Finding(n + i)
		}
		require.NoError(t, w.store.Apply(t.Context(), "run", now(), list), "writers do not wait")
		w.hub.Notify()
	}
	require.Eventually(t, func() bool { return w.api.Stats().StreamsDropped == 1 && w.api.Stats().Streams == 0 }, patience, time.Millisecond)
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(16<<20))
	page, err := w.store.FindingPage(t.Context(), store.FindingQuery{Limit: 1})
	require.NoError(t, err)
	require.NotEmpty(t, page.Findings)
}
