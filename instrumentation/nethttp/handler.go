package nethttp

import (
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

	"github.com/dyetrace/dyetrace/instrumentation/edge"
	"github.com/dyetrace/dyetrace/instrumentation/propagation"
)

// HandlerOption of [NewHandler].
type HandlerOption interface{ applyHandler(*handlerConfig) }

type handlerConfig struct {
	edge func(http.Handler) http.Handler
	otel []otelhttp.Option
}

type handlerOption func(*handlerConfig)

func (o handlerOption) applyHandler(c *handlerConfig) { o(c) }

// WithEdge makes this handler a trust boundary. The middleware, from edge.New,
// is put outside of the tracing, and what it decided is written to the server
// span.
func WithEdge(middleware func(http.Handler) http.Handler) HandlerOption {
	return handlerOption(func(c *handlerConfig) { c.edge = middleware })
}

// WithServerOptions hands options on to otelhttp.NewHandler, after our own.
func WithServerOptions(options ...otelhttp.Option) HandlerOption {
	return handlerOption(func(c *handlerConfig) { c.otel = append(c.otel, options...) })
}

// NewHandler returns a handler that takes tag, trace context and baggage from
// the request, starts a server span named after operation (or the pattern of a
// ServeMux), and calls next with them in the request's context.
func NewHandler(next http.Handler, operation string, options ...HandlerOption) http.Handler {
	var c handlerConfig
	for _, o := range options {
		if o != nil {
			o.applyHandler(&c)
		}
	}
	if c.edge != nil {
		next = edge.Mark(next)
	}
	traced := otelhttp.NewHandler(next, operation,
		append([]otelhttp.Option{otelhttp.WithPropagators(propagation.New())}, c.otel...)...)
	if c.edge != nil {
		return c.edge(traced)
	}
	return traced
}
