package auditdextension

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/metric"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// statsAge is how old the store's figures on /metrics may be: counting the
// findings reads an index.
const statsAge = 30 * time.Second

// readyWait bounds the write that tells whether the store takes any: a scrape has
// 10 seconds.
const readyWait = 5 * time.Second

// counters are what the extension counts itself.
type counters struct {
	pruned, pruneFailures, policyRefused atomic.Uint64

	registration metric.Registration

	mu    sync.Mutex // guards what follows
	stats store.Stats
	taken time.Time
}

func (c *counters) unregister() error {
	if c.registration == nil {
		return nil
	}
	r := c.registration
	c.registration = nil
	return r.Unregister()
}

// gauges are the instruments that are read from elsewhere.
type gauges struct {
	findings, series, bytes, overflow, pruned, pruneFailures             metric.Int64Observable
	requests, requestsRefused, requestsFailed, streams, dropped, polls   metric.Int64Observable
	policyVersion, policyRefused, restarted, ready, metricsSeriesDropped metric.Int64Observable
	connectionsFailed                                                    metric.Int64Observable
}

// observe registers the extension's own metrics; docs/operations.md explains them.
func (x *Auditd) observe() error {
	m := x.set.MeterProvider.Meter("github.com/dyetrace/dyetrace/cmd/auditd/internal/auditdextension")
	var errs []error
	var all []metric.Observable
	gauge := func(name, unit, help string) metric.Int64Observable {
		g, err := m.Int64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(help))
		errs, all = append(errs, err), append(all, g)
		return g
	}
	counter := func(name, unit, help string) metric.Int64Observable {
		c, err := m.Int64ObservableCounter(name, metric.WithUnit(unit), metric.WithDescription(help))
		errs, all = append(errs, err), append(all, c)
		return c
	}
	g := gauges{
		findings:             gauge("auditd.store.findings", "{findings}", "Findings in the store."),
		series:               gauge("auditd.store.series", "{series}", "Series of roll-ups in the store."),
		bytes:                gauge("auditd.store.size", "By", "Size of the store on disk."),
		overflow:             counter("auditd.store.series.overflowed", "{totals}", "Totals that fell into an overflow series."),
		pruned:               counter("auditd.store.findings.pruned", "{findings}", "Findings deleted by the retention."),
		pruneFailures:        counter("auditd.store.prune.failures", "{runs}", "Failed runs of the retention."),
		requests:             counter("auditd.api.requests", "{requests}", "Requests to the API."),
		requestsRefused:      counter("auditd.api.requests.refused", "{requests}", "Requests without or with a wrong token."),
		requestsFailed:       counter("auditd.api.requests.failed", "{requests}", "Requests answered with a status of 500 or more."),
		connectionsFailed:    counter("auditd.api.connections.failed", "{connections}", "Connections to the API that ended before a request, mostly failed TLS handshakes."),
		streams:              gauge("auditd.api.streams", "{streams}", "Event streams that are open."),
		dropped:              counter("auditd.api.streams.dropped", "{streams}", "Event streams ended because their clients did not read."),
		polls:                gauge("auditd.api.polls", "{requests}", "Requests that wait for a new policy."),
		policyVersion:        gauge("auditd.policy.version", "{version}", "Version of the policy; 0 is the built-in one."),
		policyRefused:        counter("auditd.policy.refused", "{policies}", "Policies that were read or put and could not be put into force."),
		restarted:            gauge("auditd.restarted", "{state}", "1 when an earlier process used the data folder."),
		ready:                gauge("auditd.ready", "{state}", "1 while the receivers are up and the store takes writes, as /readyz says."),
		metricsSeriesDropped: counter("auditd.metrics.points.dropped", "{points}", "Points that /metrics has no room for."),
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	var err error
	x.counters.registration, err = m.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		x.report(ctx, &g, o)
		return nil
	}, all...)
	return err
}

func (x *Auditd) report(ctx context.Context, g *gauges, o metric.Observer) {
	if s, err := x.storeStats(ctx); err == nil {
		o.ObserveInt64(g.findings, s.Findings)
		o.ObserveInt64(g.series, s.Series)
		o.ObserveInt64(g.bytes, s.Bytes)
		o.ObserveInt64(g.overflow, s.Overflow)
	}
	if v, err := x.policies.Current(ctx); err == nil {
		o.ObserveInt64(g.policyVersion, v.Version)
	}
	count := func(i metric.Int64Observable, v uint64) { o.ObserveInt64(i, int64(v)) }
	count(g.pruned, x.counters.pruned.Load())
	count(g.pruneFailures, x.counters.pruneFailures.Load())
	count(g.policyRefused, x.counters.policyRefused.Load())
	count(g.metricsSeriesDropped, x.page.Dropped())
	a := x.api.Stats()
	count(g.requests, a.Requests)
	count(g.requestsRefused, a.Refused)
	count(g.requestsFailed, a.Failed)
	count(g.dropped, a.StreamsDropped)
	count(g.connectionsFailed, a.ConnectionsFailed)
	o.ObserveInt64(g.streams, int64(a.Streams))
	o.ObserveInt64(g.polls, int64(a.Polls))
	o.ObserveInt64(g.restarted, number(x.restarted))
	o.ObserveInt64(g.ready, number(x.ready(ctx)))
}

// ready is what /readyz says; a store that takes long to say so is not ready.
func (x *Auditd) ready(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, readyWait)
	defer cancel()
	return x.api.Ready(ctx) == nil
}

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// storeStats returns the store's figures, not older than statsAge.
func (x *Auditd) storeStats(ctx context.Context) (store.Stats, error) {
	c := &x.counters
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.taken) < statsAge {
		return c.stats, nil
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	s, err := x.store.Stats(ctx)
	if err == nil {
		c.stats, c.taken = s, time.Now()
	}
	return s, err
}
