package auditor

// ruleStranded: a tagged message that a consumer group which should have it did
// not process within its window. took and should are bit sets over the topic's
// consumers; twinOf maps a bit to that of its twin for the message's tag, 0 if
// none was seen. It returns the consumers that miss the message. From traces
// alone this is suspected: a missing span is no proof of a missing consumer.
func ruleStranded(took, should uint64, twinOf func(bit uint64) uint64) (missing uint64) {
	for rest := should; rest != 0; rest &= rest - 1 {
		bit := rest & -rest
		if took&(bit|twinOf(bit)) == 0 {
			missing |= bit
		}
	}
	return missing
}

// strandedCode: delayed messages outlive a lane (M12); without a twin the
// backlog waits for it (M4); with one alive the message was skipped (M5).
func strandedCode(delayed bool, twin presence) Code {
	switch {
	case delayed:
		return "M12"
	case twin == seenNever:
		return "M4"
	}
	return "M5"
}
