package sqlstore

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// group lets calls that come while others are under way go together in the next batch. There is no goroutine of its own: who finds
// nobody there leads, and hands the lead on before it wakes the others of its batch. A lone call waits for nobody and nobody lingers:
// what is under way is what gathers the next batch.
type group[T any] struct {
	turn func(context.Context) (give func(), err error) // what a batch waits for; nil: nothing
	size int                                            // calls in a batch
	run  func(context.Context, []T)

	mu      sync.Mutex
	led     bool
	waiting []*call[T]
}

// patience is how long a batch of several waits for a connection, and for the writers of other processes.
const patience = 30 * time.Second

// call is one call that waits for its batch.
type call[T any] struct {
	in     T
	state  atomic.Int32 // whoever moves it on from waits or taken has it
	signal chan struct{}
}

// The states of a call.
const (
	waits int32 = iota // for a batch
	leads              // the next batch
	taken              // into a batch
	ended              // with its batch
	gone               // its context has ended before
)

// do runs a call in a batch. Its caller may be gone before the batch ends, which then goes on without it: apart is what the call is
// made of for that case, where nothing belongs to the caller. It returns what the batch has filled in, or the context's error.
func (g *group[T]) do(ctx context.Context, in T, apart func() T) (T, error) {
	if g.room() {
		return in, g.lead(ctx, in)
	}
	c := &call[T]{in: in, signal: make(chan struct{}, 2)}
	if ctx.Done() != nil {
		c.in = apart()
	}
	if g.enter(c) {
		return c.in, g.lead(ctx, c.in)
	}
	select {
	case <-c.signal:
	case <-ctx.Done():
		if c.state.CompareAndSwap(waits, gone) || c.state.CompareAndSwap(taken, gone) {
			return c.in, ctx.Err()
		}
		<-c.signal
	}
	if c.state.Load() == leads {
		return c.in, g.lead(ctx, c.in)
	}
	return c.in, nil
}

// room takes the lead, if nobody has it.
func (g *group[T]) room() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	leads := !g.led
	g.led = true
	return leads
}

// enter lets a call wait, unless nobody leads meanwhile.
func (g *group[T]) enter(c *call[T]) (leads bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.led {
		g.led = true
		return true
	}
	g.waiting = append(g.waiting, c)
	return false
}

// lead runs a batch of the call and those that have come by the time it is the batch's turn.
func (g *group[T]) lead(ctx context.Context, in T) error {
	give, err := g.begin(ctx)
	if err != nil {
		g.handOn()
		return err
	}
	g.settle()
	others := g.gather()
	defer func() {
		give()
		g.handOn()
		for _, c := range others {
			if c.state.CompareAndSwap(taken, ended) {
				c.signal <- struct{}{}
			}
		}
	}()
	batch := make([]T, 1, 1+len(others))
	batch[0] = in
	for _, c := range others {
		batch = append(batch, c.in)
	}
	if len(others) > 0 { // who have not given up with the one who leads
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
	}
	g.run(ctx, batch)
	return nil
}

func (g *group[T]) begin(ctx context.Context) (give func(), err error) {
	if g.turn == nil {
		return func() {}, nil
	}
	return g.turn(ctx)
}

// settle lets whoever is on the way come along, as long as more come.
func (g *group[T]) settle() {
	for before, now := -1, 0; now > before && now < g.size; {
		runtime.Gosched()
		g.mu.Lock()
		before, now = now, len(g.waiting)
		g.mu.Unlock()
	}
}

// gather takes those who wait, as many as a batch holds.
func (g *group[T]) gather() []*call[T] {
	g.mu.Lock()
	defer g.mu.Unlock()
	var batch []*call[T]
	n := 0
	for ; n < len(g.waiting) && len(batch) < g.size-1; n++ {
		if c := g.waiting[n]; c.state.CompareAndSwap(waits, taken) {
			batch = append(batch, c)
		}
	}
	g.waiting = g.waiting[n:]
	return batch
}

// handOn lets the first who still waits lead; if there is none, nobody leads.
func (g *group[T]) handOn() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for len(g.waiting) > 0 {
		c := g.waiting[0]
		g.waiting = g.waiting[1:]
		if c.state.CompareAndSwap(waits, leads) {
			c.signal <- struct{}{}
			return
		}
	}
	g.led = false
}
