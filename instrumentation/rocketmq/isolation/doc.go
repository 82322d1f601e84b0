// Package isolation decides how gray and baseline messages are kept apart on
// RocketMQ: where a tagged message goes, which consumer group and filter a
// workload of some home takes it with, and what the wrapper must filter itself.
// It only answers; it sends, subscribes and reads nothing, and imports only the
// standard library. Every value of it is immutable once made and may be used by
// any number of goroutines.
//
//	rules := source.Rules()                               // of a policysource.Source
//	scheme, err := isolation.New(isolation.NameSQL92, "") // "" is gray_env
//
//	// Producer: every message.
//	route, err := scheme.Send(rules, isolation.Outgoing{Topic: "ORDER", Tag: "gray"})
//
//	// Consumer: at start, and again at each change of the rules, and at plan.Until.
//	plan, err := scheme.Take(rules, isolation.Consumer{
//		Topic: "ORDER", Group: "order", Home: "gray",
//		Selector: isolation.Selector{Type: isolation.SelectorTag, Expression: "A || B"},
//	}, now)
//	// subscribe plan.Topic as plan.Group with plan.Selector; for each message:
//	if !plan.Filter.Accept(tag, attempt) { /* acknowledge, process nothing */ }
//
// # Words
//
// The tag of a message is its property gray_env; none, or a value that the policy
// lists as baseline, is baseline. A baseline consumer group has a twin for each
// gray home, named by the policy's template, {group}_{env} if it says nothing.
// Names are built from the template and compared as they are: no lower-casing, no
// search for parts of names. A tag that cannot stand in a name is an error.
//
// # Who takes a message
//
// A twin takes the messages of its own tag and no others. The baseline group
// takes baseline messages, and tagged ones unless the rules refuse them: tags that
// consumers or isolation list as ignored, or with fallback: forbid all tags but
// the served. Both groups see every message, so where a twin runs and the
// baseline group does not refuse its tag, both process it.
//
// A redelivery belongs to the group that failed to process it, whatever the rules
// have become since: the other group may have passed over that message long ago.
package isolation
