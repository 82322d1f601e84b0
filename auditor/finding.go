package auditor

import "time"

// Axis is what a finding speaks of.
type Axis string

// The axes of design.md section 2.
const (
	AxisPropagation  Axis = "propagation"
	AxisPlacement    Axis = "placement"
	AxisConservation Axis = "conservation"
)

// Certainty is how sure a finding is.
type Certainty string

const (
	// Suspected: likely, but a premise was not seen.
	Suspected Certainty = "suspected"
	// Proven: every premise was seen.
	Proven Certainty = "proven"
)

// State of a finding.
type State string

// A finding is open until later facts take it back.
const (
	StateOpen      State = "open"
	StateWithdrawn State = "withdrawn"
)

// HopKind is how traffic moved.
type HopKind string

// The kinds of hops.
const (
	HopLocal   HopKind = "local"
	HopRPC     HopKind = "rpc"
	HopMessage HopKind = "message"
)

// Where is the place of a fault, as far as the evidence separates them.
type Where string

// The places of design.md section 5.
const (
	WhereInProcess Where = "in_process"
	WhereSender    Where = "sender"
	WhereReceiver  Where = "receiver"
	WhereWire      Where = "wire"
	WhereRouter    Where = "router"
	WhereUnknown   Where = "unknown"
)

// Finding is a violation with its evidence and its blame; the JSON is the
// contract of design.md section 5. A Finding given to a sink is a value: the
// receiver may keep it.
type Finding struct {
	ID          string    `json:"id"`
	Revision    int       `json:"revision"`
	State       State     `json:"state"`
	Axis        Axis      `json:"axis"`
	Verdict     Verdict   `json:"verdict"`
	Certainty   Certainty `json:"certainty"`
	Code        Code      `json:"code"`
	TraceID     string    `json:"trace_id"`
	SpanID      string    `json:"span_id"` // the downstream span of the hop; the producer's for stranded
	Time        time.Time `json:"time"`    // start of that span, UTC
	Service     string    `json:"service"`
	Home        string    `json:"home"`
	Env         string    `json:"env"` // the tag that the traffic truly had
	Kind        HopKind   `json:"kind"`
	System      string    `json:"system"`
	Destination string    `json:"destination"`
	Group       string    `json:"group"`
	MessageID   string    `json:"message_id"`
	Peer        Peer      `json:"peer"`
	Effect      Verdict   `json:"effect"` // leak, pollution or cross_env on the same hop
	Blame       Blame     `json:"blame"`
	Explain     string    `json:"explain"`
}

// Peer is the upstream side of a finding's hop; empty where it was not seen.
type Peer struct {
	TraceID string `json:"trace_id"`
	SpanID  string `json:"span_id"`
	Service string `json:"service"`
	Home    string `json:"home"`
	Env     string `json:"env"`
}

// Blame names the first broken hop.
type Blame struct {
	Service   string `json:"service"`
	Operation string `json:"operation"`
	Where     Where  `json:"where"`
}
