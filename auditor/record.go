package auditor

// record is what a span leaves behind: 64 bytes, one cache line, without
// pointers. A span link (or a message id that stands for one) leaves an edge: a
// record of the same shape whose owner is the span that has the link.
type record struct {
	trace TraceID // of an edge: the linked span's
	span  SpanID  // of an edge: the linked span's
	start int64   // of an edge: the hash of its message id
	// parent is the upstream record, next the next older dependent of it. While the
	// upstream was not seen (flagWait) parent holds the upper half of its hash. When
	// it expires (flagGone) both make room for what the hop needs of it.
	parent ref
	deps   ref // newest dependent: child or edge; of an edge: its owner
	next   ref
	aux    ref // side facts, 0 for most spans; of an edge: the owner's next edge
	flags  flags
	res    uint16 // ResourceID; of an edge: the ordinal of the link
	name   uint16
	tag    tagID // the tag that it shows; of an edge: the link's own
	col    colour
	rate   uint8 // index of the sampling threshold
	ruled  uint8 // the last ruling of the span's own hop: propagation, placement<<4
}

// keepUpper copies what the hop needs of its upstream before that expires: a
// join is copied, so that expiry changes nothing afterwards.
func (r *record) keepUpper(c colour, res uint16, k kept) {
	r.parent = ref(uint32(c.class) | uint32(c.how)<<8 | uint32(c.env)<<16)
	r.next = ref(uint32(res) | uint32(k)<<16)
	r.set(flagGone)
	r.unset(flagWait)
}

// kept is what else an upstream that has expired told of what it sent.
type kept uint8

const (
	keptDelayed kept = 1 << iota // the broker held it back
	keptMany                     // with others in one batch
	keptCarried                  // its carrier was seen with the tag
)

// keeps returns what keepUpper kept besides; nothing of an upstream that is held.
func (r *record) keeps() kept {
	if !r.has(flagGone) {
		return 0
	}
	return kept(r.next >> 16)
}

// upper returns what keepUpper kept.
func (r *record) upper() (colour, uint16) {
	p := uint32(r.parent)
	return colour{class: colourClass(p), how: how(p >> 8), env: tagID(p >> 16)}, uint16(r.next)
}

// flags pack the small facts of a record.
type flags uint32

const (
	maskKind    flags = 7      // Kind
	shiftOp           = 3      // Op, 3 bits
	shiftRem          = 6      // Remote, 2 bits
	flagRoot    flags = 1 << 8 // no parent id
	flagWait    flags = 1 << 9 // in the waiting index: the upstream was not seen
	flagGone    flags = 1 << 10
	flagTagged  flags = 1 << 11 // the tag key is present, if only with a baseline value
	flagEdge    flags = 1 << 12 // a link or message id, not a span
	flagByID    flags = 1 << 13 // an edge by message id
	flagProbe   flags = 1 << 14 // an ignored entry operation
	flagSkip    flags = 1 << 15 // the consumer left the message
	flagFinal   flags = 1 << 16 // the window has ended
	flagFound   flags = 1 << 17 // a finding was emitted
	flagLater   flags = 1 << 18 // a later attempt, as its producer told when it expired, or its message
	flagMoved   flags = 1 << 19 // kept beyond its window for a twin to show
	flagWatch   flags = 1 << 20 // on a twin's watch list
	flagQueued  flags = 1 << 21 // on the work list
	flagEvict   flags = 1 << 23 // pushed out before its window ended
	flagHeld    flags = 1 << 25 // a finding waits for the window's end
	flagLinked  flags = 1 << 26 // its one span link is its upstream, not its parent
	flagKept    flags = 1 << 27 // something is kept beside the record: see Engine.forget
	flagPlain   flags = 1 << 22 // in the chain of a plain trace: see plain_trace.go
	flagClosed  flags = 1 << 28 // the same, and counted
	flagCounted flags = 1 << 29 // counted before its trace was plain no more
	flagShared  flags = 1 << 24 // an edge whose context other links of its span share
)

func (r *record) has(f flags) bool { return r.flags&f != 0 }
func (r *record) kind() Kind       { return Kind(r.flags & maskKind) }
func (r *record) op() Op           { return Op(r.flags >> shiftOp & 7) }
func (r *record) remote() Remote   { return Remote(r.flags >> shiftRem & 3) }
func (r *record) set(f flags)      { r.flags |= f }
func (r *record) unset(f flags)    { r.flags &^= f }

// calls reports a span that hands a carrier to another process.
func (r *record) calls() bool { return r.kind() == KindClient || r.producer() }

// producer reports whether messages start at this span.
func (r *record) producer() bool {
	return r.sends() && r.kind() == KindProducer
}

// handsOn reports a span without tag that passes on the one that it got.
func (r *record) handsOn() bool {
	return r.tag == envBase && r.col.class == colTag && r.col.how&(howBlind|howSilent) != 0
}

// slot is that of the span's own hop.
func (r *record) slot() slotKind {
	if r.has(flagLinked) {
		return slotLink
	}
	return slotParent
}

// met reports whether the upstream was seen and is held.
func (r *record) met() bool { return r.parent != 0 && !r.has(flagWait|flagGone) }

// taking reports a span with side facts that tell from which channel it takes
// messages; a CONSUMER span may show none.
func (r *record) taking() bool { return r.aux != 0 && r.op().Messaging() }

// sends reports a span that creates or sends messages.
func (r *record) sends() bool { return r.op() == OpSend || r.op() == OpCreate }

// passive reports a span that is never up- or downstream of anything.
func (r *record) passive() bool { return r.op() == OpReceive || r.op() == OpSettle }

// entry reports whether work begins here in a workload: placement is judged.
func (r *record) entry() bool {
	if r.has(flagSkip) || r.passive() {
		return false
	}
	return r.kind() == KindServer || r.op() == OpProcess || r.kind() == KindConsumer
}

// aux is the side facts of messaging spans, of spans with links and of those
// with readings besides their own tag.
type aux struct {
	idHash  uint64 // of (system, destination, message id); 0 none
	edges   ref    // newest edge; chained by record.aux; of a plain record: the side facts of the next older message span
	message ref    // of a producer: its newest message, chained by message.next; of a consumer: the one it met after its producer expired
	tally   ref    // sum over the edges, where there are several; of a plain record: see plainSides
	channel uint16
	batch   uint16 // messaging.batch.message_count, capped
	witness tagID
	prop    tagID
	header  tagID
	bits    auxBits
}

// linkTally sums up the colours of a span's edges so that 10,000 links cost
// linear time: as long as one colour prevails nobody walks them again.
type linkTally struct {
	total, known, common uint32
	unknown              uint32    // of the known, those whose colour nothing tells
	col                  colour    // the one counted by common
	hows                 [6]uint32 // how many of the known have each bit of how
}

type auxBits uint16

const (
	auxProp      auxBits = 1 << iota // the property was seen, if only as baseline
	auxHeader                        // headers were captured
	auxBroadcast                     //
	auxAgain                         // redelivered
	auxDead                          // from a dead-letter destination
	auxDropped                       // links are missing
	auxManyIDs                       // several ids in one field
	auxDelayed                       // the broker held the message back
)
