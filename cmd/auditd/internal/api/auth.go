package api

import (
	"context"
	"net/http"
	"strings"
)

// role is what a client may do; a higher one may all that a lower one may.
type role int

const (
	nobody role = iota
	reader
	writer
)

type clientKey struct{}

// authorize checks the bearer token and returns the request with the client's name.
func (a *API) authorize(r *http.Request, needs role) (*http.Request, error) {
	c := a.config.Credentials
	if c == nil || needs == nobody {
		return r, nil
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		a.counters.refused.Add(1)
		return r, newProblem(http.StatusUnauthorized, "no_token", "send a token: Authorization: Bearer …").with("WWW-Authenticate", `Bearer realm="auditd"`)
	}
	has, name := c.check(strings.TrimSpace(token))
	switch {
	case has == nobody:
		a.counters.refused.Add(1)
		return r, newProblem(http.StatusUnauthorized, "wrong_token", "the token is not known").with("WWW-Authenticate", `Bearer realm="auditd", error="invalid_token"`)
	case has < needs:
		a.counters.refused.Add(1)
		return r, newProblem(http.StatusForbidden, "not_writer", "this token may read only; changing the policy needs a writer's").with("WWW-Authenticate", `Bearer realm="auditd", error="insufficient_scope"`)
	}
	return r.WithContext(context.WithValue(r.Context(), clientKey{}, name)), nil
}

// clientOf names who sends a request.
func clientOf(r *http.Request) string {
	if name, ok := r.Context().Value(clientKey{}).(string); ok {
		return name
	}
	return "local"
}
