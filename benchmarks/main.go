// Command benchmarks measures the audit engine beside the collector components
// that are nearest to it, in one process, on the same spans, in turns. It
// writes a Markdown report.
//
//	go run . -o ../docs/benchmarks/engine.md
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"time"

	"github.com/dyetrace/dyetrace/benchmarks/measure"
)

// options of a run.
type options struct {
	output  string
	runs    int
	atLeast time.Duration
	rows    *regexp.Regexp
	auditd  string
}

func main() { os.Exit(measure.Command("benchmarks", run)) }

func run(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	runtime.GOMAXPROCS(2)
	check, err := newCheckBench(ctx, o)
	if err != nil {
		return err
	}
	defer check.close()
	var rep report
	if rep.table, err = measureRows(o); err != nil {
		return err
	}
	if rep.retained, err = measureRetained(o); err != nil {
		return err
	}
	if rep.check, err = check.measure(ctx, o); err != nil {
		return err
	}
	return measure.WriteReport(o.output, rep.markdown(o))
}

func parse(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("benchmarks", flag.ContinueOnError)
	f.StringVar(&o.output, "o", "", "write the report to this `file` instead of standard output")
	f.IntVar(&o.runs, "runs", 5, "how often each row is measured")
	f.DurationVar(&o.atLeast, "time", 300*time.Millisecond, "CPU time to spend on a row in each run")
	f.StringVar(&o.auditd, "auditd", "", "measure this auditd `binary` instead of building one")
	rows := f.String("rows", "", "measure only the rows whose name matches this `regexp`")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.runs < 1 || o.atLeast <= 0 || f.NArg() > 0 {
		return o, errors.New("-runs and -time must be positive, and there are no arguments")
	}
	re, err := regexp.Compile(*rows)
	if err != nil {
		return o, fmt.Errorf("-rows: %w", err)
	}
	o.rows = re
	return o, nil
}
