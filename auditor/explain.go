package auditor

import "strings"

// explain says a finding in one sentence for people.
func explain(f *Finding, h *hop, out *ruling) string {
	var b strings.Builder
	to := workloadText(f.Service, f.Home)
	from := "an upstream that was not seen"
	if f.Peer.Service != "" {
		from = workloadText(f.Peer.Service, f.Peer.Home)
	}
	switch out.found {
	case vLeak:
		b.WriteString(traffic(f) + " tagged " + f.Env + " reached baseline " + to + consumerText(f) + " " + twinText(h, out))
	case vPollution:
		b.WriteString("baseline " + traffic(f) + " was done by " + to + consumerText(f))
	case vCrossEnv:
		b.WriteString(traffic(f) + " tagged " + f.Env + " was done by " + to + consumerText(f))
	case vInjection:
		b.WriteString("baseline traffic from " + from + " shows tag " + f.Env + " at " + to)
	case vMutation:
		b.WriteString("tag " + f.Env + " from " + from + " became another tag at " + to)
	case vEscape:
		b.WriteString(escapeText(f, h, out, from, to))
	}
	if f.Effect != "" {
		b.WriteString("; effect: " + string(f.Effect))
	}
	return b.String()
}

func workloadText(service, home string) string {
	if home == "" {
		return service
	}
	return service + " (" + home + ")"
}

func traffic(f *Finding) string {
	if f.Kind == HopMessage {
		return "message of " + f.Destination
	}
	return "call"
}

func consumerText(f *Finding) string {
	if f.Group == "" {
		return ""
	}
	return ", consumer group " + f.Group
}

func twinText(h *hop, out *ruling) string {
	switch {
	case h.agreement == agreeIgnores:
		return "although the policy says that it ignores this tag"
	case h.twinSure:
		return "although its twin is declared alive"
	case h.forbid:
		return "and the policy forbids fallback"
	case out.proven:
		return "while its twin was alive"
	}
	return "though its twin was seen alive near that time"
}

func escapeText(f *Finding, h *hop, out *ruling, from, to string) string {
	switch {
	case out.slot == slotProperty:
		return "the message of " + f.Destination + " carries no property for tag " + f.Env + ", so broker filters are blind to it"
	case h.root:
		return to + " started " + f.Blame.Operation + " without parent and without tag: work that may have left a request tagged " + f.Env
	case h.local:
		return "tag " + f.Env + " was lost inside " + to + " before " + f.Blame.Operation
	case f.Peer.Service == "":
		return "the trace state says " + f.Env + ", but no tag arrived at " + to
	}
	return "tag " + f.Env + " was lost between " + from + " and " + to + whereText(out.where)
}

func whereText(w Where) string {
	switch w {
	case WhereSender:
		return ": the sender did not inject it"
	case WhereWire:
		return ": it was sent with it and arrived without"
	case WhereReceiver:
		return ": it arrived and was not restored"
	}
	return ""
}
