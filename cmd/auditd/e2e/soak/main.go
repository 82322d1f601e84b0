// Command soak runs an auditd at the highest rate that it takes and holds what it
// says against what was sent:
//
//	go build -o /tmp/auditd ./cmd/auditd
//	go run ./cmd/auditd/e2e/soak -auditd /tmp/auditd -duration 10m
//
// It ends with status 1 where shares, coverage or findings are not right, or where
// memory or goroutines grow. The figures of docs/benchmarks/auditd.md are its
// output.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

func main() {
	o := options{out: os.Stdout}
	flag.StringVar(&o.auditd, "auditd", "auditd", "the program under test")
	flag.DurationVar(&o.duration, "duration", 10*time.Minute, "how long the load lasts")
	flag.IntVar(&o.senders, "senders", 4, "clients that send at once")
	flag.DurationVar(&o.every, "every", 30*time.Second, "time between two readings")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak: "+err.Error())
		os.Exit(1) //revive:disable-line:deep-exit // of main
	}
}
