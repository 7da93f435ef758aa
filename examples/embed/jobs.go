package main

import (
	"context"
	"log"
	"time"
)

// job is something that the helpdesk does by itself. It says when it next wants to be done; the zero time: it waits for nothing.
type job struct {
	name string
	do   func(context.Context) (next time.Time, err error)
}

// scheduler does jobs, one after another.
type scheduler struct {
	jobs  []job
	woken chan struct{}
}

func newScheduler(jobs ...job) *scheduler { return &scheduler{jobs, make(chan struct{}, 1)} }

// longest is how long the scheduler sleeps at most: it does not hear what other processes write.
const longest = 5 * time.Second

// run does rounds until ctx ends. A round that was begun is finished, and what was written last still has one.
func (s *scheduler) run(ctx context.Context) {
	for ctx.Err() == nil {
		pause := s.round(context.WithoutCancel(ctx))
		select {
		case <-ctx.Done():
		case <-s.woken:
		case <-time.After(pause):
		}
	}
	s.round(context.WithoutCancel(ctx))
}

// round does every job once and returns how long to sleep.
func (s *scheduler) round(ctx context.Context) time.Duration {
	pause := longest
	for _, j := range s.jobs {
		next, err := j.do(ctx)
		if err != nil {
			log.Printf("%s: %v", j.name, err) // and again in the next round
		} else if !next.IsZero() {
			pause = min(pause, max(time.Until(next), 0))
		}
	}
	return pause
}

// wake makes the scheduler do a round now, or another one after that which it is at.
func (s *scheduler) wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}
