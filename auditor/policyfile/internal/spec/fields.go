package spec

// Fields returns the table, in the order of the docs. The fields and their
// meaning are those of design.md section 5.
func Fields() []Field {
	return append(append(trafficFields(), ruleFields()...), declaredFields()...)
}

// trafficFields say how traffic is read.
func trafficFields() []Field {
	return []Field{
		{
			Name: "version", Type: Integer, Min: Version, Required: true, Examples: []string{"1"},
			Doc: "Version of this format. Always 1.",
		},
		{
			Name: "keys", Go: "Keys", Type: Object, Examples: []string{"{env: [gray.env, env], home: [gray.home]}"},
			Doc: "Attribute keys that hold tag and home.", Fields: keyFields(),
		},
		{
			Name: "baseline", Go: "Baseline", Type: List, Empty: true, Examples: []string{`[base, ""]`},
			Doc: "Values that mean baseline, for tags and for homes. A baseline value can be no tag elsewhere in the file.",
		},
		{
			Name: "origins", Go: "Origins", Type: List, Examples: []string{`[gateway, "edge-*"]`},
			Doc: "Services that may give, change or remove a tag. `*` globs.",
		},
		{
			Name: "neutral", Go: "Neutral", Type: List, Examples: []string{"[id-generator]"},
			Doc: "Services and topics that are baseline for everyone by design. `*` globs.",
		},
		{
			Name: "detached_ok", Go: "DetachedOK", Type: Objects, Examples: []string{"[{service: job-runner}]"},
			Doc: "Roots that are legal detached work: a gray workload's own jobs. A field that is not given matches all.",
			Fields: []Field{
				{Name: "service", Go: "Service", Type: Text, Examples: []string{"job-runner"}, Doc: "Service. `*` globs."},
				{Name: "operation", Go: "Operation", Type: Text, Examples: []string{`"nightly *"`}, Doc: "Span name. `*` globs."},
			},
		},
		{
			Name: "ignore", Go: "Ignore", Type: List, Adds: true, Pattern: `^[^!]|^!defaults$`,
			Examples: []string{`["GET /internal/*", "ops.Admin/*"]`, `["!defaults", "/probe"]`},
			Doc: "Entry operations that are no traffic, whoever calls them and with whatever tag: `METHOD /route` or `/route` for HTTP, `package.Service/Method` for RPC. " +
				"Where a span tells neither, its name counts. " +
				"`*` globs. Given entries are **added** to the defaults; the entry `\"!defaults\"` drops the defaults.",
		},
	}
}

func keyFields() []Field {
	return []Field{
		{
			Name: "env", Go: "Env", Type: List, MinItems: 1, Examples: []string{"[gray.env, env]"},
			Doc: "Span attributes that hold the tag. The first present wins.",
		},
		{
			Name: "home", Go: "Home", Type: List, MinItems: 1, Examples: []string{"[gray.home]"},
			Doc: "Resource attributes that hold the home. The first present wins.",
		},
	}
}

// ruleFields say how traffic is judged.
func ruleFields() []Field {
	return []Field{
		{
			Name: "windows", Go: "Windows", Type: Object, Fields: windowFields(),
			Examples: []string{"{pair: 30s, liveness: 5m, stranded: 10m, grace: 60s}"},
			Doc:      "Time windows of the rules. Those that are not given keep their default.",
		},
		{
			Name: "fallback", Go: "Fallback", Type: Enum, Enum: []string{"allow", "forbid"}, Examples: []string{"forbid"},
			Doc: "What gray traffic may do at a service without a twin: `allow` lets baseline serve it, `forbid` makes that a leak.",
		},
		{
			Name: "twin_group", Go: "TwinGroup", Type: Text, Examples: []string{`"{group}_{env}"`},
			Pattern: `\{group\}`,
			Doc: "How a consumer group's twin is named. Needs `{group}`, and `{env}` where there is more than one env. `\"{group}\"` " +
				"alone is legal for gray consumers that share the baseline group (a group collision), with a warning.",
		},
		{
			Name: "twin_topic", Go: "TwinTopic", Type: Text, Examples: []string{`"{topic}_{env}"`},
			Pattern: `\{topic\}`,
			Doc:     "How a topic's twin, its shadow topic, is named. Needs `{topic}`; `\"{topic}\"` alone says that there are none.",
		},
		{
			Name: "twin_service", Go: "TwinService", Type: Text, Examples: []string{`"{service}-{env}"`}, Pattern: `\{service\}`,
			Doc: "How a service's twin is named, where gray runs under another service name. Needs `{service}`.",
		},
		{
			Name: "home_missing", Go: "HomeMissing", Type: Enum, Enum: []string{"unknown", "baseline"}, Examples: []string{"baseline"},
			Doc: "What a workload without a home is: `unknown`, or `baseline`.",
		},
		{
			Name: "id_unique", Go: "IDUnique", Type: List, Examples: []string{"[rocketmq]"},
			Doc: "Messaging systems whose message ids are unique. Only their messages are joined by id.",
		},
		{
			Name: "reporting_evidence", Go: "ReportingEvidence", Type: Enum, Enum: []string{"service", "home"}, Examples: []string{"home"},
			Doc: "Whose tags prove that a workload records tags: any workload of the same `service`, or only one of the same service and `home`.",
		},
	}
}

func windowFields() []Field {
	return []Field{
		{Name: "pair", Go: "Pair", Type: Duration, Examples: []string{"30s"}, Doc: "How long the halves of an RPC or local hop wait for each other."},
		{Name: "liveness", Go: "Liveness", Type: Duration, Examples: []string{"5m"}, Doc: "How long a sighting of a twin, or of a tag, counts."},
		{Name: "stranded", Go: "Stranded", Type: Duration, Examples: []string{"10m"}, Doc: "How long a tagged message may stay unconsumed."},
		{Name: "grace", Go: "Grace", Type: Duration, Examples: []string{"60s"}, Doc: "Around a policy's `valid_from` the milder verdict of both versions wins, this long."},
	}
}
