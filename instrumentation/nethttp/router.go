package nethttp

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	"github.com/dyetrace/dyetrace/instrumentation/routing"
	"github.com/dyetrace/dyetrace/instrumentation/witness"
)

// router sends requests to the instances of their environment.
type router struct {
	base       http.RoundTripper
	resolver   Resolver
	fallback   routing.Policy
	thirdParty func(*http.Request) bool
	recorder   *routing.Recorder
}

// RoundTrip implements [http.RoundTripper].
func (t *router) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.thirdParty != nil && t.thirdParty(r) {
		return t.base.RoundTrip(withoutTag(r))
	}
	if t.resolver == nil {
		return t.base.RoundTrip(r)
	}
	table, err := t.resolver.Resolve(r.Context(), r.URL.Host)
	if err != nil {
		closeBody(r)
		return nil, fmt.Errorf("instances of %s: %w", r.URL.Host, err)
	}
	if table == nil {
		return t.base.RoundTrip(r)
	}
	tag := envtag.FromContext(r.Context())
	instance, decision, err := table.Next(tag, t.fallback)
	t.recorder.Record(r.Context(), decision, tag)
	if err != nil {
		closeBody(r)
		if refused, ok := errors.AsType[*routing.RefusedError](err); ok {
			refused.Service = r.URL.Host
		}
		return nil, err
	}
	return t.base.RoundTrip(to(r, instance.Address))
}

// to returns r for another address. The Host header stays the logical one, and
// r is not changed: with a filter in otelhttp it is the caller's.
func to(r *http.Request, address string) *http.Request {
	// One allocation for both: this is on the path of every call.
	out := &struct {
		request http.Request
		url     url.URL
	}{*r, *r.URL}
	out.url.Host = address
	out.request.URL = &out.url
	if out.request.Host == "" {
		out.request.Host = r.URL.Host
	}
	return &out.request
}

// withoutTag returns r as a third party may see it. The trace stays whole.
func withoutTag(r *http.Request) *http.Request {
	out := r.WithContext(r.Context())
	out.Header = r.Header.Clone()
	out.Header.Del("Baggage")
	var kept []string
	for _, line := range r.Header["Tracestate"] {
		for member := range strings.SplitSeq(line, ",") {
			if key, _, _ := strings.Cut(strings.TrimSpace(member), "="); key != witness.Key {
				kept = append(kept, member)
			}
		}
	}
	out.Header.Del("Tracestate")
	if len(kept) > 0 {
		out.Header.Set("Tracestate", strings.Join(kept, ","))
	}
	return out
}

// closeBody keeps the contract of round-trippers where nothing is sent.
func closeBody(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
}
