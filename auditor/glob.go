package auditor

import "strings"

// glob matches text against a pattern in which * stands for any run of
// characters. Linear in practice: it backtracks to the last * only.
func glob(pattern, text string) bool {
	if pattern == "*" {
		return true
	}
	star, mark := -1, 0
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && pattern[p] == text[t]:
			p++
			t++
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

func anyGlob(patterns []string, text string) bool {
	for _, p := range patterns {
		if glob(p, text) {
			return true
		}
	}
	return false
}

// ignoredRoute reports whether an entry operation is on the ignore list. A
// pattern "METHOD /route" matches both parts, "/route" any method; a route ends
// where its query begins.
func ignoredRoute(patterns []string, route string) bool {
	if route == "" {
		return false
	}
	method, path, http := strings.Cut(route, " ")
	if !http {
		path = route
	}
	for _, p := range patterns {
		pm, pp, both := strings.Cut(p, " ")
		switch {
		case both && http && glob(pm, method) && glob(pp, path):
			return true
		case !both && glob(p, path):
			return true
		}
	}
	return false
}

// routeMemo remembers what the policy says of a route: few come again and again.
type routeMemo struct {
	route   string
	ignored bool
}

// ignored reports a span whose entry operation is no traffic (design.md, T16).
func (e *Engine) ignored(s *Span) bool {
	route := s.Route
	if route == "" {
		route = s.Name
	}
	n := len(route)
	if n == 0 || n > maxText {
		return ignoredRoute(e.rules.policy.Ignore, route)
	}
	m := &e.routes[(route[n-1]^route[n/2]<<3^byte(n))%byte(len(e.routes))]
	if m.route != route {
		*m = routeMemo{strings.Clone(route), ignoredRoute(e.rules.policy.Ignore, route)}
	}
	return m.ignored
}
