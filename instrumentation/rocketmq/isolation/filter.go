package isolation

// Filter says which messages a consumer processes. The zero Filter takes all.
type Filter struct {
	own     string // a twin's tag; "" for the baseline group
	refused Tags   // of the baseline group
	rules   *Rules // for the values that mean baseline
}

// Accept reports whether a message of a tag ("" is none) is processed; if not, it
// is acknowledged unprocessed. attempt counts the deliveries before this one, as
// the broker does (ReconsumeTimes): a redelivered message is always accepted, for
// its group took it already and may be the only one that did.
func (f Filter) Accept(tag string, attempt int) bool {
	if attempt > 0 {
		return true
	}
	if f.own != "" {
		return tag == f.own
	}
	return f.rules.IsBaseline(tag) || !f.refused.Has(tag)
}

// Refused returns the tags that a baseline group refuses; empty for a twin, which
// takes its own tag only.
func (f Filter) Refused() Tags { return f.refused }
