package auditor

// Code is a mechanism by which isolation breaks: R1..R12 for calls, M1..M20 for
// messages. Empty: the evidence does not separate the mechanisms, and none is
// guessed.
type Code string

// CodeEntry is a mechanism with the evidence that gives its code. Codes without
// evidence cannot be told from a trace; Blind says why.
type CodeEntry struct {
	Code     Code
	Title    string
	Verdict  Verdict // of the findings that carry it
	Evidence string
	Blind    string
}

// Codes returns the published precedence: for one finding the first entry of its
// verdict whose evidence is there gives the code (codeOf, escapeCode and
// messageCode in code.go). The caller owns the result.
func Codes() []CodeEntry {
	return append(messageCodes(), rpcCodes()...)
}

func rpcCodes() []CodeEntry {
	return []CodeEntry{
		{"R3", "Detached goroutine or pool", VerdictEscape, "a producer or client call without parent, untagged, from a gray home; or an untagged INTERNAL child of a tagged span of its own service", ""},
		{"R5", "Un-instrumented middle", VerdictEscape, "the tag passed through a workload with neither home nor tags", ""},
		{"R7", "Trust boundary strip", VerdictEscape, "a SERVER root that only links to the tagged span", ""},
		{"R2", "Second-hop drop", VerdictEscape, "an untagged CLIENT or PRODUCER child of a tagged span of its own service", ""},
		{"R4", "Tag bleed", VerdictInjection, "baseline traffic that shows a tag", ""},
		{"R1", "Router bypass", VerdictLeak, "a tagged call at baseline while a twin was alive", ""},
		{"R9", "Inverse fallback", VerdictPollution, "a baseline call at a gray workload", ""},
		{"R6", "Propagator mismatch", "", "", "one hop looks like any other loss between two services; the rate of an edge tells it"},
		{"R8", "Forged tag", "", "", "a tagged root looks like a tag that the edge gave; list the origins and strip tags there"},
		{"R10", "Retry in another lane", "", "", "seen as R1 on the second attempt"},
		{"R11", "Side channel through a store", "", "", "no span connects writer and reader"},
		{"R12", "Swapped label at deploy", "", "", "consistent wrong labels look right; a base home with gray traffic alone shows as fallback"},
	}
}

func messageCodes() []CodeEntry {
	return []CodeEntry{
		{"M9", "Batch consumption without context", VerdictEscape, "a process span with several links, all of one tag, that shows none", ""},
		{"M8", "Batch send without context", VerdictEscape, "the producer sent several messages at once", ""},
		{"M11", "Dead-letter re-drive", VerdictEscape, "the message came from a dead-letter destination; likewise leak, pollution and cross_env", ""},
		{"M10", "Retry leaves the lane", VerdictEscape, "the span tells that the message was delivered before; likewise leak, pollution and cross_env", ""},
		{"M15", "Broadcast consumption", VerdictLeak, "the consumption model is broadcasting; comes before M11, M10, M12, M6 and M1; likewise pollution and cross_env", ""},
		{"M12", "Delayed message outlives the lane", VerdictLeak, "the message had a delay; likewise pollution, cross_env and stranded", ""},
		{"M6", "Group-name collision", VerdictLeak, "baseline and gray consumers in one group; for pollution and cross_env a gray consumer whose group is not named as a twin", ""},
		{"M1", "Baseline steal", VerdictLeak, "any other tagged message at a baseline group while a twin was alive", ""},
		{"M4", "Stranded backlog", VerdictStranded, "no twin consumer was alive", ""},
		{"M5", "Skipped over", VerdictStranded, "a twin consumer was alive", ""},
		{"M2", "Fail-open flap", "", "", "each hop is M1; the burst in time tells it"},
		{"M3", "Start-up overlap", "", "", "each hop is M1; that both groups took the message holds for every M1 of separate groups"},
		{"M7", "False twin", "", "", "looks like M4"},
		{"M13", "Transaction check-back", "", "", "the broker's decision has no span"},
		{"M14", "Double send", "", "", "the second send has no span"},
		{"M16", "Queue-isolation slip", "", "", "needs the broker's queue table"},
		{"M17", "Property filter off", "", "", "each hop is M1"},
		{"M18", "Start position of a new group", "", "", "each hop is a pollution; the burst at start tells it"},
		{"M19", "Bridge or re-publisher", "", "", "no span connects both sides"},
		{"M20", "Request-reply", "", "", "a reply at another instance is judged as any message"},
	}
}
