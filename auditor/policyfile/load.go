package policyfile

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// MaxBytes is the size above which a policy is refused.
const MaxBytes = 1 << 20

// document is a parsed file: its root mapping, and what each alias stands for.
type document struct {
	root    value
	aliases map[*ast.AliasNode]ast.Node
}

// load turns bytes into a document. It returns nil where nothing can be read at
// all, and says why. A panic of the YAML library becomes an error: it is not ours
// to trust with files from outside.
func load(log *problems, data []byte) (doc *document) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !readable(log, data) {
		return nil
	}
	defer func() {
		if recover() != nil {
			doc = nil
			log.fail(place{line: 1, column: 1}, "", "the file is no YAML that can be read", "check quotes, brackets and indentation")
		}
	}()
	file, err := parse(unixLines(data))
	if err != nil {
		log.fail(err.at, "", err.msg, err.advice)
		return nil
	}
	body := single(log, file)
	if body == nil {
		return nil
	}
	return &document{root: value{node: body, at: position(body)}, aliases: aliases(body)}
}

// readable checks size and encoding.
func readable(log *problems, data []byte) bool {
	if len(data) > MaxBytes {
		log.fail(place{line: 1, column: 1}, "", fmt.Sprintf("the file has more than %d bytes", MaxBytes), "a policy is small: remove what is not one")
		return false
	}
	for at, rest := 0, data; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		if r == utf8.RuneError && n == 1 || r == 0 {
			line := 1 + bytes.Count(data[:at], []byte("\n"))
			column := 1 + utf8.RuneCount(data[bytes.LastIndexByte(data[:at], '\n')+1:at])
			log.fail(place{line: line, column: column}, "", fmt.Sprintf("byte %d (0x%02x) is no text", at, data[at]), "save the file as UTF-8")
			return false
		}
		at, rest = at+n, rest[n:]
	}
	return true
}

// unixLines makes every line end a line feed, as YAML reads them; the library
// counts lines wrongly at others.
func unixLines(data []byte) []byte {
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))
}

// syntaxError is why a file is no YAML that we read.
type syntaxError struct {
	at          place
	msg, advice string
}

// parse reads YAML within bounds.
func parse(data []byte) (*ast.File, *syntaxError) {
	tokens := lexer.Tokenize(string(data))
	if fault := bounded(tokens); fault != nil {
		return nil, fault
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err == nil {
		return file, nil
	}
	fault := &syntaxError{place{line: 1, column: 1}, "broken YAML", "check quotes, brackets and indentation"}
	var told interface {
		GetMessage() string
		GetToken() *token.Token
	}
	if errors.As(err, &told) {
		fault.msg += ": " + told.GetMessage()
		if tk := told.GetToken(); tk != nil && tk.Position != nil {
			fault.at = place{line: tk.Position.Line, column: tk.Position.Column}
		}
	}
	return nil, fault
}

// single returns the one mapping of the file.
func single(log *problems, file *ast.File) ast.Node {
	var body ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.DirectiveType || doc.Body.Type() == ast.CommentType {
			continue
		}
		if body != nil {
			log.fail(position(doc.Body), "", "a second YAML document", "one file holds one policy: remove it")
			return nil
		}
		body = doc.Body
	}
	if body == nil {
		log.fail(place{line: 1, column: 1}, "", "the file is empty", "the least policy is: version: 1")
	}
	return body
}

// aliases finds what each alias stands for: the last anchor of its name before
// it. An alias without anchor is not in the map.
func aliases(root ast.Node) map[*ast.AliasNode]ast.Node {
	v := &anchors{byName: map[string]ast.Node{}, found: map[*ast.AliasNode]ast.Node{}}
	ast.Walk(v, root)
	return v.found
}

type anchors struct {
	byName map[string]ast.Node
	found  map[*ast.AliasNode]ast.Node
}

// Visit implements ast.Visitor.
func (a *anchors) Visit(n ast.Node) ast.Visitor {
	switch n := n.(type) {
	case *ast.AnchorNode:
		if n.Name != nil {
			a.byName[text(n.Name)] = n.Value
		}
	case *ast.AliasNode:
		if n.Value == nil {
			break
		}
		if target, ok := a.byName[text(n.Value)]; ok {
			a.found[n] = target
		}
	}
	return a
}
