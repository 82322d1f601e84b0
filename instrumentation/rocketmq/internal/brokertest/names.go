package brokertest

import (
	"context"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/remoting"
)

// retryPrefix begins the name of a group's topic for retries.
const retryPrefix = "%RETRY%"

// Topic creates a topic with a name that no other test and no other run of this
// one has, beginning with the given name, and returns that name.
func (b *Broker) Topic(t testing.TB, name string, queues int) string {
	t.Helper()
	topic := name + "_" + unique(t)
	b.CreateTopic(t, topic, queues)
	return topic
}

// Group returns a consumer group's name for this test alone, with the topic of its
// retries created: without it a group gets its first retry 40 s late. For twins
// give the name that is to be made: b.Retries(t, group+"_gray").
func (b *Broker) Group(t testing.TB, name string) string {
	t.Helper()
	group := name + "_" + unique(t)
	b.Retries(t, group)
	return group
}

// Retries creates the topic of a group's retries, with one queue as the broker
// does.
func (b *Broker) Retries(t testing.TB, group string) {
	t.Helper()
	b.CreateTopic(t, retryPrefix+group, 1)
}

// CreateTopic creates a topic and returns when the name server tells of it.
func (b *Broker) CreateTopic(t testing.TB, topic string, queues int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	if err := b.createTopic(ctx, topic, queues); err != nil {
		t.Fatalf("create topic %s: %v\n%s", topic, err, b.Log())
	}
}

func (b *Broker) createTopic(ctx context.Context, topic string, queues int) error {
	n := strconv.Itoa(queues)
	answer, err := b.client.Call(ctx, b.Address, remoting.Message{Code: remoting.CreateTopic, Fields: map[string]string{
		"topic": topic, "defaultTopic": "TBW102", "readQueueNums": n, "writeQueueNums": n, "perm": "6",
		"topicFilterType": "SINGLE_TAG", "topicSysFlag": "0", "order": "false",
	}})
	if err != nil {
		return err
	}
	if answer.Code != remoting.Success {
		return fmt.Errorf("code %d: %s", answer.Code, answer.Remark)
	}
	for {
		_, err := b.client.Brokers(ctx, b.NameServer, topic)
		if err == nil {
			return nil
		}
		if pause(ctx, b.broker.done) != nil {
			return err
		}
	}
}

// unique is a short name of the test and the moment.
func unique(t testing.TB) string {
	h := fnv.New32a()
	h.Write([]byte(t.Name()))
	return strings.ToLower(strconv.FormatUint(uint64(h.Sum32()), 36) + "_" + strconv.FormatInt(time.Now().UnixNano(), 36))
}
