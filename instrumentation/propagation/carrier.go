package propagation

import (
	"net/http"

	"go.opentelemetry.io/otel/propagation"
)

// HTTP headers have carriers of their own that do the same as OpenTelemetry's
// with fewer allocations: they are on the path of every request. reading is for
// Extract, writing for one call of Inject.

// reading returns carrier, for HTTP headers a faster one.
func reading(carrier propagation.TextMapCarrier) propagation.TextMapCarrier {
	if h, ok := carrier.(propagation.HeaderCarrier); ok {
		return readHeaders(h)
	}
	return carrier
}

// writing returns carrier, for HTTP headers a faster one.
func writing(carrier propagation.TextMapCarrier) propagation.TextMapCarrier {
	if h, ok := carrier.(propagation.HeaderCarrier); ok {
		return &writeHeaders{HeaderCarrier: h}
	}
	return carrier
}

// canonical returns the header's name for one of the three keys, else "".
func canonical(key string) string {
	switch key {
	case baggageHeader:
		return "Baggage"
	case traceparentHeader:
		return "Traceparent"
	case tracestateHeader:
		return "Tracestate"
	}
	return ""
}

// readHeaders knows the canonical form of our three keys.
type readHeaders http.Header

// Get implements [propagation.TextMapCarrier].
func (h readHeaders) Get(key string) string {
	if values := h.Values(key); len(values) > 0 {
		return values[0]
	}
	return ""
}

// Values implements [propagation.ValuesGetter].
func (h readHeaders) Values(key string) []string {
	if name := canonical(key); name != "" {
		return h[name]
	}
	return http.Header(h).Values(key)
}

// Set implements [propagation.TextMapCarrier].
func (h readHeaders) Set(key, value string) { http.Header(h).Set(key, value) }

// Keys implements [propagation.TextMapCarrier].
func (h readHeaders) Keys() []string { return propagation.HeaderCarrier(h).Keys() }

// writeHeaders puts the values of our three keys into one allocation.
type writeHeaders struct {
	propagation.HeaderCarrier
	values [3]string
	used   int
}

// Set implements [propagation.TextMapCarrier].
func (h *writeHeaders) Set(key, value string) {
	name := canonical(key)
	if name == "" || h.used == len(h.values) {
		h.HeaderCarrier.Set(key, value)
		return
	}
	h.values[h.used] = value
	// No capacity to spare: who appends to one gets a slice of his own.
	h.HeaderCarrier[name] = h.values[h.used : h.used+1 : h.used+1]
	h.used++
}
