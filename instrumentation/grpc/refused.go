package graygrpc

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/dyetrace/dyetrace/instrumentation/routing"
)

// refusedError is a [routing.RefusedError] with a gRPC status.
//
// The code is PermissionDenied. FailedPrecondition would say it better, but a
// picker may not use it: gRPC turns it into Internal (gRFC A54). Unavailable
// invites retries and trips circuit breakers, and no retry helps while the
// policy forbids the call; PermissionDenied is retried by nobody's defaults.
type refusedError struct{ *routing.RefusedError }

// GRPCStatus is what the status package looks for. gRPC ends the call at once
// with it, also one that waits for ready connections.
func (e *refusedError) GRPCStatus() *status.Status {
	return status.New(codes.PermissionDenied, e.Error())
}

// Unwrap lets errors.As find the [routing.RefusedError].
func (e *refusedError) Unwrap() error { return e.RefusedError }
