package storagetest

import (
	"maps"
	"slices"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/contact"
	"github.com/deskwright/deskwright/inbox"
)

// talk is a contact, one of its threads and the thread's conversation, as the last change made of it leaves them. What it returns
// shares nothing with it.
type talk struct {
	k            *kit
	contact      inbox.Contact
	identity     inbox.Identity
	thread       inbox.Thread
	conversation inbox.Conversation
	message      inbox.Message // the newest one
	arrival      inbox.Arrival // of the newest one
}

// talk returns one of which nothing is stored yet.
func (k *kit) talk() *talk {
	t := &talk{k: k}
	t.contact.ID = contact.ID{UUID: k.id()}
	t.contact.Name = k.text("name")
	t.identity.ID = contact.IdentityID{UUID: k.id()}
	t.identity.Contact = t.contact.ID
	t.identity.Address = channel.Address{Network: channel.WhatsApp, ID: k.text("address")}
	t.thread.ID = inbox.ThreadID{UUID: k.id()}
	t.thread.ThreadKey = inbox.ThreadKey{
		Account: channel.AccountID{UUID: k.id()}, Identity: t.identity.ID, Visibility: channel.Private, Key: k.text("key"),
	}
	t.follow()
	return t
}

// follow begins another conversation of the thread.
func (t *talk) follow() {
	t.conversation = inbox.Conversation{
		ID:      inbox.ConversationID{UUID: t.k.id()},
		Thread:  t.thread.ID,
		Account: t.thread.Account, Network: channel.WhatsApp, Visibility: t.thread.Visibility, Identity: t.identity.ID,
		State: inbox.StateNew, Created: t.k.at(),
		Chain: audit.Chain{Key: [16]byte(t.k.id())},
	}
}

// begin is the change of the contact's first message.
func (t *talk) begin() inbox.Change {
	t.contact.Version++
	t.identity.Version++
	ch := t.append("the first message")
	ct := t.contact
	ct.Attributes = maps.Clone(ct.Attributes)
	ch.Contact, ch.Identities = &ct, []inbox.Identity{t.identity}
	return ch
}

// append is the change of one more message of the contact. The first one of a conversation begins it.
func (t *talk) append(text string) inbox.Change {
	k, c := t.k, &t.conversation
	ch := t.bump("message.received", audit.ClassTrail)
	t.message = inbox.Message{
		ID: inbox.MessageID{UUID: k.id()}, Conversation: c.ID, Seq: c.Chain.Seq,
		Account: c.Account, ExternalID: k.text("external"), Direction: channel.Incoming, Kind: channel.DirectMessage,
		Visibility: c.Visibility, Text: text, Time: k.at(), Received: k.at(),
	}
	t.arrival = inbox.Arrival{Account: c.Account, ExternalID: t.message.ExternalID, Version: 1, Message: t.message.ID}
	c.Asked, c.Last.Message, c.Last.At = t.message.ID, t.message.ID, t.message.Received
	c.Count.Messages++
	if c.Version == 1 {
		t.thread.Version++
		t.thread.Conversation = c.ID
		th := t.thread
		ch.Thread = &th
		ch.Totals = []inbox.TotalsDelta{{Account: c.Account, Totals: inbox.Totals{New: 1}}}
	}
	ch.Messages, ch.Arrivals = []inbox.Message{t.message}, []inbox.Arrival{t.arrival}
	ch.Conversation = t.row()
	return ch
}

// move is the change that leads the conversation to another state.
func (t *talk) move(to inbox.State) inbox.Change {
	before := t.conversation.State
	ch := t.bump("state.changed", audit.ClassTrail)
	t.conversation.State = to
	ch.Conversation = t.row()
	delta := inbox.TotalsDelta{Account: t.conversation.Account}
	for s, n := range map[inbox.State]int64{before: -1, to: 1} {
		switch s {
		case inbox.StateNew:
			delta.New += n
		case inbox.StatePending:
			delta.Pending += n
		}
	}
	ch.Totals = []inbox.TotalsDelta{delta}
	return ch
}

// detail is the change that leaves a log entry that timelines do not show.
func (t *talk) detail() inbox.Change { return t.bump("conversation.read", audit.ClassDetail) }

// trail is the change that leaves a log entry that timelines show.
func (t *talk) trail() inbox.Change { return t.bump("topic.added", audit.ClassTrail) }

// remark is the change that adds a note.
func (t *talk) remark(text string) inbox.Change {
	ch := t.bump("note.added", audit.ClassTrail)
	ch.Notes = []inbox.Note{{
		ID: inbox.NoteID{UUID: t.k.id()}, Conversation: t.conversation.ID, Seq: t.conversation.Chain.Seq, Text: text, Time: t.k.at(),
	}}
	return ch
}

// bump is a change of the conversation's row with one log entry.
func (t *talk) bump(action audit.Action, class audit.Class) inbox.Change {
	c := &t.conversation
	c.Version++
	c.Changed = t.k.at()
	ch := inbox.Change{Tenant: t.k.tenant}
	subject := audit.Subject{Kind: audit.SubjectConversation, ID: c.ID.UUID}
	ch.Entries = []audit.Entry{t.k.entry(&c.Chain, subject, action, class)}
	ch.Conversation = t.row()
	return ch
}

// row is the conversation for a change.
func (t *talk) row() *inbox.Conversation {
	c := t.conversation
	c.Topics = slices.Clone(c.Topics)
	return &c
}

// ref names the conversation.
func (t *talk) ref() inbox.Ref { return inbox.Ref{Tenant: t.k.tenant, Conversation: t.conversation.ID} }

// arrivalRef names what the thread is found by.
func (t *talk) arrivalRef() inbox.ArrivalRef {
	return inbox.ArrivalRef{
		Account: t.thread.Account, Addresses: []channel.Address{t.identity.Address}, Visibility: t.thread.Visibility, Thread: t.thread.Key,
	}
}

// entry makes a log entry and appends it to a chain.
func (k *kit) entry(chain *audit.Chain, subject audit.Subject, action audit.Action, class audit.Class) audit.Entry {
	e := audit.Entry{
		Tenant: k.tenant.UUID, Subject: subject, Time: k.at(), Actor: audit.Actor{Kind: audit.ActorSystem}, Action: action,
		Class: class, Cause: k.id(), Data: []byte(`{"n":"` + k.text("data") + `"}`),
	}
	chain.Append(&e)
	return e
}

// setting is a settings document of which nothing is stored yet.
func (k *kit) setting(kind inbox.DocumentKind) *inbox.Document {
	return &inbox.Document{
		DocumentKey: inbox.DocumentKey{Kind: kind, ID: k.id()}, Body: []byte(`{"name":"` + k.text("name") + `"}`),
		Chain: audit.Chain{Key: [16]byte(k.id())},
	}
}

// save is the change that stores a settings document as it is now.
func (k *kit) save(d *inbox.Document) inbox.Change {
	d.Version++
	subject := audit.Subject{Kind: audit.SubjectSetting, ID: d.ID}
	e := k.entry(&d.Chain, subject, "setting.saved", audit.ClassTrail)
	row := *d
	row.Body = slices.Clone(d.Body)
	return inbox.Change{Tenant: k.tenant, Documents: []inbox.Document{row}, Entries: []audit.Entry{e}}
}

// accountKey is a channel account's name that nobody has yet.
func (k *kit) accountKey() channel.AccountKey {
	return channel.AccountKey{Network: channel.WhatsApp, ExternalID: k.text("number")}
}

// wait is a row that waits until at, for a thing of its own.
func (k *kit) wait(kind inbox.DueKind) inbox.Due {
	return inbox.Due{Tenant: k.tenant, Kind: kind, Ref: k.id(), Conversation: inbox.ConversationID{UUID: k.id()}, At: k.at()}
}

// dropZero leaves out the accounts that have nothing open, which a store may leave out too.
func dropZero(all map[channel.AccountID]inbox.Totals) map[channel.AccountID]inbox.Totals {
	maps.DeleteFunc(all, func(_ channel.AccountID, n inbox.Totals) bool { return n == inbox.Totals{} })
	return all
}
