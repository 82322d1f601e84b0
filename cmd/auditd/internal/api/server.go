package api

import (
	"bytes"
	"errors"
	"fmt"
	"log"
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
	return fmt.Errorf("listen on %s: %w: configure tokens, listen on 127.0.0.1, or set allow_open where an open API is meant", address, ErrOpen)
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
		ErrorLog:          log.New(failedConnections{a}, "", 0),

		DisableGeneralOptionsHandler: true, // its answers have no request id
	}
	s.RegisterOnShutdown(a.Drain)
	return s
}

// failedConnections counts what the server says of connections that end before a
// request, such as TLS handshakes with an expired certificate. Anybody can make
// such lines, so they are logged for debugging only.
type failedConnections struct{ a *API }

// Write takes one line.
func (f failedConnections) Write(line []byte) (int, error) {
	f.a.counters.connections.Add(1)
	f.a.config.Logger.Debug(string(bytes.TrimSpace(line)))
	return len(line), nil
}
