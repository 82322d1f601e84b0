package e2e

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/status"

	"github.com/dyetrace/dyetrace/cmd/auditd/e2e/traffic"
)

const (
	protobuf = "application/x-protobuf"
	asJSON   = "application/json"
	export   = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
)

// limit is the size of requests in the default configuration.
const limit = 16 << 20

func zipped(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(b) // to memory
	_ = z.Close()
	return out.Bytes()
}

// request is one over HTTP.
type request struct {
	method, path, kind, encoding string
	body                         []byte
}

func (r *request) do(t *testing.T, base string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), r.method, base+r.path, bytes.NewReader(r.body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", r.kind)
	if r.encoding != "" {
		req.Header.Set("Content-Encoding", r.encoding)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(body)
}

// TestBadHTTP: each bad request to the OTLP receiver over HTTP has its status,
// is counted with it, and harms nobody.
func TestBadHTTP(t *testing.T) {
	d := start(t, t.TempDir())
	good := traffic.Whole(traffic.New(1).Next(time.Now()))
	whole, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(good)
	require.NoError(t, err)
	text, err := (&ptrace.JSONMarshaler{}).MarshalTraces(good)
	require.NoError(t, err)
	deepJSON := `{"resourceSpans":[{"resource":{"attributes":[{"key":"k","value":` +
		strings.Repeat(`{"arrayValue":{"values":[`, 1e5) + `{}` + strings.Repeat(`]}}`, 1e5) + `}]}}]}`
	post := func(kind, enc string, body []byte) request {
		return request{http.MethodPost, "/v1/traces", kind, enc, body}
	}
	for _, c := range []struct {
		name   string
		r      request
		status int
	}{
		{"good", post(protobuf, "", whole), 200},
		{"good, zipped", post(protobuf, "gzip", zipped(whole)), 200},
		{"good JSON", post(asJSON, "", text), 200},
		{"malformed protobuf", post(protobuf, "", []byte("\x0a\xff\xff\xff\xff\x0f")), 400},
		{"cut protobuf", post(protobuf, "", whole[:len(whole)-3]), 400},
		{"trailing garbage after protobuf", post(protobuf, "", append(bytes.Clone(whole), 0xff, 0xff)), 400},
		{"malformed JSON", post(asJSON, "", []byte(`{"resourceSpans":[`)), 400},
		{"trailing garbage after JSON", post(asJSON, "", append(bytes.Clone(text), "}}"...)), 200}, // the collector reads one value
		{"JSON of wrong types", post(asJSON, "", []byte(`{"resourceSpans":{"scopeSpans":7}}`)), 400},
		{"wrong content type", post("text/plain", "", whole), 415},
		{"unknown encoding", post(protobuf, "br", whole), 400},
		{"bad gzip", post(protobuf, "gzip", whole), 400},
		{"cut gzip", post(protobuf, "gzip", zipped(whole)[:20]), 400},
		{"too large", post(protobuf, "", make([]byte, limit+1)), 400},
		{"gzip bomb", post(protobuf, "gzip", zipped(make([]byte, 50*limit))), 400},
		{"nested too deep", post(protobuf, "", nested(1_500_000)), 400},
		{"nested too deep, zipped", post(protobuf, "gzip", zipped(nested(1_500_000))), 400},
		{"nested too deep, JSON", post(asJSON, "", []byte(deepJSON)), 400},
		{"wrong method", request{http.MethodGet, "/v1/traces", protobuf, "", nil}, 405},
		{"unknown path", request{http.MethodPost, "/v1/nothing", protobuf, "", whole}, 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			counter := `http_response_status_code="` + strconv.Itoa(c.status) + `"`
			before, _ := d.metric("http_server_request_duration_seconds_count", counter)
			got, body := c.r.do(t, d.http)
			require.Equal(t, c.status, got, "%.300s", body)
			after, _ := d.metric("http_server_request_duration_seconds_count", counter)
			require.Equal(t, before+1, after, "not counted")
		})
	}
	deep, _ := d.metric("auditd_otlp_too_deep_total", "http")
	require.Equal(t, 3.0, deep)
	d.unharmed()
}

// unharmed: it judges as before.
func (d *daemon) unharmed() {
	d.t.Helper()
	before, _ := d.metric("gray_audit_spans_total", "")
	require.NoError(d.t, d.send(traffic.Whole(traffic.New(uint64(time.Now().UnixNano())).Next(time.Now()))))
	require.Eventually(d.t, func() bool {
		after, _ := d.metric("otelcol_connector_dyetrace_engine_spans_total", "")
		return after >= before+traffic.SpansOfTrace
	}, patience, 20*time.Millisecond)
	status, body := d.get("/readyz")
	require.Equal(d.t, http.StatusOK, status, "%s", body)
	require.NotContains(d.t, d.log.String(), "panic")
	d.stop()
}

// raw sends bytes as they are over gRPC.
type raw struct{}

func (raw) Marshal(v any) ([]byte, error)   { return *v.(*[]byte), nil }
func (raw) Unmarshal(b []byte, v any) error { *v.(*[]byte) = bytes.Clone(b); return nil }
func (raw) Name() string                    { return "proto" }

var _ encoding.Codec = raw{}

func TestBadGRPC(t *testing.T) {
	d := start(t, t.TempDir())
	for _, c := range []struct {
		name, method string
		body         []byte
		code         codes.Code
		counted      string // "": before there is anything to count
	}{
		{"empty", export, nil, codes.OK, "OK"},
		{"malformed", export, []byte("\x0a\xff\xff\xff\xff\x0f"), codes.Internal, "INTERNAL"},
		{"too large", export, make([]byte, limit+1), codes.ResourceExhausted, "RESOURCE_EXHAUSTED"},
		{"nested too deep", export, nested(1_500_000), codes.Internal, "INTERNAL"},
		{"unknown method", export + "ed", nil, codes.Unimplemented, ""},
		{"unknown service", "/no.Service/Export", nil, codes.Unimplemented, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			var answer []byte
			counter := `rpc_response_status_code="` + c.counted + `"`
			before, _ := d.metric("rpc_server_call_duration_seconds_count", counter)
			err := d.conn.Invoke(ctx, c.method, &c.body, &answer, grpc.ForceCodec(raw{}), grpc.MaxCallSendMsgSize(64<<20))
			require.Equal(t, c.code, status.Code(err), "%v", err)
			require.Eventually(t, func() bool { // it is counted after the answer
				if c.counted == "" {
					return true
				}
				after, _ := d.metric("rpc_server_call_duration_seconds_count", counter)
				return after == before+1
			}, patience, 10*time.Millisecond, "not counted as %s", c.counted)
		})
	}
	deep, _ := d.metric("auditd_otlp_too_deep_total", "grpc")
	require.Equal(t, 1.0, deep)
	d.unharmed()
}

// TestOddSpans: what is well formed and makes no sense is taken, and counted.
func TestOddSpans(t *testing.T) {
	d := start(t, t.TempDir(), often)
	one := func(change func(pcommon.Map, ptrace.Span)) ptrace.Traces {
		td := ptrace.NewTraces()
		rs := td.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutStr("service.name", "odd")
		sp := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		sp.SetTraceID(pcommon.TraceID{1})
		sp.SetSpanID(pcommon.SpanID{1})
		sp.SetKind(ptrace.SpanKindServer)
		sp.SetEndTimestamp(pcommon.NewTimestampFromTime(time.Now()))
		change(rs.Resource().Attributes(), sp)
		return td
	}
	for _, c := range []struct {
		name, counter string
		change        func(pcommon.Map, ptrace.Span)
	}{
		{"no span id", "gray_audit_invalid_total", func(_ pcommon.Map, s ptrace.Span) { s.SetSpanID(pcommon.SpanID{}) }},
		{"no trace id", "gray_audit_invalid_total", func(_ pcommon.Map, s ptrace.Span) { s.SetTraceID(pcommon.TraceID{}) }},
		{"its own parent", "gray_audit_spans_total", func(_ pcommon.Map, s ptrace.Span) { s.SetParentSpanID(s.SpanID()) }},
		{"the same again", "gray_audit_duplicates_total", func(_ pcommon.Map, s ptrace.Span) { s.SetParentSpanID(s.SpanID()) }},
		{"a link to itself", "gray_audit_spans_total", func(_ pcommon.Map, s ptrace.Span) {
			s.SetSpanID(pcommon.SpanID{2})
			s.SetKind(ptrace.SpanKindConsumer)
			link := s.Links().AppendEmpty()
			link.SetTraceID(s.TraceID())
			link.SetSpanID(s.SpanID())
		}},
		{"no UTF-8", "gray_audit_spans_total", func(r pcommon.Map, s ptrace.Span) {
			s.SetSpanID(pcommon.SpanID{3})
			r.PutStr("service.name", "odd\xff\x00\n\"")
			s.Attributes().PutStr("gray.env", "gr\xc3ay")
		}},
		{"a huge tag", "gray_audit_spans_total", func(_ pcommon.Map, s ptrace.Span) {
			s.SetSpanID(pcommon.SpanID{4})
			s.Attributes().PutStr("gray.env", strings.Repeat("x", 1<<20))
		}},
		{"a tag that is a list", "gray_audit_spans_total", func(_ pcommon.Map, s ptrace.Span) {
			s.SetSpanID(pcommon.SpanID{5})
			s.Attributes().PutEmptySlice("gray.env").AppendEmpty().SetStr("gray")
		}},
		{"times far off", "gray_audit_spans_total", func(_ pcommon.Map, s ptrace.Span) {
			s.SetSpanID(pcommon.SpanID{6})
			s.SetStartTimestamp(1<<64 - 1)
			s.SetEndTimestamp(0)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, _ := d.metric(c.counter, "")
			require.NoError(t, d.send(one(c.change)))
			require.Eventually(t, func() bool {
				after, _ := d.metric(c.counter, "")
				return after == before+1
			}, patience, 20*time.Millisecond, "not counted by "+c.counter)
		})
	}
	d.unharmed()
}

// TestBadConnections: what is no HTTP is let go, soon.
func TestBadConnections(t *testing.T) {
	d := start(t, t.TempDir(), "--set=receivers::otlp::protocols::http::read_header_timeout=300ms")
	address := strings.TrimPrefix(d.http, "http://")
	for _, c := range []struct{ name, address, sent string }{
		{"garbage to gRPC", d.grpc, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + strings.Repeat("\xff", 4096)},
		{"HTTP/1 to gRPC", d.grpc, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"garbage to HTTP", address, strings.Repeat("\xff\r\n", 4096)},
		{"slow headers", address, "POST /v1/traces HTTP/1.1\r\nHost: x\r\nX-Slow: "},
		{"garbage to the API", strings.TrimPrefix(d.api, "http://"), strings.Repeat("\xff\r\n", 4096)},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", c.address)
			require.NoError(t, err)
			defer conn.Close()
			_, err = io.WriteString(conn, c.sent)
			require.NoError(t, err)
			require.NoError(t, conn.SetReadDeadline(time.Now().Add(patience)))
			_, err = io.Copy(io.Discard, conn) // ends when the other side closes
			if e, ok := err.(net.Error); ok {  //nolint:errorlint // of the connection itself
				require.False(t, e.Timeout(), "still open")
			}
		})
	}
	d.unharmed()
}

// TestBadAPI: the API answers bad requests with problems, and counts those of
// strangers.
func TestBadAPI(t *testing.T) {
	reader, writer := strings.Repeat("r", 32), strings.Repeat("w", 32)
	d := start(t, t.TempDir(),
		"--set=extensions::auditd::tokens::readers=[{file: "+file(t, "readers", reader+"\n")+"}]",
		"--set=extensions::auditd::tokens::writers=[{file: "+file(t, "writers", writer+"\n")+"}]")
	for _, c := range []struct {
		name, method, path, token, body string
		status                          int
	}{
		{"health needs no token", "GET", "/readyz", "", "", 200},
		{"no token", "GET", "/api/v1/findings", "", "", 401},
		{"a wrong token", "GET", "/api/v1/findings", "wrong", "", 401},
		{"metrics without a token", "GET", "/metrics", "", "", 401},
		{"a reader", "GET", "/api/v1/findings", reader, "", 200},
		{"a reader writes", "PUT", "/api/v1/policy", reader, "version: 1\n", 403},
		{"unknown query field", "GET", "/api/v1/findings?colour=red", reader, "", 400},
		{"a wrong cursor", "GET", "/api/v1/findings?cursor=%00", reader, "", 400},
		{"a wrong id", "GET", "/api/v1/findings/zz", reader, "", 404},
		{"unknown path", "GET", "/api/v2", reader, "", 404},
		{"wrong method", "DELETE", "/api/v1/findings", reader, "", 405},
		{"no If-Match", "PUT", "/api/v1/policy", writer, "version: 1\n", 428},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, body := d.ask(c.method, c.path, c.token, "", c.body)
			require.Equal(t, c.status, got, "%s", body)
		})
	}
	t.Run("unknown policy field", func(t *testing.T) {
		got, body := d.ask("PUT", "/api/v1/policy", writer, "*", "version: 1\nkeyz: {}\n")
		require.Equal(t, 422, got, "%s", body)
		require.Contains(t, body, "keyz")
	})
	d.stop()
}

// ask makes a request to the API and returns status and body.
func (d *daemon) ask(method, path, token, match, body string) (int, string) {
	d.t.Helper()
	req, err := http.NewRequestWithContext(d.t.Context(), method, d.api+path, strings.NewReader(body))
	require.NoError(d.t, err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if match != "" {
		req.Header.Set("If-Match", match)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/yaml")
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(d.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(d.t, err)
	return resp.StatusCode, string(text)
}
