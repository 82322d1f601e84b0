package rocketmq_test

import (
	"context"
	"os"

	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"

	"github.com/dyetrace/dyetrace/instrumentation/rocketmq"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation/policysource"
)

// The ten lines of docs/instrumentation/rocketmq.md; compiled, not run.
func Example() {
	ctx, body, servers := context.Background(), []byte("…"), []string{"127.0.0.1:9876"}
	handle := func(_ context.Context, _ ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
		return consumer.ConsumeSuccess, nil
	}
	check := func(err error) {
		if err != nil {
			panic(err)
		}
	}

	rules, err := policysource.OpenHTTP(ctx, "http://auditd:4327/api/v1/policy", policysource.Options{}) // or OpenFile
	check(err)
	cfg := rocketmq.Config{Home: os.Getenv("GRAY_HOME"), Rules: rules} // "" is the baseline

	p, err := rocketmq.NewProducer(cfg, producer.WithNameServer(servers), producer.WithGroupName("shop"))
	check(err)
	check(p.Start())
	_, err = p.SendSync(ctx, primitive.NewMessage("ORDER", body)) // ctx carries the tag
	check(err)

	c, err := rocketmq.NewPushConsumer(cfg, consumer.WithNameServer(servers), consumer.WithGroupName("order"))
	check(err)
	check(c.Subscribe("ORDER", consumer.MessageSelector{}, handle)) // handle's ctx carries the message's tag
	check(c.Start())                                                // fails, and says why, where the broker would not filter
}
