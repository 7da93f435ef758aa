package main

import (
	"fmt"
	"slices"
)

// spread is how a set of durations is distributed.
type spread struct {
	Count int   `json:"count"`
	P50   int64 `json:"p50"`
	P90   int64 `json:"p90"`
}

func (s spread) String() string {
	return fmt.Sprintf("%d, half within %d, 90%% within %d", s.Count, s.P50, s.P90)
}

// spreadOf sorts the values.
func spreadOf(values []int64) spread {
	slices.Sort(values)
	return spread{Count: len(values), P50: percentile(values, 50), P90: percentile(values, 90)}
}

// percentile returns the nearest rank: the smallest value that at least percent of all values do not exceed; 0 of none.
func percentile(sorted []int64, percent int) int64 {
	if len(sorted) == 0 {
		return 0
	}
	rank := (percent*len(sorted) + 99) / 100
	return sorted[max(rank, 1)-1]
}
