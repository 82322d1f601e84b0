package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/dyetrace/dyetrace/benchmarks/measure"
	"github.com/dyetrace/dyetrace/benchmarks/workload"
)

// checkRounds is how many rounds the files hold that `auditd check` reads.
const checkRounds = 15

const rowCheck = "`auditd check`, start-up and report included"

// checkCosts compares `auditd check` with nothing but unmarshalling, on the
// same files.
type checkCosts struct {
	check, unmarshal []float64 // CPU ns a span, one of each run
}

// checkBench runs the real program on OTLP protobuf files.
type checkBench struct {
	dir    string // temporary: the program, its policy, and the files
	auditd string
}

// newCheckBench builds auditd, so that a mistake shows before the long
// measurement. It returns nil where o does not want this row.
func newCheckBench(ctx context.Context, o options) (*checkBench, error) {
	if !o.rows.MatchString(rowCheck) {
		return nil, nil
	}
	dir, err := os.MkdirTemp("", "dyetrace-bench-")
	if err != nil {
		return nil, err
	}
	b := &checkBench{dir: dir, auditd: o.auditd}
	if b.auditd == "" {
		b.auditd = filepath.Join(dir, "auditd")
		err = measure.BuildAuditd(ctx, b.auditd)
	}
	if err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *checkBench) close() {
	if b != nil {
		os.RemoveAll(b.dir)
	}
}

// measure returns nil where the row is not wanted.
func (b *checkBench) measure(ctx context.Context, o options) (*checkCosts, error) {
	if b == nil {
		return nil, nil
	}
	wire, policyFile, err := writeFiles(b.dir)
	if err != nil {
		return nil, err
	}
	var costs checkCosts
	for n := range o.runs {
		fmt.Fprintf(os.Stderr, "run %d of %d: %s\n", n+1, o.runs, rowCheck)
		c, err := runCheck(ctx, b.auditd, policyFile, filepath.Join(b.dir, "traces"))
		if err != nil {
			return nil, err
		}
		u, err := measure.Sample(&codec{wire: wire}, o.atLeast)
		if err != nil {
			return nil, err
		}
		costs.check = append(costs.check, c)
		costs.unmarshal = append(costs.unmarshal, u.NsPerSpan())
	}
	return &costs, nil
}

// writeFiles writes one file a batch and a policy. It returns one round of what
// it wrote.
func writeFiles(dir string) (wire [][]byte, policyFile string, err error) {
	policyFile = filepath.Join(dir, "policy.yaml")
	if err := os.WriteFile(policyFile, []byte("version: 1\norigins: [gateway]\n"), 0o600); err != nil {
		return nil, "", err
	}
	if err := os.Mkdir(filepath.Join(dir, "traces"), 0o700); err != nil {
		return nil, "", err
	}
	spans := workload.New(3)
	start := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC).UnixNano()
	for n := range checkRounds {
		spans.Fresh(start + int64(n)*int64(2*time.Second))
		if wire, err = workload.Encode(spans.Batches()); err != nil {
			return nil, "", err
		}
		for i, b := range wire {
			name := filepath.Join(dir, "traces", fmt.Sprintf("%03d-%02d.pb", n, i))
			if err := os.WriteFile(name, b, 0o600); err != nil {
				return nil, "", err
			}
		}
	}
	return wire, policyFile, nil
}

// runCheck returns the CPU time of a whole `auditd check` in nanoseconds a span.
func runCheck(ctx context.Context, auditd, policyFile, traces string) (float64, error) {
	c, err := measure.Check(ctx, auditd, "--policy", policyFile, "--format", "json", traces)
	if err != nil {
		return 0, err
	}
	spans, findings, err := c.Summary()
	if err != nil {
		return 0, err
	}
	if c.Status != 0 || spans != checkRounds*workload.Spans || findings > 0 {
		return 0, fmt.Errorf("auditd check ended with status %d, saw %d of %d spans and found %d faults in clean traffic",
			c.Status, spans, checkRounds*workload.Spans, findings)
	}
	return float64(c.CPU) / float64(spans), nil
}
