package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/auditor/otlp"
	"github.com/dyetrace/dyetrace/auditor/policyfile"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/otlpfile"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/render"
)

// audit is one run over several sources.
type audit struct {
	engine  *auditor.Engine
	decoder *otlp.Decoder
	keys    *keyWatch
	inputs  []string
	bad     []error
}

func newAudit(p auditor.Policy) (*audit, error) {
	e, err := auditor.New(p, auditor.Options{Mode: auditor.Offline})
	if err != nil {
		return nil, fmt.Errorf("the policy cannot hold: %w", err)
	}
	return &audit{
		engine:  e,
		decoder: otlp.NewDecoder(p.Keys, otlp.Options{Properties: p.CapturedProperties}),
		keys:    newKeyWatch(e, p.Keys),
	}, nil
}

func loadPolicy(name string, warn io.Writer) (auditor.Policy, error) {
	if name == "" {
		return auditor.DefaultPolicy(), nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return auditor.Policy{}, fmt.Errorf("--policy: %w", err)
	}
	p, warnings, err := policyfile.Parse(name, data)
	for _, w := range warnings {
		say(warn, "warning: "+w.String())
	}
	return p, err
}

// readAll reads every source; one that is bad does not keep the others out. It
// ends with the engine closed.
func (a *audit) readAll(ctx context.Context, sources []otlpfile.Source, bar *progress, errs io.Writer) {
	for _, s := range sources {
		if ctx.Err() != nil {
			break
		}
		err := a.readOne(ctx, s, bar)
		var in *otlpfile.InputError
		switch {
		case err == nil:
			a.inputs = append(a.inputs, s.Name)
		case errors.As(err, &in) && in.NotOTLP && s.Walked:
			bar.pause()
			say(errs, s.Name+": skipped: "+in.Reason)
		default:
			a.inputs = append(a.inputs, s.Name)
			if ctx.Err() == nil {
				a.bad = append(a.bad, err)
			}
		}
	}
	bar.judging()
	a.engine.Close()
	bar.done()
}

func (a *audit) readOne(ctx context.Context, s otlpfile.Source, bar *progress) error {
	r, err := s.Open(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	return otlpfile.ReadWire(ctx, bar.reader(r), s.Name, a.feed, a.feedWire)
}

// feedWire hands on spans as they come off the wire, once nothing has to be
// discovered in them.
func (a *audit) feedWire(message []byte) error {
	if a.keys.known() {
		_, err := otlp.FeedProto(a.keys, a.decoder, 0, message)
		return err
	}
	t, err := new(ptrace.ProtoUnmarshaler).UnmarshalTraces(message)
	if err != nil {
		return err
	}
	return a.feed(t)
}

// feed hands the spans on; Offline takes no time of arrival.
func (a *audit) feed(t ptrace.Traces) error {
	otlp.Feed(a.keys, a.decoder, 0, t)
	a.keys.discover(t)
	return nil
}

// input is what the renderers get.
func (a *audit) input(o *Options) render.Input {
	in := render.Input{
		Report: a.engine.Report(), Inputs: a.inputs, Policy: o.Policy, Version: o.Version,
		Fails: o.FailOn.Match, FailOn: o.FailOn.String(),
	}
	for _, e := range a.bad {
		in.Errors = append(in.Errors, e.Error())
	}
	if in.Report.Summary.Spans == 0 {
		switch {
		case a.engine.Stats().Invalid > 0:
			in.Hints = append(in.Hints, "No span in the input has its ids: nothing was judged.")
		case len(a.bad) == 0:
			in.Hints = append(in.Hints, "There were no spans in the input: nothing was judged.")
		}
		return in
	}
	if h := a.keys.hint(o.Policy != ""); h != "" {
		in.Hints = append(in.Hints, h)
	}
	return in
}

// tell gives the error stream what the reader of any format has to know.
func (a *audit) tell(w io.Writer, warnings []auditor.Warning, hints []string) {
	for _, e := range a.bad {
		say(w, "error: "+e.Error())
	}
	unmeant := []string{"no_ids", "shared_ids", "not_valid_yet"} // input or policy may not be what is meant
	for _, warning := range warnings {
		if slices.Contains(unmeant, warning.Kind) {
			say(w, "warning: "+warning.Message)
		}
	}
	for _, h := range hints {
		fmt.Fprintf(w, "\n%s\n", render.CleanLines(h))
	}
}
