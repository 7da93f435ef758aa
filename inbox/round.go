package inbox

import (
	"context"
	"errors"
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/deskwright/deskwright/channel"
	"github.com/google/uuid"
)

// Commands on one conversation take turns. The first that finds nobody at it leads a round: it loads what all who wait by then want
// to see, lets each decide on what those before it leave, and commits everything as one change. Who comes meanwhile is in the next
// round. A lone command waits for nobody.

// place is what commands must have in common to be in one round. It has no slices.
type place struct {
	tenant       Tenant
	conversation ConversationID

	// Of an arrival, where the conversation is not known yet.
	account    channel.AccountID
	about      string
	address    channel.Address
	visibility channel.Visibility
	thread     string
}

// place returns where a command with this ref takes its turn; false: nowhere, it need not wait for others.
func (r *Ref) place() (place, bool) {
	p := place{tenant: r.Tenant, conversation: r.Conversation}
	a := &r.Arrival
	switch {
	case r.Conversation.UUID != uuid.Nil:
	case len(a.Addresses) > 0:
		p.account, p.address, p.visibility, p.thread = a.Account, a.Addresses[0], a.Visibility, a.Thread
	case a.About != "":
		p.account, p.about = a.Account, a.About
	default:
		return p, false
	}
	return p, true
}

// turn is one command in a round, or waiting for one.
type turn struct {
	place place
	ctx   context.Context
	box   *Inbox
	c     *command
	p     *paper
	now   time.Time

	state  atomic.Int32  // whoever moves it on from waits or decided has it
	signal chan struct{} // to the one who waits: the state has changed
	back   chan struct{} // to the leader: it has decided

	d      *decision // what is to be written; nil: nothing
	result Result
	err    error
}

// The states of a turn.
const (
	waits   int32 = iota // for a round, or in one for its turn
	leads                // the next round
	decides              // it has its turn
	decided              // waits for the commit
	ended                // it has its result
	gone                 // its context has ended while it waited
)

// take runs a command in a round, as leader or as one of the others.
func (b *Inbox) take(ctx context.Context, c *command, p *paper, now time.Time) (Result, error) {
	at, meets := c.ref.place()
	if !meets || b.joined {
		return b.attempt(ctx, c, p, now)
	}
	t := &p.turn
	t.place, t.ctx, t.box, t.c, t.p, t.now = at, ctx, b, c, p, now
	t.d, t.result, t.err = nil, Result{}, nil
	t.state.Store(waits)
	if b.rounds.enter(t) {
		return b.lead(t)
	}
	for {
		select {
		case <-t.signal:
		case <-ctx.Done():
			if t.state.CompareAndSwap(waits, gone) || t.state.CompareAndSwap(decided, gone) {
				p.lost = true // the leader may still be at it
				return Result{}, c.unsure(ctx.Err())
			}
			<-t.signal
		}
		switch t.state.Load() {
		case leads:
			return b.lead(t)
		case decides:
			t.decide()
		case ended:
			return t.result, t.err
		}
	}
}

// decide has the turn. Should the host's Access panic, the others go on.
func (t *turn) decide() {
	defer func() {
		t.state.Store(decided)
		t.back <- struct{}{}
	}()
	t.d, t.err = nil, errAgain
	t.d, t.result, t.err = t.box.step(t.ctx, t.c, t.p, t.now)
}

// end gives the turn its result, unless it has gone.
func (t *turn) end() {
	if t.state.CompareAndSwap(waits, ended) || t.state.CompareAndSwap(decided, ended) {
		t.signal <- struct{}{}
	}
}

// lead runs one round and hands the lead on.
func (b *Inbox) lead(t *turn) (Result, error) {
	others := b.rounds.gather(t)
	if len(others) == 0 {
		defer b.rounds.leave(t)
		return b.attempt(t.ctx, t.c, t.p, t.now)
	}
	r := round{box: b, ctx: context.WithoutCancel(t.ctx), leader: t, turns: append([]*turn{t}, others...)}
	for _, o := range others {
		o.err = errAgain // unless the round comes to an end
	}
	defer func() {
		b.rounds.leave(t) // first: who waits for the next round need not wait for those who wake up
		for _, o := range others {
			o.end()
		}
	}()
	r.run()
	return t.result, t.err
}

// round is several commands on one conversation, decided one after another and written as one change.
type round struct {
	box    *Inbox
	ctx    context.Context
	leader *turn
	turns  []*turn
	change *Change // of all who have decided
	passed []*turn // whose decisions are in it
}

func (r *round) run() {
	if err := r.load(); err != nil {
		for _, t := range r.turns {
			t.err = t.c.unsure(err)
		}
		return
	}
	for _, t := range r.turns {
		r.decide(t)
	}
	if r.change == nil {
		return
	}
	err := r.box.store.Commit(r.ctx, *r.change)[0]
	for _, t := range r.passed {
		t.result, t.err = t.box.committed(r.ctx, t.c, t.d, t.result, err)
	}
}

func (r *round) load() error {
	snaps := make([]*Snapshot, len(r.turns))
	for i, t := range r.turns {
		snaps[i] = t.p.snapshot(t.c.ref)
	}
	return r.box.store.Load(r.ctx, snaps...)
}

// decide gives a turn to one command, which sees what the ones before it leave. What cannot be written together with theirs is for
// another round.
func (r *round) decide(t *turn) {
	if r.change != nil && !t.p.snap.Apply(r.change) {
		t.err = errLater
		return
	}
	if t == r.leader {
		t.d, t.result, t.err = t.box.step(t.ctx, t.c, t.p, t.now)
	} else {
		if !t.state.CompareAndSwap(waits, decides) {
			return // it has gone
		}
		t.signal <- struct{}{}
		<-t.back
	}
	switch {
	case t.err != nil || t.d == nil:
		return
	case r.change == nil:
		r.change = &t.d.change
	case !r.change.fold(&t.d.change):
		t.err = errLater
		return
	}
	r.passed = append(r.passed, t)
}

// errLater says that a command must be decided in another round. Nobody was in its way.
var errLater = errors.New("inbox: decide later")

// rounds is where commands are at it and who waits there.
type rounds struct {
	seed   maphash.Seed
	shards [64]shard
}

type shard struct {
	mu       sync.Mutex
	meetings []meeting
}

// meeting is a place with somebody at it.
type meeting struct {
	place   place
	waiting []*turn
}

// maxRound is how many commands are decided in one round.
const maxRound = 64

func (r *rounds) at(p place) *shard {
	return &r.shards[maphash.Comparable(r.seed, p)%uint64(len(r.shards))]
}

// find returns the meeting at a place, nil if nobody is there.
func (s *shard) find(p place) *meeting {
	for i := range s.meetings {
		if s.meetings[i].place == p {
			return &s.meetings[i]
		}
	}
	return nil
}

// enter reports whether the turn leads; else it waits behind the others.
func (r *rounds) enter(t *turn) bool {
	s := r.at(t.place)
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.find(t.place)
	if m == nil {
		s.meetings = append(s.meetings, meeting{place: t.place})
		return true
	}
	t.signal, t.back = make(chan struct{}, 2), make(chan struct{}, 1)
	m.waiting = append(m.waiting, t)
	return false
}

// gather returns those who wait, for a round with the one who leads.
func (r *rounds) gather(t *turn) []*turn {
	s := r.at(t.place)
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.find(t.place)
	n := min(len(m.waiting), maxRound-1)
	others := m.waiting[:n:n]
	m.waiting = m.waiting[n:]
	return others
}

// leave hands the lead to the first who still waits.
func (r *rounds) leave(t *turn) {
	s := r.at(t.place)
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.find(t.place)
	for len(m.waiting) > 0 {
		next := m.waiting[0]
		m.waiting = m.waiting[1:]
		if next.state.CompareAndSwap(waits, leads) {
			next.signal <- struct{}{}
			return
		}
	}
	last := len(s.meetings) - 1
	*m = s.meetings[last]
	s.meetings[last] = meeting{}
	s.meetings = slices.Delete(s.meetings, last, last+1)
}
