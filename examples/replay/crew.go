package main

import (
	"context"
	"errors"
	"hash/fnv"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
)

// crew is the workers of one replay and what they have counted together.
type crew struct {
	ctx     context.Context // ends when the replay breaks off
	fail    context.CancelCauseFunc
	lanes   []chan job // of each worker
	workers []*worker
	done    sync.WaitGroup
	console *console

	expected   atomic.Int64 // rows; 0: not known
	rows       atomic.Int64 // that were replayed, with or without effect
	messages   atomic.Int64 // received and replied
	duplicates atomic.Int64 // of those, had been there
}

// job is what one row makes its worker do.
type job struct {
	line int
	at   time.Time // the clock is set to it
	do   func(context.Context, *worker) error
}

// newCrew starts n workers on a recording of the format. finish must be called.
func newCrew(ctx context.Context, store inbox.Store, format string, n int, c *console) (*crew, error) {
	w := &crew{console: c}
	w.ctx, w.fail = context.WithCancelCause(ctx)
	for lane := range n {
		one, err := newWorker(store, format, lane)
		if err != nil {
			w.fail(err)
			return nil, err
		}
		w.workers = append(w.workers, one)
		w.lanes = append(w.lanes, make(chan job, 64))
	}
	for i := range n {
		w.done.Go(func() { w.work(i) })
	}
	return w, nil
}

// lane returns which worker has the thread of that name.
func (w *crew) lane(thread string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(thread))
	return int(h.Sum32() % uint32(len(w.lanes)))
}

// give hands a worker its next row.
func (w *crew) give(lane int, j job) error {
	select {
	case w.lanes[lane] <- j:
		return nil
	case <-w.ctx.Done():
		return context.Cause(w.ctx)
	}
}

// work does the jobs of one lane, in order.
func (w *crew) work(lane int) {
	me := w.workers[lane]
	for j := range w.lanes[lane] {
		if w.ctx.Err() != nil {
			continue
		}
		me.clock.set(j.at)
		switch err := j.do(w.ctx, me); {
		case err == nil:
			w.rows.Add(1)
		case refused(err):
			w.console.bad(j.line, err)
		default:
			w.fail(err)
		}
	}
}

// finish waits until everything is done that was given. It returns why the replay broke off, if it did.
func (w *crew) finish(err error) error {
	if err != nil {
		w.fail(err)
	}
	for _, lane := range w.lanes {
		close(lane)
	}
	w.done.Wait()
	err = context.Cause(w.ctx)
	w.fail(nil)
	return err
}

// message counts a message that was received or sent.
func (w *crew) message(known bool) {
	w.messages.Add(1)
	if known {
		w.duplicates.Add(1)
	}
}

// accounts returns the accounts that the workers have connected.
func (w *crew) accounts() []channel.AccountID {
	all := []channel.AccountID{}
	seen := map[channel.AccountID]bool{}
	for _, one := range w.workers {
		for _, id := range one.accounts {
			if !seen[id] {
				seen[id] = true
				all = append(all, id)
			}
		}
	}
	return all
}

// agents returns how many people the workers have saved as agents.
func (w *crew) agents() int {
	all := map[string]bool{}
	for _, one := range w.workers {
		maps.Copy(all, one.saved)
	}
	return len(all)
}

// refused reports whether the inbox will never do what the row asks for, however often it is asked.
func refused(err error) bool {
	if _, ok := errors.AsType[*inbox.TransitionError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*channel.NotAllowedError](err); ok {
		return true
	}
	return errors.Is(err, storage.ErrInvalid)
}
