package auditdextension

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/zap"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/api"
)

// listen starts the API's server.
func (x *Auditd) listen(ctx context.Context) error {
	logger := slog.New(&zapHandler{logger: x.logger})
	credentials, err := x.cfg.credentials(logger)
	if err != nil {
		return err
	}
	x.api, err = api.New(api.Config{
		Store: x.store, Policies: x.policies, Hub: x.hub, Ready: x.readiness, Metrics: x.metrics(), Credentials: credentials,
		AnyHost: x.cfg.AllowOpen, AllowedOrigins: x.cfg.AllowedOrigins, Logger: logger,
	})
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", x.cfg.Endpoint)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("listen on %s: %w; stop what listens there, or set extensions::auditd::endpoint", x.cfg.Endpoint, err)
	}
	if err != nil {
		return fmt.Errorf("endpoint: %w", err)
	}
	x.address = listener.Addr().String()
	if x.cfg.TLS.HasValue() {
		c, err := x.cfg.TLS.Get().LoadTLSConfig(ctx)
		if err != nil {
			return errors.Join(&ConfigError{fmt.Errorf("tls: %w", err)}, listener.Close())
		}
		c.NextProtos = []string{"h2", "http/1.1"}
		listener = tls.NewListener(listener, c)
	}
	server := api.NewServer(x.api)
	x.server = server
	x.background.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			x.logger.Error("The API has ended.", zap.Error(err))
		}
	})
	return nil
}

// metrics is /metrics: the counts of the engines, the Go runtime, and what else
// was given. A part
// that fails leaves the others standing.
func (x *Auditd) metrics() http.Handler {
	counts := prometheus.NewRegistry()
	counts.MustRegister(x.page, collectors.NewGoCollector())
	all := prometheus.Gatherers{counts}
	if x.hooks.Own != nil {
		all = append(all, x.hooks.Own)
	}
	return promhttp.HandlerFor(all, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, ErrorLog: zap.NewStdLog(x.logger), MaxRequestsInFlight: 8, Timeout: 20 * time.Second,
	})
}
