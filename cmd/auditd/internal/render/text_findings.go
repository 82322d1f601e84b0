package render

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/dyetrace/dyetrace/auditor"
)

func (t *text) findings() {
	groups := t.in.groups()
	if len(groups) == 0 {
		return
	}
	t.section("FINDINGS", "by blame, the worst first")
	shown := len(groups)
	if t.o.Limit > 0 {
		shown = min(shown, t.o.Limit)
	}
	for _, g := range groups[:shown] {
		t.line("")
		t.group(g)
	}
	if rest := groups[shown:]; len(rest) > 0 {
		n := 0
		for _, g := range rest {
			n += len(g.findings)
		}
		t.line("")
		t.line(fmt.Sprintf("  ... and %s more with %s %s (--limit 0 shows all)", number(len(rest)), number(n), plural(n, "finding", "findings")))
	}
}

// group writes one blame: what, where, between whom, why, and one example.
func (t *text) group(g *group) {
	f := g.first()
	dress := t.paint.yellow
	if g.proven > 0 {
		dress = t.paint.red
	}
	left := "  " + string(g.verdict)
	if g.code != "" {
		left += "  " + string(g.code)
	}
	t.sides(Clean(left), counted(g), dress)
	where := cmp.Or(Clean(g.blame.Service), "unknown service")
	if g.blame.Operation != "" {
		where += ", " + Clean(g.blame.Operation)
	}
	t.lines("blame", wrap(where, bodyWidth))
	if words := placeWords(f); words != "" {
		t.row("place", words)
	}
	t.lines("hop", wrap(hop(f), bodyWidth))
	if f.Effect != "" {
		t.row("effect", Clean(string(f.Effect)))
	}
	t.lines("why", wrap(Clean(f.Explain), bodyWidth))
	t.lines("first", []string{
		"trace " + Clean(f.TraceID) + " span " + Clean(f.SpanID),
		t.paint.dim(stamp(f.Time)),
	})
}

// hop tells between whom the finding's hop was.
func hop(f auditor.Finding) string {
	from := "unseen"
	if f.Peer.Service != "" {
		from = workload(f.Peer.Service, f.Peer.Home)
	}
	parts := []string{string(f.Kind), from + " -> " + workload(f.Service, f.Home)}
	if f.Verdict == auditor.VerdictStranded {
		parts[1] = workload(f.Service, f.Home) + " -> nobody"
	}
	if f.Env != "" {
		parts = append(parts, "tag "+f.Env)
	}
	if f.Destination != "" {
		parts = append(parts, "topic "+f.Destination)
	}
	if f.Group != "" {
		parts = append(parts, "group "+f.Group)
	}
	return Clean(strings.Join(parts, ", "))
}

func workload(service, home string) string {
	return cmp.Or(service, "?") + " [" + cmp.Or(home, "?") + "]"
}
