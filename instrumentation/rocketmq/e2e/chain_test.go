package e2e_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"

	"github.com/dyetrace/dyetrace/instrumentation/edge"
	graygrpc "github.com/dyetrace/dyetrace/instrumentation/grpc"
	"github.com/dyetrace/dyetrace/instrumentation/internal/otlpjson"
	"github.com/dyetrace/dyetrace/instrumentation/nethttp"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/brokertest"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation"
	"github.com/dyetrace/dyetrace/instrumentation/sdk"
)

// chain is gateway -gRPC-> orders -RocketMQ-> shipping -HTTP-> stock; the last three
// are deployed at baseline and at gray, each with telemetry of its own.
type chain struct {
	t            *testing.T
	b            *brokertest.Broker
	topic, group string
	spans        *lines
	gateway      string
	stock        nethttp.Directory
	resent       brokertest.Resends
	done         chan string // "home of shipping" + "home of stock", for each message
	// strip changes the context in which gray shipping calls stock.
	strip func(context.Context) context.Context
	stop  []func()
}

func newChain(t *testing.T, b *brokertest.Broker, strip func(context.Context) context.Context) *chain {
	t.Helper()
	c := &chain{t: t, b: b, topic: b.Topic(t, "ORDER", 2), group: b.Group(t, "shipping"), spans: &lines{}, done: make(chan string, 100), strip: strip}
	t.Cleanup(c.close)
	homes := []string{"base", "gray"}
	var stock []nethttp.Instance
	var orders []resolver.Address
	for _, home := range homes {
		provider := c.provider("stock", home)
		stock = append(stock, c.serve(provider, "stock", home, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, home) }))
	}
	require.NoError(t, c.stock.Set("stock", stock...))
	for _, home := range homes {
		c.ship(home)
		orders = append(orders, c.order(home))
	}
	registry := manual.NewBuilderWithScheme("chain")
	registry.InitialState(resolver.State{Addresses: orders})
	provider := c.provider("gateway", "base")
	conn, err := grpc.NewClient("chain:///orders", append(graygrpc.DialOptions(graygrpc.WithClientOptions(otelgrpc.WithTracerProvider(provider))),
		grpc.WithResolvers(registry), grpc.WithTransportCredentials(insecure.NewCredentials()))...)
	require.NoError(t, err)
	c.stop = append(c.stop, func() { _ = conn.Close() })
	guard, err := edge.New(edge.Config{Rules: []edge.Rule{{Tag: "gray", When: edge.HeaderIs("X-Beta", "on")}}})
	require.NoError(t, err)
	c.gateway = c.serve(provider, "gateway", "base", func(w http.ResponseWriter, r *http.Request) {
		if _, err := testgrpc.NewTestServiceClient(conn).UnaryCall(r.Context(), &testgrpc.SimpleRequest{}); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
		}
	}, nethttp.WithEdge(guard)).Address
	return c
}

func (c *chain) provider(service, home string) *sdktrace.TracerProvider {
	c.t.Helper()
	p, err := sdk.NewTracerProvider(c.t.Context(), sdk.WithService(service), sdk.WithHome(home),
		sdk.WithSpanProcessor(sdktrace.NewSimpleSpanProcessor(otlpjson.NewExporter(c.spans))))
	require.NoError(c.t, err)
	return p
}

func (c *chain) serve(p *sdktrace.TracerProvider, service, home string, next http.HandlerFunc, more ...nethttp.HandlerOption) nethttp.Instance {
	server := httptest.NewServer(nethttp.NewHandler(next, service, append(more, nethttp.WithServerOptions(otelhttp.WithTracerProvider(p)))...))
	c.stop = append(c.stop, server.Close)
	return nethttp.Instance{Address: strings.TrimPrefix(server.URL, "http://"), Home: home}
}

// orders sends a message for each call, from a goroutine of its own.
type orders struct {
	testgrpc.UnimplementedTestServiceServer
	producer *rocketmq.Producer
	topic    string
}

func (o orders) UnaryCall(ctx context.Context, _ *testgrpc.SimpleRequest) (*testgrpc.SimpleResponse, error) {
	sent := make(chan error)
	go func() {
		_, err := o.producer.SendSync(ctx, primitive.NewMessage(o.topic, []byte("order")))
		sent <- err
	}()
	return &testgrpc.SimpleResponse{}, <-sent
}

func (c *chain) order(home string) resolver.Address {
	c.t.Helper()
	provider := c.provider("orders", home)
	p, err := rocketmq.NewProducer(rocketmq.Config{Home: home, TracerProvider: provider},
		producer.WithNameServer([]string{c.b.NameServer}), producer.WithGroupName(c.b.Group(c.t, "orders")))
	require.NoError(c.t, err)
	require.NoError(c.t, p.Start())
	var config net.ListenConfig
	l, err := config.Listen(c.t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(c.t, err)
	server := grpc.NewServer(graygrpc.ServerOption(otelgrpc.WithTracerProvider(provider)))
	testgrpc.RegisterTestServiceServer(server, orders{producer: p, topic: c.topic})
	go func() { _ = server.Serve(l) }()
	c.stop = append(c.stop, func() { server.GracefulStop(); _ = p.Shutdown() })
	return graygrpc.WithHome(resolver.Address{Addr: l.Addr().String()}, home)
}

// ship takes orders and asks the stock, from a goroutine of its own.
func (c *chain) ship(home string) {
	c.t.Helper()
	provider := c.provider("shipping", home)
	transport := &http.Transport{}
	stock := &http.Client{Transport: nethttp.NewTransport(transport, nethttp.WithResolver(&c.stock), nethttp.WithClientOptions(otelhttp.WithTracerProvider(provider)))}
	rules := rocketmq.FixedRules(&isolation.Rules{Consumers: []isolation.ConsumerRule{{Ignores: []string{"gray"}}}})
	push, err := rocketmq.NewPushConsumer(rocketmq.Config{Home: home, TracerProvider: provider, Rules: rules},
		consumer.WithNameServer([]string{c.b.NameServer}), consumer.WithGroupName(c.group), consumer.WithConsumeFromWhere(consumer.ConsumeFromFirstOffset))
	require.NoError(c.t, err)
	require.NoError(c.t, push.Subscribe(c.topic, consumer.MessageSelector{}, func(ctx context.Context, msgs ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
		if c.resent.Has(msgs[0]) {
			return consumer.ConsumeSuccess, nil
		}
		asked := make(chan error)
		go func() { asked <- c.ask(ctx, stock, home) }()
		if err := <-asked; err != nil {
			return consumer.ConsumeRetryLater, err
		}
		return consumer.ConsumeSuccess, nil
	}))
	require.NoError(c.t, push.Start())
	c.stop = append(c.stop, func() { _ = push.Shutdown(); transport.CloseIdleConnections() })
}

func (c *chain) ask(ctx context.Context, stock *http.Client, home string) error {
	if c.strip != nil && home == "gray" {
		ctx = c.strip(ctx)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://stock/", nil)
	if err != nil {
		return err
	}
	response, err := stock.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	c.done <- home + " " + string(body)
	return err
}

// request asks the gateway as someone from outside, and returns what became of it.
func (c *chain) request(beta string) string {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, "http://"+c.gateway, nil)
	require.NoError(c.t, err)
	r.Header.Set("X-Beta", beta)
	response, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(c.t, err)
	require.NoError(c.t, response.Body.Close())
	require.Equal(c.t, http.StatusOK, response.StatusCode)
	return <-c.done
}

// close stops all, callers first, so that all spans have ended.
func (c *chain) close() {
	for _, stop := range slices.Backward(c.stop) {
		stop()
	}
	c.stop = nil
}

// lines are JSON lines in memory.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, string(p))
	return len(p), nil
}

// matching returns the lines that hold all of the texts.
func (l *lines) matching(texts ...string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(l.all), func(line string) bool {
		return slices.ContainsFunc(texts, func(s string) bool { return !strings.Contains(line, s) })
	})
}
