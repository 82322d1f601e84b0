package audittest_test

import (
	"testing"

	"github.com/dyetrace/dyetrace/auditor/audittest"
)

func TestEngineOffline(t *testing.T) { audittest.RunBuiltin(t, audittest.Offline) }

func TestEngineStreaming(t *testing.T) { audittest.RunBuiltin(t, audittest.Streaming) }
