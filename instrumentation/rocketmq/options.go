package rocketmq

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"

	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"

	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/position"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/probe"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/remoting"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation"
)

// settings are what the wrapper must know of the client's options. The client
// keeps them in unexported structs with exported fields; an option of our own,
// applied last, reads and sets these fields. So users keep the client's options,
// and each is applied once.
type settings struct {
	group, namespace, instance, unit string
	resolver                         primitive.NsResolver
	credentials                      primitive.Credentials
	interceptors                     int
	traced                           bool // WithTrace
	orderly, broadcasting            bool
	hooks                            int // filter hooks of a consumer
}

// fields are a client's options while they are applied. The first field that is
// not there is remembered: then the client is not the one this was made for.
type fields struct {
	v   reflect.Value
	err error
}

func (f *fields) get(name string) reflect.Value {
	v := f.v.FieldByName(name)
	if !v.IsValid() && f.err == nil {
		f.err = fmt.Errorf("the client's options have no field %s: this wrapper needs rocketmq-client-go v2.1.2", name)
	}
	return v
}

func (f *fields) str(name string) string {
	if v := f.get(name); v.IsValid() && v.Kind() == reflect.String {
		return v.String()
	}
	return ""
}

func (f *fields) flag(name string) bool {
	v := f.get(name)
	return v.IsValid() && v.Kind() == reflect.Bool && v.Bool()
}

func (f *fields) length(name string) int {
	if v := f.get(name); v.IsValid() && v.Kind() == reflect.Slice {
		return v.Len()
	}
	return 0
}

// setStr sets a field of any string type.
func (f *fields) setStr(name, value string) {
	if v := f.get(name); v.IsValid() && v.Kind() == reflect.String && v.CanSet() {
		v.SetString(value)
	}
}

// setInt sets a field of any integer type.
func (f *fields) setInt(name string, value int) {
	if v := f.get(name); v.IsValid() && v.CanInt() && v.CanSet() {
		v.SetInt(int64(value))
	}
}

// lastOption is an option of type O (producer.Option or consumer.Option) that
// hands the options to edit.
func lastOption[O any](edit func(*fields)) O {
	t := reflect.TypeFor[O]()
	f := reflect.MakeFunc(t, func(args []reflect.Value) []reflect.Value {
		edit(&fields{v: args[0].Elem()})
		return nil
	})
	return f.Interface().(O)
}

// common reads what producers and consumers share, and gives an object without an
// instance name one of its own.
//
// By default all clients of a process share one connection and its state. Then a
// consumer that shuts down stays a member of its group, and keeps its queues,
// until the broker's patience ends (120 s); and a transaction producer that is not
// the first on the connection is never asked for the state of its transactions
// (client.go of the client, v2.1.2).
func (s *settings) common(f *fields) {
	s.group, s.namespace, s.unit = f.str("GroupName"), f.str("Namespace"), f.str("UnitName")
	s.interceptors = f.length("Interceptors")
	if v := f.get("TraceDispatcher"); v.IsValid() {
		s.traced = !v.IsNil()
	}
	if s.instance == "" {
		s.instance = f.str("InstanceName")
		if s.instance == defaultInstance {
			s.instance = instanceName(s.group)
		}
	}
	f.setStr("InstanceName", s.instance)
	if v := f.get("Resolver"); v.IsValid() && v.CanInterface() {
		if r, ok := reflect.TypeAssert[primitive.NsResolver](v); ok {
			s.resolver = r
		}
	}
	if v := f.get("Credentials"); v.IsValid() && v.CanInterface() {
		s.credentials, _ = reflect.TypeAssert[primitive.Credentials](v)
	}
}

// consumer reads what only consumers have.
func (s *settings) consumer(f *fields) {
	s.common(f)
	s.orderly = f.flag("ConsumeOrderly")
	s.hooks = f.length("filterMessageHooks")
	if v := f.get("ConsumerModel"); v.IsValid() && v.CanInt() {
		s.broadcasting = consumer.MessageModel(v.Int()) == consumer.BroadCasting
	}
}

// readConsumer reads a consumer's options without making a consumer. What WithTrace
// starts when it is applied is ended again.
func readConsumer(opts []consumer.Option) (settings, error) {
	var s settings
	f := &fields{v: reflect.New(reflect.TypeFor[consumer.Option]().In(0).Elem()).Elem()}
	f.setStr("GroupName", "DEFAULT_CONSUMER")
	f.setStr("InstanceName", defaultInstance)
	f.setInt("ConsumerModel", int(consumer.Clustering)) // the zero value is broadcasting
	last := lastOption[consumer.Option](func(applied *fields) {
		s.consumer(applied)
		if d, ok := reflect.TypeAssert[interface{ Close() }](applied.get("TraceDispatcher")); ok {
			d.Close()
		}
		f.err = applied.err
	})
	for _, o := range slices.Concat(opts, []consumer.Option{last}) {
		reflect.ValueOf(o).Call([]reflect.Value{f.v.Addr()})
	}
	return s, f.err
}

// checkHooks refuses filter hooks among the options: the client knows one list of
// them, and the wrapper sets it.
func (s *settings) checkHooks() error {
	if s.hooks > 0 {
		return errors.New("WithFilterMessageHook is taken by the wrapper: give the hooks as Config.FilterHooks")
	}
	return nil
}

// setStart sets where a group without offsets begins; StartAsUser changes nothing.
func (f *fields) setStart(at isolation.Start) {
	where := consumer.ConsumeFromLastOffset
	switch at.Where {
	case isolation.StartAsUser:
		return
	case isolation.StartFirst:
		where = consumer.ConsumeFromFirstOffset
	case isolation.StartTime:
		where = consumer.ConsumeFromTimestamp
		f.setStr("ConsumeTimestamp", at.Time.UTC().Format("20060102150405")) // the client reads it as UTC
	}
	f.setInt("FromWhere", int(where))
}

// wrapStrategy lets see watch what the client's strategy shares out.
func (f *fields) wrapStrategy(see func(queues []*primitive.MessageQueue)) {
	v := f.get("Strategy")
	if !v.IsValid() || !v.CanSet() {
		return
	}
	share, ok := reflect.TypeAssert[consumer.AllocateStrategy](v)
	if !ok || share == nil {
		return
	}
	v.Set(reflect.ValueOf(consumer.AllocateStrategy(func(group, client string, queues []*primitive.MessageQueue, clients []string) []*primitive.MessageQueue {
		see(queues)
		return share(group, client, queues, clients)
	})))
}

// verify asks the brokers whether a subscription will work.
func (s *settings) verify(group, topic string, sel isolation.Selector) error {
	target := probe.Target{Topic: s.full(topic), Group: s.full(group), Selector: sel, NameServers: s.nameServers()}
	return probe.Check(context.Background(), s.asker(), target)
}

// place puts a group that the brokers do not know yet where its plan says; the
// client's own setting does nothing in young topics (package position).
func (s *settings) place(group, topic string, at isolation.Start) error {
	if s.broadcasting {
		return nil // each consumer keeps its own offsets
	}
	g := position.Group{NameServers: s.nameServers(), Topic: s.full(topic), Name: s.full(group)}
	_, err := position.Place(context.Background(), s.asker(), g, at)
	return err
}

// full is a topic's or group's name with its namespace.
func (s *settings) full(name string) string {
	if s.namespace == "" {
		return name
	}
	return s.namespace + "%" + name
}

func (s *settings) nameServers() []string {
	if s.resolver == nil {
		return nil
	}
	return s.resolver.Resolve()
}

// asker speaks with the brokers as the client does.
func (s *settings) asker() *remoting.Client {
	return &remoting.Client{Credentials: remoting.Credentials{
		AccessKey: s.credentials.AccessKey, SecretKey: s.credentials.SecretKey, SecurityToken: s.credentials.SecurityToken,
	}}
}

// defaultInstance is the instance name of clients that were given none.
const defaultInstance = "DEFAULT"

func instanceName(group string) string {
	return strconv.Itoa(os.Getpid()) + "#" + group + "#" + primitive.CreateUniqID()
}
