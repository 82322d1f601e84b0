package enginehost

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"go.opentelemetry.io/collector/component"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/auditor/policyfile"
	"github.com/dyetrace/dyetrace/processor/policysource"
)

// inlineText is a policy of the collector's configuration as the text of a policy
// file: JSON, which is YAML, so that no value changes its type on the way.
func inlineText(policy map[string]any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(policy); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

// parseInline reads a policy of the collector's configuration. Lines mean nothing
// there, so its errors name fields only.
func parseInline(policy map[string]any) (auditor.Policy, []string, error) {
	text, err := inlineText(policy)
	if err != nil {
		return auditor.Policy{}, nil, err
	}
	p, warnings, err := policyfile.Parse("policy", text)
	if all, ok := errors.AsType[policyfile.Errors](err); ok {
		lines := make([]string, 0, len(all))
		for _, e := range all {
			lines = append(lines, fieldText(e))
		}
		return auditor.Policy{}, nil, errors.New(strings.Join(lines, "\n"))
	}
	notes := make([]string, 0, len(warnings))
	for _, w := range warnings {
		notes = append(notes, fieldText(policyfile.Error(w)))
	}
	return p, notes, err
}

func fieldText(e policyfile.Error) string {
	text := "policy"
	if e.Field != "" {
		text += "::" + e.Field
	}
	text += ": " + e.Msg
	if e.Advice != "" {
		text += " (" + e.Advice + ")"
	}
	return text
}

// policyFile is a file that may change.
type policyFile struct {
	name string
	seen []byte // the content tried last, good or bad
}

// read returns the file's policy; changed is false where its content is the one
// tried last.
func (f *policyFile) read() (p auditor.Policy, notes []string, changed bool, err error) {
	data, err := readBounded(f.name)
	if err != nil {
		// Said once: the same failure again is no news.
		changed = !bytes.Equal(f.seen, []byte(err.Error()))
		f.seen = []byte(err.Error())
		return auditor.Policy{}, nil, changed, fmt.Errorf("policy_file: %w", err)
	}
	if f.seen != nil && bytes.Equal(f.seen, data) {
		return auditor.Policy{}, nil, false, nil
	}
	f.seen = data
	p, warnings, err := policyfile.Parse(f.name, data)
	for _, w := range warnings {
		notes = append(notes, w.String())
	}
	return p, notes, true, err
}

// readBounded reads no more of a file than tells that it is too long.
func readBounded(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, policyfile.MaxBytes+1))
}

// findSource returns the extension that hands out policies.
func findSource(host component.Host, id component.ID) (policysource.Source, error) {
	if host == nil {
		return nil, fmt.Errorf("policy_extension: %s: the collector gives no extensions", id)
	}
	ext, found := host.GetExtensions()[id]
	if !found {
		return nil, fmt.Errorf("policy_extension: %s is not among service::extensions", id)
	}
	source, ok := ext.(policysource.Source)
	if !ok {
		return nil, fmt.Errorf("policy_extension: %s hands out no policies", id)
	}
	return source, nil
}
