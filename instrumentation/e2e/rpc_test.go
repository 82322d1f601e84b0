package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/baggage"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	graygrpc "github.com/dyetrace/dyetrace/instrumentation/grpc"
	"github.com/dyetrace/dyetrace/instrumentation/nethttp"
)

// auditd is set by TestMain.
var auditd auditor

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "dyetrace-e2e")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if auditd, err = buildAuditd(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	graygrpc.Register()
	return m.Run()
}

// Requests of the two kinds, and who serves them when all is well.
var gray = map[string]string{"X-Beta": "on"}

const (
	allGray = "gray gray gray"
	allBase = "base base base"
)

func TestCleanChain(t *testing.T) {
	f := newFleet(t, beta(t))
	for range 10 {
		f.send(1, gray, allGray)
		f.send(2, nil, allBase)
	}
	r := f.audit()
	require.Zero(t, r.status, "%+v", r.Findings)
	require.Empty(t, r.Findings)
	require.EqualValues(t, 1, r.Summary.Coverage, "%+v", r.Summary)
	require.Equal(t, r.Summary.Hops, r.Summary.Judged)
	require.Equal(t, 30, r.Summary.Traces)
	require.Equal(t, 30*7, r.Summary.Spans)
}

func TestBaggageStrippedInTheMiddle(t *testing.T) {
	f := newFleet(t, beta(t))
	f.send(5, gray, allGray)
	f.breaks.Store(&breaks{beforeC: baggage.ContextWithoutBaggage})
	f.send(1, gray, "gray gray base")
	f.breaks.Store(&breaks{})
	f.send(5, gray, allGray)
	r := f.audit()
	require.Equal(t, 1, r.status)
	require.Len(t, r.Findings, 1, "%+v", r.Findings)
	got := r.Findings[0]
	require.Equal(t, "escape", got.Verdict)
	require.Equal(t, "proven", got.Certainty)
	require.Equal(t, "gray", got.Env)
	require.Equal(t, "svc-b", got.Blame.Service)
	require.Equal(t, "in_process", got.Blame.Where)
}

// The witness: of all spans only the one that lost the tag was exported.
func TestOneSpanAloneShowsTheEscape(t *testing.T) {
	f := newFleet(t, beta(t))
	f.breaks.Store(&breaks{beforeC: envtag.Without})
	f.send(1, gray, "gray gray base")
	f.close()
	alone := f.spans.matching(`"stringValue":"svc-b"`, `"kind":3`)
	require.Len(t, alone, 1)
	r := auditd.check(t, policy, alone[0])
	require.Equal(t, 1, r.Summary.Spans)
	require.Len(t, r.Findings, 1)
	got := r.Findings[0]
	require.Equal(t, "escape", got.Verdict)
	require.Equal(t, "suspected", got.Certainty, "one witness is no proof")
	require.Equal(t, "gray", got.Env)
	require.Equal(t, "svc-b", got.Service)
}

func TestDetachedGoroutine(t *testing.T) {
	f := newFleet(t, beta(t))
	f.send(5, gray, allGray)
	f.breaks.Store(&breaks{beforeC: func(context.Context) context.Context { return context.Background() }})
	f.send(1, gray, "gray gray base")
	r := f.audit()
	require.Zero(t, r.status, "a gray node's own cron job looks the same: suspected only")
	require.Len(t, r.Findings, 1, "%+v", r.Findings)
	got := r.Findings[0]
	require.Equal(t, "escape", got.Verdict)
	require.Equal(t, "suspected", got.Certainty)
	require.Equal(t, "svc-b", got.Service)
	require.Equal(t, "gray", got.Home)
}

func TestRouterBypass(t *testing.T) {
	f := newFleet(t, beta(t))
	f.send(5, gray, allGray)
	f.breaks.Store(&breaks{bypass: true})
	f.send(1, gray, "gray base gray")
	f.breaks.Store(&breaks{})
	f.send(5, gray, allGray)
	r := f.audit()
	require.Equal(t, 1, r.status)
	require.Len(t, r.Findings, 1, "%+v", r.Findings)
	got := r.Findings[0]
	require.Equal(t, "leak", got.Verdict)
	require.Equal(t, "proven", got.Certainty)
	require.Equal(t, "R1", got.Code)
	require.Equal(t, "svc-b", got.Service)
	require.Equal(t, "base", got.Home)
}

// A caller from outside claims a tag. With the edge nothing comes of it; without
// it the tag takes its way through the fleet.
func TestForgedTagAtTheEdge(t *testing.T) {
	forged := map[string]string{
		"Baggage": "gray.env=gray", "Tracestate": "dye=gray",
		"Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	}
	f := newFleet(t, beta(t))
	f.send(1, forged, allBase)
	r := f.audit()
	require.Zero(t, r.status)
	require.Empty(t, r.Findings)
	require.Empty(t, f.spans.matching(`"key":"gray.env"`), "no span is tagged")
	require.Empty(t, f.spans.matching(`dye=`), "and none has the witness")

	f = newFleet(t) // no edge
	f.send(1, forged, allGray)
	f.close()
	require.Len(t, f.spans.matching(`"key":"gray.env"`), 7)
	require.Empty(t, f.spans.matching(envtag.SourceKey), "no edge says that it gave the tag")
}

// forging sends a tag that its caller does not have.
type forging struct{ http.RoundTripper }

func (f forging) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("Baggage", "gray.env=gray") // otelhttp hands over a clone
	return f.RoundTripper.RoundTrip(r)
}

// The same with a caller whose spans are known: the auditor finds a gateway
// that lets the tag in, and nothing to find at one that does not.
func TestForgedTagOfAKnownCaller(t *testing.T) {
	for name, c := range map[string]struct {
		options []nethttp.HandlerOption
		want    string
	}{
		"with the edge": {[]nethttp.HandlerOption{beta(t)}, allBase},
		"without":       {nil, allGray},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFleet(t, c.options...)
			w := f.workload("partner", "base")
			base := &http.Transport{}
			defer base.CloseIdleConnections()
			client := &http.Client{Transport: nethttp.NewTransport(forging{base},
				nethttp.WithClientOptions(otelhttp.WithTracerProvider(w.provider)))}
			body, err := get(t.Context(), client, "http://"+f.gateway)
			require.NoError(t, err)
			require.Equal(t, c.want, body)
			f.close()
			// The gateway is no origin here: nothing excuses a tag from nowhere.
			r := auditd.check(t, "version: 1\n", f.spans.bytes())
			if c.want == allBase {
				require.Empty(t, r.Findings)
				return
			}
			require.Equal(t, 1, r.status)
			require.Len(t, r.Findings, 1, "%+v", r.Findings)
			require.Equal(t, "injection", r.Findings[0].Verdict)
			require.Equal(t, "gateway", r.Findings[0].Service)
		})
	}
}
