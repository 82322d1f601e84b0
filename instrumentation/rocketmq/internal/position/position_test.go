package position

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/remoting"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation"
)

// The tests on real brokers are those of package isolation.

func TestNothingToPlace(t *testing.T) {
	for _, where := range []isolation.StartWhere{isolation.StartAsUser, isolation.StartFirst} {
		placed, err := Place(t.Context(), nil, Group{}, isolation.Start{Where: where})
		require.NoError(t, err, "nobody is asked")
		require.False(t, placed)
	}
}

func TestNobodyToAsk(t *testing.T) {
	for _, servers := range [][]string{nil, {"127.0.0.1:1"}} {
		_, err := Place(t.Context(), &remoting.Client{}, Group{NameServers: servers, Topic: "ORDER", Name: "order"}, isolation.Start{Where: isolation.StartLast})
		require.ErrorContains(t, err, "no name server tells of topic ORDER")
	}
}
