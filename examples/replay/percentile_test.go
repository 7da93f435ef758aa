package main

import (
	"testing"
	"time"
)

func TestPercentilesAreNearestRanks(t *testing.T) {
	upTo := func(n int64) (values []int64) {
		for v := n; v > 0; v-- {
			values = append(values, v)
		}
		return values
	}
	for _, c := range []struct {
		values []int64
		want   spread
	}{
		{nil, spread{}},
		{[]int64{7}, spread{1, 7, 7}},
		{upTo(2), spread{2, 1, 2}},
		{upTo(9), spread{9, 5, 9}},
		{upTo(10), spread{10, 5, 9}},
		{upTo(11), spread{11, 6, 10}},
		{upTo(100), spread{100, 50, 90}},
		{upTo(101), spread{101, 51, 91}},
		{[]int64{3, 1, 3, 3}, spread{4, 3, 3}},
	} {
		if got := spreadOf(c.values); got != c.want {
			t.Errorf("of %d values: %+v, want %+v", len(c.values), got, c.want)
		}
	}
}

func TestNobodyWaitsForTheClock(t *testing.T) {
	var c clock
	at := time.Date(2017, 10, 31, 22, 0, 0, 0, time.UTC)
	c.set(at)
	if got := <-c.After(time.Hour); !got.Equal(at.Add(time.Hour)) || !c.Now().Equal(at) {
		t.Errorf("after an hour it is %s, now it is %s", got, c.Now())
	}
}
