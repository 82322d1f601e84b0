package findinglog_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/processor/findinglog"
)

var now = time.Date(2026, 11, 21, 12, 0, 30, 0, time.UTC)

// full is a finding with a value in every field.
func full(t *testing.T) auditor.Finding {
	t.Helper()
	f := auditor.Finding{
		ID: "0123456789abcdef0123456789abcdef", Revision: 3, State: auditor.StateOpen, Axis: auditor.AxisPropagation, Verdict: auditor.VerdictEscape,
		Certainty: auditor.Proven, Code: "M1", TraceID: "0102030405060708090a0b0c0d0e0f10", SpanID: "0102030405060708",
		Time: time.Date(2026, 11, 21, 12, 0, 0, 123456789, time.UTC), Service: "svc-b", Home: "base", Env: "gray", Kind: auditor.HopMessage,
		System: "rocketmq", Destination: "ORDER", Group: "order", MessageID: "AC11", Effect: auditor.VerdictLeak, Explain: "the tag gray got lost",
		Peer:  auditor.Peer{TraceID: "1102030405060708090a0b0c0d0e0f10", SpanID: "1102030405060708", Service: "svc-a", Home: "gray", Env: "gray"},
		Blame: auditor.Blame{Service: "svc-a", Operation: "ORDER publish", Where: auditor.WhereSender},
	}
	requireFull(t, reflect.ValueOf(f))
	return f
}

// requireFull makes sure that a new field of a finding is not forgotten here.
func requireFull(t *testing.T, v reflect.Value) {
	t.Helper()
	for i := range v.NumField() {
		require.False(t, v.Field(i).IsZero(), "%s is empty", v.Type().Field(i).Name)
		if v.Field(i).Kind() == reflect.Struct && v.Field(i).Type() != reflect.TypeFor[time.Time]() {
			requireFull(t, v.Field(i))
		}
	}
}

// overWire sends a record through OTLP.
func overWire(t *testing.T, f auditor.Finding) plog.LogRecord {
	t.Helper()
	logs := plog.NewLogs()
	findinglog.Append(logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords(), f, "run-1", now)
	data, err := (&plog.ProtoMarshaler{}).MarshalLogs(logs)
	require.NoError(t, err)
	logs, err = (&plog.ProtoUnmarshaler{}).UnmarshalLogs(data)
	require.NoError(t, err)
	return logs.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
}

func TestRoundTrip(t *testing.T) {
	withdrawn := full(t)
	withdrawn.State = auditor.StateWithdrawn
	bare := auditor.Finding{
		ID: "00", Revision: 1, State: auditor.StateOpen, Verdict: auditor.VerdictStranded, Certainty: auditor.Suspected,
		TraceID: "0102030405060708090a0b0c0d0e0f10", SpanID: "0102030405060708", Time: time.Unix(0, 0).UTC(),
	}
	for name, f := range map[string]auditor.Finding{"full": full(t), "withdrawn": withdrawn, "bare": bare} {
		t.Run(name, func(t *testing.T) {
			got, run, ok, err := findinglog.Decode(overWire(t, f))
			require.NoError(t, err)
			require.True(t, ok)
			require.Equal(t, f, got)
			require.Equal(t, "run-1", run)
		})
	}
}

func TestRecord(t *testing.T) {
	r := overWire(t, full(t))
	require.Equal(t, "gray.finding", r.EventName())
	require.Equal(t, "the tag gray got lost", r.Body().Str())
	require.Equal(t, "0102030405060708090a0b0c0d0e0f10", r.TraceID().String())
	require.Equal(t, "0102030405060708", r.SpanID().String())
	require.Equal(t, full(t).Time, r.Timestamp().AsTime())
	require.Equal(t, now, r.ObservedTimestamp().AsTime())
	require.Equal(t, plog.SeverityNumberWarn3, r.SeverityNumber())
	text, err := json.MarshalIndent(r.Attributes().AsRaw(), "", "  ")
	require.NoError(t, err)
	require.JSONEq(t, `{
		"gray.audit.run": "run-1",
		"gray.finding.id": "0123456789abcdef0123456789abcdef", "gray.finding.revision": 3, "gray.finding.state": "open",
		"gray.finding.axis": "propagation", "gray.finding.verdict": "escape", "gray.finding.certainty": "proven", "gray.finding.code": "M1",
		"gray.finding.service": "svc-b", "gray.finding.home": "base", "gray.finding.env": "gray", "gray.finding.kind": "message",
		"gray.finding.system": "rocketmq", "gray.finding.destination": "ORDER", "gray.finding.group": "order", "gray.finding.message_id": "AC11",
		"gray.finding.peer.trace_id": "1102030405060708090a0b0c0d0e0f10", "gray.finding.peer.span_id": "1102030405060708",
		"gray.finding.peer.service": "svc-a", "gray.finding.peer.home": "gray", "gray.finding.peer.env": "gray", "gray.finding.effect": "leak",
		"gray.finding.blame.service": "svc-a", "gray.finding.blame.operation": "ORDER publish", "gray.finding.blame.where": "sender"
	}`, string(text))
}

func TestSeverity(t *testing.T) {
	for verdict, want := range map[auditor.Verdict]plog.SeverityNumber{
		auditor.VerdictLeak: plog.SeverityNumberError, auditor.VerdictEscape: plog.SeverityNumberWarn3, auditor.VerdictStranded: plog.SeverityNumberWarn,
	} {
		f := full(t)
		f.Verdict = verdict
		require.Equal(t, want, overWire(t, f).SeverityNumber(), verdict)
		f.State = auditor.StateWithdrawn
		require.Equal(t, plog.SeverityNumberInfo, overWire(t, f).SeverityNumber(), verdict)
	}
}

func TestTextIsMadeValid(t *testing.T) {
	f := full(t)
	f.Service, f.Explain = "svc-\xff", "\xfe!"
	got, _, _, err := findinglog.Decode(overWire(t, f))
	require.NoError(t, err)
	require.Equal(t, "svc-\uFFFD", got.Service)
	require.Equal(t, "\uFFFD!", got.Explain)
}

func TestDecodeLeavesOthersAlone(t *testing.T) {
	_, _, ok, err := findinglog.Decode(plog.NewLogRecord())
	require.NoError(t, err)
	require.False(t, ok)
}

func TestDecodeRefusesWhatIsNotWhole(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil   func(plog.LogRecord)
		message string
	}{
		"no id":        {func(r plog.LogRecord) { r.Attributes().Remove(findinglog.KeyID) }, "gray.finding.id is missing"},
		"no run":       {func(r plog.LogRecord) { r.Attributes().Remove(findinglog.KeyRun) }, "gray.audit.run is missing"},
		"run no text":  {func(r plog.LogRecord) { r.Attributes().PutInt(findinglog.KeyRun, 1) }, "gray.audit.run must be text"},
		"no revision":  {func(r plog.LogRecord) { r.Attributes().Remove(findinglog.KeyRevision) }, "gray.finding.revision must be an integer"},
		"revision 0":   {func(r plog.LogRecord) { r.Attributes().PutInt(findinglog.KeyRevision, 0) }, "gray.finding.revision must be an integer"},
		"not text":     {func(r plog.LogRecord) { r.Attributes().PutBool(findinglog.KeyService, true) }, "gray.finding.service must be text"},
		"no trace":     {func(r plog.LogRecord) { r.SetTraceID([16]byte{}) }, "trace id"},
		"no violation": {func(r plog.LogRecord) { r.Attributes().PutStr(findinglog.KeyVerdict, "ok") }, `"ok" is no violation`},
		"no verdict":   {func(r plog.LogRecord) { r.Attributes().PutStr(findinglog.KeyVerdict, "bad") }, `"bad" is no violation`},
		"no state":     {func(r plog.LogRecord) { r.Attributes().Remove(findinglog.KeyState) }, "neither open nor withdrawn"},
		"no certainty": {func(r plog.LogRecord) { r.Attributes().Remove(findinglog.KeyCertainty) }, "neither proven nor suspected"},
	} {
		t.Run(name, func(t *testing.T) {
			r := overWire(t, full(t))
			tc.spoil(r)
			f, _, ok, err := findinglog.Decode(r)
			require.True(t, ok)
			require.ErrorContains(t, err, tc.message)
			require.Zero(t, f)
		})
	}
}
