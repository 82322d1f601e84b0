package isolation

import (
	"errors"
	"fmt"
	"time"
)

// Name names a scheme as the policy does (isolation[].scheme).
type Name string

// The schemes of the field. Only the first two are built; New refuses the others.
const (
	NameSQL92       Name = "sql92"        // filtered by the broker
	NameProperty    Name = "property"     // filtered by the wrapper
	NameTag         Name = "tag"          // the message tag carries the env
	NameShadowTopic Name = "shadow_topic" // a topic for each env
	NameQueue       Name = "queue"        // the first and last queues are gray
)

// ErrScheme tells of a scheme that this version cannot do.
var ErrScheme = errors.New("isolation scheme")

// Scheme is one way to keep tagged messages apart. Its answers depend on their
// arguments alone.
type Scheme interface {
	// Name returns the scheme's name in the policy.
	Name() Name
	// Send says where a message of a tag goes and what it must carry.
	Send(r *Rules, m Outgoing) (Route, error)
	// Take says how a consumer takes part at a time. The error names what the
	// user must mend: a bad selector, a home that no group name can hold.
	Take(r *Rules, c Consumer, at time.Time) (Plan, error)
	// Orphan says what happens to a message of a tag in a topic and baseline
	// group while no consumer of its twin runs.
	Orphan(r *Rules, topic, group, tag string, at time.Time) Orphan
}

// New returns a scheme. property is the message property that holds the tag; ""
// means DefaultProperty. It must be an identifier of SQL92: letters, digits, _
// and $, beginning with no digit, and no reserved word.
func New(name Name, property string) (Scheme, error) {
	if property == "" {
		property = DefaultProperty
	}
	if err := checkProperty(property); err != nil {
		return nil, err
	}
	switch name {
	case NameSQL92:
		return sql92{property, newMarks(property)}, nil
	case NameProperty:
		return byProperty{newMarks(property)}, nil
	case NameTag, NameShadowTopic, NameQueue:
		return nil, fmt.Errorf("%w %s is not built yet; choose %s or %s", ErrScheme, name, NameSQL92, NameProperty)
	}
	return nil, fmt.Errorf("%w %q is unknown; choose %s or %s", ErrScheme, string(name), NameSQL92, NameProperty)
}

// DefaultProperty is the message property that holds the tag. It has no dot and no
// dash: SQL92 filters of RocketMQ cannot read such names (facts: measured on 4.9.7
// and 5.3.3).
const DefaultProperty = "gray_env"

// Outgoing is a message that is about to be sent.
type Outgoing struct {
	Topic      string
	MessageTag string // RocketMQ's own TAGS, "" for none
	Tag        string // env tag of the traffic, "" for baseline
}

// Route is where a message goes. Topic and MessageTag replace the user's.
type Route struct {
	Topic      string
	MessageTag string
	// Properties must be set on the message; one with an empty value must be
	// removed, so that a forwarded message does not keep a tag that is not its own.
	// Routes share the list: it must not be changed.
	Properties []Property
}

// Property is a user property of a message.
type Property struct{ Name, Value string }

// Consumer is what a user's consumer asks for.
type Consumer struct {
	Topic    string
	Group    string // the baseline group's name, in every home
	Home     string // the workload's home; "" or a baseline value is baseline
	Selector Selector
}

// SelectorType is the type of a subscription expression.
type SelectorType string

// The client's own values.
const (
	SelectorTag   SelectorType = "TAG" // "A || B", "*"; also the meaning of ""
	SelectorSQL92 SelectorType = "SQL92"
)

// Selector is a subscription expression, as the client's MessageSelector is.
type Selector struct {
	Type       SelectorType
	Expression string
}

// Plan is how a consumer takes part.
type Plan struct {
	Topic    string
	Group    string
	Selector Selector
	// FilteredBy says who keeps foreign messages away. With FilterBroker Filter
	// still holds: it bridges the time until the broker has a new expression (up
	// to a heartbeat, 30 s), so the wrapper always asks it.
	FilteredBy FilteredBy
	Filter     Filter
	Start      Start
	Retry      string // topic of this group's retries
	DeadLetter string // topic of its dead letters
	// Until is when time alone changes the answer (a cut of the policy): ask again
	// then. Zero: only new rules change it.
	Until time.Time
}

// SameSubscription reports whether a running consumer of plan p can go on with q
// without a new subscription: only the filter of the wrapper differs.
func (p Plan) SameSubscription(q Plan) bool {
	return p.Topic == q.Topic && p.Group == q.Group && p.Selector == q.Selector
}

// FilteredBy says where foreign messages are kept away.
type FilteredBy uint8

// The places of a filter.
const (
	FilterNone    FilteredBy = iota // nothing is refused
	FilterBroker                    // the broker passes over them
	FilterWrapper                   // they arrive, and the wrapper skips them
)

// StartWhere says where a group that the broker does not know yet begins.
type StartWhere uint8

// The positions.
const (
	StartAsUser StartWhere = iota // baseline groups: as the user set it
	StartFirst                    // the oldest message that the topic holds
	StartLast                     // the next message
	StartTime                     // the first message stored at Start.Time or later
)

// Start is the position of a group without offsets on the broker. A twin begins
// where the baseline group ceased to take its tag, so that nothing is left behind:
// at the cut or valid_from of the rules, or at the first message where they always
// held. Where the baseline group takes the tag as well, it begins at the last.
//
// The client's ConsumeFromWhere does not do this in topics whose oldest messages
// are still in the broker's memory: there each new group begins at the first
// message (measured on 4.9.7 and 5.3.3). The wrapper places the group itself.
type Start struct {
	Where StartWhere
	Time  time.Time // of StartTime; round down where the client needs seconds
}

// Orphan says what becomes of a tagged message while no twin runs.
type Orphan uint8

// The fates of a message without a twin.
const (
	// OrphanTaken: the baseline group processes it (legal fallback).
	OrphanTaken Orphan = iota
	// OrphanKept: it stays in the topic until a twin comes, or the broker's
	// retention ends.
	OrphanKept
)

// The broker's prefixes of a group's own topics.
const (
	retryPrefix      = "%RETRY%"
	deadLetterPrefix = "%DLQ%"
)
