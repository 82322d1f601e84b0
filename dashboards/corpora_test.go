package dashboards_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

// policy fits the corpora, with windows that end while one waits.
const policy = `
version: 1
keys: {env: [env], home: [gray.workload.env]}
baseline: [base, ""]
origins: [gateway]
windows: {pair: 1s, liveness: 5m, stranded: 2s, grace: 1s}
`

// mixed is the service of which some spans get a sampling threshold.
const mixed = "svc-b"

// corpus is a real capture, all of it in one.
func corpus(t testing.TB, name string) ptrace.Traces {
	t.Helper()
	f, err := os.Open(name)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	all := ptrace.NewTraces()
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		td, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(lines.Bytes())
		require.NoError(t, err)
		td.ResourceSpans().MoveAndAppendTo(all.ResourceSpans())
	}
	require.NoError(t, lines.Err())
	return all
}

// feed sends all corpora as traffic of now: one after the other, with ids of the
// round. Ok loses its gray consumers, so that its gray messages are stranded.
func feed(t testing.TB, a auditd, round byte) {
	t.Helper()
	files, err := filepath.Glob("../auditor/testdata/java-agent/*/traces.jsonl.gz")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for i, name := range files {
		td := corpus(t, name)
		if filepath.Base(filepath.Dir(name)) == "ok" {
			dropGrayConsumers(td)
		}
		renew(td, round, i%2 == 0, time.Now())
		send(t, a, td)
	}
}

func send(t testing.TB, a auditd, td ptrace.Traces) {
	t.Helper()
	body, err := ptraceotlp.NewExportRequestFromTraces(td).MarshalProto()
	require.NoError(t, err)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.otlp+"/v1/traces", bytes.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-protobuf")
	res, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusOK, res.StatusCode)
}

func dropGrayConsumers(td ptrace.Traces) {
	for _, rs := range td.ResourceSpans().All() {
		if home, ok := rs.Resource().Attributes().Get("gray.workload.env"); !ok || home.Str() != "gray" {
			continue
		}
		for _, ss := range rs.ScopeSpans().All() {
			ss.Spans().RemoveIf(func(s ptrace.Span) bool { return s.Kind() == ptrace.SpanKindConsumer })
		}
	}
}

// renew gives spans and messages new ids, and times that end now. With sampled the
// spans of the mixed service say that they stand for two.
func renew(td ptrace.Traces, round byte, sampled bool, now time.Time) {
	shift := now.UnixNano() - last(td)
	for _, rs := range td.ResourceSpans().All() {
		service, _ := rs.Resource().Attributes().Get("service.name")
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				renewSpan(s, round, shift)
				if sampled && service.Str() == mixed {
					s.TraceState().FromRaw("ot=th:8")
				}
			}
		}
	}
}

func renewSpan(s ptrace.Span, round byte, shift int64) {
	s.SetTraceID(renewed(s.TraceID(), round))
	for _, l := range s.Links().All() {
		l.SetTraceID(renewed(l.TraceID(), round))
	}
	s.SetStartTimestamp(pcommon.Timestamp(int64(s.StartTimestamp()) + shift)) //nolint:gosec // a time
	s.SetEndTimestamp(pcommon.Timestamp(int64(s.EndTimestamp()) + shift))     //nolint:gosec // a time
	for key, v := range s.Attributes().All() {
		if key == "messaging.message.id" && v.Type() == pcommon.ValueTypeStr {
			v.SetStr(v.Str() + string('A'+rune(round)))
		}
	}
}

func renewed(id pcommon.TraceID, round byte) pcommon.TraceID {
	id[0] ^= round
	return id
}

func last(td ptrace.Traces) int64 {
	end := int64(0)
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				end = max(end, int64(s.EndTimestamp())) //nolint:gosec // a time
			}
		}
	}
	return end
}
