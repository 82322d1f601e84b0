// Command gendocs writes the policy file's JSON Schema and its reference page
// from the table of fields. `go generate ./auditor/policyfile` runs it.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/dyetrace/dyetrace/auditor/policyfile/internal/spec"
)

func main() {
	schema := flag.String("schema", "policy.schema.json", "where the JSON Schema goes")
	docs := flag.String("docs", "../../docs/policy.md", "where the reference page goes")
	flag.Parse()
	if err := run(*schema, *docs); err != nil {
		fmt.Fprintln(os.Stderr, "gendocs:", err)
		os.Exit(1)
	}
}

func run(schemaPath, docsPath string) error {
	schema, err := spec.Schema()
	if err != nil {
		return err
	}
	docs, err := spec.Docs()
	if err != nil {
		return err
	}
	if err := os.WriteFile(schemaPath, schema, 0o644); err != nil {
		return err
	}
	return os.WriteFile(docsPath, docs, 0o644)
}
