package render_test

import (
	"fmt"
	"time"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/render"
)

func finding(n int, v auditor.Verdict, axis auditor.Axis, c auditor.Certainty, b auditor.Blame) auditor.Finding {
	return auditor.Finding{
		ID: fmt.Sprintf("%032x", n), Revision: 1, State: auditor.StateOpen,
		Axis: axis, Verdict: v, Certainty: c,
		TraceID: fmt.Sprintf("%032x", 0xabc0+n), SpanID: fmt.Sprintf("%016x", 0xde0+n),
		Time:    time.Date(2026, 11, 21, 10, 0, n, 123e6, time.UTC),
		Service: "svc-a", Home: "base", Env: "gray", Kind: auditor.HopRPC,
		Peer:  auditor.Peer{TraceID: fmt.Sprintf("%032x", 0xabc0+n), SpanID: "00f067aa0ba902b7", Service: "svc-b", Home: "gray", Env: "gray"},
		Blame: b,
	}
}

func share(by, name, env string, count, total float64, basis auditor.Basis) auditor.Share {
	s := auditor.Share{By: by, Name: name, Env: env, Count: count, Total: total, Basis: basis}
	if basis != auditor.BasisMixed {
		v := count / total
		s.Share = &v
	}
	return s
}

// evil is a name that attacks terminals, XML and layouts.
const evil = "evil\x1b[2J\x00\u202e\x9b<b>&\"']]> \xff 灰度服务的一个很长的操作名称灰度服务的一个很长的操作名称灰度服务的一个很长的操作名称"

func full() render.Input {
	router := auditor.Blame{Service: "svc-a", Operation: "TEST_MQ process", Where: auditor.WhereRouter}
	var fs []auditor.Finding
	for n := range 12 {
		f := finding(n, auditor.VerdictLeak, auditor.AxisPlacement, auditor.Proven, router)
		f.Code, f.Kind, f.System, f.Destination, f.Group, f.MessageID = "M1", auditor.HopMessage, "rocketmq", "TEST_MQ", "GID_A", fmt.Sprintf("7F%02d", n)
		f.Explain = "A message with tag gray was processed by svc-a at home base although the gray consumer of group GID_A was alive."
		if n == 11 {
			f.Certainty = auditor.Suspected
		}
		fs = append(fs, f)
	}
	escape := finding(20, auditor.VerdictEscape, auditor.AxisPropagation, auditor.Proven, auditor.Blame{Service: "svc-b", Operation: "GET /b", Where: auditor.WhereInProcess})
	escape.Code, escape.Effect, escape.Explain = "R2", auditor.VerdictLeak, "The tag gray was lost inside svc-b, between its server span and its client span."
	odd := finding(21, auditor.VerdictPollution, auditor.AxisPlacement, auditor.Suspected, auditor.Blame{Service: evil, Operation: evil, Where: auditor.WhereUnknown})
	odd.Service, odd.Destination, odd.Peer, odd.Explain = evil, evil, auditor.Peer{}, "Seen at "+evil+"."
	stranded := finding(22, auditor.VerdictStranded, auditor.AxisConservation, auditor.Suspected, auditor.Blame{Service: "svc-c"})
	stranded.Kind, stranded.Destination, stranded.Explain = auditor.HopMessage, "ORDER", "No consumer of group order took this message."
	gone := finding(23, auditor.VerdictMutation, auditor.AxisPropagation, auditor.Proven, auditor.Blame{Service: "withdrawn"})
	gone.State = auditor.StateWithdrawn
	fs = append(fs, escape, odd, stranded, gone)
	return render.Input{
		Inputs: []string{"corpus/traces-1.jsonl.gz", "-", "a.pb", "b.pb", "c.pb"}, Policy: "policy.yaml", FailOn: "proven", Version: "v1.2.3",
		Report: auditor.Report{Version: 1, Summary: summary(), Shares: shares(), Findings: fs},
	}
}

func summary() auditor.Summary {
	return auditor.Summary{
		Spans: 12345, Traces: 733, Hops: 9876, Judged: 9718, Coverage: 9718.0 / 9876,
		Undecidable: map[auditor.Reason]uint64{auditor.ReasonUpstreamMissing: 120, auditor.ReasonSilent: 38},
		Findings:    map[auditor.Verdict]uint64{auditor.VerdictLeak: 12, auditor.VerdictEscape: 1, auditor.VerdictPollution: 1, auditor.VerdictStranded: 1},
		Placement: auditor.PlacementSummary{
			Seen: 4000, Judged: 3990, Coverage: 0.9975,
			Verdicts:    map[auditor.Verdict]uint64{auditor.VerdictOK: 3600, auditor.VerdictOKFallback: 377, auditor.VerdictLeak: 12, auditor.VerdictPollution: 1},
			Undecidable: map[auditor.Reason]uint64{auditor.ReasonHomeUnknown: 10},
		},
		Warnings: []auditor.Warning{
			{Kind: "silent", Subject: "legacy-billing", Message: "legacy-billing has the home gray and has never shown a tag: baggage is probably not copied to its spans."},
		},
	}
}

func shares() []auditor.Share {
	out := []auditor.Share{
		share("service", "gateway", "gray", 401, 1000, auditor.BasisSpans),
		share("service", "svc-a", "gray", 2, 1900, auditor.BasisSpans),
		share("service", "svc-b", "gray", 700, 700, auditor.BasisSpans),
		share("service", evil, "gray-with-a-long-name", 1, 3, auditor.BasisMixed),
		share("topic", "TEST_MQ", "gray", 12, 30, auditor.BasisSpans),
		share("edge", "svc-a->svc-b", "gray", 5, 10, auditor.BasisSpans),
	}
	for n := range 9 {
		out = append(out, share("topic", fmt.Sprintf("TOPIC_%d", n), "gray", 1, float64(n+2), auditor.BasisSpans))
	}
	return out
}

func clean() render.Input {
	return render.Input{
		Inputs: []string{"traces.jsonl"}, FailOn: "proven",
		Report: auditor.Report{Version: 1, Summary: auditor.Summary{
			Spans: 10, Traces: 1, Hops: 9, Judged: 9, Coverage: 1,
			Placement: auditor.PlacementSummary{Seen: 3, Judged: 3, Coverage: 1},
		}},
	}
}

func broken() render.Input {
	in := clean()
	in.Report.Summary = auditor.Summary{Spans: 10, Traces: 10, Coverage: 1}
	in.Errors = []string{"traces.jsonl:3: byte 17: bad JSON: invalid character '\\x1b' (cut <it> off \x1b[31m)"}
	in.Hints = []string{"No span has the env tag: looked for the attribute gray.env.\n\nversion: 1\nkeys:\n  env: [env]"}
	return in
}
