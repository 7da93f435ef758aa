package storagetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
	"github.com/google/uuid"
)

// fault is what can happen to one write.
type fault string

const (
	works     fault = ""
	conflicts fault = "conflicts"    // refused as if somebody came first
	loses     fault = "is lost"      // nothing written, and nobody knows
	applies   fault = "loses answer" // written, and nobody knows
	fails     fault = "fails"        // nothing written
	doubts    fault = "then dies"    // written, and nobody can find out
	overtakes fault = "is overtaken" // another process writes first
)

// errDown is what a store says that cannot be reached.
var errDown = errors.New("the store cannot be reached")

// faultyStore is one process's way to a store: calls on it fail as they do between a process and a database.
type faultyStore struct {
	inbox.Store

	mu       sync.Mutex
	commits  []fault                 // of the commits to come, in order; then they work
	overtake func()                  // what another process does before a commit that is overtaken
	passed   bool                    // the commit that was overtaken passed all the same
	loads    int                     // so many loads fail
	down     bool                    // nothing can be reached any more
	rows     map[uuid.UUID]*row      // of the round under way
	dead     map[uuid.UUID]bool      // conversations that a round can no longer reach
	claim    fault                   // of the next Claim
	waiting  map[uuid.UUID]inbox.Due // every row that was ever put on the agenda
	fired    []fault                 // what has happened
}

func newFaultyStore(s inbox.Store, waiting map[uuid.UUID]inbox.Due) *faultyStore {
	return &faultyStore{Store: s, waiting: waiting}
}

// calm ends all faults and says which have happened.
func (s *faultyStore) calm() []fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	fired := s.fired
	s.commits, s.overtake, s.loads, s.down, s.rows, s.dead, s.claim, s.fired, s.passed = nil, nil, 0, false, nil, nil, works, nil, false
	return fired
}

// Load implements inbox.Loader.
func (s *faultyStore) Load(ctx context.Context, snaps ...*inbox.Snapshot) error {
	s.mu.Lock()
	unreachable := s.down
	if s.loads > 0 {
		s.loads--
		s.fired = append(s.fired, fails)
		unreachable = true
	}
	for _, snap := range snaps {
		unreachable = unreachable || s.dead[snap.Ref.Conversation.UUID]
	}
	s.mu.Unlock()
	if unreachable {
		return errDown
	}
	return s.Store.Load(ctx, snaps...)
}

// Commit implements inbox.Committer.
func (s *faultyStore) Commit(ctx context.Context, changes ...inbox.Change) []error {
	errs := make([]error, len(changes))
	for i := range changes {
		errs[i] = s.commit(ctx, changes[i])
	}
	return errs
}

func (s *faultyStore) commit(ctx context.Context, ch inbox.Change) error {
	f, then := s.next(&ch)
	defer then()
	switch f {
	case fails:
		return errDown
	case conflicts:
		return fmt.Errorf("somebody came first: %w", storage.ErrConflict)
	case loses:
		return storage.ErrUnknown
	case applies, doubts:
		if err := s.Store.Commit(ctx, ch)[0]; err != nil {
			return err
		}
		return storage.ErrUnknown
	}
	err := s.Store.Commit(ctx, ch)[0]
	if f == overtakes {
		s.passed = err == nil
	}
	return err
}

// next says what happens to a write, and what becomes of the store after it.
func (s *faultyStore) next(ch *inbox.Change) (f fault, then func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range ch.Dues {
		s.waiting[d.Ref] = d
	}
	if s.rows != nil {
		return s.nextInRound(ch)
	}
	if s.down {
		return fails, func() {}
	}
	if len(s.commits) == 0 {
		return works, func() {}
	}
	f = s.commits[0]
	s.commits = s.commits[1:]
	s.fired = append(s.fired, f)
	switch f {
	case overtakes:
		other := s.overtake
		s.mu.Unlock()
		other()
		s.mu.Lock()
	case doubts:
		return f, func() { s.down = true }
	}
	return f, func() {}
}

// nextInRound is next for a round of sending. What happens there happens to messages, whatever the order in which they are served.
func (s *faultyStore) nextInRound(ch *inbox.Change) (fault, func()) {
	var id, conversation uuid.UUID
	switch {
	case len(ch.Dues) > 0:
		id, conversation = ch.Dues[0].Ref, ch.Dues[0].Conversation.UUID
	case len(ch.Messages) > 0:
		id, conversation = ch.Messages[0].ID.UUID, ch.Messages[0].Conversation.UUID
	}
	r := s.rows[id]
	if s.dead[conversation] {
		return fails, func() {}
	}
	if r == nil {
		return works, func() {}
	}
	at := &r.left.begin
	if r.asked {
		at = &r.left.end
	}
	f := *at
	*at = works
	s.dead[conversation] = f == doubts
	return f, func() {}
}

// Claim implements inbox.Agenda.
func (s *faultyStore) Claim(ctx context.Context, now, until time.Time, limit int) ([]inbox.Due, error) {
	s.mu.Lock()
	f := s.claim
	s.claim = works
	s.mu.Unlock()
	if f == fails {
		return nil, errDown
	}
	rows, err := s.Store.Claim(ctx, now, until, limit)
	if err == nil && f == applies {
		return nil, errDown
	}
	return rows, err
}

// clear takes off the agenda whatever may still stand on it.
func (s *faultyStore) clear(ctx context.Context) {
	for _, d := range s.waiting {
		d.At, d.Leased, d.Fence = time.Time{}, time.Time{}, 0
		s.Store.Commit(ctx, inbox.Change{Tenant: d.Tenant, Dues: []inbox.Due{d}})
	}
}
