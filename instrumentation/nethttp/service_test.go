package nethttp_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/dyetrace/dyetrace/instrumentation/internal/leaktest"
	"github.com/dyetrace/dyetrace/instrumentation/nethttp"
	"github.com/dyetrace/dyetrace/instrumentation/sdk"
)

// A server span may end just after its response has arrived.
const eventually, tick = time.Minute, time.Millisecond

func TestMain(m *testing.M) { os.Exit(leaktest.Run(m.Run)) }

// telemetry is one service's own provider; spans are kept in memory.
type telemetry struct {
	*sdktrace.TracerProvider
	spans *tracetest.SpanRecorder
}

func newTelemetry(t *testing.T) telemetry {
	t.Helper()
	spans := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSampler(sdk.NewSampler(1)),
		sdktrace.WithSpanProcessor(sdk.NewSpanProcessor()), sdktrace.WithSpanProcessor(spans))
	return telemetry{provider, spans}
}

// client returns a client whose idle connections end with the test.
func (tel telemetry) client(t *testing.T, options ...nethttp.TransportOption) *http.Client {
	t.Helper()
	base := &http.Transport{}
	t.Cleanup(base.CloseIdleConnections)
	options = append(options, nethttp.WithClientOptions(otelhttp.WithTracerProvider(tel)))
	return &http.Client{Transport: nethttp.NewTransport(base, options...)}
}

// serve starts a server for next and returns its address.
func (tel telemetry) serve(t *testing.T, next http.HandlerFunc, options ...nethttp.HandlerOption) string {
	t.Helper()
	options = append(options, nethttp.WithServerOptions(otelhttp.WithTracerProvider(tel)))
	server := httptest.NewServer(nethttp.NewHandler(next, "test", options...))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// one returns the only ended span of a kind.
func (tel telemetry) one(t *testing.T, kind trace.SpanKind) sdktrace.ReadOnlySpan {
	t.Helper()
	var found []sdktrace.ReadOnlySpan
	for _, s := range tel.spans.Ended() {
		if s.SpanKind() == kind {
			found = append(found, s)
		}
	}
	require.Len(t, found, 1)
	return found[0]
}

// attr returns an attribute of a span as text, "" where there is none.
func attr(s sdktrace.ReadOnlySpan, key string) string {
	for _, a := range s.Attributes() {
		if a.Key == attribute.Key(key) {
			return a.Value.String()
		}
	}
	return ""
}
