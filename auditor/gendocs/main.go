// Command gendocs writes docs/verdicts.md from the catalogue of package auditor:
// its verdicts, codes and reasons. `go generate ./auditor` runs it.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	docs := flag.String("docs", "../docs/verdicts.md", "where the page goes")
	flag.Parse()
	if err := run(*docs); err != nil {
		fmt.Fprintln(os.Stderr, "gendocs:", err)
		os.Exit(1)
	}
}

func run(path string) error {
	page, err := render()
	if err != nil {
		return err
	}
	return os.WriteFile(path, page, 0o644)
}
