package auditdexporter

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
	"github.com/dyetrace/dyetrace/processor/findinglog"
)

// totals is what one run had counted at a time.
type totals struct {
	run  string
	at   time.Time
	list []store.Total
}

// family is how a metric of the connector (docs/collector.md) becomes series.
type family struct {
	kind store.SeriesKind
	// outcome is that of all points; "" takes it from attribute.
	outcome   string
	attribute string
}

func familyOf(metric string) (family, bool) {
	switch metric {
	case "gray.traffic":
		return family{kind: store.Traffic}, true
	case "gray.hops":
		return family{kind: store.Hops, attribute: "gray.audit.verdict"}, true
	case "gray.edges":
		return family{kind: store.Edges, attribute: "gray.audit.verdict"}, true
	case "gray.hops.seen":
		return family{kind: store.Propagation, outcome: store.OutcomeSeen}, true
	case "gray.hops.judged":
		return family{kind: store.Propagation, outcome: store.OutcomeJudged}, true
	case "gray.hops.undecidable":
		return family{kind: store.Propagation, attribute: "gray.audit.reason"}, true
	case "gray.placements.seen":
		return family{kind: store.Placement, outcome: store.OutcomeSeen}, true
	case "gray.placements.judged":
		return family{kind: store.Placement, outcome: store.OutcomeJudged}, true
	case "gray.placements.undecidable":
		return family{kind: store.Placement, attribute: "gray.audit.reason"}, true
	}
	return family{}, false
}

// totalsOf returns the roll-ups in md, one entry a run. Metrics that are none are
// left out.
func totalsOf(md pmetric.Metrics) []totals {
	var all []totals
	for _, rm := range md.ResourceMetrics().All() {
		run, ok := rm.Resource().Attributes().Get(findinglog.KeyRun)
		if !ok {
			continue
		}
		t := totals{run: run.Str()}
		sums := map[store.Series]float64{}
		for _, sm := range rm.ScopeMetrics().All() {
			for _, m := range sm.Metrics().All() {
				if f, ok := familyOf(m.Name()); ok && m.Type() == pmetric.MetricTypeSum {
					t.add(sums, f, m.Sum().DataPoints())
				}
			}
		}
		t.list = make([]store.Total, 0, len(sums))
		for s, v := range sums {
			t.list = append(t.list, store.Total{Series: s, Value: v})
		}
		if len(t.list) > 0 {
			all = append(all, t)
		}
	}
	return all
}

func (t *totals) add(sums map[store.Series]float64, f family, points pmetric.NumberDataPointSlice) {
	for _, p := range points.All() {
		if at := p.Timestamp().AsTime(); at.After(t.at) {
			t.at = at
		}
		v := p.DoubleValue()
		if p.ValueType() == pmetric.NumberDataPointValueTypeInt {
			v = float64(p.IntValue())
		}
		sums[f.series(p.Attributes())] += v
	}
}

func (f family) series(a pcommon.Map) store.Series {
	get := func(key string) string {
		if v, ok := a.Get(key); ok {
			return v.AsString()
		}
		return ""
	}
	if v, ok := a.Get("otel.metric.overflow"); ok && v.Bool() {
		return store.Series{Kind: f.kind, Overflow: true}
	}
	s := store.Series{Kind: f.kind, Outcome: f.outcome}
	if f.attribute != "" {
		s.Outcome = get(f.attribute)
	}
	switch f.kind {
	case store.Traffic, store.Hops, store.Edges:
		s.Service, s.Home, s.Env = get("service.name"), get("gray.home"), get("gray.env")
		s.Destination = get("messaging.destination.name")
		s.Group = get("messaging.consumer.group.name")
		s.HopKind = auditor.HopKind(get("gray.hop.kind"))
		s.PeerService, s.PeerHome = get("gray.peer.service.name"), get("gray.peer.home")
		s.Shown = get("gray.env.shown")
		s.Basis = auditor.Basis(get("gray.basis"))
	}
	return s
}
