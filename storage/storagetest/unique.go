package storagetest

import (
	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/contact"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
)

// uniqueKeys is what there is at most one of.
var uniqueKeys = []rule{
	{"an identity's address is unique", uniqueAddress},
	{"a thread's key is unique", uniqueThread},
	{"a thread has at most one open conversation", uniqueOpen},
	{"an arrival's account and external id are unique: the same message twice is one", uniqueArrival},
	{"a settings document's kind and id are unique", uniqueDocument},
	{"a channel account's network and external id are unique over all tenants", uniqueAccount},
	{"a command key is unique", uniqueKey},
	{"an entry's subject and sequence number are unique", uniqueEntry},
	{"what has been given up can be taken", givenUp},
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
	ch := t.begin()
	again := t.addressOf()
	again.Address = t.identity.Address
	ch.Identities = append(ch.Identities, again)
	k.conflicts("a change that gives two identities one address", ch)
	k.same("what is left of it", k.load(inbox.Ref{Arrival: t.arrivalRef()}).Identities, []inbox.Identity(nil))

	k.commit(k.talk().begin(), k.of(k.another()).sameAddress(t), k.of(k.another()).sameAddress(t))
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
	d := other.setting(inbox.AccountDocument)
	k.commit(other.save(d))
	d.Account = taken
	k.conflicts("a channel account of another tenant, by a change of a document", other.save(d))
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
	d = k.setting(inbox.AccountDocument)
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
		k.conflicts("a change with one key that is used", several("new", "other"))
		k.conflicts("a change with one key twice", several("twin", "twin"))
		for key, kept := range map[string]bool{"one": true, "other": true, "new": false, "twin": false} {
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
	t := k.talk()
	ch := t.begin()
	ch.Entries = append(ch.Entries, ch.Entries[0])
	k.conflicts("a change with one place in a subject's log twice", ch)
	same := audit.Subject{Kind: audit.SubjectContact, ID: t.conversation.ID.UUID}
	ch.Entries[1] = k.entry(&audit.Chain{}, same, "test", audit.ClassTrail)
	k.commit(ch)
}

func givenUp(k *kit) {
	t, d := k.talk(), k.setting(inbox.AccountDocument)
	d.Account = k.accountKey()
	address, key, account := t.identity.Address, t.thread.ThreadKey, d.Account
	k.commit(t.begin(), k.save(d))

	t.identity.Address.ID, t.identity.Version = k.text("address"), 2
	t.thread.Key, t.thread.Version = k.text("key"), 2
	d.Account, d.Deleted = channel.AccountKey{}, true
	saved := k.save(d)
	saved.Identities, saved.Thread = []inbox.Identity{t.identity}, &t.thread
	k.commit(saved)
	snap := k.load(inbox.Ref{Arrival: inbox.ArrivalRef{Addresses: []channel.Address{address}}})
	k.same("the identity at an address that was given up", snap.Identities, []inbox.Identity(nil))
	_, _, err := k.store.Owner(k.Context(), account)
	k.refused("the owner of a channel account that was given up", err, storage.ErrNotFound)

	other := k.of(k.another())
	taker := other.setting(inbox.AccountDocument)
	taker.Account = account
	who := inbox.Identity{Version: 1, Identity: contact.Identity{ID: contact.IdentityID{UUID: k.id()}, Contact: t.contact.ID, Address: address}}
	th := inbox.Thread{ID: inbox.ThreadID{UUID: k.id()}, Version: 1, ThreadKey: key}
	k.commit(other.save(taker), inbox.Change{Tenant: k.tenant, Identities: []inbox.Identity{who}, Thread: &th})
	tenant, id, err := k.store.Owner(k.Context(), account)
	if err != nil || tenant != other.tenant || id.UUID != taker.ID {
		k.broken("the owner of a channel account that was taken over: got %v of %v and error %v, want %v of %v", id, tenant, err, taker.ID,
			other.tenant)
	}
	ref := t.arrivalRef()
	k.same("the thread that gave up its key", k.load(inbox.Ref{Arrival: ref}).Thread, t.thread)
	ref.Addresses, ref.Thread = []channel.Address{address}, key.Key
	k.same("the identity that took the address", k.load(inbox.Ref{Arrival: ref}).Identities, []inbox.Identity{who})
}
