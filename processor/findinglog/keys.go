package findinglog

// EventName is the event name of a finding's log record.
const EventName = "gray.finding"

// The attributes of a record: the fields of the findings' JSON (design of the
// contract: docs/verdicts.md) below "gray.finding.", and the run.
const (
	// KeyRun names the engine's life that the finding comes from: revisions grow
	// within a run and begin anew with the next one. The connector's metrics carry
	// the same key on their resource.
	KeyRun = "gray.audit.run"

	KeyID             = "gray.finding.id"
	KeyRevision       = "gray.finding.revision" // int
	KeyState          = "gray.finding.state"
	KeyAxis           = "gray.finding.axis"
	KeyVerdict        = "gray.finding.verdict"
	KeyCertainty      = "gray.finding.certainty"
	KeyCode           = "gray.finding.code"
	KeyService        = "gray.finding.service"
	KeyHome           = "gray.finding.home"
	KeyEnv            = "gray.finding.env"
	KeyKind           = "gray.finding.kind"
	KeySystem         = "gray.finding.system"
	KeyDestination    = "gray.finding.destination"
	KeyGroup          = "gray.finding.group"
	KeyMessageID      = "gray.finding.message_id"
	KeyPeerTraceID    = "gray.finding.peer.trace_id"
	KeyPeerSpanID     = "gray.finding.peer.span_id"
	KeyPeerService    = "gray.finding.peer.service"
	KeyPeerHome       = "gray.finding.peer.home"
	KeyPeerEnv        = "gray.finding.peer.env"
	KeyEffect         = "gray.finding.effect"
	KeyBlameService   = "gray.finding.blame.service"
	KeyBlameOperation = "gray.finding.blame.operation"
	KeyBlameWhere     = "gray.finding.blame.where"
)

// attributes is how many a record can have.
const attributes = 25
