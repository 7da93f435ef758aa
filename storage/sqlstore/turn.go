package sqlstore

import (
	"context"
	"sync/atomic"
	"time"
)

// turn is whose turn it is among those who write, and those who load what will be written. With one of them at a time they all get
// the connection that was given back last, and it is the one whose cache of pages is still good: what another connection writes makes
// SQLite forget the rest.
type turn struct {
	token chan struct{} // holds one while somebody has the turn
	slow  atomic.Bool   // whoever has it takes long
	loads atomic.Int32  // how many wait to load
}

func newTurn() turn { return turn{token: make(chan struct{}, 1)} }

// take waits for the turn to write. give gives it to the next. Those who wait to load go before: what they make of it can then be
// written together with the rest.
func (t *turn) take(ctx context.Context) (give func(), err error) {
	for first := true; ; first = false {
		select {
		case t.token <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if !first || t.loads.Load() == 0 {
			return t.give, nil
		}
		t.give()
	}
}

func (t *turn) give() {
	t.slow.Store(false)
	<-t.token
}

// soon is how long those who only read wait before they do without the turn.
const soon = 100 * time.Millisecond

// takeSoon waits for the turn unless whoever has it takes long: a writer who waits for another process, or for a slow disk.
func (t *turn) takeSoon(ctx context.Context) (give func(), err error) {
	select {
	case t.token <- struct{}{}:
		return t.give, nil
	default:
	}
	if t.slow.Load() {
		return func() {}, nil
	}
	t.loads.Add(1)
	defer t.loads.Add(-1)
	timer := time.NewTimer(soon)
	defer timer.Stop()
	select {
	case t.token <- struct{}{}:
		return t.give, nil
	case <-timer.C:
		t.slow.Store(true)
		return func() {}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
