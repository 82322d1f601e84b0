package otlp

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

func TestRoute(t *testing.T) {
	long := "/" + strings.Repeat("x", 1<<20)
	for _, c := range []struct {
		name, want string
		kv         attrs
	}{
		{"route", "GET /a/{id}", attrs{"http.request.method", "GET", "http.route", "/a/{id}", "url.path", "/a/1"}},
		{"old route", "POST /a", attrs{"http.method", "POST", "http.route", "/a"}},
		{"path", "GET /healthz", attrs{"http.request.method", "GET", "url.path", "/healthz"}},
		{"target", "GET /healthz", attrs{"http.method", "GET", "http.target", "/healthz?x=/y"}},
		{"url", "GET /a/b", attrs{"http.method", "GET", "http.url", "https://h:1/a/b?c=/d#e"}},
		{"full url", "GET /a", attrs{"http.request.method", "GET", "url.full", "http://h/a"}},
		{"url without path", "GET /", attrs{"http.method", "GET", "http.url", "http://h?q"}},
		{"no url", "", attrs{"http.method", "GET", "http.url", "h/a"}},
		{"no method", "/a", attrs{"url.path", "/a"}},
		{"method alone", "", attrs{"http.method", "GET"}},
		{"nothing", "", nil},
		{"rpc", "pkg.Service/Method", attrs{"rpc.system", "grpc", "rpc.service", "pkg.Service", "rpc.method", "Method"}},
		{"rpc in one", "pkg.Service/Method", attrs{"rpc.system.name", "grpc", "rpc.method", "pkg.Service/Method"}},
		{"both", "pkg.Service/Method", attrs{"rpc.service", "pkg.Service", "rpc.method", "pkg.Service/Method"}},
		{"rpc over HTTP", "S/M", attrs{"http.request.method", "POST", "url.path", "/x", "rpc.service", "S", "rpc.method", "M"}},
		{"rpc without service", "M", attrs{"rpc.method", "M"}},
		{"bounded", "GET " + long[:maxRoutePart], attrs{"http.request.method", "GET", "url.path", long}},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, decode(newSpan(ptrace.SpanKindServer, c.kv)).Route)
		})
	}
	require.Empty(t, decode(clientSpan()).Route, "nobody asks for it below a parent")
	root := clientSpan()
	root.SetParentSpanID(pcommon.SpanID{})
	require.Equal(t, "GET /a/order", decode(root).Route, "a prober's call")
}
