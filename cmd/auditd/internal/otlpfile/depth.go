package otlpfile

import (
	"errors"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/nesting"
)

// maxNesting bounds nested attribute values: pdata decodes them by recursion,
// and an exhausted stack cannot be recovered from. What is smaller than
// deepEnough cannot exhaust it: a level costs two bytes at least, mostly more.
const (
	maxNesting = 10000
	deepEnough = 1 << 20
)

var errTooDeep = errors.New("attribute values are nested too deep")

// checkDepth refuses a message that nests deeper than any sane one.
func checkDepth(b []byte) error {
	if len(b) >= deepEnough && nesting.Check(b, maxNesting) != nil {
		return errTooDeep
	}
	return nil
}
