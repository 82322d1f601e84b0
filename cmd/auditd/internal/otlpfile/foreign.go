package otlpfile

// foreignKey is a member name that tells another format of JSON.
type foreignKey struct {
	key          string
	inArray      bool // tells only inside of a top-level array
	what, advice string
}

const adviceCollector = "send such spans through an OpenTelemetry collector with the file exporter"

func foreignKeys() []foreignKey {
	return []foreignKey{
		{"resourceMetrics", false, "OTLP metrics", "give the file of the traces pipeline; of a mixed file: jq -c 'select(.resourceSpans)' FILE | auditd check -"},
		{"resourceLogs", false, "OTLP logs", "give the file of the traces pipeline; of a mixed file: jq -c 'select(.resourceSpans)' FILE | auditd check -"},
		{"resourceProfiles", false, "OTLP profiles", "give the file of the traces pipeline"},
		{"data", false, "JSON as Jaeger's older API writes it", "Jaeger's /api/v3/traces gives OTLP: jq -c .result; or " + adviceCollector},
		{"result", false, "the answer of Jaeger's API v3", "jq -c .result FILE | auditd check -"},
		{"batches", false, "the answer of Tempo's API", "jq -c '{resourceSpans: .batches}' FILE | auditd check -"},
		{"trace", false, "the answer of Tempo's API v2", "jq -c .trace FILE | auditd check -"},
		{"traceId", true, "Zipkin JSON", adviceCollector},
		{"SpanContext", false, "the Go SDK's stdouttrace", "use the OTLP exporter instead; or " + adviceCollector},
		{"spans", false, "JSON as Jaeger writes one trace", adviceCollector},
		{"scopeSpans", false, "a bare ResourceSpans", "wrap it: jq -c '{resourceSpans: [.]}' FILE | auditd check -"},
	}
}
