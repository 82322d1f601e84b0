package findinglog

import (
	"encoding/hex"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/dyetrace/dyetrace/auditor"
)

// Append adds the record of f to logs. Run names the engine's life, now is when
// the finding was told (the observed timestamp); the record's own time is f.Time.
// Text that is no valid UTF-8 is made so, for receivers refuse it.
func Append(logs plog.LogRecordSlice, f auditor.Finding, run string, now time.Time) {
	r := logs.AppendEmpty()
	r.SetEventName(EventName)
	r.SetTimestamp(pcommon.NewTimestampFromTime(f.Time))
	r.SetObservedTimestamp(pcommon.NewTimestampFromTime(now))
	number, text := severity(&f)
	r.SetSeverityNumber(number)
	r.SetSeverityText(text)
	r.Body().SetStr(valid(f.Explain))
	var trace pcommon.TraceID
	var span pcommon.SpanID
	if decodeID(trace[:], f.TraceID) && decodeID(span[:], f.SpanID) {
		r.SetTraceID(trace)
		r.SetSpanID(span)
	}
	attrs := r.Attributes()
	attrs.EnsureCapacity(attributes)
	attrs.PutStr(KeyRun, run)
	attrs.PutInt(KeyRevision, int64(f.Revision))
	for _, field := range fields(&f) {
		if v := field.get(); v != "" {
			attrs.PutStr(field.key, valid(v))
		}
	}
}

// severity is the catalogue's, as log severities go; a withdrawal is only news.
func severity(f *auditor.Finding) (plog.SeverityNumber, string) {
	if f.State == auditor.StateWithdrawn {
		return plog.SeverityNumberInfo, "INFO"
	}
	switch severityOf(f.Verdict) {
	case auditor.SeverityCritical:
		return plog.SeverityNumberError, "ERROR"
	case auditor.SeverityHigh:
		return plog.SeverityNumberWarn3, "WARN3"
	}
	return plog.SeverityNumberWarn, "WARN"
}

func severityOf(v auditor.Verdict) auditor.Severity {
	for _, e := range auditor.Catalogue() {
		if e.Verdict == v {
			return e.Severity
		}
	}
	return auditor.SeverityNone
}

// decodeID reads the hex text of an id; false where it is none.
func decodeID(to []byte, text string) bool {
	if len(text) != hex.EncodedLen(len(to)) {
		return false
	}
	_, err := hex.Decode(to, []byte(text))
	return err == nil
}

func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
