package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dyetrace/dyetrace/benchmarks/measure"
)

// checked is one run of `auditd check` on a repeated capture.
type checked struct {
	measure.Checked
	capture, report string
	spans, findings int
	fileSize        int64 // bytes
	pageSize        int64 // bytes of HTML, if it was asked for
	peak            int64 // bytes resident
}

// checkRepeated checks a repeated capture, once as people do and once with all that can be
// written besides.
func checkRepeated(ctx context.Context, o options, capture, dir string) ([]checked, error) {
	file, page := filepath.Join(dir, "traces.jsonl"), filepath.Join(dir, "page.html")
	fmt.Fprintln(os.Stderr, "writing", filepath.Base(capture))
	spans, size, err := repeat(filepath.Join(capture, "traces.jsonl.gz"), file, o.spans)
	if err != nil {
		return nil, err
	}
	both := []checked{{report: "text"}, {report: "JSON and HTML"}}
	for i, more := range [][]string{nil, {"--format", "json", "--html", page}} {
		c := &both[i]
		c.capture, c.spans, c.fileSize = filepath.Base(capture), spans, size
		if err := c.run(ctx, o, append(more, "--policy", filepath.Join(capture, "policy.yaml"), file)...); err != nil {
			return nil, err
		}
	}
	return both, complete(both, page)
}

func (c *checked) run(ctx context.Context, o options, args ...string) (err error) {
	fmt.Fprintln(os.Stderr, "checking it, report:", c.report)
	if c.Checked, err = measure.Check(ctx, o.auditd, args...); err == nil {
		c.peak, err = measure.PeakOf(c.State)
	}
	return err
}

// complete fills in what only the JSON report and the page of the second run tell.
func complete(both []checked, page string) error {
	last := &both[1]
	spans, findings, err := last.Summary()
	if err != nil {
		return err
	}
	if spans != last.spans {
		return fmt.Errorf("auditd check saw %d of %d spans", spans, last.spans)
	}
	both[0].findings, last.findings = findings, findings
	info, err := os.Stat(page)
	if err != nil {
		return err
	}
	last.pageSize = info.Size()
	return nil
}
