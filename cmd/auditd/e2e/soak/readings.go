package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dyetrace/dyetrace/cmd/auditd/e2e/traffic"
)

// reading is the state of auditd at a time.
type reading struct {
	after                      time.Duration
	spans                      uint64 // acknowledged
	rss, heap, goroutines, cpu float64
	facts                      float64
}

// watch takes readings until the load ends.
func watch(ctx context.Context, d *daemon, s *sent, o options) []reading {
	fmt.Fprintf(o.out, "%8s %12s %10s %8s %8s %11s %10s %10s %8s\n", "after", "spans", "spans/s", "RSS MB", "heap MB", "goroutines", "CPU us/sp", "facts", "refused")
	began, ticks := time.Now(), time.NewTicker(o.every)
	defer ticks.Stop()
	var list []reading
	before := reading{}
	for {
		select {
		case <-ctx.Done():
			return list
		case <-ticks.C:
		}
		r, err := d.read(ctx)
		if err != nil {
			continue // the load has ended meanwhile, or the next reading tells
		}
		r.after, r.spans = time.Since(began), s.traces.Load()*traffic.SpansOfTrace
		rate := float64(r.spans-before.spans) / (r.after - before.after).Seconds()
		cost := (r.cpu - before.cpu) * 1e6 / float64(max(1, r.spans-before.spans))
		fmt.Fprintf(o.out, "%8s %12d %10.0f %8.1f %8.1f %11.0f %10.2f %10.0f %8d\n", r.after.Round(time.Second), r.spans, rate,
			r.rss/1e6, r.heap/1e6, r.goroutines, cost, r.facts, s.repeated.Load())
		list, before = append(list, r), r
	}
}

// read takes the figures from /metrics.
func (d *daemon) read(ctx context.Context) (r reading, err error) {
	page, err := d.get(ctx, "/metrics")
	if err != nil {
		return r, err
	}
	for line := range strings.Lines(string(page)) {
		name, text, ok := strings.Cut(strings.TrimSpace(line), " ")
		to := map[string]*float64{
			"otelcol_process_memory_rss_bytes":        &r.rss,
			"go_memstats_heap_alloc_bytes":            &r.heap,
			"go_goroutines":                           &r.goroutines,
			"otelcol_process_cpu_seconds_total":       &r.cpu,
			"otelcol_connector_dyetrace_engine_facts": &r.facts,
		}[name]
		if !ok || to == nil {
			continue
		}
		if _, err := fmt.Sscan(text, to); err != nil {
			return r, fmt.Errorf("%s: %w", line, err)
		}
	}
	return r, nil
}

// steady tells whether memory or goroutines grow: the last third of the readings
// against the one before, so that filled windows and warm caches do not count.
func steady(list []reading) error {
	const least = 3 * time.Minute // windows of 30 s are full before the last thirds
	if len(list) < 9 || list[len(list)-1].after < least {
		return nil
	}
	third := len(list) / 3
	mean := func(part []reading, of func(*reading) float64) (sum float64) {
		for i := range part {
			sum += of(&part[i]) / float64(len(part))
		}
		return sum
	}
	var errs []error
	check := func(what string, most float64, of func(*reading) float64) {
		before, after := mean(list[len(list)-2*third:len(list)-third], of), mean(list[len(list)-third:], of)
		if after > before*most {
			errs = append(errs, fmt.Errorf("%s grows: %.0f, then %.0f", what, before, after))
		}
	}
	check("memory", 1.1, func(r *reading) float64 { return r.rss })
	check("the number of goroutines", 1.2, func(r *reading) float64 { return r.goroutines })
	return errors.Join(errs...)
}
