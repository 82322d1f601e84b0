package htmlreport

import (
	"fmt"

	"github.com/dyetrace/dyetrace/auditor"
)

const (
	base = "base"
	gray = "gray"
)

// realistic is a release in which several things went wrong.
func realistic() Input {
	w := newWorld()
	clean := chain(all(base), all(""))
	lane := chain([7]string{base, gray, gray, gray, gray, gray, gray}, all(gray))
	for range 300 {
		w.run(clean)
	}
	for range 60 {
		w.run(lane)
	}
	w.broken(12, chain([7]string{base, gray, gray, gray, base, base, base}, all(gray)), leakFault())
	escape := chain([7]string{base, gray, gray, base, base, base, base}, [7]string{gray, gray, gray})
	escape[5].tag = ""
	for i := 5; i < len(escape); i++ {
		escape[i].colour = "lost(gray)"
	}
	w.broken(8, escape, fault{
		auditor.VerdictEscape, auditor.VerdictLeak, auditor.Proven, "R2", auditor.AxisPropagation, 5, 4, auditor.WhereInProcess, gray,
		"svc-b (gray) got the tag gray with GET /b/order and called demo.CService/order without it: the tag got lost inside the process.",
	})
	polluted := chain([7]string{base, base, gray, base, base, base, base}, all(""))
	w.broken(3, polluted, fault{
		auditor.VerdictPollution, "", auditor.Proven, "R9", auditor.AxisPlacement, 4, 3, auditor.WhereRouter, "",
		"Baseline traffic of svc-a (base) was done by svc-b (gray).",
	})
	mutated := chain(all(base), [7]string{gray, gray, gray, "blue", "blue", "blue", "blue"})
	w.broken(2, mutated, fault{
		auditor.VerdictMutation, "", auditor.Suspected, "R4", auditor.AxisPropagation, 6, 5, auditor.WhereUnknown, gray,
		"The tag was gray at svc-b and is blue at svc-c.",
	})
	w.broken(4, lane, fault{
		auditor.VerdictStranded, "", auditor.Suspected, "M4", auditor.AxisConservation, 7, 6, auditor.WhereUnknown, gray,
		"No consumer group took this tagged message within 10m0s; GID_A takes every baseline message of TEST_MQ.",
	})
	apart := leakFault()
	apart.certainty, apart.verdict, apart.code, apart.axis, apart.effect = auditor.Suspected, auditor.VerdictEscape, "M8", auditor.AxisPropagation, auditor.VerdictLeak
	apart.explain = "The message left svc-c (gray) tagged gray and TEST_MQ process of svc-a (base) shows no tag."
	late := chain([7]string{base, gray, gray, gray, base, base, base}, [7]string{gray, gray, gray, gray})
	w.brokenApart(2, late, apart)
	hostile(w)
	return w.input()
}

func leakFault() fault {
	return fault{
		auditor.VerdictLeak, "", auditor.Proven, "M1", auditor.AxisPlacement, 8, 7, auditor.WhereReceiver, gray,
		"A message tagged gray of TEST_MQ was processed by GID_A of svc-a (base) although its twin GID_A_gray was alive.",
	}
}

// attack is a span name that would like to be markup.
const attack = `</script><img src=x onerror="console.error('pwned')"><script>console.error('pwned')</script>`

// hostile adds a finding whose names come from an enemy.
func hostile(w *world) {
	steps := chain([7]string{base, gray, gray, gray, base, base, base}, all(gray))
	steps[8].op, steps[8].service = attack, `svc"><svg onload=console.error(1)>`
	steps[9].op = "{{.Data}} \u2028 ${1} `x` --> <!--"
	f := leakFault()
	f.certainty, f.explain = auditor.Suspected, attack
	w.broken(1, steps, f)
}

// large has 10,000 findings in 400 groups, over 130 services.
func large() Input {
	w := newWorld()
	for i := range 400 {
		steps := chain([7]string{base, gray, gray, gray, base, base, base}, all(gray))
		name := fmt.Sprintf("svc-%03d", i%130)
		steps[8].service, steps[9].service = name, name
		steps[8].op = fmt.Sprintf("TOPIC_%03d process", i)
		f := leakFault()
		f.explain = fmt.Sprintf("A message tagged gray of TOPIC_%03d was processed by %s (base) although its twin was alive.", i, name)
		if i%3 == 1 {
			f.verdict, f.effect, f.axis, f.code, f.certainty = auditor.VerdictEscape, "", auditor.AxisPropagation, "M8", auditor.Suspected
		}
		w.broken(25, steps, f)
	}
	return w.input()
}

// wideTopology is a mesh of 150 services in two homes, with cycles.
func wideTopology() []auditor.Edge {
	var edges []auditor.Edge
	add := func(a, b int, home string, n uint64) {
		e := auditor.Edge{
			From: auditor.Node{Service: fmt.Sprintf("service-%03d", a), Home: home, Baseline: home == base},
			To:   auditor.Node{Service: fmt.Sprintf("service-%03d", b), Home: home, Baseline: home == base},
			Kind: auditor.HopRPC, Hops: map[string]uint64{"": n},
		}
		if home != base {
			e.Hops = map[string]uint64{home: n}
		}
		if (a+b)%5 == 0 {
			e.Kind, e.Destination = auditor.HopMessage, fmt.Sprintf("TOPIC_%d", a)
		}
		if (a+b)%17 == 0 {
			e.Findings = map[auditor.Verdict]uint64{auditor.VerdictEscape: n}
		}
		edges = append(edges, e)
	}
	for i := range 150 {
		add(i/3, i, base, uint64(1000-i))
		add((i*7)%150, (i*11+3)%150, base, uint64(i+1))
		if i < 30 {
			add(i/3, i, gray, uint64(100-i))
		}
	}
	return edges
}

// shares counts the shares of the edges; the last edge has no honest number.
func shares(edges []auditor.Edge) []auditor.Share {
	type scope struct{ by, name string }
	var order []scope
	sums := map[scope]*auditor.Share{}
	add := func(by, name string, e auditor.Edge) {
		k := scope{by, name}
		if sums[k] == nil {
			sums[k] = &auditor.Share{By: by, Name: name, Env: gray, Basis: auditor.BasisAdjusted}
			order = append(order, k)
		}
		sums[k].Count += float64(e.Hops[gray])
		sums[k].Total += float64(sum(e.Hops))
	}
	for _, e := range edges {
		if e.Kind == auditor.HopLocal {
			continue
		}
		add("edge", e.From.Service+"->"+e.To.Service, e)
		switch e.Kind {
		case auditor.HopMessage:
			add("topic", e.Destination, e)
			add("service", e.To.Service, e)
		case auditor.HopRPC:
			add("service", e.To.Service, e)
		}
	}
	var out []auditor.Share
	for i, k := range order {
		s := sums[k]
		if part := s.Count / s.Total; i < len(order)-1 {
			s.Share = &part
		} else {
			s.Basis = auditor.BasisMixed
		}
		out = append(out, *s)
	}
	return out
}
