package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

	"github.com/dyetrace/dyetrace/instrumentation/nethttp"
)

func httpProtocol() protocol {
	return protocol{name: "otelhttp", rows: newRows("otelhttp", openBareHTTP, openGrayHTTP)}
}

// hello is the service.
func hello(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }

func openBareHTTP(ctx context.Context, w *wiring) (call, error) {
	options := []otelhttp.Option{otelhttp.WithTracerProvider(w.provider), otelhttp.WithPropagators(w.propagator)}
	server := httptest.NewServer(otelhttp.NewHandler(http.HandlerFunc(hello), "hello", options...))
	w.onClose(server.Close)
	base := &http.Transport{}
	w.onClose(base.CloseIdleConnections)
	return getter(ctx, otelhttp.NewTransport(base, options...), server.URL), nil
}

func openGrayHTTP(ctx context.Context, w *wiring) (call, error) {
	option := otelhttp.WithTracerProvider(w.provider)
	var instances []nethttp.Instance
	for _, home := range []string{"base", "gray"} {
		server := httptest.NewServer(nethttp.NewHandler(http.HandlerFunc(hello), "hello", nethttp.WithServerOptions(option)))
		w.onClose(server.Close)
		instances = append(instances, nethttp.Instance{Address: strings.TrimPrefix(server.URL, "http://"), Home: home})
	}
	var directory nethttp.Directory
	if err := directory.Set("hello", instances...); err != nil {
		return nil, err
	}
	base := &http.Transport{}
	w.onClose(base.CloseIdleConnections)
	transport := nethttp.NewTransport(base, nethttp.WithResolver(&directory), nethttp.WithClientOptions(option))
	return getter(ctx, transport, "http://hello"), nil
}

func getter(ctx context.Context, transport http.RoundTripper, url string) call {
	client := &http.Client{Transport: transport}
	return func() error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := client.Do(r)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("GET %s: %s", url, response.Status)
		}
		_, err = io.Copy(io.Discard, response.Body)
		return err
	}
}
