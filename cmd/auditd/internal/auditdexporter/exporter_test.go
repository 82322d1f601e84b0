package auditdexporter

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.uber.org/goleak"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store/sqlite"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store/storetest"
	"github.com/dyetrace/dyetrace/processor/findinglog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// keeper is an extension with a real store.
type keeper struct {
	component.StartFunc
	component.ShutdownFunc
	store  store.Store
	stored int
	shown  int
}

func (k *keeper) Store() store.Store   { return k.store }
func (k *keeper) Stored()              { k.stored++ }
func (k *keeper) Show(pmetric.Metrics) { k.shown++ }

// host is a collector that has the extension.
type host map[component.ID]component.Component

func (h host) GetExtensions() map[component.ID]component.Component { return h }

func newKeeper(t *testing.T) *keeper {
	s, err := sqlite.Open(t.Context(), t.TempDir(), sqlite.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return &keeper{store: s}
}

func settings() exporter.Settings { return exportertest.NewNopSettings(component.MustNewType(Type)) }

func logsExporter(t *testing.T, k component.Component) exporter.Logs {
	e, err := NewFactory().CreateLogs(t.Context(), settings(), createDefaultConfig())
	require.NoError(t, err)
	require.NoError(t, e.Start(t.Context(), host{component.MustNewID("auditd"): k}))
	t.Cleanup(func() { require.NoError(t, e.Shutdown(context.Background())) })
	return e
}

func logs(run string, list ...auditor.Finding) plog.Logs {
	ld := plog.NewLogs()
	records := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	for _, f := range list {
		findinglog.Append(records, f, run, time.Now())
	}
	return ld
}

func TestFindings(t *testing.T) {
	k := newKeeper(t)
	e := logsExporter(t, k)
	ld := logs("one", storetest.Finding(1), storetest.Finding(2))
	logs("two", storetest.Finding(3)).ResourceLogs().At(0).CopyTo(ld.ResourceLogs().AppendEmpty())
	strange := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	strange.AppendEmpty().SetEventName("another")
	strange.AppendEmpty().SetEventName(findinglog.EventName) // not whole
	for range 2 {                                            // sent again
		require.NoError(t, e.ConsumeLogs(t.Context(), ld))
		page, err := k.store.FindingPage(t.Context(), store.FindingQuery{Limit: 10})
		require.NoError(t, err)
		require.Len(t, page.Findings, 3)
	}
	record, err := k.store.Finding(t.Context(), storetest.Finding(1).ID)
	require.NoError(t, err)
	require.Len(t, record.History, 1, "a resend is no change")
	require.Equal(t, 4, k.stored)
}

// TestLongID: what the store cannot hold does not keep the others out.
func TestLongID(t *testing.T) {
	k := newKeeper(t)
	bad := storetest.Finding(7)
	bad.ID = string(make([]byte, 10_000))
	require.NoError(t, logsExporter(t, k).ConsumeLogs(t.Context(), logs("one", storetest.Finding(1), bad, storetest.Finding(2))))
	page, err := k.store.FindingPage(t.Context(), store.FindingQuery{Limit: 10})
	require.NoError(t, err)
	require.Len(t, page.Findings, 2)
}

// TestUnavailable: what is refused may be sent again.
func TestUnavailable(t *testing.T) {
	k := newKeeper(t)
	e := logsExporter(t, k)
	require.NoError(t, k.store.Close())
	err := e.ConsumeLogs(t.Context(), logs("one", storetest.Finding(1)))
	require.ErrorIs(t, err, store.ErrClosed)
	require.False(t, consumererror.IsPermanent(err))
	require.Zero(t, k.stored)
}

func TestWithoutStore(t *testing.T) {
	for name, c := range map[string]struct {
		host   component.Host
		advice string
	}{
		"no extension":    {componenttest.NewNopHost(), "not among service::extensions"},
		"one without any": {host{component.MustNewID("auditd"): nil}, "no store"},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := NewFactory().CreateMetrics(t.Context(), settings(), createDefaultConfig())
			require.NoError(t, err)
			require.ErrorContains(t, e.Start(t.Context(), c.host), c.advice)
			require.NoError(t, e.Shutdown(t.Context()))
		})
	}
	require.ErrorContains(t, (&Config{}).Validate(), "timeout")
}

func TestReason(t *testing.T) {
	for err, word := range map[error]string{
		errors.Join(store.ErrUnavailable, store.ErrFull): "full", store.ErrReadOnly: "read_only", store.ErrBusy: "busy",
		store.ErrCorrupt: "damaged", store.ErrClosed: "closed", context.DeadlineExceeded: "timeout", context.Canceled: "canceled", errors.ErrUnsupported: "other",
	} {
		require.Equal(t, word, reason(err))
	}
}
