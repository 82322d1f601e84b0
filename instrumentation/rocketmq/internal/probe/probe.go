// Package probe asks brokers whether they will filter as a subscription wants. The
// Go client does not: a broker without property filters, or one that cannot read
// the expression, refuses the consumer's heartbeat and delivers nothing, and the
// client's Start reports success (measured on 4.9.7 and 5.3.3).
package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/remoting"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation"
)

// The reasons why a subscription will not work; errors.Is finds them.
var (
	// ErrFilterOff: a broker runs without enablePropertyFilter.
	ErrFilterOff = errors.New("broker does not filter by properties")
	// ErrExpression: a broker cannot read the expression.
	ErrExpression = errors.New("broker cannot read the SQL92 expression")
	// ErrTopic: the name servers know no broker with the topic.
	ErrTopic = remoting.ErrNoTopic
	// ErrUnreachable: no name server, or not every broker, gave an answer. It may
	// be gone at the next try.
	ErrUnreachable = errors.New("filter not verified")
)

// Target is what is asked about.
type Target struct {
	NameServers []string // host:port; the first that answers is believed
	Topic       string   // with its namespace, if it has one
	Group       string
	Selector    isolation.Selector
}

// Check returns nil if every broker that serves the topic takes the subscription.
// TAG selectors always work and are not asked for. It asks what Java clients ask
// at their start (CHECK_CLIENT_CONFIG): the broker looks whether its filter is on
// and compiles the expression, and keeps nothing. client brings credentials and
// TLS; nil is the zero Client. Where ctx has no deadline each question has three
// seconds.
func Check(ctx context.Context, client *remoting.Client, target Target) error {
	if target.Selector.Type != isolation.SelectorSQL92 {
		return nil
	}
	if client == nil {
		client = &remoting.Client{}
	}
	brokers, err := route(ctx, client, target)
	if err != nil {
		return err
	}
	var errs []error
	for _, b := range brokers {
		errs = append(errs, checkBroker(ctx, client, b, target))
	}
	return errors.Join(errs...)
}

// route asks one name server after the other.
func route(ctx context.Context, client *remoting.Client, target Target) ([]remoting.Broker, error) {
	var errs []error
	for _, server := range target.NameServers {
		brokers, err := client.Brokers(ctx, server, target.Topic)
		switch {
		case err == nil:
			return brokers, nil
		case errors.Is(err, ErrTopic):
			return nil, fmt.Errorf("topic %s: %w; create it, or start its brokers, before its consumers", target.Topic, err)
		}
		errs = append(errs, err)
	}
	if len(errs) == 0 {
		errs = append(errs, errors.New("no name server is given"))
	}
	return nil, fmt.Errorf("%w for topic %s: %w", ErrUnreachable, target.Topic, errors.Join(errs...))
}

// question is the body of CHECK_CLIENT_CONFIG.
type question struct {
	ClientID     string       `json:"clientId"`
	Group        string       `json:"group"`
	Subscription subscription `json:"subscriptionData"`
}

type subscription struct {
	Topic          string `json:"topic"`
	SubString      string `json:"subString"`
	ExpressionType string `json:"expressionType"`
}

// filterOff is what brokers say, with the code that they have for any fault, denied
// access among them.
const filterOff = "does not support consumer to filter message"

func checkBroker(ctx context.Context, client *remoting.Client, b remoting.Broker, target Target) error {
	body, err := json.Marshal(question{
		ClientID: "dyetrace-probe", Group: target.Group,
		Subscription: subscription{target.Topic, target.Selector.Expression, string(target.Selector.Type)},
	})
	if err != nil {
		return err
	}
	answer, err := client.Call(ctx, b.Address, remoting.Message{Code: remoting.CheckClientConfig, Body: body})
	if err != nil {
		return fmt.Errorf("%w for topic %s at broker %s: %w", ErrUnreachable, target.Topic, b.Name, err)
	}
	switch {
	case answer.Code == remoting.Success:
		return nil
	case answer.Code == remoting.SubscriptionBad:
		return fmt.Errorf("%w: broker %s (%s), topic %s, group %s, expression %q: %s",
			ErrExpression, b.Name, b.Address, target.Topic, target.Group, target.Selector.Expression, answer.Remark)
	case answer.Code == remoting.SystemError && strings.Contains(answer.Remark, filterOff):
		return fmt.Errorf("%w: broker %s (%s), topic %s, group %s would get nothing; set enablePropertyFilter=true in the broker's configuration, or choose the isolation scheme property (the broker says: %s)",
			ErrFilterOff, b.Name, b.Address, target.Topic, target.Group, answer.Remark)
	}
	return fmt.Errorf("%w for topic %s: broker %s (%s) answers with code %d: %s",
		ErrUnreachable, target.Topic, b.Name, b.Address, answer.Code, answer.Remark)
}
