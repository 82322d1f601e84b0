package rocketmq

import (
	"context"
	"errors"
	"slices"
	"time"

	client "github.com/apache/rocketmq-client-go/v2"
	clienterrors "github.com/apache/rocketmq-client-go/v2/errors"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

// Producer wraps the client's producer: the same methods with the same types, and
// each message keeps the context of its sender. It is safe for concurrent use.
//
// Messages are changed as the client itself changes them: properties are added.
// While a message is being sent (SendAsync: until the callback) it belongs to the
// producer.
type Producer struct {
	inner    client.Producer
	tel      *telemetry
	place    *placement
	settings settings
	drain    time.Duration

	pending  gate
	async    chan struct{} // a slot for each SendAsync under way
	requests chan struct{} // a slot for each Request that the client still waits for
}

// NewProducer makes a producer from the client's own options. Nothing is sent or
// connected before Start.
func NewProducer(cfg Config, opts ...producer.Option) (*Producer, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	var s settings
	var read error
	last := lastOption[producer.Option](func(f *fields) {
		s.common(f)
		read = f.err
	})
	inner, err := client.NewProducer(slices.Concat(opts, []producer.Option{last})...)
	if err := errors.Join(err, read); err != nil {
		return nil, err
	}
	place, err := cfg.placement()
	if err != nil {
		return nil, err
	}
	return &Producer{
		inner: inner, place: place, tel: newTelemetry(cfg.TracerProvider, cfg.Propagator, s.namespace, ""), settings: s, drain: cfg.DrainTimeout,
		async: make(chan struct{}, cfg.AsyncSends), requests: make(chan struct{}, maxUnanswered),
	}, nil
}

// Start connects the producer.
func (p *Producer) Start() error { return p.inner.Start() }

// Shutdown waits for asynchronous sends and their callbacks, no longer than
// Config.DrainTimeout, and closes the producer.
func (p *Producer) Shutdown() error {
	p.pending.close(p.drain)
	return p.inner.Shutdown()
}

// SendSync sends one message, or several of one topic as a batch, and waits for
// the broker's answer.
func (p *Producer) SendSync(ctx context.Context, msgs ...*primitive.Message) (*primitive.SendResult, error) {
	if err := checkMessages(msgs); err != nil {
		return nil, err
	}
	ctx, s, err := p.tel.send(ctx, p.place, msgs)
	if err != nil {
		return nil, err
	}
	result, err := p.inner.SendSync(ctx, msgs...)
	s.end(result, err)
	return result, err
}

// SendOneWay sends without waiting for an answer. The span ends when the bytes
// are written: it does not tell whether the broker stored the message.
func (p *Producer) SendOneWay(ctx context.Context, msgs ...*primitive.Message) error {
	if err := checkMessages(msgs); err != nil {
		return err
	}
	ctx, s, err := p.tel.send(ctx, p.place, msgs)
	if err != nil {
		return err
	}
	err = p.inner.SendOneWay(ctx, msgs...)
	s.end(nil, err)
	return err
}

// SendAsync sends in the background and calls f once, from another goroutine,
// with the result or the error. f's context holds the values of ctx and no
// deadline. It blocks while Config.AsyncSends sends are under way, at most as
// long as ctx lives; the send itself goes on when ctx ends, as bytes cannot be
// called back.
//
// The client's own SendAsync is not used: v2.1.2 crashes the process when a
// broker does not answer within 3 s (a nil command in ProcessSendResponse). Sends
// go through SendSync and so have its retries; messages sent by several calls may
// arrive in any order.
func (p *Producer) SendAsync(ctx context.Context, f func(context.Context, *primitive.SendResult, error), msgs ...*primitive.Message) error {
	if err := checkMessages(msgs); err != nil {
		return err
	}
	return p.inBackground(ctx, msgs, func(detached, sendCtx context.Context, s sending) {
		result, err := p.inner.SendSync(sendCtx, msgs...)
		s.end(result, err)
		if err != nil {
			result = nil // as the client calls back
		}
		f(detached, result, err)
	})
}

// inBackground begins a send and lets another goroutine finish it, as soon as there
// is room among Config.AsyncSends. It waits for that as long as ctx lives; detached
// has the values of ctx and no end.
func (p *Producer) inBackground(ctx context.Context, msgs []*primitive.Message, finish func(detached, sendCtx context.Context, s sending)) error {
	if !p.pending.enter() {
		return ErrClosed
	}
	select {
	case p.async <- struct{}{}:
	case <-ctx.Done():
		p.pending.leave()
		return ctx.Err()
	}
	free := func() { <-p.async; p.pending.leave() }
	detached := context.WithoutCancel(ctx)
	sendCtx, s, err := p.tel.send(detached, p.place, msgs)
	if err != nil {
		free()
		return err
	}
	go func() {
		defer free()
		finish(detached, sendCtx, s)
	}()
	return nil
}

// checkMessages finds what the client would refuse, before a span is started.
func checkMessages(msgs []*primitive.Message) error {
	if len(msgs) == 0 {
		return clienterrors.ErrMessageEmpty
	}
	for _, m := range msgs {
		switch {
		case m == nil:
			return clienterrors.ErrMessageEmpty
		case m.Topic == "":
			return clienterrors.ErrTopicEmpty
		case m.Topic != msgs[0].Topic:
			return clienterrors.ErrMultipleTopics
		}
	}
	return nil
}
