// Package position puts a consumer group that a broker does not know yet where its
// plan says. The client's own setting (ConsumeFromWhere) is not enough: for a new
// group in a topic whose oldest messages are still in the broker's memory the
// broker answers with offset 0 as if it were the group's own, and the group begins
// with the first message, whatever it asked for (measured on 4.9.7 and 5.3.3).
package position

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/remoting"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation"
)

// Group is a consumer group in a topic, both with their namespace if they have one.
type Group struct {
	NameServers []string // host:port; the first that answers is believed
	Topic       string
	Name        string
}

// Place writes the group's offsets on each broker of the topic that has none of it,
// and leaves all others alone. Call it before the group's first consumer starts;
// members that start at the same moment write the same. placed says that some were
// written. Only StartLast and StartTime need it: for other positions, and for
// consumers in broadcast mode, which keep their offsets themselves, it does nothing
// or must not be called. With StartTime a queue may begin one message early: 4.x
// searches for the nearest.
func Place(ctx context.Context, client *remoting.Client, g Group, start isolation.Start) (placed bool, err error) {
	if start.Where != isolation.StartLast && start.Where != isolation.StartTime {
		return false, nil
	}
	if client == nil {
		client = &remoting.Client{}
	}
	brokers, err := g.brokers(ctx, client)
	if err != nil {
		return false, err
	}
	for _, b := range brokers {
		p := placer{client, b, g}
		known, err := p.known(ctx)
		if err == nil && !known {
			placed = true
			err = p.place(ctx, start)
		}
		if err != nil {
			return placed, fmt.Errorf("place the new group %s in topic %s at broker %s: %w", g.Name, g.Topic, b.Name, err)
		}
	}
	return placed, nil
}

func (g Group) brokers(ctx context.Context, client *remoting.Client) ([]remoting.Broker, error) {
	errs := []error{fmt.Errorf("no name server tells of topic %s", g.Topic)}
	for _, server := range g.NameServers {
		brokers, err := client.Brokers(ctx, server, g.Topic)
		if err == nil {
			return brokers, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// placer works for one group on one broker.
type placer struct {
	client *remoting.Client
	broker remoting.Broker
	group  Group
}

// known reports whether the broker has offsets, or consumers, of the group.
func (p placer) known(ctx context.Context) (bool, error) {
	answer, err := p.ask(ctx, remoting.GroupsOfTopic, nil)
	if err != nil {
		return false, err
	}
	var groups struct {
		GroupList []string `json:"groupList"`
	}
	if err := json.Unmarshal(answer.Body, &groups); err != nil {
		return false, fmt.Errorf("the list of groups is not readable: %w", err)
	}
	return slices.Contains(groups.GroupList, p.group.Name), nil
}

func (p placer) place(ctx context.Context, start isolation.Start) error {
	for queue := range p.broker.Queues {
		id := strconv.Itoa(queue)
		offset, err := p.offset(ctx, id, start)
		if err == nil && queue == 0 {
			err = p.introduce(ctx, id, offset)
		}
		if err == nil {
			_, err = p.ask(ctx, remoting.UpdateOffset, map[string]string{"consumerGroup": p.group.Name, "queueId": id, "commitOffset": offset})
		}
		if err != nil {
			return fmt.Errorf("queue %d: %w", queue, err)
		}
	}
	return nil
}

// offset returns where a queue begins, as the broker writes it.
func (p placer) offset(ctx context.Context, queue string, start isolation.Start) (string, error) {
	code, fields := remoting.MaxOffset, map[string]string{"queueId": queue}
	if start.Where == isolation.StartTime {
		code, fields["timestamp"] = remoting.OffsetByTime, strconv.FormatInt(start.Time.UnixMilli(), 10)
	}
	answer, err := p.ask(ctx, code, fields)
	if err != nil {
		return "", err
	}
	offset := answer.Fields["offset"]
	if _, err := strconv.ParseInt(offset, 10, 64); err != nil {
		return "", fmt.Errorf("the broker tells no offset: %q", offset)
	}
	return offset, nil
}

// introduce pulls once in the group's name: brokers that create groups of their own
// accord do so at a pull, and 5.x takes no offsets of groups that it does not have.
func (p placer) introduce(ctx context.Context, queue, offset string) error {
	const ownSubscription = "4" // a flag: the group need not have consumers
	_, err := p.ask(ctx, remoting.PullMessage, map[string]string{
		"consumerGroup": p.group.Name, "queueId": queue, "queueOffset": offset, "maxMsgNums": "1",
		"sysFlag": ownSubscription, "commitOffset": "0", "suspendTimeoutMillis": "0",
		"subscription": "*", "subVersion": "0", "expressionType": "TAG",
	})
	return err
}

// ask sends a question about the topic; any answer but yes is an error.
func (p placer) ask(ctx context.Context, code remoting.Code, fields map[string]string) (remoting.Message, error) {
	all := map[string]string{"topic": p.group.Topic}
	maps.Copy(all, fields)
	answer, err := p.client.Call(ctx, p.broker.Address, remoting.Message{Code: code, Fields: all})
	if err != nil {
		return answer, err
	}
	switch answer.Code {
	case remoting.Success, remoting.PullNotFound, remoting.PullRetry, remoting.PullMoved:
		return answer, nil
	}
	return answer, fmt.Errorf("the broker answers request %d with code %d: %s", code, answer.Code, answer.Remark)
}
