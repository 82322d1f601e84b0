package rocketmq

import (
	"context"
	"errors"
	"fmt"

	clienterrors "github.com/apache/rocketmq-client-go/v2/errors"
	"github.com/apache/rocketmq-client-go/v2/primitive"
)

// ErrClosed is returned by what was shut down.
var ErrClosed = errors.New("producer is shut down")

// errorType names an error in few and stable words, for error.type.
func errorType(err error) string {
	switch {
	case errors.Is(err, context.Canceled):
		return "context.Canceled"
	case errors.Is(err, context.DeadlineExceeded):
		return "context.DeadlineExceeded"
	case errors.Is(err, clienterrors.ErrRequestTimeout):
		return "timeout"
	case primitive.IsRemotingErr(err):
		return "remoting"
	}
	return fmt.Sprintf("%T", err)
}
