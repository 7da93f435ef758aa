package inbox_test

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/channel/channeltest"
	"github.com/deskwright/deskwright/inbox"
	gocmp "github.com/google/go-cmp/cmp"
)

// edit, deletion, reaction and receipt are what happens to a message, at some seconds after the curtain.
func edit(about, text string, at int) channel.Inbound {
	return channel.Inbound{Event: channel.EditEvent, About: about, Text: text, Time: seconds(at)}
}

func deletion(about string, at int) channel.Inbound {
	return channel.Inbound{Event: channel.DeleteEvent, About: about, Time: seconds(at)}
}

func reaction(about, by, emoji string, at int) channel.Inbound {
	return channel.Inbound{Event: channel.ReactionEvent, About: about, From: known(by), Reaction: emoji, Time: seconds(at)}
}

func unreaction(about, by, emoji string, at int) channel.Inbound {
	in := reaction(about, by, emoji, at)
	in.Removed = true
	return in
}

func receipt(about string, what channel.Receipt, at int) channel.Inbound {
	return channel.Inbound{Event: channel.ReceiptEvent, About: about, Receipt: what, Time: seconds(at)}
}

func (s *stage) status(id inbox.MessageID) inbox.Status {
	s.t.Helper()
	m := s.message(id)
	return m.Status()
}

func seconds(n int) time.Time { return curtain.Add(time.Duration(n) * time.Second) }

func TestAnEditChangesTheTextAndNothingElse(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	r := s.Receive(chat("m", s.Person("Kim"), "Helo?"))
	s.Resolves("Ann", r.Conversation)
	row, m := s.Header(r.Conversation).Conversation, s.message(r.Message)
	var got inbox.Received
	s.leaves("edit", func() { got = s.Receive(edit("m", "Hello?\x00", 5)) }, inbox.MessageEdited)
	want(t, "received", got, inbox.Received{Outcome: inbox.OutcomeUpdated, Conversation: r.Conversation, Message: r.Message, Contact: r.Contact, State: resolved})
	m.Text, m.Edited = "Hello?", seconds(5)
	want(t, "message", s.message(r.Message), m)
	after := s.Header(r.Conversation).Conversation
	want(t, "preview", after.Last.Preview, "Hello?")
	row.Last.Preview, row.Version, row.Revision, row.Chain, row.Changed = "Hello?", row.Version+1, row.Revision+1, after.Chain, curtain
	want(t, "conversation", after, row)
	last := s.keeps().Entries[s.keeps().Head.Position-1]
	want(t, "actor", last.Actor, audit.Actor{Kind: audit.ActorContact, ID: r.Contact.String()})
	want(t, "class", last.Class, audit.ClassTrail)

	next := s.Receive(chat("m2", s.Person("Kim"), "More."))
	s.Receive(edit("m", "Hello!", 6))
	want(t, "preview of the newest message", s.Header(r.Conversation).Last.Preview, "More.")
	want(t, "the next message", s.message(next.Message).Edited, time.Time{})
}

func TestAnEditMayBringOtherAttachments(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	in := chat("m", s.Person("Kim"), "Look.")
	in.Attach = []channel.Attached{{ID: "a", Kind: "image"}}
	r := s.Receive(in)
	s.Receive(edit("m", "Look!", 1))
	want(t, "attachments that the edit does not name", s.message(r.Message).Attach, in.Attach)
	other := edit("m", "Look!", 2)
	other.Attach = []channel.Attached{{ID: "b\x00", Kind: "image"}}
	s.Receive(other)
	want(t, "attachments of the edit", s.message(r.Message).Attach, []channel.Attached{{ID: "b", Kind: "image"}})
}

func TestADeletionLeavesATombstone(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	first := s.Receive(chat("first", s.Person("Kim"), "Hello?"))
	in := chat("m", s.Person("Kim"), "My number is 4711.")
	in.Attach, in.ReplyTo, in.Permalink = []channel.Attached{{ID: "a", Kind: "image"}}, "first", "https://example.com/1"
	r := s.Receive(in)
	s.Receive(reaction("m", "Lee", "👍", 1))
	before := s.message(r.Message)
	want(t, "quotes", before.Answers.Text, "Hello?")
	var got inbox.Received
	s.leaves("deletion", func() { got = s.Receive(deletion("m", 9)) }, inbox.MessageDeleted)
	s.received("deletion", got, inbox.OutcomeUpdated, isNew)
	m := s.message(r.Message)
	want(t, "status", m.Status(), inbox.Deleted)
	before.Text, before.Attach, before.Reactions, before.Answers.Text, before.Deleted = "", nil, nil, "", seconds(9)
	want(t, "message", m, before)
	h := s.Header(r.Conversation)
	want(t, "preview", h.Last.Preview, "")
	want(t, "count", h.Count, inbox.Count{Messages: 2, Unread: 2})
	want(t, "waiting since", h.WaitingSince, curtain)
	want(t, "line", s.Timeline(r.Conversation)[2], "Kim: (deleted)")
	want(t, "the other message", s.status(first.Message), inbox.Stands)

	for what, in := range map[string]channel.Inbound{"edit": edit("m", "again", 10), "deletion": deletion("m", 11), "reaction": reaction("m", "Lee", "👍", 12)} {
		s.leavesNoTrace(what+" of what is deleted", func() {
			s.received(what, s.Receive(in), inbox.OutcomeIgnored, isNew)
		})
	}
	s.leavesNoTrace("the message again", func() { s.received("again", s.Receive(in), inbox.OutcomeDuplicate, isNew) })
}

func TestAReactionIsDetailAndChangesOnlyItsMessage(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	r := s.Receive(chat("m", s.Person("Kim"), "Thank you!"))
	s.Resolves("Ann", r.Conversation)
	row := s.Header(r.Conversation).Conversation
	s.leaves("reaction", func() {
		s.received("reaction", s.Receive(reaction("m", "Lee", "👍", 1)), inbox.OutcomeUpdated, resolved)
	}, inbox.MessageReaction)
	s.Receive(reaction("m", "Lee", "❤", 2))
	s.Receive(reaction("m", "Kim", "👍", 3))
	s.Receive(unreaction("m", "Lee", "👍", 4))
	want(t, "reactions", s.message(r.Message).Reactions, []inbox.Reaction{
		{By: "Lee", Emoji: "👍", Time: seconds(4), Removed: true}, {By: "Lee", Emoji: "❤", Time: seconds(2)}, {By: "Kim", Emoji: "👍", Time: seconds(3)}})
	after := s.Header(r.Conversation).Conversation
	row.Version, row.Chain = row.Version+4, after.Chain
	want(t, "conversation", after, row)
	for _, line := range s.Timeline(r.Conversation) {
		if strings.Contains(line, "reaction") {
			t.Errorf("the timeline shows %q", line)
		}
	}
}

func TestReceiptsMoveOurMessageForwardOnly(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.ContactWrites("Kim", "Hello?").Conversation
	ours := s.AgentReplies("Ann", c, "Yes?").Message
	s.Tick()
	id := s.message(ours).ExternalID
	row := s.Header(c).Conversation
	s.at(seconds(60))
	for _, step := range []struct {
		receipt channel.Receipt
		want    inbox.DeliveryState
		changes bool
	}{
		{channel.Delivered, inbox.Delivered, true},
		{channel.Delivered, inbox.Delivered, false},
		{channel.Failed, inbox.Delivered, false},
		{channel.Read, inbox.Read, true},
		{channel.Delivered, inbox.Read, false},
		{channel.Failed, inbox.Read, false},
		{channel.Read, inbox.Read, false},
	} {
		what := fmt.Sprintf("%s, then %s", s.message(ours).Delivery.State, step.receipt)
		if step.changes {
			s.leaves(what, func() { s.received(what, s.Receive(receipt(id, step.receipt, 9)), inbox.OutcomeUpdated, pending) }, inbox.DeliveryChanged)
		} else {
			s.leavesNoTrace(what, func() { s.received(what, s.Receive(receipt(id, step.receipt, 9)), inbox.OutcomeIgnored, pending) })
		}
		want(t, what, s.message(ours).Delivery.State, step.want)
	}
	want(t, "changed", s.message(ours).Delivery.Changed, seconds(60))
	after := s.Header(c).Conversation
	row.Version, row.Chain = after.Version, after.Chain
	want(t, "conversation", after, row)
	last := s.keeps().Entries[s.keeps().Head.Position-1]
	want(t, "actor", last.Actor, audit.Actor{Kind: audit.ActorElsewhere})
	want(t, "class", last.Class, audit.ClassDetail)
}

func TestAReceiptAboutAContactsMessageIsIgnored(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.Receive(chat("m", s.Person("Kim"), "Hello?"))
	s.Receive(channel.Inbound{Event: channel.EchoEvent, ExternalID: "e", From: s.Person("Kim"), Kind: channel.ChatMessage, Text: "Yes?"})
	for _, id := range []string{"m", "e"} {
		s.leavesNoTrace("receipt", func() {
			s.received("receipt", s.Receive(receipt(id, channel.Failed, 1)), inbox.OutcomeIgnored, pending)
		})
	}
}

// A reply that fails after it was sent has answered nobody.
func TestAFailedReceiptReturnsTheConversationToNewWithTheClockRunningOn(t *testing.T) {
	t.Parallel()
	failed := func(t *testing.T, then func(*stage, inbox.ConversationID)) (*stage, inbox.ConversationID, inbox.MessageID) {
		s := newStage(t)
		c := s.ContactWrites("Kim", "Hello?").Conversation
		s.at(seconds(60))
		ours := s.AgentReplies("Ann", c, "Yes?").Message
		s.Tick()
		want(t, "answered by", s.Header(c).AnsweredBy, ours)
		s.at(seconds(120))
		then(s, c)
		in := receipt(s.message(ours).ExternalID, channel.Failed, 130)
		in.Problem = "131026: undeliverable\x00"
		s.at(seconds(180))
		before := s.keeps().Head.Position
		r := s.Receive(in)
		s.received("failed receipt", r, inbox.OutcomeUpdated, isNew)
		want(t, "first entry", s.actionsAfter(before)[0], inbox.DeliveryFailed)
		want(t, "delivery", s.message(ours).Delivery, inbox.Delivery{State: inbox.Failed, Changed: seconds(180), Problem: "131026: undeliverable"})
		return s, c, ours
	}
	t.Run("from Pending", func(t *testing.T) {
		t.Parallel()
		s, c, _ := failed(t, func(*stage, inbox.ConversationID) {})
		h := s.Header(c)
		want(t, "waiting since", h.WaitingSince, curtain)
		want(t, "answered by", h.AnsweredBy, inbox.MessageID{})
		want(t, "due", h.Due, curtain.Add(5*24*time.Hour))
		want(t, "in the state since", h.Since, seconds(180))
		s.WantAgent(c, "Ann")
	})
	t.Run("from New", func(t *testing.T) {
		t.Parallel()
		s, c, _ := failed(t, func(s *stage, _ inbox.ConversationID) { s.ContactWrites("Kim", "Are you there?") })
		h := s.Header(c)
		want(t, "waiting since", h.WaitingSince, seconds(120))
		want(t, "in the state since", h.Since, seconds(120))
	})
	t.Run("from Resolved", func(t *testing.T) {
		t.Parallel()
		s, c, _ := failed(t, func(s *stage, c inbox.ConversationID) { s.Resolves("Ann", c) })
		s.WantAgent(c, "")
		want(t, "due", s.Header(c).Due, seconds(180).Add(5*24*time.Hour))
		want(t, "totals", s.keeps().Totals[s.Account.ID], inbox.Totals{New: 1})
	})
}

// Where the contact already has another open conversation on the thread, somebody looks at that one: a thread has one open place.
func TestAFailedReceiptLeavesAConversationResolvedWhoseThreadIsOpenElsewhere(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.account(func(a *inbox.Account) { a.ReopenWithin = time.Hour })
	first := s.ContactWrites("Kim", "Hello?").Conversation
	ours := s.AgentReplies("Ann", first, "Yes?").Message
	s.Tick()
	s.Resolves("Ann", first)
	s.at(curtain.Add(2 * time.Hour))
	linked := s.ContactWrites("Kim", "It is broken.")
	s.received("linked", linked, inbox.OutcomeLinked, isNew)
	s.leaves("failed receipt", func() {
		r := s.Receive(receipt(s.message(ours).ExternalID, channel.Failed, 1))
		s.received("failed receipt", r, inbox.OutcomeUpdated, resolved)
		want(t, "conversation", r.Conversation, first)
	}, inbox.DeliveryFailed)
	s.WantState(linked.Conversation, isNew)
	want(t, "totals", s.keeps().Totals[s.Account.ID], inbox.Totals{New: 1})
}

func TestAnEditDoesNotUnmaskAMessage(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	r := s.Receive(chat("m", s.Person("Kim"), "My number is 4711."))
	m := s.message(r.Message)
	m.Text, m.Masked = "My number is ****.", curtain
	if err := s.store.Store.Commit(t.Context(), inbox.Change{Tenant: s.Box.Tenant(), Messages: []inbox.Message{m}})[0]; err != nil {
		t.Fatal(err)
	}
	s.leavesNoTrace("edit", func() { s.received("edit", s.Receive(edit("m", "It is 4711!", 5)), inbox.OutcomeIgnored, isNew) })
	s.Receive(deletion("m", 6))
	want(t, "status", s.status(r.Message), inbox.Deleted)
}

func TestWhatHappensToOurMessageInTheNetworksAppIsByElsewhere(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.ContactWrites("Kim", "Hello?").Conversation
	ours := s.AgentReplies("Ann", c, "Yes?").Message
	s.Tick()
	id := s.message(ours).ExternalID
	for _, step := range []struct {
		in    channel.Inbound
		actor audit.ActorKind
	}{{edit(id, "Yes!", 1), audit.ActorElsewhere}, {reaction(id, "Kim", "👍", 2), audit.ActorContact}, {deletion(id, 3), audit.ActorElsewhere}} {
		s.received(string(step.in.Event), s.Receive(step.in), inbox.OutcomeUpdated, pending)
		want(t, "actor of "+string(step.in.Event), s.keeps().Entries[s.keeps().Head.Position-1].Actor.Kind, step.actor)
	}
	want(t, "status", s.status(ours), inbox.Deleted)
}

func TestTheSameEventAgainWritesNothing(t *testing.T) {
	t.Parallel()
	for _, told := range []bool{true, false} {
		s := newStage(t)
		s.Receive(chat("m", s.Person("Kim"), "Hello?"))
		c := s.Receive(chat("gone", s.Person("Kim"), "Hello?")).Conversation
		ours := s.AgentReplies("Ann", c, "Yes?").Message
		s.Tick()
		id := s.message(ours).ExternalID
		withAttachment := edit("m", "Look", 2)
		withAttachment.Attach = []channel.Attached{{ID: "b", Kind: "image"}}
		for _, in := range []channel.Inbound{edit("m", "Hello!", 1), edit("m", "Hello!!", 2), withAttachment, reaction("m", "Lee", "👍", 3), unreaction("m", "Lee", "👍", 4),
			unreaction("m", "Lee", "❤", 4), deletion("gone", 5), receipt(id, channel.Delivered, 6), receipt(id, channel.Read, 7), receipt(id, channel.Failed, 8)} {
			if !told {
				in.Time = time.Time{}
			}
			s.Receive(in)
			for range 2 {
				s.at(s.mock.Now().Add(time.Hour))
				what := fmt.Sprintf("%s again, time told %t", in.Event, told)
				s.leavesNoTrace(what, func() { want(t, what, s.Receive(in).Outcome, inbox.OutcomeIgnored) })
			}
		}
	}
}

// kinTo compares messages as the events about them leave them: the set of reactions counts, not how they came; and not when what
// we were told was stored.
var kinTo = gocmp.FilterPath(func(p gocmp.Path) bool { return p.String() == "Delivery.Changed" }, gocmp.Ignore())

func settledMessage(m inbox.Message) inbox.Message {
	m.ID, m.Conversation, m.Account, m.Seq = inbox.MessageID{}, inbox.ConversationID{}, channel.AccountID{}, 0
	m.Reactions = slices.Clone(m.Reactions)
	slices.SortFunc(m.Reactions, func(a, b inbox.Reaction) int { return cmp.Or(cmp.Compare(a.By, b.By), cmp.Compare(a.Emoji, b.Emoji)) })
	return m
}

// permutations calls do with every order of the items.
func permutations[T any](items []T, do func([]T)) {
	if len(items) < 2 {
		do(items)
		return
	}
	for i := range items {
		rest := slices.Concat(items[:i], items[i+1:])
		permutations(rest, func(tail []T) { do(append([]T{items[i]}, tail...)) })
	}
}

func described(order []channel.Inbound) string {
	var b strings.Builder
	for _, in := range order {
		fmt.Fprintf(&b, "%s %s%s%s %t @%d; ", in.Event, in.Text, in.Reaction, in.Receipt, in.Removed, int(in.Time.Sub(curtain)/time.Second))
	}
	return b.String()
}

func TestInWhateverOrderEventsComeTheMessageEndsTheSame(t *testing.T) {
	t.Parallel()
	message := chat("m", known("kim"), "original")
	message.Time = curtain
	for what, events := range map[string][]channel.Inbound{
		"edits":                       {message, edit("m", "first", 1), edit("m", "second", 2), edit("m", "third", 3)},
		"edits back to the original":  {message, edit("m", "changed", 1), edit("m", "original", 2)},
		"edits at one instant":        {message, edit("m", "a", 1), edit("m", "b", 1), edit("m", "c", 1)},
		"an edit before the message":  {message, edit("m", "sooner", -5), edit("m", "later", 5)},
		"edits and a deletion":        {message, edit("m", "first", 1), edit("m", "second", 2), deletion("m", 3)},
		"an edit after the deletion":  {message, deletion("m", 1), edit("m", "second", 2), reaction("m", "lee", "👍", 3)},
		"a reaction and its end":      {message, reaction("m", "lee", "👍", 1), unreaction("m", "lee", "👍", 2), reaction("m", "lee", "❤", 3)},
		"a reaction put on again":     {message, reaction("m", "lee", "👍", 1), unreaction("m", "lee", "👍", 2), reaction("m", "lee", "👍", 3)},
		"a reaction at one instant":   {message, reaction("m", "lee", "👍", 1), unreaction("m", "lee", "👍", 1)},
		"reactions of two":            {message, reaction("m", "lee", "👍", 1), unreaction("m", "kim", "👍", 2), reaction("m", "kim", "👍", 3)},
		"edits and a reaction":        {message, edit("m", "first", 1), edit("m", "second", 2), reaction("m", "lee", "👍", 1), unreaction("m", "lee", "👍", 2)},
		"everything and a deletion":   {message, edit("m", "first", 1), edit("m", "second", 2), reaction("m", "lee", "👍", 1), deletion("m", 9)},
		"the message and edits twice": {message, message, edit("m", "first", 1), edit("m", "first", 1), edit("m", "second", 2)},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			var first *inbox.Message
			s := newStage(t)
			n := 0
			permutations(events, func(order []channel.Inbound) {
				// Every order plays on an account of its own.
				n++
				s.Account = s.Connect(channel.WebChat, fmt.Sprint("account ", n))
				var id inbox.MessageID
				for _, in := range order {
					if r := s.Receive(in); r.Message != (inbox.MessageID{}) {
						id = r.Message
					}
				}
				got := settledMessage(s.message(id))
				if first == nil {
					first = &got
					want(t, "text of "+described(order), got.Text, wantedText(events))
					return
				}
				if reflect.DeepEqual(*first, got) {
					return
				}
				if diff := gocmp.Diff(*first, got); diff != "" {
					t.Errorf("%s(-first order +this one):\n%s", described(order), diff)
				}
			})
		})
	}
}

// wantedText is the text of the newest edit, of the greater text where several are, and none where the message was deleted.
func wantedText(events []channel.Inbound) string {
	text, newest := "original", time.Time{}
	for _, in := range events {
		switch {
		case in.Event == channel.DeleteEvent:
			return ""
		case in.Event == channel.EditEvent && (in.Time.After(newest) || in.Time.Equal(newest) && in.Text > text):
			text, newest = in.Text, in.Time
		}
	}
	return text
}

func TestInWhateverOrderReceiptsComeOurMessageEndsTheSame(t *testing.T) {
	t.Parallel()
	// The answer to sending comes at any place among what else the network tells.
	answer := channel.Inbound{Event: "the answer to sending"}
	for what, events := range map[string][]channel.Inbound{
		"receipts":                 {answer, receipt("ours", channel.Delivered, 1), receipt("ours", channel.Read, 2)},
		"receipts twice":           {answer, receipt("ours", channel.Delivered, 1), receipt("ours", channel.Delivered, 1), receipt("ours", channel.Read, 2), receipt("ours", channel.Read, 2)},
		"failed":                   {answer, receipt("ours", channel.Failed, 1), reaction("ours", "kim", "👍", 2)},
		"failed, and read later":   {answer, receipt("ours", channel.Failed, 1), receipt("ours", channel.Read, 2)},
		"edited in the app":        {answer, edit("ours", "edited", 1), receipt("ours", channel.Read, 2), reaction("ours", "kim", "👍", 3), unreaction("ours", "kim", "👍", 4)},
		"deleted in the app":       {answer, edit("ours", "edited", 1), receipt("ours", channel.Delivered, 1), deletion("ours", 3)},
		"the last of many":         {answer, receipt("ours", channel.Read, 1), receipt("ours", channel.Delivered, 3), edit("ours", "edited", 2)},
		"deleted and then read":    {answer, deletion("ours", 1), receipt("ours", channel.Read, 2)},
		"nothing but being sent":   {answer},
		"an edit to the same text": {answer, edit("ours", "Yes?", 3), edit("ours", "No.", 2)},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			var first *inbox.Message
			permutations(events, func(order []channel.Inbound) {
				var s *stage
				s = newStageWith(t, &channeltest.Recorder{Answer: func(channel.Sending) (channel.Sent, error) {
					for _, in := range order { // before the answer: while it is being sent
						if in.Event == answer.Event {
							break
						}
						s.Receive(in)
					}
					return channel.Sent{ExternalID: "ours"}, nil
				}})
				c := s.Receive(chat("m", known("kim"), "Hello?")).Conversation
				ours := s.AgentReplies("Ann", c, "Yes?").Message
				s.Tick()
				at := slices.IndexFunc(order, func(in channel.Inbound) bool { return in.Event == answer.Event })
				for _, in := range order[at+1:] {
					s.Receive(in)
				}
				got := settledMessage(s.message(ours))
				if first == nil {
					first = &got
				} else if reflect.DeepEqual(*first, got) {
					return
				} else if diff := gocmp.Diff(*first, got, kinTo); diff != "" {
					t.Errorf("%s(-first order +this one):\n%s", described(order), diff)
				}
			})
		})
	}
}

func TestAnEventBeforeItsMessageIsKeptAndAppliedWhenItComes(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, in := range []channel.Inbound{edit("m", "edited", 1), reaction("m", "lee", "👍", 2), unreaction("m", "lee", "❤", 3), receipt("m", channel.Read, 4)} {
		s.leaves(string(in.Event), func() { want(t, "early", s.Receive(in), inbox.Received{Outcome: inbox.OutcomeEarly}) })
		s.leavesNoTrace(string(in.Event)+" again", func() { want(t, "early again", s.Receive(in), inbox.Received{Outcome: inbox.OutcomeEarly}) })
	}
	var r inbox.Received
	s.leaves("its message", func() { r = s.Receive(chat("m", known("kim"), "original")) }, inbox.ContactCreated, inbox.IdentityAdded,
		inbox.ConversationStarted, inbox.MessageReceived, inbox.MessageEdited, inbox.MessageReaction, inbox.MessageReaction)
	s.received("its message", r, inbox.OutcomeNew, isNew)
	m := s.message(r.Message)
	want(t, "text", m.Text, "edited")
	want(t, "reactions", m.Reactions, []inbox.Reaction{{By: "lee", Emoji: "👍", Time: seconds(2)}, {By: "lee", Emoji: "❤", Time: seconds(3), Removed: true}})
	s.leavesNoTrace("its message again", func() {
		s.received("again", s.Receive(chat("m", known("kim"), "original")), inbox.OutcomeDuplicate, isNew)
	})
	s.WantLogHolds()
}

func TestAnEventIsAboutAMessageOfItsAccountOnly(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	r := s.Receive(chat("m", known("kim"), "original"))
	other := s.Connect(channel.WebChat, "other")
	in := deletion("m", 1)
	in.Account = other.AccountKey
	want(t, "on the other account", s.Receive(in).Outcome, inbox.OutcomeEarly)
	want(t, "status", s.status(r.Message), inbox.Stands)
}

func TestWhatComesBeforeItsMessageIsBounded(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for i := range inbox.MaxEarly {
		want(t, "early", s.Receive(reaction("m", fmt.Sprint("person ", i), "👍", i)).Outcome, inbox.OutcomeEarly)
	}
	s.leavesNoTrace("one too many", func() {
		want(t, "one too many", s.Receive(reaction("m", "person", "👍", 1)).Outcome, inbox.OutcomeIgnored)
	})
	r := s.Receive(chat("m", known("kim"), "original"))
	want(t, "reactions", len(s.message(r.Message).Reactions), inbox.MaxEarly)
}

func TestADeletionBeforeItsMessageLeavesReceiptsAlone(t *testing.T) {
	t.Parallel()
	var s *stage
	s = newStageWith(t, &channeltest.Recorder{Answer: func(channel.Sending) (channel.Sent, error) {
		for i := range inbox.MaxEarly {
			in := receipt("ours", channel.Delivered, i)
			in.Problem = "none"
			s.Receive(in)
		}
		s.Receive(deletion("ours", 1))
		s.Receive(receipt("ours", channel.Read, 2))
		return channel.Sent{ExternalID: "ours"}, nil
	}})
	c := s.ContactWrites("Kim", "Hello?").Conversation
	ours := s.AgentReplies("Ann", c, "Yes?").Message
	s.Tick()
	want(t, "status", s.status(ours), inbox.Deleted)
	want(t, "delivery", s.message(ours).Delivery.State, inbox.Delivered) // the receipt after the deletion was one too many
}

// A deletion is never the one too many: what a contact has taken back must not be shown.
func TestADeletionBeforeItsMessageCountsWhateverElseHasCome(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for i := range inbox.MaxEarly + 5 {
		s.Receive(reaction("m", fmt.Sprint("person ", i), "👍", i))
	}
	want(t, "deletion", s.Receive(deletion("m", 5)).Outcome, inbox.OutcomeEarly)
	s.leavesNoTrace("what comes after it", func() {
		want(t, "deletion again", s.Receive(deletion("m", 6)).Outcome, inbox.OutcomeEarly)
		want(t, "edit", s.Receive(edit("m", "again", 7)).Outcome, inbox.OutcomeEarly)
	})
	r := s.Receive(chat("m", known("kim"), "My number is 4711."))
	m := s.message(r.Message)
	want(t, "status", m.Status(), inbox.Deleted)
	want(t, "text", m.Text, "")
	want(t, "preview", s.Header(r.Conversation).Last.Preview, "")
}

func TestEventsOfOneMessageAtOnceAreAllKept(t *testing.T) {
	t.Parallel()
	for _, early := range []bool{true, false} {
		s := newStage(t)
		message := chat("m", known("kim"), "original")
		if !early {
			s.Receive(message)
		}
		atOnce(t, inbox.MaxEarly, func(i int) (inbox.Received, error) {
			in := reaction("m", fmt.Sprint("person ", i), "👍", i)
			in.Account = s.Account.AccountKey
			return s.Box.Receive(t.Context(), in)
		})
		r := s.Receive(message)
		want(t, "reactions", len(s.message(r.Message).Reactions), inbox.MaxEarly)
		s.WantLogHolds()
	}
}

func TestAReactionOpensTheWindowWhereTheNetworkSaysSo(t *testing.T) {
	t.Parallel()
	for network, opens := range map[channel.Network]bool{channel.Facebook: true, channel.WhatsApp: false} {
		s := newStage(t)
		s.Account = s.Connect(network, "7")
		c := s.ContactWrites("Kim", "Hello?").Conversation
		about := s.Messages(c)[0].ExternalID
		s.at(seconds(60))
		react := func(by, emoji string, removed bool) {
			s.Receive(channel.Inbound{Event: channel.ReactionEvent, About: about, From: s.Person(by), Reaction: emoji, Removed: removed})
		}
		ends := func() time.Time { return s.Header(c).Window.Ends }
		react("Lee", "👍", false)
		want(t, "the window after a stranger's", ends(), curtain.Add(24*time.Hour))
		react("Kim", "👍", true)
		want(t, "the window after one that was taken back", ends(), curtain.Add(24*time.Hour))
		react("Kim", "❤️", false)
		after := curtain.Add(24 * time.Hour)
		if opens {
			after = after.Add(time.Minute)
		}
		want(t, "the window on "+string(network), ends(), after)
		s.WantLogHolds()
	}
}

func TestAStrangersReactionIsNotTheContacts(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	r := s.Receive(chat("m", s.Person("Kim"), "Hello?"))
	for by, actor := range map[string]audit.Actor{
		"Kim": {Kind: audit.ActorContact, ID: r.Contact.String()},
		"Lee": {Kind: audit.ActorContact, Name: "Lee"},
	} {
		in := reaction("m", by, "👍", 1)
		in.From = s.Person(by)
		s.Receive(in)
		want(t, "who reacted", s.keeps().Entries[s.keeps().Head.Position-1].Actor, actor)
	}
}

func TestEarlyReactionsMakeRoomForWhatWeighsMore(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for i := range 25 {
		got := s.Receive(reaction("m", fmt.Sprintf("fan %d", i), "👍", i)).Outcome
		if wanted := inbox.OutcomeEarly; i < 20 && got != wanted || i >= 20 && got != inbox.OutcomeIgnored {
			t.Errorf("reaction %d is %s", i, got)
		}
	}
	want(t, "an edit", s.Receive(edit("m", "Hello!", 30)).Outcome, inbox.OutcomeEarly)
	r := s.Receive(chat("m", s.Person("Kim"), "Helo?"))
	m := s.message(r.Message)
	if m.Text != "Hello!" || len(m.Reactions) != 19 || m.Reactions[0].By != "fan 1" {
		t.Errorf("it says %q and has %d reactions", m.Text, len(m.Reactions))
	}
}

func TestAMessageKeepsAThousandReactions(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	r := s.Receive(chat("m", s.Person("Kim"), "Hello?"))
	for i := range 1002 {
		s.Receive(reaction("m", fmt.Sprintf("fan %d", i), "👍", i))
	}
	if got := len(s.message(r.Message).Reactions); got != 1000 {
		t.Errorf("it has %d reactions", got)
	}
	want(t, "one that is known", s.Receive(unreaction("m", "fan 7", "👍", 2000)).Outcome, inbox.OutcomeUpdated)
}
