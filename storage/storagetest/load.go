package storagetest

import (
	"slices"
	"sync/atomic"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
)

// loading is what Load answers, apart from finding conversations by arrival.
var loading = []rule{
	{"Load fills every snapshot with what its ref names", everyRef},
	{"whatever else stood in a snapshot is gone", usedAgain},
	{"the room of a snapshot's Identities and Messages is used again, and no other", roomUsedAgain},
	{"what does not exist has version 0 and is no error", absent},
	{"zero parts of a ref ask for nothing", zeroParts},
	{"all snapshots are of one consistent state", consistent},
	{"Load sees what was committed before it", readYourWrites},
	{"every snapshot has the epoch of the tenant's settings", epochs},
	{"the conversation is the one named", byConversation},
	{"where both are given the arrival only answers for its external ids", bothGiven},
	{"a message or note is found with its own conversation only", ownConversation},
	{"Asked brings the contact's newest message", askedFor},
	{"messages that are named more than once come once", messagesOnce},
	{"a settings document is found by kind and id, deleted or not", documentByKey},
	{"a cause stands when an entry of it stands in the log of the conversation after Seq", stands},
	{"a cause stands when an entry of it stands in the log of the document after Seq", standsInDocument},
}

func everyRef(k *kit) {
	var refs []inbox.Ref
	var want []inbox.ConversationID
	for i := range 7 {
		t := k.of(k.another()).talk()
		if i%3 != 2 {
			k.commit(t.begin())
		}
		refs = append(refs, t.ref(), t.ref(), inbox.Ref{Tenant: t.k.tenant, Arrival: t.arrivalRef()})
		if i%3 == 2 {
			t.conversation.ID = inbox.ConversationID{}
		}
		want = append(want, t.conversation.ID, t.conversation.ID, t.conversation.ID)
	}
	for i, snap := range k.loads(refs...) {
		if snap.Conversation.ID != want[i] {
			k.broken("snapshot %d: got conversation %v, want %v", i, snap.Conversation.ID, want[i])
		}
		k.same("the ref in a snapshot", snap.Ref, refs[i])
	}
	k.loads()
}

func usedAgain(k *kit) {
	ch := full(k, k.tenant, 1)
	k.commit(ch)
	nothing := inbox.Ref{Tenant: k.another(), Conversation: ch.Conversation.ID, Key: "none"}
	byID, byArrival := refs(&ch)
	byID.Tenant, byArrival.Tenant = k.tenant, k.tenant
	var used inbox.Snapshot
	for _, ref := range []inbox.Ref{byID, nothing, byArrival, {Tenant: k.tenant}, byArrival, byID} {
		used.Ref = ref
		k.works("Load", k.store.Load(k.Context(), &used))
		k.same("what a used snapshot says", used, k.loads(ref)[0])
	}
}

// roomUsedAgain keeps what a snapshot handed out and loads another conversation into the snapshot.
func roomUsedAgain(k *kit) {
	first, second := full(k, k.tenant, 1), full(k, k.tenant, 2)
	k.commit(full(k, k.tenant, 1), full(k, k.tenant, 2))
	var used inbox.Snapshot
	used.Ref, _ = refs(&first)
	k.works("Load", k.store.Load(k.Context(), &used))
	kept, want := used, k.loads(used.Ref)[0]
	kept.Identities, kept.Messages = slices.Clone(used.Identities), slices.Clone(used.Messages)
	who, message := &used.Identities[0], &used.Messages[0]
	used.Ref, _ = refs(&second)
	k.works("Load", k.store.Load(k.Context(), &used))
	k.same("what was handed out before", kept, want)
	k.same("what a used snapshot says", used, k.loads(used.Ref)[0])
	if who != &used.Identities[0] || message != &used.Messages[0] {
		k.broken("the identities and messages of a used snapshot: got them in other room than those before")
	}
}

func absent(k *kit) {
	ch := full(k, k.tenant, 1)
	byID, byArrival := refs(&ch)
	for _, tenant := range []inbox.Tenant{k.tenant, k.another()} {
		for _, ref := range []inbox.Ref{byID, byArrival} {
			ref.Tenant = tenant
			k.same("what is found of nothing", k.loads(ref)[0], inbox.Snapshot{Ref: ref})
		}
		k.commit(k.of(k.tenant).talk().begin())
	}
}

// zeroParts asks where there are rows without a name, too.
func zeroParts(k *kit) {
	ch := full(k, k.tenant, 1)
	nameless := full(k, k.tenant, 2)
	nameless.Arrivals[0].Account, nameless.Arrivals[0].ExternalID = ch.Conversation.Account, ""
	nameless.Documents[0].ID = uuid.Nil
	nameless.Keys[0].Key = ""
	nameless.Messages[0].ID, nameless.Messages[0].Conversation = inbox.MessageID{}, ch.Conversation.ID
	nameless.Notes[0].ID, nameless.Notes[0].Conversation = inbox.NoteID{}, ch.Conversation.ID
	k.commit(full(k, k.tenant, 1), inbox.Change{
		Tenant: k.tenant, Arrivals: nameless.Arrivals[:1], Documents: nameless.Documents[:1], Keys: nameless.Keys[:1],
		Messages: nameless.Messages[:1], Notes: nameless.Notes[:1],
	})
	k.commit(k.talk().begin())
	ref := inbox.Ref{Tenant: k.tenant}
	k.same("what an empty ref finds", k.load(ref), inbox.Snapshot{Ref: ref, Epoch: 2})
	ref.Document.Kind = nameless.Documents[0].Kind
	k.same("what a ref finds that names only a kind of document", k.load(ref), inbox.Snapshot{Ref: ref, Epoch: 2})
	ref = inbox.Ref{Tenant: k.tenant}
	ref.Arrival = inbox.ArrivalRef{Account: ch.Conversation.Account, Visibility: ch.Thread.Visibility, Thread: ch.Thread.Key}
	k.same("what a ref finds that names a thread but nobody", k.load(ref), inbox.Snapshot{Ref: ref, Epoch: 2})
	ref = inbox.Ref{Tenant: k.tenant, Conversation: ch.Conversation.ID}
	got := k.load(ref)
	got.Conversation, got.Open, got.Thread = inbox.Conversation{}, inbox.ConversationID{}, inbox.Thread{}
	got.Contact, got.Identities = inbox.Contact{}, nil
	k.same("what else a ref finds that names only the conversation", got, inbox.Snapshot{Ref: ref, Epoch: 2})
}

// consistent moves a conversation, a document and the epoch together, one change after another, and looks at them many times in
// one call.
func consistent(k *kit) {
	t, d := k.talk(), k.setting(inbox.TopicDocument)
	ch := t.begin()
	ch.Documents = k.save(d).Documents
	k.commit(ch)
	var refs []inbox.Ref
	for range 50 {
		refs = append(refs, t.ref(), inbox.Ref{Tenant: k.tenant, Document: d.DocumentKey})
	}
	var looks atomic.Int64
	k.meanwhile(func() {
		for n := 0; (n < 300 || looks.Load() < 100) && !k.Failed(); n++ {
			ch := t.trail()
			d.Version++
			ch.Documents = []inbox.Document{*d}
			if err := k.store.Commit(k.Context(), ch)[0]; err != nil {
				k.broken("a writer of its own: got error %v, want none", err)
				return
			}
		}
	}, func() {
		defer looks.Add(1)
		snaps := k.loads(refs...)
		for i, snap := range snaps {
			version := snap.Conversation.Version + snap.Document.Version // one of them is asked for
			if version != snaps[0].Epoch || snap.Epoch != snaps[0].Epoch {
				k.stop("snapshot %d of one call: got version %d and epoch %d, where the first has epoch %d", i, version, snap.Epoch, snaps[0].Epoch)
			}
		}
	})
}

func readYourWrites(k *kit) {
	t := k.talk()
	k.commit(t.begin())
	for range 20 {
		k.commit(t.append("next"))
		snap := k.load(inbox.Ref{Conversation: t.conversation.ID, Message: t.message.ID})
		k.same("the conversation", snap.Conversation, t.conversation)
		k.same("its message", snap.Messages, []inbox.Message{t.message})
	}
}

func epochs(k *kit) {
	t := k.talk()
	k.commit(t.begin())
	refs := []inbox.Ref{{Tenant: k.tenant}, t.ref(), {Tenant: k.tenant, Arrival: t.arrivalRef()}}
	for range 3 {
		epoch, _ := k.documents()
		for i, snap := range k.loads(refs...) {
			if snap.Epoch != epoch {
				k.broken("snapshot %d: got epoch %d, Documents answers %d", i, snap.Epoch, epoch)
			}
		}
		k.commit(k.save(k.setting(inbox.TopicDocument)))
	}
}

func byConversation(k *kit) {
	t, other := k.talk(), k.talk()
	k.commit(t.begin(), other.begin())
	k.commit(t.move(inbox.StateResolved))
	first := *t
	t.follow()
	k.commit(t.append("a conversation that follows"))
	second := t
	for _, t := range []*talk{&first, second, other} {
		ref := t.ref()
		of := t
		if t == &first {
			of = second
		}
		k.same("what is found by conversation", k.load(ref), inbox.Snapshot{
			Ref: ref, Conversation: t.conversation, Open: of.conversation.ID, Thread: of.thread, Contact: t.contact,
			Identities: []inbox.Identity{t.identity},
		})
	}
	alone := k.talk().conversation
	alone.Version = 1
	k.commit(inbox.Change{Tenant: k.tenant, Conversation: &alone})
	ref := inbox.Ref{Tenant: k.tenant, Conversation: alone.ID}
	k.same("what is found by a conversation of no thread", k.load(ref), inbox.Snapshot{Ref: ref, Conversation: alone})
}

func bothGiven(k *kit) {
	t, other := k.talk(), k.talk()
	k.commit(t.begin(), other.begin())
	ref := t.ref()
	ref.Arrival = other.arrivalRef()
	ref.Arrival.ExternalID = other.message.ExternalID
	k.same("what is found by conversation and arrival", k.load(ref), inbox.Snapshot{
		Ref: ref, Conversation: t.conversation, Open: t.conversation.ID, Thread: t.thread, Contact: t.contact,
		Identities: []inbox.Identity{t.identity}, Arrival: other.arrival, Messages: []inbox.Message{other.message},
	})
	ref.Arrival.ExternalID, ref.Arrival.About = "", other.message.ExternalID
	k.same("the conversation, where the arrival is about a message of another one", k.load(ref).Conversation, t.conversation)
	ref.Conversation, ref.Arrival.ExternalID = inbox.ConversationID{UUID: k.id()}, other.message.ExternalID
	k.same("what is found where the conversation named does not exist", k.load(ref), inbox.Snapshot{
		Ref: ref, Arrival: other.arrival, About: other.arrival, Messages: []inbox.Message{other.message},
	})
}

func ownConversation(k *kit) {
	t, other := k.talk(), k.talk()
	k.commit(t.begin(), other.begin())
	note := t.remark("a note")
	k.commit(note)
	for _, ref := range []inbox.Ref{t.ref(), other.ref(), {Tenant: k.tenant}} {
		ref.Message, ref.Note = t.message.ID, note.Notes[0].ID
		snap := k.load(ref)
		want := 0
		if ref.Conversation == t.conversation.ID {
			want = 1
		}
		if len(snap.Messages) != want || len(snap.Notes) != want {
			k.broken("a message and a note of %v asked for with %v: got %d and %d", t.conversation.ID, ref.Conversation, len(snap.Messages),
				len(snap.Notes))
		}
	}
}

func askedFor(k *kit) {
	t := k.talk()
	k.commit(t.begin())
	k.commit(t.append("the contact's newest"))
	want := t.message
	reply := t.append("our answer")
	reply.Conversation.Asked, t.conversation.Asked = want.ID, want.ID
	k.commit(reply)
	for _, ref := range []inbox.Ref{t.ref(), {Tenant: k.tenant, Arrival: t.arrivalRef()}} {
		k.same("the messages without Asked", k.load(ref).Messages, []inbox.Message(nil))
		ref.Asked = true
		k.same("the messages with Asked", k.load(ref).Messages, []inbox.Message{want})
	}
	nobody := k.talk()
	ch := nobody.begin()
	ch.Conversation.Asked = inbox.MessageID{}
	k.commit(ch)
	ref := nobody.ref()
	ref.Asked = true
	k.same("the messages with Asked where the contact has not written", k.load(ref).Messages, []inbox.Message(nil))
}

func messagesOnce(k *kit) {
	t := k.talk()
	k.commit(t.begin())
	ref := t.ref()
	ref.Message, ref.Asked = t.message.ID, true
	ref.Arrival = inbox.ArrivalRef{Account: t.conversation.Account, ExternalID: t.message.ExternalID, About: t.message.ExternalID}
	k.same("the messages", k.load(ref).Messages, []inbox.Message{t.message})
}

func documentByKey(k *kit) {
	d := k.setting(inbox.ReasonDocument)
	k.commit(k.save(d), k.save(k.setting(inbox.ReasonDocument)))
	ref := inbox.Ref{Tenant: k.tenant, Document: d.DocumentKey}
	k.same("a settings document", k.load(ref).Document, *d)
	d.Deleted = true
	k.commit(k.save(d))
	k.same("a deleted settings document", k.load(ref).Document, *d)
	ref.Document.Kind = inbox.TopicDocument
	k.same("a settings document of another kind", k.load(ref).Document, inbox.Document{})
}

func stands(k *kit) {
	t, other := k.talk(), k.talk()
	k.commit(t.begin(), other.begin())
	var entries []audit.Entry
	for range 3 {
		ch := t.trail()
		entries = append(entries, ch.Entries...)
		k.commit(ch)
	}
	e := entries[1]
	nobodys, others := t.trail(), inbox.Change{Tenant: k.tenant}
	nobodys.Entries[0].Cause = uuid.Nil
	for _, kind := range []audit.SubjectKind{audit.SubjectContact, audit.SubjectSetting} {
		same := k.entry(new(audit.Chain), audit.Subject{Kind: kind, ID: t.conversation.ID.UUID}, "test", audit.ClassTrail)
		others.Entries = append(others.Entries, same)
	}
	k.commit(nobodys, others)
	for _, c := range []struct {
		what string
		ref  inbox.Ref
		want bool
	}{
		{"from the beginning", inbox.Ref{Conversation: t.conversation.ID, Cause: e.Cause}, true},
		{"after the entry before it", inbox.Ref{Conversation: t.conversation.ID, Cause: e.Cause, Seq: e.Seq - 1}, true},
		{"after itself", inbox.Ref{Conversation: t.conversation.ID, Cause: e.Cause, Seq: e.Seq}, false},
		{"by arrival", inbox.Ref{Arrival: t.arrivalRef(), Cause: e.Cause, Seq: e.Seq - 1}, true},
		{"of another conversation", inbox.Ref{Conversation: other.conversation.ID, Cause: e.Cause}, false},
		{"of nothing", inbox.Ref{Cause: e.Cause}, false},
		{"of a cause that never was", inbox.Ref{Conversation: t.conversation.ID, Cause: k.id()}, false},
		{"of a contact under the conversation's id", inbox.Ref{Conversation: t.conversation.ID, Cause: others.Entries[0].Cause}, false},
		{"of a setting under the conversation's id", inbox.Ref{Conversation: t.conversation.ID, Cause: others.Entries[1].Cause}, false},
		{"of no cause", inbox.Ref{Conversation: t.conversation.ID}, false},
	} {
		if got := k.load(c.ref).Stands; got != c.want {
			k.broken("whether an entry stands, asked %s: got %t", c.what, got)
		}
	}
}

func standsInDocument(k *kit) {
	d := k.setting(inbox.TopicDocument)
	k.commit(k.save(d))
	ch := k.save(d)
	k.commit(ch)
	e := ch.Entries[0]
	nobodys := k.save(d)
	nobodys.Entries[0].Cause = uuid.Nil
	k.commit(nobodys)
	if k.load(inbox.Ref{Document: d.DocumentKey}).Stands {
		k.broken("whether an entry of no cause stands: got true")
	}
	for seq, want := range []bool{true, true, false} {
		ref := inbox.Ref{Document: d.DocumentKey, Cause: e.Cause, Seq: int64(seq)}
		if got := k.load(ref).Stands; got != want {
			k.broken("whether entry %d stands after %d: got %t", e.Seq, seq, got)
		}
	}
}
