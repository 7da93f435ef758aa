package storagetest

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
)

// Sweep reads everything that tenants have and returns the first rule that it breaks; nil: none. The rules are those that hold
// whatever has happened, after every crash:
//   - the log verifies; positions and the entries of a subject are numbered without gaps;
//   - a conversation moves along the edges of the state table only, and stands where its log says that it does: state, assignee,
//     revision, counts;
//   - a resolved conversation is nobody's work;
//   - every message and note that the log tells of is there, once, and what arrived is known under its external id;
//   - a thread has one open conversation at most;
//   - counts are how many conversations there are.
//
// It writes nothing. What others write meanwhile may look like a broken rule.
func Sweep(ctx context.Context, store inbox.Store, tenants ...inbox.Tenant) error {
	for _, tenant := range tenants {
		box, err := inbox.New(store)
		if err != nil {
			return err
		}
		s := sweep{ctx: ctx, store: store, box: box.For(tenant), lives: map[uuid.UUID]*life{}}
		for _, step := range []func() error{s.log, s.verify, s.conversations} {
			if err := step(); err != nil {
				return fmt.Errorf("tenant %s: %w", tenant, err)
			}
		}
	}
	return nil
}

// sweep is Sweep on one tenant.
type sweep struct {
	ctx     context.Context
	store   inbox.Store
	box     *inbox.Inbox
	entries int64
	lives   map[uuid.UUID]*life // by subject
}

// life is what the log tells of a conversation.
type life struct {
	State    inbox.State
	Assignee inbox.Assignee
	Count    inbox.Count
	Revision int64
	messages []string // their ids, in order
	notes    []string
	entries  int64
	cause    uuid.UUID
	trail    bool // an entry of the cause counts for the revision
}

// factual is the part of an entry's content that a life is made of.
type factual struct {
	ID              uuid.UUID
	State, From, To inbox.State
	Agent, Team     uuid.UUID
	Direction       channel.Direction
	Author          struct{ Kind audit.ActorKind }
}

// log reads the whole feed.
func (s *sweep) log() error {
	for e, err := range s.box.Feed(s.ctx, 0) {
		if err != nil {
			return err
		}
		if s.entries++; e.Position != s.entries {
			return fmt.Errorf("position %d of the feed follows %d", e.Position, s.entries-1)
		}
		l := s.lives[e.Subject.ID]
		if l == nil {
			l = new(life)
			s.lives[e.Subject.ID] = l
		}
		if l.entries++; e.Seq != l.entries {
			return fmt.Errorf("entry %d of %s follows %d", e.Seq, e.Subject, l.entries-1)
		}
		if e.Subject.Kind != audit.SubjectConversation {
			continue
		}
		if err := l.goOn(&e); err != nil {
			return fmt.Errorf("entry %d of %s: %w", e.Seq, e.Subject, err)
		}
	}
	return nil
}

// goOn lets one more entry happen.
func (l *life) goOn(e *audit.Entry) error {
	if e.Cause != l.cause {
		l.cause, l.trail = e.Cause, false
	}
	if e.Class == audit.ClassTrail && !l.trail {
		l.Revision, l.trail = l.Revision+1, true
	}
	if e.Action == inbox.DeliveryChanged || e.Action == inbox.DeliveryFailed {
		return nil // the states in it are a message's
	}
	var c factual
	if err := json.Unmarshal(e.Data, &c); err != nil {
		return err
	}
	switch e.Action {
	case inbox.ConversationStarted:
		return l.move(inbox.StateNone, c.State)
	case inbox.StateChanged:
		return l.move(c.From, c.To)
	case inbox.AssigneeChanged:
		l.Assignee.Agent.UUID, l.Assignee.Team.UUID = c.Agent, c.Team
	case inbox.NoteAdded:
		l.notes = append(l.notes, c.ID.String())
	case inbox.ReadMarked:
		l.Count.Unread = 0
	case inbox.MessageReceived, inbox.MessageWritten, inbox.MessageEchoed:
		l.messages = append(l.messages, c.ID.String())
		l.Count.Messages++
		switch {
		case c.Direction == channel.Incoming:
			l.Count.Unread++
		case c.Author.Kind == audit.ActorPerson:
			l.Count.Unread = 0
		}
	}
	return nil
}

// move goes along an edge of the state table.
func (l *life) move(from, to inbox.State) error {
	if from != l.State {
		return fmt.Errorf("it was %s, not %s", l.State, from)
	}
	for t := range inbox.Transitions() {
		if t.From == from && (t.To == to || slices.Contains(t.May, to)) {
			if l.State = to; to == inbox.StateResolved {
				l.Assignee = inbox.Assignee{}
			}
			return nil
		}
	}
	return fmt.Errorf("nothing leads from %s to %s", from, to)
}

func (s *sweep) verify() error {
	report, err := s.box.Verify(s.ctx)
	if err == nil && report.Entries != s.entries {
		err = fmt.Errorf("the log has %d entries, and the feed %d", report.Entries, s.entries)
	}
	return err
}

// conversations compares every conversation with its log, and all of them with the counts.
func (s *sweep) conversations() error {
	open, conversations := map[inbox.ThreadID]inbox.ConversationID{}, 0
	want := inbox.Counts{Accounts: map[channel.AccountID]inbox.Totals{}}
	desk := s.box.As(inbox.System)
	for h, err := range desk.Conversations(s.ctx, inbox.Filter{}, inbox.Newest) {
		if err != nil {
			return err
		}
		conversations++
		if err := s.conversation(desk, &h.Conversation); err != nil {
			return fmt.Errorf("conversation %s: %w", h.ID, err)
		}
		if h.State == inbox.StateResolved {
			continue
		}
		if other, taken := open[h.Thread]; taken {
			return fmt.Errorf("conversations %s and %s of thread %s are open", other, h.ID, h.Thread)
		}
		open[h.Thread] = h.ID
		n := want.Accounts[h.Account]
		if h.State == inbox.StateNew {
			n.New++
			want.All.New++
		} else {
			n.Pending++
			want.All.Pending++
		}
		want.Accounts[h.Account] = n
	}
	begun := 0
	for _, l := range s.lives {
		if l.State != inbox.StateNone {
			begun++
		}
	}
	if begun != conversations {
		return fmt.Errorf("the log tells of %d conversations, and there are %d", begun, conversations)
	}
	counts, err := desk.Counts(s.ctx)
	if err == nil && !equal(counts, want) {
		err = fmt.Errorf("the counts are %+v, and there are %+v", counts, want)
	}
	return err
}

func (s *sweep) conversation(desk *inbox.Desk, c *inbox.Conversation) error {
	l := s.lives[c.ID.UUID]
	if l == nil {
		return fmt.Errorf("the log does not tell of it")
	}
	have := life{State: c.State, Assignee: c.Assignee, Count: c.Count, Revision: c.Revision, entries: c.Chain.Seq}
	for item, err := range desk.Timeline(s.ctx, c.ID, inbox.WithTrail()) {
		switch {
		case err != nil:
			return err
		case item.Note != nil:
			have.notes = append(have.notes, item.Note.ID.String())
		case item.Message != nil:
			have.messages = append(have.messages, item.Message.ID.String())
			if err := s.arrived(item.Message); err != nil {
				return err
			}
		}
	}
	want := *l
	want.cause, want.trail = uuid.Nil, false
	if !reflect.DeepEqual(have, want) {
		return fmt.Errorf("it is %+v, and the log says %+v", have, want)
	}
	idle := c.Assignee == inbox.Assignee{} && c.Hold == inbox.Hold{} && c.Due.IsZero() && c.WaitingSince.IsZero()
	if c.State == inbox.StateResolved && !idle {
		return fmt.Errorf("it is resolved and has %+v, %+v, due %s, waiting since %s", c.Assignee, c.Hold, c.Due, c.WaitingSince)
	}
	return nil
}

// arrived asks for a message by the name that its network has for it.
func (s *sweep) arrived(m *inbox.Message) error {
	if m.ExternalID == "" {
		return nil
	}
	snap := inbox.Snapshot{Ref: inbox.Ref{Tenant: s.box.Tenant(), Arrival: inbox.ArrivalRef{Account: m.Account, ExternalID: m.ExternalID}}}
	if err := s.store.Load(s.ctx, &snap); err != nil {
		return err
	}
	if snap.Arrival.Message != m.ID {
		return fmt.Errorf("message %s came as %q, which is known as %s", m.ID, m.ExternalID, snap.Arrival.Message)
	}
	return nil
}
