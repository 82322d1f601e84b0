// Command bench measures what the env tag adds to one otelhttp and one otelgrpc
// call: bare and ours in one process, in turns. It writes a Markdown report.
//
//	go run . -o ../../docs/benchmarks/instrumentation.md
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"

	graygrpc "github.com/dyetrace/dyetrace/instrumentation/grpc"
)

// options of a run.
type options struct {
	output string
	runs   int
	calls  int
}

func main() {
	if err := run(os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	runtime.GOMAXPROCS(1) // idle threads that look for work would count too
	graygrpc.Register()
	protocols := []protocol{httpProtocol(), grpcProtocol()}
	for i := range protocols {
		if err := protocols[i].measure(o); err != nil {
			return fmt.Errorf("%s: %w", protocols[i].name, err)
		}
	}
	text := markdown(o, protocols)
	if o.output == "" {
		_, err = os.Stdout.WriteString(text)
		return err
	}
	return os.WriteFile(o.output, []byte(text), 0o644)
}

func parse(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.StringVar(&o.output, "o", "", "write the report to this `file` instead of standard output")
	f.IntVar(&o.runs, "runs", 151, "how often each row is measured")
	f.IntVar(&o.calls, "calls", 150, "how many calls a row makes in each run")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.runs < 1 || o.calls < 1 || f.NArg() > 0 {
		return o, errors.New("-runs and -calls must be positive, and there are no arguments")
	}
	return o, nil
}
