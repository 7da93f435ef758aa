package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/deskwright/deskwright/storage"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// office is a stage to try commands on.
type office struct {
	*stage
	wrote int             // contacts that in has made
	with  context.Context // of calls; nil: the test's own
}

func newOffice(t testing.TB, options ...inbox.Option) *office {
	t.Helper()
	return &office{stage: newStage(t, options...)}
}

func (o *office) ctx() context.Context {
	if o.with != nil {
		return o.with
	}
	return o.t.Context()
}

func (o *office) system() *inbox.Desk { return o.Box.As(inbox.System) }

// did is for commands that must work: o.did(desk.Reply(...)).
func (o *office) did(r inbox.Result, err error) inbox.Result {
	o.t.Helper()
	o.works(err)
	return r
}

func (o *office) works(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

// in returns a new conversation in a state. One message of a contact stands in it, unread and unanswered, and nobody has it.
func (o *office) in(s inbox.State) inbox.ConversationID {
	o.t.Helper()
	o.wrote++
	c := o.ContactWrites(fmt.Sprintf("Kim %d", o.wrote), "Where is my parcel?").Conversation
	switch s {
	case inbox.StatePending:
		o.did(o.system().SetPending(o.ctx(), c))
	case inbox.StateResolved:
		o.did(o.system().Resolve(o.ctx(), c, inbox.Resolve{}))
	}
	return c
}

func (o *office) topic(name string) inbox.TopicID {
	o.t.Helper()
	saved, err := o.system().SaveTopic(o.ctx(), inbox.Topic{Name: name})
	o.works(err)
	return saved.ID
}

func (o *office) reason(name string) inbox.ReasonID {
	o.t.Helper()
	saved, err := o.system().SaveReason(o.ctx(), inbox.Reason{Name: name})
	o.works(err)
	return saved.ID
}

// agent makes an agent known.
func (o *office) agent(name string) queue.AgentID {
	o.t.Helper()
	saved, err := o.system().SaveAgent(o.ctx(), inbox.Agent{Agent: queue.Agent{ID: queue.AgentNamed(name), Name: name}})
	o.works(err)
	return saved.ID
}

func (o *office) team(name string) queue.TeamID {
	o.t.Helper()
	saved, err := o.system().SaveTeam(o.ctx(), inbox.Team{Team: queue.Team{ID: queue.TeamNamed(name), Name: name}})
	o.works(err)
	return saved.ID
}

// change changes the account that contacts write to.
func (o *office) change(how func(*inbox.Account)) {
	o.t.Helper()
	o.Account.Version = 0
	how(&o.Account)
	o.Account = o.SaveAccount(o.Account)
}

// entries returns the log after a position.
func (o *office) entries(after int64) []audit.Entry {
	o.t.Helper()
	var all []audit.Entry
	for e, err := range o.Box.Feed(o.ctx(), after) {
		o.works(err)
		all = append(all, e)
	}
	return all
}

func (o *office) position() int64 {
	o.t.Helper()
	head, err := o.Box.Checkpoint(o.ctx())
	o.works(err)
	return head.Position
}

// logged does something and returns the actions that it left in the log. They must have one cause and time, and their proper
// class.
func (o *office) logged(do func()) string {
	o.t.Helper()
	from := o.position()
	do()
	var actions []string
	entries := o.entries(from)
	for _, e := range entries {
		actions = append(actions, string(e.Action))
		if e.Cause != entries[0].Cause || e.Cause == uuid.Nil || !e.Time.Equal(o.Clock.Now()) {
			o.t.Errorf("%s has cause %s and time %s, want cause %s and time %s", e.Action, e.Cause, e.Time, entries[0].Cause, o.Clock.Now())
		}
		if want := classOf(e); e.Class != want {
			o.t.Errorf("%s is %s, want %s", e.Action, e.Class, want)
		}
	}
	return strings.Join(actions, " ")
}

// classOf is the class that entries of an action have: people see everything but bookkeeping.
func classOf(e audit.Entry) audit.Class {
	switch e.Action {
	case inbox.ReadMarked, inbox.DeliveryChanged, inbox.MessageReaction, inbox.MessageConflict, inbox.ContactCreated, inbox.ContactNamed,
		inbox.IdentityAdded, inbox.AttributeSet:
		return audit.ClassDetail
	}
	return audit.ClassTrail
}

// untouched does something that must leave no trace.
func (o *office) untouched(what string, do func()) {
	o.t.Helper()
	before, err := o.store.Next(o.ctx())
	o.works(err)
	o.leavesNoTrace(what, do)
	after, err := o.store.Next(o.ctx())
	o.works(err)
	want(o.t, what+": what waits", after, before)
}

// refused does something that must end in an error of a type, and leave no trace; it returns the error.
func refused[E error](o *office, what string, do func() error) (err E) {
	o.t.Helper()
	o.untouched(what, func() {
		o.t.Helper()
		got := do()
		found, ok := errors.AsType[E](got)
		if !ok {
			o.t.Errorf("%s: got error %v, want a %T", what, got, err)
		}
		err = found
	})
	return err
}

// wants is refused for an error whose content matters.
func wants[E error](o *office, what string, want E, do func() error) {
	o.t.Helper()
	if got := refused[E](o, what, do); cmp.Diff(got, want) != "" {
		o.t.Errorf("%s: the error is %#v, want %#v", what, got, want)
	}
}

var everyState = []inbox.State{inbox.StateNew, inbox.StatePending, inbox.StateResolved}

// workers are one of each kind that may work at a desk.
var workers = []inbox.Actor{
	inbox.Person(queue.AgentNamed("Ann"), "Ann"),
	inbox.Bot(queue.AgentNamed("Robo"), "Robo"),
	inbox.Automation("Rule"),
	inbox.System,
}

func TestEveryCommandByEveryKindOfActorInEveryStateLogsWhatItDoes(t *testing.T) {
	o := newOffice(t)
	o.Desk("Bob")
	topic, absent := o.topic("Parcels"), o.topic("Bills")
	ctx := o.ctx()
	type desk = *inbox.Desk
	type conversation = inbox.ConversationID

	// What is logged on a New, a Pending and a Resolved conversation; "!" is a refusal. Programs do as people do, unless said.
	for _, c := range []struct {
		command          string
		do               func(desk, conversation) (inbox.Result, error)
		people, programs [3]string
	}{
		{"set pending", func(d desk, c conversation) (inbox.Result, error) { return d.SetPending(ctx, c) },
			[3]string{"state.changed", "", "!transition"}, [3]string{}},
		{"set new", func(d desk, c conversation) (inbox.Result, error) { return d.SetNew(ctx, c) },
			[3]string{"", "state.changed", "state.changed"}, [3]string{}},
		{"resolve", func(d desk, c conversation) (inbox.Result, error) { return d.Resolve(ctx, c, inbox.Resolve{}) },
			[3]string{"state.changed", "state.changed", ""}, [3]string{}},
		{"assign", func(d desk, c conversation) (inbox.Result, error) {
			return d.Assign(ctx, c, inbox.Assignee{Agent: queue.AgentNamed("Bob")})
		}, [3]string{"assignee.changed", "assignee.changed", "!transition"}, [3]string{}},
		{"unassign", func(d desk, c conversation) (inbox.Result, error) { return d.Unassign(ctx, c) },
			[3]string{"", "", "!transition"}, [3]string{}},
		{"add topic", func(d desk, c conversation) (inbox.Result, error) { return d.AddTopic(ctx, c, topic) },
			[3]string{"topic.added", "topic.added", "topic.added"}, [3]string{}},
		{"remove topic", func(d desk, c conversation) (inbox.Result, error) { return d.RemoveTopic(ctx, c, absent) },
			[3]string{"", "", ""}, [3]string{}},
		{"mark read", func(d desk, c conversation) (inbox.Result, error) { return d.MarkRead(ctx, c) },
			[3]string{"read.marked", "read.marked", "read.marked"}, [3]string{}},
		{"add note", func(d desk, c conversation) (inbox.Result, error) {
			return d.AddNote(ctx, c, inbox.MessageID{}, "Careful.")
		},
			[3]string{"note.added", "note.added", "note.added"}, [3]string{}},
		{"reply", func(d desk, c conversation) (inbox.Result, error) {
			return d.Reply(ctx, c, inbox.Reply{Text: "On its way."})
		},
			[3]string{"message.written assignee.changed state.changed", "message.written assignee.changed", "message.written"},
			[3]string{"message.written", "message.written", "message.written"}},
		{"hold", func(d desk, c conversation) (inbox.Result, error) { return d.Hold(ctx, c, time.Hour) },
			[3]string{"!input", "!input", "!input"}, [3]string{"bot.held", "bot.held", "!input"}},
		{"release", func(d desk, c conversation) (inbox.Result, error) { return d.Release(ctx, c) },
			[3]string{"", "", ""}, [3]string{}},
	} {
		if c.programs == ([3]string{}) {
			c.programs = c.people
		}
		for _, actor := range workers {
			want := c.programs
			if actor.Kind == audit.ActorPerson {
				want = c.people
			}
			for i, s := range everyState {
				t.Run(fmt.Sprintf("%s by %s on %s", c.command, actor.Kind, s), func(t *testing.T) {
					o.t = t
					id := o.in(s)
					o.triedOn(id, actor, want[i], func() (inbox.Result, error) { return c.do(o.Box.As(actor), id) })
				})
			}
		}
	}
	o.WantLogHolds()
}

// triedOn tries one command of the table above.
func (o *office) triedOn(id inbox.ConversationID, actor inbox.Actor, want string, do func() (inbox.Result, error)) {
	o.t.Helper()
	before, from := o.Header(id), o.position()
	o.Clock.Add(time.Minute)
	switch want {
	case "!transition":
		got := refused[*inbox.TransitionError](o, "it", func() error { _, err := do(); return err })
		if got.From != before.State {
			o.t.Errorf("the error says that the conversation is %s", got.From)
		}
		return
	case "!input":
		refused[*inbox.InputError](o, "it", func() error { _, err := do(); return err })
		return
	}
	var r inbox.Result
	if got := o.logged(func() { r = o.did(do()) }); got != want {
		o.t.Errorf("logged %q, want %q", got, want)
	}
	for _, e := range o.entries(from) {
		if e.Actor.Kind != actor.Kind || e.Actor.Name != actor.Name || e.Subject.ID != id.UUID {
			o.t.Errorf("%s is logged as of %v on %s", e.Action, e.Actor, e.Subject)
		}
	}
	after := o.Header(id)
	wanted := inbox.Result{Conversation: id, Revision: after.Revision, State: after.State, Assignee: after.Assignee, Message: r.Message,
		Note: r.Note, Changed: want != ""}
	if r != wanted {
		o.t.Errorf("the result is %+v, want %+v", r, wanted)
	}
	trail := slices.ContainsFunc(o.entries(from), func(e audit.Entry) bool { return e.Class == audit.ClassTrail })
	if grown := after.Revision - before.Revision; grown != map[bool]int64{true: 1}[trail] {
		o.t.Errorf("the revision grew by %d", grown)
	}
	if want == "" && cmp.Diff(before, after) != "" {
		o.t.Errorf("something changed: %s", cmp.Diff(before, after))
	}
}

func TestACommandThatFindsEverythingAsItShouldBeWritesNothing(t *testing.T) {
	o := newOffice(t)
	ctx, ann, robo := o.ctx(), o.Desk("Ann"), o.Box.As(workers[1])
	topic, team := o.topic("Parcels"), o.team("Night")
	id := o.in(inbox.StateNew)
	note := o.did(ann.AddNote(ctx, id, inbox.MessageID{}, "Careful.")).Note
	to := inbox.Assignee{Agent: ann.Actor().Agent, Team: team}
	for _, c := range []struct {
		what string
		do   func() (inbox.Result, error)
	}{
		{"assigning to whom it is assigned", func() (inbox.Result, error) { return ann.Assign(ctx, id, to) }},
		{"assigning to the agent whose it is", func() (inbox.Result, error) { return ann.Assign(ctx, id, inbox.Assignee{Agent: to.Agent}) }},
		{"assigning to the team whose it is", func() (inbox.Result, error) { return ann.Assign(ctx, id, inbox.Assignee{Team: team}) }},
		{"adding a topic that it has", func() (inbox.Result, error) { return ann.AddTopic(ctx, id, topic) }},
		{"marking read what is read", func() (inbox.Result, error) { return ann.MarkRead(ctx, id) }},
		{"holding until then", func() (inbox.Result, error) { return robo.Hold(ctx, id, time.Hour) }},
		{"the same text in a note", func() (inbox.Result, error) { return ann.EditNote(ctx, id, note, "Careful!") }},
		{"setting Pending what is", func() (inbox.Result, error) { return ann.SetPending(ctx, id) }},
		{"removing a topic that it has not", func() (inbox.Result, error) { return ann.RemoveTopic(ctx, id, topic) }},
		{"releasing what is not held", func() (inbox.Result, error) { return robo.Release(ctx, id) }},
		{"unassigning what is nobody's", func() (inbox.Result, error) { return ann.Unassign(ctx, id) }},
		{"setting New what is", func() (inbox.Result, error) { return ann.SetNew(ctx, id) }},
		{"resolving what is", func() (inbox.Result, error) { return ann.Resolve(ctx, id, inbox.Resolve{Comment: "again"}) }},
	} {
		if _, err := c.do(); err != nil {
			t.Fatalf("%s, for the first time: %v", c.what, err)
		}
		o.untouched(c.what, func() {
			revision := o.Header(id).Revision
			if r := o.did(c.do()); r.Changed || r.Revision != revision || r.Conversation != id {
				t.Errorf("%s: the result is %+v, the revision %d", c.what, r, revision)
			}
		})
	}
}

func TestSetPendingAndSetNewMoveTheConversationAndChangeNothingElse(t *testing.T) {
	o := newOffice(t)
	ann, id := o.Desk("Ann"), o.in(inbox.StateNew)
	o.did(ann.Assign(o.ctx(), id, inbox.Assignee{Agent: ann.Actor().Agent}))
	for _, c := range []struct {
		to inbox.State
		do func(context.Context, inbox.ConversationID, ...inbox.CommandOption) (inbox.Result, error)
	}{{inbox.StatePending, ann.SetPending}, {inbox.StateNew, ann.SetNew}} {
		o.Clock.Add(time.Minute)
		want := o.Header(id)
		o.did(c.do(o.ctx(), id))
		want.State, want.Since, want.Changed = c.to, o.Clock.Now(), o.Clock.Now()
		want.Version++
		want.Revision++
		want.Chain = o.Header(id).Chain
		if diff := cmp.Diff(want, o.Header(id)); diff != "" {
			t.Errorf("%s (- want, + got):\n%s", c.to, diff)
		}
	}
	o.WantTimeline(id, "started as new by contact", "Kim 1: Where is my parcel?", "assigned to Ann by Ann", "set to pending by Ann", "set to new by Ann")
}

func TestSetNewFromResolvedComesBackUnassigned(t *testing.T) {
	o := newOffice(t)
	ann, id := o.Desk("Ann"), o.in(inbox.StateNew)
	o.did(ann.Assign(o.ctx(), id, inbox.Assignee{Agent: ann.Actor().Agent, Team: o.team("Night")}))
	o.Resolves("Ann", id)
	o.Clock.Add(time.Hour)
	r := o.did(ann.SetNew(o.ctx(), id))
	if r.State != inbox.StateNew || r.Assignee != (inbox.Assignee{}) || !r.Changed {
		t.Errorf("the result is %+v", r)
	}
	h := o.Header(id)
	if !h.WaitingSince.IsZero() || !h.Due.Equal(o.Clock.Now().Add(5*24*time.Hour)) {
		t.Errorf("waiting since %s, due %s: nobody waits, so it is due five days from now", h.WaitingSince, h.Due)
	}
}

func TestMarkingReadLeavesNothingUnreadAndIsNotShown(t *testing.T) {
	o := newOffice(t)
	ann, id := o.Desk("Ann"), o.in(inbox.StateNew)
	o.ContactWrites("Kim 1", "Hello?")
	before, lines := o.Header(id), o.Timeline(id)
	o.did(ann.MarkRead(o.ctx(), id))
	after := o.Header(id)
	if before.Count.Unread != 2 || after.Count.Unread != 0 || after.Count.Messages != 2 || after.Changed != before.Changed ||
		after.AnsweredBy != before.AnsweredBy || after.Due != before.Due {
		t.Errorf("before %+v, after %+v", before.Conversation, after.Conversation)
	}
	o.WantTimeline(id, lines...)
	o.ContactWrites("Kim 1", "Anybody?")
	if n := o.Header(id).Count.Unread; n != 1 {
		t.Errorf("%d unread, want the one that came since", n)
	}
}

// apart has a thread with a resolved conversation and an open one that follows it.
func (o *office) apart() (resolved, open inbox.ConversationID) {
	o.t.Helper()
	o.change(func(a *inbox.Account) { a.ReopenWithin = time.Hour })
	resolved = o.in(inbox.StateResolved)
	o.Clock.Add(2 * time.Hour)
	r := o.ContactWrites(fmt.Sprintf("Kim %d", o.wrote), "And now?")
	if r.Outcome != inbox.OutcomeLinked {
		o.t.Fatalf("the contact's message was %s", r.Outcome)
	}
	return resolved, r.Conversation
}

func TestAResolvedConversationStaysResolvedWhileItsThreadHasAnotherOpenOne(t *testing.T) {
	o := newOffice(t)
	resolved, open := o.apart()
	ann, robo := o.Desk("Ann"), o.Box.As(workers[1])
	for what, do := range map[string]func() (inbox.Result, error){
		"set new": func() (inbox.Result, error) { return ann.SetNew(o.ctx(), resolved) },
		"a reply that leads to Pending": func() (inbox.Result, error) {
			return ann.Reply(o.ctx(), resolved, inbox.Reply{Text: "Hello?", Then: inbox.StatePending})
		},
		"a bot's reply that leads to New": func() (inbox.Result, error) {
			return robo.Reply(o.ctx(), resolved, inbox.Reply{Text: "Hello?", Then: inbox.StateNew})
		},
	} {
		wants(o, what, &inbox.OpenError{Conversation: open}, func() error { _, err := do(); return err })
	}
	o.did(ann.Reply(o.ctx(), resolved, inbox.Reply{Text: "Good bye."}))
	o.WantState(resolved, inbox.StateResolved)

	o.Resolves("Ann", open)
	o.did(ann.SetNew(o.ctx(), resolved))
	wants(o, "set new the other", &inbox.OpenError{Conversation: resolved}, func() error { _, err := ann.SetNew(o.ctx(), open); return err })
}

func TestADeskKnowsItsActor(t *testing.T) {
	o := newOffice(t)
	for _, a := range workers {
		if got := o.Box.As(a).Actor(); got != a {
			t.Errorf("the desk of %v is of %v", a, got)
		}
	}
	if got := o.Box.As(workers[0].As(inbox.RoleSupervisor)).Actor(); got.Role != inbox.RoleSupervisor || got.Name != "Ann" {
		t.Errorf("with another role it is of %v", got)
	}
}

func TestOneDeskMayBeUsedFromManyGoroutines(t *testing.T) {
	o := newOffice(t)
	ann, id := o.Desk("Ann"), o.in(inbox.StateNew)
	const many = 16
	from := o.Header(id).Revision
	inParallel(many, func(i int) {
		if _, err := ann.AddNote(o.ctx(), id, inbox.MessageID{}, fmt.Sprint("Note ", i)); err != nil {
			t.Error(err)
		}
	})
	if got := o.Header(id).Revision - from; got != many {
		t.Errorf("%d of %d notes were added", got, many)
	}
	o.WantLogHolds()
}

// inParallel does something n times at once.
func inParallel(n int, do func(i int)) {
	begin, done := make(chan struct{}), make(chan struct{})
	for i := range n {
		go func() {
			<-begin
			do(i)
			done <- struct{}{}
		}()
	}
	close(begin)
	for range n {
		<-done
	}
}

// random returns an id that nothing has.
func random() uuid.UUID { return uuid.New() }

// missing reports whether an error says that there is no such thing.
func missing(err error, what string) bool {
	m, ok := errors.AsType[*inbox.MissingError](err)
	return ok && m.What == what && errors.Is(err, storage.ErrNotFound)
}
