package dyetraceconnector

import (
	"strings"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/processor/internal/enginehost"
)

// The attributes of the metrics.
const (
	keyService     = "service.name"
	keyHome        = "gray.home"
	keyEnv         = "gray.env"
	keyShown       = "gray.env.shown"
	keyVerdict     = "gray.audit.verdict"
	keyCertainty   = "gray.audit.certainty"
	keyCode        = "gray.audit.code"
	keyReason      = "gray.audit.reason"
	keyKind        = "gray.hop.kind"
	keyDestination = "messaging.destination.name"
	keyGroup       = "messaging.consumer.group.name"
	keyBasis       = "gray.basis"
	keyPeerService = "gray.peer.service.name"
	keyPeerHome    = "gray.peer.home"
	keyBlame       = "gray.blame.service.name"
)

// meters are the metrics of one engine.
type meters struct {
	run                                      string
	hops, traffic, edges                     *meter // edges: nil where not wanted
	findings, withdrawn, stranded            *meter
	seen, judged, undecidable                *meter
	placesSeen, placesJudged, placesUnjudged *meter
	own                                      []ownMeter
}

// ownMeter is a metric of the engine itself.
type ownMeter struct {
	*meter
	get func(*auditor.Stats) float64
}

func newMeters(c MetricsConfig) *meters {
	n := c.MaxSeries
	m := &meters{
		hops:           newMeter(intSum, "gray.hops", "{hops}", "Hops whose window has ended, by verdict.", n, keyService, keyHome, keyEnv, keyVerdict, keyKind, keyDestination, keyGroup),
		traffic:        newMeter(doubleSum, "gray.traffic", "{units}", "Entry spans of a service, or messages produced to a destination, weighted by sampling.", n, keyService, keyHome, keyEnv, keyDestination, keyBasis),
		findings:       newMeter(intSum, "gray.findings", "{findings}", "Findings, each once for each verdict and certainty that it took.", n, keyVerdict, keyCertainty, keyService, keyHome, keyEnv, keyCode, keyBlame),
		withdrawn:      newMeter(intSum, "gray.findings.withdrawn", "{findings}", "Findings taken back.", n, keyVerdict),
		stranded:       newMeter(intSum, "gray.messages.stranded", "{messages}", "Tagged messages that nobody processed within their window.", n, keyDestination, keyEnv),
		seen:           newMeter(intSum, "gray.hops.seen", "{hops}", "Hops that have an upstream reference.", n),
		judged:         newMeter(intSum, "gray.hops.judged", "{hops}", "Hops seen that were judged; judged / seen is the coverage.", n),
		undecidable:    newMeter(intSum, "gray.hops.undecidable", "{hops}", "Hops seen that could not be judged, by reason.", n, keyReason),
		placesSeen:     newMeter(intSum, "gray.placements.seen", "{placements}", "Entry spans seen.", n),
		placesJudged:   newMeter(intSum, "gray.placements.judged", "{placements}", "Entry spans whose placement was judged.", n),
		placesUnjudged: newMeter(intSum, "gray.placements.undecidable", "{placements}", "Entry spans whose placement could not be judged, by reason.", n, keyReason),
		own:            newOwnMeters(n),
	}
	if c.Edges {
		m.edges = newMeter(doubleSum, "gray.edges", "{hops}", "Hops between workloads, weighted by sampling.", n,
			keyPeerService, keyPeerHome, keyService, keyHome, keyEnv, keyShown, keyKind, keyDestination, keyVerdict, keyBasis)
	}
	return m
}

func newOwnMeters(n int) []ownMeter {
	return []ownMeter{
		{newMeter(intSum, "gray.audit.spans", "{spans}", "Distinct spans taken.", n), func(s *auditor.Stats) float64 { return float64(s.Spans) }},
		{newMeter(intSum, "gray.audit.duplicates", "{spans}", "Spans that were there already.", n), func(s *auditor.Stats) float64 { return float64(s.Duplicates) }},
		{newMeter(intSum, "gray.audit.invalid", "{spans}", "Spans without a trace or span id.", n), func(s *auditor.Stats) float64 { return float64(s.Invalid) }},
		{newMeter(intSum, "gray.audit.late", "{spans}", "Spans that came more than a pair window after their end.", n), func(s *auditor.Stats) float64 { return float64(s.Late) }},
		{newMeter(intSum, "gray.audit.evicted", "{facts}", "Facts pushed out before their window ended.", n), func(s *auditor.Stats) float64 { return float64(s.Evicted) }},
		{newMeter(gauge, "gray.audit.facts", "{facts}", "Facts of spans and links that are held.", n), func(s *auditor.Stats) float64 { return float64(s.Facts) }},
		{newMeter(gauge, "gray.audit.messages", "{messages}", "Messages that are held.", n), func(s *auditor.Stats) float64 { return float64(s.Messages) }},
		{newMeter(gauge, "gray.audit.findings.open", "{findings}", "Findings that are open.", n), func(s *auditor.Stats) float64 { return float64(s.Open) }},
	}
}

func (m *meters) all() []*meter {
	list := []*meter{m.hops, m.traffic, m.findings, m.withdrawn, m.stranded, m.seen, m.judged, m.undecidable, m.placesSeen, m.placesJudged, m.placesUnjudged}
	if m.edges != nil {
		list = append(list, m.edges)
	}
	for _, o := range m.own {
		list = append(list, o.meter)
	}
	return list
}

// fill takes over the counts of an engine. Those of another engine than before
// begin new series.
func (m *meters) fill(s *enginehost.Snapshot) []*meter {
	list := m.all()
	if s.Run != m.run {
		m.run = s.Run
		for _, each := range list {
			each.reset()
		}
	}
	m.fillHops(s.Hops)
	m.fillTraffic(s.Traffic)
	m.fillFindings(s)
	m.fillCoverage(&s.Summary)
	for _, o := range m.own {
		o.add(o.get(&s.Stats))
	}
	return list
}

func (m *meters) fillHops(hops []auditor.HopCount) {
	for i := range hops {
		h := &hops[i]
		m.hops.add(float64(h.Hops), clean(h.To.Service), clean(h.To.Home), clean(h.Env), string(h.Verdict), string(h.Kind), clean(h.Destination), clean(h.Group))
		if m.edges == nil {
			continue
		}
		split(h.Hops, h.Rated, h.Count, func(basis auditor.Basis, v float64) {
			m.edges.add(v, clean(h.From.Service), clean(h.From.Home), clean(h.To.Service), clean(h.To.Home), clean(h.Env), clean(h.Shown),
				string(h.Kind), clean(h.Destination), string(h.Verdict), string(basis))
		})
	}
}

func (m *meters) fillTraffic(traffic []auditor.TrafficCount) {
	for i := range traffic {
		t := &traffic[i]
		split(t.Units, t.Rated, t.Count, func(basis auditor.Basis, v float64) {
			m.traffic.add(v, clean(t.Service), clean(t.Home), clean(t.Env), clean(t.Destination), string(basis))
		})
	}
}

// split tells apart what has a sampling threshold and what has none, which counts
// as it was seen: a share over both is no number (basis mixed).
func split(units, rated uint64, sum float64, add func(auditor.Basis, float64)) {
	if rated > 0 {
		add(auditor.BasisAdjusted, sum-float64(units-rated))
	}
	if units > rated {
		add(auditor.BasisSpans, float64(units-rated))
	}
}

func (m *meters) fillFindings(s *enginehost.Snapshot) {
	for k, n := range s.Findings {
		if k == (enginehost.FindingKey{}) {
			m.findings.addOverflow(float64(n))
			continue
		}
		m.findings.add(float64(n), string(k.Verdict), string(k.Certainty), clean(k.Service), clean(k.Home), clean(k.Env), string(k.Code), clean(k.BlameService))
	}
	for k, n := range s.Stranded {
		m.stranded.add(float64(n), clean(k.Destination), clean(k.Env))
	}
	for v, n := range s.Withdrawn {
		m.withdrawn.add(float64(n), string(v))
	}
}

func (m *meters) fillCoverage(s *auditor.Summary) {
	m.seen.add(float64(s.Hops))
	m.judged.add(float64(s.Judged))
	for why, n := range s.Undecidable {
		m.undecidable.add(float64(n), string(why))
	}
	m.placesSeen.add(float64(s.Placement.Seen))
	m.placesJudged.add(float64(s.Placement.Judged))
	for why, n := range s.Placement.Undecidable {
		m.placesUnjudged.add(float64(n), string(why))
	}
}

// clean makes text of spans fit for an attribute: valid UTF-8, and without the
// byte that joins a series' values.
func clean(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "\uFFFD")
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
