package envtag

// The other attributes of the project that instrumentation writes.
const (
	// HomeKey is the resource attribute with the environment that the workload
	// is deployed in.
	HomeKey = "gray.home"

	// ReportingKey is the resource attribute of a workload whose spans show
	// the tag whenever their traffic has one: true (boolean).
	ReportingKey = "gray.reporting"

	// SourceKey is the span attribute that says where the tag of an entry span
	// came from: one of the Source constants, or what an integration documents.
	SourceKey = "gray.env.source"

	// DecisionKey is the span attribute with the outcome of routing.
	DecisionKey = "gray.decision"
)

// Values of [SourceKey] at the trust boundary.
const (
	SourceRule   = "edge_rule"      // a rule of this edge assigned the tag
	SourceCaller = "trusted_caller" // a trusted caller brought it
)
