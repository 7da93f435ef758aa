package storagetest

import (
	"slices"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
)

// receive says what must become of something that arrives.
func (b *book) receive(in channel.Inbound, got inbox.Received) (want inbox.Received, refused []string) {
	account := b.accountNamed(in.Account)
	if account == nil {
		return want, []string{"no such account"}
	}
	defer b.end()
	if in.Event != channel.EchoEvent && in.Event != channel.MessageEvent {
		return b.tells(account.ID, in), nil
	}
	a := b.arrival(account.ID, in.ExternalID)
	if a.message == nil {
		return b.arrives(account.ID, a, in, got), nil
	}
	if said := content(in); a.content != "" && said != a.content && !a.conflicts[said] {
		a.conflicts[said] = true
		b.fact(b.conversation(a.message.Conversation), inbox.MessageConflict)
	}
	return b.received(inbox.OutcomeDuplicate, a.message), nil
}

func (b *book) received(o inbox.Outcome, m *inbox.Message) inbox.Received {
	c := b.conversation(m.Conversation)
	return inbox.Received{Outcome: o, Message: m.ID, Conversation: c.ID, State: c.State, Contact: c.thread.identity.contact.id}
}

// content is what makes a message that comes twice the same one.
func content(in channel.Inbound) string {
	s := string(in.Kind) + "\n" + in.From.Addresses[0].ID + "\n" + in.Text
	for _, a := range in.Attach {
		s += "\n" + a.ID
	}
	return s
}

// arrives stores a message of the contact's, or an answer that was given in the network's own app.
func (b *book) arrives(account channel.AccountID, a *bookArrival, in channel.Inbound, got inbox.Received) inbox.Received {
	echo, v := in.Event == channel.EchoEvent, in.Kind.Visibility()
	known, t := b.find(account, in.From.Addresses, v, in.Thread)
	b.person(in.From, known, t, !echo, got.Contact)
	if t == nil {
		t = b.begun(account, known, in.From, v, in.Thread)
	}
	c, outcome := b.reached(t, echo, got)
	m := &inbox.Message{
		ID: inbox.MessageID{UUID: b.adopt(got.Message.UUID)}, Conversation: c.ID, Account: account, ExternalID: in.ExternalID,
		Direction: channel.Incoming, Kind: in.Kind, Visibility: v, Author: audit.Actor{Kind: audit.ActorContact, ID: who(in), Name: in.From.Name},
		Text: in.Text, Attach: in.Attach, Paid: in.Paid, Time: in.Time, Received: b.now,
	}
	if m.Time.IsZero() {
		m.Time = b.now
	}
	if about := b.arrival(account, in.ReplyTo).message; about != nil && in.ReplyTo != "" {
		m.Answers = answering(about)
	}
	if echo {
		m.Direction, m.Author = channel.Outgoing, audit.Actor{Kind: audit.ActorElsewhere}
	}
	b.store(c, m)
	if echo && outcome == inbox.OutcomeAppended && isOpen(c) {
		b.answeredElsewhere(c)
	}
	if !echo && v == channel.Private {
		c.Window = widened(c.Window, c.Network, in.Opener, earlier(m.Time, m.Received))
	}
	a.message, a.content = m, content(in)
	b.tellEarly(a)
	return b.received(outcome, m)
}

// reached brings the thread's conversation to where somebody's writing leads it.
func (b *book) reached(t *bookThread, echo bool, got inbox.Received) (*bookConversation, inbox.Outcome) {
	c := b.current(t)
	switch {
	case c == nil && echo:
		return b.started(t, inbox.StatePending, inbox.ConversationID{}, got.Conversation), inbox.OutcomeNew
	case c == nil:
		return b.started(t, inbox.StateNew, inbox.ConversationID{}, got.Conversation), inbox.OutcomeNew
	case echo:
		return c, inbox.OutcomeAppended
	case isOpen(c):
		b.move(c, inbox.StateNew)
		return c, inbox.OutcomeAppended
	}
	if within := b.account(c).ReopenWithin; within > 0 && b.now.Sub(c.Resolved) > within {
		return b.started(t, inbox.StateNew, c.ID, got.Conversation), inbox.OutcomeLinked
	}
	b.move(c, inbox.StateNew)
	return c, inbox.OutcomeReopened
}

// answeredElsewhere is a person's reply of which nothing more is known: without what resolving needs, the conversation waits.
func (b *book) answeredElsewhere(c *bookConversation) {
	to := b.account(c).AfterReply
	if to == inbox.StateNone || to == inbox.StateResolved && b.unresolvable(c, inbox.Actor{}, inbox.Resolve{}) != nil {
		to = inbox.StatePending
	}
	b.lead(c, to, inbox.Resolve{})
}

// answering is the reference to a message with a copy of what it says now.
func answering(m *inbox.Message) inbox.Answer {
	return inbox.Answer{Message: m.ID, Author: m.Author, Text: m.Text}
}

// store puts a message at the conversation's end.
func (b *book) store(c *bookConversation, m *inbox.Message) {
	c.messages = append(c.messages, m)
	b.messages[m.ID] = m
	c.Last = inbox.Last{Message: m.ID, Direction: m.Direction, Kind: m.Kind, Paid: m.Paid, At: b.now, Preview: m.Text}
	c.Newest = b.now
	c.Count.Messages++
	waits := !c.WaitingSince.IsZero() && c.AnsweredBy == (inbox.MessageID{})
	switch m.Author.Kind {
	case audit.ActorContact:
		b.fact(c, inbox.MessageReceived)
		c.Count.Unread++
		c.Asked = m.ID
		if !waits {
			c.WaitingSince, c.AnsweredBy, c.AnsweredAgain = b.now, inbox.MessageID{}, inbox.MessageID{}
		}
		return
	case audit.ActorElsewhere:
		b.fact(c, inbox.MessageEchoed)
	default:
		b.fact(c, inbox.MessageWritten)
	}
	if m.Author.Kind == audit.ActorPerson {
		c.Count.Unread = 0
	}
	switch {
	case m.Author.Kind != audit.ActorPerson && m.Author.Kind != audit.ActorElsewhere: // programs answer nobody
	case waits:
		c.AnsweredBy = m.ID
	case !c.WaitingSince.IsZero():
		c.AnsweredAgain = m.ID
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

const (
	day  = 24 * time.Hour
	week = 7 * day
)

// widened is the window after an act of the contact at that time. WhatsApp and Messenger have windows of a day, Messenger of a week
// after an ad.
func widened(w channel.Window, n channel.Network, act channel.Opener, at time.Time) channel.Window {
	ends := at.Add(day)
	switch {
	case n != channel.WhatsApp && n != channel.Facebook:
		return w
	case act == "":
		act = channel.ByMessage
	case n == channel.Facebook && act == channel.ByAd:
		ends = at.Add(week)
	}
	if ends.After(w.Ends) {
		w.Ends, w.Opener = ends, act
	}
	if at.After(w.Opened) {
		w.Opened = at
	}
	return w
}

// tells says what must become of something that is about a message.
func (b *book) tells(account channel.AccountID, in channel.Inbound) inbox.Received {
	a := b.arrival(account, in.About)
	told := !in.Time.IsZero()
	if !told {
		in.Time = b.now
	}
	switch {
	case a.message == nil:
		return inbox.Received{Outcome: a.keep(in, told)}
	case b.happens(a.message, in, told):
		return b.received(inbox.OutcomeUpdated, a.message)
	}
	return b.received(inbox.OutcomeIgnored, a.message)
}

// keep keeps an event for a message that has not come: 20 at most, each once, and beside a deletion only receipts.
func (a *bookArrival) keep(e channel.Inbound, told bool) inbox.Outcome {
	for _, k := range a.early {
		same := k.Event == e.Event && k.Text == e.Text && k.Reaction == e.Reaction && k.Removed == e.Removed && k.Receipt == e.Receipt && who(k) == who(e)
		if same && (k.Time.Equal(e.Time) || !told) || k.Event == channel.DeleteEvent && e.Event != channel.ReceiptEvent {
			return inbox.OutcomeEarly
		}
	}
	if e.Event == channel.DeleteEvent {
		a.early = slices.DeleteFunc(a.early, func(k channel.Inbound) bool { return k.Event != channel.ReceiptEvent })
	} else if len(a.early) >= 20 {
		i := slices.IndexFunc(a.early, func(k channel.Inbound) bool { return k.Event == channel.ReactionEvent })
		if i < 0 || e.Event == channel.ReactionEvent {
			return inbox.OutcomeIgnored
		}
		a.early = slices.Delete(a.early, i, i+1) // a reaction makes room for what weighs more
	}
	a.early = append(a.early, e)
	return inbox.OutcomeEarly
}

func who(in channel.Inbound) string {
	if len(in.From.Addresses) == 0 {
		return ""
	}
	return in.From.Addresses[0].ID
}

// tellEarly lets happen what came before the message.
func (b *book) tellEarly(a *bookArrival) {
	for _, e := range a.early {
		b.happens(a.message, e, true)
	}
	a.early = nil
}

// happens does to a message what a network tells, and reports whether that is news. A deletion is final, the newest edit counts, a
// reaction is as last told, a receipt never goes back. Where no time was told, what is so already is no news.
func (b *book) happens(m *inbox.Message, e channel.Inbound, told bool) bool {
	c := b.conversation(m.Conversation)
	switch {
	case e.Event == channel.ReceiptEvent:
		return b.delivered(m, inbox.DeliveryState(e.Receipt))
	case !m.Deleted.IsZero():
		return false
	case e.Event == channel.ReactionEvent:
		return b.reacts(m, e, told)
	case e.Event == channel.DeleteEvent:
		m.Deleted, m.Text, m.Attach, m.Template, m.Answers.Text, m.Edited, m.Reactions = e.Time, "", nil, nil, "", time.Time{}, nil
		b.fact(c, inbox.MessageDeleted)
	case told || e.Text != m.Text:
		if e.Time.Before(m.Edited) || e.Time.Equal(m.Edited) && e.Text <= m.Text { // of two at the same time the greater text
			return false
		}
		m.Text, m.Edited = e.Text, e.Time
		b.fact(c, inbox.MessageEdited)
	default:
		return false
	}
	if c.Last.Message == m.ID {
		c.Last.Preview = m.Text
	}
	return true
}

func (b *book) reacts(m *inbox.Message, e channel.Inbound, told bool) bool {
	r := inbox.Reaction{By: who(e), Emoji: e.Reaction, Time: e.Time, Removed: e.Removed}
	i := slices.IndexFunc(m.Reactions, func(k inbox.Reaction) bool { return k.By == r.By && k.Emoji == r.Emoji })
	if i >= 0 {
		k := m.Reactions[i]
		newer := r.Time.After(k.Time) || r.Time.Equal(k.Time) && r.Removed && !k.Removed // of two at the same time the removal
		if !newer || !told && r.Removed == k.Removed {
			return false
		}
		m.Reactions[i] = r
	} else {
		m.Reactions = append(m.Reactions, r)
	}
	c := b.conversation(m.Conversation)
	b.fact(c, inbox.MessageReaction)
	writer := b.identities[channel.Address{Network: c.Network, ID: r.By}] == c.thread.identity
	if _, connected := b.accounts[c.Account]; connected && writer && !r.Removed && m.Visibility == channel.Private && c.Network == channel.Facebook {
		c.Window = widened(c.Window, c.Network, channel.ByReaction, earlier(e.Time, b.now))
	}
	return true
}

// Sending.

// stages are how far a delivery can come, in order.
var stages = []inbox.DeliveryState{"", inbox.Queued, inbox.Sending, inbox.Unknown, inbox.Sent, inbox.Failed, inbox.Delivered, inbox.Read}

// delivered brings a message of ours further, never back. One that fails for good returns the conversation to New, unless the thread
// has another open one, and the contact waits as if it had not been written.
func (b *book) delivered(m *inbox.Message, to inbox.DeliveryState) bool {
	if m.Delivery.State == "" || slices.Index(stages, to) <= slices.Index(stages, m.Delivery.State) {
		return false
	}
	c := b.conversation(m.Conversation)
	m.Delivery = inbox.Delivery{State: to, Changed: b.now}
	if to != inbox.Failed {
		b.fact(c, inbox.DeliveryChanged)
		return true
	}
	b.fact(c, inbox.DeliveryFailed)
	if c.AnsweredBy == m.ID {
		c.AnsweredBy, c.AnsweredAgain = c.AnsweredAgain, inbox.MessageID{}
	}
	if c.AnsweredAgain == m.ID {
		c.AnsweredAgain = inbox.MessageID{}
	}
	if _, connected := b.accounts[c.Account]; !b.otherOpen(c) && (connected || isOpen(c)) { // else nobody can answer there any more
		b.move(c, inbox.StateNew)
	}
	return true
}

// begins says what a round makes of a message that waits, and whether the adapter must be asked to send it.
func (b *book) begins(d *bookDue, adapter bool) (send bool) {
	defer b.end()
	m, c := d.message, b.conversation(d.message.Conversation)
	account, connected := b.accounts[m.Account]
	switch {
	case m.Delivery.State == inbox.Sending: // whoever began it did not come back
		b.delivered(m, inbox.Unknown)
	case connected && (account.Paused || !adapter):
		d.at, d.leased = b.now.Add(time.Minute), time.Time{}
		return false
	case !connected, m.Visibility == channel.Private && c.Visibility == channel.Private && b.shut(c, account, m.Author.Kind, m.Tag, m.Template):
		b.delivered(m, inbox.Failed)
	default:
		return b.delivered(m, inbox.Sending)
	}
	b.done(d)
	return false
}

// ends says what a round makes of what the adapter has answered.
func (b *book) ends(d *bookDue, to inbox.DeliveryState, externalID string) {
	defer b.end()
	b.done(d)
	m := d.message
	moved := b.delivered(m, to)
	if to != inbox.Sent || externalID == "" {
		return
	}
	if a := b.arrival(m.Account, externalID); a.message == nil { // else an echo came first, and is a message of its own
		if moved {
			m.ExternalID = externalID
		}
		a.message = m
		b.tellEarly(a)
	}
}

// done takes a message off the agenda.
func (b *book) done(d *bookDue) {
	b.dues = slices.DeleteFunc(b.dues, func(have *bookDue) bool { return have == d })
}
