package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// spread is the middle of some figures and how far they lie apart.
type spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

func spreadOf(all []float64) spread {
	all = slices.Sorted(slices.Values(all))
	return spread{all[len(all)/2], all[0], all[len(all)-1]}
}

// load is how callers keep something busy.
type load struct {
	callers int
	skewed  bool // contacts are picked by Zipf's law with s = 1.2; otherwise all alike
}

// work does one thing for a contact; n is another number each time.
type work func(ctx context.Context, contact, n int) error

// taken is what one measurement found.
type taken struct {
	rate     float64 // a second
	p50, p99 float64 // milliseconds
}

// numbers makes each call's n another one, over all measurements of a run.
var numbers atomic.Int64

// keep keeps callers busy for a while. The first error ends it.
func (l load) keep(ctx context.Context, span time.Duration, contacts int, do work) (taken, error) {
	var wg sync.WaitGroup
	times := make([][]time.Duration, l.callers)
	errs := make([]error, l.callers)
	begin := time.Now()
	end := begin.Add(span)
	for c := range l.callers {
		wg.Go(func() {
			pick := l.picker(contacts, uint64(c))
			for now := time.Now(); now.Before(end); {
				if errs[c] = do(ctx, pick(), int(numbers.Add(1))); errs[c] != nil {
					return
				}
				next := time.Now()
				times[c] = append(times[c], next.Sub(now))
				now = next
			}
		})
	}
	wg.Wait()
	lasted := time.Since(begin)
	for _, err := range errs {
		if err != nil {
			return taken{}, err
		}
	}
	return summed(slices.Concat(times...), lasted), nil
}

func (l load) picker(contacts int, seed uint64) func() int {
	random := rand.New(rand.NewPCG(seed, uint64(numbers.Add(1))))
	if !l.skewed {
		return func() int { return random.IntN(contacts) }
	}
	zipf := rand.NewZipf(random, 1.2, 1, uint64(contacts-1))
	return func() int { return int(zipf.Uint64()) }
}

// summed sums up how long each call took.
func summed(times []time.Duration, lasted time.Duration) taken {
	slices.Sort(times)
	at := func(q float64) float64 {
		if len(times) == 0 {
			return 0
		}
		return float64(times[min(int(q*float64(len(times))), len(times)-1)].Microseconds()) / 1000
	}
	return taken{rate: float64(len(times)) / lasted.Seconds(), p50: at(0.50), p99: at(0.99)}
}

// rates are the rounds of one measurement.
type rates struct {
	PerSecond spread `json:"per_second"`
	P50       spread `json:"p50_ms"`
	P99       spread `json:"p99_ms"`
}

func ratesOf(rounds []taken) rates {
	var perSecond, p50, p99 []float64
	for _, t := range rounds {
		perSecond, p50, p99 = append(perSecond, t.rate), append(p50, t.p50), append(p99, t.p99)
	}
	return rates{spreadOf(perSecond), spreadOf(p50), spreadOf(p99)}
}

// compared is ours against another, round by round.
type compared struct {
	Ours  rates  `json:"ours"`
	Other rates  `json:"by_hand"`
	Ratio spread `json:"ratio"` // of the rates, round by round: above 1 ours is faster
}

func compare(ours, other []taken) compared {
	var ratio []float64
	for i := range ours {
		ratio = append(ratio, ours[i].rate/other[i].rate)
	}
	return compared{ratesOf(ours), ratesOf(other), spreadOf(ratio)}
}

// ratioOf is how the middle times of two measurements compare, round by round: above 1 the first is slower.
func ratioOf(a, b []taken) spread {
	var ratio []float64
	for i := range a {
		ratio = append(ratio, a[i].p50/b[i].p50)
	}
	return spreadOf(ratio)
}
