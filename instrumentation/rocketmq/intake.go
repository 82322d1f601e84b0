package rocketmq

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	client "github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/hooks"
	"github.com/apache/rocketmq-client-go/v2/primitive"
)

// intake is one consumer of the client's, and the way into it. A push consumer
// goes through several in its life: each new subscription is a new intake.
//
// The client can subscribe again at run time, but keeps callbacks in a map without
// a lock that every delivery reads (utils/set.go of v2.1.2): a change under load
// may end the process. So the wrapper lets a consumer run dry and starts another.
type intake struct {
	inner     client.PushConsumer
	namespace string
	orderly   bool
	subs      map[string]*subscription // by topic; never changed

	gate gate
	gone chan struct{} // closed when inner has been shut down

	mu    sync.Mutex
	begun map[primitive.MessageQueue]int64 // highest offset let in, by queue

	// sharesRetries: the client has shared out the queues of the retry topic.
	sharesRetries atomic.Bool
}

// filter is the client's filter hook. Redeliveries, which come from the retry
// topic, are this group's in any case.
func (in *intake) filter(f *hooks.FilterMessageContext) ([]*primitive.MessageExt, error) {
	if sub := in.subs[withoutNamespace(in.namespace, f.MQ.Topic)]; sub != nil {
		return sub.filter(f.Msg), nil
	}
	return f.Msg, nil
}

// watch notes which topics the client shares out.
func (in *intake) watch(queues []*primitive.MessageQueue) {
	if len(queues) > 0 && strings.HasPrefix(queues[0].Topic, retryTopicPrefix) {
		in.sharesRetries.Store(true)
	}
}

// settleTime is what the client gets to commit the offset of the last delivery,
// which it does after the callback has returned.
const settleTime = 500 * time.Millisecond

// deliver runs work on the messages unless the intake is closing. Then it holds the
// delivery until the client has dropped its queues and ignores the result: the
// messages were not processed, their offsets are not committed, and the next consumer
// gets them. A result given earlier would send them to the retry topic.
func (in *intake) deliver(msgs []*primitive.MessageExt, work func() (consumer.ConsumeResult, error)) (consumer.ConsumeResult, error) {
	if !in.enter(msgs) {
		<-in.gone
		return consumer.ConsumeRetryLater, nil
	}
	defer in.gate.leave()
	return work()
}

// enter reports whether a delivery may begin. While the intake closes, one that lies
// before another that has begun still may: the client commits the lowest offset of a
// queue that is not done, so holding it would bring the other one again.
func (in *intake) enter(msgs []*primitive.MessageExt) bool {
	first := msgs[0]
	if in.orderly || first.Queue == nil {
		return in.gate.enter()
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	highest, known := in.begun[*first.Queue]
	if in.gate.enter() {
		in.begun[*first.Queue] = max(highest, msgs[len(msgs)-1].QueueOffset)
		return true
	}
	if known && first.QueueOffset < highest {
		in.gate.enterLate()
		return true
	}
	return false
}

// close lets nothing new in, waits up to drain for deliveries under way and shuts
// the client's consumer down. What is still running then goes on, and its messages
// will be delivered again.
func (in *intake) close(drain time.Duration) error {
	for end := time.Now().Add(drain); in.gate.close(time.Until(end)); {
		<-time.After(settleTime)
		if in.gate.empty() {
			break
		}
	}
	defer close(in.gone)
	return in.inner.Shutdown()
}
