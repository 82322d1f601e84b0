package isolation

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func moment(minute int) time.Time { return time.Date(2026, 11, 21, 12, minute, 0, 0, time.UTC) }

func TestRefused(t *testing.T) {
	gray := []string{"gray"}
	for _, c := range []struct {
		name  string
		rules *Rules
		topic string
		at    int
		want  string
		until int // 0: never
	}{
		{"no rules", nil, "ORDER", 0, "none", 0},
		{"consumers", &Rules{Consumers: []ConsumerRule{{Topic: "ORD*", Group: "o*r", Ignores: gray}}}, "ORDER", 0, "gray", 0},
		{"another topic", &Rules{Consumers: []ConsumerRule{{Topic: "PAY", Group: "*", Ignores: gray}}}, "ORDER", 0, "none", 0},
		{"the first match holds", &Rules{Consumers: []ConsumerRule{
			{Topic: "ORDER", Group: "order", Serves: gray}, {Topic: "*", Group: "*", Ignores: gray},
		}}, "ORDER", 0, "none", 0},
		{"isolation", &Rules{Isolation: []IsolationRule{{Topic: "ORDER", Group: "order", Ignores: gray}}}, "ORDER", 0, "gray", 0},
		{"both", &Rules{
			Consumers: []ConsumerRule{{Ignores: []string{"gray2", "gray"}}},
			Isolation: []IsolationRule{{Topic: "ORDER", Group: "order", Ignores: gray}},
		}, "ORDER", 0, "gray, gray2", 0},
		{"before the cut", &Rules{Isolation: []IsolationRule{{Ignores: gray, Cut: moment(5)}}}, "ORDER", 4, "none", 5},
		{"at the cut", &Rules{Isolation: []IsolationRule{{Ignores: gray, Cut: moment(5)}}}, "ORDER", 5, "gray", 0},
		{"the nearest of two cuts", &Rules{Isolation: []IsolationRule{
			{Ignores: gray, Cut: moment(9)}, {Ignores: []string{"gray2"}, Cut: moment(5)},
		}}, "ORDER", 4, "none", 5},
		{"between two cuts", &Rules{Isolation: []IsolationRule{
			{Ignores: gray, Cut: moment(9)}, {Ignores: []string{"gray2"}, Cut: moment(5)},
		}}, "ORDER", 6, "gray2", 9},
		{"an agreement stands beside isolation", &Rules{
			Consumers: []ConsumerRule{{Serves: gray}}, Isolation: []IsolationRule{{Ignores: gray}},
		}, "ORDER", 0, "none", 0},
		{"a cut ends an agreement", &Rules{
			Consumers: []ConsumerRule{{Serves: gray}}, Isolation: []IsolationRule{{Ignores: gray, Cut: moment(5)}},
		}, "ORDER", 5, "gray", 0},
		{"a cut ends an agreement without fallback", &Rules{
			FallbackForbidden: true, Baseline: []string{""},
			Consumers: []ConsumerRule{{Serves: []string{"a", "gray"}}}, Isolation: []IsolationRule{{Ignores: gray, Cut: moment(5)}},
		}, "ORDER", 5, "all but a", 0},
		{"no fallback", &Rules{FallbackForbidden: true, Baseline: []string{"", "prod"}}, "ORDER", 0, "all but prod", 0},
		{"no fallback, no values", &Rules{FallbackForbidden: true, Baseline: []string{""}}, "ORDER", 0, "all", 0},
		{"neutral topics refuse nothing", &Rules{Neutral: []string{"ID*"}, FallbackForbidden: true, Consumers: []ConsumerRule{{Ignores: gray}}}, "IDS", 0, "none", 0},
		{"not valid yet", &Rules{ValidFrom: moment(5), Consumers: []ConsumerRule{{Ignores: gray}}}, "ORDER", 4, "none", 5},
		{"until then the rules before", &Rules{
			ValidFrom: moment(5), Consumers: []ConsumerRule{{Serves: gray}},
			Before: &Rules{Isolation: []IsolationRule{{Ignores: gray}, {Ignores: []string{"gray2"}, Cut: moment(7)}}},
		}, "ORDER", 4, "gray", 5},
		{"a cut of the rules before", &Rules{
			ValidFrom: moment(5), Before: &Rules{Isolation: []IsolationRule{{Ignores: gray, Cut: moment(3)}}},
		}, "ORDER", 2, "none", 3},
		{"then the new ones", &Rules{ValidFrom: moment(5), Before: &Rules{Consumers: []ConsumerRule{{Ignores: gray}}}}, "ORDER", 5, "none", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			tags, until := c.rules.Refused(c.topic, "order", moment(c.at))
			require.Equal(t, c.want, tags.String())
			want := time.Time{}
			if c.until != 0 {
				want = moment(c.until)
			}
			require.Equal(t, want, until)
		})
	}
}

func TestWhereATwinBegins(t *testing.T) {
	gray := []string{"gray"}
	for _, c := range []struct {
		name  string
		rules *Rules
		want  Start
	}{
		{"the baseline group takes its tag too", nil, Start{Where: StartLast}},
		{"always refused", &Rules{Consumers: []ConsumerRule{{Ignores: gray}}}, Start{Where: StartFirst}},
		{"refused since the policy holds", &Rules{ValidFrom: moment(3), Consumers: []ConsumerRule{{Ignores: gray}}}, Start{StartTime, moment(3)}},
		{"refused since the cut", &Rules{Isolation: []IsolationRule{{Ignores: gray, Cut: moment(5)}}}, Start{StartTime, moment(5)}},
		{"the first of two cuts", &Rules{Isolation: []IsolationRule{{Ignores: gray, Cut: moment(7)}, {Ignores: gray, Cut: moment(5)}}}, Start{StartTime, moment(5)}},
		{"a cut for another tag", &Rules{
			Consumers: []ConsumerRule{{Ignores: gray}}, Isolation: []IsolationRule{{Ignores: []string{"gray2"}, Cut: moment(5)}},
		}, Start{Where: StartFirst}},
		{"a cut to come", &Rules{Isolation: []IsolationRule{{Ignores: gray, Cut: moment(30)}}}, Start{Where: StartLast}},
		{"refused by the rules before as well", &Rules{
			ValidFrom: moment(5), Consumers: []ConsumerRule{{Ignores: gray}},
			Before: &Rules{Isolation: []IsolationRule{{Ignores: gray, Cut: moment(2)}}},
		}, Start{StartTime, moment(2)}},
		{"taken by the rules before", &Rules{
			ValidFrom: moment(5), Consumers: []ConsumerRule{{Ignores: gray}},
			Before: &Rules{Consumers: []ConsumerRule{{Serves: gray}}},
		}, Start{StartTime, moment(5)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, name := range []Name{NameSQL92, NameProperty} {
				s, err := New(name, "")
				require.NoError(t, err)
				plan, err := s.Take(c.rules, Consumer{Topic: "ORDER", Group: "order", Home: "gray"}, moment(10))
				require.NoError(t, err)
				require.Equal(t, c.want, plan.Start)
				plan, err = s.Take(c.rules, Consumer{Topic: "ORDER", Group: "order"}, moment(10))
				require.NoError(t, err)
				require.Equal(t, Start{Where: StartAsUser}, plan.Start)
			}
		})
	}
}

func TestPlanAtACut(t *testing.T) {
	r := &Rules{Isolation: []IsolationRule{{Ignores: []string{"gray"}, Cut: moment(5)}}}
	s, err := New(NameSQL92, "")
	require.NoError(t, err)
	take := func(minute int) Plan {
		plan, err := s.Take(r, Consumer{Topic: "ORDER", Group: "order"}, moment(minute))
		require.NoError(t, err)
		return plan
	}
	before, after := take(4), take(5)
	require.Equal(t, moment(5), before.Until)
	require.Zero(t, after.Until)
	require.False(t, before.SameSubscription(after))
	require.True(t, after.SameSubscription(take(6)))
	require.True(t, before.Filter.Accept("gray", 0))
	require.False(t, after.Filter.Accept("gray", 0))
	require.Equal(t, OrphanTaken, s.Orphan(r, "ORDER", "order", "gray", moment(4)))
	require.Equal(t, OrphanKept, s.Orphan(r, "ORDER", "order", "gray", moment(5)))
	require.Equal(t, OrphanTaken, s.Orphan(r, "ORDER", "order", "", moment(5)))
}

// TestTwinsOfGroups: names are exact (hazards S5, S6 and S7 of systems that search
// for parts of names or change their case).
func TestTwinsOfGroups(t *testing.T) {
	for _, c := range []struct{ template, group, env, want, bad string }{
		{"", "order", "gray", "order_gray", ""},
		{"", "pay_grayscale", "gray", "pay_grayscale_gray", ""},         // S5: a group that has the env in its name
		{"", "order_gray", "gray", "order_gray_gray", ""},               // nor is a twin guessed from its end
		{"", "other_basic_group", "gray", "other_basic_group_gray", ""}, // S6: not the twin of basic_group
		{"", "order", "Gray-V2", "order_Gray-V2", ""},                   // S7: as it is
		{"", "order", "Gray.v2", "", `env "Gray.v2" cannot stand in a name`},
		{"", "order", "", "", "cannot stand in a name"},
		{"", "", "gray", "", "the group has no name"},
		{"{env}-{group}", "order", "gray", "gray-order", ""},
		{"{group}_{env}", "g{env}", "gray", "", "is no name of RocketMQ"},
		{"{group}", "order", "gray", "", "the same name: put {env} into it"},
		{"{group}-canary", "order", "gray", "order-canary", ""}, // one env only
		{"x_{env}", "order", "gray", "", "needs {group}"},
		{"{group} {env}", "order", "gray", "", "is no name of RocketMQ"},
		{"", strings.Repeat("x", 251), "gray", "", "has 256 characters, the broker takes 255"},
		{"", strings.Repeat("x", 250), "gray", strings.Repeat("x", 250) + "_gray", ""},
	} {
		r := &Rules{TwinGroupTemplate: c.template}
		got, err := r.TwinGroup(c.group, c.env)
		if c.bad != "" {
			require.ErrorContains(t, err, c.bad)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
	r := &Rules{}
	shadow, err := r.TwinTopic("ORDER", "gray")
	require.NoError(t, err)
	require.Equal(t, "ORDER_gray", shadow)
	_, err = r.TwinTopic(strings.Repeat("X", 123), "gray")
	require.ErrorContains(t, err, "has 128 characters, the broker takes 127")
	_, err = (&Rules{TwinTopicTemplate: "{topic}"}).TwinTopic("ORDER", "gray")
	require.ErrorContains(t, err, "twin_topic")
}

func TestGroupsOfAPlan(t *testing.T) {
	for _, name := range []Name{NameSQL92, NameProperty} {
		s, err := New(name, "")
		require.NoError(t, err)
		require.Equal(t, name, s.Name())
		plan, err := s.Take(strict(), Consumer{Topic: "ORDER", Group: "order", Home: "gray"}, moment(0))
		require.NoError(t, err)
		require.Equal(t, []string{"ORDER", "order_gray", "%RETRY%order_gray", "%DLQ%order_gray"}, []string{plan.Topic, plan.Group, plan.Retry, plan.DeadLetter})
		plan, err = s.Take(strict(), Consumer{Topic: "ORDER", Group: "order", Home: "base"}, moment(0))
		require.NoError(t, err)
		require.Equal(t, []string{"order", "%RETRY%order", "%DLQ%order"}, []string{plan.Group, plan.Retry, plan.DeadLetter})
		for _, bad := range []Consumer{{Topic: "ORDER"}, {Group: "order"}, {Topic: "ORDER", Group: "order", Home: "a.b"}} {
			_, err = s.Take(strict(), bad, moment(0))
			require.Error(t, err)
		}
	}
}

// TestDeadLetters: a baseline group reads all of them, whatever the rules are by
// now; a twin reads those of its tag.
func TestDeadLetters(t *testing.T) {
	for _, name := range []Name{NameSQL92, NameProperty} {
		s, err := New(name, "")
		require.NoError(t, err)
		user := Selector{SelectorTag, "A"}
		plan, err := s.Take(strict(), Consumer{"%DLQ%order", "repair", "", user}, moment(0))
		require.NoError(t, err)
		require.Equal(t, FilterNone, plan.FilteredBy)
		require.Equal(t, user, plan.Selector)
		require.True(t, plan.Filter.Accept("gray", 0))
		plan, err = s.Take(strict(), Consumer{"%DLQ%order_gray", "repair", "gray", user}, moment(0))
		require.NoError(t, err)
		require.Equal(t, []string{"%DLQ%order_gray", "repair_gray"}, []string{plan.Topic, plan.Group})
		require.True(t, plan.Filter.Accept("gray", 0))
		require.False(t, plan.Filter.Accept("", 0))
		require.Equal(t, StartAsUser, plan.Start.Where)
	}
}

func TestSend(t *testing.T) {
	for _, name := range []Name{NameSQL92, NameProperty} {
		s, err := New(name, "shade")
		require.NoError(t, err)
		for tag, want := range map[string]string{"gray": "gray", "": "", "base": ""} {
			route, err := s.Send(nil, Outgoing{"ORDER", "A", tag})
			require.NoError(t, err)
			require.Equal(t, Route{"ORDER", "A", []Property{{"shade", want}}}, route)
		}
		_, err = s.Send(nil, Outgoing{Tag: "gray"})
		require.Error(t, err)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, name := range []Name{NameTag, NameShadowTopic, NameQueue} {
		_, err := New(name, "")
		require.ErrorIs(t, err, ErrScheme)
		require.ErrorContains(t, err, "not built yet")
	}
	_, err := New("sql", "")
	require.ErrorContains(t, err, `"sql" is unknown; choose sql92 or property`)
	for _, property := range []string{"gray.env", "gray-env", "1gray", "between", "TAGS", "ünv", "a b"} {
		_, err := New(NameSQL92, property)
		require.ErrorContains(t, err, "message property", property)
	}
}

func TestValidate(t *testing.T) {
	many := make([]string, maxTags+1)
	for i := range many {
		many[i] = strings.Repeat("x", i+1)
	}
	for _, c := range []struct {
		rules *Rules
		want  string
	}{
		{nil, ""},
		{strict(), ""},
		{&Rules{Consumers: []ConsumerRule{{Ignores: []string{"base"}}}}, `consumers[0].ignores: "base" means baseline`},
		{&Rules{Baseline: []string{"prod"}, Consumers: []ConsumerRule{{Serves: []string{"prod"}}}}, `consumers[0].serves: "prod" means baseline`},
		{&Rules{Isolation: []IsolationRule{{Ignores: many}}}, "257 tags, more than 256"},
		{&Rules{TwinGroupTemplate: "x_{env}"}, "twin_group"},
		{&Rules{TwinTopicTemplate: "x_{env}"}, "twin_topic"},
		{&Rules{TwinGroupTemplate: "{group}", TwinTopicTemplate: "{topic}"}, ""}, // no twins: legal, as long as none is asked for
		{&Rules{Isolation: []IsolationRule{
			{Topic: "A", Group: "order", Ignores: []string{"gray"}}, {Topic: "B", Group: "order_gray", Ignores: []string{"gray"}},
		}}, "isolation[0]: the twin of group order for env gray is order_gray, which is a baseline group"},
	} {
		err := c.rules.Validate()
		if c.want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, c.want)
	}
}

func TestDeclaredScheme(t *testing.T) {
	r := &Rules{Isolation: []IsolationRule{{Topic: "PAY", Group: "pay", Scheme: NameProperty}, {Topic: "ORDER", Group: "*"}}}
	require.Equal(t, NameProperty, r.Scheme("PAY", "pay"))
	require.Equal(t, NameSQL92, r.Scheme("ORDER", "x"))
	require.Equal(t, Name(""), r.Scheme("PAY", "other"))
	require.Equal(t, Name(""), (*Rules)(nil).Scheme("PAY", "pay"))
}

func TestGlobs(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "x", true},
		{"*", "", true},
		{"a", "a", true},
		{"a", "ab", false},
		{"a*", "ab", true},
		{"*b", "ab", true},
		{"a*b", "ab", true},
		{"a*a", "a", false},
		{"a*b*c", "a-b-b-c", true},
		{"a*b*c", "a-c-b", false},
		{"*ab*ab", "xabab", true},
		{"*ab*ab", "xab", false},
	} {
		require.Equal(t, c.want, covers(c.pattern, c.text), "%q %q", c.pattern, c.text)
	}
}
