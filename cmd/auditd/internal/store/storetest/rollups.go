package storetest

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

func traffic(service, env string) store.Series {
	return store.Series{Kind: store.Traffic, Service: service, Home: "base", Env: env, Basis: auditor.BasisAdjusted}
}

func add(t *testing.T, s store.Store, run string, at time.Time, totals ...store.Total) {
	t.Helper()
	require.NoError(t, s.AddRollup(t.Context(), run, at, totals))
}

func sums(t *testing.T, s store.Store, q store.SumQuery) []store.Sum {
	t.Helper()
	out, err := s.Sums(t.Context(), q)
	require.NoError(t, err)
	return out
}

func hourOf(kind store.SeriesKind, step time.Duration) store.SumQuery {
	return store.SumQuery{Filter: store.Filter{Kind: kind}, From: Noon(), To: Noon().Add(time.Hour), Step: step}
}

// totalsOnce: totals are cumulative for a run, so a resend changes nothing.
func totalsOnce(t *testing.T, s store.Store) {
	a := traffic("a", "gray")
	for _, step := range []struct {
		run   string
		total float64
		want  float64
	}{
		{"1", 10, 10},
		{"1", 10, 10},
		{"1", 25, 25},
		{"1", 10, 25},
		{"1", 0, 25},
		{"2", 5, 30},
		{"1", 26, 31},
		{"2", 5, 31},
		{"2", 5.5, 31.5},
	} {
		add(t, s, step.run, Noon(), store.Total{Series: a, Value: step.total})
		require.Equal(t, []store.Sum{{Series: a, Total: step.want}}, sums(t, s, hourOf(store.Traffic, 0)))
	}
	for _, bad := range []float64{-1, math.NaN(), math.Inf(1)} {
		err := s.AddRollup(t.Context(), "1", Noon(), []store.Total{{Series: traffic("b", ""), Value: 1}, {Series: a, Value: bad}})
		require.ErrorIs(t, err, store.ErrInvalid)
	}
	require.ErrorIs(t, s.AddRollup(t.Context(), "1", time.Time{}, nil), store.ErrInvalid)
	require.Len(t, sums(t, s, hourOf(store.Traffic, 0)), 1, "a refused call stores nothing")
}

func sumsByStep(t *testing.T, s store.Store) {
	a := traffic("a", "gray")
	total := 0.0
	for i := range 200 { // over three hours, so that the first are packed
		total++
		add(t, s, "run", Noon().Add(time.Duration(i)*time.Minute), store.Total{Series: a, Value: total})
	}
	got := sums(t, s, hourOf(store.Traffic, 7*time.Minute))
	require.Equal(t, []float64{7, 7, 7, 7, 7, 7, 7, 7, 4}, got[0].Points)
	require.Equal(t, 60.0, got[0].Total)
	q := hourOf(store.Traffic, 0)
	q.From, q.To = Noon().Add(-time.Hour), Noon().Add(3*time.Hour+5*time.Minute)
	require.Equal(t, 185.0, sums(t, s, q)[0].Total)
	q.From, q.To, q.Step = Noon().Add(-time.Hour), Noon().Add(5*time.Hour), 2*time.Hour
	require.Equal(t, []float64{60, 120, 20}, sums(t, s, q)[0].Points)
}

// sumsAgainstModel holds sums against a plain table, with late and early totals.
func sumsAgainstModel(t *testing.T, s store.Store) {
	rnd := rand.New(rand.NewPCG(1, 2))
	series := []store.Series{traffic("a", ""), traffic("a", "gray"), traffic("b", "gray")}
	total := make([]float64, len(series))
	model := map[time.Time][3]float64{}
	begin := Noon().Add(-30 * time.Hour)
	for i := range 400 {
		at := begin.Add(time.Duration(i*5) * time.Minute).Add(-time.Duration(rnd.IntN(3)*rnd.IntN(200)) * time.Minute)
		k := rnd.IntN(len(series))
		delta := float64(rnd.IntN(100))
		if rnd.IntN(4) == 0 {
			delta += 0.25
		}
		total[k] += delta
		row := model[at]
		row[k] += delta
		model[at] = row
		add(t, s, "run", at.Add(time.Duration(rnd.IntN(60))*time.Second), store.Total{Series: series[k], Value: total[k]})
	}
	for range 100 {
		from := begin.Add(time.Duration(rnd.IntN(35*60)-600) * time.Minute)
		to := from.Add(time.Duration(1+rnd.IntN(35*60)) * time.Minute)
		step := []time.Duration{0, time.Minute, 13 * time.Minute, time.Hour, 5 * time.Hour}[rnd.IntN(5)]
		if step >= time.Hour {
			from, to = from.Truncate(time.Hour), to.Truncate(time.Hour).Add(time.Hour)
		}
		got := sums(t, s, store.SumQuery{Filter: store.Filter{Kind: store.Traffic}, From: from, To: to, Step: step})
		require.Len(t, got, len(series))
		for k := range series {
			want := 0.0
			var points []float64
			if step > 0 {
				points = make([]float64, (to.Sub(from)+step-1)/step)
			}
			for at, row := range model {
				if at.Before(from) || !at.Before(to) {
					continue
				}
				want += row[k]
				if step > 0 {
					points[at.Sub(from)/step] += row[k]
				}
			}
			require.Equal(t, store.Sum{Series: series[k], Total: want, Points: points}, got[k])
		}
	}
}

func sumsFilter(t *testing.T, s store.Store) {
	var all []store.Series
	for _, service := range []string{"a", "b"} {
		for _, env := range []string{"", "gray"} {
			for _, topic := range []string{"", "T"} {
				v := traffic(service, env)
				v.Destination = topic
				all = append(all, v)
				add(t, s, "run", Noon(), store.Total{Series: v, Value: 1})
			}
		}
	}
	add(t, s, "run", Noon(), store.Total{Series: store.Series{Kind: store.Hops, Service: "a"}, Value: 9})
	text := func(s string) *string { return &s }
	for _, f := range []store.Filter{
		{},
		{Service: text("a")},
		{Env: text("")},
		{Destination: text("")},
		{Destination: text("T"), Env: text("gray")},
		{Home: text("base")},
		{Group: text("")},
		{PeerService: text(""), PeerHome: text("")},
		{Service: text("none")},
	} {
		f.Kind = store.Traffic
		want := 0
		for i := range all {
			if f.Match(&all[i]) {
				want++
			}
		}
		q := hourOf(store.Traffic, 0)
		q.Filter = f
		require.Len(t, sums(t, s, q), want)
	}
}

func badQuestions(t *testing.T, s store.Store) {
	good := hourOf(store.Traffic, 0)
	for name, change := range map[string]func(*store.SumQuery){
		"no kind":      func(q *store.SumQuery) { q.Filter.Kind = "" },
		"reversed":     func(q *store.SumQuery) { q.From, q.To = q.To, q.From },
		"empty":        func(q *store.SumQuery) { q.To = q.From },
		"seconds":      func(q *store.SumQuery) { q.From = q.From.Add(time.Second) },
		"step":         func(q *store.SumQuery) { q.Step = time.Second },
		"step 90 min":  func(q *store.SumQuery) { q.Step = 90 * time.Minute },
		"no hours":     func(q *store.SumQuery) { q.Step, q.From = time.Hour, q.From.Add(time.Minute) },
		"before 1970":  func(q *store.SumQuery) { q.From = time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC) },
		"year 1":       func(q *store.SumQuery) { q.From = time.Time{} },
		"negativestep": func(q *store.SumQuery) { q.Step = -time.Minute },
	} {
		q := good
		change(&q)
		_, err := s.Sums(t.Context(), q)
		require.ErrorIs(t, err, store.ErrInvalid, name)
	}
	add(t, s, "run", Noon(), store.Total{Series: traffic("a", ""), Value: 1}, store.Total{Series: traffic("b", ""), Value: 1})
	q := good
	q.From, q.To, q.Step = Noon().Add(-8*365*day), Noon(), time.Minute
	_, err := s.Sums(t.Context(), q)
	require.ErrorIs(t, err, store.ErrTooMuch)
	q.From = Noon().Add(-store.MaxCells / 2 * time.Minute)
	got, err := s.Sums(t.Context(), q)
	require.NoError(t, err, "as many as may be")
	require.Len(t, got, 2)
	add(t, s, "run", Noon(), store.Total{Series: traffic("c", ""), Value: 1})
	_, err = s.Sums(t.Context(), q)
	require.ErrorIs(t, err, store.ErrTooMuch, "one series more")
}
