package memory

import (
	"context"
	"slices"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
)

// Load implements inbox.Loader.
func (s *Store) Load(ctx context.Context, snaps ...*inbox.Snapshot) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, snap := range snaps {
		if err := known(snap.Ref.Tenant); err != nil {
			return err
		}
		*snap = inbox.Snapshot{Ref: snap.Ref, Identities: snap.Identities[:0], Messages: snap.Messages[:0]}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, snap := range snaps {
		s.of(snap.Ref.Tenant).load(snap)
	}
	return nil
}

// load answers the ref that stands in the snapshot.
func (t *tenant) load(to *inbox.Snapshot) {
	to.Epoch = t.epoch
	ref := &to.Ref
	var f found
	f.own = t.arrived(arrivalKey{ref.Arrival.Account, ref.Arrival.ExternalID}, &to.Arrival)
	f.about = t.arrived(arrivalKey{ref.Arrival.Account, ref.Arrival.About}, &to.About)
	if ref.Conversation.UUID != uuid.Nil {
		f.conversation = t.conversations[ref.Conversation]
	} else {
		t.enter(&ref.Arrival, &f, to)
	}
	t.surround(&f, to)
	t.addMessages(&f, to)
	t.addNamed(to)
}

// found is what a ref has led to so far.
type found struct {
	conversation *conversation
	thread       *thread
	who          *identity // the first that was recognised
	own, about   *inbox.Message
}

// enter finds a conversation by what a network names.
func (t *tenant) enter(ref *inbox.ArrivalRef, f *found, to *inbox.Snapshot) {
	t.recognise(ref, f, to)
	switch {
	case f.own != nil:
		f.conversation = t.conversations[f.own.Conversation]
	case f.about != nil && ref.ExternalID == "":
		f.conversation = t.conversations[f.about.Conversation]
	case f.thread != nil:
		if f.conversation = f.thread.open; f.conversation == nil {
			f.conversation = t.conversations[f.thread.Conversation]
		}
	}
}

// recognise finds the identities with the addresses named, and the thread of the first one that has it.
func (t *tenant) recognise(ref *inbox.ArrivalRef, f *found, to *inbox.Snapshot) {
	for _, address := range ref.Addresses {
		who := t.addresses[address]
		if who == nil || slices.ContainsFunc(to.Identities, func(i inbox.Identity) bool { return i.ID == who.ID }) {
			continue
		}
		to.Identities = append(to.Identities, who.Identity)
		if f.who == nil {
			f.who = who
		}
		if f.thread == nil {
			f.thread = t.threadOf(who, ref)
		}
	}
}

// surround hands out the conversation and what belongs to it.
func (t *tenant) surround(f *found, to *inbox.Snapshot) {
	who := f.who
	if c := f.conversation; c != nil {
		copyConversation(&to.Conversation, &c.Conversation)
		if who == nil || who.ID != c.Identity {
			who = t.identities[c.Identity]
		}
		if f.thread == nil || f.thread.ID != c.Thread {
			f.thread = t.threads[c.Thread]
		}
		if who != nil && to.Ref.Conversation.UUID != uuid.Nil {
			to.Identities = append(to.Identities[:0], who.Identity)
		}
	}
	if f.thread != nil {
		to.Thread = f.thread.Thread
		if f.thread.open != nil {
			to.Open = f.thread.open.ID
		}
	}
	if who != nil {
		if row := t.contactOf(who); row != nil {
			copyContact(&to.Contact, row)
		}
	}
}

// addMessages hands out the messages that the ref names.
func (t *tenant) addMessages(f *found, to *inbox.Snapshot) {
	if id := to.Ref.Message; id.UUID != uuid.Nil {
		if m := t.messages[id]; m != nil && m.Conversation == to.Conversation.ID {
			to.Messages = addMessage(to.Messages, m)
		}
	}
	if to.Ref.Asked {
		to.Messages = addMessage(to.Messages, t.messages[to.Conversation.Asked])
	}
	to.Messages = addMessage(to.Messages, f.own)
	to.Messages = addMessage(to.Messages, f.about)
}

// addNamed hands out what else the ref names.
func (t *tenant) addNamed(to *inbox.Snapshot) {
	ref := &to.Ref
	if ref.Note.UUID != uuid.Nil {
		if n := t.notes[ref.Note]; n != nil && n.Conversation == to.Conversation.ID {
			to.Notes = []inbox.Note{*n}
		}
	}
	if ref.Document.ID != uuid.Nil {
		if d := t.documents[ref.Document]; d != nil {
			to.Document = copyDocument(d)
		}
	}
	if ref.Key != "" {
		if k := t.keys[ref.Key]; k != nil {
			to.Key = copyKey(k)
		}
	}
	if ref.Cause != uuid.Nil {
		to.Stands = t.stands(audit.Subject{Kind: audit.SubjectConversation, ID: to.Conversation.ID.UUID}, ref.Cause, ref.Seq) ||
			t.stands(audit.Subject{Kind: audit.SubjectSetting, ID: ref.Document.ID}, ref.Cause, ref.Seq)
	}
}

// addMessage adds a message unless it is there.
func addMessage(to []inbox.Message, m *inbox.Message) []inbox.Message {
	if m == nil || slices.ContainsFunc(to, func(have inbox.Message) bool { return have.ID == m.ID }) {
		return to
	}
	to = append(to, inbox.Message{})
	copyMessage(&to[len(to)-1], m)
	return to
}
