package edge

import (
	"context"
	"net/http"
	"slices"
	"strings"

	otelpropagation "go.opentelemetry.io/otel/propagation"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	"github.com/dyetrace/dyetrace/instrumentation/propagation"
	"github.com/dyetrace/dyetrace/instrumentation/witness"
)

const (
	baggageHeader    = "Baggage"
	tracestateHeader = "Tracestate"
)

// guard decides on requests.
type guard struct {
	trusted func(*http.Request) bool
	rules   []Rule
	members []string // baggage keys that mean a tag
	headers []string // alias headers, canonical
	carrier *propagation.Propagator
}

func newGuard(config Config) *guard {
	g := &guard{
		trusted: config.Trusted,
		rules:   slices.Clone(config.Rules),
		members: append([]string{envtag.Key}, config.AliasMembers...),
		carrier: propagation.New(),
	}
	for _, name := range config.AliasHeaders {
		g.headers = append(g.headers, http.CanonicalHeaderKey(name))
	}
	return g
}

// decide returns the request as the service may see it; r is not changed.
func (g *guard) decide(r *http.Request) *http.Request {
	trusted := g.trusted != nil && g.trusted(r)
	if trusted {
		if tag := g.claimed(r.Header); tag != "" {
			return withTag(r, tag, envtag.SourceCaller)
		}
	}
	tag, source := g.assign(r)
	out := withTag(r, tag, source)
	out.Header = r.Header.Clone()
	if !trusted {
		g.strip(out.Header)
	}
	if tag != "" {
		g.setTag(out.Header, tag)
	}
	return out
}

// assign asks the rules.
func (g *guard) assign(r *http.Request) (tag, source string) {
	for _, rule := range g.rules {
		if rule.When(r) {
			return rule.Tag, envtag.SourceRule
		}
	}
	return "", ""
}

// strip takes every claim of a tag out of h.
func (g *guard) strip(h http.Header) {
	for _, name := range g.headers {
		h.Del(name)
	}
	filter(h, baggageHeader, g.members)
	filter(h, tracestateHeader, []string{witness.Key})
	// Whatever a parser can make of what is left: no tag.
	if g.claimed(h) != "" {
		h.Del(baggageHeader)
	}
}

// claimed returns the tag that the headers carry, or "".
func (g *guard) claimed(h http.Header) string {
	if len(h[baggageHeader]) == 0 {
		return ""
	}
	return envtag.FromContext(g.carrier.Extract(context.Background(), otelpropagation.HeaderCarrier(h)))
}

// setTag writes the tag into the baggage, first and within the limits: what is
// behind the edge may have a propagator that rejects a header that is too long.
func (g *guard) setTag(h http.Header, tag string) {
	ctx := g.carrier.Extract(context.Background(), otelpropagation.HeaderCarrier(h))
	ctx, err := envtag.ContextWith(ctx, tag)
	if err != nil {
		return // New has validated the tags of the rules
	}
	out := otelpropagation.MapCarrier{}
	g.carrier.Inject(ctx, out)
	h[baggageHeader] = []string{out.Get("baggage")}
}

// filter removes the list members with one of the keys from a header. Keys are
// compared without case: a boundary may drop too much, never too little.
func filter(h http.Header, name string, keys []string) {
	var kept []string
	for _, line := range h[name] {
		var members []string
		for member := range strings.SplitSeq(line, ",") {
			key, _, _ := strings.Cut(member, "=")
			key, _, _ = strings.Cut(key, ";")
			if member != "" && !slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(k, strings.TrimSpace(key)) }) {
				members = append(members, member)
			}
		}
		if len(members) > 0 {
			kept = append(kept, strings.Join(members, ","))
		}
	}
	if len(kept) == 0 {
		h.Del(name)
		return
	}
	h[name] = kept
}
