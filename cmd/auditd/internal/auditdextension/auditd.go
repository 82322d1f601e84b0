package auditdextension

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.uber.org/zap"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/api"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/api/policies"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/promexport"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store/sqlite"
)

// markName is a file in the data folder that says that a process took spans
// before this one.
const markName = "dyetrace.started"

// Auditd is the extension.
type Auditd struct {
	cfg    *Config
	set    extension.Settings
	logger *zap.Logger
	hooks  Hooks

	store     *sqlite.Store
	restarted bool // an earlier process took spans
	policies  *policies.Service
	hub       *api.Hub
	page      *promexport.Page
	api       *api.API
	server    *http.Server
	address   string
	running   atomic.Bool // the pipelines take spans
	counters  counters

	stop       context.CancelFunc
	background sync.WaitGroup
}

func newAuditd(set extension.Settings, cfg *Config, h Hooks) *Auditd {
	return &Auditd{
		cfg: cfg, set: set, logger: set.Logger, hooks: h,
		hub: api.NewHub(), page: promexport.New(promexport.DefaultMaxSeries), stop: func() {},
	}
}

// Start opens the store and serves the API.
func (x *Auditd) Start(ctx context.Context, _ component.Host) error {
	if err := x.start(ctx); err != nil {
		return errors.Join(err, x.Shutdown(ctx))
	}
	return nil
}

func (x *Auditd) start(ctx context.Context) (err error) {
	if x.store, err = sqlite.Open(ctx, x.cfg.Data, sqlite.Options{Retention: x.cfg.Retention.store(), MaxSeries: x.cfg.MaxSeries, MaxFacets: x.cfg.MaxSeries}); err != nil {
		x.store = nil
		return fmt.Errorf("data folder: %w", err)
	}
	x.policies = policies.New(policies.Options{Store: x.store, Accept: acceptable})
	if err := x.takeFile(ctx); err != nil {
		return err
	}
	if err := x.listen(ctx); err != nil {
		return err
	}
	if x.restarted, err = mark(x.cfg.Data); err != nil {
		return err
	}
	if err := x.observe(); err != nil {
		return err
	}
	live, stop := context.WithCancel(context.Background())
	x.stop = stop
	x.background.Go(func() { x.prune(live) })
	x.background.Go(func() { x.reload(live) })
	return nil
}

// acceptable tells whether an engine takes the policy.
func acceptable(p auditor.Policy) error {
	_, err := auditor.New(p, auditor.Options{Mode: auditor.Offline})
	return err
}

// mark leaves the mark, and reports whether it was there. It is made before any
// span is taken, so that a crash cannot forget it.
func mark(folder string) (before bool, err error) {
	name := filepath.Join(folder, markName)
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if errors.Is(err, os.ErrExist) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("data folder: %w: make it writable for this user", err)
	}
	_, err = fmt.Fprintf(f, "%s\n", time.Now().UTC().Format(time.RFC3339))
	return false, errors.Join(err, f.Sync(), f.Close(), syncFolder(folder))
}

func syncFolder(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Ready is called by the collector when all pipelines run.
func (x *Auditd) Ready() error {
	x.running.Store(true)
	if x.hooks.Ready == nil {
		return nil
	}
	v, err := x.policies.Current(context.Background())
	if err != nil {
		return err
	}
	x.hooks.Ready(Info{API: x.url(), Data: x.cfg.Data, Policy: describe(&v)})
	return nil
}

// NotReady is called by the collector before it stops the receivers.
func (x *Auditd) NotReady() error {
	x.running.Store(false)
	return nil
}

func (x *Auditd) readiness(context.Context) error {
	if !x.running.Load() {
		return errors.New("the receivers are not up")
	}
	return nil
}

// Shutdown ends the API, then closes the store: the pipelines have ended before.
func (x *Auditd) Shutdown(ctx context.Context) error {
	x.stop()
	var errs []error
	if x.server != nil {
		bounded, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		if err := x.server.Shutdown(bounded); err != nil {
			errs = append(errs, x.server.Close())
		}
		x.server = nil
	}
	x.background.Wait()
	if err := x.counters.unregister(); err != nil {
		errs = append(errs, err)
	}
	if x.store != nil {
		errs = append(errs, x.store.Close())
	}
	return errors.Join(errs...)
}

// Store returns the store.
func (x *Auditd) Store() store.Store { return x.store }

// Stored tells the streams.
func (x *Auditd) Stored() { x.hub.Notify() }

// Show puts counts on /metrics.
func (x *Auditd) Show(md pmetric.Metrics) { x.page.Show(md) }

func (x *Auditd) url() string {
	scheme := "http"
	if x.cfg.TLS.HasValue() {
		scheme = "https"
	}
	return scheme + "://" + x.address
}

// prune deletes what is old, now and then.
func (x *Auditd) prune(ctx context.Context) {
	ticks := time.NewTicker(x.cfg.Retention.Interval)
	defer ticks.Stop()
	for {
		gone, err := x.store.Prune(ctx, time.Now())
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			x.counters.pruneFailures.Add(1)
			x.logger.Warn("Old data cannot be deleted; tried again later.", zap.Error(err))
		default:
			x.counters.pruned.Add(uint64(gone.Findings))
		}
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
	}
}
