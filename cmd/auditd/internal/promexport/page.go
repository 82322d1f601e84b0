package promexport

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/otlptranslator"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/dyetrace/dyetrace/processor/findinglog"
)

// maxRuns is how many runs are kept apart. A run beyond is the oldest one's end:
// what it counted goes into the sum of ended runs.
const maxRuns = 8

// maxFolded is of how many ended runs the names are kept, against a resend that
// would count them twice.
const maxFolded = 64

// DefaultMaxSeries bounds a page: the connector's series for one metric times its
// metrics, and as much again.
const DefaultMaxSeries = 100_000

// Page is what Prometheus sees. It is a prometheus.Collector and safe for
// concurrent use.
type Page struct {
	max   int
	names otlptranslator.MetricNamer
	label otlptranslator.LabelNamer

	mu      sync.Mutex
	clock   uint64 // of Show
	runs    map[string]*run
	ended   map[string]*point // sums of what folded runs counted
	folded  []string          // their names, the newest last
	dropped uint64
}

// run is the counts of one engine.
type run struct {
	points map[string]*point
	shown  uint64 // clock of the last Show
	over   bool   // the engine has ended
}

// point is one series.
type point struct {
	desc   *prometheus.Desc
	kind   prometheus.ValueType
	labels []string
	value  float64
}

// New returns a page of at most maxSeries series (above 0) for each run; what is
// beyond is left out and counted (Dropped).
func New(maxSeries int) *Page {
	return &Page{
		max:   maxSeries,
		names: otlptranslator.NewMetricNamer("", otlptranslator.UnderscoreEscapingWithSuffixes),
		runs:  map[string]*run{},
		ended: map[string]*point{},
	}
}

// Dropped returns how many points were left out.
func (p *Page) Dropped() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dropped
}

// Show takes what one connector delivered: a resource for each engine, those that
// have ended first (package dyetraceconnector). Md is not kept.
func (p *Page) Show(md pmetric.Metrics) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clock++
	resources := md.ResourceMetrics()
	for i := range resources.Len() {
		id, ok := resources.At(i).Resource().Attributes().Get(findinglog.KeyRun)
		if !ok || slices.Contains(p.folded, id.Str()) {
			continue
		}
		r := p.runs[id.Str()]
		if r == nil {
			r = &run{points: map[string]*point{}}
			p.runs[id.Str()] = r
		}
		r.shown, r.over = p.clock, i < resources.Len()-1
		p.read(r, resources.At(i))
	}
	for len(p.runs) > maxRuns {
		p.foldOldest()
	}
}

// foldOldest moves a run into the sums: an ended one where there is one.
func (p *Page) foldOldest() {
	name := ""
	for n, r := range p.runs {
		if name == "" || order(r, p.runs[name]) < 0 {
			name = n
		}
	}
	for key, pt := range p.runs[name].points {
		if pt.kind == prometheus.GaugeValue {
			continue
		}
		if sum := p.ended[key]; sum != nil {
			sum.value += pt.value
		} else {
			p.ended[key] = pt
		}
	}
	delete(p.runs, name)
	if p.folded = append(p.folded, name); len(p.folded) > maxFolded {
		p.folded = p.folded[1:]
	}
}

func order(a, b *run) int {
	if a.over != b.over {
		if a.over {
			return -1
		}
		return 1
	}
	return cmp.Compare(a.shown, b.shown)
}

// Describe implements prometheus.Collector: what there will be is not known.
func (*Page) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (p *Page) Collect(out chan<- prometheus.Metric) {
	for _, pt := range p.sums() {
		out <- prometheus.MustNewConstMetric(pt.desc, pt.kind, pt.value, pt.labels...)
	}
}

// sums adds the runs up. Gauges are of engines that live.
func (p *Page) sums() map[string]point {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make(map[string]point, len(p.ended))
	for key, pt := range p.ended {
		all[key] = *pt
	}
	for _, r := range p.runs {
		for key, pt := range r.points {
			if r.over && pt.kind == prometheus.GaugeValue {
				continue
			}
			sum, ok := all[key]
			if !ok {
				all[key] = *pt
				continue
			}
			sum.value += pt.value
			all[key] = sum
		}
	}
	return all
}

// joined is the identity of a series.
func joined(name string, labels, values []string) string {
	return name + "\x00" + strings.Join(labels, "\x00") + "\x01" + strings.Join(values, "\x00")
}
