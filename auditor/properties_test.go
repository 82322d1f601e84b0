package auditor_test

import (
	"math/rand/v2"
	"sort"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"pgregory.net/rapid"

	"github.com/dyetrace/dyetrace/auditor"
)

// TestRemovedSpansProveNothing: removing random spans never puts a proven
// finding into a trace that had none.
func TestRemovedSpansProveNothing(t *testing.T) {
	for _, c := range loadCorpora(t) {
		t.Run(c.name, func(t *testing.T) {
			spans := c.arrivals()
			before := provenTraces(offline(t, c.policy, spans))
			rapid.Check(t, func(rt *rapid.T) {
				r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 2))
				keep := rapid.Float64Range(0.05, 0.999).Draw(rt, "keep")
				var left []arrival
				for _, a := range spans {
					if r.Float64() < keep {
						left = append(left, a)
					}
				}
				for trace, f := range provenTraces(offline(rt, c.policy, left)) {
					require.Contains(rt, before, trace, "proven out of nothing: %+v", f)
				}
			})
		})
	}
}

func provenTraces(all map[string]auditor.Finding) map[string]auditor.Finding {
	out := map[string]auditor.Finding{}
	for _, f := range all {
		if f.Certainty == auditor.Proven {
			out[f.TraceID] = f
		}
	}
	return out
}

// TestClockSkew: a host whose clock is up to an hour off changes no propagation
// verdict and, for twins alive throughout, invents no placement finding.
func TestClockSkew(t *testing.T) {
	for _, c := range loadCorpora(t) {
		t.Run(c.name, func(t *testing.T) {
			spans := c.arrivals()
			want := offline(t, c.policy, spans)
			rapid.Check(t, func(rt *rapid.T) {
				skew := map[string]time.Duration{}
				for _, host := range hosts(spans) {
					skew[host] = time.Duration(rapid.Int64Range(-3600, 3600).Draw(rt, host)) * time.Second
				}
				got := offline(rt, c.policy, skewed(spans, skew))
				for id, f := range want {
					if f.Axis == auditor.AxisPropagation {
						require.Equal(rt, f.Verdict, got[id].Verdict, "skew changed %+v", f)
					}
				}
				for id, f := range got {
					require.Contains(rt, want, id, "skew invented %+v", f)
					require.Equal(rt, want[id].Verdict, f.Verdict)
				}
			})
		})
	}
}

func host(r pcommon.Resource) string {
	v, _ := r.Attributes().Get("service.instance.id")
	return v.AsString()
}

func hosts(spans []arrival) []string {
	var out []string
	seen := map[string]bool{}
	for _, a := range spans {
		if h := host(a.resource); !seen[h] {
			seen[h] = true
			out = append(out, h)
		}
	}
	return out
}

func skewed(spans []arrival, skew map[string]time.Duration) []arrival {
	out := make([]arrival, len(spans))
	for i, a := range spans {
		sp := ptrace.NewSpan()
		a.span.CopyTo(sp)
		d := pcommon.Timestamp(skew[host(a.resource)])
		sp.SetStartTimestamp(sp.StartTimestamp() + d)
		sp.SetEndTimestamp(sp.EndTimestamp() + d)
		out[i] = arrival{a.resource, sp}
	}
	return out
}

// TestRotatingWindows: with windows far shorter than the stream, streaming may
// know less than check, but it invents nothing.
func TestRotatingWindows(t *testing.T) {
	for _, c := range loadCorpora(t) {
		t.Run(c.name, func(t *testing.T) {
			c := c.wide()
			spans := c.arrivals()
			want := offline(t, c.policy, spans)
			sort.SliceStable(spans, func(i, j int) bool { return spans[i].span.EndTimestamp() < spans[j].span.EndTimestamp() })
			for _, pair := range []time.Duration{50 * time.Millisecond, 300 * time.Millisecond, 2 * time.Second} {
				p := c.policy
				p.Windows.Pair = pair
				got, _ := stream(t, p, spans, func(i int) int64 { return int64(spans[i].span.EndTimestamp()) })
				for id, f := range got {
					require.Contains(t, want, id, "invented at pair window %v: %+v", pair, f)
					if f.Certainty == auditor.Proven {
						require.Equal(t, auditor.Proven, want[id].Certainty, "at pair window %v: %+v", pair, f)
					}
				}
			}
		})
	}
}
