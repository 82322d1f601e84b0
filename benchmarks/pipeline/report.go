package main

import (
	"fmt"
	"strings"

	"github.com/dyetrace/dyetrace/benchmarks/measure"
	"github.com/dyetrace/dyetrace/benchmarks/workload"
)

// pair is what both pipelines cost in one run.
type pair struct{ plain, audited measure.Cost }

// report is all that was measured.
type report struct{ codec, program []pair }

func (r report) markdown(o options) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- Written by `make bench-pipeline`. Do not edit. -->\n# What the processor adds to a pipeline\n\n%s. Load average at the end: %s.\n\n",
		measure.Machine(), measure.LoadAverage())
	fmt.Fprintf(&b, `The same pipeline without and with the processor, in short turns, %d runs each: median (min-max). CPU is user and system time. Machines swing,
so read the last column: it is the median of the ratios inside one run. The goal is at most 15 %% on the pipeline over gRPC.

The traffic is that of [the engine's benchmark](engine.md): batches of %d spans, about 500 B a span, clean. All ids are new in each round, and the
windows are short (pair 2 s), so that what ends with them is in the figures.

| pipeline | without, CPU ns/span | with, CPU ns/span | added ns/span | added |
|---|--:|--:|--:|--:|
`, o.runs, workload.BatchSpans)
	line(&b, "collector program: OTLP/gRPC in, OTLP/gRPC out", r.program)
	line(&b, "codec only: OTLP bytes to pdata, pdata to OTLP bytes", r.codec)
	b.WriteString(`
The second line is the least that any pipeline does, without a network, a receiver or an exporter: it shows the processor at its dearest.
Where less than nothing is added: garbage is collected when the heap has doubled, and what the engine holds lets that come later
(GOGC=2000 in the environment shows it without: [ADR 0020](../adr/0020-touch-in-the-same-state.md)).
`)
	return b.String()
}

func line(b *strings.Builder, name string, pairs []pair) {
	if len(pairs) == 0 {
		return
	}
	values := func(f func(pair) float64) measure.Spread {
		list := make([]float64, len(pairs))
		for i, p := range pairs {
			list[i] = f(p)
		}
		return measure.SpreadOf(list)
	}
	plain := values(func(p pair) float64 { return p.plain.NsPerSpan() })
	audited := values(func(p pair) float64 { return p.audited.NsPerSpan() })
	added := values(func(p pair) float64 { return p.audited.NsPerSpan() - p.plain.NsPerSpan() })
	ratio := values(func(p pair) float64 { return 100 * (p.audited.NsPerSpan()/p.plain.NsPerSpan() - 1) })
	fmt.Fprintf(b, "| %s | %.0f (%.0f-%.0f) | %.0f (%.0f-%.0f) | %.0f | **%.1f %%** (%.1f-%.1f) |\n",
		name, plain.Median, plain.Min, plain.Max, audited.Median, audited.Min, audited.Max, added.Median, ratio.Median, ratio.Min, ratio.Max)
}
