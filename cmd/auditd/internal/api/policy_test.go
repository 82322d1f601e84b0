package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/api/policies"
)

const goodPolicy = "version: 1\norigins: [gateway]\n"

func put(t *testing.T, w *world, body, etag string) answered {
	t.Helper()
	return w.ask(t, http.MethodPut, "/api/v1/policy", body, "Content-Type", "application/yaml", "If-Match", etag)
}

func TestPolicyLife(t *testing.T) {
	w := serve(t, nil)
	a := w.get(t, "/api/v1/policy")
	require.Equal(t, http.StatusOK, a.status)
	require.Equal(t, policies.Builtin, string(a.body))
	require.Equal(t, "application/yaml", a.header.Get("Content-Type"))
	zero := a.header.Get("ETag")
	require.Equal(t, "0", a.header.Get("Policy-Version"), "none is stored")

	a = put(t, w, goodPolicy, zero)
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	one := a.header.Get("ETag")
	var got policyAnswer
	a.into(t, &got)
	require.Equal(t, []any{int64(1), one, "local", goodPolicy}, []any{got.Version, got.ETag, got.By, got.Source})
	require.Equal(t, now(), *got.Stored)

	a = put(t, w, goodPolicy, zero)
	require.Equal(t, http.StatusPreconditionFailed, a.status)
	require.Equal(t, one, a.header.Get("ETag"), "says what is current")
	require.Equal(t, "policy_changed", a.problem(t).Code)

	a = put(t, w, "version: 1\n", "W/"+one)
	require.Equal(t, http.StatusPreconditionFailed, a.status, "a weak tag")
	a = put(t, w, goodPolicy, one)
	require.Equal(t, one, a.header.Get("ETag"), "the same text is no new version")
	a = put(t, w, "version: 1\n", `"x", `+one)
	require.Equal(t, http.StatusOK, a.status)

	a = w.get(t, "/api/v1/policy", "Accept", "application/json;q=0.5, application/yaml;q=0.1")
	a.into(t, &got)
	require.Equal(t, int64(2), got.Version)
	a = w.get(t, "/api/v1/policy", "If-None-Match", got.ETag)
	require.Equal(t, http.StatusNotModified, a.status)
	require.Equal(t, "2", a.header.Get("Policy-Version"))
	require.Equal(t, http.StatusOK, w.get(t, "/api/v1/policy", "If-None-Match", one).status)

	var list versionsAnswer
	w.ok(t, "/api/v1/policy/versions", &list)
	require.Len(t, list.Versions, 2)
	w.ok(t, "/api/v1/policy/versions?limit=1", &list)
	require.Equal(t, int64(2), list.Versions[0].Version)
	w.ok(t, "/api/v1/policy/versions?limit=1&before="+list.Next, &list)
	require.Equal(t, int64(1), list.Versions[0].Version)
	require.Empty(t, list.Next)
	a = w.get(t, "/api/v1/policy/versions/1")
	require.Equal(t, goodPolicy, string(a.body))
	require.Equal(t, one, a.header.Get("ETag"))
	for _, tag := range []string{one, "W/" + one, `"x", ` + one, "*"} {
		require.Equal(t, http.StatusNotModified, w.get(t, "/api/v1/policy/versions/1", "If-None-Match", tag).status, tag)
	}
	require.Equal(t, http.StatusOK, w.get(t, "/api/v1/policy/versions/2", "If-None-Match", one).status)
	for _, version := range []string{"3", "0", "x", "99999999999999999999"} {
		require.Equal(t, http.StatusNotFound, w.get(t, "/api/v1/policy/versions/"+version).status)
	}
}

func TestPolicyRefused(t *testing.T) {
	w := serve(t, func(c *Config) {
		c.Policies = policies.New(policies.Options{Store: c.Store, Accept: func(p auditor.Policy) error {
			if len(p.Origins) > 0 && p.Origins[0] == "refuse" {
				return errors.New("not today")
			}
			return nil
		}})
	})
	etag := w.get(t, "/api/v1/policy").header.Get("ETag")
	bad := put(t, w, "version: 1\norigin: [gateway]\nfallback: maybe\n", etag)
	require.Equal(t, http.StatusUnprocessableEntity, bad.status)
	p := bad.problem(t)
	require.Equal(t, "policy_invalid", p.Code)
	require.Len(t, p.Errors, 2)
	require.Equal(t, []any{2, 1, "origin", `did you mean "origins"?`}, []any{p.Errors[0].Line, p.Errors[0].Column, p.Errors[0].Field, p.Errors[0].Advice})
	require.Equal(t, 3, p.Errors[1].Line)

	refused := put(t, w, "version: 1\norigins: [refuse]\n", etag)
	require.Equal(t, "policy_refused", refused.problem(t).Code)
	require.Contains(t, refused.problem(t).Detail, "not today")

	for name, c := range map[string]struct {
		header []string
		body   string
		status int
	}{
		"no If-Match":       {[]string{"Content-Type", "application/yaml"}, goodPolicy, http.StatusPreconditionRequired},
		"no type":           {[]string{"If-Match", etag}, goodPolicy, http.StatusUnsupportedMediaType},
		"JSON":              {[]string{"If-Match", etag, "Content-Type", "application/json"}, goodPolicy, http.StatusUnsupportedMediaType},
		"gzip":              {[]string{"If-Match", etag, "Content-Type", "text/yaml", "Content-Encoding", "gzip"}, goodPolicy, http.StatusUnsupportedMediaType},
		"too long":          {[]string{"If-Match", etag, "Content-Type", "text/yaml"}, strings.Repeat("#", 1<<20+1), http.StatusRequestEntityTooLarge},
		"no policy":         {[]string{"If-Match", etag, "Content-Type", "text/yaml"}, "\x00", http.StatusUnprocessableEntity},
		"of another origin": {[]string{"If-Match", etag, "Content-Type", "text/yaml", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, goodPolicy, http.StatusForbidden},
		"not acceptable":    {[]string{"If-Match", etag, "Content-Type", "text/yaml", "Accept", "text/html"}, goodPolicy, http.StatusNotAcceptable},
	} {
		a := w.ask(t, http.MethodPut, "/api/v1/policy", c.body, c.header...)
		require.Equal(t, c.status, a.status, name)
		require.NotEmpty(t, a.problem(t).Code, name)
	}
	require.Equal(t, etag, w.get(t, "/api/v1/policy").header.Get("ETag"), "nothing was stored")
}

func TestPolicyDryRun(t *testing.T) {
	w := serve(t, nil)
	a := w.ask(t, http.MethodPut, "/api/v1/policy?dry_run=true", "version: 1\norigins: [a, a]\n", "Content-Type", "application/yaml; charset=utf-8")
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	var got policyAnswer
	a.into(t, &got)
	require.True(t, got.DryRun)
	require.Empty(t, a.header.Get("ETag"))
	require.Equal(t, policies.Builtin, string(w.get(t, "/api/v1/policy").body))
	a = w.ask(t, http.MethodPut, "/api/v1/policy?dry_run=true", "nonsense", "Content-Type", "application/yaml")
	require.Equal(t, http.StatusUnprocessableEntity, a.status)
}

// Of those who changed the same version one wins, and the others are told.
func TestPolicyPutAtOnce(t *testing.T) {
	w := serve(t, nil)
	etag := w.get(t, "/api/v1/policy").header.Get("ETag")
	var wg sync.WaitGroup
	statuses := make(chan int, 6)
	for i := range 6 {
		wg.Go(func() {
			statuses <- put(t, w, goodPolicy+strings.Repeat("#", i+1)+"\n", etag).status
		})
	}
	wg.Wait()
	close(statuses)
	count := map[int]int{}
	for s := range statuses {
		count[s]++
	}
	require.Equal(t, map[int]int{http.StatusOK: 1, http.StatusPreconditionFailed: 5}, count)
}

// polled is what a waiting client got.
type polled struct {
	status     int
	etag, body string
	err        error
}

// poll waits for another policy than the one named.
func poll(w *world, etag string, got chan<- polled) {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, w.url+"/api/v1/policy?wait=60s", http.NoBody)
	if err != nil {
		got <- polled{err: err}
		return
	}
	r.Header.Set("If-None-Match", etag)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		got <- polled{err: err}
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	got <- polled{resp.StatusCode, resp.Header.Get("ETag"), string(body), err}
}

func TestPolicyLongPoll(t *testing.T) {
	w := serve(t, func(c *Config) { c.Limits.Polls = 1 })
	etag := w.get(t, "/api/v1/policy").header.Get("ETag")
	require.Equal(t, http.StatusNotModified, w.get(t, "/api/v1/policy?wait=1s", "If-None-Match", etag).status, "the time is up")
	require.Equal(t, http.StatusOK, w.get(t, "/api/v1/policy?wait=60s").status, "nothing to wait for")

	got := make(chan polled, 1)
	go poll(w, etag, got)
	require.Eventually(t, func() bool { return w.api.Stats().Polls == 1 }, patience, time.Millisecond)
	require.Equal(t, "too_many_waiting", w.get(t, "/api/v1/policy?wait=60s", "If-None-Match", etag).problem(t).Code)
	require.Equal(t, http.StatusOK, put(t, w, goodPolicy, etag).status)
	a := <-got
	require.NoError(t, a.err)
	require.Equal(t, http.StatusOK, a.status)
	require.Equal(t, goodPolicy, a.body)

	etag = a.etag
	go poll(w, etag, got)
	require.Eventually(t, func() bool { return w.api.Stats().Polls == 1 }, patience, time.Millisecond)
	w.api.Drain()
	require.Equal(t, http.StatusNotModified, (<-got).status, "a server that shuts down lets go")
}
