package api

import (
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"runtime/debug"

	"github.com/rs/cors"
)

const headerRequestID = "X-Request-Id"

// maxURL bounds path and query together.
const maxURL = 64 << 10

// chain puts around the routes what holds for every request.
func (a *API) chain(next http.Handler) http.Handler {
	next = a.sameOrigin(next)
	if len(a.config.AllowedOrigins) > 0 {
		next = cors.New(cors.Options{
			AllowedOrigins: a.config.AllowedOrigins,
			AllowedMethods: []string{http.MethodGet, http.MethodHead, http.MethodPut},
			AllowedHeaders: []string{"Authorization", "Content-Type", "If-Match", "If-None-Match", "Last-Event-ID"},
			ExposedHeaders: []string{"ETag", "Retry-After", headerRequestID},
		}).Handler(next)
	}
	next = a.knownHost(next)
	next = a.recovered(next)
	return a.identified(next)
}

// identified gives every request an id, and every answer the headers that keep
// browsers from doing anything with it.
func (a *API) identified(next http.Handler) http.Handler {
	proper := regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.counters.requests.Add(1)
		id := r.Header.Get(headerRequestID)
		if !proper.MatchString(id) {
			id = rand.Text()
		}
		h := w.Header()
		h.Set(headerRequestID, id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if len(a.config.AllowedOrigins) > 0 {
			h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		}
		if len(r.RequestURI) > maxURL {
			a.fail(w, r, newProblem(http.StatusRequestURITooLong, "uri_too_long", "use fewer or shorter parameters"))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// recovered answers a request whose handler panicked.
func (a *API) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v) // the server ends the connection, as it was asked to
			}
			a.config.Logger.Error("panic", "path", r.URL.Path, "value", v, "stack", string(debug.Stack()))
			a.fail(w, r, newProblem(http.StatusInternalServerError, "internal", "auditd's log says more; look for the request id"))
		}()
		next.ServeHTTP(w, r)
	})
}

// knownHost refuses foreign host names where there are no credentials: a web page
// could let its own name point to the loopback address.
func (a *API) knownHost(next http.Handler) http.Handler {
	if a.config.Credentials != nil || a.config.AnyHost {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopbackName(r.Host) {
			a.fail(w, r, newProblem(http.StatusMisdirectedRequest, "unknown_host", "without tokens this API answers to loopback names only: use http://localhost, or configure tokens"))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// loopbackName reports whether a host, with or without port, is this machine by
// its loopback address.
func loopbackName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if n := len(host); n > 2 && host[0] == '[' && host[n-1] == ']' {
		host = host[1 : n-1]
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// sameOrigin refuses writes by pages of other origins.
func (a *API) sameOrigin(next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	for _, origin := range a.config.AllowedOrigins {
		_ = guard.AddTrustedOrigin(origin) // a pattern is no origin: its pages may read
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := guard.Check(r); err != nil {
			a.fail(w, r, newProblem(http.StatusForbidden, "cross_origin", "a page of another origin may not do this"))
			return
		}
		next.ServeHTTP(w, r)
	})
}
