// Package rocketmq wraps rocketmq-client-go v2: the same producers and consumers
// with the same types, through which the env tag travels, messages stay in their
// environment, and every send and delivery leaves the span that an auditor needs.
//
//	cfg := rocketmq.Config{Home: os.Getenv("GRAY_HOME"), Rules: rules} // rules: see policysource
//
//	p, err := rocketmq.NewProducer(cfg, producer.WithNameServer(servers), producer.WithGroupName("shop"))
//	…
//	_, err = p.SendSync(ctx, primitive.NewMessage("ORDER", body)) // ctx: the tag's
//
//	c, err := rocketmq.NewPushConsumer(cfg, consumer.WithNameServer(servers), consumer.WithGroupName("order"))
//	…
//	err = c.Subscribe("ORDER", consumer.MessageSelector{}, handle) // handle's ctx: the message's
//	err = c.Start()
//
// # Spans
//
// Names and attributes are those of OpenTelemetry's messaging conventions (v1.44).
//
//	send      one message: PRODUCER; a batch: CLIENT, linked to its create spans
//	create    each message of a batch: PRODUCER, whose context the message carries
//	process   CONSUMER; one message: child of and linked to the span that created it;
//	          a batch: a root linked to all creators
//	check     a broker's question about a transaction: INTERNAL, child of its send
//
// Process spans carry gray.message.attempt, counted from 1, and gray.env.source:
// where the tag was found (baggage, message_property, none). Messages of another
// environment get no span. Fetching and acknowledging have no spans: they are nobody's
// up- or downstream.
//
// # The client's faults
//
// docs/instrumentation/rocketmq.md lists the faults of v2.1.2 that this package
// works around. Objects without an instance name get one each, that is: a connection
// of their own.
package rocketmq
