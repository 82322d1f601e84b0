// Package pdatagen writes the feeds of audittest as OpenTelemetry traces, so
// that adapters are tested through OTLP with the same cases as the engine.
package pdatagen

import (
	"fmt"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/auditor/audittest"
)

// Convention selects the attribute names.
type Convention uint8

const (
	// Current is semantic conventions 1.44.0.
	Current Convention = iota
	// Old is what came before: http.method, rpc.service, messaging.operation,
	// and no attribute for the consumer group (it stands in thread.name).
	Old
)

// Options of the traces; the zero value writes current names and gray.* keys.
type Options struct {
	Convention Convention
	// Keys names the attributes of tag and home: the first of each is written;
	// gray.env and gray.home where there is none.
	Keys auditor.Keys
}

// Traces returns the feed as one batch in its order: a resource for each run of
// spans of the same workload. The caller owns the result.
func Traces(feed []audittest.Arrival, o Options) ptrace.Traces {
	w := writer{old: o.Convention == Old, env: first(o.Keys.Env, "gray.env"), home: first(o.Keys.Home, "gray.home")}
	out := ptrace.NewTraces()
	var spans ptrace.SpanSlice
	for i := range feed {
		if i == 0 || feed[i].Resource != feed[i-1].Resource {
			rs := out.ResourceSpans().AppendEmpty()
			w.resource(rs.Resource().Attributes(), feed[i].Resource)
			spans = rs.ScopeSpans().AppendEmpty().Spans()
		}
		w.span(spans.AppendEmpty(), &feed[i].Span)
	}
	return out
}

func first(keys []string, otherwise string) string {
	if len(keys) == 0 {
		return otherwise
	}
	return keys[0]
}

// writer holds the names to write.
type writer struct {
	old       bool
	env, home string
}

// name returns the attribute's name of the convention.
func (w *writer) name(current, old string) string {
	if w.old {
		return old
	}
	return current
}

func (w *writer) resource(a pcommon.Map, r auditor.Resource) {
	a.PutStr("service.name", r.Service)
	if r.Home.Present {
		a.PutStr(w.home, r.Home.Value)
	}
	if r.Reporting {
		a.PutBool("gray.reporting", true)
	}
}

func (w *writer) span(to ptrace.Span, s *auditor.Span) {
	to.SetTraceID(pcommon.TraceID(s.TraceID))
	to.SetSpanID(pcommon.SpanID(s.SpanID))
	to.SetParentSpanID(pcommon.SpanID(s.ParentID))
	to.SetStartTimestamp(pcommon.Timestamp(s.Start))
	to.SetEndTimestamp(pcommon.Timestamp(s.End))
	to.SetName(s.Name)
	to.SetKind(ptrace.SpanKind(s.Kind))
	to.SetFlags(flags(s.Remote))
	to.TraceState().FromRaw(traceState(s))
	if s.Failed {
		to.Status().SetCode(ptrace.StatusCodeError)
	}
	a := to.Attributes()
	if s.Tag.Present {
		a.PutStr(w.env, s.Tag.Value)
	}
	w.operation(a, s)
	to.SetDroppedLinksCount(s.DroppedLinks)
	for _, l := range s.Links {
		w.link(to.Links().AppendEmpty(), &l)
	}
}

// flags are bits 8 and 9 of the OTLP span flags; bit 0 is "sampled".
func flags(r auditor.Remote) uint32 {
	switch r {
	case auditor.RemoteNo:
		return 0x101
	case auditor.RemoteYes:
		return 0x301
	}
	return 1
}

// traceState writes the sampling threshold and the witness.
func traceState(s *auditor.Span) string {
	var members []string
	if s.HasThreshold {
		th := strings.TrimRight(fmt.Sprintf("%014x", s.Threshold), "0")
		if th == "" {
			th = "0"
		}
		members = append(members, "ot=th:"+th)
	}
	if s.Witness != "" {
		members = append(members, "dye="+s.Witness)
	}
	return strings.Join(members, ",")
}

func (w *writer) link(to ptrace.SpanLink, l *auditor.Link) {
	to.SetTraceID(pcommon.TraceID(l.TraceID))
	to.SetSpanID(pcommon.SpanID(l.SpanID))
	if l.Tag.Present {
		to.Attributes().PutStr(w.env, l.Tag.Value)
	}
	if l.MessageID != "" {
		to.Attributes().PutStr("messaging.message.id", l.MessageID)
	}
}
