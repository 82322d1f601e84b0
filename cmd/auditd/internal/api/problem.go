package api

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strconv"

	"github.com/dyetrace/dyetrace/auditor/policyfile"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/api/policies"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// problem is an error as the client sees it (RFC 9457).
type problem struct {
	Title     string        `json:"title"`
	Status    int           `json:"status"`
	Code      string        `json:"code"` // stable, for programs
	Detail    string        `json:"detail,omitempty"`
	RequestID string        `json:"request_id"`
	Errors    []detailError `json:"errors,omitempty"`

	header http.Header // more headers of the answer
}

// detailError is one of several things that are wrong.
type detailError struct {
	Parameter string `json:"parameter,omitempty"` // of a query
	Line      int    `json:"line,omitempty"`      // of a policy, from 1
	Column    int    `json:"column,omitempty"`
	Field     string `json:"field,omitempty"`
	Detail    string `json:"detail"`
	Advice    string `json:"advice,omitempty"`
}

func (p *problem) Error() string { return p.Title + ": " + p.Detail }

func newProblem(status int, code, detail string) *problem {
	return &problem{Title: http.StatusText(status), Status: status, Code: code, Detail: detail, header: http.Header{}}
}

// with adds a header.
func (p *problem) with(key, value string) *problem {
	p.header.Set(key, value)
	return p
}

// problemOf turns any error of a handler into what the client may know of it.
func problemOf(err error) *problem {
	var p *problem
	var bad policyfile.Errors
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &bad):
		return policyProblem(bad)
	case errors.Is(err, policies.ErrRefused):
		return newProblem(http.StatusUnprocessableEntity, "policy_refused", err.Error())
	case errors.Is(err, store.ErrNotFound):
		return newProblem(http.StatusNotFound, "not_found", err.Error())
	case errors.Is(err, store.ErrConflict):
		return newProblem(http.StatusPreconditionFailed, "policy_changed", err.Error()+": get it again, and apply your change to it")
	case errors.Is(err, store.ErrTooMuch):
		return newProblem(http.StatusUnprocessableEntity, "too_much", err.Error())
	case errors.Is(err, store.ErrInvalid):
		return newProblem(http.StatusBadRequest, "invalid_parameter", err.Error())
	case errors.Is(err, context.DeadlineExceeded):
		return newProblem(http.StatusServiceUnavailable, "timeout", "the query took too long: take a shorter range, or filters").with("Retry-After", "10")
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, store.ErrClosed):
		return newProblem(http.StatusServiceUnavailable, "store_unavailable", "the store cannot do this now; auditd's log says why").with("Retry-After", "10")
	}
	return newProblem(http.StatusInternalServerError, "internal", "auditd's log says more; look for the request id")
}

func policyProblem(bad policyfile.Errors) *problem {
	p := newProblem(http.StatusUnprocessableEntity, "policy_invalid", "the policy has "+plural(len(bad), "error"))
	for _, e := range bad {
		p.Errors = append(p.Errors, detailError{Line: e.Line, Column: e.Column, Field: e.Field, Detail: e.Msg, Advice: e.Advice})
	}
	return p
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// fail answers with a problem. What the client must not see goes to the log.
func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // the client is gone
	}
	p := *problemOf(err)
	p.RequestID = w.Header().Get(headerRequestID)
	if p.Status >= http.StatusInternalServerError {
		a.counters.failed.Add(1)
		a.config.Logger.Error("request failed", "request_id", p.RequestID, "method", r.Method, "path", r.URL.Path, "error", err)
	}
	w.Header().Del("ETag") // of an answer that did not come about
	maps.Copy(w.Header(), p.header)
	body, err := json.Marshal(&p)
	if err != nil { // texts and numbers
		body = []byte("{}")
	}
	w.Header().Set("Cache-Control", "no-store")
	write(w, p.Status, "application/problem+json", body)
}

// write sends a body that is complete. A client that went away is not an error.
func write(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
