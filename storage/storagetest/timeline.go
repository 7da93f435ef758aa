package storagetest

import (
	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/inbox"
)

// timelines is what Timeline, Messages and Notes answer.
var timelines = []rule{
	{"a timeline has the entries that stored a message or a note and, if asked for, the others of the trail, oldest first", timelineClasses},
	{"an entry that stored a message or a note comes with it as it is now", timelineNow},
	{"a message or note that is put elsewhere leaves the entry that it had", timelineMoves},
	{"a message or note without an entry is in no timeline", timelineWithout},
	{"a timeline begins after a sequence number", timelineAfter},
	{"a timeline has what is of its conversation only", timelineOwn},
	{"Messages returns those with these ids that exist, each once", messagesByID},
	{"Notes returns those with these ids that exist, each once", notesByID},
}

func timelineClasses(k *kit) {
	t := k.talk()
	var with, without []inbox.Item
	for i, make := range []func() inbox.Change{
		t.begin, t.detail, t.trail, func() inbox.Change { return t.remark("a note") }, t.detail, func() inbox.Change { return t.append("second") },
		func() inbox.Change { return detailed(t.append("an entry of the details that stored a message")) },
		func() inbox.Change { return detailed(t.remark("an entry of the details that stored a note")) }, t.trail,
	} {
		ch := make()
		k.commit(ch)
		e := ch.Entries[0]
		e.Position = int64(i + 1)
		item := inbox.Item{Seq: e.Seq, Entry: e}
		switch {
		case len(ch.Messages) > 0:
			item.Message = &ch.Messages[0]
		case len(ch.Notes) > 0:
			item.Note = &ch.Notes[0]
		case e.Class == audit.ClassTrail:
			with = append(with, item)
			continue
		default:
			continue
		}
		with, without = append(with, item), append(without, item)
	}
	k.same("the timeline with the trail", k.timeline(t.conversation.ID, 0, 20, true), with)
	k.same("the timeline without the trail", k.timeline(t.conversation.ID, 0, 20, false), without)
}

// detailed makes the entry of a change one of the details.
func detailed(ch inbox.Change) inbox.Change {
	ch.Entries[0].Class = audit.ClassDetail
	return ch
}

func timelineNow(k *kit) {
	t := k.talk()
	k.commit(t.begin())
	note := t.remark("a note")
	k.commit(note)
	m, n := t.message, note.Notes[0]
	for range 2 {
		m.Text, m.Edited = k.text("edited"), k.at()
		m.Reactions = append(m.Reactions, inbox.Reaction{By: k.text("by"), Time: k.at()})
		n.Text, n.Deleted = k.text("edited"), k.at()
		ch := t.detail()
		ch.Messages, ch.Notes = []inbox.Message{m}, []inbox.Note{n}
		k.commit(ch)
		items := k.timeline(t.conversation.ID, 0, 20, true)
		if len(items) != 2 {
			k.stop("a timeline of a message and a note: got %d items", len(items))
		}
		k.same("the message in the timeline", items[0].Message, &m)
		k.same("the note in the timeline", items[1].Note, &n)
	}
}

func timelineMoves(k *kit) {
	t, other := k.talk(), k.talk()
	k.commit(t.begin(), t.trail(), t.trail(), other.begin(), other.trail(), other.trail(), other.trail(), other.trail())
	note := t.remark("a note")
	k.commit(note, t.trail())
	m, n := t.message, note.Notes[0]
	here, there := t.conversation.ID, other.conversation.ID
	for _, step := range []struct {
		of                    inbox.ConversationID
		message, note         int64
		what                  string
		with, without, beside []int64 // of the one, and of the other conversation
	}{
		{here, 1, 4, "where they were", []int64{1, 2, 3, 4, 5}, []int64{1, 4}, []int64{1}},
		{here, 2, 5, "at other entries", []int64{1, 2, 3, 4, 5}, []int64{2, 5}, []int64{1}},
		{there, 2, 5, "at entries of another conversation", []int64{1, 2, 3, 4, 5}, nil, []int64{1, 2, 5}},
		{here, 3, 4, "back again", []int64{1, 2, 3, 4, 5}, []int64{3, 4}, []int64{1}},
	} {
		m.Conversation, m.Seq, n.Conversation, n.Seq = step.of, step.message, step.of, step.note
		k.commit(inbox.Change{Tenant: k.tenant, Messages: []inbox.Message{m}, Notes: []inbox.Note{n}})
		seqs := func(id inbox.ConversationID, trail bool) (all []int64) {
			for _, item := range k.timeline(id, 0, 10, trail) {
				all = append(all, item.Seq)
				if item.Message != nil && item.Message.ID == m.ID {
					k.same("the message "+step.what, *item.Message, m)
				}
				if item.Note != nil {
					k.same("the note "+step.what, *item.Note, n)
				}
			}
			return all
		}
		k.same("the timeline with the trail and a message and a note "+step.what, seqs(here, true), step.with)
		k.same("the timeline without the trail", seqs(here, false), step.without)
		k.same("the timeline of the other conversation without the trail", seqs(there, false), step.beside)
	}
}

func timelineWithout(k *kit) {
	t := k.talk()
	k.commit(t.begin())
	m, n := t.message, t.remark("a note").Notes[0]
	m.ID.UUID, m.Seq = k.id(), 3
	k.commit(inbox.Change{Tenant: k.tenant, Messages: []inbox.Message{m}, Notes: []inbox.Note{n}})
	if items := k.timeline(t.conversation.ID, 0, 10, true); len(items) != 1 || items[0].Message.ID != t.message.ID {
		k.broken("the timeline of one entry, and a message and a note without one: got %d items", len(items))
	}
}

func timelineAfter(k *kit) {
	t := k.talk()
	k.commit(t.begin())
	want := []int64{1}
	for range 8 {
		k.commit(t.detail())
		k.commit(t.append("next"))
		want = append(want, t.message.Seq)
	}
	for after := int64(-1); after <= want[len(want)-1]+1; after++ {
		var expected, got []int64
		for _, seq := range want {
			if seq > after && len(expected) < 4 {
				expected = append(expected, seq)
			}
		}
		for _, item := range k.timeline(t.conversation.ID, after, 4, true) {
			got = append(got, item.Seq)
		}
		k.same("the sequence numbers of a page", got, expected)
	}
}

func timelineOwn(k *kit) {
	t, other := k.talk(), k.talk()
	k.commit(t.begin(), other.begin())
	k.commit(t.append("second"), other.remark("a note"))
	ch := t.trail()
	ch.Entries[0].Subject = audit.Subject{Kind: audit.SubjectContact, ID: t.conversation.ID.UUID}
	k.commit(ch)
	if got := k.timeline(t.conversation.ID, 0, 20, true); len(got) != 2 {
		k.broken("the timeline of a conversation with two messages: got %d items", len(got))
	}
	for _, item := range k.timeline(other.conversation.ID, 0, 20, true) {
		if item.Entry.Subject.ID != other.conversation.ID.UUID {
			k.broken("the timeline of %v: got an entry of %v", other.conversation.ID, item.Entry.Subject)
		}
	}
	k.same("the timeline of nothing", k.timeline(inbox.ConversationID{UUID: k.id()}, 0, 20, true), []inbox.Item(nil))
}

func messagesByID(k *kit) {
	t, other := k.talk(), k.talk()
	k.commit(t.begin(), other.begin())
	unknown := inbox.MessageID{UUID: k.id()}
	for _, ids := range [][]inbox.MessageID{
		{t.message.ID}, {t.message.ID, unknown, other.message.ID}, {other.message.ID, t.message.ID, other.message.ID}, {unknown}, {{}}, {},
	} {
		got, err := k.store.Messages(k.Context(), k.tenant, ids...)
		k.works("Messages", err)
		want := map[inbox.MessageID]inbox.Message{}
		for _, id := range ids {
			switch id {
			case t.message.ID:
				want[id] = t.message
			case other.message.ID:
				want[id] = other.message
			}
		}
		byID := map[inbox.MessageID]inbox.Message{}
		for _, m := range got {
			byID[m.ID] = m
		}
		k.same("the messages", byID, want)
		k.same("how many there are", len(got), len(want))
	}
}

func notesByID(k *kit) {
	t := k.talk()
	k.commit(t.begin())
	one := t.remark("one")
	k.commit(one)
	two := t.remark("two")
	k.commit(two)
	a, b := one.Notes[0], two.Notes[0]
	unknown := inbox.NoteID{UUID: k.id()}
	for want, ids := range [][]inbox.NoteID{{unknown, {}}, {a.ID, unknown}, {b.ID, a.ID, b.ID}} {
		got, err := k.store.Notes(k.Context(), k.tenant, ids...)
		k.works("Notes", err)
		k.same("how many there are", len(got), want)
		for _, n := range got {
			k.same("a note", n, map[inbox.NoteID]inbox.Note{a.ID: a, b.ID: b}[n.ID])
		}
	}
}
