package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/cmd/auditd/e2e/traffic"
)

type options struct {
	auditd          string
	duration, every time.Duration
	senders         int
	out             io.Writer
}

// policy fits package traffic, with the default windows.
const policy = "version: 1\norigins: [gateway]\n"

// tracesOfBatch makes batches of 450 spans, near the 512 of an SDK's processor.
const tracesOfBatch = 50

// sent is what auditd acknowledged.
type sent struct{ batches, traces, gray, faulty, repeated atomic.Uint64 }

func run(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "soak-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "policy.yaml")
	if err := os.WriteFile(file, []byte(policy), 0o600); err != nil {
		return err
	}
	d, err := startDaemon(ctx, o.auditd, filepath.Join(dir, "data"), "--policy", file, "--set=connectors::dyetrace::run_out_on_shutdown=true")
	if err != nil {
		return err
	}
	defer d.kill()
	var s sent
	readings, err := load(ctx, d, &s, o)
	if err != nil {
		return err
	}
	if err := d.stop(); err != nil {
		return err
	}
	again, err := startDaemon(ctx, o.auditd, filepath.Join(dir, "data"))
	if err != nil {
		return err
	}
	defer again.kill()
	return errors.Join(compare(ctx, again, &s, o.out), steady(readings), again.stop())
}

// load sends until the time is over and takes readings meanwhile.
func load(ctx context.Context, d *daemon, s *sent, o options) ([]reading, error) {
	limited, cancel := context.WithTimeout(ctx, o.duration)
	defer cancel()
	var clients sync.WaitGroup
	failures := make(chan error, o.senders)
	for i := range o.senders {
		clients.Go(func() {
			if err := client(limited, d, s, uint64(i)); err != nil {
				failures <- err
				cancel()
			}
		})
	}
	readings := watch(limited, d, s, o)
	clients.Wait()
	close(failures)
	return readings, <-failures
}

// client sends batch after batch, each until it is acknowledged.
func client(ctx context.Context, d *daemon, s *sent, seed uint64) error {
	g := traffic.New(seed)
	g.FaultShare = .005
	made := make([]traffic.Trace, tracesOfBatch)
	for i := range made {
		made[i] = g.Next(time.Now())
	}
	made[0] = traffic.Faulty(made[0]) // at least one
	var gray, faulty uint64
	for _, t := range made {
		gray, faulty = gray+one(t.Gray), faulty+one(t.Faulty)
	}
	plain := traffic.Whole(traffic.Healed(made)...)
	broken := traffic.Whole(made...)
	const brokenEvery = 20
	for n := uint64(1); ctx.Err() == nil; n++ {
		td, bad := plain, uint64(0)
		if n%brokenEvery == 0 {
			td, bad = broken, faulty
		}
		traffic.Number(td, n*tracesOfBatch, time.Now())
		if err := deliver(ctx, d, td, s); err != nil {
			return err
		}
		s.batches.Add(1)
		s.traces.Add(tracesOfBatch)
		s.gray.Add(gray)
		s.faulty.Add(bad)
	}
	return nil
}

func one(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// deliver repeats what is refused for now. What was begun is brought to its end
// when the time is over: it may be counted already.
func deliver(ctx context.Context, d *daemon, td ptrace.Traces, s *sent) error {
	for {
		again, err := d.send(context.WithoutCancel(ctx), td)
		if err == nil || !again {
			return err
		}
		s.repeated.Add(1)
	}
}

// compare holds the store against what was sent.
func compare(ctx context.Context, d *daemon, s *sent, out io.Writer) error {
	var errs []error
	traces, gray, faulty := s.traces.Load(), s.gray.Load(), s.faulty.Load()
	want := float64(gray) / float64(traces)
	shares, err := d.shares(ctx)
	if err != nil {
		return err
	}
	for _, name := range []string{"gateway", "orders", "pay"} {
		got := shares[name]
		fmt.Fprintf(out, "share of %s: %.0f of %.0f (%.6f), sent %d of %d (%.6f)\n", name, got.Count, got.Total, got.Share, gray, traces, want)
		if got.Count != float64(gray) || got.Total != float64(traces) {
			errs = append(errs, fmt.Errorf("the share of %s is not right", name))
		}
	}
	seen, judged, err := d.coverage(ctx)
	if err != nil {
		return err
	}
	hops := traces * traffic.HopsOfTrace
	fmt.Fprintf(out, "coverage: %.0f of %.0f hops judged, sent %d\n", judged, seen, hops)
	if seen != float64(hops) || judged != seen {
		errs = append(errs, errors.New("the coverage is not right"))
	}
	findings, err := d.findings(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "findings: %d, faults sent %d\n", findings, faulty)
	if uint64(findings) != faulty {
		errs = append(errs, errors.New("the findings are not right"))
	}
	return errors.Join(errs...)
}
