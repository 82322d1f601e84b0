package nethttp_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/trace"

	"github.com/dyetrace/dyetrace/instrumentation/edge"
	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	"github.com/dyetrace/dyetrace/instrumentation/nethttp"
	"github.com/dyetrace/dyetrace/instrumentation/routing"
	"github.com/dyetrace/dyetrace/instrumentation/witness"
)

func get(ctx context.Context, client *http.Client, url string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

func tagged(t *testing.T, tag string) context.Context {
	t.Helper()
	ctx, err := envtag.ContextWith(t.Context(), tag)
	require.NoError(t, err)
	return ctx
}

func TestChainKeepsTagThroughGoroutines(t *testing.T) {
	front, back := newTelemetry(t), newTelemetry(t)
	backAddress := back.serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, envtag.FromContext(r.Context()))
	})
	client := front.client(t)
	frontAddress := front.serve(t, func(w http.ResponseWriter, r *http.Request) {
		answer := make(chan string)
		go func() { // work handed to another goroutine, with its context
			body, err := get(r.Context(), client, "http://"+backAddress)
			answer <- errText(err) + body
		}()
		_, _ = io.WriteString(w, <-answer)
	})

	body, err := get(tagged(t, "gray"), newTelemetry(t).client(t), "http://"+frontAddress)
	require.NoError(t, err)
	require.Equal(t, "gray", body)
	var id trace.TraceID
	for _, s := range append(front.spans.Ended(), back.spans.Ended()...) {
		require.Equal(t, "gray", attr(s, envtag.Key), s.Name())
		require.Equal(t, "gray", witness.Of(s.SpanContext().TraceState()))
		require.True(t, !id.IsValid() || id == s.SpanContext().TraceID(), "one trace")
		id = s.SpanContext().TraceID()
	}
}

func errText(err error) string {
	if err != nil {
		return err.Error()
	}
	return ""
}

func TestRouting(t *testing.T) {
	var directory nethttp.Directory
	name := func(s string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, s+" "+r.Host) }
	}
	base := nethttp.Instance{Address: newTelemetry(t).serve(t, name("base")), Home: "base"}
	gray := nethttp.Instance{Address: newTelemetry(t).serve(t, name("gray")), Home: "gray"}
	require.NoError(t, directory.Set("both", base, gray))
	require.NoError(t, directory.Set("baseonly", base))
	require.NoError(t, directory.Set("grayonly:80", gray))
	require.NoError(t, directory.Set("nobody"))

	for _, c := range []struct {
		name, host, tag string
		policy          routing.Policy
		want, decision  string
		refused         string
	}{
		{name: "gray", host: "both", tag: "gray", want: "gray both", decision: "own"},
		{name: "baseline", host: "both", want: "base both"},
		{name: "no twin", host: "baseonly", tag: "gray", want: "base baseonly", decision: "fallback"},
		{name: "no twin, forbidden", host: "baseonly", tag: "gray", policy: routing.Forbid, decision: "refused", refused: `baseonly has no instance of that home and fallback is forbidden`},
		{name: "another tag", host: "both", tag: "blue", want: "base both", decision: "fallback"},
		{name: "baseline never goes to gray", host: "grayonly:80", decision: "refused", refused: "gray instances never serve baseline"},
		{name: "nobody", host: "nobody", tag: "gray", decision: "refused", refused: "neither an instance of that home nor a baseline instance"},
		{name: "unknown host goes where the URL says", host: gray.Address, want: "gray " + gray.Address},
	} {
		t.Run(c.name, func(t *testing.T) {
			tel := newTelemetry(t)
			client := tel.client(t, nethttp.WithResolver(&directory), nethttp.WithFallback(c.policy), nil)
			body, err := get(tagged(t, c.tag), client, "http://"+c.host+"/path?x=1")
			span := tel.one(t, trace.SpanKindClient)
			require.Equal(t, c.decision, attr(span, envtag.DecisionKey))
			if c.refused != "" {
				var refused *routing.RefusedError
				require.ErrorAs(t, err, &refused)
				require.ErrorContains(t, err, c.refused)
				require.Equal(t, c.host, refused.Service)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, body)
		})
	}
}

func TestDirectory(t *testing.T) {
	var directory nethttp.Directory
	require.ErrorContains(t, directory.Set("svc", nethttp.Instance{Address: "10.0.0.1"}), "write it as host:port")
	require.ErrorContains(t, directory.Set("svc", nethttp.Instance{Address: "10.0.0.1:80", Home: "a b"}), "home of instance 10.0.0.1:80")
	table, err := directory.Resolve(t.Context(), "svc")
	require.NoError(t, err)
	require.Nil(t, table)
	require.NoError(t, directory.Set("svc", nethttp.Instance{Address: "10.0.0.1:80"}))
	table, err = directory.Resolve(t.Context(), "svc")
	require.NoError(t, err)
	require.NotNil(t, table)
	directory.Remove("svc")
	table, err = directory.Resolve(t.Context(), "svc")
	require.NoError(t, err)
	require.Nil(t, table)
}

// failing is a resolver that cannot answer.
type failing struct{}

func (failing) Resolve(context.Context, string) (*routing.Table[nethttp.Instance], error) {
	return nil, errors.New("registry is down")
}

// body remembers that it was closed.
type body struct {
	io.Reader
	closed atomic.Bool
}

func (b *body) Close() error {
	b.closed.Store(true)
	return nil
}

func TestWhereNothingIsSentTheBodyIsClosed(t *testing.T) {
	var empty nethttp.Directory
	require.NoError(t, empty.Set("svc"))
	for want, resolver := range map[string]nethttp.Resolver{"instances of svc: registry is down": failing{}, "refused": &empty} {
		payload := &body{Reader: strings.NewReader("x")}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://svc", payload)
		require.NoError(t, err)
		_, err = newTelemetry(t).client(t, nethttp.WithResolver(resolver)).Do(r) //nolint:bodyclose // there is no response
		require.ErrorContains(t, err, want)
		require.True(t, payload.closed.Load())
	}
}

func TestThirdPartySeesNoTag(t *testing.T) {
	var seen http.Header
	address := newTelemetry(t).serve(t, func(_ http.ResponseWriter, r *http.Request) { seen = r.Header })
	client := newTelemetry(t).client(t, nethttp.WithThirdParty(func(r *http.Request) bool { return r.URL.Host == address }))
	_, err := get(tagged(t, "gray"), client, "http://"+address)
	require.NoError(t, err)
	require.NotEmpty(t, seen.Get("Traceparent"))
	require.Empty(t, seen.Get("Baggage"))
	require.Equal(t, "ot=th:0", seen.Get("Tracestate"))
}

// With a filter otelhttp hands the caller's own request to the router.
func TestRouterNeverChangesTheCallersRequest(t *testing.T) {
	var directory nethttp.Directory
	address := newTelemetry(t).serve(t, func(http.ResponseWriter, *http.Request) {})
	require.NoError(t, directory.Set("svc", nethttp.Instance{Address: address}))
	client := newTelemetry(t).client(t, nethttp.WithResolver(&directory),
		nethttp.WithClientOptions(otelhttp.WithFilter(func(*http.Request) bool { return false })))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://svc/x", nil)
	require.NoError(t, err)
	response, err := client.Do(r)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, "svc", r.URL.Host)
}

func TestEdge(t *testing.T) {
	guard, err := edge.New(edge.Config{
		Trusted: edge.WithToken("X-Token", "s3cret"),
		Rules:   []edge.Rule{{Tag: "beta", When: edge.HeaderIs("X-Beta", "on")}},
	})
	require.NoError(t, err)
	for _, c := range []struct {
		name    string
		headers map[string]string
		tag     string
		source  string
	}{
		{"untrusted", nil, "", ""},
		{"trusted", map[string]string{"X-Token": "s3cret"}, "gray", envtag.SourceCaller},
		{"rule", map[string]string{"X-Beta": "on"}, "beta", envtag.SourceRule},
	} {
		t.Run(c.name, func(t *testing.T) {
			tel := newTelemetry(t)
			address := tel.serve(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, envtag.FromContext(r.Context()))
			}, nethttp.WithEdge(guard))
			// The caller claims gray in every request.
			r, err := http.NewRequestWithContext(tagged(t, "gray"), http.MethodGet, "http://"+address, nil)
			require.NoError(t, err)
			for k, v := range c.headers {
				r.Header.Set(k, v)
			}
			response, err := newTelemetry(t).client(t).Do(r)
			require.NoError(t, err)
			got, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			require.Equal(t, c.tag, string(got))
			require.Eventually(t, func() bool { return len(tel.spans.Ended()) == 1 }, eventually, tick)
			span := tel.one(t, trace.SpanKindServer)
			require.Equal(t, c.tag, attr(span, envtag.Key), "the server span has the decided tag")
			require.Equal(t, c.source, attr(span, envtag.SourceKey))
			require.Equal(t, c.tag, witness.Of(span.SpanContext().TraceState()))
		})
	}
}
