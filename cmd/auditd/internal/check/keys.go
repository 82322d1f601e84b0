package check

import (
	"fmt"
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/auditor/otlp"
)

// keyWatch stands before the engine and sees whether the policy's keys occur;
// while one does not, it looks for others that could be meant.
type keyWatch struct {
	otlp.Engine
	keys      auditor.Keys
	env, home bool
	found     *otlp.Discovery
}

// suggestion is what a discovery found.
type suggestion struct{ Env, Home, Values []string }

func newKeyWatch(e otlp.Engine, keys auditor.Keys) *keyWatch {
	return &keyWatch{Engine: e, keys: keys, found: otlp.NewDiscovery(keys)}
}

// Resource passes a resource on.
func (k *keyWatch) Resource(r auditor.Resource) auditor.ResourceID {
	k.home = k.home || r.Home.Present
	return k.Engine.Resource(r)
}

// Add passes a span on.
func (k *keyWatch) Add(now int64, s *auditor.Span) {
	k.env = k.env || s.Tag.Present
	k.Engine.Add(now, s)
}

// known reports that both keys have occurred.
func (k *keyWatch) known() bool { return k.env && k.home }

func (k *keyWatch) discover(t ptrace.Traces) {
	if k.known() {
		return
	}
	for _, rs := range t.ResourceSpans().All() {
		k.found.ObserveResource(rs.Resource())
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				k.found.Observe(s)
			}
		}
	}
}

// hint tells what to write into the policy; empty where both keys occurred.
func (k *keyWatch) hint(havePolicy bool) string {
	if k.known() {
		return ""
	}
	var s suggestion
	s.Env, s.Home, s.Values = k.found.Suggest()
	var b strings.Builder
	if !k.env {
		fmt.Fprintf(&b, "No span has the env tag: looked for the attribute %s.\n", names(k.keys.Env))
		b.WriteString(envAdvice(s))
	}
	if !k.home {
		fmt.Fprintf(&b, "No resource has the home: looked for the attribute %s.\n", names(k.keys.Home))
		b.WriteString(homeAdvice(s))
	}
	if len(s.Env)+len(s.Home) > 0 {
		b.WriteString(policyText(k.keys, s, havePolicy))
	}
	return strings.TrimRight(b.String(), "\n")
}

func envAdvice(s suggestion) string {
	switch {
	case len(s.Env) > 0:
		return "Found instead: " + names(s.Env) + valuesOf(s) + ".\n"
	case len(s.Values) > 0:
		return "Tags travel" + valuesOf(s) + ", but no span attribute shows them: let the SDK copy\nthe baggage member to spans (BaggageSpanProcessor; for the Java agent the\nproperty otel.java.experimental.span-attributes.copy-from-baggage.include).\n"
	}
	return "Nothing like it was found: no traffic was tagged, or tags are not recorded.\n"
}

func homeAdvice(s suggestion) string {
	if len(s.Home) > 0 {
		return "Found instead: " + names(s.Home) + ".\n"
	}
	return "Nothing like it was found: set it where the services start, for example\nOTEL_RESOURCE_ATTRIBUTES=gray.home=gray. Without it placement is not judged.\n"
}

func valuesOf(s suggestion) string {
	if len(s.Values) == 0 {
		return ""
	}
	return " (values " + names(s.Values[:min(3, len(s.Values))]) + ")"
}

// names joins names, the first few.
func names(list []string) string {
	const most = 4
	var out []string
	for i, n := range list {
		if i == most {
			out = append(out, "...")
			break
		}
		out = append(out, n)
	}
	return strings.Join(out, ", ")
}

// policyText is a policy file with the suggested keys before the policy's own.
func policyText(keys auditor.Keys, s suggestion, havePolicy bool) string {
	var b strings.Builder
	if havePolicy {
		b.WriteString("Lines for the policy file:\n\n")
	} else {
		b.WriteString("A policy file for --policy that reads them:\n\nversion: 1\n")
	}
	b.WriteString("keys:\n")
	fmt.Fprintf(&b, "  env: [%s]\n", yamlList(first(s.Env, keys.Env)))
	fmt.Fprintf(&b, "  home: [%s]\n", yamlList(first(s.Home, keys.Home)))
	return b.String()
}

// first takes the most likely suggestion, else what the policy has.
func first(suggested, own []string) []string {
	if len(suggested) > 0 {
		return suggested[:1]
	}
	return own
}

func yamlList(list []string) string {
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = yamlName(n)
	}
	return strings.Join(out, ", ")
}

// yamlName quotes what is no plain word.
func yamlName(n string) string {
	plain := n != "" && strings.IndexFunc(n, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-')
	}) < 0
	if plain && (n[0] >= 'a' && n[0] <= 'z' || n[0] >= 'A' && n[0] <= 'Z') {
		return n
	}
	return fmt.Sprintf("%q", n)
}
