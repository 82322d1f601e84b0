package api

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

const (
	defaultPage = 100
	maxRelated  = 50 // findings of the same trace in the answer for one
)

// filterParams are the parameters that select findings.
func filterParams(more ...string) []string {
	return append(more, "verdict", "certainty", "state", "axis", "kind", "code", "service", "home", "env", "destination", "group", "blame", "trace_id", "from", "to")
}

// filter reads them.
func (p *params) filter() store.FindingQuery {
	q := store.FindingQuery{
		Verdicts:    choices(p, "verdict", violations()),
		Certainties: choices(p, "certainty", []auditor.Certainty{auditor.Proven, auditor.Suspected}),
		States:      choices(p, "state", []auditor.State{auditor.StateOpen, auditor.StateWithdrawn}),
		Axes:        choices(p, "axis", []auditor.Axis{auditor.AxisPropagation, auditor.AxisPlacement, auditor.AxisConservation}),
		Kinds:       choices(p, "kind", []auditor.HopKind{auditor.HopRPC, auditor.HopMessage, auditor.HopLocal}),
		Services:    p.list("service"), Homes: p.list("home"), Envs: p.list("env"),
		Dests: p.list("destination"), Groups: p.list("group"), Blames: p.list("blame"),
		TraceID: p.match("trace_id", regexp.MustCompile(`^[0-9a-f]{32}$`), "32 lower-case hex digits"),
		From:    p.time("from", time.Time{}), To: p.time("to", time.Time{}),
	}
	code := regexp.MustCompile(`^([RM][0-9]{1,2})?$`)
	for _, v := range p.list("code") {
		if !code.MatchString(v) {
			p.wrong("code", "not a code like M1 or R12, or empty", "")
		}
		q.Codes = append(q.Codes, auditor.Code(v))
	}
	return q
}

// violations are the verdicts that findings have.
func violations() []auditor.Verdict {
	var out []auditor.Verdict
	for _, e := range auditor.Catalogue() {
		if e.Severity != auditor.SeverityNone {
			out = append(out, e.Verdict)
		}
	}
	return out
}

type findingsAnswer struct {
	Findings []auditor.Finding `json:"findings"`
	Next     string            `json:"next"` // "": this was the last page
}

func (a *API) getFindings(w http.ResponseWriter, r *http.Request) error {
	p, err := a.params(r, filterParams("limit", "cursor")...)
	if err != nil {
		return err
	}
	q := p.filter()
	q.Limit, q.After = p.number("limit", defaultPage, 1, store.MaxPage), p.cursor("cursor")
	if err := p.err(); err != nil {
		return err
	}
	if err := checkRange(q.From, q.To); err != nil {
		return err
	}
	page, err := a.config.Store.FindingPage(r.Context(), q)
	if err != nil {
		return err
	}
	return answer(w, r, findingsAnswer{page.Findings, page.Next.String()})
}

type findingAnswer struct {
	Finding auditor.Finding   `json:"finding"`
	Stored  time.Time         `json:"stored"`
	Changed time.Time         `json:"changed"`
	Path    []waypoint        `json:"path"`
	Trace   []auditor.Finding `json:"trace"` // other findings of the same trace, oldest first
	History []change          `json:"history"`
}

// waypoint is one end of the finding's hop, in the order of the traffic.
type waypoint struct {
	Role    string `json:"role"` // upstream or downstream
	TraceID string `json:"trace_id"`
	SpanID  string `json:"span_id"`
	Service string `json:"service"`
	Home    string `json:"home"`
	Env     string `json:"env"`
	Blamed  bool   `json:"blamed"`
}

type change struct {
	Kind    store.ChangeKind `json:"change"`
	At      time.Time        `json:"at"`
	Run     string           `json:"run"`
	Finding auditor.Finding  `json:"finding"`
}

func (a *API) getFinding(w http.ResponseWriter, r *http.Request) error {
	p, err := a.params(r)
	if err != nil {
		return err
	}
	if err := p.err(); err != nil {
		return err
	}
	id := r.PathValue("id")
	if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(id) {
		return fmt.Errorf("finding %.64q: %w: ids have 32 lower-case hex digits", id, store.ErrNotFound)
	}
	record, err := a.config.Store.Finding(r.Context(), id)
	if err != nil {
		return err
	}
	f := &record.Finding
	out := findingAnswer{Finding: *f, Stored: record.Stored, Changed: record.Changed, Path: pathOf(f), Trace: []auditor.Finding{}, History: []change{}}
	for _, c := range record.History {
		out.History = append(out.History, change{c.Kind, c.At, c.Run, c.Finding})
	}
	page, err := a.config.Store.FindingPage(r.Context(), store.FindingQuery{TraceID: f.TraceID, Limit: maxRelated})
	if err != nil {
		return err
	}
	for _, other := range slices.Backward(page.Findings) {
		if other.ID != id {
			out.Trace = append(out.Trace, other)
		}
	}
	return answer(w, r, out)
}

// pathOf returns the hop as far as it was seen. Of a stranded message there is the
// producer only.
func pathOf(f *auditor.Finding) []waypoint {
	var out []waypoint
	if f.Peer.SpanID != "" {
		out = append(out, waypoint{"upstream", f.Peer.TraceID, f.Peer.SpanID, f.Peer.Service, f.Peer.Home, f.Peer.Env, false})
	}
	role := "downstream"
	if f.Verdict == auditor.VerdictStranded {
		role = "upstream"
	}
	out = append(out, waypoint{role, f.TraceID, f.SpanID, f.Service, f.Home, f.Env, false})
	for i := len(out) - 1; i >= 0; i-- { // the downstream end first, where both are the same service
		if out[i].Service == f.Blame.Service && f.Blame.Service != "" {
			out[i].Blamed = true
			break
		}
	}
	return out
}
