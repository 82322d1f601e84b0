package envtag_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/baggage"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
)

func TestContext(t *testing.T) {
	ctx := t.Context()
	require.Empty(t, envtag.FromContext(ctx))

	other, err := baggage.NewMemberRaw("user", "a b")
	require.NoError(t, err)
	bag, err := baggage.New(other)
	require.NoError(t, err)
	ctx = baggage.ContextWithBaggage(ctx, bag)

	gray, err := envtag.ContextWith(ctx, "gray")
	require.NoError(t, err)
	require.Equal(t, "gray", envtag.FromContext(gray))
	require.Equal(t, "a b", baggage.FromContext(gray).Member("user").Value(), "other members stay")
	require.Empty(t, envtag.FromContext(ctx), "the parent is unchanged")

	blue, err := envtag.ContextWith(gray, "blue")
	require.NoError(t, err)
	require.Equal(t, "blue", envtag.FromContext(blue))

	stripped, err := envtag.ContextWith(blue, "")
	require.NoError(t, err)
	require.Empty(t, envtag.FromContext(stripped))
	require.Equal(t, 1, baggage.FromContext(stripped).Len())
	require.Equal(t, ctx, envtag.Without(ctx), "nothing to strip: the very context")
}

func TestInvalidTagIsNeverSetNorRead(t *testing.T) {
	ctx, err := envtag.ContextWith(t.Context(), "gray")
	require.NoError(t, err)
	kept, err := envtag.ContextWith(ctx, "a'; drop")
	require.ErrorIs(t, err, envtag.ErrInvalid)
	require.Equal(t, "gray", envtag.FromContext(kept))

	// Somebody wrote the baggage without this package.
	foreign, err := baggage.NewMemberRaw(envtag.Key, "a'; drop")
	require.NoError(t, err)
	bag, err := baggage.New(foreign)
	require.NoError(t, err)
	ctx = baggage.ContextWithBaggage(t.Context(), bag)
	require.Empty(t, envtag.FromContext(ctx))
	require.Zero(t, baggage.FromContext(envtag.Without(ctx)).Len())
}

func TestValidate(t *testing.T) {
	for _, tag := range []string{"gray", "g", "7", "feature-123", "A_b-C", strings.Repeat("x", envtag.MaxLength)} {
		require.NoError(t, envtag.Validate(tag), tag)
	}
	for _, tag := range []string{
		"", " ", "gray ", "-gray", "gray-", "_g", "g.h", "a,b", "a=b", "a;b", "a'b", `a"b`, "a%b", "a|b", "a\x01b", "a\x02b", "a\nb", "grün", "灰",
		strings.Repeat("x", envtag.MaxLength+1),
	} {
		require.ErrorIs(t, envtag.Validate(tag), envtag.ErrInvalid, "%q", tag)
	}
}

func TestSame(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"", "", true},
		{"", "base", true},
		{"baseline", "base", true},
		{"gray", "gray", true},
		{"gray", "", false},
		{"base", "gray", false},
		{"gray", "Gray", false},
	} {
		require.Equal(t, c.want, envtag.Same(c.a, c.b), "%q %q", c.a, c.b)
	}
}

func TestReadingAllocatesNothing(t *testing.T) {
	ctx, err := envtag.ContextWith(t.Context(), "gray")
	require.NoError(t, err)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if envtag.FromContext(ctx) != "gray" {
			panic("lost")
		}
	}))
}
