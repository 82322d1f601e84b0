// Package edge guards the trust boundary: env tags from outside are dropped
// unless the caller is trusted, and the edge's own rules give new ones.
//
// Baggage has no integrity: whoever can send a request can claim a tag. The
// middleware works on the request's headers and so must stand OUTSIDE the
// tracing middleware: the SERVER span is then started with the tag that was
// decided here, not with the one that was claimed.
//
//	server := edge.New(...)(otelhttp.NewHandler(edge.Mark(handler), "gateway"))
//
// The auditor's policy should list the service under `origins`.
package edge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	"github.com/dyetrace/dyetrace/instrumentation/witness"
)

// Config of the middleware. The zero value trusts nobody and assigns nothing.
type Config struct {
	// Trusted says whose tags are kept. Nil: nobody's. See FromNetworks and
	// WithToken.
	Trusted func(*http.Request) bool

	// Rules are asked in order where no tag of a trusted caller was kept. The
	// first match decides; without one the request is baseline.
	Rules []Rule

	// AliasMembers are further baggage members that mean a tag somewhere in
	// the fleet ("env"); AliasHeaders are further headers ("x-mse-tag"). They
	// are dropped together with an untrusted tag.
	AliasMembers, AliasHeaders []string
}

// New returns the middleware, or an error that names the rule with an invalid
// tag or without a condition. It is safe for concurrent use if Trusted and the
// rules are.
func New(config Config) (func(http.Handler) http.Handler, error) {
	for i, rule := range config.Rules {
		if rule.When == nil {
			return nil, fmt.Errorf("edge: rule %d has no condition; set When", i+1)
		}
		if err := envtag.Validate(rule.Tag); rule.Tag != "" && err != nil {
			return nil, fmt.Errorf("edge: rule %d: %w", i+1, err)
		}
	}
	if slices.Contains(config.AliasMembers, "") {
		return nil, errors.New("edge: an alias member is empty; take it out")
	}
	g := newGuard(config)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, g.decide(r))
		})
	}, nil
}

// Mark writes `gray.env.source` to the server span: `edge_rule` where a rule of
// the edge gave the tag, `trusted_caller` where one was kept. It stands inside
// the tracing middleware and needs the edge outside of it; else it does nothing.
func Mark(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if source, ok := r.Context().Value(sourceKey{}).(string); ok {
			trace.SpanFromContext(r.Context()).SetAttributes(attribute.String(envtag.SourceKey, source))
		}
		next.ServeHTTP(w, r)
	})
}

// sourceKey is the context key of what Mark writes.
type sourceKey struct{}

// withTag returns r under the decided tag. A context that has a tag already,
// because the tracing middleware stands outside by mistake, is put right too.
func withTag(r *http.Request, tag, source string) *http.Request {
	ctx := r.Context()
	if envtag.FromContext(ctx) != tag {
		if set, err := envtag.ContextWith(ctx, tag); err == nil {
			ctx = set
		}
		ctx = witness.Rewrite(ctx)
	}
	if source != "" {
		ctx = context.WithValue(ctx, sourceKey{}, source)
	}
	return r.WithContext(ctx)
}
