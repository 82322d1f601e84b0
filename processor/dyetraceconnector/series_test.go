package dyetraceconnector

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// shown writes a meter and returns its points by their first attribute, or
// "overflow".
func shown(t *testing.T, m *meter) map[string]float64 {
	t.Helper()
	metrics := pmetric.NewMetricSlice()
	m.write(metrics, times{1, 2})
	out := map[string]float64{}
	if metrics.Len() == 0 {
		return out
	}
	points := metrics.At(0).Sum().DataPoints
	if m.shape == gauge {
		points = metrics.At(0).Gauge().DataPoints
	}
	for _, p := range points().All() {
		name := ""
		if _, over := p.Attributes().Get("otel.metric.overflow"); over {
			require.Equal(t, 1, p.Attributes().Len())
			name = "overflow"
		} else if v, ok := p.Attributes().Get("service.name"); ok {
			name = v.Str()
		}
		if m.shape == doubleSum {
			out[name] = p.DoubleValue()
		} else {
			out[name] = float64(p.IntValue())
		}
	}
	return out
}

func TestSeriesPastTheLimitOverflow(t *testing.T) {
	m := newMeter(intSum, "gray.hops", "", "", 2, "service.name")
	m.add(1, "c")
	m.add(2, "d")
	require.Equal(t, map[string]float64{"c": 1, "d": 2}, shown(t, m))
	m.add(5, "a") // sorts before those that are in
	m.add(7, "b")
	m.add(3, "c")
	m.add(2, "d")
	m.add(1, "a")
	require.EqualValues(t, 2, m.takeOverflowed())
	require.Zero(t, m.takeOverflowed())
	require.Equal(t, map[string]float64{"c": 3, "d": 2, "overflow": 13}, shown(t, m), "series stay what they are")
	m.reset()
	m.add(1, "a")
	require.Equal(t, map[string]float64{"a": 1}, shown(t, m))
}

func TestSumsNeverFall(t *testing.T) {
	m := newMeter(doubleSum, "gray.traffic", "", "", 2, "service.name")
	m.add(3.0000000000000004, "a")
	shown(t, m)
	m.add(3, "a")
	require.Equal(t, map[string]float64{"a": 3.0000000000000004}, shown(t, m))
	m.add(4, "a")
	require.Equal(t, map[string]float64{"a": 4}, shown(t, m))
}

func TestGaugesMayFall(t *testing.T) {
	m := newMeter(gauge, "gray.audit.facts", "", "", 2)
	m.add(3)
	require.Equal(t, map[string]float64{"": 3}, shown(t, m))
	m.add(1)
	require.Equal(t, map[string]float64{"": 1}, shown(t, m))
}

func TestNothingCountedIsNoMetric(t *testing.T) {
	require.Empty(t, shown(t, newMeter(intSum, "gray.hops", "", "", 2, "service.name")))
}

func TestTextOfSpansIsMadeFit(t *testing.T) {
	require.Equal(t, "a\uFFFDb", clean("a\x00b"))
	require.Equal(t, "a\uFFFD", clean("a\xff"))
	m := newMeter(intSum, "gray.hops", "", "", 9, "service.name")
	m.add(1, clean(overflow))
	require.Equal(t, map[string]float64{"\uFFFD": 1}, shown(t, m), "no service is taken for the overflow")
}
