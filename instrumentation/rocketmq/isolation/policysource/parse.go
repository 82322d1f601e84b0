package policysource

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation"
)

// Bounds of a policy: the first two are those of auditd's own reader. The third
// bounds what aliases can multiply a policy to.
const (
	maxBytes    = 1 << 20
	maxTokens   = 100_000
	maxExpanded = 4_000_000 // tokens times aliases
)

// document is the part of a policy that is read. Pointers tell "not given".
type document struct {
	Version   *int            `yaml:"version"`
	Baseline  []string        `yaml:"baseline"`
	Neutral   []string        `yaml:"neutral"`
	Fallback  string          `yaml:"fallback"`
	TwinGroup string          `yaml:"twin_group"`
	TwinTopic string          `yaml:"twin_topic"`
	ValidFrom string          `yaml:"valid_from"`
	Consumers []consumerRule  `yaml:"consumers"`
	Isolation []isolationRule `yaml:"isolation"`
}

type consumerRule struct {
	Topic, Group    string
	Serves, Ignores []string
}

type isolationRule struct {
	Topic, Group, Scheme, Cut string
	Ignores                   []string
}

// Parse reads rules from a policy in YAML. name is what errors call it, like a
// file's name; they begin with name:line:column where there is a place.
func Parse(name string, data []byte) (*isolation.Rules, error) {
	p := &policy{name: name}
	if err := p.load(data); err != nil {
		return nil, err
	}
	return p.rules()
}

// policy is a document on its way to rules.
type policy struct {
	name string
	file *ast.File
	doc  document
}

// load parses within bounds. A panic of the YAML library becomes an error: it is
// not ours to trust with what comes from outside.
func (p *policy) load(data []byte) (err error) {
	if len(data) > maxBytes {
		return fmt.Errorf("%s: more than %d bytes; a policy is small", p.name, maxBytes)
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: no YAML that can be read", p.name)
		}
	}()
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if err := p.bounded(lexer.Tokenize(string(data))); err != nil {
		return err
	}
	p.file, err = parser.ParseBytes(data, 0)
	if err != nil {
		return p.located(err)
	}
	body, n := p.body()
	if n != 1 {
		return fmt.Errorf("%s: need one YAML document with a policy, have %d", p.name, n)
	}
	if err := yaml.NodeToValue(body, &p.doc); err != nil {
		return p.located(err)
	}
	return nil
}

// body returns the content of the last document that has one, and how many have.
func (p *policy) body() (body ast.Node, n int) {
	for _, d := range p.file.Docs {
		if d.Body != nil && d.Body.Type() != ast.DirectiveType && d.Body.Type() != ast.CommentType {
			body, n = d.Body, n+1
		}
	}
	return body, n
}

func (p *policy) bounded(tokens token.Tokens) error {
	aliases := 1
	for _, t := range tokens {
		if t.Type == token.AliasType {
			aliases++
		}
	}
	if len(tokens) > maxTokens || len(tokens)*aliases > maxExpanded {
		return fmt.Errorf("%s: %d YAML tokens and %d aliases are more than a policy has", p.name, len(tokens), aliases-1)
	}
	return nil
}

// located puts name, line and column before an error of the YAML library.
func (p *policy) located(err error) error {
	var told interface {
		GetMessage() string
		GetToken() *token.Token
	}
	if !errors.As(err, &told) || told.GetToken() == nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	at := told.GetToken().Position
	return fmt.Errorf("%s:%d:%d: %s", p.name, at.Line, at.Column, told.GetMessage())
}

// at makes an error about the value at a YAML path, like $.consumers[0].topic.
func (p *policy) at(path, format string, args ...any) error {
	place := p.name
	if node := p.find(path); node != nil {
		pos := node.GetToken().Position
		place = fmt.Sprintf("%s:%d:%d", p.name, pos.Line, pos.Column)
	}
	return fmt.Errorf("%s: %s: %s", place, path[len("$."):], fmt.Sprintf(format, args...))
}

func (p *policy) find(path string) ast.Node {
	yp, err := yaml.PathString(path)
	if err != nil {
		return nil
	}
	node, err := yp.FilterFile(p.file)
	if err != nil || node == nil || node.GetToken() == nil {
		return nil // an alias on the way: the file's name must do
	}
	return node
}

// timestamp reads RFC 3339; a time without zone is UTC, as for auditd. "" is zero.
func (p *policy) timestamp(path, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, p.at(path, "%q is no time; write RFC 3339, like 2026-11-21T12:00:00Z", text)
}
