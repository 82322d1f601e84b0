package auditor

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestNames(t *testing.T) {
	n := newNames(4)
	a, b := n.id("a"), n.id("b")
	require.NotEqual(t, a, b)
	require.Equal(t, a, n.id("a"), "the same string gives the same number")
	require.Equal(t, "b", n.text(b))
	require.Zero(t, n.id(""), "0 is the empty string")
	require.False(t, n.full)
	n.id("c")
	require.Zero(t, n.id("d"), "past the limit: 0")
	require.True(t, n.full)
	require.Equal(t, a, n.id("a"), "known strings stay known")
	require.Len(t, n.texts, 4)
}

func TestNamesCutLongText(t *testing.T) {
	n := newNames(100)
	long := strings.Repeat("x", 1<<20)
	require.Equal(t, n.id(long), n.id(long[:maxText+1]), "what is cut looks the same")
	require.Len(t, n.text(n.id(long)), maxText)
	odd := n.text(n.id(strings.Repeat("x", maxText-1) + "é"))
	require.True(t, utf8.ValidString(odd), "a character is not cut in two: %q", odd[maxText-3:])
}

func TestNamesLimitFitsItsNumbers(t *testing.T) {
	n := newNames(1 << 20)
	for i := range 1 << 17 {
		n.id(fmt.Sprint(i))
	}
	require.True(t, n.full)
	require.LessOrEqual(t, len(n.texts), 1<<16-1)
	require.Equal(t, "7", n.text(n.id("7")))
}

func TestTags(t *testing.T) {
	g := tags{names: newNames(4), baseline: map[string]bool{"base": true, "": true}}
	require.Equal(t, envBase, g.env("base"))
	require.Equal(t, envBase, g.env(""))
	gray := g.env("gray")
	require.NotEqual(t, envBase, gray)
	require.Equal(t, "gray", g.show(gray))
	g.env("t2")
	g.env("t3")
	require.False(t, g.full)
	x, y := g.env("t4"), g.env("t5")
	require.Equal(t, x, y, "past the limit all tags are one")
	require.NotEqual(t, envBase, x, "but still a tag")
	require.Equal(t, otherText, g.show(x))
	require.True(t, g.full)
	require.Equal(t, g.other(), g.env(strings.Repeat("x", maxText+1)), "a tag too long to keep")
	require.Equal(t, envBase, g.env("base"), "baseline stays baseline past the limit")
}

func TestTagsWithoutEmptyBaseline(t *testing.T) {
	g := tags{names: newNames(10), baseline: map[string]bool{"base": true}}
	require.Equal(t, envBase, g.env(""), "an empty value is no tag either")
}
