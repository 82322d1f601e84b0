// Package policyfile reads the policy file of design.md section 5 into an
// auditor.Policy. Whatever is wrong in a file is told with line, column, field
// and advice, all at once; what is odd but valid is told as a warning.
//
// The fields stand in one table (internal/spec). The parser, the JSON Schema
// policy.schema.json and docs/policy.md all come from it.
package policyfile

//go:generate go run ./gendocs -schema policy.schema.json -docs ../../docs/policy.md
