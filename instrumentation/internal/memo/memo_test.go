package memo_test

import (
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/instrumentation/internal/memo"
)

func TestTable(t *testing.T) {
	made := map[string]int{}
	table := memo.NewTable(2, func(key string) string {
		made[key]++
		return "<" + key + ">"
	})
	for range 3 {
		for _, key := range []string{"a", "b", "c"} {
			require.Equal(t, "<"+key+">", table.Get(key))
		}
	}
	require.Equal(t, map[string]int{"a": 1, "b": 1, "c": 3}, made, "beyond the limit values are made anew")
	require.Zero(t, testing.AllocsPerRun(100, func() { table.Get("a") }))
}

func TestConcurrentUse(t *testing.T) {
	table := memo.NewTable(8, strconv.Quote)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 1000 {
				key := strconv.Itoa(i % 16)
				if got := table.Get(key); got != strconv.Quote(key) {
					t.Errorf("%s: %s", key, got)
				}
			}
		})
	}
	wg.Wait()
}
