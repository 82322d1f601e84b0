package api

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestColumn(t *testing.T) {
	for want, c := range map[string]column{
		`[]`:                        {},
		`[0,1,-3,9007199254740991]`: {0, 1, -3, 1<<53 - 1},
		`[0.5,0.333333,1e+300]`:     {0.5, part(1, 3), 1e300},
		`[null,null]`:               {math.NaN(), part(0, 0)},
	} {
		text, err := json.Marshal(c)
		require.NoError(t, err)
		require.JSONEq(t, want, string(text))
		var back column
		require.NoError(t, json.Unmarshal(text, &back))
		require.Len(t, back, len(c))
		for i := range c {
			require.True(t, c[i] == back[i] || math.IsNaN(c[i]) && math.IsNaN(back[i]))
		}
	}
	text, err := json.Marshal(column(nil))
	require.NoError(t, err)
	require.Equal(t, "[]", string(text))
}
