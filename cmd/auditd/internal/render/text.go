package render

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/rivo/uniseg"

	"github.com/dyetrace/dyetrace/auditor"
)

// TextOptions say how the text looks.
type TextOptions struct {
	Color bool
	// Limit is how many groups of findings, and shares of one kind, are shown;
	// 0: all.
	Limit int
	// Footer lines end the text.
	Footer []string
}

const (
	textWidth  = 80
	labelWidth = 10
	indent     = 2
	bodyWidth  = textWidth - indent - labelWidth - 1
)

// text writes the sections.
type text struct {
	w     *bufio.Writer
	in    *Input
	o     TextOptions
	paint paint
}

// Text writes the report for people, in 80 columns.
func Text(w io.Writer, in Input, o TextOptions) error {
	t := &text{w: bufio.NewWriter(w), in: &in, o: o, paint: paint(o.Color)}
	t.headline()
	t.summary()
	t.shares()
	t.findings()
	t.warnings()
	t.footer()
	return t.w.Flush()
}

func (t *text) line(s string) {
	t.w.WriteString(strings.TrimRight(s, " "))
	t.w.WriteByte('\n')
}

func (t *text) section(name, note string) {
	t.line("")
	if note != "" {
		name = t.paint.bold(name) + t.paint.dim("  "+note)
	} else {
		name = t.paint.bold(name)
	}
	t.line(name)
}

// row writes a label and its lines. The value is already safe.
func (t *text) row(label, value string) { t.lines(label, []string{value}) }

func (t *text) lines(label string, lines []string) {
	for _, l := range lines {
		t.line(strings.Repeat(" ", indent) + t.paint.dim(pad(label, labelWidth)) + " " + l)
		label = ""
	}
}

// sides writes a left and a right part over the whole width.
func (t *text) sides(left, right string, dress func(string) string) {
	left = fit(left, textWidth-uniseg.StringWidth(right)-1)
	gap := textWidth - uniseg.StringWidth(left) - uniseg.StringWidth(right)
	t.line(dress(left) + strings.Repeat(" ", gap) + right)
}

func (t *text) headline() {
	left, dress := t.outcome()
	if len(t.in.Errors) > 0 {
		left += " (input incomplete)"
	}
	s := t.in.Report.Summary
	coverage := "no hops"
	if s.Hops > 0 {
		coverage = "coverage " + percent(float64(s.Judged), float64(s.Hops))
	}
	t.sides(left, coverage, dress)
}

// outcome words both axes: where no hop was judged, entry spans may have been.
func (t *text) outcome() (string, func(string) string) {
	proven, suspected := t.in.count()
	s := t.in.Report.Summary
	switch {
	case proven > 0 && suspected > 0:
		return found(proven) + " proven, " + number(suspected) + " suspected", t.paint.red
	case proven > 0:
		return found(proven) + " proven", t.paint.red
	case suspected > 0:
		return found(suspected) + " suspected, none proven", t.paint.yellow
	case s.Judged == 0 && s.Placement.Judged == 0:
		return "Nothing was judged", t.paint.yellow
	case s.Judged == 0:
		return "Nothing found, but only placement was judged", t.paint.yellow
	case s.Coverage < 0.5:
		return "Nothing found, but most hops could not be judged", t.paint.yellow
	}
	return "Nothing found", t.paint.green
}

func found(n int) string { return number(n) + plural(n, " finding", " findings") }

func (t *text) summary() {
	s := t.in.Report.Summary
	t.line("")
	t.lines("input", t.inputs())
	t.row("policy", fit(Clean(cmp.Or(t.in.Policy, "none given: the defaults")), bodyWidth))
	t.row("spans", number(s.Spans)+" in "+number(s.Traces)+plural(int(s.Traces), " trace", " traces"))
	t.row("hops", judged(s.Judged, s.Hops))
	t.reasons(s.Undecidable)
	p := s.Placement
	t.row("placement", placed(p.Judged, p.Seen))
	t.reasons(p.Undecidable)
	for _, v := range []auditor.Verdict{auditor.VerdictOKFallback, auditor.VerdictOKShared} {
		if n := p.Verdicts[v]; n > 0 {
			t.row("", fmt.Sprintf("%9s  %-17s %s", number(n), v, fallbackWords(v)))
		}
	}
}

func judged(part, whole uint64) string {
	if whole == 0 {
		return "none seen"
	}
	return number(part) + " of " + number(whole) + " judged (" + percent(float64(part), float64(whole)) + ")"
}

func placed(part, whole uint64) string {
	if whole == 0 {
		return "no entry spans"
	}
	return "entry spans: " + judged(part, whole)
}

func (t *text) inputs() []string {
	const most = 3
	var out []string
	for i, name := range t.in.Inputs {
		if i == most && len(t.in.Inputs) > most+1 {
			out = append(out, "... and "+number(len(t.in.Inputs)-most)+" more")
			break
		}
		if name == "-" {
			name = "standard input"
		}
		out = append(out, keepEnd(Clean(name), bodyWidth))
	}
	if len(out) == 0 {
		out = []string{"nothing was read"}
	}
	return out
}

// keepEnd cuts a path at its start: its end tells more.
func keepEnd(s string, cells int) string {
	for w := uniseg.StringWidth(s); w > cells; w = uniseg.StringWidth(s) {
		_, rest := splitAt(strings.TrimPrefix(s, ".."), w-cells+2)
		s = ".." + rest
	}
	return s
}

// reasons lists why hops were not judged, the most frequent first.
func (t *text) reasons(m map[auditor.Reason]uint64) {
	for _, r := range byCount(m) {
		t.row("", t.paint.yellow(fmt.Sprintf("%9s", number(m[r])))+fmt.Sprintf("  %-17s ", Clean(string(r)))+t.paint.dim(fit(reasonWords(r), bodyWidth-29)))
	}
}

func (t *text) warnings() {
	if len(t.in.Report.Summary.Warnings)+len(t.in.Hints)+len(t.in.Errors) == 0 {
		return
	}
	t.section("WARNINGS", "")
	for _, e := range t.in.Errors {
		t.lines("input", wrap(Clean(e), bodyWidth))
	}
	for _, w := range t.in.Report.Summary.Warnings {
		text := w.Message
		if w.Subject != "" && !strings.Contains(text, w.Subject) {
			text = w.Subject + ": " + text
		}
		t.lines(Clean(w.Kind), wrap(Clean(text), bodyWidth))
	}
	for _, h := range t.in.Hints {
		t.line("")
		for l := range strings.Lines(h) {
			t.line(strings.Repeat(" ", indent) + Clean(strings.TrimRight(l, "\n")))
		}
	}
}

func (t *text) footer() {
	if len(t.o.Footer) > 0 {
		t.line("")
	}
	for _, f := range t.o.Footer {
		for _, l := range wrap(Clean(f), textWidth) {
			t.line(t.paint.dim(l))
		}
	}
}
