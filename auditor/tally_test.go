package auditor

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRate: the adjusted count is 2^56/(2^56-T).
func TestRate(t *testing.T) {
	tl := newTally(10)
	for _, c := range []struct {
		name string
		span Span
		want float64
	}{
		{"no threshold counts as one", Span{}, 1},
		{"threshold 0: everything was kept", Span{HasThreshold: true}, 1},
		{"half were kept", Span{HasThreshold: true, Threshold: 1 << 55}, 2},
		{"a quarter", Span{HasThreshold: true, Threshold: 3 << 54}, 4},
		{"one of 2^56", Span{HasThreshold: true, Threshold: 1<<56 - 1}, 1 << 56},
		{"a threshold out of range is none", Span{HasThreshold: true, Threshold: 1 << 56}, 1},
	} {
		require.InDelta(t, c.want, tl.rates[tl.rate(&c.span)], 0, c.name)
	}
	require.EqualValues(t, rateNone, tl.rate(&Span{Threshold: 1 << 55}), "a threshold that is not there")
	require.NotEqualValues(t, rateNone, tl.rate(&Span{HasThreshold: true}), "threshold 0 is a threshold")
}

func TestRateIsBounded(t *testing.T) {
	tl := newTally(10)
	first := tl.rate(&Span{HasThreshold: true, Threshold: 1})
	for i := range uint64(1000) {
		tl.rate(&Span{HasThreshold: true, Threshold: i * 1000})
	}
	require.LessOrEqual(t, len(tl.rates), 256)
	require.EqualValues(t, rateMany, tl.rate(&Span{HasThreshold: true, Threshold: 999_999_999}))
	require.Equal(t, first, tl.rate(&Span{HasThreshold: true, Threshold: 1}), "known thresholds stay known")
}

// TestShareBasis: shares are sums of adjusted counts, raw where no span has a
// threshold, and never a number that pretends where some have and some not.
func TestShareBasis(t *testing.T) {
	half := Span{HasThreshold: true, Threshold: 1 << 55}
	for _, c := range []struct {
		name         string
		spans        []Span
		basis        Basis
		count, total float64
	}{
		{"no threshold: spans", []Span{{}, {}}, BasisSpans, 1, 2},
		{"all have one: adjusted", []Span{half, {HasThreshold: true}}, BasisAdjusted, 2, 3},
		{"some have: mixed", []Span{half, {}}, BasisMixed, 2, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := New(DefaultPolicy(), Options{Mode: Offline})
			require.NoError(t, err)
			res := e.Resource(Resource{Service: "a", Home: Reading{Present: true, Value: "base"}})
			for i, s := range c.spans {
				s.TraceID, s.SpanID, s.Kind, s.Op, s.Resource = TraceID{1}, SpanID{byte(i + 1)}, KindServer, OpRPC, res
				if i == 0 {
					s.Tag = Reading{Present: true, Value: "gray"}
				}
				e.Add(0, &s)
			}
			e.Close()
			got := e.Shares()
			require.Len(t, got, 1)
			require.Equal(t, c.basis, got[0].Basis)
			require.InDelta(t, c.count, got[0].Count, 0)
			require.InDelta(t, c.total, got[0].Total, 0)
			if c.basis == BasisMixed {
				require.Nil(t, got[0].Share)
			} else {
				require.InDelta(t, c.count/c.total, *got[0].Share, 1e-15)
			}
		})
	}
}

// TestCount: coverage is judged / seen over the hops that have an upstream.
func TestCount(t *testing.T) {
	tl := newTally(10)
	tl.count(&ruling{prop: vOK, place: vLeak}, false, 1)
	tl.count(&ruling{prop: vUndecidable, propWhy: whyMissing, place: vUndecidable, placeWhy: whyHome}, false, 1)
	tl.count(&ruling{prop: vUndecidable, propWhy: whyMissing}, true, 1)
	tl.count(&ruling{prop: vUndecidable, propWhy: whySilent}, true, 1)
	tl.count(&ruling{prop: vEscape, root: true}, false, 1)
	tl.count(&ruling{}, false, 1)
	require.EqualValues(t, 4, tl.hops, "roots have none, probes are no traffic")
	require.EqualValues(t, 1, tl.judged)
	require.EqualValues(t, 1, tl.unjudged[whyMissing])
	require.EqualValues(t, 1, tl.unjudged[whyEvicted], "what is pushed out counts as evicted")
	require.EqualValues(t, 1, tl.unjudged[whySilent])
	require.EqualValues(t, 2, tl.entries)
	require.EqualValues(t, 1, tl.placed)
	require.EqualValues(t, 1, tl.places[vLeak])
	require.EqualValues(t, 1, tl.unplaced[whyHome])
}
