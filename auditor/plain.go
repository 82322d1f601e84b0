package auditor

// settlePlain settles the bulk of all traffic without gathering a hop: a call or
// local span of a reporting workload that shows what its known upstream shows,
// and stands where it belongs. It says what judge would say (the streaming tests
// hold it against check, which always asks judge) and leaves all else to it.
func (e *Engine) settlePlain(r ref, rec *record) bool {
	if e.mode == Offline || rec.aux != 0 || !rec.met() || len(e.versions) > 1 ||
		rec.has(flagFound|flagHeld|flagWatch|flagProbe|flagMoved) || rec.kind() == KindConsumer {
		return false
	}
	up := e.spans.at(rec.parent).col
	if !rec.shows(up) {
		return false
	}
	w := &e.workloads[rec.res]
	if e.rules.service(w.service, &e.services).origin {
		return false
	}
	if rec.tag == envBase && e.reports(w, rec.kind(), e.rules, e.axis(r, rec)) != reportSame {
		return false
	}
	place := vNone
	if rec.entry() {
		if !w.homeKnown || w.home != rec.tag {
			return false
		}
		place = vOK
	}
	rec.ruled = uint8(vOK) | uint8(place)<<4
	up.how = 0
	if rec.col != up {
		rec.col = up
		e.enqueueDeps(rec)
	}
	return true
}

// shows reports a span that shows what its known upstream shows. What an origin
// leaves without a tag is baseline too.
func (r *record) shows(up colour) bool {
	switch {
	case up.env != r.tag || r.tag == envBase && r.has(flagTagged):
		return false
	case up.class == colTag:
		return up.how == 0
	}
	return up.class == colBaseline && up.how&^howOrigin == 0
}
