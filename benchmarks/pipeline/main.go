// Command pipeline measures what the dyetrace processor adds to a collector's
// pipeline, OTLP in and OTLP out: beside the same pipeline without it, in turns.
// It writes a Markdown report.
//
//	go run ./pipeline -otelcol ../build/ocb/otelcol-dyetrace -o ../docs/benchmarks/pipeline.md
package main

import (
	"context"
	"errors"
	"flag"
	"os"
	"runtime"
	"time"

	"github.com/dyetrace/dyetrace/benchmarks/measure"
)

// options of a run.
type options struct {
	output  string
	otelcol string
	runs    int
	atLeast time.Duration
}

// policy has windows so short that they end many times within a run: what the
// engine does at their end belongs to its cost. The gateway gives the tags.
const policy = `version: 1
origins: [gateway]
windows: {pair: 2s, liveness: 10s, stranded: 5s, grace: 1s}
`

// warmUp is longer than a pair window, so that what is measured is the steady
// state.
const warmUp = 5 * time.Second

func main() { os.Exit(measure.Command("pipeline", run)) }

func run(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	runtime.GOMAXPROCS(2)
	var r report
	if r.codec, err = measureCodec(ctx, o); err != nil {
		return err
	}
	if o.otelcol != "" {
		if r.program, err = measureProgram(ctx, o); err != nil {
			return err
		}
	}
	return measure.WriteReport(o.output, r.markdown(o))
}

func parse(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("pipeline", flag.ContinueOnError)
	f.StringVar(&o.output, "o", "", "write the report to this `file` instead of standard output")
	f.StringVar(&o.otelcol, "otelcol", "", "measure this collector `binary` of distributions/otelcol-dyetrace as well")
	f.IntVar(&o.runs, "runs", 5, "how often each pipeline is measured")
	f.DurationVar(&o.atLeast, "time", 2*time.Second, "CPU time to spend on a pipeline in each run")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.runs < 1 || o.atLeast <= 0 || f.NArg() > 0 {
		return o, errors.New("-runs and -time must be positive, and there are no arguments")
	}
	return o, nil
}
