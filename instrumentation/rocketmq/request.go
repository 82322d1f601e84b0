package rocketmq

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/apache/rocketmq-client-go/v2/primitive"
)

// ErrRequest tells why a request cannot be made safely.
var ErrRequest = errors.New("request cannot be made")

// Request sends a message and waits for the reply of its consumer, at most ttl.
// The span covers both. The reply is returned as the client hands it out; its
// context is the requester's own.
//
// Two faults of the client (v2.1.2) stand behind the errors that wrap
// [ErrRequest]. With interceptors, WithTrace among them, its Request returns
// neither reply nor error, so such a producer is refused. And it crashes the
// process when a broker does not acknowledge within 3 s; here no such time limit
// reaches it, so a goroutine of the client's stays behind until the broker answers.
// A producer with 4,096 of these refuses further requests.
func (p *Producer) Request(ctx context.Context, ttl time.Duration, msg *primitive.Message) (*primitive.Message, error) {
	if err := p.checkRequest(msg); err != nil {
		return nil, err
	}
	sendCtx, s, err := p.tel.send(ctx, p.place, []*primitive.Message{msg})
	if err != nil {
		return nil, err
	}
	return p.request(sendCtx, s, ttl, msg)
}

// RequestAsync is Request in the background: f is called once, from another
// goroutine, with the reply or the error, and with the values of ctx. The client's
// own RequestAsync is not used: with an interceptor it sends the message twice,
// and it may not call back at all when the send fails.
func (p *Producer) RequestAsync(ctx context.Context, ttl time.Duration, f func(context.Context, *primitive.Message, error), msg *primitive.Message) error {
	if err := p.checkRequest(msg); err != nil {
		return err
	}
	return p.inBackground(ctx, []*primitive.Message{msg}, func(detached, sendCtx context.Context, s sending) {
		reply, err := p.request(sendCtx, s, ttl, msg)
		f(detached, reply, err)
	})
}

func (p *Producer) checkRequest(msg *primitive.Message) error {
	if p.settings.interceptors > 0 || p.settings.traced {
		return fmt.Errorf("%w: rocketmq-client-go v2.1.2 loses replies when a producer has interceptors or a trace; use a producer without them", ErrRequest)
	}
	return checkMessages([]*primitive.Message{msg})
}

func (p *Producer) request(ctx context.Context, s sending, ttl time.Duration, msg *primitive.Message) (*primitive.Message, error) {
	select {
	case p.requests <- struct{}{}:
	default:
		err := fmt.Errorf("%w: the broker never acknowledged %d of this producer's; make a new producer", ErrRequest, cap(p.requests))
		s.end(nil, err)
		return nil, err
	}
	mild := newPatient(ctx, func() { <-p.requests })
	reply, err := p.inner.Request(mild, ttl, msg)
	mild.release()
	if err == nil && reply == nil {
		err = fmt.Errorf("%w: no reply from a consumer of %s", ErrRequest, s.topic)
	}
	s.end(nil, err)
	return reply, err
}
