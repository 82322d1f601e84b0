package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/otlpfile"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/render"
)

// The exit statuses of design.md section 5, and that of a shell for an
// interrupted command.
const (
	ExitOK          = 0
	ExitFindings    = 1
	ExitUsage       = 2
	ExitInput       = 3
	ExitInterrupted = 130
)

// Options of one audit.
type Options struct {
	// Paths are files, folders or "-"; at least one.
	Paths []string
	// Policy is the policy file; empty: the defaults.
	Policy string
	// Format is text, json, junit or sarif.
	Format string
	// HTML is a file that gets the report as a page; empty: none.
	HTML   string
	FailOn FailOn
	// Color of the text format.
	Color bool
	// Progress is shown on Streams.Err; the caller knows whether it is a terminal.
	Progress bool
	// Limit of groups and shares in text; 0: all.
	Limit int
	// Version of the tool.
	Version string
}

// Streams are the standard streams; the report goes to Out, all else to Err.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Formats lists the values of Options.Format.
func Formats() []string { return []string{"text", "json", "junit", "sarif"} }

// Run audits and renders. It returns the exit status; the error is only for
// wrong use, and is told by the caller.
func Run(ctx context.Context, o Options, s Streams) (int, error) {
	policy, err := loadPolicy(o.Policy, s.Err)
	if err != nil {
		return ExitUsage, err
	}
	sources, bad, err := otlpfile.Expand(o.Paths, s.In, func(note string) { say(s.Err, note) })
	if err != nil {
		return ExitUsage, err
	}
	if err := checkTarget(o.HTML, o.Policy, sources, s.Out); err != nil {
		return ExitUsage, err
	}
	page, err := newPage(o.HTML)
	if err != nil {
		return ExitUsage, err
	}
	defer page.discard()
	a, err := newAudit(policy)
	if err != nil {
		return ExitUsage, err
	}
	a.bad = bad
	a.readAll(ctx, sources, newProgress(o.Progress, s.Err, sources), s.Err)
	return finish(ctx, &o, s, a, page)
}

// finish renders what was read: a page that cannot be written does not keep the
// report back.
func finish(ctx context.Context, o *Options, s Streams, a *audit, page *page) (int, error) {
	in := a.input(o)
	a.tell(s.Err, in.Report.Summary.Warnings, in.Hints)
	pageErr := page.write(a, in)
	err := show(o, s.Out, in, pageErr == nil)
	if pageErr != nil {
		say(s.Err, "error: "+pageErr.Error())
	}
	if err != nil && !errors.Is(err, syscall.EPIPE) {
		return ExitUsage, fmt.Errorf("cannot write the report: %w", err)
	}
	if ctx.Err() != nil {
		say(s.Err, "interrupted: the report covers what was read until then")
	}
	return outcome(ctx, a.bad, failing(in.Report.Findings, o.FailOn), pageErr), nil
}

// outcome is the exit status where the report is written. What is said of the
// audit tells more than a page that could not be written, which the error stream
// tells too: that is the status only where all else is well.
func outcome(ctx context.Context, bad []error, findings int, pageErr error) int {
	switch {
	case ctx.Err() != nil:
		return ExitInterrupted
	case len(bad) > 0:
		return ExitInput
	case findings > 0:
		return ExitFindings
	case pageErr != nil:
		return ExitUsage
	}
	return ExitOK
}

func failing(all []auditor.Finding, on FailOn) int {
	n := 0
	for _, f := range all {
		if on.Match(f) {
			n++
		}
	}
	return n
}

func show(o *Options, w io.Writer, in render.Input, paged bool) error {
	switch o.Format {
	case "json":
		return render.JSON(w, in)
	case "junit":
		return render.JUnit(w, in)
	case "sarif":
		return render.SARIF(w, in)
	}
	in.Hints = nil // they are on the error stream already
	in.Errors = nil
	return render.Text(w, in, render.TextOptions{Color: o.Color, Limit: o.Limit, Footer: footer(o, in.Report.Findings, paged)})
}

func say(w io.Writer, line string) {
	fmt.Fprintln(w, "auditd: "+render.Clean(line))
}
