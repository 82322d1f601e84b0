package policysource

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation"
)

const defaultInterval = 2 * time.Second

// OpenFile reads a policy file, and again every Options.Interval. It is an error if
// the file cannot be read now, or is no policy. Later such errors leave the rules
// as they are.
//
// The file is read as a whole each time and compared by content. That is cheap (a
// policy has at most 1 MiB) and sees what watching would miss: edits within one
// tick of the file system's clock, network file systems, and the swapped links by
// which Kubernetes updates a ConfigMap.
func OpenFile(path string, opts Options) (*Source, error) {
	if opts.Interval <= 0 {
		opts.Interval = defaultInterval
	}
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	rules, err := parseFile(path, data)
	if err != nil {
		return nil, err
	}
	f := &file{path: path, seen: rules.Version}
	return open(opts, rules, f.run), nil
}

// file is a policy file that is watched.
type file struct {
	path string
	seen string // version of the content seen last, good or bad
}

func (f *file) run(ctx context.Context, s *Source) {
	for sleep(ctx, s.opts.Interval) {
		f.look(s)
	}
}

// look reads the file once. A bad content is told once, not at each look.
func (f *file) look(s *Source) {
	data, err := readFile(f.path)
	if err != nil {
		f.seen = ""
		s.fail(err)
		return
	}
	version := contentVersion(data)
	if version == f.seen {
		if s.Status().Version == version {
			s.confirm()
		}
		return
	}
	f.seen = version
	rules, err := parseFile(f.path, data)
	switch {
	case err != nil:
		s.fail(err)
	case version == s.Status().Version: // a bad content was taken back
		s.confirm()
	default:
		s.replace(rules)
	}
}

func parseFile(name string, data []byte) (*isolation.Rules, error) {
	rules, err := Parse(name, data)
	if err != nil {
		return nil, err
	}
	rules.Version = contentVersion(data)
	return rules, nil
}

// readFile reads no more than a policy may have, and one byte.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the policy: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read the policy: %w", err)
	}
	return data, nil
}

// contentVersion names a content.
func contentVersion(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}
