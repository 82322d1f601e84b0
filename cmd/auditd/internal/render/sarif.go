package render

import (
	"io"
	"strings"

	"github.com/dyetrace/dyetrace/auditor"
)

// The parts of SARIF 2.1.0 that are written (OASIS, sections 3.13 to 3.58).
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		Results     []sarifResult     `json:"results"`
		Properties  map[string]any    `json:"properties"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version,omitempty"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID      string         `json:"id"`
		Name    string         `json:"name"`
		Short   sarifText      `json:"shortDescription"`
		Full    sarifText      `json:"fullDescription"`
		HelpURI string         `json:"helpUri,omitempty"`
		Config  sarifConfig    `json:"defaultConfiguration"`
		Props   map[string]any `json:"properties"`
	}
	sarifConfig struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications"`
	}
	sarifNotification struct {
		Level   string    `json:"level"`
		Message sarifText `json:"message"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Properties   map[string]any    `json:"properties"`
	}
	sarifLocation struct {
		Logical []sarifLogical `json:"logicalLocations"`
	}
	sarifLogical struct {
		Name          string `json:"name"`
		QualifiedName string `json:"fullyQualifiedName"`
		Kind          string `json:"kind"`
	}
)

const (
	sarifSchema = "https://json.schemastore.org/sarif-2.1.0.json"
	projectURI  = "https://github.com/dyetrace/dyetrace"
)

// SARIF writes one run with a result for each open finding. A finding's place
// is logical, the service and operation that are to blame: traces know no source
// files.
func SARIF(w io.Writer, in Input) error {
	run := sarifRun{
		Tool:        sarifTool{sarifDriver{Name: "auditd", Version: in.Version, InformationURI: projectURI, Rules: sarifRules()}},
		Invocations: []sarifInvocation{{Successful: len(in.Errors) == 0, Notifications: notifications(&in)}},
		Results:     []sarifResult{},
		Properties:  map[string]any{"coverage": in.Report.Summary.Coverage, "spans": in.Report.Summary.Spans},
	}
	index := map[string]int{}
	for i, r := range run.Tool.Driver.Rules {
		index[r.ID] = i
	}
	for _, f := range in.open() {
		run.Results = append(run.Results, sarifOf(f, index))
	}
	return writeJSON(w, sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}})
}

func sarifRules() []sarifRule {
	var out []sarifRule
	for _, r := range rules() {
		out = append(out, sarifRule{
			ID: string(r.Verdict), Name: pascal(string(r.Verdict)),
			Short: sarifText{r.Title}, Full: sarifText{r.Explain}, HelpURI: helpURI(r),
			Config: sarifConfig{levelOf(r, auditor.Proven)},
			Props:  map[string]any{"axis": r.Axis, "severity": r.Severity},
		})
	}
	return out
}

// sarifOf keeps the index in step: an unknown verdict has no rule (-1, as SARIF
// section 3.27.6 says).
func sarifOf(f auditor.Finding, index map[string]int) sarifResult {
	i, ok := index[string(f.Verdict)]
	if !ok {
		i = -1
	}
	message := f.Explain
	if message == "" {
		message = string(f.Verdict) + " at " + f.Blame.Service
	}
	return sarifResult{
		RuleID: string(f.Verdict), RuleIndex: i, Level: resultLevel(f),
		Message:      sarifText{message},
		Locations:    []sarifLocation{{Logical: logical(f)}},
		Fingerprints: map[string]string{"dyetraceFinding/v1": f.ID},
		Properties: map[string]any{
			"certainty": f.Certainty, "code": f.Code, "where": f.Blame.Where, "effect": f.Effect,
			"trace_id": f.TraceID, "span_id": f.SpanID, "time": stamp(f.Time), "env": f.Env, "home": f.Home,
			"kind": f.Kind, "destination": f.Destination, "group": f.Group, "peer": f.Peer,
		},
	}
}

func logical(f auditor.Finding) []sarifLogical {
	service, name := f.Blame.Service, f.Blame.Operation
	if service == "" {
		service = f.Service
	}
	out := []sarifLogical{{Name: service, QualifiedName: service, Kind: "module"}}
	if name != "" {
		out = append(out, sarifLogical{Name: name, QualifiedName: service + "/" + name, Kind: "function"})
	}
	return out
}

func resultLevel(f auditor.Finding) string {
	for _, r := range rules() {
		if r.Verdict == f.Verdict {
			return levelOf(r, f.Certainty)
		}
	}
	return levelOf(auditor.Entry{}, f.Certainty)
}

// notifications tells what a reader of the results has to know beside them.
func notifications(in *Input) []sarifNotification {
	out := []sarifNotification{}
	for _, e := range in.Errors {
		out = append(out, sarifNotification{"error", sarifText{e}})
	}
	for _, w := range in.Report.Summary.Warnings {
		out = append(out, sarifNotification{"warning", sarifText{w.Kind + ": " + w.Subject + ": " + w.Message}})
	}
	for _, h := range in.Hints {
		out = append(out, sarifNotification{"warning", sarifText{h}})
	}
	return out
}

func pascal(s string) string {
	var b strings.Builder
	for p := range strings.SplitSeq(s, "_") {
		b.WriteString(strings.ToUpper(p[:min(1, len(p))]) + p[min(1, len(p)):])
	}
	return b.String()
}
