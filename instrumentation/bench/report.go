package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
)

// markdown renders the report.
func markdown(o options, protocols []protocol) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- Written by \"go run .\" in instrumentation/bench. Do not edit. -->\n# What the env tag adds to a call\n\n%s\n\n", machine())
	fmt.Fprintf(&b, `One call over a live loopback connection, client and server in one process, both with spans that are recorded and not exported.
CPU is user and system time of the process. All rows of a table take turns, %d runs of %d calls each, in another order in every run.
Machines swing, so read the ratios: each is the median (first to third quartile) of the ratios inside one run.

Gray release needs headers that a plain call has not: the sampling threshold on every call, and on tagged ones the witness and the baggage member.
What they cost the libraries is the price of any solution; the rows "by hand" show it: no code of ours, the headers put into the caller's context.
*Same headers* compares with that row and so is what our code adds: sampler, span processor, propagator, the choice among two instances by their
home, and its record on the span.

`, o.runs, o.calls)
	for _, p := range protocols {
		fmt.Fprintf(&b, "## %s\n\n| what | CPU µs/call | × bare | × same headers | allocs/call | added to bare | added to same headers | B/call |\n|---|--:|--:|--:|--:|--:|--:|--:|\n", p.name)
		for _, r := range p.rows {
			fmt.Fprintf(&b, "| %s | %.1f | %s | %s | %.1f | %+.1f | %+.1f | %.0f |\n", r.name,
				median(r.each(ns))/1000, p.ratio(r, bare), p.ratio(r, r.like),
				median(r.each(allocs)), p.added(r, bare), p.added(r, r.like), median(r.each(bytes)))
		}
		b.WriteString("\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func ns(c cost) float64     { return c.ns }
func allocs(c cost) float64 { return c.allocs }
func bytes(c cost) float64  { return c.bytes }

// each returns one figure of all runs.
func (r *row) each(f func(cost) float64) []float64 {
	out := make([]float64, len(r.costs))
	for i, c := range r.costs {
		out[i] = f(c)
	}
	return out
}

// ratio compares CPU times run by run.
func (p protocol) ratio(r *row, to int) string {
	ratios := make([]float64, len(r.costs))
	for i := range ratios {
		ratios[i] = r.costs[i].ns / p.rows[to].costs[i].ns
	}
	sorted := slices.Sorted(slices.Values(ratios))
	return fmt.Sprintf("%.3f (%.2f-%.2f)", median(ratios), sorted[len(sorted)/4], sorted[len(sorted)*3/4])
}

// added compares allocations run by run.
func (p protocol) added(r *row, to int) float64 {
	added := make([]float64, len(r.costs))
	for i := range added {
		added[i] = r.costs[i].allocs - p.rows[to].costs[i].allocs
	}
	return median(added)
}

// machine says in one line what the figures were measured on.
func machine() string {
	return fmt.Sprintf("%s, %d cores, GOMAXPROCS 1, %s, %s/%s; otelhttp %s, otelgrpc %s, grpc %s, SDK %s.",
		cpuModel(), runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH,
		version("go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"),
		version("go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"),
		version("google.golang.org/grpc"), version("go.opentelemetry.io/otel/sdk"))
}

// cpuModel reads the model's name where Linux tells it.
func cpuModel() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "unknown CPU"
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown CPU"
}

// version returns the version of a module that is linked in.
func version(path string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == path {
				return m.Version
			}
		}
	}
	return "of unknown version"
}
