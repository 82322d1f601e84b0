package rocketmq

import (
	"strconv"
	"strings"

	"github.com/apache/rocketmq-client-go/v2/primitive"
)

const (
	retryTopicPrefix = "%RETRY%"
	dlqTopicPrefix   = "%DLQ%"
)

// carrier lets a propagator read and write a message's properties.
type carrier struct{ m *primitive.Message }

func (c carrier) Get(key string) string { return c.m.GetProperty(key) }

func (c carrier) Set(key, value string) { c.m.WithProperty(key, value) }

func (c carrier) Keys() []string {
	all := c.m.GetProperties()
	keys := make([]string, 0, len(all))
	for k := range all {
		keys = append(keys, k)
	}
	return keys
}

// topicOf returns the topic that the message was sent to: the client hands out
// retries under the retry topic in some paths.
func topicOf(m *primitive.MessageExt) string {
	if strings.HasPrefix(m.Topic, retryTopicPrefix) || strings.HasPrefix(m.Topic, dlqTopicPrefix) {
		if t := m.GetProperty(primitive.PropertyRetryTopic); t != "" {
			return t
		}
	}
	return m.Topic
}

func appendInt(b []byte, n int) []byte { return strconv.AppendInt(b, int64(n), 10) }

// withoutNamespace returns a topic as the user names it.
func withoutNamespace(namespace, topic string) string {
	if namespace == "" {
		return topic
	}
	return strings.TrimPrefix(topic, namespace+"%")
}
