package remoting

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// ErrNoTopic tells that the name server knows no broker with the topic.
var ErrNoTopic = errors.New("topic is not known to the name server")

// Broker is a broker that serves a topic.
type Broker struct {
	Name    string
	Address string // its master's host:port, or another member's where no master runs
	Queues  int    // queues of the topic to read from, numbered from 0
}

// Brokers asks a name server for the brokers of a topic, ordered by name. The
// error is ErrNoTopic where there are none.
func (c *Client) Brokers(ctx context.Context, nameServer, topic string) ([]Broker, error) {
	answer, err := c.Call(ctx, nameServer, Message{Code: RouteOfTopic, Fields: map[string]string{"topic": topic}})
	switch {
	case err != nil:
		return nil, fmt.Errorf("ask name server %s for topic %s: %w", nameServer, topic, err)
	case answer.Code == TopicNotExist:
		return nil, fmt.Errorf("%w: %s at %s", ErrNoTopic, topic, nameServer)
	case answer.Code != Success:
		return nil, fmt.Errorf("ask name server %s for topic %s: code %d: %s", nameServer, topic, answer.Code, answer.Remark)
	}
	var route struct {
		BrokerDatas []struct {
			BrokerName  string            `json:"brokerName"`
			BrokerAddrs map[string]string `json:"brokerAddrs"`
		} `json:"brokerDatas"`
		QueueDatas []struct {
			BrokerName    string `json:"brokerName"`
			ReadQueueNums int    `json:"readQueueNums"`
		} `json:"queueDatas"`
	}
	if err := json.Unmarshal(quoteKeys(answer.Body), &route); err != nil {
		return nil, fmt.Errorf("the route of topic %s is not readable: %w", topic, err)
	}
	queues := map[string]int{}
	for _, q := range route.QueueDatas {
		queues[q.BrokerName] = q.ReadQueueNums
	}
	var brokers []Broker
	for _, b := range route.BrokerDatas {
		if address := master(b.BrokerAddrs); address != "" {
			brokers = append(brokers, Broker{b.BrokerName, address, queues[b.BrokerName]})
		}
	}
	if len(brokers) == 0 {
		return nil, fmt.Errorf("%w: %s at %s has no broker", ErrNoTopic, topic, nameServer)
	}
	slices.SortFunc(brokers, func(a, b Broker) int { return cmp.Compare(a.Name, b.Name) })
	return brokers, nil
}

// master returns the address of the member with the lowest id; a master has 0.
func master(addresses map[string]string) string {
	best, address := -1, ""
	for id, a := range addresses {
		n, err := strconv.Atoi(id)
		if err == nil && n >= 0 && (best < 0 || n < best) {
			best, address = n, a
		}
	}
	return address
}

// quoteKeys makes JSON of what servers send: maps with numbers as keys, written
// bare ({0:"host:port"}). Strings are left alone.
func quoteKeys(body []byte) []byte {
	var out bytes.Buffer
	for at := 0; at < len(body); {
		c := body[at]
		if c == '"' {
			end := stringEnd(body, at)
			out.Write(body[at:end])
			at = end
			continue
		}
		out.WriteByte(c)
		at++
		if c != '{' && c != ',' {
			continue
		}
		digits := at
		for digits < len(body) && (body[digits] >= '0' && body[digits] <= '9' || body[digits] == '-') {
			digits++
		}
		if digits > at && digits < len(body) && body[digits] == ':' {
			fmt.Fprintf(&out, "%q", body[at:digits])
			at = digits
		}
	}
	return out.Bytes()
}

// stringEnd returns the offset after the JSON string that begins at an offset.
func stringEnd(body []byte, at int) int {
	for at++; at < len(body); at++ {
		switch body[at] {
		case '\\':
			at++
		case '"':
			return at + 1
		}
	}
	return len(body)
}
