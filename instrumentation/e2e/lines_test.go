package e2e_test

import (
	"bytes"
	"slices"
	"sync"
)

// lines is a file of JSON lines in memory, for several writers.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer; each call is one whole line.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) bytes() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.buf.Bytes())
}

// matching returns the lines that hold all of the texts.
func (l *lines) matching(texts ...string) [][]byte {
	var found [][]byte
	for line := range bytes.Lines(l.bytes()) {
		if !slices.ContainsFunc(texts, func(s string) bool { return !bytes.Contains(line, []byte(s)) }) {
			found = append(found, line)
		}
	}
	return found
}
