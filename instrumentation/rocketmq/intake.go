package rocketmq

import (
	"strings"
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
const settleTime = 50 * time.Millisecond

// deliver runs work unless the intake is closing. Then it holds the delivery until
// the client has dropped its queues and ignores the result: the message was not
// processed, its offset is not committed, and the next consumer gets it. A result
// given earlier would send it to the retry topic.
func (in *intake) deliver(work func() (consumer.ConsumeResult, error)) (consumer.ConsumeResult, error) {
	if !in.gate.enter() {
		<-in.gone
		return consumer.ConsumeRetryLater, nil
	}
	defer in.gate.leave()
	return work()
}

// close lets nothing more in, waits up to drain for deliveries under way and shuts
// the client's consumer down. What is still running then goes on, and its messages
// will be delivered again.
func (in *intake) close(drain time.Duration) error {
	if in.gate.close(drain) {
		<-time.After(settleTime)
	}
	defer close(in.gone)
	return in.inner.Shutdown()
}
