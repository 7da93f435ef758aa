package inbox_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/deskwright/deskwright/storage"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

func TestACommandIsRefusedWhenTheConversationIsAtAnotherRevision(t *testing.T) {
	for _, c := range commands {
		if !takesConversation(c.method()) {
			continue
		}
		s := newScene(t)
		on := s.Header(c.asks(s)[0].Object.Conversation)
		for _, stale := range []int64{-1, 0, on.Revision - 1, on.Revision + 1} {
			wants(s.office, c.name, &inbox.ConflictError{Revision: on.Revision, Assignee: on.Assignee}, func() error {
				_, err := c.do(s, c.desk(s), inbox.If(stale))
				if !errors.Is(err, storage.ErrConflict) {
					t.Errorf("%s: %v is no storage.ErrConflict", c.name, err)
				}
				return err
			})
		}
		if _, err := c.do(s, c.desk(s), inbox.If(on.Revision)); err != nil {
			t.Errorf("%s at its revision: %v", c.name, err)
		}
	}
}

func TestACommandThatWouldChangeNothingIsStillConditional(t *testing.T) {
	o := newOffice(t)
	ann, id := o.Desk("Ann"), o.in(inbox.StatePending)
	refused[*inbox.ConflictError](o, "it", func() error {
		_, err := ann.SetPending(o.ctx(), id, inbox.If(1))
		return err
	})
}

func TestOneOfManyCommandsAtOneRevisionWins(t *testing.T) {
	o := newOffice(t)
	id := o.in(inbox.StateNew)
	const many = 32
	desks := make([]*inbox.Desk, many)
	for i := range desks {
		desks[i] = o.Desk(fmt.Sprint("Agent ", i))
	}
	revision := o.Header(id).Revision
	var won atomic.Int64
	inParallel(many, func(i int) {
		me := inbox.Assignee{Agent: desks[i].Actor().Agent}
		r, err := desks[i].Assign(o.ctx(), id, me, inbox.If(revision))
		lost, ok := errors.AsType[*inbox.ConflictError](err)
		switch {
		case err == nil && r.Assignee == me:
			won.Add(1)
		case !ok || lost.Revision != revision+1 || lost.Assignee == (inbox.Assignee{}) || lost.Assignee == me:
			t.Errorf("%+v, %v", r, err)
		}
	})
	if won.Load() != 1 || o.Header(id).Revision != revision+1 {
		t.Errorf("%d won, and the revision went from %d to %d", won.Load(), revision, o.Header(id).Revision)
	}
}

func TestWhatLeavesNoTrailDoesNotChangeTheRevision(t *testing.T) {
	o := newOffice(t)
	ann, id := o.Desk("Ann"), o.in(inbox.StateNew)
	o.did(ann.Reply(o.ctx(), id, inbox.Reply{Text: "On its way."}))
	o.ContactWrites("Kim 1", "Thanks.")
	revision, version := o.Header(id).Revision, o.Header(id).Version
	o.Tick()
	o.Receive(channel.Inbound{Event: channel.ReceiptEvent, About: "sent-1", Receipt: channel.Delivered})
	o.Receive(channel.Inbound{Event: channel.ReactionEvent, About: "sent-1", From: o.Person("Kim 1"), Reaction: "+1"})
	o.did(ann.MarkRead(o.ctx(), id))
	if h := o.Header(id); h.Revision != revision || h.Version <= version+3 {
		t.Errorf("the revision went from %d to %d, the version from %d to %d", revision, h.Revision, version, h.Version)
	}
	o.did(ann.SetPending(o.ctx(), id, inbox.If(revision)))
}

func TestAStartWhereNothingIsIsAtRevisionZero(t *testing.T) {
	o := newOffice(t)
	ann := o.Desk("Ann")
	start := func(revision int64) error {
		_, err := ann.Start(o.ctx(), o.hello("Kim"), inbox.If(revision))
		return err
	}
	wants(o, "revision 1", &inbox.ConflictError{}, func() error { return start(1) })
	o.works(start(0))
	wants(o, "revision 0 once it is there", &inbox.ConflictError{Revision: 1, Assignee: inbox.Assignee{Agent: ann.Actor().Agent}},
		func() error { return start(0) })
}

func TestWhoMayNotLearnsNothingFromACondition(t *testing.T) {
	s := newScene(t)
	s.door.no = inbox.MayManage
	refused[*inbox.PermissionError](s.office, "without the permission", func() error {
		_, err := s.Desk("Ann").SetPending(s.ctx(), s.fresh, inbox.If(99))
		return err
	})
	s.door.closed = true
	wants(s.office, "out of sight", &inbox.MissingError{What: "conversation"}, func() error {
		_, err := s.Desk("Ann").SetPending(s.ctx(), s.fresh, inbox.If(99))
		return err
	})
}

// repeated marks an answer as given from its key, where an answer can say so.
func repeated(answer any) any {
	if r, ok := answer.(inbox.Result); ok {
		r.Repeated = true
		return r
	}
	return answer
}

// stir changes everything in a scene that a command of the table may have changed, and more.
func (s *scene) stir() {
	s.t.Helper()
	s.Clock.Add(time.Hour)
	for _, id := range []inbox.ConversationID{s.fresh, s.waiting, s.mine, s.bobs, s.comment, s.texted, s.held} {
		s.did(s.system().AddNote(s.ctx(), id, inbox.MessageID{}, "Meanwhile."))
		s.did(s.system().Resolve(s.ctx(), id, inbox.Resolve{}))
	}
	_, docs, err := s.store.Documents(s.ctx(), s.Box.Tenant())
	s.works(err)
	for _, d := range docs {
		if d.Deleted {
			continue
		}
		switch d.Kind {
		case inbox.TopicDocument:
			_, err = s.system().SaveTopic(s.ctx(), inbox.Topic{ID: inbox.TopicID{UUID: d.ID}, Name: "Topic " + d.ID.String()})
		case inbox.ReasonDocument:
			_, err = s.system().SaveReason(s.ctx(), inbox.Reason{ID: inbox.ReasonID{UUID: d.ID}, Name: "Reason", Disabled: true})
		case inbox.AgentDocument:
			err = s.system().DeleteAgent(s.ctx(), queue.AgentID{UUID: d.ID})
		case inbox.TeamDocument:
			err = s.system().DeleteTeam(s.ctx(), queue.TeamID{UUID: d.ID})
		case inbox.AccountDocument:
			_, err = s.system().PauseAccount(s.ctx(), channel.AccountID{UUID: d.ID})
			s.works(err)
			_, err = s.system().ResumeAccount(s.ctx(), channel.AccountID{UUID: d.ID})
		}
		s.works(err)
	}
}

func TestACommandUnderItsKeyIsDoneOnceAndAnsweredTheSame(t *testing.T) {
	for _, c := range commands {
		s := newScene(t)
		first, err := c.do(s, c.desk(s), inbox.Key("k"))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		s.untouched(c.name+" at once", func() {
			if again, err := c.do(s, c.desk(s), inbox.Key("k")); err != nil || !reflect.DeepEqual(again, repeated(first)) {
				t.Errorf("%s at once: %+v, %v; the first time %+v", c.name, again, err, first)
			}
		})
		s.stir()
		s.untouched(c.name+" later", func() {
			if again, err := c.do(s, c.desk(s), inbox.Key("k")); err != nil || !reflect.DeepEqual(again, repeated(first)) {
				t.Errorf("%s later: %+v, %v; the first time %+v", c.name, again, err, first)
			}
		})
	}
}

func TestAKeyIsForOneRequest(t *testing.T) {
	for i, c := range commands {
		s := newScene(t)
		if _, err := c.do(s, c.desk(s), inbox.Key("k")); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		try := func(what string, _ any, err error) {
			t.Helper()
			e, ok := errors.AsType[*inbox.KeyError](err)
			if !ok || e.Key != "k" || !errors.Is(err, storage.ErrInvalid) {
				t.Errorf("after %s, %s: the error is %v", c.name, what, err)
			}
		}
		s.untouched("what comes after "+c.name, func() {
			other := s.Box.As(inbox.Bot(queue.AgentNamed("Other"), "Other"))
			answer, err := c.do(s, other, inbox.Key("k"))
			try("the same by another actor", answer, err)
			answer, err = c.do(s, c.desk(s), inbox.Key("k"), inbox.If(1))
			try("the same on a condition", answer, err)
			for j, d := range commands {
				if i != j {
					answer, err = d.do(s, d.desk(s), inbox.Key("k"))
					try(d.name, answer, err)
				}
			}
		})
	}
}

func TestAKeyOnACommandThatChangedNothingCounts(t *testing.T) {
	o := newOffice(t)
	ann, id := o.Desk("Ann"), o.in(inbox.StatePending)
	from := o.position()
	first := o.did(ann.SetPending(o.ctx(), id, inbox.Key("k")))
	if first.Changed || o.position() != from {
		t.Errorf("it was Pending already: %+v", first)
	}
	o.did(ann.SetNew(o.ctx(), id))
	o.untouched("the same again", func() {
		if again := o.did(ann.SetPending(o.ctx(), id, inbox.Key("k"))); again != repeated(first) {
			t.Errorf("the first answer is %+v, the second %+v", first, again)
		}
	})
	o.WantState(id, inbox.StateNew)
}

func TestAKeyIsNotUsedUpByACommandThatFailed(t *testing.T) {
	o := newOffice(t)
	ann, id := o.Desk("Ann"), o.in(inbox.StateResolved)
	pending := func() error { _, err := ann.SetPending(o.ctx(), id, inbox.Key("k")); return err }
	refused[*inbox.TransitionError](o, "it", pending)
	o.did(ann.AddNote(o.ctx(), id, inbox.MessageID{}, "Another request.", inbox.Key("k")))

	refused[*inbox.KeyError](o, "the key that the note has", pending)
	_, err := ann.SetPending(o.ctx(), id, inbox.Key("another"))
	if _, ok := errors.AsType[*inbox.TransitionError](err); !ok {
		t.Error(err)
	}
	o.did(ann.SetNew(o.ctx(), id))
	o.did(ann.SetPending(o.ctx(), id, inbox.Key("another")))
}

func TestAKeyCountsWhenTheRevisionHasMovedOn(t *testing.T) {
	o := newOffice(t)
	ann, id := o.Desk("Ann"), o.in(inbox.StateNew)
	at := inbox.If(o.Header(id).Revision)
	first := o.did(ann.SetPending(o.ctx(), id, inbox.Key("k"), at))
	o.ContactWrites("Kim 1", "Hello?")
	if again := o.did(ann.SetPending(o.ctx(), id, inbox.Key("k"), at)); again != repeated(first) {
		t.Errorf("the first answer is %+v, the second %+v", first, again)
	}
}

func TestAKeyIsTheTenantsAndComparedByteForByte(t *testing.T) {
	s := newScene(t)
	next := s.neighbour()
	for _, key := range []string{"k", "K", "k ", "ｋ", "k\u0301", strings.Repeat("k", 512)} {
		for _, here := range []*scene{s, next} {
			if r := s.did(here.system().AddNote(s.ctx(), here.fresh, inbox.MessageID{}, "Once.", inbox.Key(key))); !r.Changed {
				t.Errorf("the key %.10q of %s counted as another", key, here.Box.Tenant())
			}
		}
	}
}

func TestAKeyIsText(t *testing.T) {
	for _, c := range commands {
		s := newScene(t)
		s.untouched(c.name, func() {
			for _, key := range []string{"", "a\x00", "a\xff", "\xed\xa0\x80", strings.Repeat("k", 513)} {
				_, err := c.do(s, c.desk(s), inbox.Key(key))
				if in, ok := errors.AsType[*inbox.InputError](err); !ok || in.Field != "key" {
					t.Errorf("%s under %.10q: the error is %v", c.name, key, err)
				}
			}
		})
	}
}

func TestOneKeyFromManyGoroutinesHasOneEffectAndOneAnswer(t *testing.T) {
	for _, name := range []string{"Reply", "AddNote", "Assign", "Start", "SaveTopic", "SaveAccount", "PauseAccount"} {
		for _, c := range commands {
			if c.name != name {
				continue
			}
			s := newScene(t)
			from := s.position()
			var mu sync.Mutex
			answers := map[string]int{}
			const many = 32
			inParallel(many, func(int) {
				a, err := c.do(s, c.desk(s), inbox.Key("k"))
				if err != nil {
					t.Errorf("%s: %v", c.name, err)
				}
				mu.Lock()
				defer mu.Unlock()
				answers[fmt.Sprintf("%+v", repeated(a))]++
			})
			causes := map[uuid.UUID]bool{}
			for _, e := range s.entries(from) {
				causes[e.Cause] = true
			}
			if len(answers) != 1 || len(causes) != 1 {
				t.Errorf("%s: %d effects, answers %v", c.name, len(causes), answers)
			}
			s.WantLogHolds()
		}
	}
}

// counted returns a source of ids that counts: the same steps get the same ids.
func counted() inbox.Option {
	var n atomic.Uint64
	return inbox.WithIDs(func() uuid.UUID {
		var id uuid.UUID
		binary.BigEndian.PutUint64(id[:], 1<<32)
		binary.BigEndian.PutUint64(id[8:], n.Add(1))
		return id
	})
}

// story is everything that the log says, without what is random in it.
func (o *office) story() (all []string) {
	o.t.Helper()
	for _, e := range o.entries(0) {
		all = append(all, fmt.Sprintf("%d %s %d %s %v %s %s", e.Position, e.Subject, e.Seq, e.Time, e.Actor, e.Action, e.Data))
	}
	return all
}

// loses makes the answer to the next commit get lost. The change is written at once, or after so many loads, or never.
func (b *backstage) loses(after int) {
	b.commit = func(ctx context.Context, changes []inbox.Change) []error {
		b.commit = nil
		write := func() {
			b.loaded = nil
			if err := b.Store.Commit(context.WithoutCancel(ctx), changes...)[0]; err != nil && !errors.Is(err, storage.ErrConflict) {
				panic(err)
			}
		}
		switch {
		case after == 0:
			write()
		case after > 0:
			b.loaded = func() {
				if after--; after == 0 {
					write()
				}
			}
		}
		return []error{fmt.Errorf("connection reset: %w", storage.ErrUnknown)}
	}
}

// losses are the ways in which an answer can get lost.
var losses = map[string]int{"written": 0, "not written": -1, "written after it was asked for": 1, "written after that": 2}

func TestALostAnswerHasOneEffectAndTheRightResult(t *testing.T) {
	for _, c := range commands {
		sound := newScene(t, counted())
		wanted, err := c.do(sound, c.desk(sound))
		if err != nil {
			t.Fatal(err)
		}
		for _, options := range [][]inbox.CommandOption{nil, {inbox.Key("k")}} {
			for how, after := range losses {
				s := newScene(t, counted())
				s.store.loses(after)
				got, err := c.do(s, c.desk(s), options...)
				if err != nil || !reflect.DeepEqual(got, wanted) {
					t.Errorf("%s, %s: %+v, %v; want %+v", c.name, how, got, err, wanted)
				}
				if diff := cmp.Diff(sound.story(), s.story()); diff != "" {
					t.Errorf("%s, %s: the log (- without loss, + with):\n%s", c.name, how, diff)
				}
				s.WantLogHolds()
			}
		}
	}
}

func TestALostAnswerToWhatArrivesHasOneEffectAndTheRightResult(t *testing.T) {
	for _, c := range []struct {
		what    string
		outcome inbox.Outcome
		in      channel.Inbound
	}{
		{"a first message", inbox.OutcomeNew, channel.Inbound{From: channel.Person{Name: "Lou", Addresses: []channel.Address{{ID: "Lou"}, {ID: "lou"}}}}},
		{"a further message", inbox.OutcomeAppended, channel.Inbound{From: channel.Person{Name: "Kim", Addresses: []channel.Address{{ID: "Kim 1"}}}}},
		{"a message of a known person by another address", inbox.OutcomeAppended,
			channel.Inbound{From: channel.Person{Addresses: []channel.Address{{ID: "Kim 1"}, {ID: "kim"}}}}},
		{"a message on another thread", inbox.OutcomeNew, channel.Inbound{Thread: "7", From: channel.Person{Addresses: []channel.Address{{ID: "Kim 1"}}}}},
		{"a message to what is resolved", inbox.OutcomeReopened, channel.Inbound{From: channel.Person{Addresses: []channel.Address{{ID: "Kim 2"}}}}},
		{"an echo", inbox.OutcomeAppended, channel.Inbound{Event: channel.EchoEvent, From: channel.Person{Addresses: []channel.Address{{ID: "Kim 1"}}}}},
		{"other content", inbox.OutcomeDuplicate, channel.Inbound{ExternalID: "in-1", From: channel.Person{Addresses: []channel.Address{{ID: "Kim 1"}}}}},
		{"an edit", inbox.OutcomeUpdated, channel.Inbound{Event: channel.EditEvent, About: "in-1"}},
		{"a deletion", inbox.OutcomeUpdated, channel.Inbound{Event: channel.DeleteEvent, About: "in-1"}},
		{"a reaction", inbox.OutcomeUpdated, channel.Inbound{Event: channel.ReactionEvent, About: "in-1", Reaction: "+1",
			From: channel.Person{Addresses: []channel.Address{{ID: "Kim 1"}}}}},
		{"an edit that is early", inbox.OutcomeEarly, channel.Inbound{Event: channel.EditEvent, About: "in-9"}},
		{"what had an early edit", inbox.OutcomeAppended, channel.Inbound{ExternalID: "in-8", From: channel.Person{Addresses: []channel.Address{{ID: "Kim 1"}}}}},
	} {
		play := func(lose bool, after int) (*office, inbox.Received) {
			o := newOffice(t, counted())
			o.in(inbox.StateNew)
			o.in(inbox.StateResolved)
			o.Receive(channel.Inbound{Event: channel.EditEvent, About: "in-8", Text: "Corrected."})
			if lose {
				o.store.loses(after)
			}
			in := c.in
			in.Kind, in.Text = channel.ChatMessage, "Hello?"
			return o, o.Receive(in)
		}
		sound, wanted := play(false, 0)
		if wanted.Outcome != c.outcome {
			t.Errorf("%s was %s, want %s", c.what, wanted.Outcome, c.outcome)
		}
		for how, after := range losses {
			o, got := play(true, after)
			if got != wanted {
				t.Errorf("%s, %s: %+v, want %+v", c.what, how, got, wanted)
			}
			if diff := cmp.Diff(sound.story(), o.story()); diff != "" {
				t.Errorf("%s, %s: the log (- without loss, + with):\n%s", c.what, how, diff)
			}
			want(t, c.what+", "+how+": the totals", o.keeps().Totals, sound.keeps().Totals)
			o.WantLogHolds()
		}
	}
}

// always is a Commit that always fails.
func always(err error) func(context.Context, []inbox.Change) []error {
	return func(context.Context, []inbox.Change) []error { return []error{err} }
}

func TestACommandThatAlwaysConflictsEndsInAConflict(t *testing.T) {
	for _, c := range commands {
		if !slices.Contains([]string{"SetPending", "Reply", "Start", "SaveAccount", "PauseAccount", "DeleteTopic"}, c.name) {
			continue // they end as these do, and each takes its time
		}
		s := newScene(t)
		n := 0
		conflict := always(fmt.Errorf("somebody was faster: %w", storage.ErrConflict))
		s.store.commit = func(ctx context.Context, changes []inbox.Change) []error { n++; return conflict(ctx, changes) }
		before := s.keeps()
		_, err := c.do(s, c.desk(s))
		if !errors.Is(err, storage.ErrConflict) || n < 10 || n > 1000 {
			t.Errorf("%s: %v after %d commits", c.name, err, n)
		}
		if _, ok := errors.AsType[*inbox.ConflictError](err); ok {
			t.Errorf("%s: %v says that a condition did not hold", c.name, err)
		}
		s.store.commit = nil
		if !reflect.DeepEqual(before, s.keeps()) {
			t.Errorf("%s left a trace", c.name)
		}
		if _, err := c.do(s, c.desk(s)); err != nil {
			t.Errorf("%s, once it no longer conflicts: %v", c.name, err)
		}
	}
}

func TestACommandIsDecidedAnewOnWhatCameFirst(t *testing.T) {
	o := newOffice(t)
	ann, id := o.Desk("Ann"), o.in(inbox.StateNew)
	bob := o.second().As(o.Desk("Bob").Actor()) // in another process: in one, they would take turns
	o.store.loaded = func() {
		o.store.loaded = nil
		o.did(bob.Assign(o.ctx(), id, inbox.Assignee{Agent: bob.Actor().Agent}))
	}
	r := o.did(ann.Reply(o.ctx(), id, inbox.Reply{Text: "On its way."}))
	if r.Assignee.Agent != bob.Actor().Agent {
		t.Errorf("the reply took it from Bob: %+v", r)
	}
	o.store.loaded = func() {
		o.store.loaded = nil
		o.did(bob.Resolve(o.ctx(), id, inbox.Resolve{}))
	}
	if _, err := ann.Unassign(o.ctx(), id); err == nil {
		t.Error("what was resolved meanwhile was unassigned")
	}
	o.WantState(id, inbox.StateResolved)
}

func TestTheHostIsAskedAgainWhenACommandIsDecidedAgain(t *testing.T) {
	s := newScene(t)
	s.store.loaded = func() {
		s.store.loaded = nil
		s.did(s.second().As(inbox.System).Assign(s.ctx(), s.fresh, inbox.Assignee{Agent: s.bob}))
		s.door.no = inbox.MayTakeOver
	}
	_, err := s.Desk("Ann").Assign(s.ctx(), s.fresh, inbox.Assignee{Agent: s.ann})
	if e, ok := errors.AsType[*inbox.PermissionError](err); !ok || e.Permission != inbox.MayTakeOver {
		t.Errorf("what became Bob's meanwhile was taken from him: %v", err)
	}
	s.WantAgent(s.fresh, "Bob")
}

// broken is a store of which one method fails.
type broken struct {
	inbox.Store
	method string
	err    error
}

func (b *broken) of(method string) error {
	if method == b.method {
		return b.err
	}
	return nil
}

func (b *broken) Load(ctx context.Context, snaps ...*inbox.Snapshot) error {
	if err := b.of("Load"); err != nil {
		return err
	}
	return b.Store.Load(ctx, snaps...)
}

func (b *broken) Claim(ctx context.Context, now, until time.Time, limit int) ([]inbox.Due, error) {
	if err := b.of("Claim"); err != nil {
		return nil, err
	}
	return b.Store.Claim(ctx, now, until, limit)
}

func (b *broken) Commit(ctx context.Context, changes ...inbox.Change) []error {
	if err := b.of("Commit"); err != nil {
		return []error{err}
	}
	return b.Store.Commit(ctx, changes...)
}

func (b *broken) Documents(ctx context.Context, t inbox.Tenant) (int64, []inbox.Document, error) {
	if err := b.of("Documents"); err != nil {
		return 0, nil, err
	}
	return b.Store.Documents(ctx, t)
}

func (b *broken) Owner(ctx context.Context, key channel.AccountKey) (inbox.Tenant, channel.AccountID, error) {
	if err := b.of("Owner"); err != nil {
		return inbox.Tenant{}, channel.AccountID{}, err
	}
	return b.Store.Owner(ctx, key)
}

func (b *broken) List(ctx context.Context, t inbox.Tenant, q inbox.Query) ([]inbox.Listed, error) {
	if err := b.of("List"); err != nil {
		return nil, err
	}
	return b.Store.List(ctx, t, q)
}

func (b *broken) Timeline(ctx context.Context, t inbox.Tenant, id inbox.ConversationID, after int64, n int, trail bool) ([]inbox.Item, error) {
	if err := b.of("Timeline"); err != nil {
		return nil, err
	}
	return b.Store.Timeline(ctx, t, id, after, n, trail)
}

func (b *broken) Messages(ctx context.Context, t inbox.Tenant, ids ...inbox.MessageID) ([]inbox.Message, error) {
	if err := b.of("Messages"); err != nil {
		return nil, err
	}
	return b.Store.Messages(ctx, t, ids...)
}

func (b *broken) Totals(ctx context.Context, t inbox.Tenant) (map[channel.AccountID]inbox.Totals, error) {
	if err := b.of("Totals"); err != nil {
		return nil, err
	}
	return b.Store.Totals(ctx, t)
}

func (b *broken) Feed(ctx context.Context, t inbox.Tenant, after int64, n int) ([]audit.Entry, error) {
	if err := b.of("Feed"); err != nil {
		return nil, err
	}
	return b.Store.Feed(ctx, t, after, n)
}

func TestAnErrorOfTheStoreIsReturnedAndLeavesNoTrace(t *testing.T) {
	boom := errors.New("the disk is full")
	for _, err := range []error{boom, fmt.Errorf("too many connections: %w", storage.ErrBusy)} {
		for _, c := range commands {
			for _, method := range []string{"Load", "Commit"} {
				s := newScene(t)
				before := s.keeps()
				s.store.Store = &broken{s.store.Store, method, err}
				if _, got := c.do(s, c.desk(s)); !errors.Is(got, err) {
					t.Errorf("%s, when %s fails: the error is %v", c.name, method, got)
				}
				s.store.Store.(*broken).method = ""
				if !reflect.DeepEqual(before, s.keeps()) {
					t.Errorf("%s, when %s fails, left a trace", c.name, method)
				}
			}
		}
		s := newScene(t)
		s.did(s.Desk("Ann").Reply(s.ctx(), s.fresh, inbox.Reply{Text: "Hello.", Answers: s.message}))
		before := s.keeps()
		store := &broken{Store: s.store.Store, err: err}
		for name, c := range map[string]struct {
			do      func(*inbox.Inbox) error
			methods []string
		}{
			"Receive": {func(b *inbox.Inbox) error {
				_, err := b.Receive(s.ctx(), channel.Inbound{Account: s.Account.AccountKey, ExternalID: "x", From: s.Person("Lou"), Kind: channel.ChatMessage})
				return err
			}, []string{"Owner", "Documents", "Load", "Commit"}},
			"Header": {func(b *inbox.Inbox) error { _, err := b.As(inbox.System).Header(s.ctx(), s.fresh); return err },
				[]string{"Load", "Documents"}},
			"Counts": {func(b *inbox.Inbox) error { _, err := b.As(inbox.System).Counts(s.ctx()); return err }, []string{"Totals"}},
			"Conversations": {func(b *inbox.Inbox) (err error) {
				for _, err = range b.As(inbox.System).Conversations(s.ctx(), inbox.Filter{}, inbox.Newest) {
				}
				return err
			}, []string{"Load", "Documents", "List"}},
			"Timeline": {func(b *inbox.Inbox) (err error) {
				for _, err = range b.As(inbox.System).Timeline(s.ctx(), s.fresh) {
				}
				return err
			}, []string{"Load", "Documents", "Timeline", "Messages"}},
			"Feed": {func(b *inbox.Inbox) (err error) {
				for _, err = range b.Feed(s.ctx(), 0) {
				}
				return err
			}, []string{"Feed"}},
			"SaveAccount": {func(b *inbox.Inbox) error { _, err := b.As(inbox.System).SaveAccount(s.ctx(), s.sms); return err }, []string{"Owner"}},
		} {
			for _, method := range c.methods {
				store.method = method
				box, _ := inbox.New(store, inbox.WithClock(s.mock))
				if got := c.do(box); !errors.Is(got, err) {
					t.Errorf("%s, when %s fails: the error is %v", name, method, got)
				}
			}
		}
		if !reflect.DeepEqual(before, s.keeps()) {
			t.Error("something left a trace")
		}
	}
}

func TestWhenAnAnswerIsLostAndTheStoreCannotBeAskedNobodyKnows(t *testing.T) {
	for what, then := range map[string]struct {
		method string
		err    error
	}{
		"it cannot be read":    {"Load", fmt.Errorf("too many connections: %w", storage.ErrBusy)},
		"it cannot be written": {"Commit", fmt.Errorf("too many connections: %w", storage.ErrBusy)},
		"it always conflicts":  {"Commit", storage.ErrConflict},
	} {
		o := newOffice(t)
		ann, id := o.Desk("Ann"), o.in(inbox.StateNew)
		o.store.Store = &broken{Store: o.store.Store, err: then.err}
		o.store.commit = func(context.Context, []inbox.Change) []error {
			o.store.commit = nil
			o.store.Store.(*broken).method = then.method
			return []error{storage.ErrUnknown}
		}
		_, err := ann.SetPending(o.ctx(), id)
		if !errors.Is(err, storage.ErrUnknown) || errors.Is(err, storage.ErrBusy) || errors.Is(err, storage.ErrConflict) {
			t.Errorf("%s: the error is %v", what, err)
		}
	}
}

func TestAContextThatEndsDuringACommandLeavesNothingOrEverything(t *testing.T) {
	for _, c := range commands {
		s := newScene(t)
		before := s.keeps()
		ctx, cancel := context.WithCancel(s.ctx())
		s.with, s.store.loaded = ctx, cancel
		if _, err := c.do(s, c.desk(s)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: the error is %v", c.name, err)
		}
		if !reflect.DeepEqual(before, s.keeps()) {
			t.Errorf("%s left a trace", c.name)
		}
	}
}

func TestAContextThatHasEndedLeavesNothing(t *testing.T) {
	s := newScene(t)
	ctx, cancel := context.WithCancel(s.ctx())
	cancel()
	s.untouched("it", func() {
		s.with = ctx
		for _, c := range commands {
			if _, err := c.do(s, c.desk(s)); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: the error is %v", c.name, err)
			}
		}
		for name, err := range s.reads(s.system(), s.fresh) {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s: the error is %v", name, err)
			}
		}
		s.with = nil
	})
}

func TestAKeyCountsWhenWhatTheCommandNamesIsGone(t *testing.T) {
	s := newScene(t)
	boss := s.Box.As(workers[0])
	account := inbox.Account{Account: channel.Account{AccountKey: channel.AccountKey{Network: channel.SMS, ExternalID: "3"}}}
	start := func() (any, error) {
		r := s.hello("Lou")
		r.Account = s.sms.ID
		r.To.Addresses[0].Network = channel.SMS
		return s.Desk("Ann").Start(s.ctx(), r, inbox.Key("start"))
	}
	save := func() (any, error) { return boss.SaveAccount(s.ctx(), account, inbox.Key("save")) }
	pause := func() (any, error) { return boss.PauseAccount(s.ctx(), s.sms.ID, inbox.Key("pause")) }
	started, err := start()
	s.works(err)
	saved, err := save()
	s.works(err)
	_, err = pause()
	s.works(err)
	for _, id := range []channel.AccountID{s.sms.ID, saved.(inbox.Account).ID} {
		s.works(s.system().RemoveAccount(s.ctx(), id, inbox.KeepOpen, inbox.Resolve{}))
	}
	next := s.neighbour()
	if _, err := next.system().SaveAccount(s.ctx(), account); err != nil {
		t.Fatal(err)
	}
	s.untouched("repeating them", func() {
		if again, err := start(); err != nil || again != repeated(started) {
			t.Errorf("the start: %+v, %v; the first time %+v", again, err, started)
		}
		if again, err := save(); err != nil || !reflect.DeepEqual(again, saved) {
			t.Errorf("the account: %+v, %v; the first time %+v", again, err, saved)
		}
		if again, err := pause(); err != nil || !again.(inbox.Account).Paused || again.(inbox.Account).ID != s.sms.ID {
			t.Errorf("the pause: %+v, %v", again, err)
		}
	})
}
