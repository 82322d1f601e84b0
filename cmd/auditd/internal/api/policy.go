package api

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/dyetrace/dyetrace/auditor/policyfile"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/api/policies"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

const (
	typeYAML = "application/yaml" // RFC 9512
	typeJSON = "application/json"
)

// policyAnswer is a version as JSON.
type policyAnswer struct {
	Version  int64         `json:"version"` // 0: the built-in defaults
	ETag     string        `json:"etag"`
	Stored   *time.Time    `json:"stored"` // null for version 0
	By       string        `json:"by"`
	Warnings []detailError `json:"warnings"`
	Source   string        `json:"source"`
	DryRun   bool          `json:"dry_run,omitempty"`
}

func policyOf(v *policies.Version) policyAnswer {
	out := policyAnswer{Version: v.Version, ETag: v.ETag(), By: v.By, Warnings: warningsOf(v.Warnings), Source: string(v.Source)}
	if v.Version > 0 {
		out.Stored = &v.At
	}
	return out
}

func warningsOf(list []policyfile.Warning) []detailError {
	out := []detailError{}
	for _, w := range list {
		out = append(out, detailError{Line: w.Line, Column: w.Column, Field: w.Field, Detail: w.Msg, Advice: w.Advice})
	}
	return out
}

// getPolicy answers with the current policy. With If-None-Match and wait it waits
// until there is another one.
func (a *API) getPolicy(w http.ResponseWriter, r *http.Request) error {
	p, err := a.params(r, "wait")
	if err != nil {
		return err
	}
	wait := p.duration("wait", waitForm, "use 1s to 60s")
	if err := p.err(); err != nil {
		return err
	}
	kind, ok := preferred(r, typeYAML, typeJSON)
	if !ok {
		return accepts(r, typeYAML, typeJSON)
	}
	v, err := a.waitPolicy(w, r, wait)
	if err != nil {
		return err
	}
	w.Header().Set("Policy-Version", strconv.FormatInt(v.Version, 10))
	return sendPolicy(w, r, &v, kind)
}

// sendPolicy answers with a version, or with 304 where the client has it.
func sendPolicy(w http.ResponseWriter, r *http.Request, v *policies.Version, kind string) error {
	h := w.Header()
	h.Set("ETag", v.ETag())
	h.Set("Vary", "Accept")
	h.Set("Cache-Control", "no-cache")
	if matchesWeakly(r.Header.Values("If-None-Match"), v.ETag()) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	if kind == typeYAML {
		write(w, http.StatusOK, typeYAML, v.Source)
		return nil
	}
	return answer(w, r, policyOf(v))
}

// waitPolicy returns the current version; where the client has it already, it
// waits for another one.
func (a *API) waitPolicy(w http.ResponseWriter, r *http.Request, wait time.Duration) (policies.Version, error) {
	changed := a.config.Policies.Changed()
	v, err := a.config.Policies.Current(r.Context())
	if err != nil || wait == 0 || !matchesWeakly(r.Header.Values("If-None-Match"), v.ETag()) {
		return v, err
	}
	if !a.polls.take() {
		return v, newProblem(http.StatusServiceUnavailable, "too_many_waiting", "too many clients wait for a policy").with("Retry-After", "10")
	}
	defer a.polls.free()
	// The answer may come later than the server's usual limit; a server that cannot
	// do this has none.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(wait + 30*time.Second))
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for matchesWeakly(r.Header.Values("If-None-Match"), v.ETag()) {
		select {
		case <-changed:
		case <-timer.C:
			return v, nil
		case <-a.draining:
			return v, nil
		case <-r.Context().Done():
			return v, r.Context().Err()
		}
		changed = a.config.Policies.Changed()
		if v, err = a.config.Policies.Current(r.Context()); err != nil {
			return v, err
		}
	}
	return v, nil
}

// matches reports whether an If-Match header names the tag. A weak tag names none:
// who changes something must have all of it (RFC 9110, section 13.1.1).
func matches(headers []string, etag string) bool {
	for part := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		if part = strings.TrimSpace(part); part == "*" || part == etag {
			return true
		}
	}
	return false
}

// matchesWeakly does so for If-None-Match, where a weak tag is as good.
func matchesWeakly(headers []string, etag string) bool {
	return matches(headers, etag) || matches(headers, "W/"+etag)
}

type versionsAnswer struct {
	Versions []versionLine `json:"versions"`
	Next     string        `json:"next"` // for before; "": this was the last page
}

type versionLine struct {
	Version int64     `json:"version"`
	Stored  time.Time `json:"stored"`
	By      string    `json:"by"`
}

func (a *API) getVersions(w http.ResponseWriter, r *http.Request) error {
	p, err := a.params(r, "before", "limit")
	if err != nil {
		return err
	}
	limit, before := p.number("limit", defaultPage, 1, store.MaxPage), p.number("before", 0, 1, 1<<31-1)
	if err := p.err(); err != nil {
		return err
	}
	list, err := a.config.Policies.History(r.Context(), int64(before), limit+1)
	if err != nil {
		return err
	}
	out := versionsAnswer{Versions: []versionLine{}}
	if len(list) > limit {
		list = list[:limit]
		out.Next = strconv.FormatInt(list[limit-1].Version, 10)
	}
	for _, v := range list {
		out.Versions = append(out.Versions, versionLine{v.Version, v.At, v.By})
	}
	return answer(w, r, out)
}

func (a *API) getVersion(w http.ResponseWriter, r *http.Request) error {
	p, err := a.params(r)
	if err != nil {
		return err
	}
	if err := p.err(); err != nil {
		return err
	}
	kind, ok := preferred(r, typeYAML, typeJSON)
	if !ok {
		return accepts(r, typeYAML, typeJSON)
	}
	n, err := strconv.ParseInt(r.PathValue("version"), 10, 64)
	if err != nil || n < 1 {
		return newProblem(http.StatusNotFound, "not_found", "policy versions are numbers from 1")
	}
	v, err := a.config.Policies.Get(r.Context(), n)
	if err != nil {
		return err
	}
	return sendPolicy(w, r, &v, kind)
}
