package api

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzhttp"
)

// handler answers a request, or returns an error before it has written anything.
type handler func(http.ResponseWriter, *http.Request) error

// route is what a path can do, by method.
type route struct {
	path    string
	methods map[string]handler
	role    map[string]role // by method; missing: reader
	waits   bool            // may take longer than Limits.Request
	zip     bool            // the answer is worth compressing
}

func (a *API) routes() http.Handler {
	anyone := map[string]role{http.MethodGet: nobody}
	get := func(h handler) map[string]handler { return map[string]handler{http.MethodGet: h} }
	list := []route{
		{path: "/api/v1/findings", methods: get(a.getFindings), zip: true},
		{path: "/api/v1/findings/{id}", methods: get(a.getFinding), zip: true},
		{path: "/api/v1/shares", methods: get(a.getShares), zip: true},
		{path: "/api/v1/topology", methods: get(a.getTopology), zip: true},
		{path: "/api/v1/coverage", methods: get(a.getCoverage), zip: true},
		{path: "/api/v1/policy", methods: map[string]handler{http.MethodGet: a.getPolicy, http.MethodPut: a.putPolicy}, role: map[string]role{http.MethodPut: writer}, waits: true},
		{path: "/api/v1/policy/versions", methods: get(a.getVersions), zip: true},
		{path: "/api/v1/policy/versions/{version}", methods: get(a.getVersion)},
		{path: "/api/v1/stream", methods: get(a.getStream), waits: true},
		{path: "/healthz", methods: get(a.getHealth), role: anyone},
		{path: "/readyz", methods: get(a.getReady), role: anyone},
		{path: "/openapi.yaml", methods: get(a.getSpecYAML), role: anyone, zip: true},
		{path: "/openapi.json", methods: get(a.getSpecJSON), role: anyone, zip: true},
	}
	if a.config.Metrics != nil {
		list = append(list, route{path: "/metrics", methods: get(a.getMetrics)})
	}
	mux := http.NewServeMux()
	for _, r := range list {
		mux.Handle(r.path, a.handle(r))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		a.fail(w, r, newProblem(http.StatusNotFound, "not_found", "there is nothing here; /openapi.yaml lists the paths"))
	})
	return whole(mux)
}

// whole answers OPTIONS *, which asks for the server as a whole and is no path.
func whole(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions && r.RequestURI == "*" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// handle checks method and role, and turns errors into problems.
func (a *API) handle(rt route) http.Handler {
	allowed := slices.Collect(maps.Keys(rt.methods))
	if rt.methods[http.MethodGet] != nil {
		allowed = append(allowed, http.MethodHead)
	}
	slices.Sort(allowed)
	var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		do := rt.methods[method]
		if do == nil {
			a.fail(w, r, newProblem(http.StatusMethodNotAllowed, "method_not_allowed", r.Method+" is not possible here").with("Allow", strings.Join(allowed, ", ")))
			return
		}
		r, err := a.authorize(r, rt.roleOf(method))
		if err != nil {
			a.fail(w, r, err)
			return
		}
		if !rt.waits {
			ctx, cancel := context.WithTimeout(r.Context(), a.config.Limits.Request)
			defer cancel()
			r = r.WithContext(ctx)
		}
		if err := do(w, r); err != nil {
			a.fail(w, r, err)
		}
	})
	if rt.zip {
		h = gzhttp.GzipHandler(h)
	}
	return h
}

func (rt *route) roleOf(method string) role {
	if r, ok := rt.role[method]; ok {
		return r
	}
	return reader
}

// answer sends a value as JSON.
func answer(w http.ResponseWriter, r *http.Request, v any) error {
	if err := accepts(r, "application/json"); err != nil {
		return err
	}
	var body bytes.Buffer
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false) // texts hold arrows; nosniff keeps browsers from guessing
	if err := e.Encode(v); err != nil {
		return err
	}
	if w.Header().Get("Cache-Control") == "" {
		w.Header().Set("Cache-Control", "no-store")
	}
	write(w, http.StatusOK, "application/json", body.Bytes())
	return nil
}

// getMetrics answers as the given handler does.
func (a *API) getMetrics(w http.ResponseWriter, r *http.Request) error {
	a.config.Metrics.ServeHTTP(w, r)
	return nil
}
