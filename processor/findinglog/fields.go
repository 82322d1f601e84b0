package findinglog

import "github.com/dyetrace/dyetrace/auditor"

// field ties one text field of a finding to its attribute, both ways.
type field struct {
	key string
	get func() string
	set func(string)
}

// text makes a field of a string or of a type made of one.
func text[T ~string](key string, at *T) field {
	return field{key, func() string { return string(*at) }, func(s string) { *at = T(s) }}
}

// fields lists the text fields of f; what is set goes into f.
func fields(f *auditor.Finding) []field {
	return []field{
		text(KeyID, &f.ID),
		text(KeyState, &f.State),
		text(KeyAxis, &f.Axis),
		text(KeyVerdict, &f.Verdict),
		text(KeyCertainty, &f.Certainty),
		text(KeyCode, &f.Code),
		text(KeyService, &f.Service),
		text(KeyHome, &f.Home),
		text(KeyEnv, &f.Env),
		text(KeyKind, &f.Kind),
		text(KeySystem, &f.System),
		text(KeyDestination, &f.Destination),
		text(KeyGroup, &f.Group),
		text(KeyMessageID, &f.MessageID),
		text(KeyPeerTraceID, &f.Peer.TraceID),
		text(KeyPeerSpanID, &f.Peer.SpanID),
		text(KeyPeerService, &f.Peer.Service),
		text(KeyPeerHome, &f.Peer.Home),
		text(KeyPeerEnv, &f.Peer.Env),
		text(KeyEffect, &f.Effect),
		text(KeyBlameService, &f.Blame.Service),
		text(KeyBlameOperation, &f.Blame.Operation),
		text(KeyBlameWhere, &f.Blame.Where),
	}
}
