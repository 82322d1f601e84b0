package nearest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		most int
		want int
	}{
		{"kitten", "sitting", 9, 3},
		{"", "abc", 9, 3},
		{"abc", "abc", 9, 0},
		{"abc", "xyz", 2, 2},
		{"a", "abcdefgh", 3, 3},
	} {
		require.Equal(t, c.want, distance(c.a, c.b, c.most), "%q %q", c.a, c.b)
	}
}
