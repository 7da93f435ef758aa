package storagetest

import (
	"slices"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
)

// committing is what Commit answers, apart from its guards and unique keys.
var committing = []rule{
	{"Commit answers every change with nil or an error, in order", answersInOrder},
	{"a change that conflicts harms no other change of the call", harmless},
	{"one call serves many tenants", manyTenants},
	{"messages, notes and waiting rows are put in place by id", inPlace},
	{"a change may carry anything alone, in any order, and whether what a row refers to exists is not asked", alone},
	{"after a conflict what was decided anew passes", decidedAnew},
}

func answersInOrder(k *kit) {
	var changes []inbox.Change
	var wants []bool
	for i := range 9 {
		t := k.talk()
		ch := t.begin()
		if i%3 == 1 {
			ch.Conversation.Version = 7
		}
		changes, wants = append(changes, ch), append(wants, i%3 != 1)
	}
	for i, err := range k.answers(changes...) {
		if wants[i] && err != nil {
			k.broken("change %d, which nothing stands against: got error %v", i, err)
		}
		if !wants[i] {
			k.refused("a change that conflicts", err, storage.ErrConflict)
		}
		found := k.load(inbox.Ref{Conversation: changes[i].Conversation.ID}).Conversation.Version == 1
		if found != (err == nil) {
			k.broken("change %d: got answer %v, and its conversation is there: %t", i, err, found)
		}
	}
}

func harmless(k *kit) {
	a, b, c := k.talk(), k.talk(), k.talk()
	k.commit(b.begin())
	before := b.conversation
	stale := *b
	stale.conversation.Version = 4
	lost := stale.append("lost")
	lost.Identities = []inbox.Identity{b.addressOf()}
	lost.Dues = []inbox.Due{k.wait("test")}
	lost.Totals = []inbox.TotalsDelta{{Account: b.conversation.Account, Totals: inbox.Totals{New: 7}}}
	errs := k.answers(a.begin(), lost, c.begin())
	if errs[0] != nil || errs[2] != nil {
		k.broken("the neighbours of a change that conflicts: got errors %v and %v, want none", errs[0], errs[2])
	}
	k.refused("the change that conflicts", errs[1], storage.ErrConflict)
	for _, t := range []*talk{a, c} {
		ref := t.ref()
		ref.Message = t.message.ID
		ref.Arrival = inbox.ArrivalRef{Account: t.arrival.Account, ExternalID: t.arrival.ExternalID}
		k.same("a neighbour", k.load(ref), inbox.Snapshot{
			Ref: ref, Conversation: t.conversation, Open: t.conversation.ID, Thread: t.thread, Contact: t.contact,
			Identities: []inbox.Identity{t.identity}, Arrival: t.arrival, Messages: []inbox.Message{t.message},
		})
	}
	ref := stale.withExternal(stale.message.ExternalID, "")
	ref.Arrival.Addresses = append(ref.Arrival.Addresses, lost.Identities[0].Address)
	snap := k.load(ref)
	k.same("the conversation of the change that conflicts", snap.Conversation, before)
	k.same("its identities", snap.Identities, []inbox.Identity{b.identity})
	k.same("its arrival", snap.Arrival, inbox.Arrival{})
	k.same("what waits", k.claim(faraway, faraway, 10), []inbox.Due(nil))
	k.same("the totals", k.totals(), sums(totalsOf(a), totalsOf(b), totalsOf(c)))
	k.same("where the log ends", k.head().Position, int64(3))
	k.verify()
}

// totalsOf is what a conversation that is New counts for.
func totalsOf(t *talk) []inbox.TotalsDelta {
	return []inbox.TotalsDelta{{Account: t.conversation.Account, Totals: inbox.Totals{New: 1}}}
}

func manyTenants(k *kit) {
	var talks []*talk
	var changes []inbox.Change
	for range 3 {
		one := k.of(k.another())
		for range 3 {
			t := one.talk()
			talks, changes = append(talks, t), append(changes, t.begin())
		}
	}
	k.commit(changes[0], changes[3], changes[6], changes[1], changes[4], changes[7], changes[8], changes[5], changes[2])
	for _, t := range talks {
		k.same("a conversation", t.k.load(t.ref()).Conversation, t.conversation)
		k.same("where the tenant's log ends", t.k.head().Position, int64(3))
		t.k.verify()
	}
}

func inPlace(k *kit) {
	t := k.talk()
	k.commit(t.begin())
	note := t.remark("a note")
	k.commit(note)
	m, n, due := t.message, note.Notes[0], k.wait("test")
	for i := range 3 {
		ch := t.detail()
		m.Text, n.Text, due.Tries = k.text("edited"), k.text("edited"), int64(i)
		m.Edited, n.Deleted, due.At = k.at(), k.at(), k.at()
		m.Attach = append(m.Attach, channel.Attached{Kind: "image"})[i/2:]
		ch.Messages, ch.Notes, ch.Dues = []inbox.Message{m}, []inbox.Note{n}, []inbox.Due{due}
		k.commit(ch)
		ref := t.ref()
		ref.Message, ref.Note = m.ID, n.ID
		snap := k.load(ref)
		k.same("the message", snap.Messages, []inbox.Message{m})
		k.same("the note", snap.Notes, []inbox.Note{n})
	}
	due.Tries, due.Leased = due.Tries+1, faraway
	k.same("what waits", k.claim(faraway, faraway, 10), []inbox.Due{due})
	if items := k.timeline(t.conversation.ID, 0, 10, false); len(items) != 2 {
		k.broken("the timeline of a message and a note that were written several times: got %d items, want 2", len(items))
	}
}

// alone writes the pieces of full changes in orders in which each of them comes before and after every other.
func alone(k *kit) {
	for seed := range 2 * len(pieces(&inbox.Change{})) {
		want := full(k, k.another(), seed)
		given := full(k, want.Tenant, seed)
		each := pieces(&given)
		each = append(each[seed/2:], each[:seed/2]...)
		if seed%2 == 1 {
			slices.Reverse(each)
		}
		for _, one := range each {
			k.commit(one)
		}
		k.same("what was written piece by piece", k.read(&want), written(&want))
		k.sameDues(want.Dues)
	}
}

// decidedAnew is what an engine does all day: two decide on one version, one wins, the other decides again.
func decidedAnew(k *kit) {
	t := k.talk()
	k.commit(t.begin())
	other := *t
	k.commit(t.append("first"))
	k.conflicts("a change decided on the version before", other.append("second"))
	other.conversation = k.load(t.ref()).Conversation
	k.commit(other.append("second, again"))
	k.same("the conversation", k.load(t.ref()).Conversation, other.conversation)
	k.verify()
}
