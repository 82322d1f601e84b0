package htmlreport

import (
	"strings"

	"github.com/dyetrace/dyetrace/auditor"
)

// headline is the outcome of the audit in words.
type headline struct {
	Level string // broken, suspected, unsure, clean or empty
	Mark  string // a sign beside the colour
	Label string
	Text  string
	Also  []string // further claims, worst first
}

// claimKind is what a claim counts.
type claimKind struct {
	effect  auditor.Verdict // what became of the hop: its effect, else its verdict
	message bool
}

// claim collects the findings that say the same.
type claim struct {
	seen   map[string]struct{} // messages, or hops: attempts of a message count once
	envs   map[string]struct{}
	homes  map[string]struct{}
	causes int // of them because the tag got lost
}

// minCoverage is the coverage below which "nothing found" is no good news.
const minCoverage = 0.5

// newHeadline words the outcome: what is proven first, then what is suspected,
// and silence about faults only together with its coverage.
func newHeadline(fs []auditor.Finding, s auditor.Summary) headline {
	proven := claims(fs, auditor.Proven)
	suspected := claims(fs, auditor.Suspected)
	switch {
	case len(proven) > 0:
		return headline{Level: "broken", Mark: "✕", Label: "Broken", Text: proven[0], Also: append(proven[1:], doubt(suspected)...)}
	case len(suspected) > 0:
		return headline{Level: "suspected", Mark: "?", Label: "Suspected", Text: "Suspected: " + suspected[0], Also: suspected[1:]}
	case s.Hops == 0 && s.Placement.Judged > 0:
		return headline{
			Level: "unsure", Mark: "?", Label: "No hops",
			Text: "Nothing found, but only the placement of " + number(s.Placement.Judged) + " entry spans was judged: no hop was seen",
		}
	case s.Hops == 0:
		return headline{Level: "empty", Mark: "–", Label: "No traffic", Text: "Nothing to judge: no hop was seen"}
	case s.Coverage < minCoverage:
		return headline{
			Level: "unsure", Mark: "?", Label: "Low coverage",
			Text: "Nothing found, but only " + percent(s.Coverage) + " of " + number(s.Hops) + " hops could be judged",
		}
	}
	return headline{
		Level: "clean", Mark: "✓", Label: "Clean",
		Text: "Nothing broke: " + percent(s.Coverage) + " of " + number(s.Hops) + " hops judged",
	}
}

func doubt(cs []string) []string {
	for i := range cs {
		cs[i] = "suspected: " + cs[i]
	}
	return cs
}

// claims words the findings of one certainty, worst first.
func claims(fs []auditor.Finding, c auditor.Certainty) []string {
	by := map[claimKind]*claim{}
	for i := range fs {
		if fs[i].Certainty == c {
			collect(by, &fs[i])
		}
	}
	var out []string
	for _, v := range verdictOrder() {
		for _, message := range []bool{true, false} {
			if cl := by[claimKind{v, message}]; cl != nil {
				out = append(out, cl.words(claimKind{v, message}))
			}
		}
	}
	return out
}

func collect(by map[claimKind]*claim, f *auditor.Finding) {
	k := claimKind{f.Verdict, f.Kind == auditor.HopMessage || f.Verdict == auditor.VerdictStranded}
	if f.Effect != "" {
		k.effect = f.Effect
	}
	cl := by[k]
	if cl == nil {
		cl = &claim{seen: map[string]struct{}{}, envs: map[string]struct{}{}, homes: map[string]struct{}{}}
		by[k] = cl
	}
	key := f.ID
	if k.message && f.MessageID != "" {
		key = f.System + "\x00" + f.Destination + "\x00" + f.MessageID
	}
	if _, dup := cl.seen[key]; !dup && f.Effect != "" && f.Verdict == auditor.VerdictEscape {
		cl.causes++
	}
	cl.seen[key] = struct{}{}
	cl.envs[f.Env] = struct{}{}
	cl.homes[f.Home] = struct{}{}
}

func (c *claim) words(k claimKind) string {
	n := len(c.seen)
	one, many := "call", "calls"
	if k.message {
		one, many = "message", "messages"
	}
	tagged := only(c.envs, "tagged") + " "
	subject := count(n, tagged+one, tagged+many)
	if n == 0 {
		return ""
	}
	return c.because(k, subject, one, many)
}

func (c *claim) because(k claimKind, subject, one, many string) string {
	n := len(c.seen)
	var s string
	switch k.effect {
	case auditor.VerdictLeak:
		s = subject + " reached a baseline " + pick(k.message, "consumer", "workload")
	case auditor.VerdictCrossEnv:
		s = subject + " reached the workload of another env"
	case auditor.VerdictPollution:
		s = count(n, "baseline "+one, "baseline "+many) + " reached a " + only(c.homes, "gray") + " workload"
	case auditor.VerdictEscape:
		return pick(k.message, subject+" lost "+pick(n == 1, "its tag", "their tags"), count(n, "hop", "hops")+" lost the tag"+only(c.envs, "", " "))
	case auditor.VerdictStranded:
		return subject + " found no consumer"
	case auditor.VerdictMutation:
		return pick(k.message, subject+" changed "+pick(n == 1, "its tag", "their tags"), count(n, "hop", "hops")+" changed the tag")
	case auditor.VerdictInjection:
		return count(n, "baseline "+one, "baseline "+many) + " got a tag on the way"
	default:
		return count(n, "finding", "findings") + " of " + string(k.effect)
	}
	switch {
	case c.causes == 0:
		return s
	case c.causes == n:
		return s + " because the tag got lost"
	}
	return s + ", " + number(c.causes) + " of them because the tag got lost"
}

// only returns the single non-empty member of set, after prefix, else other.
func only(set map[string]struct{}, other string, prefix ...string) string {
	if len(set) == 1 {
		for s := range set {
			if s != "" {
				return strings.Join(prefix, "") + shorten(s, 32)
			}
		}
	}
	return other
}

func pick(b bool, yes, no string) string {
	if b {
		return yes
	}
	return no
}
