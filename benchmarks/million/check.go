package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/dyetrace/dyetrace/benchmarks/measure"
)

// checked is one run of `auditd check`.
type checked struct {
	capture, report string
	spans, findings int
	fileSize        int64 // bytes
	pageSize        int64 // bytes of HTML, if it was asked for
	wall, cpu       time.Duration
	peak            int64 // bytes resident
}

// checkRepeated checks a repeated capture, once as people do and once with all that can be
// written besides.
func checkRepeated(ctx context.Context, o options, capture, dir string) ([]checked, error) {
	file := filepath.Join(dir, "traces.jsonl")
	fmt.Fprintln(os.Stderr, "writing", filepath.Base(capture))
	spans, size, err := repeat(filepath.Join(capture, "traces.jsonl.gz"), file, o.spans)
	if err != nil {
		return nil, err
	}
	page := filepath.Join(dir, "page.html")
	var all []checked
	for _, r := range []struct {
		name string
		args []string
	}{
		{"text", nil},
		{"JSON and HTML", []string{"--format", "json", "--html", page}},
	} {
		fmt.Fprintln(os.Stderr, "checking it, report:", r.name)
		c := checked{capture: filepath.Base(capture), report: r.name, spans: spans, fileSize: size}
		args := append([]string{"check", "--policy", filepath.Join(capture, "policy.yaml")}, r.args...)
		out, err := c.run(exec.CommandContext(ctx, o.auditd, append(args, file)...))
		if err != nil {
			return nil, err
		}
		all = append(all, c)
		if len(r.args) > 0 {
			err = complete(all, out, page)
		}
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// run measures the program and returns what it printed.
func (c *checked) run(cmd *exec.Cmd) ([]byte, error) {
	var out, diagnostics bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &diagnostics
	cmd.Env = append(os.Environ(), "GOMAXPROCS=2")
	start := time.Now()
	err := cmd.Run()
	c.wall = time.Since(start)
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() > 1 { // 1: something was found
		return nil, fmt.Errorf("auditd check: %w", errors.Join(err, errors.New(diagnostics.String())))
	}
	c.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	c.peak, err = measure.PeakOf(cmd.ProcessState)
	return out.Bytes(), err
}

// complete fills in what only the JSON report and the page tell.
func complete(all []checked, out []byte, page string) error {
	var report struct {
		Summary struct {
			Spans    int
			Findings map[string]int
		}
	}
	if err := json.Unmarshal(out, &report); err != nil {
		return err
	}
	info, err := os.Stat(page)
	if err != nil {
		return err
	}
	for i := range all {
		if report.Summary.Spans != all[i].spans {
			return fmt.Errorf("auditd check saw %d of %d spans", report.Summary.Spans, all[i].spans)
		}
		for _, n := range report.Summary.Findings {
			all[i].findings += n
		}
	}
	all[len(all)-1].pageSize = info.Size()
	return nil
}
