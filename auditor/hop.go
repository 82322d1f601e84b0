package auditor

// hop is everything that a rule may look at: one step of traffic, gathered from
// the facts. The rules are pure functions of it.
type hop struct {
	kind  HopKind
	op    Op
	span  Kind
	state upState
	up    colour // the colour that arrives from upstream (U)
	// final: the window has ended, nothing more will arrive.
	final bool
	// blind: the upstream may have been lost with a process (Options.Restarted).
	blind bool

	tag      tagID // the tag shown (T); envBase: none
	explicit bool  // the tag key is present with a baseline value
	prop     tagID // the message property's reading
	propSeen bool
	header   tagID // the captured headers' reading
	headers  bool
	witness  tagID

	home      tagID
	homeKnown bool
	origin    bool
	neutral   bool
	report    reporting
	upPassive bool // upstream is a receive or settle span

	entry     bool
	root      bool // no upstream reference of any kind
	probe     bool
	detachOK  bool
	local     bool // both ends in one workload
	allLinks  bool // every link of the batch is known for sure
	links     uint32
	sentMany  bool // the producer sent several messages at once
	evidence  evidence
	twin      presence
	twinSure  bool // declared in the policy
	agreement agreement
	forbid    bool   // the policy forbids fallback
	captured  bool   // property capture is known for this producer
	linked    bool   // the upstream is a span link of a SERVER root
	upRef     ref    // the upstream's record while held
	sentTo    uint16 // the topic that the message was sent to; 0: not known
	upStart   int64  // when the message was produced; 0: not known
	upCarried bool   // the carrier that the upstream sent was seen with the tag
}

// upState is what is known of a hop's upstream.
type upState uint8

const (
	upNone    upState = iota // there is no upstream reference
	upOpen                   // not seen yet, or its colour is open
	upSeen                   // seen; its colour may be unknown
	upMissing                // never seen in the window
	upMixed                  // a batch of several colours, or of unknown ones
	upDropped                // a batch whose links are incomplete
)

// reporting is how well a workload is known to record tags.
type reporting uint8

const (
	reportNone  reporting = iota
	reportOther           // its service shows tags on other span kinds
	reportSame            // on this kind, or declared
)

// agreement is what the policy says of a baseline consumer group and a tag.
type agreement uint8

const (
	agreeNothing agreement = iota
	agreeServes
	agreeIgnores
)

// evidence is what a message hop shows besides tags; it separates the codes.
type evidence struct {
	again, dead, delayed, broadcast bool
	oneGroup                        bool // baseline and tagged homes share the group
}

func (h *hop) message() bool { return h.kind == HopMessage }

func (h *hop) entryOrProducer() bool {
	return h.entry || h.op == OpSend || h.op == OpCreate
}

// detached reports an untagged producer or client call without parent from a
// tagged home: work that may have left its context (design.md, "Detached work").
func (h *hop) detached() bool {
	if !h.root || h.explicit || h.tag != envBase || h.detachOK || h.origin {
		return false
	}
	caller := h.span == KindProducer || h.span == KindClient && h.op == OpRPC
	return caller && h.homeKnown && h.home != envBase
}
