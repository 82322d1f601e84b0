// Command million measures `auditd check` on real captures that are repeated, with new trace
// ids, until they have a million spans. It writes a Markdown report.
//
//	go run ./million -o ../docs/benchmarks/check.md
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/dyetrace/dyetrace/benchmarks/measure"
)

// options of a run.
type options struct {
	output  string
	auditd  string
	corpora string
	spans   int
}

func main() { os.Exit(measure.Command("million", run)) }

func run(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "dyetrace-million-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if o.auditd == "" {
		o.auditd = filepath.Join(dir, "auditd")
		if err := measure.BuildAuditd(ctx, o.auditd); err != nil {
			return err
		}
	}
	var all []checked
	for _, capture := range []string{"ok-newsemconv", "leak-newsemconv"} {
		c, err := checkRepeated(ctx, o, filepath.Join(o.corpora, capture), dir)
		if err != nil {
			return fmt.Errorf("%s: %w", capture, err)
		}
		all = append(all, c...)
	}
	return measure.WriteReport(o.output, markdown(all))
}

func parse(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("million", flag.ContinueOnError)
	f.StringVar(&o.output, "o", "", "write the report to this `file` instead of standard output")
	f.StringVar(&o.auditd, "auditd", "", "measure this auditd `binary` instead of building one")
	f.StringVar(&o.corpora, "corpora", "../auditor/testdata/java-agent", "take the captures from this `folder`")
	f.IntVar(&o.spans, "spans", 1_000_000, "repeat each capture until there are so many")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.spans < 1 || f.NArg() > 0 {
		return o, errors.New("-spans must be positive, and there are no arguments")
	}
	return o, nil
}

func markdown(all []checked) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- Written by `make bench-check`. Do not edit. -->\n# `auditd check` on a million spans\n\n%s. Load average at the end: %s.\n\n",
		measure.Machine(), measure.LoadAverage())
	b.WriteString("Real captures of the Java agent, repeated with new trace ids, as one file of OTLP JSON lines each. The last columns are the largest resident set of the\n" +
		"whole program, and that by the span.\n\n" +
		"| capture | spans | file | report | findings | wall clock | CPU ns/span | peak | B/span |\n|---|--:|--:|---|--:|--:|--:|--:|--:|\n")
	for _, c := range all {
		fmt.Fprintf(&b, "| %s | %d | %.2f GB | %s | %d | %.1f s | %.0f | %.0f MB | %.0f |\n", c.capture, c.spans, float64(c.fileSize)/1e9, c.report,
			c.findings, c.Wall.Seconds(), float64(c.CPU)/float64(c.spans), float64(c.peak)/1e6, float64(c.peak)/float64(c.spans))
	}
	last := all[len(all)-1]
	fmt.Fprintf(&b, `
Spans are not held, facts are: 64 B for each and what indexes, messages and findings add ([engine](engine.md) has the bytes of a span in a window).
The rest of the peak is the findings themselves and the room that the garbage collector takes. The page of the last row has %.1f MB: excerpts are
capped, and it says so.
`, float64(last.pageSize)/1e6)
	return b.String()
}
