package inbox

import (
	"maps"
	"slices"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/contact"
	"github.com/google/uuid"
)

// person makes sure that there is a contact with all the addresses, and takes in what the network tells about it. tells is false
// where the network speaks of whom we wrote to, not of who writes: the contact then does nothing itself.
func (d *decision) person(p channel.Person, tells bool) {
	s := d.snap
	if s.Contact.Version == 0 {
		id := contact.ID{UUID: d.tape.id(contactSlot)}
		if tells {
			d.by = byContact(id)
		}
		d.record(&contactCreated{Contact: id, Name: p.Name})
	} else if tells {
		d.by = byContact(s.Contact.ID)
		if p.Name != "" && p.Name != s.Contact.Name {
			d.record(&contactNamed{Name: p.Name})
		}
	}
	for i, a := range p.Addresses {
		if !slices.ContainsFunc(s.Identities, func(known Identity) bool { return known.Address == a }) {
			d.record(&identityAdded{Identity: contact.IdentityID{UUID: d.tape.id(identitySlot + slot(i))}, Address: a})
			added := &s.Identities[len(s.Identities)-1]
			added.Version = 1
			d.change.Identities = append(d.change.Identities, *added)
		}
	}
	if !tells || len(p.Attributes) == 0 {
		return
	}
	for _, alias := range slices.Sorted(maps.Keys(p.Attributes)) {
		value, have := cleaned(p.Attributes[alias]), s.Contact.Attributes[alias]
		if value != have.Value && contact.Network.Replaces(have.Source) {
			d.record(&attributeSet{Alias: alias, Value: value, Source: contact.Network})
		}
	}
}

// byContact is the actor of what a contact does.
func byContact(id contact.ID) audit.Actor {
	return audit.Actor{Kind: audit.ActorContact, ID: id.String()}
}

// thread makes sure that the thread exists. A new one is begun with the first address.
func (d *decision) thread(account channel.AccountID, v channel.Visibility, key string) {
	if d.snap.Thread.Version > 0 {
		return
	}
	d.snap.Thread = Thread{
		ID:        ThreadID{d.tape.id(threadSlot)},
		ThreadKey: ThreadKey{Account: account, Identity: d.snap.Identities[0].ID, Visibility: v, Key: key},
	}
}

// reach brings the thread's conversation to where a trigger leads: it begins one, reopens one or leaves it as it is.
func (d *decision) reach(account channel.AccountID, t Trigger) (Outcome, error) {
	c := &d.snap.Conversation
	if c.Version == 0 {
		return OutcomeNew, d.begin(account, t, ConversationID{})
	}
	if c.State == StateResolved && t == ContactWrites {
		if within := d.account().ReopenWithin; within > 0 && d.now.Sub(c.Resolved) > within {
			return OutcomeLinked, d.begin(account, t, c.ID)
		}
	}
	if t == AnsweredElsewhere {
		return OutcomeAppended, nil // moves when its message is stored
	}
	was := c.State
	to, err := NextState(was, t)
	if err != nil {
		return "", err
	}
	if to != was {
		d.record(&stateChanged{From: was, To: to})
	}
	if was == StateResolved {
		return OutcomeReopened, nil
	}
	return OutcomeAppended, nil
}

// begin starts a conversation on the thread.
func (d *decision) begin(account channel.AccountID, t Trigger, linked ConversationID) error {
	to, err := NextState(StateNone, t)
	if err != nil {
		return err
	}
	th := &d.snap.Thread
	id := ConversationID{d.tape.id(conversationSlot)}
	d.before = found{}
	d.record(&conversationStarted{Conversation: id, Thread: th.ID, Account: account, Network: d.set.accounts[account].Network,
		Visibility: th.Visibility, Identity: th.Identity, Linked: linked, State: to})
	th.Version++
	th.Conversation = id
	moved := *th
	d.change.Thread = &moved
	return nil
}

// replyMoves brings a conversation to where a reply leads. then is the state that the reply itself names; StateNone leaves it to
// the account, which has no say over bots and resolved conversations.
func (d *decision) replyMoves(t Trigger, then State, r Resolve) error {
	c := &d.snap.Conversation
	if then == StateNone && t != BotReplies && c.State != StateResolved {
		then = d.account().AfterReply
	}
	to, err := nextStateNamed(c.State, t, then)
	if err != nil || to == c.State {
		return err
	}
	if to == StateResolved {
		return d.resolve(r)
	}
	if err := d.alone(); err != nil {
		return err
	}
	d.record(&stateChanged{From: c.State, To: to})
	return nil
}

// alone refuses to open a conversation beside another open one of its thread.
func (d *decision) alone() error {
	if open := d.snap.Open; open.UUID != uuid.Nil && open != d.snap.Conversation.ID {
		return &OpenError{Conversation: open}
	}
	return nil
}
