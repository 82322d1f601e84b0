package rocketmq

import (
	"context"
	"errors"
	"slices"
	"sync"

	client "github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
	"go.opentelemetry.io/otel/trace"
)

// TransactionListener is the client's listener with contexts. Both methods may be
// called from several goroutines at once.
type TransactionListener interface {
	// ExecuteLocalTransaction runs after the broker has the half message, in the
	// context given to SendMessageInTransaction.
	ExecuteLocalTransaction(ctx context.Context, msg *primitive.Message) primitive.LocalTransactionState
	// CheckLocalTransaction answers the broker, which asks any producer of the
	// group, maybe much later: ctx is restored from the message's properties, so
	// what is done in it keeps the tag and the trace of the sender. It has no
	// deadline.
	CheckLocalTransaction(ctx context.Context, msg *primitive.MessageExt) primitive.LocalTransactionState
}

// TransactionProducer wraps the client's producer of transactional messages.
//
// Its producer group takes the twin's name in a home other than the baseline: the
// broker asks any producer of the group for the state of a transaction, and a
// baseline instance must not decide those of gray.
type TransactionProducer struct {
	inner  client.TransactionProducer
	tel    *telemetry
	place  *placement
	bridge *listenerBridge
}

// NewTransactionProducer makes a transaction producer from the client's own
// options. Nothing is sent or connected before Start.
func NewTransactionProducer(cfg Config, listener TransactionListener, opts ...producer.Option) (*TransactionProducer, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	var s settings
	var read error
	last := lastOption[producer.Option](func(f *fields) {
		s.common(f)
		twin, err := cfg.twin(s.group)
		f.setStr("GroupName", twin)
		read = errors.Join(f.err, err)
	})
	bridge := &listenerBridge{listener: listener}
	inner, err := client.NewTransactionProducer(bridge, slices.Concat(opts, []producer.Option{last})...)
	if err := errors.Join(err, read); err != nil {
		return nil, err
	}
	bridge.tel = newTelemetry(cfg.TracerProvider, cfg.Propagator, s.namespace, "")
	place, err := cfg.placement()
	return &TransactionProducer{inner: inner, tel: bridge.tel, place: place, bridge: bridge}, err
}

// Start connects the producer.
func (p *TransactionProducer) Start() error { return p.inner.Start() }

// Shutdown closes the producer. One goroutine of the client's (v2.1.2), which
// waits for questions of the broker, stays for the life of the process.
func (p *TransactionProducer) Shutdown() error { return p.inner.Shutdown() }

// SendMessageInTransaction sends a half message, runs the listener's local
// transaction and tells the broker its outcome. The span covers all three.
func (p *TransactionProducer) SendMessageInTransaction(ctx context.Context, msg *primitive.Message) (*primitive.TransactionSendResult, error) {
	if err := checkMessages([]*primitive.Message{msg}); err != nil {
		return nil, err
	}
	sendCtx, s, err := p.tel.send(ctx, p.place, []*primitive.Message{msg})
	if err != nil {
		return nil, err
	}
	p.bridge.running.Store(msg, ctx)
	defer p.bridge.running.Delete(msg)
	result, err := p.inner.SendMessageInTransaction(sendCtx, msg)
	if result == nil {
		s.end(nil, err)
		return nil, err
	}
	s.end(result.SendResult, err)
	return result, err
}

// listenerBridge gives the client a listener without contexts.
type listenerBridge struct {
	listener TransactionListener
	tel      *telemetry
	running  sync.Map // *primitive.Message being sent → its context
}

func (b *listenerBridge) ExecuteLocalTransaction(msg *primitive.Message) primitive.LocalTransactionState {
	ctx := context.Background()
	if v, ok := b.running.Load(msg); ok {
		ctx = v.(context.Context)
	}
	return b.listener.ExecuteLocalTransaction(ctx, msg)
}

func (b *listenerBridge) CheckLocalTransaction(msg *primitive.MessageExt) primitive.LocalTransactionState {
	ctx, r := b.tel.restore(context.Background(), &msg.Message)
	ctx, span, _ := b.tel.start(ctx, routeKey{opCheck, msg.Topic, r.tag, trace.SpanKindInternal})
	defer span.End()
	if span.IsRecording() {
		span.SetAttributes(keyMessageID.String(msg.MsgId), keyTagSource.String(r.source))
	}
	return b.listener.CheckLocalTransaction(ctx, msg)
}
