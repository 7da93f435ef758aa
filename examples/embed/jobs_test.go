package main

import (
	"context"
	"errors"
	"log"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskwright/deskwright/channel/channeltest"
	"github.com/google/go-cmp/cmp"
)

// rounds runs a scheduler with a job for so long, and returns when it was done.
func rounds(t *testing.T, long time.Duration, do func(s *scheduler) (time.Time, error)) (at []time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var s *scheduler
		s = newScheduler(job{"count", func(context.Context) (time.Time, error) {
			at = append(at, time.Since(began))
			return do(s)
		}})
		ctx, stop := context.WithTimeout(t.Context(), long)
		defer stop()
		s.run(ctx)
	})
	return at
}

func TestAJobIsDoneWhenItIsDueWhenWokenEveryFewSecondsAndAtTheEnd(t *testing.T) {
	var said strings.Builder
	defer log.SetOutput(log.Writer())
	log.SetOutput(&said)
	woken := false
	for name, c := range map[string]struct {
		do   func(*scheduler) (time.Time, error)
		want []time.Duration
	}{
		"waits for nothing": {func(*scheduler) (time.Time, error) { return time.Time{}, nil },
			[]time.Duration{0, longest, 7 * time.Second}},
		"in three seconds": {func(*scheduler) (time.Time, error) { return time.Now().Add(3 * time.Second), nil },
			[]time.Duration{0, 3 * time.Second, 6 * time.Second, 7 * time.Second}},
		"in an hour": {func(*scheduler) (time.Time, error) { return time.Now().Add(time.Hour), nil },
			[]time.Duration{0, longest, 7 * time.Second}},
		"fails": {func(*scheduler) (time.Time, error) { return time.Time{}, errors.New("no paper") },
			[]time.Duration{0, longest, 7 * time.Second}},
		"woken in a round": {func(s *scheduler) (time.Time, error) {
			if !woken {
				woken = true
				s.wake()
				s.wake()
			}
			return time.Time{}, nil
		}, []time.Duration{0, 0, longest, 7 * time.Second}},
	} {
		if diff := cmp.Diff(c.want, rounds(t, 7*time.Second, c.do)); diff != "" {
			t.Errorf("%s: want (-), got (+): %s", name, diff)
		}
	}
	if strings.Count(said.String(), "count: no paper\n") != 3 {
		t.Errorf("the log says %q", &said)
	}
}

func TestTheSchedulerSendsWhatWasAnswered(t *testing.T) {
	t.Parallel()
	network := &channeltest.Recorder{}
	o := newOfficeOn(t, databases[0], network)
	id := o.arrives("1").Conversation
	o.works(o.answer(t.Context(), o.is("ann"), id, "Hello!", 5))
	select {
	case <-o.jobs.woken:
	default:
		t.Error("nobody woke it")
	}
	o.jobs.round(t.Context())
	sent := network.Sendings()
	if len(sent) != 1 || sent[0].Text != "Hello!" || sent[0].To[0].ID != kim.phone {
		t.Errorf("sent %+v", sent)
	}
}
