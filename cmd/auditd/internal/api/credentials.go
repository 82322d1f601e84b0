package api

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// TokenSource is where tokens come from: File or Env, one of them.
type TokenSource struct {
	// File holds a token on each line; empty lines and lines that begin with # are
	// left out. It is read again when it changes, so that tokens can be rotated: put
	// the new one beside the old one, change the clients, take the old one out.
	File string
	// Env is the name of an environment variable that holds one token.
	Env string
}

// minToken is the least length of a token: 16 characters of base64 are 96 bits.
const minToken = 16

// recheck is how often files are looked at, at most.
const recheck = time.Second

// Credentials are the tokens of readers and of writers of the policy, who may also
// read. They may be used by many goroutines.
type Credentials struct {
	now    func() time.Time
	logger *slog.Logger

	mu      sync.Mutex
	sources []*tokens
	looked  time.Time
}

// tokens are those of one source, as hashes.
type tokens struct {
	source TokenSource
	role   role
	hashes [][sha256.Size]byte
	text   []byte // of the file
	broken bool   // told already
}

// NewCredentials reads the tokens. It fails where a source cannot be read, holds
// none, or a weak one. Now and logger may be nil.
func NewCredentials(readers, writers []TokenSource, now func() time.Time, logger *slog.Logger) (*Credentials, error) {
	if now == nil {
		now = time.Now
	}
	if logger == nil {
		logger = slog.Default()
	}
	c := &Credentials{now: now, logger: logger, looked: now()}
	for role, list := range map[role][]TokenSource{reader: readers, writer: writers} {
		for _, s := range list {
			t := &tokens{source: s, role: role}
			if err := t.read(); err != nil {
				return nil, err
			}
			c.sources = append(c.sources, t)
		}
	}
	if len(c.sources) == 0 {
		return nil, errors.New("tokens: no file and no environment variable is given")
	}
	return c, nil
}

func (t *tokens) name() string {
	if t.source.File != "" {
		return filepath.Base(t.source.File)
	}
	return t.source.Env
}

// read reads the source; what was there stays where that fails.
func (t *tokens) read() error {
	var text []byte
	switch {
	case t.source.File != "" && t.source.Env != "":
		return fmt.Errorf("tokens: give a file or an environment variable, not both (%s, %s)", t.source.File, t.source.Env)
	case t.source.File != "":
		var err error
		if text, err = os.ReadFile(t.source.File); err != nil {
			return fmt.Errorf("tokens: %w", err)
		}
		if t.text != nil && bytes.Equal(text, t.text) {
			return nil
		}
	default:
		text = []byte(os.Getenv(t.source.Env))
	}
	var hashes [][sha256.Size]byte
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
			continue
		case len(line) < minToken:
			return fmt.Errorf("tokens: %s: a token has %d characters, too easy to guess: use %d or more (openssl rand -base64 24)", t.name(), len(line), minToken)
		}
		hashes = append(hashes, sha256.Sum256([]byte(line)))
	}
	if len(hashes) == 0 {
		return fmt.Errorf("tokens: %s holds none", t.name())
	}
	t.hashes, t.text = hashes, text
	return nil
}

// check returns what a token may do, and a name for who has it. It takes as long
// for a wrong token as for a right one.
func (c *Credentials) check(token string) (role, string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refresh()
	hash := sha256.Sum256([]byte(token))
	has, name := nobody, ""
	for _, t := range c.sources {
		for i := range t.hashes {
			if subtle.ConstantTimeCompare(hash[:], t.hashes[i][:]) == 1 && t.role > has {
				has, name = t.role, t.name()
			}
		}
	}
	return has, name
}

// refresh reads files again, at most every second. A file that is gone or bad
// keeps its tokens, and the log says so once.
func (c *Credentials) refresh() {
	now := c.now()
	if now.Sub(c.looked) < recheck {
		return
	}
	c.looked = now
	for _, t := range c.sources {
		if t.source.File == "" {
			continue
		}
		err := t.read()
		if err != nil && !t.broken {
			c.logger.Warn("tokens could not be read again; those known stay valid", "error", err)
		}
		t.broken = err != nil
	}
}
