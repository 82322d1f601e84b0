package auditor

import "time"

// Policy is the declared rules that traffic is held against: the meaning of
// design.md section 5. It is plain data; package policyfile reads it from YAML.
// The engine keeps its own copy of what it needs.
type Policy struct {
	Keys     Keys
	Baseline []string // values that mean baseline
	Origins  []string // services that may give, change or remove a tag; globs
	Neutral  []string // services and topics that are baseline for everyone; globs
	// DetachedOK lists roots that are legal detached work.
	DetachedOK []DetachedRule
	// Ignore lists entry operations that are no traffic: "METHOD /route" or
	// "/route" for HTTP, "package.Service/Method" for RPC; * globs.
	Ignore            []string
	Windows           Windows
	Fallback          Fallback
	TwinGroup         string // template with {group} and {env}
	TwinTopic         string // template with {topic} and {env}
	TwinService       string // template with {service} and {env}
	HomeMissing       HomeMissing
	IDUnique          []string // messaging systems whose message ids are unique
	ReportingEvidence ReportingEvidence
	Alive             []AliveTwin
	Reporting         []string // services that record tags, beyond what is learned; globs
	// CapturedProperties are message properties that agents are set to capture.
	CapturedProperties []string
	Consumers          []ConsumerRule // the first match wins
	ValidFrom          time.Time      // zero: always
	Isolation          []IsolationRule
}

// Keys are the attribute keys that hold tag and home; the first present wins.
type Keys struct {
	Env  []string // span attributes
	Home []string // resource attributes
}

// DetachedRule matches detached roots that are legal; empty fields match all.
type DetachedRule struct {
	Service   string // glob
	Operation string // glob over the span name
}

// Windows are the time windows of the rules; all positive.
type Windows struct {
	Pair     time.Duration // how long RPC and local halves wait for each other
	Liveness time.Duration // how long a sighting of a twin or of a tag counts
	Stranded time.Duration // how long a tagged message may stay unconsumed
	Grace    time.Duration // around a policy's valid-from the milder verdict wins
}

// Fallback says what gray traffic may do where there is no twin.
type Fallback uint8

const (
	// FallbackAllow lets baseline serve tagged traffic that has no twin.
	FallbackAllow Fallback = iota
	// FallbackForbid makes that a leak.
	FallbackForbid
)

// HomeMissing says what a workload without a home key is.
type HomeMissing uint8

const (
	// HomeMissingUnknown: nothing is known of its home.
	HomeMissingUnknown HomeMissing = iota
	// HomeMissingBaseline: it is baseline.
	HomeMissingBaseline
)

// ReportingEvidence says whose tags prove that a workload records tags.
type ReportingEvidence uint8

const (
	// EvidenceService: any workload of the same service.
	EvidenceService ReportingEvidence = iota
	// EvidenceHome: a workload of the same service and home.
	EvidenceHome
)

// AliveTwin declares a twin to be running: Service and Home, or Topic, Group
// (the baseline group's name) and Home.
type AliveTwin struct {
	Service, Topic, Group, Home string
}

// ConsumerRule says which tags a baseline consumer group takes by agreement
// (Serves) or must never take (Ignores). Topic and Group are globs.
type ConsumerRule struct {
	Topic, Group    string
	Serves, Ignores []string
}

// Scheme is how messages of a topic and group are kept apart.
type Scheme string

// The isolation schemes of the field (design.md section 6).
const (
	SchemeSQL92       Scheme = "sql92"
	SchemeProperty    Scheme = "property"
	SchemeTag         Scheme = "tag"
	SchemeShadowTopic Scheme = "shadow_topic"
	SchemeQueue       Scheme = "queue"
)

// IsolationState is where a queue isolation stands.
type IsolationState string

// The states of a queue isolation.
const (
	StateNormal   IsolationState = "normal"
	StateGray     IsolationState = "gray"
	StateDraining IsolationState = "draining"
	StateParked   IsolationState = "parked"
)

// IsolationRule is what the instrumentation does for a topic and group. From
// Cut on, Ignores binds the baseline group like a ConsumerRule's.
type IsolationRule struct {
	Topic, Group string
	Scheme       Scheme
	Ignores      []string
	Cut          time.Time
	GrayQueues   int
	State        IsolationState
	Epoch        int
}

// DefaultPolicy returns the rules that hold where nothing is declared. The
// caller owns the result.
func DefaultPolicy() Policy {
	return Policy{
		Keys:     Keys{Env: []string{"gray.env"}, Home: []string{"gray.home"}},
		Baseline: []string{"base", "baseline", ""},
		Ignore:   defaultIgnore(),
		Windows: Windows{
			Pair: 30 * time.Second, Liveness: 5 * time.Minute,
			Stranded: 10 * time.Minute, Grace: time.Minute,
		},
		TwinGroup: "{group}_{env}", TwinTopic: "{topic}_{env}", TwinService: "{service}",
		IDUnique: []string{"rocketmq"},
	}
}

// defaultIgnore lists probes and scrapers: Kubernetes' and Spring's probe
// routes, Prometheus, and the gRPC health and reflection services.
func defaultIgnore() []string {
	return []string{
		"/healthz", "/healthz/*", "/health", "/health/*", "/livez", "/readyz", "/livez/*", "/readyz/*",
		"/ready", "/live", "/ping", "/metrics", "/actuator", "/actuator/*", "/favicon.ico",
		"grpc.health.v1.Health/*", "grpc.reflection.v1.ServerReflection/*", "grpc.reflection.v1alpha.ServerReflection/*",
	}
}
