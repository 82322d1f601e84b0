package racecheck

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func access(kind, function string) string {
	return kind + " at 0x00c000241d18 by goroutine 564:\n  sync.(*Once).doSlow()\n      /usr/local/go/src/sync/once.go:78 +0xa1\n  " +
		function + "()\n      /somewhere/file.go:555 +0x57\n  github.com/dyetrace/dyetrace/x.caller()\n      /x.go:1 +0x1\n\n"
}

const (
	client = "github.com/apache/rocketmq-client-go/v2/internal.(*rmqClient).Shutdown.func1"
	ours   = "github.com/dyetrace/dyetrace/instrumentation/rocketmq.(*intake).close"
	helper = "github.com/emirpasic/gods/trees/redblacktree.(*Tree).Empty()\n      /tree.go:1 +0x1\n  " + client
)

func TestOfClient(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first, second string
		want          bool
	}{
		"both the client's": {client, client, true},
		"one ours":          {client, ours, false},
		"the other ours":    {ours, client, false},
		"both ours":         {ours, ours, false},
		"a library of it":   {helper, client, true},
		"nobody's":          {"os/exec.run", client, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := "WARNING: DATA RACE\n" + access("Write", c.first) + access("Previous read", c.second) +
				"Goroutine 564 (running) created at:\n  testing.(*T).Run()\n      /t.go:1 +0x1\n"
			require.Equal(t, c.want, ofClient(report))
		})
	}
	require.False(t, ofClient("WARNING: DATA RACE\n"), "what is not understood counts")
}

func TestFailures(t *testing.T) {
	t.Parallel()
	failed, err := failures(strings.NewReader(`{"Action":"output","Test":"TestRaced","Output":"=== RUN   TestRaced\n"}
{"Action":"output","Test":"TestRaced","Output":"    testing.go:1: race detected during execution of test\n"}
{"Action":"output","Test":"TestRaced","Output":"--- FAIL: TestRaced (0.00s)\n"}
{"Action":"fail","Test":"TestRaced"}
{"Action":"output","Test":"TestBroken","Output":"    x_test.go:2: one thing\n"}
{"Action":"fail","Test":"TestBroken"}
{"Action":"output","Test":"TestFine","Output":"    x_test.go:2: a log\n"}
{"Action":"pass","Test":"TestFine"}
{"Action":"fail"}
`))
	require.NoError(t, err)
	require.Equal(t, []string{"TestBroken"}, failed)
	_, err = failures(strings.NewReader("no JSON\n"))
	require.Error(t, err)
}
