package api

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// ErrOpen says that the API would be open to the network.
var ErrOpen = errors.New("the API has no tokens")

// CheckListen returns ErrOpen where an address (host:port) can be reached from
// elsewhere and there are no credentials, unless insecure says that this is meant.
func CheckListen(address string, c *Credentials, insecure bool) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("listen on %q: %w", address, err)
	}
	if c != nil || insecure || host != "" && loopbackName(host) {
		return nil
	}
	return fmt.Errorf("listen on %s: %w: configure tokens, or listen on 127.0.0.1", address, ErrOpen)
}

// NewServer returns a server for an API, with limits against clients that send or
// read slowly. Its Shutdown ends streams and waiting requests.
func NewServer(a *API) *http.Server {
	s := &http.Server{
		Handler:           a,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       20 * time.Second,
		WriteTimeout:      a.config.Limits.Request + 30*time.Second, // streams and waiting requests set their own
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    2 * maxURL,
		ErrorLog:          slog.NewLogLogger(a.config.Logger.Handler(), slog.LevelDebug),
	}
	s.RegisterOnShutdown(a.Drain)
	return s
}
