package storagetest

import (
	"reflect"
	"slices"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/contact"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
)

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

// handedOver has two rows of one change want what one of them, or each of them, gives up, in both orders.
func handedOver(k *kit) {
	a, b := k.talk(), k.talk()
	k.commit(a.begin(), b.begin())
	d, e := k.setting(inbox.AccountDocument), k.setting(inbox.AccountDocument)
	d.Account, e.Account = k.accountKey(), k.accountKey()
	k.commit(k.save(d), k.save(e))
	given, fresh := a.identity, k.text("address")
	who := func(t *talk, address string) inbox.Identity {
		next := t.identity
		next.Version, next.Address.ID = 2, address
		return next
	}
	doc := func(d *inbox.Document, account channel.AccountKey) inbox.Document {
		next := *d
		next.Version, next.Account = 2, account
		return next
	}
	gives, takes := inbox.Change{Tenant: k.tenant}, inbox.Change{Tenant: k.tenant}
	gives.Identities, takes.Identities = []inbox.Identity{who(a, fresh)}, []inbox.Identity{who(b, given.Address.ID)}
	gives.Documents, takes.Documents = []inbox.Document{doc(d, channel.AccountKey{})}, []inbox.Document{doc(e, d.Account)}
	swaps := inbox.Change{Identities: []inbox.Identity{who(a, b.identity.Address.ID)}, Documents: []inbox.Document{doc(d, e.Account)}}
	for what, pair := range map[string][2]inbox.Change{
		"gives up and takes": {gives, takes}, "takes and gives up": {takes, gives}, "exchanges": {swaps, takes},
	} {
		k.conflicts("a change that "+what+" an address", inbox.Change{
			Tenant: k.tenant, Identities: slices.Concat(pair[0].Identities, pair[1].Identities)})
		k.conflicts("a change that "+what+" a channel account", inbox.Change{
			Tenant: k.tenant, Documents: slices.Concat(pair[0].Documents, pair[1].Documents)})
	}
	k.commit(gives, takes)
	snap := k.load(inbox.Ref{Arrival: inbox.ArrivalRef{Addresses: []channel.Address{given.Address}}})
	k.same("the identity at an address that was handed over by two changes", snap.Identities, takes.Identities)
	_, id, err := k.store.Owner(k.Context(), d.Account)
	k.works("Owner", err)
	k.same("the owner of a channel account that was handed over by two changes", id.UUID, e.ID)
}

// rekeyed changes one part of a thread's key after another, and has another thread take the key it had.
func rekeyed(k *kit) {
	for i := range reflect.TypeFor[inbox.ThreadKey]().NumField() {
		t, other := k.talk(), k.talk()
		k.commit(t.begin(), other.begin())
		was, is := t.arrivalRef(), t.arrivalRef()
		th := t.thread
		th.Version++
		switch name := reflect.TypeFor[inbox.ThreadKey]().Field(i).Name; name {
		case "Account":
			th.ThreadKey.Account.UUID = k.id()
		case "Identity":
			th.ThreadKey.Identity, is.Addresses = other.identity.ID, []channel.Address{other.identity.Address}
		case "Visibility":
			th.Visibility = channel.Public
		case "Key":
			th.Key = k.text("key")
		default:
			k.Fatalf("storagetest does not know the field %s of ThreadKey", name)
		}
		is.Account, is.Visibility, is.Thread = th.ThreadKey.Account, th.Visibility, th.Key
		k.commit(inbox.Change{Tenant: k.tenant, Thread: &th})
		k.same("the thread under the key it had", k.load(inbox.Ref{Arrival: was}).Thread, inbox.Thread{})
		k.same("the thread under its new key", k.load(inbox.Ref{Arrival: is}).Thread, th)
		taker := inbox.Thread{ID: inbox.ThreadID{UUID: k.id()}, Version: 1, ThreadKey: t.thread.ThreadKey}
		k.commit(inbox.Change{Tenant: k.tenant, Thread: &taker})
		k.same("the thread that took the key", k.load(inbox.Ref{Arrival: was}).Thread, taker)
		k.same("the thread under its new key, after that", k.load(inbox.Ref{Arrival: is}).Thread, th)
	}
}
