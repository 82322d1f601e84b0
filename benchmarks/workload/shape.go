package workload

import "go.opentelemetry.io/collector/pdata/ptrace"

// step is one span of the trace that all traces are made after.
type step struct {
	service string
	parent  int // index into shape; -1 for the root
	depth   int
	kind    ptrace.SpanKind
	name    string
	attrs   attrSet
	target  string // route, method, table, topic or group
	group   string // consumer group of the baseline
}

// attrSet chooses the attributes of a span.
type attrSet uint8

const (
	httpServer attrSet = iota
	httpClient
	rpcServer
	rpcClient
	database
	producer
	consumer
)

// shape returns the steps of a trace: a gateway calls order, order asks stock,
// stock asks price, order sends a message, pay and notify take it, pay calls
// ledger.
func shape() [SpansPerTrace]step {
	const (
		server = ptrace.SpanKindServer
		client = ptrace.SpanKindClient
		send   = ptrace.SpanKindProducer
		take   = ptrace.SpanKindConsumer
	)
	return [SpansPerTrace]step{
		{"gateway", -1, 0, server, "POST /api/v1/orders", httpServer, "/api/v1/orders", ""},
		{"gateway", 0, 1, client, "POST", httpClient, "order", ""},
		{"order", 1, 2, server, "POST /orders", httpServer, "/orders", ""},
		{"order", 2, 3, client, "INSERT orders", database, "orders", ""},
		{"order", 2, 3, client, "stock.v1.Stock/Reserve", rpcClient, "stock.v1.Stock", ""},
		{"stock", 4, 4, server, "stock.v1.Stock/Reserve", rpcServer, "stock.v1.Stock", ""},
		{"stock", 5, 5, client, "price.v1.Price/Quote", rpcClient, "price.v1.Price", ""},
		{"price", 6, 6, server, "price.v1.Price/Quote", rpcServer, "price.v1.Price", ""},
		{"order", 2, 3, send, "send ORDER", producer, "ORDER", ""},
		{"pay", 8, 4, take, "process ORDER", consumer, "ORDER", "pay"},
		{"pay", 9, 5, client, "POST", httpClient, "ledger", ""},
		{"ledger", 10, 6, server, "POST /entries", httpServer, "/entries", ""},
		{"ledger", 11, 7, client, "INSERT entries", database, "entries", ""},
		{"notify", 8, 4, take, "process ORDER", consumer, "ORDER", "notify"},
	}
}

// instances says how many baseline instances of a service there are; each
// service but the gateway has one gray instance besides.
func instances(service string) int {
	switch service {
	case "order", "stock", "price":
		return 2
	default:
		return 1
	}
}
