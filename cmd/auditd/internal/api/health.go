package api

import (
	"net/http"
)

type healthAnswer struct {
	Status string `json:"status"`
}

// getHealth says that the process answers.
func (a *API) getHealth(w http.ResponseWriter, r *http.Request) error {
	return answer(w, r, healthAnswer{"ok"})
}

// getReady says whether data can be taken.
func (a *API) getReady(w http.ResponseWriter, r *http.Request) error {
	err := a.config.Store.Ping(r.Context())
	if err == nil && a.config.Ready != nil {
		err = a.config.Ready(r.Context())
	}
	select {
	case <-a.draining:
		return newProblem(http.StatusServiceUnavailable, "shutting_down", "auditd shuts down")
	default:
	}
	if err != nil {
		a.config.Logger.Warn("not ready", "error", err)
		return newProblem(http.StatusServiceUnavailable, "not_ready", "auditd cannot take data now; its log says why")
	}
	return answer(w, r, healthAnswer{"ready"})
}
