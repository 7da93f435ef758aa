package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/contact"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/deskwright/deskwright/storage"
	"github.com/google/uuid"
)

// chat is a message of the web chat.
func chat(id string, from channel.Person, text string) channel.Inbound {
	return channel.Inbound{ExternalID: id, From: from, Kind: channel.ChatMessage, Text: text}
}

// known is a person by addresses of the account's network.
func known(ids ...string) channel.Person {
	var p channel.Person
	for _, id := range ids {
		p.Addresses = append(p.Addresses, channel.Address{ID: id})
	}
	return p
}

// at makes what happens next happen then.
func (s *stage) at(when time.Time) { s.mock.Set(when) }

// account changes how the account of the stage is treated.
func (s *stage) account(change func(*inbox.Account)) {
	s.t.Helper()
	change(&s.Account)
	s.Account = s.SaveAccount(s.Account)
}

// received asserts what became of an arrival and in which state its conversation is.
func (s *stage) received(what string, got inbox.Received, outcome inbox.Outcome, state inbox.State) {
	s.t.Helper()
	if got.Outcome != outcome || got.State != state {
		s.t.Errorf("%s: %s and %s, want %s and %s", what, got.Outcome, got.State, outcome, state)
	}
}

func TestAFirstMessageMakesContactThreadAndConversation(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	sent := curtain.Add(-3 * time.Second)
	from := channel.Person{Name: "Kim", Addresses: []channel.Address{{ID: "kim"}, {Network: channel.SMS, ID: "49151"}},
		Attributes: map[string]string{"city": "Ulm", "since": "2019"}}
	in := channel.Inbound{ExternalID: "m1", From: from, Kind: channel.ChatMessage, Text: "Where is my parcel?", Time: sent,
		Attach: []channel.Attached{{ID: "a", Kind: "image", Name: "box.png", Type: "image/png", URL: "https://example.com/box.png", Size: 1 << 40}}}
	var r inbox.Received
	s.leaves("first message", func() { r = s.Receive(in) }, inbox.ContactCreated, inbox.IdentityAdded, inbox.IdentityAdded, inbox.AttributeSet,
		inbox.AttributeSet, inbox.ConversationStarted, inbox.MessageReceived)
	s.received("first message", r, inbox.OutcomeNew, isNew)

	h := s.Header(r.Conversation)
	want(t, "contact", h.Contact, contact.Contact{ID: r.Contact, Name: "Kim", Attributes: map[string]contact.Attribute{
		"city":  {Value: "Ulm", Source: contact.Network, Time: curtain},
		"since": {Value: "2019", Source: contact.Network, Time: curtain},
	}})
	c := h.Conversation
	c.ID, c.Thread, c.Identity, c.Chain = inbox.ConversationID{}, inbox.ThreadID{}, contact.IdentityID{}, audit.Chain{}
	want(t, "conversation", c, inbox.Conversation{
		Version: 1, Revision: 1, Account: s.Account.ID, Network: channel.WebChat, Visibility: channel.Private,
		State: isNew, Since: curtain, Created: curtain, Changed: curtain, WaitingSince: curtain, Due: curtain.Add(5 * 24 * time.Hour),
		Asked: r.Message, Newest: curtain, Count: inbox.Count{Messages: 1, Unread: 1},
		Last: inbox.Last{Message: r.Message, Direction: channel.Incoming, Kind: channel.ChatMessage, At: curtain, Preview: "Where is my parcel?"},
	})
	want(t, "message", s.message(r.Message), inbox.Message{ID: r.Message, Conversation: r.Conversation, Seq: 2, Account: s.Account.ID, ExternalID: "m1",
		Direction: channel.Incoming, Kind: channel.ChatMessage, Visibility: channel.Private,
		Author: audit.Actor{Kind: audit.ActorContact, ID: "kim", Name: "Kim"}, Text: in.Text, Attach: in.Attach, Time: sent, Received: curtain})
	s.WantTimeline(r.Conversation, "started as new by contact", "Kim: Where is my parcel? [1 attached]")
	s.WantLogHolds()
}

func TestANextMessageIsAppended(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	first := s.ContactWrites("Kim", "Hello?")
	s.at(curtain.Add(time.Hour))
	var r inbox.Received
	s.leaves("next message", func() { r = s.ContactWrites("Kim", "Anybody there?") }, inbox.MessageReceived)
	s.received("next message", r, inbox.OutcomeAppended, isNew)
	want(t, "conversation", r.Conversation, first.Conversation)
	want(t, "contact", r.Contact, first.Contact)
	h := s.Header(r.Conversation)
	want(t, "waiting since", h.WaitingSince, curtain)
	want(t, "count", h.Count, inbox.Count{Messages: 2, Unread: 2})
	want(t, "asked", h.Asked, r.Message)
	want(t, "in the state since", h.Since, curtain)
	want(t, "newest", h.Newest, curtain.Add(time.Hour))
}

func TestAMessageToAPendingConversationReturnsItToNew(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.ContactWrites("Kim", "Hello?").Conversation
	s.AgentReplies("Ann", c, "Yes?")
	s.at(curtain.Add(time.Hour))
	var r inbox.Received
	s.leaves("answer", func() { r = s.ContactWrites("Kim", "My parcel.") }, inbox.StateChanged, inbox.MessageReceived)
	s.received("answer", r, inbox.OutcomeAppended, isNew)
	want(t, "conversation", r.Conversation, c)
	want(t, "waiting since", s.Header(c).WaitingSince, curtain.Add(time.Hour))
	s.WantAgent(c, "Ann")
}

func TestANameThatChangesIsTakenOverAndAnEmptyOneIsNot(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.Receive(chat("1", channel.Person{Name: "Kim", Addresses: known("kim").Addresses}, "a")).Conversation
	s.leaves("no name", func() { s.Receive(chat("2", known("kim"), "b")) }, inbox.MessageReceived)
	want(t, "name", s.Header(c).Contact.Name, "Kim")
	s.leaves("another name", func() {
		s.Receive(chat("3", channel.Person{Name: "Kim B.", Addresses: known("kim").Addresses}, "c"))
	}, inbox.ContactNamed, inbox.MessageReceived)
	want(t, "name", s.Header(c).Contact.Name, "Kim B.")
	s.leaves("an echo tells no names", func() {
		s.Receive(channel.Inbound{Event: channel.EchoEvent, ExternalID: "4", Kind: channel.ChatMessage, Text: "d",
			From: channel.Person{Name: "Kimberley", Addresses: known("kim").Addresses, Attributes: map[string]string{"x": "y"}}})
	}, inbox.MessageEchoed, inbox.StateChanged)
	want(t, "name", s.Header(c).Contact.Name, "Kim B.")
}

func TestAttributesOfTheNetworkAreKeptUpToDate(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	say := func(id, city string) inbox.ConversationID {
		p := known("kim")
		p.Attributes = map[string]string{"city": city}
		return s.Receive(chat(id, p, "a")).Conversation
	}
	c := say("1", "Ulm")
	s.at(curtain.Add(time.Hour))
	s.leaves("the same", func() { say("2", "Ulm") }, inbox.MessageReceived)
	s.leaves("another", func() { say("3", "Bonn") }, inbox.AttributeSet, inbox.MessageReceived)
	want(t, "city", s.Header(c).Contact.Attributes["city"], contact.Attribute{Value: "Bonn", Source: contact.Network, Time: curtain.Add(time.Hour)})
}

func TestANetworkDoesNotOverwriteWhatPeopleSaidOfAContact(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	say := func(id string) inbox.Received {
		p := known("kim")
		p.Attributes = map[string]string{"city": "Ulm", "plan": "gold"}
		return s.Receive(chat(id, p, "a"))
	}
	c := say("1").Conversation
	for source, kept := range map[contact.Source]bool{contact.Agent: true, contact.CRM: true, contact.Automation: false} {
		found := inbox.Snapshot{Ref: inbox.Ref{Tenant: s.Box.Tenant(), Conversation: c}}
		wantNo(t, s.store.Load(t.Context(), &found))
		row := found.Contact
		row.Version++
		row.Attributes["city"] = contact.Attribute{Value: "Bonn", Source: source, Time: curtain}
		wantNo(t, s.store.Store.Commit(t.Context(), inbox.Change{Tenant: s.Box.Tenant(), Contact: &row})[0])
		say("from the network, after " + string(source))
		city := s.Header(c).Contact.Attributes["city"]
		if (city.Value == "Bonn") != kept {
			t.Errorf("what came from %s is now %+v", source, city)
		}
	}
}

func TestASecondAddressFindsTheSameThreadAndIsKept(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	first := s.Receive(chat("1", known("kim"), "a"))
	var r inbox.Received
	s.leaves("with a second address", func() { r = s.Receive(chat("2", known("kim", "kim@home"), "b")) }, inbox.IdentityAdded, inbox.MessageReceived)
	want(t, "conversation", r.Conversation, first.Conversation)
	s.leaves("in the other order", func() { r = s.Receive(chat("3", known("kim@home", "kim"), "c")) }, inbox.MessageReceived)
	want(t, "conversation", r.Conversation, first.Conversation)
	s.leaves("with a new first address", func() { r = s.Receive(chat("4", known("kim@work", "kim"), "d")) }, inbox.IdentityAdded, inbox.MessageReceived)
	want(t, "conversation", r.Conversation, first.Conversation)
	ids := identities(s, channel.Address{ID: "kim"}, channel.Address{ID: "kim@home"}, channel.Address{ID: "kim@work"})
	want(t, "identities", len(ids), 3)
	for _, i := range ids {
		want(t, "contact of "+i.Address.ID, i.Contact, first.Contact)
	}
	want(t, "identity of the conversation", s.Header(first.Conversation).Identity, ids[0].ID)

	// By an address of the contact alone, under which nothing was begun yet: the same contact, another thread.
	r = s.Receive(chat("5", known("kim@home"), "e"))
	s.received("by the other address alone", r, inbox.OutcomeNew, isNew)
	want(t, "contact", r.Contact, first.Contact)
}

func TestAddressesOfTwoContactsAreNotMerged(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	kim, lee := s.Receive(chat("1", known("kim"), "a")), s.Receive(chat("2", known("lee"), "b"))
	if kim.Contact == lee.Contact {
		t.Fatal("two addresses, one contact")
	}
	var r inbox.Received
	s.leaves("named together", func() { r = s.Receive(chat("3", known("lee", "kim"), "c")) }, inbox.MessageReceived)
	want(t, "conversation", r.Conversation, lee.Conversation)
	want(t, "contact", r.Contact, lee.Contact)
	ids := identities(s, channel.Address{ID: "kim"}, channel.Address{ID: "lee"})
	want(t, "contact of kim", ids[0].Contact, kim.Contact)
	want(t, "contact of lee", ids[1].Contact, lee.Contact)

	// A new address beside them goes to the one whose conversation it is.
	r = s.Receive(chat("4", known("new", "kim", "lee"), "d"))
	want(t, "conversation", r.Conversation, kim.Conversation)
	want(t, "contact of the new address", identities(s, channel.Address{ID: "new"})[0].Contact, kim.Contact)
}

func TestAnAddressIsOfItsNetwork(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	kim := s.Receive(chat("1", known("4915"), "a"))
	other := s.Receive(chat("2", channel.Person{Addresses: []channel.Address{{Network: channel.SMS, ID: "4915"}}}, "b"))
	if kim.Contact == other.Contact {
		t.Error("the same id on two networks is one contact")
	}
}

func TestAThreadKeySeparatesConversationsOfOneContact(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	of := func(id, thread string) inbox.Received {
		in := chat(id, known("kim"), "a")
		in.Thread = thread
		return s.Receive(in)
	}
	plain, order7, order8 := of("1", ""), of("2", "order 7"), of("3", "order 8")
	want(t, "contact", order7.Contact, plain.Contact)
	want(t, "conversations", len(map[inbox.ConversationID]bool{plain.Conversation: true, order7.Conversation: true, order8.Conversation: true}), 3)
	again := of("4", "order 7")
	s.received("again", again, inbox.OutcomeAppended, isNew)
	want(t, "conversation", again.Conversation, order7.Conversation)
}

func TestAccountsAndVisibilitiesSeparateConversationsOfOneContact(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	page, other := s.Connect(channel.Facebook, "page"), s.Connect(channel.Facebook, "other page")
	of := func(id string, a inbox.Account, k channel.Kind) inbox.Received {
		return s.Receive(channel.Inbound{Account: a.AccountKey, ExternalID: id, From: known("kim"), Kind: k, Text: "a", Permalink: "https://example.com/1"})
	}
	private, public, elsewhere := of("1", page, channel.DirectMessage), of("2", page, channel.Comment), of("1", other, channel.DirectMessage)
	for _, r := range []inbox.Received{private, public, elsewhere} {
		s.received("first", r, inbox.OutcomeNew, isNew)
		want(t, "contact", r.Contact, private.Contact)
	}
	want(t, "visibility", s.Header(private.Conversation).Visibility, channel.Private)
	want(t, "visibility", s.Header(public.Conversation).Visibility, channel.Public)
	want(t, "permalink", s.message(public.Message).Permalink, "https://example.com/1")
	again := of("3", page, channel.AdComment)
	want(t, "another public kind", again.Conversation, public.Conversation)
}

func TestAMessageToAResolvedConversationReopensIt(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.ContactWrites("Kim", "Hello?").Conversation
	s.AgentReplies("Ann", c, "Yes?")
	s.Resolves("Ann", c)
	later := curtain.Add(3 * 365 * 24 * time.Hour)
	s.at(later)
	var r inbox.Received
	s.leaves("reopening", func() { r = s.ContactWrites("Kim", "It is broken.") }, inbox.StateChanged, inbox.MessageReceived)
	s.received("reopening", r, inbox.OutcomeReopened, isNew)
	want(t, "conversation", r.Conversation, c)
	s.WantAgent(c, "")
	h := s.Header(c)
	want(t, "waiting since", h.WaitingSince, later)
	want(t, "linked", h.Linked, inbox.ConversationID{})
}

func TestAfterReopenWithinAMessageBeginsALinkedConversation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what    string
		after   time.Duration
		outcome inbox.Outcome
	}{
		{"at once", 0, inbox.OutcomeReopened},
		{"at the last instant", time.Hour, inbox.OutcomeReopened},
		{"a microsecond later", time.Hour + time.Microsecond, inbox.OutcomeLinked},
		{"a year later", 365 * 24 * time.Hour, inbox.OutcomeLinked},
	} {
		s := newStage(t)
		s.account(func(a *inbox.Account) { a.ReopenWithin = time.Hour })
		first := s.ContactWrites("Kim", "Hello?")
		s.at(curtain.Add(time.Minute))
		s.Resolves("Ann", first.Conversation)
		s.at(curtain.Add(time.Minute + c.after))
		in := chat("late", s.Person("Kim"), "It is broken.")
		in.Time = curtain // what the network says does not count
		r := s.Receive(in)
		s.received(c.what, r, c.outcome, isNew)
		want(t, c.what+": the same contact", r.Contact, first.Contact)
		if c.outcome == inbox.OutcomeReopened {
			want(t, c.what+": conversation", r.Conversation, first.Conversation)
			continue
		}
		want(t, c.what+": linked to", s.Header(r.Conversation).Linked, first.Conversation)
		want(t, c.what+": same thread", s.Header(r.Conversation).Thread, s.Header(first.Conversation).Thread)
		s.WantState(first.Conversation, resolved)
		next := s.ContactWrites("Kim", "Well?")
		s.received(c.what+": next", next, inbox.OutcomeAppended, isNew)
		want(t, c.what+": next goes to", next.Conversation, r.Conversation)
		s.Resolves("Ann", r.Conversation)
		s.at(s.mock.Now().Add(2 * time.Hour))
		third := s.ContactWrites("Kim", "Again.")
		s.received(c.what+": third", third, inbox.OutcomeLinked, isNew)
		want(t, c.what+": third is linked to", s.Header(third.Conversation).Linked, r.Conversation)
		s.WantLogHolds()
	}
}

func TestALateMessageReturnsToNewAndKeepsTheNetworksTime(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.ContactWrites("Kim", "Hello?").Conversation
	s.AgentReplies("Ann", c, "Yes?")
	sent := curtain.Add(-6 * 24 * time.Hour)
	in := chat("late", s.Person("Kim"), "Sent six days ago.")
	in.Time = sent.In(time.FixedZone("", 7200)).Add(999)
	s.at(curtain.Add(time.Hour))
	r := s.Receive(in)
	s.received("late", r, inbox.OutcomeAppended, isNew)
	m := s.message(r.Message)
	want(t, "time", m.Time, sent)
	want(t, "zone", m.Time.Location().String(), "UTC")
	want(t, "received", m.Received, curtain.Add(time.Hour))
	want(t, "waiting since", s.Header(c).WaitingSince, curtain.Add(time.Hour))
	lines := s.Timeline(c)
	want(t, "place in the timeline", lines[len(lines)-1], "Kim: Sent six days ago.")
}

func TestAMessageWithoutATimeHasTheTimeItCame(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.at(curtain.Add(1234567 * time.Nanosecond))
	m := s.message(s.ContactWrites("Kim", "a").Message)
	want(t, "time", m.Time, curtain.Add(1234*time.Microsecond))
	want(t, "received", m.Received, m.Time)
}

func TestAnAnswerQuotesWhatItAnswersAndFollowsIt(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newStage(t)
	c := s.Receive(chat("1", s.Person("Kim"), "Hello?")).Conversation
	ours := s.AgentReplies("Ann", c, strings.Repeat("日", 500)).Message
	s.Tick()
	in := chat("2", s.Person("Kim"), "That one.")
	in.ReplyTo = s.message(ours).ExternalID
	r := s.Receive(in)
	stored := s.message(r.Message).Answers
	want(t, "reference", stored.Message, ours)
	want(t, "author", stored.Author, audit.Actor{Kind: audit.ActorPerson, ID: queue.AgentNamed("Ann").String(), Name: "Ann"})
	want(t, "copy", stored.Text, strings.Repeat("日", 333))

	shown := func() inbox.Answer {
		for _, m := range s.Messages(c) {
			if m.ID == r.Message {
				return m.Answers
			}
		}
		t.Fatal("the message is not shown")
		return inbox.Answer{}
	}
	want(t, "shown", shown(), stored)
	s.Receive(channel.Inbound{Event: channel.EditEvent, About: in.ReplyTo, Text: "edited", Time: curtain})
	want(t, "shown after an edit", shown(), stored)

	change := func(how func(*inbox.Message)) {
		m := s.message(ours)
		how(&m)
		if err := s.store.Store.Commit(ctx, inbox.Change{Tenant: s.Box.Tenant(), Messages: []inbox.Message{m}})[0]; err != nil {
			t.Fatal(err)
		}
	}
	gone := stored
	gone.Text = ""
	change(func(m *inbox.Message) { m.Masked = curtain })
	gone.Status = inbox.Masked
	want(t, "shown after masking", shown(), gone)
	change(func(m *inbox.Message) { m.Masked = time.Time{} })
	s.Receive(channel.Inbound{Event: channel.DeleteEvent, About: in.ReplyTo, Time: curtain})
	gone.Status = inbox.Deleted
	want(t, "shown after deletion", shown(), gone)
	change(func(m *inbox.Message) { m.Erased = curtain })
	gone.Status = inbox.Erased
	want(t, "shown after erasure", shown(), gone)

	in = chat("3", s.Person("Kim"), "Now without a copy.")
	in.ReplyTo = s.message(ours).ExternalID
	late := s.message(s.Receive(in).Message).Answers
	want(t, "copy of what is gone", late.Text, "")
	want(t, "reference to what is gone", late.Message, ours)
}

func TestAnAnswerToAnUnknownMessageStandsAlone(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	in := chat("2", s.Person("Kim"), "That one.")
	in.ReplyTo = "never came"
	r := s.Receive(in)
	s.received("answer", r, inbox.OutcomeNew, isNew)
	want(t, "reference", s.message(r.Message).Answers, inbox.Answer{})
}

func TestADuplicateHasNoSecondEffect(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	in := chat("1", s.Person("Kim"), "Hello?")
	in.Time = curtain
	first := s.Receive(in)
	duplicate := func(what string, state inbox.State) {
		t.Helper()
		for _, again := range []func(*channel.Inbound){
			func(*channel.Inbound) {},
			func(in *channel.Inbound) { in.Text += "\x00" },
			func(in *channel.Inbound) { in.Time = in.Time.Add(time.Hour) },
			func(in *channel.Inbound) { in.From.Name = "Somebody else" },
			func(in *channel.Inbound) {
				in.Permalink, in.Thread, in.ReplyTo, in.Paid = "https://example.com", "other", "other", true
			},
			func(in *channel.Inbound) { in.From.Attributes = map[string]string{"city": "Ulm"} },
			func(in *channel.Inbound) { in.From.Addresses = append(in.From.Addresses, channel.Address{ID: "more"}) },
		} {
			in := in
			in.From.Addresses = slices.Clone(in.From.Addresses)
			again(&in)
			s.leavesNoTrace(what, func() {
				want(t, what, s.Receive(in), inbox.Received{Outcome: inbox.OutcomeDuplicate, Conversation: first.Conversation, Message: first.Message,
					Contact: first.Contact, State: state})
			})
		}
	}
	duplicate("at once", isNew)
	s.AgentReplies("Ann", first.Conversation, "Yes?")
	duplicate("on Pending", pending)
	s.Resolves("Ann", first.Conversation)
	duplicate("on Resolved", resolved)
	s.at(curtain.Add(366 * 24 * time.Hour))
	duplicate("a year later", resolved)
	s.account(func(a *inbox.Account) { a.ReopenWithin = time.Hour })
	duplicate("after the time for reopening", resolved)
}

func TestAMessageThatComesManyTimesAtOnceIsStoredOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.Tick()
	boxes := []*inbox.Inbox{s.Box, s.second()}
	in := chat("1", channel.Person{Name: "Kim", Addresses: known("kim", "kim2").Addresses}, "Hello?")
	in.Account = s.Account.AccountKey
	results := atOnce(t, 64, func(i int) (inbox.Received, error) { return boxes[i%2].Receive(t.Context(), in) })
	outcomes := map[inbox.Outcome]int{}
	for _, r := range results {
		outcomes[r.Outcome]++
		want(t, "message", r.Message, results[0].Message)
		want(t, "conversation", r.Conversation, results[0].Conversation)
	}
	want(t, "outcomes", outcomes, map[inbox.Outcome]int{inbox.OutcomeNew: 1, inbox.OutcomeDuplicate: 63})
	k := s.keeps()
	want(t, "messages", len(k.Messages), 1)
	want(t, "conversations", len(k.Listed), 1)
	want(t, "totals", k.Totals, map[channel.AccountID]inbox.Totals{s.Account.ID: {New: 1}})
	s.WantLogHolds()
}

// atOnce calls do from many goroutines at the same instant.
func atOnce[T any](t *testing.T, n int, do func(int) (T, error)) []T {
	t.Helper()
	results, errs := make([]T, n), make([]error, n)
	start := make(chan struct{})
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			<-start
			results[i], errs[i] = do(i)
		})
	}
	close(start)
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return results
}

func TestDifferentMessagesOfANewContactAtOnceMakeOneContactAndOneConversation(t *testing.T) {
	t.Parallel()
	for _, senders := range []int{2, 32} {
		s := newStage(t)
		boxes := []*inbox.Inbox{s.Box, s.second()}
		results := atOnce(t, senders, func(i int) (inbox.Received, error) {
			in := chat(fmt.Sprint("m", i), channel.Person{Name: "Kim", Addresses: known("kim", "kim2").Addresses}, fmt.Sprint("Hello ", i))
			in.Account = s.Account.AccountKey
			return boxes[i%2].Receive(context.Background(), in)
		})
		outcomes := map[inbox.Outcome]int{}
		for _, r := range results {
			outcomes[r.Outcome]++
			want(t, "contact", r.Contact, results[0].Contact)
			want(t, "conversation", r.Conversation, results[0].Conversation)
		}
		want(t, "outcomes", outcomes, map[inbox.Outcome]int{inbox.OutcomeNew: 1, inbox.OutcomeAppended: senders - 1})
		k := s.keeps()
		want(t, "messages", len(k.Messages), senders)
		want(t, "conversations", len(k.Listed), 1)
		want(t, "count", k.Listed[0].Conversation.Count, inbox.Count{Messages: int64(senders), Unread: int64(senders)})
		want(t, "revision", k.Listed[0].Conversation.Revision, int64(senders))
		want(t, "totals", k.Totals, map[channel.AccountID]inbox.Totals{s.Account.ID: {New: 1}})
		created := 0
		for _, e := range k.Entries {
			if e.Action == inbox.ContactCreated {
				created++
			}
		}
		want(t, "contacts", created, 1)
		s.WantLogHolds()
	}
}

func TestAnIdWithOtherContentIsOneConflictInTheLogAndNothingElse(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	in := chat("1", s.Person("Kim"), "Hello?")
	in.Attach = []channel.Attached{{ID: "a", Kind: "image"}}
	first := s.Receive(in)
	s.Resolves("Ann", first.Conversation)
	before := s.message(first.Message)
	row := s.Header(first.Conversation).Conversation
	for what, spoil := range map[string]func(*channel.Inbound){
		"kind":            func(in *channel.Inbound) { in.Kind = channel.DirectMessage },
		"sender":          func(in *channel.Inbound) { in.From = s.Person("Lee") },
		"text":            func(in *channel.Inbound) { in.Text = "Hello!" },
		"attachment":      func(in *channel.Inbound) { in.Attach = []channel.Attached{{ID: "b", Kind: "image"}} },
		"attachments":     func(in *channel.Inbound) { in.Attach = append(in.Attach, channel.Attached{ID: "b"}) },
		"no attachment":   func(in *channel.Inbound) { in.Attach = nil },
		"moved the bound": func(in *channel.Inbound) { in.Text, in.Attach = "Hello?\x01a", nil },
	} {
		other := in
		other.Attach = slices.Clone(in.Attach)
		spoil(&other)
		s.leaves("other "+what, func() {
			want(t, "other "+what, s.Receive(other), inbox.Received{Outcome: inbox.OutcomeDuplicate, Conversation: first.Conversation,
				Message: first.Message, Contact: first.Contact, State: resolved})
		}, inbox.MessageConflict)
		s.leavesNoTrace("other "+what+" again", func() { s.Receive(other) })
		s.leavesNoTrace("the first content again", func() { s.Receive(in) })
	}
	want(t, "message", s.message(first.Message), before)
	after := s.Header(first.Conversation).Conversation
	want(t, "entries", after.Chain.Seq, row.Chain.Seq+7)
	row.Version, row.Chain = after.Version, after.Chain
	want(t, "conversation", after, row)
	want(t, "conversations", len(s.keeps().Listed), 1)
	for _, line := range s.Timeline(first.Conversation) {
		if strings.Contains(line, "conflict") {
			t.Errorf("the timeline shows %q", line)
		}
	}
	s.WantLogHolds()
}

func TestConflictsUnderOneIdAreBounded(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.Receive(chat("1", s.Person("Kim"), "Hello?"))
	before := s.keeps().Head.Position
	for i := range inbox.MaxConflicts + 20 {
		s.Receive(chat("1", s.Person("Kim"), fmt.Sprint("Hello ", i)))
	}
	want(t, "entries", s.keeps().Head.Position-before, int64(inbox.MaxConflicts))
}

func TestAConflictThatComesManyTimesAtOnceIsLoggedOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.Receive(chat("1", s.Person("Kim"), "Hello?"))
	other := chat("1", s.Person("Kim"), "Goodbye.")
	other.Account = s.Account.AccountKey
	before := s.keeps().Head.Position
	atOnce(t, 32, func(int) (inbox.Received, error) { return s.Box.Receive(t.Context(), other) })
	want(t, "entries", s.keeps().Head.Position-before, int64(1))
}

func TestAnAnswerFromElsewhereMovesTheConversationAsAReplyDoes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, after, to inbox.State
		require         bool
	}{
		{from: none, to: pending}, {from: none, after: isNew, to: pending}, {from: none, after: resolved, to: pending},
		{from: isNew, to: pending}, {from: isNew, after: pending, to: pending}, {from: isNew, after: isNew, to: isNew}, {from: isNew, after: resolved, to: resolved},
		{from: pending, to: pending}, {from: pending, after: pending, to: pending}, {from: pending, after: isNew, to: isNew}, {from: pending, after: resolved, to: resolved},
		{from: resolved, to: resolved}, {from: resolved, after: pending, to: resolved}, {from: resolved, after: isNew, to: resolved}, {from: resolved, after: resolved, to: resolved},
		// nobody is there to name a reason
		{from: isNew, after: resolved, require: true, to: pending}, {from: pending, after: resolved, require: true, to: pending},
	} {
		what := fmt.Sprintf("%s, AfterReply %s, reason required %t", c.from, c.after, c.require)
		s := newStage(t)
		var id inbox.ConversationID
		if c.from != none {
			id = s.ContactWrites("Kim", "Hello?").Conversation
		}
		switch c.from {
		case pending:
			_, err := s.Desk("Ann").SetPending(t.Context(), id)
			wantNo(t, err)
		case resolved:
			s.Resolves("Ann", id)
		}
		s.account(func(a *inbox.Account) {
			a.AfterReply = c.after
			for _, r := range []inbox.Resolver{inbox.ByPerson, inbox.BySystem, inbox.ByAutomation} {
				a.Require = append(a.Require, inbox.Requirement{Resolver: r, Reason: c.require})
			}
		})
		s.at(curtain.Add(time.Hour))
		r := s.Receive(channel.Inbound{Event: channel.EchoEvent, ExternalID: "e", From: s.Person("Kim"), Kind: channel.ChatMessage, Text: "From my phone."})
		outcome := inbox.OutcomeAppended
		if c.from == none {
			outcome = inbox.OutcomeNew
		}
		s.received(what, r, outcome, c.to)
		s.WantState(r.Conversation, c.to)
		m := s.message(r.Message)
		want(t, what+": author", m.Author, audit.Actor{Kind: audit.ActorElsewhere})
		want(t, what+": direction", m.Direction, channel.Outgoing)
		want(t, what+": delivery", m.Delivery, inbox.Delivery{})
		h := s.Header(r.Conversation)
		want(t, what+": assignee", h.Assignee, inbox.Assignee{})
		if c.to != resolved && c.from != none {
			want(t, what+": waiting since", h.WaitingSince, curtain)
			want(t, what+": answered by", h.AnsweredBy, r.Message)
		}
		for _, e := range s.keeps().Entries {
			if e.Time.Equal(curtain.Add(time.Hour)) && e.Subject.Kind == audit.SubjectConversation {
				want(t, what+": actor", e.Actor, audit.Actor{Kind: audit.ActorElsewhere})
			}
		}
		s.WantLogHolds()
	}
}

func TestTheEchoOfOurOwnMessageIsADuplicate(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.ContactWrites("Kim", "Hello?").Conversation
	ours := s.AgentReplies("Ann", c, "Yes?").Message
	s.Tick()
	s.Resolves("Ann", c)
	for _, text := range []string{"Yes?", "What the network made of it."} {
		echo := channel.Inbound{Event: channel.EchoEvent, ExternalID: s.message(ours).ExternalID, From: s.Person("Kim"), Kind: channel.ChatMessage, Text: text}
		s.leavesNoTrace("echo", func() {
			r := s.Receive(echo)
			s.received("echo", r, inbox.OutcomeDuplicate, resolved)
			want(t, "message", r.Message, ours)
		})
	}
}

func TestAnAccountThatIsUnknownForeignOrRemovedIsTheSameError(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx := t.Context()
	s.ContactWrites("Kim", "Hello?")
	other := s.Box.For(inbox.TenantNamed("other"))
	foreign, err := other.As(inbox.System).SaveAccount(ctx, inbox.Account{Account: channel.Account{
		AccountKey: channel.AccountKey{Network: channel.WebChat, ExternalID: "foreign"}}})
	wantNo(t, err)
	removed := s.Connect(channel.WebChat, "removed")
	wantNo(t, s.Box.As(inbox.System).RemoveAccount(ctx, removed.ID, inbox.KeepOpen, inbox.Resolve{}))
	for what, key := range map[string]channel.AccountKey{
		"unknown":                        {Network: channel.WebChat, ExternalID: "random"},
		"foreign":                        foreign.AccountKey,
		"removed":                        removed.AccountKey,
		"another network of the same id": {Network: channel.SMS, ExternalID: s.Account.ExternalID},
		"another case":                   {Network: channel.WebChat, ExternalID: strings.ToUpper(s.Account.ExternalID)},
		"a trailing space":               {Network: channel.WebChat, ExternalID: s.Account.ExternalID + " "},
		"none":                           {},
	} {
		for _, event := range []channel.Event{channel.MessageEvent, channel.EchoEvent, channel.EditEvent} {
			in := chat("m", s.Person("Kim"), "Hello?")
			in.Account, in.Event, in.About = key, event, "in-1"
			for _, box := range []*inbox.Inbox{s.Box, s.second()} {
				s.leavesNoTrace(what, func() {
					r, err := box.Receive(ctx, in)
					want(t, what, *wantErr[*inbox.MissingError](t, what, err), inbox.MissingError{What: "account"})
					wantIs(t, what, err, storage.ErrNotFound)
					want(t, what, r, inbox.Received{})
				})
			}
		}
	}
	before := keptBy(t, s.store.Store, other.Tenant())
	in := chat("m", s.Person("Kim"), "Hello?")
	in.Account = s.Account.AccountKey
	_, err = other.Receive(ctx, in)
	wantIs(t, "from the other tenant", err, storage.ErrNotFound)
	want(t, "the other tenant's", keptBy(t, s.store.Store, other.Tenant()), before)

	_, err = s.Box.For(inbox.Tenant{}).Receive(ctx, in)
	wantErr[error](t, "the zero tenant", err)
}

// Another process that has the account in its cache learns in time that it is gone.
func TestAnAccountRemovedElsewhereIsUnknownAtOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	second := s.second()
	in := chat("1", s.Person("Kim"), "Hello?")
	in.Account = s.Account.AccountKey
	_, err := second.Receive(t.Context(), in)
	wantNo(t, err)
	wantNo(t, s.Box.As(inbox.System).RemoveAccount(t.Context(), s.Account.ID, inbox.ResolveOpen, inbox.Resolve{}))
	in.ExternalID = "2"
	_, err = second.Receive(t.Context(), in)
	wantIs(t, "after the removal", err, storage.ErrNotFound)
	want(t, "messages", len(s.keeps().Messages), 1)
}

func TestTenantOfFindsWhoseAnAccountIs(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	tenant, err := s.Box.For(inbox.TenantNamed("other")).TenantOf(t.Context(), s.Account.AccountKey)
	if err != nil || tenant != inbox.DefaultTenant {
		t.Errorf("%v, %v", tenant, err)
	}
	_, err = s.Box.TenantOf(t.Context(), channel.AccountKey{Network: channel.WebChat, ExternalID: "random"})
	wantErr[*inbox.MissingError](t, "random account", err)
}

func TestAContextThatHasEndedLeavesNoTrace(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	in := chat("1", s.Person("Kim"), "Hello?")
	in.Account = s.Account.AccountKey
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	s.leavesNoTrace("before", func() {
		_, err := s.Box.Receive(ended, in)
		wantIs(t, "before", err, context.Canceled)
	})

	during, cancel := context.WithCancel(t.Context())
	s.store.loaded = cancel
	before := s.keeps()
	_, err := s.Box.Receive(during, in)
	wantIs(t, "between load and commit", err, context.Canceled)
	s.store.loaded = nil
	want(t, "kept", s.keeps(), before)
	r, err := s.Box.Receive(t.Context(), in)
	wantNo(t, err)
	s.received("afterwards", r, inbox.OutcomeNew, isNew)
}

func TestAContextThatEndsWhileDecidingAgainLeavesNoTrace(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	in := chat("1", s.Person("Kim"), "Hello?")
	in.Account = s.Account.AccountKey
	ctx, cancel := context.WithCancel(t.Context())
	var tries atomicInt
	s.store.commit = func(context.Context, []inbox.Change) []error {
		if tries.add() == 8 {
			cancel()
		}
		return []error{storage.ErrConflict}
	}
	before := s.keeps()
	_, err := s.Box.Receive(ctx, in)
	wantIs(t, "while deciding again", err, context.Canceled)
	want(t, "kept", s.keeps(), before)
}

func TestAContextThatEndsWithTheCommitHasTheWholeEffect(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	in := chat("1", s.Person("Kim"), "Hello?")
	in.Account = s.Account.AccountKey
	ctx, cancel := context.WithCancel(t.Context())
	s.store.commit = func(ctx context.Context, changes []inbox.Change) []error {
		errs := s.store.Store.Commit(ctx, changes...)
		cancel()
		return errs
	}
	r, err := s.Box.Receive(ctx, in)
	wantNo(t, err)
	s.received("committed", r, inbox.OutcomeNew, isNew)
	want(t, "messages", len(s.keeps().Messages), 1)
}

// The answer to a commit may be lost: whether it was written or not, the message is stored once and Receive says what happened.
func TestALostAnswerIsFoundOut(t *testing.T) {
	t.Parallel()
	early := channel.Inbound{Event: channel.EditEvent, About: "later", Text: "x", Time: curtain}
	for _, written := range []bool{true, false} {
		for what, in := range map[string]channel.Inbound{"message": chat("1", known("kim"), "Hello?"), "early event": early} {
			what := fmt.Sprintf("%s, written %t", what, written)
			s := newStage(t)
			var calls atomicInt
			s.store.commit = func(ctx context.Context, changes []inbox.Change) []error {
				if calls.add() > 1 {
					return s.store.Store.Commit(ctx, changes...)
				}
				if written {
					s.store.Store.Commit(ctx, changes...)
				}
				return []error{fmt.Errorf("connection lost: %w", storage.ErrUnknown)}
			}
			r := s.Receive(in)
			if in.Event == channel.EditEvent {
				want(t, what, r.Outcome, inbox.OutcomeEarly)
				continue
			}
			s.received(what, r, inbox.OutcomeNew, isNew)
			want(t, what+": messages", len(s.keeps().Messages), 1)
			want(t, what+": contact", s.Header(r.Conversation).Contact.ID, r.Contact)
			s.received(what+": again", s.Receive(in), inbox.OutcomeDuplicate, isNew)
			s.WantLogHolds()
		}
	}
}

func TestAStoreThatFailsMakesReceiveFail(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	in := chat("1", s.Person("Kim"), "Hello?")
	in.Account = s.Account.AccountKey
	before := s.keeps()
	for _, failure := range []error{storage.ErrBusy, storage.ErrConflict, errors.New("disk full")} {
		s.store.commit = func(context.Context, []inbox.Change) []error { return []error{failure} }
		r, err := s.Box.Receive(t.Context(), in)
		wantIs(t, failure.Error(), err, failure)
		want(t, failure.Error(), r, inbox.Received{})
	}
	s.store.commit = nil
	want(t, "kept", s.keeps(), before)
	s.received("when it works again", s.Receive(in), inbox.OutcomeNew, isNew)
}

// Ids stay the same however often a message is decided again: nothing refers to what was never written.
func TestDecidingAgainUsesTheSameIdsAndTheSameTime(t *testing.T) {
	t.Parallel()
	type decided struct {
		Conversation inbox.ConversationID
		Contact      contact.ID
		Identities   []inbox.Identity
		Thread       inbox.Thread
		Messages     []inbox.Message
		Cause        uuid.UUID
		Time         time.Time
	}
	s := newStage(t)
	var seen []decided
	s.store.commit = func(ctx context.Context, changes []inbox.Change) []error {
		ch := changes[0] // the caller's, until we return
		seen = append(seen, decided{ch.Conversation.ID, ch.Contact.ID, slices.Clone(ch.Identities), *ch.Thread, slices.Clone(ch.Messages),
			ch.Entries[0].Cause, ch.Entries[0].Time})
		s.at(s.mock.Now().Add(time.Second))
		if len(seen) < 3 {
			return []error{storage.ErrConflict}
		}
		return s.store.Store.Commit(ctx, changes...)
	}
	s.Receive(chat("1", known("kim", "kim2"), "Hello?"))
	want(t, "the second time", seen[1], seen[0])
	want(t, "the third time", seen[2], seen[0])
	if seen[0].Cause == uuid.Nil {
		t.Error("entries without a cause")
	}
}

func TestWhatComesWithAMessageIsBounded(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	in := chat("m", s.Person("Kim"), "Look.")
	in.Permalink = "https://example.com/" + strings.Repeat("x", 8<<10)
	for i := range 101 {
		in.Attach = append(in.Attach, channel.Attached{ID: fmt.Sprint(i), Kind: "image"})
	}
	m := s.message(s.Receive(in).Message)
	if len(m.Attach) != 100 || !m.Cut || m.Permalink != "" {
		t.Errorf("it has %d attachments, cut %t, and a permalink of %d bytes", len(m.Attach), m.Cut, len(m.Permalink))
	}
	in = chat("n", s.Person("Kim"), "Look.")
	in.From.Attributes = map[string]string{}
	for i := range 101 {
		in.From.Attributes[fmt.Sprint(i)] = "x"
	}
	in.Account = s.Account.AccountKey
	s.leavesNoTrace("101 attributes", func() {
		_, err := s.Box.Receive(t.Context(), in)
		wantErr[*inbox.InputError](t, "101 attributes", err)
	})
}
