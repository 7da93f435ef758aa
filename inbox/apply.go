package inbox

import (
	"maps"
	"slices"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/contact"
	"github.com/google/uuid"
)

// Apply makes the snapshot what Load would answer its Ref with after the change was committed. It reports whether it could: where
// the change leads to rows that neither of the two holds, only the store knows them, and the snapshot is of no more use.
//
// It shares nothing with the change that a decision changes in place. It does no I/O.
func (s *Snapshot) Apply(ch *Change) bool {
	if ch.Tenant != s.Ref.Tenant {
		return true
	}
	a := applying{Snapshot: s, change: ch, before: s.wanted(), was: s.Conversation.ID}
	if len(ch.Documents) > 0 {
		s.Epoch++
	}
	a.named()
	a.arrived(s.Ref.Arrival.ExternalID, &s.Arrival)
	a.arrived(s.Ref.Arrival.About, &s.About)
	known := a.conversation() && a.surround() && a.messages()
	a.stands()
	return known
}

// applying is one Apply under way.
type applying struct {
	*Snapshot
	change *Change
	before [4]MessageID   // the messages that were asked for
	was    ConversationID // the conversation that was found
}

// wanted is the messages that the ref names, each by the part that names it.
func (s *Snapshot) wanted() [4]MessageID {
	ids := [4]MessageID{s.Ref.Message, {}, s.Arrival.Message, s.About.Message}
	if s.Ref.Asked {
		ids[1] = s.Conversation.Asked
	}
	return ids
}

// named takes over what is found by its own name alone.
func (a *applying) named() {
	for i := range a.change.Keys {
		if k := &a.change.Keys[i]; k.Key == a.Ref.Key {
			a.Key = *k
		}
	}
	for i := range a.change.Documents {
		if d := &a.change.Documents[i]; d.DocumentKey == a.Ref.Document {
			a.Document = *d
		}
	}
}

// arrived takes over what is known under a network's id of a message.
func (a *applying) arrived(externalID string, to *Arrival) {
	for i := range a.change.Arrivals {
		if in := &a.change.Arrivals[i]; externalID != "" && in.ExternalID == externalID && in.Account == a.Ref.Arrival.Account {
			*to = *in
			to.Conflicting, to.Early = slices.Clip(in.Conflicting), slices.Clone(in.Early)
		}
	}
}

// conversation finds the conversation, the thread and the identities as Load does.
func (a *applying) conversation() bool {
	if a.Ref.Conversation.UUID != uuid.Nil {
		return a.find(a.Ref.Conversation) && a.threadOf() && a.identityOf()
	}
	a.recognise()
	ref := &a.Ref.Arrival
	switch {
	case a.Arrival.Message.UUID != uuid.Nil:
		return a.holding(a.Arrival.Message)
	case a.About.Message.UUID != uuid.Nil && ref.ExternalID == "":
		return a.holding(a.About.Message)
	}
	if !a.threadNamed() {
		return false
	}
	a.openNow()
	if a.Open.UUID != uuid.Nil {
		return a.find(a.Open)
	}
	return a.find(a.Thread.Conversation)
}

// holding finds the conversation of a message, and its thread.
func (a *applying) holding(id MessageID) bool {
	m := a.message(id)
	return m != nil && a.find(m.Conversation) && a.threadOf()
}

// find takes the conversation with an id from where it is known.
func (a *applying) find(id ConversationID) bool {
	c := a.change.Conversation
	switch {
	case c != nil && c.ID == id:
		a.Conversation = *c
		a.Conversation.Topics = slices.Clip(c.Topics)
	case a.Conversation.ID == id:
	case id.UUID == uuid.Nil:
		a.Conversation = Conversation{}
	case id == a.Ref.Conversation: // it did not exist, and does not now
	default:
		return false
	}
	return true
}

// threadOf finds the thread of the conversation, and which of its conversations is open.
func (a *applying) threadOf() bool {
	id := a.Conversation.Thread
	switch th := a.change.Thread; {
	case th != nil && th.ID == id && a.Conversation.Version > 0:
		if a.Thread.ID != id && a.Thread.ID.UUID != uuid.Nil {
			a.Open = ConversationID{}
		}
		a.Thread = *th
	case a.Thread.ID != id && a.Conversation.Version > 0:
		return false
	}
	a.openNow()
	return true
}

// openNow keeps which conversation of the thread is open.
func (a *applying) openNow() {
	c := a.change.Conversation
	switch {
	case c == nil || a.Thread.ID.UUID == uuid.Nil:
	case c.Thread == a.Thread.ID && c.State != StateResolved && c.State != StateNone:
		a.Open = c.ID
	case a.Open == c.ID:
		a.Open = ConversationID{}
	}
}

// identityOf finds the identity of the conversation that the ref names.
func (a *applying) identityOf() bool {
	if a.Conversation.Version == 0 {
		return true
	}
	if i := a.identity(a.Conversation.Identity); i != nil {
		a.Identities = append(a.Identities[:0], *i)
		return true
	}
	return a.was == a.Conversation.ID && len(a.Identities) == 0
}

// identity returns an identity by its id, nil if it is not at hand.
func (a *applying) identity(id contact.IdentityID) *Identity {
	for _, all := range [2][]Identity{a.change.Identities, a.Identities} {
		for i := range all {
			if all[i].ID == id {
				return &all[i]
			}
		}
	}
	return nil
}

// recognise finds the identities with the addresses named, in the order named, each once.
func (a *applying) recognise() {
	if len(a.change.Identities) == 0 {
		return
	}
	var found []Identity
	for _, address := range a.Ref.Arrival.Addresses {
		for _, all := range [2][]Identity{a.change.Identities, a.Identities} {
			i := slices.IndexFunc(all, func(i Identity) bool { return i.Address == address })
			if i >= 0 && *a.identity(all[i].ID) == all[i] {
				if !slices.Contains(found, all[i]) {
					found = append(found, all[i])
				}
				break
			}
		}
	}
	a.Identities = append(a.Identities[:0], found...)
}

// threadNamed finds the thread that the arrival names: that of the first known address that has one.
func (a *applying) threadNamed() bool {
	th, ref := a.change.Thread, &a.Ref.Arrival
	if th == nil {
		return true
	}
	names := th.Account == ref.Account && th.Visibility == ref.Visibility && th.Key == ref.Thread
	place := func(t *Thread) int {
		return slices.IndexFunc(a.Identities, func(i Identity) bool { return i.ID == t.Identity })
	}
	mine, have := place(th), place(&a.Thread)
	switch {
	case a.Thread.ID == th.ID && !(names && mine == have):
		return false // it has become another's
	case names && mine >= 0 && (a.Thread.Version == 0 || mine <= have):
		if a.Thread.ID != th.ID {
			a.Open = ConversationID{}
		}
		a.Thread = *th
	}
	return true
}

// surround finds the contact.
func (a *applying) surround() bool {
	var who *Identity
	switch {
	case a.Conversation.Version > 0:
		if who = a.identity(a.Conversation.Identity); who == nil && a.was != a.Conversation.ID {
			return false
		}
	case len(a.Identities) > 0:
		who = &a.Identities[0]
	}
	c := a.change.Contact
	switch {
	case c != nil && (who != nil && who.Contact == c.ID || who == nil && a.Contact.ID == c.ID && c.ID.UUID != uuid.Nil):
		a.Contact = *c
		a.Contact.Attributes = maps.Clone(c.Attributes)
	case who != nil && who.Contact != a.Contact.ID:
		return false
	}
	return true
}

// messages finds the messages and the note that the ref names.
func (a *applying) messages() bool {
	for i := range a.change.Notes {
		if n := &a.change.Notes[i]; n.ID == a.Ref.Note && n.Conversation == a.Conversation.ID && n.ID.UUID != uuid.Nil {
			a.Notes = []Note{*n}
		}
	}
	var found []Message
	for i, id := range a.wanted() {
		if id.UUID == uuid.Nil || slices.ContainsFunc(found, func(m Message) bool { return m.ID == id }) {
			continue
		}
		m := a.message(id)
		switch {
		case m == nil && (a.before[i] != id || a.was != a.Conversation.ID):
			return false
		case m == nil || i == 0 && m.Conversation != a.Conversation.ID:
			continue
		}
		found = append(found, *m)
		last := &found[len(found)-1]
		last.Attach, last.Reactions = slices.Clip(m.Attach), slices.Clone(m.Reactions)
	}
	a.Messages = append(a.Messages[:0], found...)
	return true
}

// message returns a message by its id, nil if it is not at hand.
func (a *applying) message(id MessageID) *Message {
	for i := range a.change.Messages {
		if a.change.Messages[i].ID == id {
			return &a.change.Messages[i]
		}
	}
	return a.Snapshot.message(id)
}

// stands looks for the cause that the ref asks for.
func (a *applying) stands() {
	if a.Ref.Cause == uuid.Nil {
		return
	}
	conversation := audit.Subject{Kind: audit.SubjectConversation, ID: a.Conversation.ID.UUID}
	document := audit.Subject{Kind: audit.SubjectSetting, ID: a.Ref.Document.ID}
	for i := range a.change.Entries {
		e := &a.change.Entries[i]
		if e.Cause == a.Ref.Cause && e.Seq > a.Ref.Seq && (e.Subject == conversation || e.Subject == document) {
			a.Stands = true
		}
	}
}
