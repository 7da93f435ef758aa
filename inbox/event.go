package inbox

import (
	"slices"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/google/uuid"
)

// maxEarly is how many events are kept for a message that has not come.
const maxEarly = 20

// decideEvent says what an edit, deletion, reaction or receipt does to the message it is about.
func (a *arrival) decideEvent(d *decision) error {
	about := d.snap.About
	e := a.event(d)
	if about.Message.UUID == uuid.Nil {
		a.keepEarly(d, about, e)
		return nil
	}
	a.out.Message = about.Message
	d.by = d.reporter(e)
	changed, err := d.event(about.Message, e, !a.in.Time.IsZero())
	a.out.Outcome = OutcomeIgnored
	if changed {
		a.out.Outcome = OutcomeUpdated
	}
	return err
}

// event is what is kept of an arrival that is about a message.
func (a *arrival) event(d *decision) EarlyEvent {
	in := &a.in
	e := EarlyEvent{Event: in.Event, Time: in.Time, Text: in.Text, Cut: a.cut, Attach: in.Attach, Reaction: in.Reaction, Removed: in.Removed,
		Receipt: in.Receipt, Problem: in.Problem}
	if e.Time.IsZero() {
		e.Time = d.now
	}
	if len(in.From.Addresses) > 0 {
		e.By = in.From.Addresses[0].ID
	}
	return e
}

// keepEarly keeps an event for a message that has not come. The same event again adds nothing. A deletion is always kept, and beside
// it only receipts.
func (a *arrival) keepEarly(d *decision, about Arrival, e EarlyEvent) {
	a.out.Outcome = OutcomeEarly
	known := func(k EarlyEvent) bool {
		return k.Event == channel.DeleteEvent && e.Event != channel.ReceiptEvent || k.Event == e.Event && (k.Time.Equal(e.Time) || a.in.Time.IsZero()) && k.Text == e.Text &&
			k.By == e.By && k.Reaction == e.Reaction && k.Removed == e.Removed && k.Receipt == e.Receipt
	}
	if slices.ContainsFunc(about.Early, known) {
		return
	}
	if e.Event == channel.DeleteEvent {
		about.Early = slices.DeleteFunc(slices.Clone(about.Early), func(k EarlyEvent) bool { return k.Event != channel.ReceiptEvent })
	} else if len(about.Early) >= maxEarly && !makeRoom(&about, e) {
		a.out.Outcome = OutcomeIgnored
		return
	}
	about.Account, about.ExternalID = a.account, a.in.About
	about.Version++
	about.Early = append(slices.Clip(about.Early), e)
	d.change.Arrivals = append(d.change.Arrivals, about)
}

// makeRoom drops the oldest reaction for an event that is none, and reports whether there was one.
func makeRoom(about *Arrival, e EarlyEvent) bool {
	i := slices.IndexFunc(about.Early, func(k EarlyEvent) bool { return k.Event == channel.ReactionEvent })
	if i < 0 || e.Event == channel.ReactionEvent {
		return false
	}
	about.Early = slices.Delete(slices.Clone(about.Early), i, i+1)
	return true
}

// reporter is the actor of an event: the network's side that caused it. A stranger who reacts has no id of ours.
func (d *decision) reporter(e EarlyEvent) audit.Actor {
	m := d.snap.message(d.snap.About.Message)
	if e.Event == channel.ReceiptEvent || m != nil && m.Direction == channel.Outgoing && e.Event != channel.ReactionEvent {
		return elsewhere
	}
	if e.Event == channel.ReactionEvent && !d.converses(e.By) {
		return audit.Actor{Kind: audit.ActorContact, Name: e.By}
	}
	return byContact(d.snap.Contact.ID)
}

// converses reports whether it is the contact's conversation, by the network's id of the person.
func (d *decision) converses(id string) bool {
	c := &d.snap.Conversation
	return slices.ContainsFunc(d.snap.Identities, func(known Identity) bool {
		return known.ID == c.Identity && known.Address == channel.Address{Network: c.Network, ID: id}
	})
}

// event applies one event to a message and reports whether anything changed. In whatever order events come, the message ends the
// same: a deletion is final, the newest edit counts, a reaction is as last told, a receipt never goes back. told is false where the
// network tells no times: then what is so already is no news.
func (d *decision) event(id MessageID, e EarlyEvent, told bool) (bool, error) {
	m := d.snap.message(id)
	switch {
	case m == nil:
		return false, nil
	case e.Event == channel.ReceiptEvent:
		return d.delivered(m, receiptState[e.Receipt], "", e.Problem)
	case !m.Erased.IsZero() || !m.Deleted.IsZero():
		return false, nil
	case e.Event == channel.DeleteEvent:
		d.recordOf(id, &messageDeleted{Message: id, Time: e.Time})
	case e.Event == channel.EditEvent:
		same := e.Text == m.Text && (len(e.Attach) == 0 || slices.Equal(e.Attach, m.Attach))
		if !m.Masked.IsZero() || same && !told || !later(e, m) {
			return false, nil
		}
		d.recordOf(id, &messageEdited{Message: id, Text: e.Text, Cut: e.Cut, Attach: e.Attach, Time: e.Time})
	case e.Event == channel.ReactionEvent:
		r := Reaction{By: e.By, Emoji: e.Reaction, Time: e.Time, Removed: e.Removed}
		if !news(m.Reactions, r, told) || !known(m.Reactions, r) && len(m.Reactions) >= maxReactions {
			return false, nil
		}
		d.recordOf(id, &messageReaction{Message: id, Reaction: r, Window: d.opened(m, e)})
	}
	return true, nil
}

// opened is the messaging window that a contact's reaction opens.
func (d *decision) opened(m *Message, e EarlyEvent) channel.Window {
	acc := d.set.accounts[d.snap.Conversation.Account]
	if acc == nil || e.Removed || m.Visibility != channel.Private || !d.converses(e.By) {
		return channel.Window{}
	}
	return channel.WindowFor(acc.Account, m.Kind, channel.ByReaction, earlier(e.Time, d.now))
}

// later reports whether an edit is newer than the message's text. Of two at the same instant the greater text counts.
func later(e EarlyEvent, m *Message) bool {
	if m.Edited.IsZero() {
		return true
	}
	if !e.Time.Equal(m.Edited) {
		return e.Time.After(m.Edited)
	}
	return e.Text > m.Text
}

func known(all []Reaction, r Reaction) bool {
	return slices.ContainsFunc(all, func(k Reaction) bool { return k.By == r.By && k.Emoji == r.Emoji })
}

// news reports whether a reaction tells something that is not known. Of two at the same instant the removal counts.
func news(known []Reaction, r Reaction, told bool) bool {
	for _, k := range known {
		if k.By == r.By && k.Emoji == r.Emoji {
			same := k.Removed == r.Removed
			return r.Time.After(k.Time) && (told || !same) || r.Time.Equal(k.Time) && r.Removed && !same
		}
	}
	return true
}

// receiptState is what a receipt makes of a delivery.
var receiptState = map[channel.Receipt]DeliveryState{channel.Delivered: Delivered, channel.Read: Read, channel.Failed: Failed}

// deliveryRank orders what can become of a delivery: a higher one is never replaced by a lower one.
var deliveryRank = map[DeliveryState]int{Queued: 1, Sending: 2, Unknown: 3, Sent: 4, Failed: 5, Delivered: 6, Read: 7}

// delivered brings a delivery further and reports whether it did. One that fails for good returns the conversation to New.
func (d *decision) delivered(m *Message, to DeliveryState, externalID, problem string) (bool, error) {
	if !m.Delivery.Sender() || deliveryRank[to] <= deliveryRank[m.Delivery.State] {
		return false, nil
	}
	d.recordOf(m.ID, &deliveryChanged{Message: m.ID, ExternalID: externalID, State: to, Problem: problem})
	if to != Failed {
		return true, nil
	}
	c := &d.snap.Conversation
	if d.alone() != nil {
		return true, nil // somebody looks at the thread's open conversation anyway
	}
	if c.State == StateResolved && d.set.accounts[c.Account] == nil {
		return true, nil // nobody can answer there any more
	}
	state, err := NextState(c.State, DeliveryFails)
	if err == nil && state != c.State {
		d.record(&stateChanged{From: c.State, To: state})
	}
	return true, err
}
