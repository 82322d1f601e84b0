package policyfile

import (
	"fmt"

	"github.com/goccy/go-yaml/token"
)

// Bounds of the YAML itself. The YAML library takes time square in the keys of a
// mapping and in anchors, and recurses with the depth, so they are counted on the
// tokens, before it parses.
const (
	maxTokens  = 100_000
	maxDepth   = 32
	maxKeys    = 1_000 // in one mapping
	maxAnchors = 1_000 // anchors, aliases and YAML tags together
)

// frame is an open mapping or sequence: a bracket, or what starts at a column.
type frame struct {
	column  int
	bracket bool
	keys    int
}

// bounded refuses tokens that would cost too much to parse.
func bounded(tokens token.Tokens) *syntaxError {
	if len(tokens) > maxTokens {
		return tooMuch(tokens[maxTokens], fmt.Sprintf("more than %d YAML tokens", maxTokens))
	}
	var open []frame
	anchors := 0
	for i, tk := range tokens {
		switch tk.Type {
		case token.AnchorType, token.AliasType, token.TagType:
			anchors++
		case token.MappingStartType, token.SequenceStartType:
			open = append(open, frame{bracket: true})
		case token.MappingEndType, token.SequenceEndType:
			open = closeBracket(open)
		case token.SequenceEntryType, token.MappingKeyType:
			open = enter(open, tk, 0)
		case token.MappingValueType:
			open = enter(open, tokens[max(i-1, 0)], 1)
		}
		if fault := exceeded(tk, open, anchors); fault != nil {
			return fault
		}
	}
	return nil
}

func exceeded(tk *token.Token, open []frame, anchors int) *syntaxError {
	switch {
	case anchors > maxAnchors:
		return tooMuch(tk, fmt.Sprintf("more than %d anchors, aliases and tags", maxAnchors))
	case len(open) > maxDepth:
		return tooMuch(tk, fmt.Sprintf("nested deeper than %d levels", maxDepth))
	case len(open) > 0 && open[len(open)-1].keys > maxKeys:
		return tooMuch(tk, fmt.Sprintf("more than %d keys in one mapping", maxKeys))
	}
	return nil
}

// enter opens, or goes on with, the block at the token's column, and counts keys.
func enter(open []frame, tk *token.Token, keys int) []frame {
	if n := len(open); n > 0 && open[n-1].bracket {
		open[n-1].keys += keys
		return open
	}
	column := tk.Position.Column
	for len(open) > 0 && !open[len(open)-1].bracket && open[len(open)-1].column > column {
		open = open[:len(open)-1]
	}
	if n := len(open); n == 0 || open[n-1].bracket || open[n-1].column < column {
		open = append(open, frame{column: column})
	}
	open[len(open)-1].keys += keys
	return open
}

func closeBracket(open []frame) []frame {
	if n := len(open); n > 0 && open[n-1].bracket {
		return open[:n-1]
	}
	return open // the parser says what is wrong
}

func tooMuch(tk *token.Token, what string) *syntaxError {
	return &syntaxError{place{line: tk.Position.Line, column: tk.Position.Column}, what, "a policy is small: make it so"}
}
