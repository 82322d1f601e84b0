package auditor

// TraceID is a W3C trace id. The zero value is invalid.
type TraceID [16]byte

// SpanID is a W3C span id. The zero value means "none".
type SpanID [8]byte

// IsZero reports whether the id is all zero, which OpenTelemetry calls invalid.
func (t TraceID) IsZero() bool { return t == TraceID{} }

// IsZero reports whether the id is all zero: no span, no parent.
func (s SpanID) IsZero() bool { return s == SpanID{} }

// Kind is the span kind; the values are those of OTLP (trace.proto, Span.SpanKind).
type Kind uint8

// The span kinds of OTLP.
const (
	KindUnspecified Kind = iota
	KindInternal
	KindServer
	KindClient
	KindProducer
	KindConsumer
)

// Op is what a span does, as far as the rules care. The messaging operations
// are told by messaging.operation.type (or its older names), never by kind alone.
type Op uint8

const (
	// OpOther is work inside a workload: anything that is not listed below.
	OpOther Op = iota
	// OpRPC is an RPC or HTTP call, client or server side. Of clients it is only read
	// where they have no parent: there a call may have lost its context.
	OpRPC
	// OpStore is a client of a database, cache or other store: no OpRPC.
	OpStore
	// OpCreate creates a message that a later send span transmits.
	OpCreate
	// OpSend sends one or more messages.
	OpSend
	// OpReceive fetches messages; never up- or downstream of anything.
	OpReceive
	// OpProcess handles delivered messages.
	OpProcess
	// OpSettle acknowledges or rejects; never up- or downstream of anything.
	OpSettle
)

// Messaging reports whether the operation is one of messaging.
func (o Op) Messaging() bool { return o >= OpCreate }

// Remote says whether a span's parent is in another process, from bits 8 and 9
// of the OTLP span flags (trace.proto, SpanFlags).
type Remote uint8

// What the span flags say of the parent.
const (
	RemoteUnknown Remote = iota
	RemoteNo
	RemoteYes
)

// Reading is one observation of a tag. Present with an empty Value means that
// the place was looked at and shows no tag.
type Reading struct {
	Present bool
	Value   string
}

// Resource is what the rules need of an OpenTelemetry resource.
type Resource struct {
	Service string
	// Home is the workload's env; Present false means that no home key was found.
	Home Reading
	// Reporting is the resource attribute gray.reporting.
	Reporting bool
}

// ResourceID names an interned Resource; valid for the Engine that gave it.
type ResourceID uint32

// Span is the facts of one span. It is borrowed: the engine copies what it keeps,
// so the caller may reuse the Span, its slices and the memory of its strings as
// soon as the call returns.
type Span struct {
	TraceID  TraceID
	SpanID   SpanID
	ParentID SpanID
	// Start and End are nanoseconds since the Unix epoch, as in OTLP. Nothing is
	// ordered by End: consumers often start before their producer ends.
	Start, End int64
	Kind       Kind
	Op         Op
	Remote     Remote
	Failed     bool // status ERROR or error.type set; only read of OpSend and OpCreate
	Resource   ResourceID
	// Name is the operation as people know it: normally the span name.
	Name string
	// Route identifies an entry operation for the policy's ignore list:
	// "GET /healthz", "grpc.health.v1.Health/Check"; where it is empty, Name does.
	// Only read of SERVER spans, and of CLIENT spans without parent.
	Route string
	// Tag is the span's own env tag.
	Tag Reading
	// Witness is the tracestate member dye; empty when absent.
	Witness string
	// HasThreshold and Threshold are tracestate ot=th: the rejection threshold of
	// consistent probability sampling, 0 <= Threshold < 2^56.
	HasThreshold bool
	Threshold    uint64
	// Header is the tag in captured request headers or RPC metadata:
	// Present when headers that would carry it were captured at all.
	Header Reading
	// Message holds the messaging facts; only read when Op.Messaging().
	Message Message
	// Links are the span links, DroppedLinks how many the SDK left out. Only read when
	// Op.Messaging(), and of SERVER spans without parent.
	Links        []Link
	DroppedLinks uint32
}

// Message is the messaging facts of a span.
type Message struct {
	System      string // messaging.system
	Destination string // topic or queue
	Group       string // consumer group; empty when not recorded
	// ID is the message id; a batch send may hold several joined by commas.
	ID string
	// Filter is the broker-side label of a message (RocketMQ's message tag). Only read
	// of those who send it.
	Filter string
	// Batch is messaging.batch.message_count; 0 when absent.
	Batch int
	// Delay is how long the broker holds the message back, in nanoseconds.
	Delay int64
	// Broadcast: every instance takes the message (consumption_model=broadcasting).
	Broadcast bool
	// Redelivered: the span itself tells that this is not the first attempt.
	Redelivered bool
	// DeadLetter: the message comes from a dead-letter destination.
	DeadLetter bool
	// Skipped: the consumer saw the message and left it (gray.decision=skipped).
	Skipped bool
	// Property is the tag in the message's captured properties: Present when it
	// shows one. Absence proves something only where capture is known.
	Property Reading
}

// Link is one span link.
type Link struct {
	TraceID TraceID
	SpanID  SpanID
	// Tag is the link's own tag attribute.
	Tag Reading
	// MessageID is messaging.message.id of the link; empty when absent.
	MessageID string
}
