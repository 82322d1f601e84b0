package auditor

// Mode is how an Engine treats time.
type Mode uint8

const (
	// Streaming keeps windows by arrival; findings come out as they are known.
	Streaming Mode = iota
	// Offline keeps all facts and judges at Close with liveness known beforehand;
	// its windows are span time.
	Offline
)

// Options of an Engine; the zero value is usable.
type Options struct {
	Mode Mode
	// Sink receives findings, their upgrades and withdrawals, synchronously from
	// Add, Tick and Close. It must not call the Engine. Nil: nothing is emitted.
	Sink func(Finding)
	// Seed varies the hashing of the tables, against crafted collisions. Verdicts
	// do not depend on it.
	Seed uint64
	// Restarted says that facts from before the first arrival were lost with a
	// process: until a window has passed, hops whose upstream is missing are
	// undecidable (reason restart) and nobody is accused for want of it. Streaming
	// only.
	Restarted bool
	Limits
}

// Limits bound an Engine's memory; 0 means the default in brackets.
type Limits struct {
	MaxSpans     int // facts held in Streaming mode [4 Mi]; Offline keeps all
	MaxMessages  int // message facts held in Streaming mode [1 Mi]
	MaxTags      int // distinct tags and homes; the rest count as "other" [1024]
	MaxNames     int // distinct operations, topics, groups: each [65,534]
	MaxResources int // distinct workloads [65,534]
	MaxFindings  int // open findings kept for Report in Streaming mode [64 Ki]
	MaxEdges     int // distinct edges of shares and topology [16 Ki]
}

// Engine judges spans. It is not safe for concurrent use: one goroutine at a
// time may call it.
type Engine struct {
	mode        Mode
	sink        func(Finding)
	limits      Limits
	hash        hasher
	rules       *rules // the newest version
	versions    versions
	window      windows
	now         int64 // the caller's latest time
	decideAt    int64 // when messages are decided at the earliest
	latest      int64 // the latest span start seen: how far the data reach
	lastExpired int64 // the latest start of a producer whose record has expired
	began       int64 // the first arrival, where facts from before it were lost; else 0

	spans    arena[record]
	side     arena[aux]
	messages arena[message]
	tallies  arena[linkTally]
	plains   plainTraces
	allHot   bool // no trace counts as plain; for tests
	calm     calmHops
	looks    looks
	links    []chainLink // scratch, as the next ones
	heads    []ref
	walk     []ref
	sending  []ref
	touched  ref // only so that what is fetched is not optimised away
	left     []ref
	idsAsked bool   // a message was asked for by its id: byID is kept from then on
	unjoined []ref  // messages that are not in byID yet
	bare     []ref  // closed producers of tagged messages that show no property
	heated   int    // traces that took the ordinary way after all
	marks    []mark // where the side tables stood when each span segment began
	known    index  // spans by (trace, span), and those who wait for one
	byIDWait index  // edges that wait for a message id
	byID     index  // messages by id
	bySpan   index  // messages by context, once the producer's record is gone

	tags                                   tags
	services, operations                   names
	topics, groups, filters                names
	workloads                              []workload
	workloadIDs                            map[workloadKey]uint16
	reporters                              map[uint32]*reporter
	channels                               []channelKey
	channelIDs                             map[channelKey]uint16
	channelsFull, twinsFull, workloadsFull bool
	sightings                              map[sightKey]*sighting
	twins                                  map[sightKey]*twin
	consumers                              map[topicKey][]consumerKey
	dirty                                  []*twin         // twins with watchers and news
	flipped                                map[uint16]bool // services whose reporting changed
	work, adopted                          []ref
	hop                                    hop // scratch
	routes                                 [64]routeMemo
	restarted, closed, evicting            bool
	expiring                               bool
	stranded                               map[ref][]strandedFinding
	evidence                               map[audience]taken // of baseline messages that have expired
	takings                                map[topicKey]*takings
	messageIDs                             map[ref]idText  // of tagged messages
	senders                                map[ref]Peer    // of messages whose producer, which has expired, only handed the tag on: who showed it
	consumedIDs                            map[ref]idText  // of process spans, where tag or home are gray
	linkOf                                 map[ref]context // of process spans with a plain link, where tag or home are gray
	twinOf                                 map[twinKey]consumerKey
	groupBits                              [256]groupBit
	ledger                                 ledger
	tally                                  tally
}

// windows are the policy's, in nanoseconds.
type windows struct{ pair, liveness, stranded, grace int64 }

// New returns an engine for the policy. It fails on a policy that cannot hold:
// no keys, windows that are not positive, templates without their field.
func New(p Policy, o Options) (*Engine, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	v := newVersions(p)
	e := &Engine{
		mode: o.Mode, sink: o.Sink, limits: o.Limits.withDefaults(), hash: hasher{o.Seed},
		rules: v[len(v)-1], versions: v, restarted: o.Restarted && o.Mode == Streaming,
		workloadIDs: map[workloadKey]uint16{}, reporters: map[uint32]*reporter{},
		channelIDs: map[channelKey]uint16{}, sightings: map[sightKey]*sighting{},
		twins: map[sightKey]*twin{}, consumers: map[topicKey][]consumerKey{}, flipped: map[uint16]bool{},
		stranded: map[ref][]strandedFinding{}, evidence: map[audience]taken{}, takings: map[topicKey]*takings{}, messageIDs: map[ref]idText{}, senders: map[ref]Peer{}, consumedIDs: map[ref]idText{}, linkOf: map[ref]context{}, twinOf: map[twinKey]consumerKey{},
	}
	e.window = windowsOf(&p)
	e.known.living, e.byIDWait.living = &e.spans.living, &e.spans.living
	e.plains.living = &e.spans.living
	e.byID.living, e.bySpan.living = &e.messages.living, &e.messages.living
	n := e.limits.MaxNames
	e.services, e.operations = newNames(n), newNames(n)
	e.topics, e.groups, e.filters = newNames(n), newNames(n), newNames(n)
	e.tags = tags{names: newNames(e.limits.MaxTags), baseline: baselineSet(&p)}
	e.ledger = newLedger(e.limits.MaxFindings)
	e.tally = newTally(e.limits.MaxEdges)
	e.tally.other = e.tags.other()
	e.Resource(Resource{}) // workload 0: nothing known
	e.channelID(channelKey{})
	return e, nil
}

func (l Limits) withDefaults() Limits {
	for _, d := range []struct {
		v   *int
		def int
	}{
		{&l.MaxSpans, 4 << 20},
		{&l.MaxMessages, 1 << 20},
		{&l.MaxTags, 1024},
		{&l.MaxNames, 1<<16 - 2},
		{&l.MaxResources, 1<<16 - 2},
		{&l.MaxFindings, 64 << 10},
		{&l.MaxEdges, 16 << 10},
	} {
		if *d.v <= 0 {
			*d.v = d.def
		}
	}
	l.MaxMessages = max(l.MaxMessages, 4*segSize)
	l.MaxSpans = max(l.MaxSpans, 64*segSize) // a span and its links must fit
	l.MaxNames, l.MaxResources = min(l.MaxNames, 1<<16-2), min(l.MaxResources, 1<<16-2)
	return l
}

func windowsOf(p *Policy) windows {
	return windows{
		pair: int64(p.Windows.Pair), liveness: int64(p.Windows.Liveness),
		stranded: int64(p.Windows.Stranded), grace: int64(p.Windows.Grace),
	}
}

func baselineSet(p *Policy) map[string]bool {
	set := map[string]bool{}
	for _, v := range p.Baseline {
		set[v] = true
	}
	return set
}

// axis is the time that windows run on: arrival when streaming, else span time.
func (e *Engine) axis(r ref, rec *record) int64 {
	switch {
	case e.mode == Offline:
		return rec.start
	case rec.has(flagMoved):
		return e.movedFrom(rec)
	}
	return e.spans.arrival(r)
}
