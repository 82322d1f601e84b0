package audittest

import (
	"fmt"
	"strings"
	"time"

	"github.com/dyetrace/dyetrace/auditor"
)

// building is a span while its case is read: links are resolved at its end.
type building struct {
	SpanLine
	raw      rawLine
	unseen   bool // drawn, never exported
	missing  bool // parent=missing
	workload string
	start    int64 // offset from Start, by a true clock
	duration int64
	arrives  *int64
	links    []linkRef
	id       string // what the ids are made of
}

// linkRef is a link before its label is resolved.
type linkRef struct {
	label string // "missing" for a span that is never seen
	at    int    // index of its token
	link  auditor.Link
}

// tree is the state of the open trace.
type tree struct {
	name    string
	start   int64
	clock   int64 // start of the line before
	th      *uint64
	levels  []level
	counter int
}

// level is one span on the way from the root to the last line.
type level struct {
	indent int
	span   *building
}

// trace reads: trace NAME [at=5s] [th=c].
func (p *parser) trace(l rawLine) *Error {
	const form = "write: trace NAME [at=5s] [th=c]"
	switch {
	case p.open == nil:
		return p.fail(l, 0, `begin a case first: case "name"`, "trace outside of a case")
	case p.inReport:
		return p.fail(l, 0, "put report after all traces", "trace after report")
	case len(l.tokens) < 2 || strings.ContainsAny(l.tokens[1].text, `="#`):
		return p.fail(l, 0, form, "trace without a name")
	case p.traces[l.tokens[1].text]:
		return p.fail(l, 1, "give each trace of a case its own name", "second trace %q", l.tokens[1].text)
	}
	p.tree = tree{name: l.tokens[1].text}
	p.traces[p.tree.name] = true
	for i, t := range l.tokens[2:] {
		key, value, _ := t.keyValue()
		switch key {
		case "at":
			d, ok := duration(value)
			if !ok {
				return p.fail(l, i+2, form, "%q is no duration", value)
			}
			p.tree.start = d
		case "th":
			th, ok := threshold(value)
			if !ok {
				return p.fail(l, i+2, thAdvice, "%q is no threshold", value)
			}
			p.tree.th = &th
		default:
			return p.fail(l, i+2, form, "%q is no property of a trace", t.text)
		}
	}
	return nil
}

// spanLine reads one line of a tree.
func (p *parser) spanLine(l rawLine) *Error {
	if p.spans++; p.spans > MaxSpans {
		return p.fail(l, 0, "split the file", "more than %d spans", MaxSpans)
	}
	parent, err := p.place(l)
	if err != nil {
		return err
	}
	b := &building{raw: l, start: p.tree.clock + int64(time.Millisecond), duration: int64(5 * time.Millisecond)}
	if p.tree.counter == 0 {
		b.start = p.tree.start
	}
	b.Line, b.Trace, b.Copies = l.number, p.tree.name, 1
	b.id = fmt.Sprintf("%s\x00%s\x00%d", p.open.Name, p.tree.name, p.tree.counter)
	b.Span.TraceID, b.Span.SpanID = traceID(p.open.Name+"\x00"+p.tree.name), spanID(b.id)
	p.tree.counter++
	if th := p.tree.th; th != nil {
		b.Span.HasThreshold, b.Span.Threshold = true, *th
	}
	if parent != nil {
		b.Span.ParentID = parent.Span.SpanID
	}
	if err := p.describe(b, parent); err != nil {
		return err
	}
	p.tree.clock = b.start
	p.tree.levels = append(p.tree.levels, level{l.indent, b})
	p.building = append(p.building, b)
	return nil
}

// place finds the parent of a line from its indentation and closes the levels
// that end there.
func (p *parser) place(l rawLine) (*building, *Error) {
	levels := p.tree.levels
	for len(levels) > 0 && levels[len(levels)-1].indent > l.indent {
		levels = levels[:len(levels)-1]
	}
	closed := len(levels) < len(p.tree.levels)
	if len(levels) > 0 && levels[len(levels)-1].indent == l.indent {
		levels = levels[:len(levels)-1]
	} else if closed {
		return nil, p.fail(l, 0, "align it with its siblings", "indentation matches no line above")
	}
	p.tree.levels = levels
	if len(levels) >= MaxDepth {
		return nil, p.fail(l, 0, "make the tree flatter", "more than %d levels", MaxDepth)
	}
	if len(levels) == 0 {
		return nil, nil
	}
	return levels[len(levels)-1].span, nil
}

// resolve gives links, parents and expectations their ids and times, and moves
// what is exported into the case.
func (p *parser) resolve(c *Case) error {
	labels := map[string]*building{}
	for _, b := range p.building {
		if b.Label == "" {
			continue
		}
		if other := labels[b.Label]; other != nil {
			return p.fail(b.raw, 0, "labels are one for each case", "#%s stands on line %d already", b.Label, other.Line)
		}
		labels[b.Label] = b
	}
	for _, b := range p.building {
		if err := p.resolveSpan(b, labels); err != nil {
			return err
		}
		p.finishTimes(b)
		if !b.unseen {
			c.Spans = append(c.Spans, b.SpanLine)
		}
	}
	if len(c.Spans) == 0 {
		return &Error{p.file, c.Line, 1, "every span of the case is unseen", "leave unseen out on one of them"}
	}
	return nil
}

func (p *parser) resolveSpan(b *building, labels map[string]*building) *Error {
	for i := range b.links {
		ref := &b.links[i]
		if ref.label == "missing" {
			ref.link.TraceID, ref.link.SpanID = traceID(b.id+"link"), spanID(fmt.Sprint(b.id, "link", i))
		} else if to := labels[ref.label]; to != nil {
			ref.link.TraceID, ref.link.SpanID = to.Span.TraceID, to.Span.SpanID
		} else {
			return p.fail(b.raw, ref.at, "give that span a label #"+ref.label, "no span #%s in this case", ref.label)
		}
		b.Span.Links = append(b.Span.Links, ref.link)
	}
	if b.missing {
		b.Span.ParentID = spanID(b.id + "parent")
	}
	for i, e := range b.Expect {
		if e.Peer == "" || e.Peer == "none" {
			continue
		}
		to := labels[e.Peer]
		if to == nil {
			return p.fail(b.raw, 0, "give that span a label #"+e.Peer, "peer: no span #%s in this case", e.Peer)
		}
		b.Expect[i].peerID = to.Span.SpanID
	}
	return nil
}

// finishTimes turns offsets into instants by the clock of the span's host.
func (p *parser) finishTimes(b *building) {
	true0 := Start().UnixNano() + b.start
	b.Span.Start = true0 + p.clockSkew(b.workload)
	b.Span.End = b.Span.Start + b.duration
	b.Arrives = true0
	if b.arrives != nil {
		b.Arrives = Start().UnixNano() + *b.arrives
	}
}
