package storagetest

import (
	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
)

// uniqueKeys is what there is at most one of.
var uniqueKeys = []rule{
	{"an identity's address is unique", uniqueAddress},
	{"a thread's key is unique", uniqueThread},
	{"a thread has at most one open conversation", uniqueOpen},
	{"a conversation that goes to another thread takes the open place there and gives up the one it had", movedOpen},
	{"an arrival's account and external id are unique: the same message twice is one", uniqueArrival},
	{"a settings document's kind and id are unique", uniqueDocument},
	{"a channel account's network and external id are unique over all tenants", uniqueAccount},
	{"a command key is unique", uniqueKey},
	{"an entry's subject and sequence number are unique", uniqueEntry},
	{"what has been given up can be taken", givenUp},
	{"a thread whose key changes is found by the new one only", rekeyed},
	{"what is given up cannot be taken by the same change", handedOver},
}

// onlyOne commits two changes that want the same, together and one after the other. The first passes and the second conflicts and
// leaves nothing. make is called with a tenant that has nothing and returns both, and what finds the second one's conversation.
func (k *kit) onlyOne(what string, make func(k *kit) (first, second inbox.Change)) {
	k.Helper()
	for _, together := range []bool{true, false} {
		one := k.of(k.another())
		first, second := make(one)
		var errs []error
		if together {
			errs = one.answers(first, second)
		} else {
			errs = append(one.answers(first), one.answers(second)...)
		}
		if errs[0] != nil {
			k.broken("the first that takes %s (in one call: %t): got error %v, want none", what, together, errs[0])
		}
		k.refused("the second that takes "+what, errs[1], storage.ErrConflict)
		if c := second.Conversation; c != nil && first.Conversation.ID != c.ID {
			k.same("the conversation of the second that takes "+what, one.load(inbox.Ref{Conversation: c.ID}).Conversation, inbox.Conversation{})
		}
		if got, want := one.head().Position, int64(len(first.Entries)); got != want {
			k.broken("where the log ends after the second that takes %s: got %d, want %d", what, got, want)
		}
	}
}

func uniqueAddress(k *kit) {
	k.onlyOne("an address", func(k *kit) (inbox.Change, inbox.Change) {
		t, other := k.talk(), k.talk()
		other.identity.Address = t.identity.Address
		return t.begin(), other.begin()
	})
	k.onlyOne("an address by a change of its own identity", func(k *kit) (inbox.Change, inbox.Change) {
		t, other := k.talk(), k.talk()
		second := other.begin()
		k.commit(inbox.Change{Tenant: k.tenant, Identities: second.Identities})
		second.Identities = []inbox.Identity{other.identity}
		second.Identities[0].Address, second.Identities[0].Version = t.identity.Address, 2
		return t.begin(), second
	})
	t := k.talk()
	twice, again := t.begin(), t.addressOf()
	again.Address = t.identity.Address
	twice.Identities = append(twice.Identities, again)
	k.conflicts("a change that gives two identities one address", twice)
	k.same("what is left of it", k.load(inbox.Ref{Arrival: t.arrivalRef()}).Identities, []inbox.Identity(nil))

	k.commit(k.talk().begin(), k.of(k.another()).sameAddress(t), k.of(k.another()).sameAddress(t))

	theirs, mine := k.of(k.another()).talk(), k.talk()
	first, second := theirs.addressOf(), theirs.addressOf()
	ch := mine.begin()
	ch.Identities = append(ch.Identities, mine.addressOf())
	first.Address, second.Address = ch.Identities[0].Address, ch.Identities[1].Address
	beside := theirs.begin()
	beside.Identities = append(beside.Identities, first, second)
	k.commit(beside, ch)
}

// sameAddress begins a talk of the kit's tenant with another one's address.
func (k *kit) sameAddress(t *talk) inbox.Change {
	mine := k.talk()
	mine.identity.Address = t.identity.Address
	return mine.begin()
}

func uniqueThread(k *kit) {
	k.onlyOne("a thread's key", func(k *kit) (inbox.Change, inbox.Change) {
		t, other := k.talk(), k.talk()
		other.thread.ThreadKey = t.thread.ThreadKey
		return t.begin(), other.begin()
	})
	t, other := k.talk(), k.talk()
	k.commit(t.begin(), other.begin())
	th := other.thread
	th.ThreadKey, th.Version = t.thread.ThreadKey, 2
	k.conflicts("a thread that takes another one's key", inbox.Change{Tenant: k.tenant, Thread: &th})
	k.same("the thread under the key", k.load(inbox.Ref{Arrival: t.arrivalRef()}).Thread, t.thread)
}

func uniqueOpen(k *kit) {
	states := []inbox.State{inbox.StateNew, inbox.StatePending}
	for _, first := range states {
		for _, second := range states {
			k.onlyOne("a thread's open place, "+first.String()+" and then "+second.String(), func(k *kit) (inbox.Change, inbox.Change) {
				t := k.talk()
				one := t.begin()
				one.Conversation.State = first
				t.follow()
				other := t.append("another one")
				other.Thread, other.Conversation.State = nil, second
				return one, other
			})
		}
	}
	t := k.talk()
	k.commit(t.begin())
	k.commit(t.move(inbox.StateResolved))
	resolved := *t
	t.follow()
	k.commit(t.append("the next one"))
	k.conflicts("a resolved conversation that is opened beside the open one", resolved.move(inbox.StateNew))
	k.commit(t.move(inbox.StatePending))
	t.follow()
	ch := t.append("one that is resolved from the beginning")
	ch.Conversation.State = inbox.StateResolved
	k.commit(ch)
}

func movedOpen(k *kit) {
	a, b := k.talk(), k.talk()
	k.commit(a.begin(), b.begin())
	from, to := *a, *b
	opens := func(t *talk) inbox.Change {
		t.follow()
		ch := t.append("a new conversation of the thread")
		ch.Thread = nil
		return ch
	}
	moves := func() inbox.Change {
		again := *a
		again.conversation.Thread = b.thread.ID
		return again.trail()
	}
	open := func(what string, t *talk, want inbox.ConversationID) {
		snap := k.load(inbox.Ref{Arrival: t.arrivalRef()})
		if snap.Thread.ID != t.thread.ID || snap.Open != want {
			k.broken("the open conversation of the thread %s: got %v, want %v", what, snap.Open, want)
		}
	}
	k.conflicts("an open conversation that goes to a thread that has one", moves())
	open("it did not leave", a, a.conversation.ID)
	k.commit(b.move(inbox.StateResolved))
	k.commit(moves())
	open("it went to", b, a.conversation.ID)
	k.conflicts("a conversation that is opened again beside one that came", b.move(inbox.StatePending))
	k.conflicts("a new conversation beside one that came", opens(&to))
	ch := opens(&from)
	k.commit(ch)
	open("it left", a, ch.Conversation.ID)
	a.conversation = k.load(a.ref()).Conversation
	k.commit(a.move(inbox.StatePending))
	open("it went to, as it goes on", b, a.conversation.ID)
	k.commit(a.move(inbox.StateResolved))
	open("it went to, after it was resolved", b, inbox.ConversationID{})
	open("it left, after that", a, ch.Conversation.ID)
}

func uniqueArrival(k *kit) {
	k.onlyOne("an account's external id", func(k *kit) (inbox.Change, inbox.Change) {
		t, other := k.talk(), k.talk()
		first, second := t.begin(), other.begin()
		second.Arrivals[0].Account, second.Arrivals[0].ExternalID = t.arrival.Account, t.arrival.ExternalID
		return first, second
	})
	k.onlyOne("an external id twice on one conversation", func(k *kit) (inbox.Change, inbox.Change) {
		t := k.talk()
		first := t.begin()
		second := t.append("again")
		second.Arrivals = first.Arrivals
		return first, second
	})
	t, other := k.talk(), k.talk()
	first, second := t.begin(), other.begin()
	second.Arrivals[0].ExternalID = t.arrival.ExternalID
	k.commit(first, second)
}

func uniqueDocument(k *kit) {
	k.onlyOne("a document's kind and id", func(k *kit) (inbox.Change, inbox.Change) {
		d := k.setting(inbox.TopicDocument)
		again := *d
		first, second := k.save(d), k.save(&again)
		second.Entries = nil
		return first, second
	})
}

func uniqueAccount(k *kit) {
	taken := k.accountKey()
	account := func(k *kit) inbox.Change {
		d := k.setting(inbox.AccountDocument)
		d.Account = taken
		return k.save(d)
	}
	k.onlyOne("a channel account in one tenant", func(k *kit) (inbox.Change, inbox.Change) {
		taken = k.accountKey()
		return account(k), account(k)
	})
	taken = k.accountKey()
	k.commit(account(k))
	other := k.of(k.another())
	k.conflicts("a channel account of another tenant", account(other))
	here, there := k.setting(inbox.AccountDocument), other.setting(inbox.AccountDocument)
	here.Account = k.accountKey()
	there.ID = here.ID
	k.commit(k.save(here), other.save(there))
	for _, key := range []channel.AccountKey{taken, here.Account} {
		again := *there
		again.Account = key
		k.conflicts("a channel account of another tenant, by a change of a document", other.save(&again))
	}
	ch := account(k)
	ch.Documents = append(ch.Documents, account(k).Documents...)
	taken = k.accountKey()
	ch.Documents[0].Account, ch.Documents[1].Account = taken, taken
	ch.Entries = nil
	k.conflicts("a change with one channel account twice", ch)
	_, _, err := k.store.Owner(k.Context(), taken)
	k.refused("the owner of what conflicted", err, storage.ErrNotFound)

	k.commit(k.save(k.setting(inbox.TopicDocument)), k.save(k.setting(inbox.TopicDocument)), other.save(other.setting(inbox.TopicDocument)))
	sibling := k.setting(inbox.AccountDocument)
	sibling.Account = channel.AccountKey{Network: channel.X, ExternalID: taken.ExternalID}
	d := k.setting(inbox.AccountDocument)
	d.Account = taken
	k.commit(k.save(sibling), k.save(d))
}

func uniqueKey(k *kit) {
	k.onlyOne("a command key", func(k *kit) (inbox.Change, inbox.Change) {
		first, second := k.talk().begin(), k.talk().begin()
		first.Keys = []inbox.KeyRecord{{Key: "key", Result: []byte(`1`)}}
		second.Keys = []inbox.KeyRecord{{Key: "key", Result: []byte(`2`)}}
		return first, second
	})
	for _, tenant := range []*kit{k, k.of(k.another())} {
		k.commit(inbox.Change{Tenant: tenant.tenant, Keys: []inbox.KeyRecord{{Key: "key", Hash: [32]byte{1}}}})
		k.conflicts("a command key that is used", inbox.Change{Tenant: tenant.tenant, Keys: []inbox.KeyRecord{{Key: "key", Hash: [32]byte{2}}}})
		if got := tenant.load(inbox.Ref{Key: "key"}).Key; got.Hash != [32]byte{1} {
			k.broken("what is kept under a command key: got %v, want the first", got)
		}
		several := func(keys ...string) inbox.Change {
			ch := inbox.Change{Tenant: tenant.tenant}
			for _, key := range keys {
				ch.Keys = append(ch.Keys, inbox.KeyRecord{Key: key})
			}
			return ch
		}
		tenant.commit(several("one", "other"))
		for i := range 3 {
			keys := []string{"new 1", "new 2", "new 3"}
			keys[i] = "one"
			k.conflicts("a change with one key that is used", several(keys...))
			keys[i] = keys[(i+1)%3]
			k.conflicts("a change with one key twice", several(keys...))
		}
		for key, kept := range map[string]bool{"one": true, "other": true, "new 1": false, "new 2": false, "new 3": false} {
			if got := tenant.load(inbox.Ref{Key: key}).Key.Key; (got == key) != kept {
				k.broken("what is kept under the command key %q: got %q", key, got)
			}
		}
	}
}

func uniqueEntry(k *kit) {
	k.onlyOne("a place in a subject's log", func(k *kit) (inbox.Change, inbox.Change) {
		t, other := k.talk(), k.talk()
		first, second := t.begin(), other.begin()
		e := first.Entries[0]
		e.Cause = k.id()
		second.Entries = append(second.Entries, e)
		return first, second
	})
	t, d := k.talk(), k.setting(inbox.TopicDocument)
	k.commit(t.begin(), k.save(d))
	same, kinds := t.conversation.ID.UUID, inbox.Change{Tenant: k.tenant}
	for _, kind := range []audit.SubjectKind{audit.SubjectConversation, audit.SubjectContact, audit.SubjectSetting} {
		e := k.entry(&audit.Chain{Seq: 9}, audit.Subject{Kind: kind, ID: same}, "test", audit.ClassTrail)
		kinds.Entries = append(kinds.Entries, e)
	}
	k.commit(kinds)
	for _, subject := range []audit.Subject{
		{Kind: audit.SubjectConversation, ID: same}, {Kind: audit.SubjectContact, ID: same}, {Kind: audit.SubjectSetting, ID: same},
		{Kind: audit.SubjectContact, ID: t.contact.ID.UUID}, {Kind: audit.SubjectSetting, ID: d.ID}, {Kind: "test", ID: k.id()},
		{Kind: audit.SubjectConversation, ID: k.id()},
	} {
		at := func(seqs ...int64) inbox.Change {
			ch := inbox.Change{Tenant: k.tenant}
			for _, seq := range seqs {
				ch.Entries = append(ch.Entries, k.entry(&audit.Chain{Seq: seq - 1}, subject, "test", audit.ClassTrail))
			}
			return ch
		}
		k.commit(at(11, 12, 14))
		for _, seq := range []int64{11, 12, 14} {
			k.conflicts("a place in the log of a "+string(subject.Kind)+" that is taken", at(seq))
			k.conflicts("a place in the log of a "+string(subject.Kind)+" that is taken, beside one that is not", at(15, seq))
			k.conflicts("one place in the log of a "+string(subject.Kind)+" twice", at(15, 16, 15))
		}
		k.commit(at(13))
	}
}
