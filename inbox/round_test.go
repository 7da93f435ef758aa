package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
)

// gathering is commands on one conversation that come while another command on it is being written.
type gathering struct {
	*office
	id   inbox.ConversationID
	open chan struct{} // closed: the one being written may end
}

// newGathering begins with a command that is being written until meet lets it.
func newGathering(t *testing.T, options ...inbox.Option) *gathering {
	c := &gathering{office: newOffice(t, options...), open: make(chan struct{})}
	c.id = c.in(inbox.StateNew)
	c.gate()
	c.come(func() error {
		_, err := c.system().AddNote(c.ctx(), c.id, inbox.MessageID{}, "The first.")
		return err
	}, nil)
	return c
}

// gate lets the next commit wait for meet.
func (c *gathering) gate() {
	c.store.commit = func(ctx context.Context, changes []inbox.Change) []error {
		c.store.commit = nil
		<-c.open
		return c.store.Store.Commit(ctx, changes...)
	}
}

// come starts a command and waits until it waits.
func (c *gathering) come(do func() error, err *error) {
	go func() {
		e := do()
		if err != nil {
			*err = e
		} else if e != nil {
			c.t.Error(e)
		}
	}()
	synctest.Wait()
}

// meet lets everybody end.
func (c *gathering) meet() {
	close(c.open)
	synctest.Wait()
}

func inBubble(t *testing.T, f func(t *testing.T)) { synctest.Test(t, f) }

func TestCommandsThatComeWhileOneIsWrittenAreWrittenTogether(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := newGathering(t)
		ann := c.Desk("Ann")
		for i := range 20 {
			c.come(func() (err error) {
				switch i % 3 {
				case 0:
					_, err = ann.AddNote(c.ctx(), c.id, inbox.MessageID{}, fmt.Sprint("Note ", i))
				case 1:
					_, err = ann.Reply(c.ctx(), c.id, inbox.Reply{Text: fmt.Sprint("Reply ", i)})
				case 2:
					_, err = ann.Assign(c.ctx(), c.id, inbox.Assignee{Agent: c.agent(fmt.Sprint("Agent ", i))})
				}
				return err
			}, nil)
		}
		commits := c.store.commits.Load()
		c.meet()
		want(t, "commits after the first", c.store.commits.Load()-commits, int64(1))
		want(t, "messages", len(c.Messages(c.id)), 8)
		c.WantLogHolds()
		c.follows()
	})
}

func TestMessagesThatComeWhileOneIsStoredAreStoredTogether(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		o := newOffice(t)
		c := &gathering{office: o, open: make(chan struct{})}
		kim := known("kim")
		c.gate()
		var got [6]inbox.Received
		for i, id := range []string{"a", "b", "c", "b", "a", "d"} {
			c.come(func() (err error) {
				in := chat(id, kim, "Are you there?")
				in.Account = c.Account.AccountKey
				got[i], err = c.Box.Receive(c.ctx(), in)
				return err
			}, nil)
		}
		commits := c.store.commits.Load()
		c.meet()
		want(t, "commits after the first", c.store.commits.Load()-commits, int64(1))
		for i, outcome := range []inbox.Outcome{inbox.OutcomeNew, inbox.OutcomeAppended, inbox.OutcomeAppended,
			inbox.OutcomeDuplicate, inbox.OutcomeDuplicate, inbox.OutcomeAppended} {
			want(t, fmt.Sprint("outcome ", i), got[i].Outcome, outcome)
		}
		c.id = got[0].Conversation
		want(t, "messages", len(c.Messages(c.id)), 4)
		c.follows()
	})
}

// follows checks that what is stored of the conversation follows from its log.
func (c *gathering) follows() {
	c.t.Helper()
	var entries []audit.Entry
	for _, e := range c.entries(0) {
		if e.Subject == (audit.Subject{Kind: audit.SubjectConversation, ID: c.id.UUID}) {
			entries = append(entries, e)
		}
	}
	again, err := inbox.Replay(entries)
	c.works(err)
	stored := c.Header(c.id).Conversation
	again.Conversation.Chain.Key, again.Conversation.Version = stored.Chain.Key, stored.Version
	want(c.t, "the conversation", stored, again.Conversation)
}

func TestOfTwoCommandsInOneRoundTheLaterSeesTheEarlier(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := newGathering(t)
		ann, bob := c.Desk("Ann"), c.Desk("Bob")
		revision := c.Header(c.id).Revision + 1 // after the note that is being written
		var first, second error
		c.come(func() error {
			_, err := ann.SetPending(c.ctx(), c.id, inbox.If(revision))
			return err
		}, &first)
		c.come(func() error {
			_, err := bob.SetPending(c.ctx(), c.id, inbox.If(revision))
			return err
		}, &second)
		var results [2]inbox.Result
		for i := range results {
			c.come(func() (err error) {
				results[i], err = ann.Reply(c.ctx(), c.id, inbox.Reply{Text: "Once."}, inbox.Key("once"))
				return err
			}, nil)
		}
		c.meet()
		wantNo(t, first)
		if e, ok := errors.AsType[*inbox.ConflictError](second); !ok || e.Revision != revision+1 {
			t.Errorf("the second of two at one revision got %v, want a conflict at %d", second, revision+1)
		}
		if results[0].Repeated || !results[1].Repeated || results[0].Message != results[1].Message {
			t.Errorf("two with one key got %+v and %+v", results[0], results[1])
		}
		want(t, "messages", len(c.Messages(c.id)), 2)
		c.follows()
	})
}

func TestWhoIsRefusedOrGoneHarmsNobodyInTheRound(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		panics := false
		host := guard(func(a inbox.Actor) bool {
			if panics && a.Name == "Eve" {
				panic("the host")
			}
			return a.Name != "Dan"
		})
		c := newGathering(t, inbox.WithAccess(host))
		panics = true
		var refused, gone error
		note := func(who, text string) func() error {
			return func() error {
				_, err := c.Desk(who).AddNote(c.ctx(), c.id, inbox.MessageID{}, text)
				return err
			}
		}
		c.come(note("Ann", "One."), nil)
		c.come(note("Dan", "Denied."), &refused)
		ctx, cancel := context.WithCancel(t.Context())
		c.come(func() error {
			_, err := c.Desk("Bob").AddNote(ctx, c.id, inbox.MessageID{}, "Gone.")
			return err
		}, &gone)
		c.come(func() (err error) {
			defer func() { err = fmt.Errorf("%v", recover()) }()
			return note("Eve", "Panics.")()
		}, new(error))
		c.come(note("Cid", "Two."), nil)
		cancel()
		synctest.Wait()
		wantIs(t, "who went", gone, context.Canceled)
		c.meet()
		if _, ok := errors.AsType[*inbox.PermissionError](refused); !ok {
			t.Errorf("who may not got %v", refused)
		}
		var notes []string
		for item, err := range c.system().Timeline(c.ctx(), c.id) {
			wantNo(t, err)
			if item.Note != nil {
				notes = append(notes, item.Note.Text)
			}
		}
		want(t, "notes", notes, []string{"The first.", "One.", "Two."})
		c.follows()
	})
}

// guard is a host that says of actors whether they may.
type guard func(inbox.Actor) bool

func (g guard) May(_ context.Context, a inbox.Actor, _ inbox.Permission, _ inbox.Object) (bool, error) {
	return g(a), nil
}

func (g guard) Sight(context.Context, inbox.Tenant, inbox.Actor) (inbox.Sight, error) {
	return inbox.Sight{All: true}, nil
}

func TestARoundWhoseCommitFailsIsDecidedAgainOrToldAll(t *testing.T) {
	for what, c := range map[string]struct {
		written bool
		err     error
		told    error // what everybody gets; nil: the command works
	}{
		"a conflict":                 {false, storage.ErrConflict, nil},
		"a lost answer, written":     {true, storage.ErrUnknown, nil},
		"a lost answer, not written": {false, storage.ErrUnknown, nil},
		"no room":                    {false, storage.ErrBusy, storage.ErrBusy},
	} {
		inBubble(t, func(t *testing.T) {
			o := newGathering(t)
			var failures [5]error
			for i := range failures {
				o.come(func() error {
					_, err := o.Desk("Ann").Reply(o.ctx(), o.id, inbox.Reply{Text: fmt.Sprint(i)})
					return err
				}, &failures[i])
			}
			calls := 0
			o.store.commit = func(ctx context.Context, changes []inbox.Change) []error {
				if calls++; calls != 1 {
					return o.store.Store.Commit(ctx, changes...)
				}
				if c.written {
					o.store.Store.Commit(ctx, changes...)
				}
				return []error{c.err}
			}
			o.meet()
			wanted := 0
			for _, err := range failures {
				if c.told == nil {
					wantNo(t, err)
					wanted++
				} else {
					wantIs(t, what, err, c.told)
				}
			}
			want(t, what+": replies", len(o.Messages(o.id))-1, wanted)
			o.WantLogHolds()
			o.follows()
		})
	}
}

func TestManyOnOneConversationFromTwoProcessesLoseNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	first := s.ContactWrites("Kim", "Hello?")
	boxes := []*inbox.Inbox{s.Box, s.second()}
	ann, kim := s.Desk("Ann").Actor(), s.Person("Kim").Addresses
	const n = 400
	atOnce(t, n, func(i int) (inbox.Received, error) {
		if i%2 == 0 {
			in := chat(fmt.Sprint("m", i), channel.Person{Name: "Kim", Addresses: kim}, "And?")
			in.Account = s.Account.AccountKey
			return boxes[i/2%2].Receive(context.Background(), in)
		}
		_, err := boxes[i/2%2].As(ann).AddNote(context.Background(), first.Conversation, inbox.MessageID{}, "Waiting.")
		return inbox.Received{}, err
	})
	want(t, "messages", s.Header(first.Conversation).Count.Messages, int64(n/2+1))
	s.WantLogHolds()
}
