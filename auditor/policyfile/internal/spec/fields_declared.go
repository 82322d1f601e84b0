package spec

// declaredFields say what is known beforehand of workloads, groups and topics.
func declaredFields() []Field {
	return []Field{
		{
			Name: "alive", Go: "Alive", Type: Objects, Fields: aliveFields(),
			Examples: []string{"[{service: svc-a, home: gray}, {topic: ORDER, group: order, home: gray}]"},
			Doc: "Twins known to run even where no span shows them (a starved consumer leaves none). " +
				"An entry names `service` and `home`, or `topic`, `group` and `home`. No globs.",
			Rules: map[string]any{
				"anyOf":             []any{map[string]any{"required": []string{"service"}}, map[string]any{"required": []string{"topic"}}},
				"dependentRequired": map[string]any{"group": []string{"topic"}},
			},
		},
		{
			Name: "reporting", Go: "Reporting", Type: List, Examples: []string{"[svc-b]"},
			Doc: "Services that record tags, beyond what is learned. `*` globs.",
		},
		{
			Name: "captured_properties", Go: "CapturedProperties", Type: List, Examples: []string{"[gray_env]"},
			Doc: "Message properties that agents are set to capture. Only for them a missing property proves something.",
		},
		{
			Name: "consumers", Go: "Consumers", Type: Objects, Fields: consumerFields(),
			Examples: []string{`[{topic: ORDER, group: audit, serves: [gray]}, {topic: "*", group: "*", ignores: [gray]}]`},
			Doc: "What baseline consumer groups do with tagged messages. The first entry that matches wins, so the narrow ones come first. " +
				"A tag cannot be in `serves` and `ignores` of one entry.",
		},
		{
			Name: "valid_from", Go: "ValidFrom", Type: Time, Examples: []string{"2026-11-21T12:00:00Z"},
			Doc: "From when on this policy holds; not given: always. auditd keeps the versions. A time without zone is UTC, with a warning.",
		},
		{
			Name: "isolation", Go: "Isolation", Type: Objects, Fields: isolationFields(),
			Examples: []string{"[{topic: ORDER, group: order, scheme: sql92, ignores: [gray], cut: 2026-11-21T12:05:00Z}]"},
			Doc:      "What the instrumentation does to keep messages apart; the auditor holds traffic against it.",
			Rules: map[string]any{
				"if": map[string]any{
					"properties": map[string]any{"scheme": map[string]any{"const": "queue"}}, "required": []string{"scheme"},
				},
				"then": map[string]any{"required": []string{"gray_queues"}},
			},
		},
	}
}

func aliveFields() []Field {
	return []Field{
		{Name: "service", Go: "Service", Type: Text, Examples: []string{"svc-a"}, Doc: "Service that has a twin."},
		{Name: "topic", Go: "Topic", Type: Text, Examples: []string{"ORDER"}, Doc: "Topic of the twin group."},
		{Name: "group", Go: "Group", Type: Text, Examples: []string{"order"}, Doc: "The **baseline** group's name. Needs `topic`."},
		{Name: "home", Go: "Home", Type: Text, Required: true, Examples: []string{"gray"}, Doc: "Home of the twin. No baseline value."},
	}
}

func consumerFields() []Field {
	return []Field{
		{Name: "topic", Go: "Topic", Type: Text, Fill: "*", Examples: []string{"ORDER"}, Doc: "Topic. `*` globs."},
		{Name: "group", Go: "Group", Type: Text, Fill: "*", Examples: []string{"audit"}, Doc: "Baseline consumer group. `*` globs."},
		{Name: "serves", Go: "Serves", Type: List, Pattern: `^[^*]+$`, Examples: []string{"[gray]"}, Doc: "Tags that the group takes by agreement. No globs."},
		{Name: "ignores", Go: "Ignores", Type: List, Pattern: `^[^*]+$`, Examples: []string{"[gray]"}, Doc: "Tags that the group must never take, even without a twin. No globs."},
	}
}

func isolationFields() []Field {
	return []Field{
		{Name: "topic", Go: "Topic", Type: Text, Required: true, Examples: []string{"ORDER"}, Doc: "Topic."},
		{Name: "group", Go: "Group", Type: Text, Required: true, Examples: []string{"order"}, Doc: "Baseline consumer group."},
		{
			Name: "scheme", Go: "Scheme", Type: Enum, Fill: "sql92", Examples: []string{"sql92"},
			Enum: []string{"sql92", "property", "tag", "shadow_topic", "queue"}, Doc: "How messages are kept apart.",
		},
		{Name: "ignores", Go: "Ignores", Type: List, Pattern: `^[^*]+$`, Examples: []string{"[gray]"}, Doc: "Tags that bind the baseline group like `ignores` of `consumers`. No globs."},
		{Name: "cut", Go: "Cut", Type: Time, Examples: []string{"2026-11-21T12:05:00Z"}, Doc: "From when on `ignores` holds; not given: always."},
		{Name: "gray_queues", Go: "GrayQueues", Type: Integer, Min: 1, Examples: []string{"1"}, Doc: "Scheme `queue`: how many of the first and of the last queues are gray. Required there."},
		{
			Name: "state", Go: "State", Type: Enum, Fill: "normal", Examples: []string{"normal"},
			Enum: []string{"normal", "gray", "draining", "parked"}, Doc: "Scheme `queue`: where the isolation stands.",
		},
		{Name: "epoch", Go: "Epoch", Type: Integer, Examples: []string{"3"}, Doc: "Scheme `queue`: counts the changes of the split."},
	}
}
