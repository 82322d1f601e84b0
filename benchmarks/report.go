package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dyetrace/dyetrace/benchmarks/measure"
	"github.com/dyetrace/dyetrace/benchmarks/workload"
)

// report is all that was measured.
type report struct {
	table    []*row
	retained []retained
	check    *checkCosts // nil: not measured
}

// markdown renders the report.
func (r report) markdown(o options) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- Written by `make bench`. Do not edit. -->\n# The engine beside its peers\n\n%s; collector %s, contrib %s. Load average at the end: %s.\n\n", measure.Machine(),
		measure.ModuleVersion("go.opentelemetry.io/collector/processor"),
		measure.ModuleVersion("github.com/open-telemetry/opentelemetry-collector-contrib/processor/groupbytraceprocessor"), measure.LoadAverage())
	fmt.Fprintf(&b, `Measured together in one process, in turns, %d runs each: median (min-max). Each is set up for its turn and dropped after it, so that nothing
else lies on the heap but the spans. CPU is user and system time of the process, with all asynchronous work done. Machines swing, so read the ratios: each is the median of the ratios inside one run.

The traffic: batches of %d spans, %d traces interleaved, %d spans a trace, %d attributes a span, about 500 B a span on the wire, about 16
ResourceSpans a batch, 52 %% of the children before their parent, 10 %% of the traces gray, one message hop with two consumer groups.
The spans lie in memory as unmarshalling leaves them. All ids are new in each round, and each span is visited once, as a component gets it: by touch,
too. The row below touch visits the same spans over and over, which the cache holds then, as far as the machine's neighbours leave it room.
Unmarshalling takes the same bytes in each round, marshalling the same spans. The traffic is clean, and the benchmark fails if the engine finds anything in it or judges less than 95 %% of its hops.

`, o.runs, workload.BatchSpans, workload.Traces, workload.SpansPerTrace, workload.Attributes)
	r.writeCosts(&b)
	r.writeReceived(&b)
	r.writeRetained(&b)
	r.writeCheck(&b)
	return b.String()
}

func (r report) writeCosts(b *strings.Builder) {
	writeRows(b, r.rows(false), []column{{"touch", rowTouch}, {"touch, cached", rowCached}, {"spanmetrics", rowSpanmetrics}})
}

func (r report) writeReceived(b *strings.Builder) {
	rows := r.rows(true)
	if len(rows) == 0 {
		return
	}
	b.WriteString("\nThe same where each batch is unmarshalled just before, as in a collector: the cache holds the spans then, and little of what a component keeps.\n\n")
	writeRows(b, rows, []column{{"touch", rowReceived}})
}

// rows returns those of one of the two tables.
func (r report) rows(received bool) []*row {
	return slices.DeleteFunc(slices.Clone(r.table), func(r *row) bool { return r.received != received })
}

// column compares each row with one of them.
type column struct{ title, base string }

func writeRows(b *strings.Builder, rows []*row, compared []column) {
	if len(rows) == 0 {
		return
	}
	b.WriteString("| what | CPU ns/span | allocs/span | B/span |")
	for _, c := range compared {
		fmt.Fprintf(b, " × %s |", c.title)
	}
	fmt.Fprintf(b, "\n|---%s|\n", strings.Repeat("|--:", 3+len(compared)))
	for _, row := range rows {
		cpu := measure.SpreadOf(each(row.costs, measure.Cost.NsPerSpan))
		allocs := measure.SpreadOf(each(row.costs, measure.Cost.AllocsPerSpan))
		bytes := measure.SpreadOf(each(row.costs, measure.Cost.BytesPerSpan))
		fmt.Fprintf(b, "| %s | %s | %s | %s |", row.name, spread(cpu), number(allocs.Median), number(bytes.Median))
		for _, c := range compared {
			fmt.Fprintf(b, " %s |", ratio(row, find(rows, c.base)))
		}
		b.WriteByte('\n')
	}
}

func (r report) writeRetained(b *strings.Builder) {
	if len(r.retained) == 0 {
		return
	}
	fmt.Fprintf(b, "\nKept on the heap for each span inside the window (%s spans, after a collection):\n\n", number(retainedRounds*workload.Spans))
	b.WriteString("| what | B/span |\n|---|--:|\n")
	for _, k := range r.retained {
		fmt.Fprintf(b, "| %s | %s |\n", k.name, number(k.bytes))
	}
}

func (r report) writeCheck(b *strings.Builder) {
	if r.check == nil {
		return
	}
	ratios := make([]float64, len(r.check.check))
	for i := range ratios {
		ratios[i] = r.check.unmarshal[i] / r.check.check[i]
	}
	fmt.Fprintf(b, "\nThe program on %s spans in %d OTLP protobuf files:\n\n", number(checkRounds*workload.Spans), checkRounds*workload.Batches)
	b.WriteString("| what | CPU ns/span | spans/s a core | × the rate of unmarshal |\n|---|--:|--:|--:|\n")
	for _, row := range []struct {
		name string
		ns   []float64
		rate string
	}{
		{"bare unmarshal of the same bytes", r.check.unmarshal, "1"},
		{rowCheck, r.check.check, spread(measure.SpreadOf(ratios))},
	} {
		s := measure.SpreadOf(row.ns)
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", row.name, spread(s), number(1e9/s.Median), row.rate)
	}
}

// find returns the row of that name, or nil where it was not measured.
func find(rows []*row, name string) *row {
	for _, r := range rows {
		if r.name == name {
			return r
		}
	}
	return nil
}

func each(costs []measure.Cost, f func(measure.Cost) float64) []float64 {
	out := make([]float64, len(costs))
	for i, c := range costs {
		out[i] = f(c)
	}
	return out
}

// ratio compares two rows run by run.
func ratio(r, base *row) string {
	if base == nil {
		return "-"
	}
	values := make([]float64, len(r.costs))
	for i := range values {
		values[i] = r.costs[i].NsPerSpan() / base.costs[i].NsPerSpan()
	}
	return number(measure.SpreadOf(values).Median)
}

func spread(s measure.Spread) string {
	return fmt.Sprintf("%s (%s-%s)", number(s.Median), number(s.Min), number(s.Max))
}

// number writes v with three significant digits or, from 1000 on, as an integer
// with separators.
func number(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v < 0.005:
		return "<0.01"
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	}
	digits := fmt.Sprintf("%.0f", v)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
