package nethttp

import (
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

	"github.com/dyetrace/dyetrace/instrumentation/propagation"
	"github.com/dyetrace/dyetrace/instrumentation/routing"
)

// TransportOption of [NewTransport].
type TransportOption interface{ applyTransport(*transportConfig) }

type transportConfig struct {
	resolver   Resolver
	fallback   routing.Policy
	thirdParty func(*http.Request) bool
	otel       []otelhttp.Option
}

type transportOption func(*transportConfig)

func (o transportOption) applyTransport(c *transportConfig) { o(c) }

// WithResolver routes: calls to hosts that the resolver knows go to an instance
// of the call's environment. Without it only the tag is carried.
func WithResolver(resolver Resolver) TransportOption {
	return transportOption(func(c *transportConfig) { c.resolver = resolver })
}

// WithFallback says what becomes of a tagged call where there is no instance of
// its environment. The default is routing.Allow.
func WithFallback(policy routing.Policy) TransportOption {
	return transportOption(func(c *transportConfig) { c.fallback = policy })
}

// WithThirdParty names the calls that leave the fleet: they carry no baggage
// and no witness, and are not routed.
func WithThirdParty(is func(*http.Request) bool) TransportOption {
	return transportOption(func(c *transportConfig) { c.thirdParty = is })
}

// WithClientOptions hands options on to otelhttp.NewTransport, after our own.
func WithClientOptions(options ...otelhttp.Option) TransportOption {
	return transportOption(func(c *transportConfig) { c.otel = append(c.otel, options...) })
}

// NewTransport returns a round-tripper over base (nil:
// http.DefaultTransport) that starts a client span, sends tag, trace context
// and baggage of the request's context with the request, and routes it
// ([WithResolver]). The outcome is the span's attribute `gray.decision`: own,
// fallback or refused; baseline calls that take the usual way have none. A call
// that nobody may take fails with a [*routing.RefusedError], which errors.As
// finds in what http.Client returns.
func NewTransport(base http.RoundTripper, options ...TransportOption) http.RoundTripper {
	var c transportConfig
	for _, o := range options {
		if o != nil {
			o.applyTransport(&c)
		}
	}
	if base == nil {
		base = http.DefaultTransport
	}
	// Inside the tracing: the client span is there to take the decision.
	if c.resolver != nil || c.thirdParty != nil {
		base = &router{
			base: base, resolver: c.resolver, fallback: c.fallback,
			thirdParty: c.thirdParty, recorder: routing.NewRecorder(),
		}
	}
	return otelhttp.NewTransport(base,
		append([]otelhttp.Option{otelhttp.WithPropagators(propagation.New())}, c.otel...)...)
}
