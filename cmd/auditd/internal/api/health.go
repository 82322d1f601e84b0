package api

import (
	"context"
	"errors"
	"net/http"
)

type healthAnswer struct {
	Status string `json:"status"`
}

// getHealth says that the process answers.
func (a *API) getHealth(w http.ResponseWriter, r *http.Request) error {
	return answer(w, r, healthAnswer{"ok"})
}

// Ready says why data cannot be taken now; nil: it can. This is what /readyz tells.
func (a *API) Ready(ctx context.Context) error {
	err := a.config.Store.Ping(ctx)
	if err == nil && a.config.Ready != nil {
		err = a.config.Ready(ctx)
	}
	select {
	case <-a.draining:
		return newProblem(http.StatusServiceUnavailable, "shutting_down", "auditd shuts down")
	default:
		return err
	}
}

// getReady says whether data can be taken.
func (a *API) getReady(w http.ResponseWriter, r *http.Request) error {
	err := a.Ready(r.Context())
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	if err != nil {
		a.config.Logger.Warn("not ready", "error", err)
		return newProblem(http.StatusServiceUnavailable, "not_ready", "auditd cannot take data now; its log says why")
	}
	return answer(w, r, healthAnswer{"ready"})
}
