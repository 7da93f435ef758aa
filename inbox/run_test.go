package inbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/channel/channeltest"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/deskwright/deskwright/storage"
	"github.com/deskwright/deskwright/storage/memory"
)

// network is an office whose channel answers as told, and the answer.
func network(t *testing.T, answer func(*office, channel.Sending) (channel.Sent, error)) *office {
	t.Helper()
	o := &office{}
	o.stage = newStageWith(t, &channeltest.Recorder{Answer: func(s channel.Sending) (channel.Sent, error) { return answer(o, s) }})
	return o
}

// refuses is a network that refuses everything.
func refuses(*office, channel.Sending) (channel.Sent, error) {
	return channel.Sent{}, &channel.RefusedError{Code: "131", Reason: "blocked by the contact"}
}

// writes lets Ann reply and returns the message.
func (o *office) writes(id inbox.ConversationID, text string) inbox.MessageID {
	o.t.Helper()
	return o.did(o.Desk("Ann").Reply(o.ctx(), id, inbox.Reply{Text: text})).Message
}

// delivery is how far a message has come.
func (o *office) delivery(id inbox.MessageID) inbox.DeliveryState {
	o.t.Helper()
	return o.message(id).Delivery.State
}

// stopped is a store whose process is stopped as soon as it has claimed something, and goes on after something else has happened.
type stopped struct {
	inbox.Store
	meanwhile func()
}

func (s *stopped) Claim(ctx context.Context, now, until time.Time, limit int) ([]inbox.Due, error) {
	rows, err := s.Store.Claim(ctx, now, until, limit)
	if s.meanwhile != nil {
		s.meanwhile()
	}
	return rows, err
}

func TestAProcessThatWasStoppedPastItsLeaseSendsNothing(t *testing.T) {
	sent := 0
	o := network(t, func(*office, channel.Sending) (channel.Sent, error) {
		sent++
		return channel.Sent{}, errors.New("no answer")
	})
	message := o.writes(o.in(inbox.StateNew), "On its way.")
	slow := &stopped{Store: o.store}
	box, err := inbox.New(slow, inbox.WithClock(o.mock), inbox.WithAdapter(channel.WebChat, channel.AdapterFunc(
		func(context.Context, channel.Sending) (channel.Sent, error) {
			t.Error("it was sent by the process that was stopped")
			return channel.Sent{}, nil
		})))
	o.works(err)
	from := o.position()
	slow.meanwhile = func() {
		o.mock.Set(o.mock.Now().Add(6 * time.Minute))
		rows, err := o.store.Claim(o.ctx(), o.mock.Now(), o.mock.Now().Add(time.Minute), 1)
		if err != nil || len(rows) != 1 {
			t.Fatalf("another process claims %v, error %v", rows, err)
		}
	}
	if _, err := box.Tick(o.ctx()); err != nil {
		t.Error(err)
	}
	if got := o.delivery(message); got != inbox.Queued || sent != 0 || len(o.entries(from)) != 0 {
		t.Errorf("it is %s, was sent %d times and left %d entries", got, sent, len(o.entries(from)))
	}
	o.mock.Set(o.mock.Now().Add(2 * time.Minute))
	if _, err := o.Box.Tick(o.ctx()); err != nil || sent != 1 {
		t.Errorf("after the other process has died too it was sent %d times, error %v", sent, err)
	}
}

func TestAMessageIsQueuedThenBeingSentThenSentOnce(t *testing.T) {
	var message inbox.MessageID
	var during inbox.DeliveryState
	o := network(t, func(o *office, s channel.Sending) (channel.Sent, error) {
		during = o.delivery(message)
		return channel.Sent{ExternalID: "their-1"}, nil
	})
	id := o.in(inbox.StateNew)
	message = o.writes(id, "On its way.")
	if got := o.delivery(message); got != inbox.Queued {
		t.Errorf("at first it is %s", got)
	}
	before, from := o.Header(id), o.position()
	o.Advance(time.Second)
	want(t, "what became of it", o.message(message).Delivery, inbox.Delivery{State: inbox.Sent, Changed: o.Clock.Now().UTC()})
	if got := o.message(message).ExternalID; got != "their-1" || during != inbox.Sending {
		t.Errorf("while it was sent it was %s; the network calls it %q", during, got)
	}
	for _, e := range o.entries(from) {
		if e.Action != inbox.DeliveryChanged || e.Class != audit.ClassDetail || e.Actor.Kind != audit.ActorSystem || e.Subject.ID != id.UUID {
			t.Errorf("logged %+v", e)
		}
	}
	if n := len(o.entries(from)); n != 2 {
		t.Errorf("%d entries, want 2", n)
	}
	if after := o.Header(id); after.Revision != before.Revision || after.State != before.State || after.AnsweredBy != message {
		t.Errorf("sending changed the conversation: %+v", after.Conversation)
	}
	want(t, "what was sent", o.Channel.Sendings(), []channel.Sending{{Account: o.Account.Account, Key: message.String(),
		To: []channel.Address{{Network: channel.WebChat, ID: "Kim 1"}}, Kind: channel.ChatMessage, Text: "On its way."}})
	for range 3 {
		o.Advance(time.Hour)
	}
	o.WantSent("On its way.")
	if next, err := o.Box.Tick(o.ctx()); err != nil || !next.IsZero() {
		t.Errorf("something waits for %s, %v", next, err)
	}
	if r := o.Receive(channel.Inbound{Event: channel.EchoEvent, ExternalID: "their-1", From: o.Person("Kim 1"), Kind: channel.ChatMessage}); r.Outcome != inbox.OutcomeDuplicate {
		t.Errorf("its echo was %s", r.Outcome)
	}
	o.WantLogHolds()
}

func TestARefusedMessageHasFailedAndReturnsItsConversationToNew(t *testing.T) {
	o := network(t, refuses)
	for _, c := range []struct {
		from, then inbox.State
		by         inbox.Actor
		assignee   inbox.Assignee
	}{
		{inbox.StateNew, inbox.StateNone, workers[0], inbox.Assignee{Agent: workers[0].Agent}},
		{inbox.StateNew, inbox.StateNew, workers[0], inbox.Assignee{Agent: workers[0].Agent}},
		{inbox.StateNew, inbox.StateResolved, workers[0], inbox.Assignee{}},
		{inbox.StatePending, inbox.StateNone, workers[1], inbox.Assignee{}},
		{inbox.StateResolved, inbox.StateNone, workers[0], inbox.Assignee{}},
	} {
		id := o.in(c.from)
		waiting := o.Header(id).WaitingSince
		r := o.did(o.Box.As(c.by).Reply(o.ctx(), id, inbox.Reply{Text: "On its way.", Then: c.then}))
		from := o.position()
		o.Advance(time.Minute)
		h := o.Header(id)
		if h.State != inbox.StateNew || h.Assignee != c.assignee || h.AnsweredBy != (inbox.MessageID{}) {
			t.Errorf("%+v: it is %s, of %v, answered by %s", c, h.State, h.Assignee, h.AnsweredBy)
		}
		if c.then != inbox.StateResolved && h.WaitingSince != waiting {
			t.Errorf("%+v: the contact waits since %s, want %s", c, h.WaitingSince, waiting)
		}
		m := o.message(r.Message)
		if m.Delivery.State != inbox.Failed || !strings.Contains(m.Delivery.Problem, "blocked by the contact (code 131)") {
			t.Errorf("%+v: %+v", c, m.Delivery)
		}
		wanted := []audit.Action{inbox.DeliveryChanged, inbox.DeliveryFailed}
		if r.State != inbox.StateNew {
			wanted = append(wanted, inbox.StateChanged)
		}
		want(t, "the log", o.actionsAfter(from), wanted)
		o.Advance(time.Hour)
		if o.delivery(r.Message) != inbox.Failed {
			t.Error("it was tried again")
		}
	}
	o.WantLogHolds()
}

func TestAFailedMessageOfAResolvedConversationLeavesItWhereItsThreadHasAnotherOpenOne(t *testing.T) {
	o := network(t, refuses)
	resolved, open := o.apart()
	m := o.did(o.Desk("Ann").Reply(o.ctx(), resolved, inbox.Reply{Text: "Good bye."})).Message
	o.Advance(time.Minute)
	if o.delivery(m) != inbox.Failed {
		t.Errorf("the message is %s", o.delivery(m))
	}
	o.WantState(resolved, inbox.StateResolved)
	o.WantState(open, inbox.StateNew)
}

func TestAMessageWithoutAnAnswerIsUnknownAndNotSentAgain(t *testing.T) {
	var log bytes.Buffer
	o := &office{}
	o.stage = newStageWith(t, &channeltest.Recorder{Answer: func(channel.Sending) (channel.Sent, error) {
		return channel.Sent{}, errors.New("token s3cret: connection reset")
	}}, inbox.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	id := o.in(inbox.StateNew)
	m := o.writes(id, "On its way.")
	before := o.Header(id)
	o.Advance(time.Minute)
	d := o.message(m).Delivery
	if d.State != inbox.Unknown || d.Problem == "" || strings.Contains(d.Problem, "s3cret") {
		t.Errorf("it is %+v", d)
	}
	if after := o.Header(id); after.State != before.State || after.Revision != before.Revision || after.AnsweredBy != m {
		t.Errorf("it changed the conversation: %+v", after.Conversation)
	}
	o.Advance(24 * time.Hour)
	o.WantSent("On its way.")
	if log.Len() == 0 || strings.Contains(log.String(), "s3cret") || strings.Contains(log.String(), "On its way") {
		t.Errorf("the logger was told %q", log.String())
	}
	o.Receive(channel.Inbound{Event: channel.ReceiptEvent, About: "their-1", Receipt: channel.Delivered}) // cannot be matched
	if o.delivery(m) != inbox.Unknown {
		t.Errorf("it is %s", o.delivery(m))
	}
}

func TestAMessageThatCannotGoOutYetStaysQueuedAndGoesOutLater(t *testing.T) {
	o := newOffice(t)
	pigeon := o.Connect("pigeon", "7")
	paused, err := o.boss().PauseAccount(o.ctx(), o.Connect(channel.SMS, "8").ID)
	o.works(err)
	for what, c := range map[string]struct {
		account inbox.Account
		go_     func() *inbox.Inbox
	}{
		"a network without an adapter": {pigeon, func() *inbox.Inbox {
			box, err := inbox.New(o.store, inbox.WithClock(o.mock), inbox.WithAdapter("pigeon", o.Channel))
			o.works(err)
			return box
		}},
		"a paused account": {paused, func() *inbox.Inbox {
			_, err := o.boss().ResumeAccount(o.ctx(), paused.ID)
			o.works(err)
			return o.Box
		}},
	} {
		o.Account = c.account
		m := o.writes(o.in(inbox.StateNew), what)
		for range 3 {
			next, err := o.Box.Tick(o.ctx())
			if err != nil || !next.Equal(o.Clock.Now().Add(time.Minute)) || o.delivery(m) != inbox.Queued {
				t.Errorf("%s: it is %s and looked at again at %s, %v", what, o.delivery(m), next, err)
			}
			o.Clock.Add(time.Minute)
		}
		if _, err := c.go_().Tick(o.ctx()); err != nil || o.delivery(m) != inbox.Sent {
			t.Errorf("%s: once it can, it is %s, %v", what, o.delivery(m), err)
		}
	}
}

func TestAMessageThatCanNoLongerGoOutHasFailed(t *testing.T) {
	for what, spoil := range map[string]func(*office, inbox.Message){
		"the account was removed": func(o *office, _ inbox.Message) {
			o.works(o.boss().RemoveAccount(o.ctx(), o.Account.ID, inbox.KeepOpen, inbox.Resolve{}))
		},
		"window of whatsapp ended at 2026-03-03T12:00:00Z": func(o *office, _ inbox.Message) { o.mock.Set(curtain.Add(24 * time.Hour)) },
		"the message was taken back": func(o *office, m inbox.Message) {
			m.Deleted, m.Text = o.Clock.Now(), ""
			o.put(m)
		},
	} {
		o := newOffice(t)
		o.Account = o.Connect(channel.WhatsApp, "7")
		id := o.in(inbox.StateNew)
		o.mock.Set(curtain.Add(24*time.Hour - time.Microsecond))
		m := o.writes(id, "On its way.")
		spoil(o, o.message(m))
		o.Tick()
		if d := o.message(m).Delivery; d.State != inbox.Failed || !strings.Contains(d.Problem, what) {
			t.Errorf("%s: it is %+v", what, d)
		}
		o.WantSent()
		o.WantState(id, inbox.StateNew)
		if next, err := o.store.Next(o.ctx()); err != nil || !next.IsZero() {
			t.Errorf("%s: it still waits for %s, %v", what, next, err)
		}
	}
}

func TestTheMessagesOfOneConversationAreSentInTheirOrder(t *testing.T) {
	o := newOffice(t)
	var wanted [3][]string
	ids := make([]inbox.ConversationID, len(wanted))
	for c := range ids {
		ids[c] = o.in(inbox.StateNew)
	}
	for i := range 20 {
		for c, id := range ids {
			text := fmt.Sprintf("%d of %d", i, c)
			o.writes(id, text)
			wanted[c] = append(wanted[c], text)
		}
		switch {
		case i == 10:
			o.mock.Set(curtain.Add(-time.Hour)) // somebody sets the clock back
		case i > 15:
			o.Clock.Add(time.Second)
		}
	}
	o.mock.Set(curtain)
	o.Tick()
	var got [3][]string
	for _, s := range o.Channel.Sendings() {
		c := slices.IndexFunc(ids, func(id inbox.ConversationID) bool { return o.Header(id).Contact.Name == s.To[0].ID })
		got[c] = append(got[c], s.Text)
	}
	want(t, "what was sent", got, wanted)
}

func TestAMessageWaitsForTheOneBeforeItWhenTheStoreFails(t *testing.T) {
	o := newOffice(t)
	id, other := o.in(inbox.StateNew), o.in(inbox.StateNew)
	for _, text := range []string{"One.", "Two.", "Three."} {
		o.writes(id, text)
	}
	o.writes(other, "Elsewhere.")
	var failed atomic.Bool
	o.store.commit = func(ctx context.Context, changes []inbox.Change) []error {
		if changes[0].Conversation != nil && changes[0].Conversation.ID == id && !failed.Swap(true) {
			return []error{storage.ErrBusy}
		}
		return o.store.Store.Commit(ctx, changes...)
	}
	if next, err := o.Box.Tick(o.ctx()); !errors.Is(err, storage.ErrBusy) || !next.IsZero() {
		t.Errorf("the round says %s, %v", next, err)
	}
	o.WantSent("Elsewhere.")
	o.Advance(5 * time.Minute)
	o.WantSent("Elsewhere.", "One.", "Two.", "Three.")
}

func TestAMessageWhoseSenderDidNotComeBackIsUnknownAfterTheLeaseAndNotSentAgain(t *testing.T) {
	for what, c := range map[string]struct {
		fail func(o *office, commits int) (written bool, err error) // of the two commits of a delivery
		sent []string
	}{
		"before it was sent": {func(o *office, n int) (bool, error) {
			if n == 1 {
				o.store.Store = &broken{Store: o.store.Store, method: "Load", err: storage.ErrBusy} // and it cannot ask what became of it
				return true, storage.ErrUnknown
			}
			return true, nil
		}, nil},
		"after it was sent": {func(_ *office, n int) (bool, error) {
			if n == 2 {
				return false, storage.ErrBusy
			}
			return true, nil
		}, []string{"On its way."}},
	} {
		o := newOffice(t)
		id := o.in(inbox.StateNew)
		m := o.writes(id, "On its way.")
		n, store := 0, o.store.Store
		o.store.commit = func(ctx context.Context, changes []inbox.Change) (errs []error) {
			n++
			written, err := c.fail(o, n)
			if written {
				errs = store.Commit(ctx, changes...)
			}
			if err != nil {
				errs = []error{err}
			}
			return errs
		}
		if _, err := o.Box.Tick(o.ctx()); err == nil {
			t.Errorf("%s: the round says nothing", what)
		}
		o.store.commit, o.store.Store = nil, store
		o.WantSent(c.sent...)
		for range 5 {
			if o.delivery(m) != inbox.Sending {
				t.Errorf("%s: while the lease lasts it is %s", what, o.delivery(m))
			}
			o.Advance(time.Minute)
		}
		if d := o.message(m).Delivery; d.State != inbox.Unknown || d.Problem == "" {
			t.Errorf("%s: after the lease it is %+v", what, d)
		}
		o.Advance(24 * time.Hour)
		o.WantSent(c.sent...)
		o.WantState(id, inbox.StatePending)
	}
}

func TestWhatWasSentIsKnownEvenWhenTheRoundIsToldToEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := network(t, func(*office, channel.Sending) (channel.Sent, error) {
		cancel()
		return channel.Sent{ExternalID: "their-1"}, nil
	})
	id := o.in(inbox.StateNew)
	first := o.writes(id, "One.")
	second := o.writes(id, "Two.")
	if _, err := o.Box.Tick(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("the round says %v", err)
	}
	if o.delivery(first) != inbox.Sent || o.delivery(second) != inbox.Queued {
		t.Errorf("the first is %s, the second %s", o.delivery(first), o.delivery(second))
	}
	o.WantSent("One.")
}

func TestAnAdapterHasALimitedTime(t *testing.T) {
	o := newOffice(t)
	limited := false
	box, err := inbox.New(o.store, inbox.WithClock(o.mock), inbox.WithAdapter(channel.WebChat,
		channel.AdapterFunc(func(ctx context.Context, _ channel.Sending) (channel.Sent, error) {
			_, limited = ctx.Deadline()
			return channel.Sent{}, nil
		})))
	o.works(err)
	o.writes(o.in(inbox.StateNew), "On its way.")
	if _, err := box.Tick(o.ctx()); err != nil || !limited {
		t.Errorf("limited: %t, %v", limited, err)
	}
}

func TestALostAnswerInADeliveryDoesNotSendTwice(t *testing.T) {
	for how, after := range losses {
		for which := range 2 {
			o := newOffice(t)
			m := o.writes(o.in(inbox.StateNew), "On its way.")
			if which == 0 {
				o.store.loses(after)
			} else {
				o.Channel.Answer = func(channel.Sending) (channel.Sent, error) {
					o.store.loses(after)
					return channel.Sent{ExternalID: "their-1"}, nil
				}
			}
			o.Tick()
			o.WantSent("On its way.")
			if o.delivery(m) != inbox.Sent {
				t.Errorf("commit %d, %s: it is %s", which+1, how, o.delivery(m))
			}
			o.Advance(time.Hour)
			o.WantSent("On its way.")
			o.WantLogHolds()
		}
	}
}

func TestManyRoundsAtOnceSendEachMessageOnce(t *testing.T) {
	o := newOffice(t)
	var wanted []string
	for i := range 40 {
		wanted = append(wanted, fmt.Sprint("Message ", i))
		o.writes(o.in(inbox.StateNew), wanted[i])
	}
	boxes := []*inbox.Inbox{o.Box}
	for range 7 {
		box, err := inbox.New(o.store, inbox.WithClock(o.mock), inbox.WithAdapter(channel.WebChat, o.Channel))
		o.works(err)
		boxes = append(boxes, box)
	}
	inParallel(len(boxes), func(i int) {
		if _, err := boxes[i].Tick(o.ctx()); err != nil {
			t.Error(err)
		}
	})
	var got []string
	for _, s := range o.Channel.Sendings() {
		got = append(got, s.Text)
	}
	slices.Sort(got)
	slices.Sort(wanted)
	want(t, "what was sent", got, wanted)
}

func TestARoundServesAllTenantsAndTakesAHundredMessages(t *testing.T) {
	s := newScene(t)
	next := s.neighbour()
	for range 75 {
		s.did(s.system().Reply(s.ctx(), s.fresh, inbox.Reply{Text: "Here."}))
		s.did(next.system().Reply(s.ctx(), next.fresh, inbox.Reply{Text: "There."}))
	}
	at, err := s.Box.Tick(s.ctx())
	if n := len(s.Channel.Sendings()); err != nil || n != 100 || at.After(s.Clock.Now()) {
		t.Errorf("%d were sent; it wants to be called at %s, %v", n, at, err)
	}
	at, err = next.Box.Tick(s.ctx())
	if n := len(s.Channel.Sendings()); err != nil || n != 150 || !at.IsZero() {
		t.Errorf("%d were sent; it wants to be called at %s, %v", n, at, err)
	}
	for _, m := range append(s.Messages(s.fresh), next.Messages(next.fresh)...) {
		if m.Delivery.Sender() && m.Delivery.State != inbox.Sent {
			t.Fatalf("one is %s", m.Delivery.State)
		}
	}
}

func TestWhatTheNetworkTellsBeforeItsAnswerIsKept(t *testing.T) {
	for _, c := range []struct {
		told  []channel.Receipt
		ends  inbox.DeliveryState
		state inbox.State
	}{
		{[]channel.Receipt{channel.Delivered}, inbox.Delivered, inbox.StatePending},
		{[]channel.Receipt{channel.Read, channel.Delivered}, inbox.Read, inbox.StatePending},
		{[]channel.Receipt{channel.Failed}, inbox.Failed, inbox.StateNew},
	} {
		o := network(t, func(o *office, _ channel.Sending) (channel.Sent, error) {
			for _, r := range c.told {
				got := o.Receive(channel.Inbound{Event: channel.ReceiptEvent, About: "their-1", Receipt: r, Problem: "131"})
				if got.Outcome != inbox.OutcomeEarly {
					t.Errorf("the receipt was %s", got.Outcome)
				}
			}
			return channel.Sent{ExternalID: "their-1"}, nil
		})
		id := o.in(inbox.StateNew)
		m := o.writes(id, "On its way.")
		o.Tick()
		if o.delivery(m) != c.ends {
			t.Errorf("%v: it is %s", c.told, o.delivery(m))
		}
		o.WantState(id, c.state)
		if got := o.Receive(channel.Inbound{Event: channel.ReceiptEvent, About: "their-1", Receipt: channel.Delivered}); got.Message != m {
			t.Errorf("%v: a later receipt is of %s", c.told, got.Message)
		}
	}
}

func TestAnEchoThatComesBeforeTheAnswerIsAMessageOfItsOwn(t *testing.T) {
	o := network(t, func(o *office, s channel.Sending) (channel.Sent, error) {
		o.Receive(channel.Inbound{Event: channel.EchoEvent, ExternalID: "their-1", From: o.Person("Kim 1"), Kind: channel.ChatMessage, Text: s.Text})
		return channel.Sent{ExternalID: "their-1"}, nil
	})
	id := o.in(inbox.StateNew)
	m := o.writes(id, "On its way.")
	o.Tick()
	if got := o.message(m); got.Delivery.State != inbox.Sent || got.ExternalID != "" {
		t.Errorf("ours is %s under %q", got.Delivery.State, got.ExternalID)
	}
	if got := o.last(id); got.ID == m || got.ExternalID != "their-1" {
		t.Errorf("the echo is %+v", got)
	}
	o.WantLogHolds()
}

func TestAMessageMayBeSentWithoutANetworksIDOrWithOneThatIsNone(t *testing.T) {
	for _, external := range []string{"", "a\x00", "\xff", strings.Repeat("x", 513)} {
		o := network(t, func(*office, channel.Sending) (channel.Sent, error) { return channel.Sent{ExternalID: external}, nil })
		m := o.writes(o.in(inbox.StateNew), "On its way.")
		o.Tick()
		if got := o.message(m); got.Delivery.State != inbox.Sent || got.ExternalID != "" {
			t.Errorf("under %.10q: it is %s under %q", external, got.Delivery.State, got.ExternalID)
		}
	}
}

func TestARoundReturnsTheErrorOfTheStore(t *testing.T) {
	o := newOffice(t)
	m := o.writes(o.in(inbox.StateNew), "On its way.")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o.untouched("a round whose context has ended", func() {
		if next, err := o.Box.Tick(ctx); !errors.Is(err, context.Canceled) || !next.IsZero() {
			t.Errorf("%s, %v", next, err)
		}
	})
	if o.Box.Run(ctx) != nil {
		t.Error("a run whose context has ended has an error")
	}
	o.Tick()
	if o.delivery(m) != inbox.Sent {
		t.Errorf("it is %s", o.delivery(m))
	}
}

// bubble is an inbox in a bubble of time, that runs: its clock is the bubble's.
func bubble(t *testing.T, store inbox.Store, options ...inbox.Option) (box *inbox.Inbox, sent *channeltest.Recorder, stop func() error) {
	t.Helper()
	sent = &channeltest.Recorder{}
	box, err := inbox.New(store, append(options, inbox.WithAdapter(channel.WebChat, sent))...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- box.Run(ctx) }()
	return box, sent, func() error {
		cancel()
		return <-done
	}
}

// bubbled connects an account in a bubble and lets Kim write to it.
func bubbled(t *testing.T, box *inbox.Inbox) inbox.ConversationID {
	t.Helper()
	shop := channel.AccountKey{Network: channel.WebChat, ExternalID: "shop"}
	if _, err := box.As(inbox.System).SaveAccount(t.Context(), inbox.Account{Account: channel.Account{AccountKey: shop}}); err != nil {
		t.Fatal(err)
	}
	r, err := box.Receive(t.Context(), channel.Inbound{Account: shop, ExternalID: "1", Kind: channel.ChatMessage, Text: "Hello?",
		From: channel.Person{Addresses: []channel.Address{{ID: "Kim"}}}})
	if err != nil {
		t.Fatal(err)
	}
	return r.Conversation
}

func TestRunSendsAtOnceWhatIsWrittenThroughItsInboxAndEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, sent, stop := bubble(t, memory.New())
		id := bubbled(t, box)
		synctest.Wait()
		for i := range 3 {
			time.Sleep(time.Second)
			written := time.Now()
			if _, err := box.As(inbox.Person(queue.AgentNamed("Ann"), "Ann")).Reply(t.Context(), id, inbox.Reply{Text: "Yes?"}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if n := len(sent.Sendings()); n != i+1 || !time.Now().Equal(written) {
				t.Errorf("%d messages are sent after %s", n, time.Since(written))
			}
		}
		if err := stop(); err != nil {
			t.Errorf("it ended with %v", err)
		}
		if _, err := box.As(inbox.System).Reply(t.Context(), id, inbox.Reply{Text: "Anybody?"}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if n := len(sent.Sendings()); n != 3 {
			t.Errorf("%d messages are sent once it has ended", n)
		}
	})
}

func TestRunFindsWithinSecondsWhatIsWrittenElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memory.New()
		_, sent, stop := bubble(t, store)
		elsewhere, err := inbox.New(store)
		if err != nil {
			t.Fatal(err)
		}
		id := bubbled(t, elsewhere)
		synctest.Wait()
		if _, err := elsewhere.As(inbox.System).Reply(t.Context(), id, inbox.Reply{Text: "Yes?"}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if n := len(sent.Sendings()); n != 0 {
			t.Errorf("%d messages are sent before it could know", n)
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if n := len(sent.Sendings()); n != 1 {
			t.Errorf("%d messages are sent after five seconds", n)
		}
		if err := stop(); err != nil {
			t.Errorf("it ended with %v", err)
		}
	})
}

func TestRunGoesOnAfterWhatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var mu sync.Mutex
		store := &backstage{Store: memory.New()}
		box, sent, stop := bubble(t, store, inbox.WithLogger(slog.New(slog.NewTextHandler(&locked{&mu, &log}, nil))))
		id := bubbled(t, box)
		synctest.Wait()
		fail := true // the first commit of the delivery
		store.commit = func(ctx context.Context, changes []inbox.Change) []error {
			if len(changes[0].Messages) > 0 && changes[0].Messages[0].Delivery.State == inbox.Sending && fail {
				fail = false
				return []error{storage.ErrBusy}
			}
			return store.Store.Commit(ctx, changes...)
		}
		if _, err := box.As(inbox.System).Reply(t.Context(), id, inbox.Reply{Text: "Yes?"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(6 * time.Minute)
		synctest.Wait()
		if n := len(sent.Sendings()); n != 1 {
			t.Errorf("%d messages are sent", n)
		}
		if err := stop(); err != nil {
			t.Errorf("it ended with %v", err)
		}
		if !strings.Contains(log.String(), "round failed") {
			t.Errorf("the logger was told %q", log.String())
		}
	})
}

// locked is a writer for many goroutines.
type locked struct {
	mu *sync.Mutex
	b  *bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func TestAReplyAnswersInThePlaceOfTheOneBeforeItThatFailed(t *testing.T) {
	fails := map[string]bool{}
	o := network(t, func(_ *office, s channel.Sending) (channel.Sent, error) {
		if fails[s.Text] {
			return refuses(nil, s)
		}
		return channel.Sent{}, nil
	})
	for what, c := range map[string]struct {
		fail   []string
		answer int // which of the replies answers in the end; -1: none
	}{
		"none":               {nil, 0},
		"the first":          {[]string{"One."}, 2},
		"the last":           {[]string{"Three."}, 0},
		"the one in between": {[]string{"Two."}, 0},
		"the first two":      {[]string{"One.", "Two."}, 2},
		"all":                {[]string{"One.", "Two.", "Three."}, -1},
	} {
		fails = map[string]bool{}
		for _, text := range c.fail {
			fails[text] = true
		}
		id := o.in(inbox.StateNew)
		since := o.Header(id).WaitingSince
		replies := []inbox.MessageID{o.writes(id, "One."), o.writes(id, "Two."), o.writes(id, "Three.")}
		o.Tick()
		answer := inbox.MessageID{}
		if c.answer >= 0 {
			answer = replies[c.answer]
		}
		if h := o.Header(id); h.AnsweredBy != answer || h.WaitingSince != since {
			t.Errorf("%s failed: it is answered by %s of %s, waiting since %s", what, h.AnsweredBy, replies, h.WaitingSince)
		}
		o.ContactWrites(o.Header(id).Contact.Name, "Thanks.")
		if h := o.Header(id); h.AnsweredBy != (inbox.MessageID{}) || h.AnsweredAgain != (inbox.MessageID{}) {
			t.Errorf("%s failed: the contact wrote again, and is answered by %s and %s", what, h.AnsweredBy, h.AnsweredAgain)
		}
	}
	o.WantLogHolds()
}

func TestAConversationThatWasResolvedWithItsAccountStaysResolvedWhenItsMessageFails(t *testing.T) {
	o := newOffice(t)
	id := o.in(inbox.StateNew)
	m := o.writes(id, "On its way.")
	o.works(o.boss().RemoveAccount(o.ctx(), o.Account.ID, inbox.ResolveOpen, inbox.Resolve{}))
	o.Tick()
	if got := o.delivery(m); got != inbox.Failed {
		t.Errorf("the message is %s", got)
	}
	o.WantState(id, inbox.StateResolved)
	want(t, "what is open", o.keeps().Totals[o.Account.ID], inbox.Totals{})
}

func TestAnAdapterThatPanicsHasGivenNoAnswer(t *testing.T) {
	o := network(t, func(_ *office, s channel.Sending) (channel.Sent, error) {
		if s.Text == "Boo." {
			panic("s3cret")
		}
		return channel.Sent{}, nil
	})
	id := o.in(inbox.StateNew)
	m, next := o.writes(id, "Boo."), o.writes(id, "On its way.")
	o.Tick()
	want(t, "what became of it", o.message(m).Delivery,
		inbox.Delivery{State: inbox.Unknown, Changed: o.Clock.Now().UTC(), Problem: "the adapter panicked"})
	if got := o.delivery(next); got != inbox.Sent {
		t.Errorf("the one behind it is %s", got)
	}
}

func TestWhyANetworkRefusedIsKeptWithinBounds(t *testing.T) {
	o := network(t, func(*office, channel.Sending) (channel.Sent, error) {
		return channel.Sent{}, &channel.RefusedError{Code: "1", Reason: strings.Repeat("日", 1<<20)}
	})
	m := o.writes(o.in(inbox.StateNew), "On its way.")
	o.Tick()
	if d := o.message(m).Delivery; d.State != inbox.Failed || len(d.Problem) > 1024 || len(d.Problem) < 1000 || !utf8.ValidString(d.Problem) {
		t.Errorf("it is %s, and its problem has %d bytes", d.State, len(d.Problem))
	}
}

func TestTheLoggerIsToldOfFailedRoundsByClassAndOnceOfANetworkWithoutAnAdapter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		store := &backstage{Store: memory.New()}
		box, err := inbox.New(store, inbox.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		if err != nil {
			t.Fatal(err)
		}
		system := box.As(inbox.System)
		saved, err := system.SaveAccount(t.Context(), inbox.Account{Account: channel.Account{AccountKey: channel.AccountKey{Network: "pigeon", ExternalID: "7"}}})
		if err != nil {
			t.Fatal(err)
		}
		to := channel.Person{Addresses: []channel.Address{{Network: "pigeon", ID: "kim"}}}
		for range 3 {
			if _, err := system.Start(t.Context(), inbox.Start{Account: saved.ID, To: to, Kind: channel.DirectMessage, Reply: inbox.Reply{Text: "Hello."}}); err != nil {
				t.Fatal(err)
			}
		}
		run := func() {
			ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
			defer stop()
			if err := box.Run(ctx); err != nil {
				t.Error(err)
			}
		}
		run()
		if got := strings.Count(log.String(), "has no adapter"); got != 1 {
			t.Errorf("it was told %d times", got)
		}
		store.Store = &broken{Store: store.Store, method: "Claim", err: fmt.Errorf("password s3cret: %w", storage.ErrBusy)}
		run()
		if text := log.String(); strings.Contains(text, "s3cret") || !strings.Contains(text, "storage: busy") {
			t.Errorf("it was told %q", text)
		}
	})
}
