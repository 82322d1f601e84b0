package promexport

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/otlptranslator"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// read takes over the points of a run. Only sums and gauges are there.
func (p *Page) read(r *run, rm pmetric.ResourceMetrics) {
	for _, sm := range rm.ScopeMetrics().All() {
		for _, m := range sm.Metrics().All() {
			switch m.Type() {
			case pmetric.MetricTypeSum:
				p.points(r, m, m.Sum().DataPoints(), kindOf(m.Sum()))
			case pmetric.MetricTypeGauge:
				p.points(r, m, m.Gauge().DataPoints(), prometheus.GaugeValue)
			default:
				p.dropped++
			}
		}
	}
}

func kindOf(s pmetric.Sum) prometheus.ValueType {
	if s.IsMonotonic() && s.AggregationTemporality() == pmetric.AggregationTemporalityCumulative {
		return prometheus.CounterValue
	}
	return prometheus.GaugeValue
}

func (p *Page) points(r *run, m pmetric.Metric, points pmetric.NumberDataPointSlice, kind prometheus.ValueType) {
	family := otlptranslator.Metric{Name: m.Name(), Unit: m.Unit(), Type: otlptranslator.MetricTypeGauge}
	if kind == prometheus.CounterValue {
		family.Type = otlptranslator.MetricTypeMonotonicCounter
	}
	name, err := p.names.Build(family)
	if err != nil {
		p.dropped += uint64(points.Len())
		return
	}
	for _, dp := range points.All() {
		p.set(r, name, m.Description(), kind, dp)
	}
}

func (p *Page) set(r *run, name, help string, kind prometheus.ValueType, dp pmetric.NumberDataPoint) {
	labels, values := p.labels(dp.Attributes())
	key := joined(name, labels, values)
	pt := r.points[key]
	if pt == nil {
		if len(r.points) >= p.max {
			p.dropped++
			return
		}
		pt = &point{desc: prometheus.NewDesc(name, help, labels, nil), kind: kind, labels: values}
		r.points[key] = pt
	}
	pt.value = number(dp)
}

// labels are those of a point, in its order: a connector does not change it.
// Attributes that become one label are joined, as the specification says.
func (p *Page) labels(attributes pcommon.Map) (names, values []string) {
	names, values = make([]string, 0, attributes.Len()), make([]string, 0, attributes.Len())
	at := map[string]int{}
	for k, v := range attributes.All() {
		name, err := p.label.Build(k)
		if err != nil {
			p.dropped++
			continue
		}
		value := strings.ToValidUTF8(v.AsString(), "\uFFFD")
		if i, ok := at[name]; ok {
			values[i] += ";" + value
			continue
		}
		at[name] = len(names)
		names, values = append(names, name), append(values, value)
	}
	return names, values
}

func number(dp pmetric.NumberDataPoint) float64 {
	if dp.ValueType() == pmetric.NumberDataPointValueTypeInt {
		return float64(dp.IntValue())
	}
	return dp.DoubleValue()
}
