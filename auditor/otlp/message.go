package otlp

import (
	"math"
	"strings"
	"time"

	"github.com/dyetrace/dyetrace/auditor"
)

const (
	retryPrefix = "%RETRY%" // RocketMQ's topic of redeliveries to a group
	deadPrefix  = "%DLQ%"   // RocketMQ's topic of a group's dead letters

	// maxDelay bounds what a span may claim; RocketMQ's timers end at 3 days by default.
	maxDelay = 365 * 24 * time.Hour
)

// message fills the empty m; op is one of messaging, start is the span's in nanoseconds.
func (d *Decoder) message(kind auditor.Kind, op auditor.Op, start int64, m *auditor.Message) {
	m.System = d.str(onSystem)
	m.Destination = d.str(onDestination)
	m.ID = d.str(onMessageID)
	m.Batch = int(min(d.num(onBatch), math.MaxInt32))
	m.DeadLetter = strings.HasPrefix(m.Destination, deadPrefix)
	m.Redelivered = strings.HasPrefix(m.Destination, retryPrefix)
	if d.seen&onRare != 0 {
		m.Delay = int64(d.delay(op, start))
		m.Broadcast = strings.EqualFold(d.str(onConsumption), "broadcasting")
		m.Redelivered = m.Redelivered || d.redelivered(op)
		m.Skipped = op == auditor.OpProcess && d.str(onDecision) == "skipped"
	}
	m.Property = d.readingOf(onProperty)
	if sends(op) {
		m.Filter = d.str(onFilter)
	} else { // a sender's group is the producer's
		m.Group = d.group(kind)
	}
}

// group returns the consumer group. The Java agent's default leaves it out; then
// RocketMQ's name of the consuming thread tells it.
func (d *Decoder) group(kind auditor.Kind) string {
	if g := d.str(onGroup); g != "" || kind != auditor.KindConsumer {
		return g
	}
	return threadGroup(d.str(onThread))
}

// threadGroup takes the group out of ConsumeMessageThread_<group>_<n>. The client
// cuts groups at 100 bytes (ConsumeMessageConcurrentlyService.java): such a name
// may have lost a twin's suffix, so it tells nothing.
func threadGroup(thread string) string {
	name, ok := strings.CutPrefix(thread, "ConsumeMessageThread_")
	i := strings.LastIndexByte(name, '_')
	if !ok || i < 1 || i >= 100 || !allDigits(name[i+1:]) {
		return ""
	}
	return name[:i]
}

func allDigits(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

// redelivered collects the signs of a second attempt. The Java agent shows one
// only by captured properties; REAL_TOPIC alone also stands on delayed messages.
func (d *Decoder) redelivered(op auditor.Op) bool {
	return d.num(onAttempt) > 1 || d.num(onReconsume) > 0 || d.seen&onOriginID != 0 ||
		d.seen&onRetryTopic != 0 && op == auditor.OpProcess ||
		strings.HasPrefix(d.str(onRealTopic), retryPrefix)
}

// delay returns how long the broker was asked to hold the message back. On a
// redelivery the property DELAY is the retry's, so only a sender's is read.
func (d *Decoder) delay(op auditor.Op, start int64) time.Duration {
	level := d.num(onDelayLevel)
	if level == 0 && sends(op) {
		level = d.num(onDelayHeader)
	}
	if level > 0 {
		return delayOf(level)
	}
	due := d.num(onDeliveryTime) // milliseconds since the Unix epoch
	now := start / int64(time.Millisecond)
	if due <= now {
		return 0
	}
	if due-now >= maxDelay.Milliseconds() {
		return maxDelay
	}
	return time.Duration(due*int64(time.Millisecond) - start)
}

// delayOf is RocketMQ's default messageDelayLevel (MessageStoreConfig.java);
// brokers take a larger level for the last one.
func delayOf(level int64) time.Duration {
	levels := [...]time.Duration{
		time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second,
		1 * time.Minute, 2 * time.Minute, 3 * time.Minute, 4 * time.Minute, 5 * time.Minute,
		6 * time.Minute, 7 * time.Minute, 8 * time.Minute, 9 * time.Minute, 10 * time.Minute,
		20 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour,
	}
	return levels[min(level, int64(len(levels)))-1]
}
