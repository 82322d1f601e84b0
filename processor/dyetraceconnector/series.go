package dyetraceconnector

import (
	"maps"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// keyOverflow marks the series of all that is past the limit; the key is that of
// OpenTelemetry's SDKs (metrics specification, "Overflow attribute").
const keyOverflow = "otel.metric.overflow"

// overflow is the identity of that series; no other joins to it.
const overflow = "\xff"

type times struct{ start, now pcommon.Timestamp }

// shape is what the points of a metric are.
type shape uint8

const (
	intSum shape = iota // monotonic, cumulative
	doubleSum
	gauge
)

// meter is one metric with the series that it has shown: those stay, whatever
// comes later, and a sum never falls, whatever its rounding.
type meter struct {
	name, unit, help string
	shape            shape
	keys             []string
	max              int
	values           map[string]float64 // by series; as given out last
	fresh            map[string]float64 // as of this time
	beyond           map[string]struct{}
	admitted, told   int
}

func newMeter(shape shape, name, unit, help string, limit int, keys ...string) *meter {
	m := &meter{name: name, unit: unit, help: help, shape: shape, keys: keys, max: limit}
	m.reset()
	return m
}

// reset forgets all series: another engine counts from 0.
func (m *meter) reset() {
	m.values, m.fresh, m.beyond = map[string]float64{}, map[string]float64{}, map[string]struct{}{}
	m.admitted, m.told = 0, 0
}

// add adds to the series of the given attribute values, one for each key. Counts
// are exact up to 2^53.
func (m *meter) add(v float64, values ...string) {
	id := strings.Join(values, "\x00")
	_, old := m.values[id]
	_, seen := m.fresh[id]
	switch {
	case old || seen:
	case m.admitted < m.max:
		m.admitted++
	default:
		if len(m.beyond) < m.max { // bounded as well: enough to tell that it is much
			m.beyond[id] = struct{}{}
		}
		id = overflow
	}
	m.fresh[id] += v
}

// addOverflow adds to the series of what is past a limit elsewhere.
func (m *meter) addOverflow(v float64) { m.fresh[overflow] += v }

// takeOverflowed returns how many series have come to the overflow since it was
// asked last.
func (m *meter) takeOverflowed() int64 {
	n := len(m.beyond) - m.told
	m.told = len(m.beyond)
	return int64(n)
}

// write appends the metric and begins the next time.
func (m *meter) write(to pmetric.MetricSlice, t times) {
	for id, v := range m.fresh {
		if m.shape == gauge {
			m.values[id] = v
			continue
		}
		m.values[id] = max(v, m.values[id])
	}
	clear(m.fresh)
	if len(m.values) == 0 {
		return
	}
	points := m.open(to)
	for _, id := range slices.Sorted(maps.Keys(m.values)) {
		p := points.AppendEmpty()
		p.SetTimestamp(t.now)
		if m.shape != gauge {
			p.SetStartTimestamp(t.start)
		}
		if m.shape == doubleSum {
			p.SetDoubleValue(m.values[id])
		} else {
			p.SetIntValue(int64(m.values[id]))
		}
		m.describe(p.Attributes(), id)
	}
}

func (m *meter) open(to pmetric.MetricSlice) pmetric.NumberDataPointSlice {
	out := to.AppendEmpty()
	out.SetName(m.name)
	out.SetUnit(m.unit)
	out.SetDescription(m.help)
	if m.shape == gauge {
		return out.SetEmptyGauge().DataPoints()
	}
	sum := out.SetEmptySum()
	sum.SetIsMonotonic(true)
	sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	return sum.DataPoints()
}

func (m *meter) describe(attrs pcommon.Map, id string) {
	if id == overflow {
		attrs.PutBool(keyOverflow, true)
		return
	}
	if len(m.keys) == 0 {
		return
	}
	attrs.EnsureCapacity(len(m.keys))
	for i, v := range strings.Split(id, "\x00") {
		attrs.PutStr(m.keys[i], v)
	}
}
