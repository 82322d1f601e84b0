package findinglog

import (
	"errors"
	"fmt"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/dyetrace/dyetrace/auditor"
)

// Decode returns the finding of a record and the run that it comes from. Ok is
// false, without an error, for a record that is no finding. The error is for one
// that says that it is a finding and is not whole: then nothing of it may be used.
func Decode(r plog.LogRecord) (f auditor.Finding, run string, ok bool, err error) {
	if r.EventName() != EventName {
		return auditor.Finding{}, "", false, nil
	}
	f, run, err = decode(r)
	if err != nil {
		return auditor.Finding{}, "", true, fmt.Errorf("log record %s: %w", EventName, err)
	}
	return f, run, true, nil
}

func decode(r plog.LogRecord) (auditor.Finding, string, error) {
	var f auditor.Finding
	attrs := r.Attributes()
	for _, field := range fields(&f) {
		v, err := textOf(attrs, field.key)
		if err != nil {
			return f, "", err
		}
		field.set(v)
	}
	run, err := textOf(attrs, KeyRun)
	if err != nil {
		return f, "", err
	}
	revision, found := attrs.Get(KeyRevision)
	if !found || revision.Type() != pcommon.ValueTypeInt || revision.Int() < 1 {
		return f, "", fmt.Errorf("%s must be an integer above 0", KeyRevision)
	}
	f.Revision = int(revision.Int())
	f.Time = r.Timestamp().AsTime()
	f.Explain = r.Body().AsString()
	if id := r.TraceID(); !id.IsEmpty() {
		f.TraceID = id.String()
	}
	if id := r.SpanID(); !id.IsEmpty() {
		f.SpanID = id.String()
	}
	err = check(&f, run)
	return f, run, err
}

// textOf returns a text attribute; "" where there is none.
func textOf(attrs pcommon.Map, key string) (string, error) {
	v, found := attrs.Get(key)
	switch {
	case !found:
		return "", nil
	case v.Type() != pcommon.ValueTypeStr:
		return "", fmt.Errorf("%s must be text, it is %s", key, v.Type())
	}
	return v.Str(), nil
}

// check holds what no finding is without.
func check(f *auditor.Finding, run string) error {
	switch {
	case f.ID == "":
		return errors.New(KeyID + " is missing")
	case run == "":
		return errors.New(KeyRun + " is missing")
	case f.TraceID == "" || f.SpanID == "":
		return errors.New("the trace id or the span id is missing")
	case severityOf(f.Verdict) == auditor.SeverityNone || severityOf(f.Verdict) == "":
		return fmt.Errorf("%s %q is no violation", KeyVerdict, f.Verdict)
	case f.State != auditor.StateOpen && f.State != auditor.StateWithdrawn:
		return fmt.Errorf("%s %q is neither open nor withdrawn", KeyState, f.State)
	case f.Certainty != auditor.Proven && f.Certainty != auditor.Suspected:
		return fmt.Errorf("%s %q is neither proven nor suspected", KeyCertainty, f.Certainty)
	}
	return nil
}
