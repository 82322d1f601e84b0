package audittest

import (
	"strings"

	"github.com/dyetrace/dyetrace/auditor"
)

const expectAdvice = "write: => leak proven R1 blame=svc-a/router env=gray effect=none, several with ; between, or => none"

// expectations reads what stands after =>, from the word at index at.
func (p *parser) expectations(b *building, at int) *Error {
	l := b.raw
	if at == len(l.tokens)-1 && l.tokens[at].text == "none" {
		return nil
	}
	for at <= len(l.tokens) {
		end := at
		for end < len(l.tokens) && l.tokens[end].text != ";" {
			end++
		}
		if err := p.expectation(b, at, end); err != nil {
			return err
		}
		at = end + 1
	}
	return nil
}

// expectation reads one finding from the words [from, to).
func (p *parser) expectation(b *building, from, to int) *Error {
	l := b.raw
	var e Expect
	words := make([]string, 0, to-from)
	for i := from; i < to; i++ {
		words = append(words, l.tokens[i].text)
		key, value, has := l.tokens[i].keyValue()
		if has {
			value, ok := unquote(value)
			if !ok || !e.field(key, value) {
				return p.fail(l, i, expectAdvice, "%q is no field of a finding", l.tokens[i].text)
			}
		} else if !e.word(key) {
			return p.fail(l, i, expectAdvice, "%q is no verdict, certainty or code", key)
		}
	}
	if e.Verdict == "" {
		return p.fail(l, from, expectAdvice, "expectation without a verdict")
	}
	if len(b.Expect) == MaxFindings {
		return p.fail(l, from, "make it fewer", "more than %d findings of one span", MaxFindings)
	}
	e.text = strings.Join(words, " ")
	b.Expect = append(b.Expect, e)
	return nil
}

// word reads a verdict, a certainty, a code or maybe.
func (e *Expect) word(w string) bool {
	switch {
	case w == "maybe":
		e.Maybe = true
	case w == string(auditor.Proven) || w == string(auditor.Suspected):
		e.Certainty = auditor.Certainty(w)
	case isCode(w):
		code := auditor.Code(w)
		e.Code = &code
	case e.Verdict == "" && isFindingVerdict(auditor.Verdict(w)):
		e.Verdict = auditor.Verdict(w)
	default:
		return false
	}
	return true
}

// field reads key=value.
func (e *Expect) field(key, value string) bool {
	switch key {
	case "code":
		code := auditor.Code("")
		e.Code = &code
		return value == "none"
	case "effect":
		effect := auditor.Verdict(strings.TrimSuffix(value, "none"))
		e.Effect = &effect
		return isEffect(effect)
	case "env":
		e.Env = &value
	case "group":
		e.Group = &value
	case "msgid":
		e.MessageID = &value
	case "operation":
		e.Operation = &value
	case "kind":
		e.Kind = auditor.HopKind(value)
		return value == "local" || value == "rpc" || value == "message"
	case "blame":
		service, where, _ := strings.Cut(value, "/")
		e.BlameService, e.BlameWhere = service, auditor.Where(where)
		return where == "" || isWhere(auditor.Where(where))
	case "peer":
		e.Peer = strings.TrimPrefix(value, "#")
		return e.Peer != ""
	default:
		return false
	}
	return true
}

func isCode(w string) bool {
	return len(w) > 1 && (w[0] == 'R' || w[0] == 'M') && strings.Trim(w[1:], "0123456789") == ""
}

func isFindingVerdict(v auditor.Verdict) bool {
	switch v {
	case auditor.VerdictEscape, auditor.VerdictMutation, auditor.VerdictInjection, auditor.VerdictLeak,
		auditor.VerdictPollution, auditor.VerdictCrossEnv, auditor.VerdictStranded:
		return true
	}
	return false
}

func isEffect(v auditor.Verdict) bool {
	switch v {
	case "", auditor.VerdictLeak, auditor.VerdictPollution, auditor.VerdictCrossEnv:
		return true
	}
	return false
}

func isWhere(w auditor.Where) bool {
	switch w {
	case auditor.WhereInProcess, auditor.WhereSender, auditor.WhereReceiver, auditor.WhereWire,
		auditor.WhereRouter, auditor.WhereUnknown:
		return true
	}
	return false
}

// matches reports whether a finding fits the expectation.
func (e *Expect) matches(f *auditor.Finding) bool {
	return e.Verdict == f.Verdict &&
		(e.Certainty == "" || e.Certainty == f.Certainty) &&
		fits(e.Code, f.Code) && fits(e.Effect, f.Effect) && fits(e.Env, f.Env) &&
		fits(e.Group, f.Group) && fits(e.MessageID, f.MessageID) && fits(e.Operation, f.Blame.Operation) &&
		(e.Kind == "" || e.Kind == f.Kind) &&
		(e.BlameService == "" || e.BlameService == f.Blame.Service) &&
		(e.BlameWhere == "" || e.BlameWhere == f.Blame.Where) &&
		e.peerMatches(f.Peer.SpanID)
}

func fits[T comparable](want *T, got T) bool { return want == nil || *want == got }

func (e *Expect) peerMatches(id string) bool {
	switch e.Peer {
	case "":
		return true
	case "none":
		return id == ""
	}
	return id == hexID(e.peerID[:])
}
