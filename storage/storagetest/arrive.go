package storagetest

import (
	"reflect"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/contact"
	"github.com/deskwright/deskwright/inbox"
)

// arriving is how Load finds a conversation by what a network names.
var arriving = []rule{
	{"an arrival that is stored brings its message and that message's conversation", storedArrival},
	{"an arrival about a message that names no external id finds that message's conversation", aboutArrival},
	{"a message that is stored without its conversation finds none", lostConversation},
	{"any other arrival finds the open conversation of the thread, else the newest", threadArrival},
	{"an arrival whose message has not come yet finds the conversation of the thread", earlyArrival},
	{"the thread is that of the first known address that has one", firstThread},
	{"identities are those of the known addresses, in the order named", knownAddresses},
	{"the contact is that of the conversation's identity, else of the first known address", whoseContact},
	{"account, visibility and key make different threads", threadParts},
}

// withExternal returns a ref by arrival that names an external id and what it is about.
func (t *talk) withExternal(external, about string) inbox.Ref {
	ref := inbox.Ref{Tenant: t.k.tenant, Arrival: t.arrivalRef()}
	ref.Arrival.ExternalID, ref.Arrival.About = external, about
	return ref
}

func storedArrival(k *kit) {
	t := k.talk()
	k.commit(t.begin())
	old := *t
	k.commit(t.append("second"))
	k.commit(t.move(inbox.StateResolved))
	t.follow()
	k.commit(t.append("of the conversation that follows"))
	for _, ref := range []inbox.Ref{
		t.withExternal(old.message.ExternalID, ""),
		t.withExternal(old.message.ExternalID, t.message.ExternalID),
		{Tenant: k.tenant, Arrival: inbox.ArrivalRef{Account: old.arrival.Account, ExternalID: old.message.ExternalID}},
	} {
		snap := k.load(ref)
		if snap.Conversation.ID != old.conversation.ID || snap.Open != t.conversation.ID || snap.Thread.ID != t.thread.ID {
			k.broken("got conversation %v, open %v, thread %v; want %v, %v, %v", snap.Conversation.ID, snap.Open, snap.Thread.ID,
				old.conversation.ID, t.conversation.ID, t.thread.ID)
		}
		k.same("the arrival", snap.Arrival, old.arrival)
		k.same("its message", snap.Messages[0], old.message)
	}
	elsewhere := t.withExternal(old.message.ExternalID, "")
	elsewhere.Arrival.Account = channel.AccountID{UUID: k.id()}
	k.same("the arrival, with another account", k.load(elsewhere).Arrival, inbox.Arrival{})

	other := k.talk()
	other.thread.ThreadKey.Account, other.conversation.Account = t.thread.Account, t.thread.Account
	k.commit(other.begin())
	ref := other.withExternal(t.message.ExternalID, "")
	k.same("what an arrival finds that is stored, and names another thread", k.load(ref), inbox.Snapshot{
		Ref: ref, Conversation: t.conversation, Open: t.conversation.ID, Thread: t.thread, Contact: t.contact,
		Identities: []inbox.Identity{other.identity}, Arrival: t.arrival, Messages: []inbox.Message{t.message},
	})
}

// lostConversation names a message whose conversation does not exist, in a thread that has an open one.
func lostConversation(k *kit) {
	t, lost := k.talk(), k.talk().begin()
	k.commit(t.begin())
	m, a := lost.Messages[0], lost.Arrivals[0]
	a.Account, m.Account = t.conversation.Account, t.conversation.Account
	k.commit(inbox.Change{Tenant: k.tenant, Messages: []inbox.Message{m}, Arrivals: []inbox.Arrival{a}})
	want := inbox.Snapshot{
		Open: t.conversation.ID, Thread: t.thread, Contact: t.contact, Identities: []inbox.Identity{t.identity},
		Messages: []inbox.Message{m},
	}
	want.Ref, want.Arrival = t.withExternal(m.ExternalID, ""), a
	k.same("what an arrival finds that is stored without its conversation", k.load(want.Ref), want)
	want.Ref, want.Arrival, want.About = t.withExternal("", m.ExternalID), inbox.Arrival{}, a
	k.same("what an arrival finds about a message without its conversation", k.load(want.Ref), want)
}

func aboutArrival(k *kit) {
	t := k.talk()
	k.commit(t.begin())
	k.commit(t.move(inbox.StateResolved))
	old := *t
	t.follow()
	k.commit(t.append("of the conversation that follows"))
	for _, c := range []struct {
		what string
		ref  inbox.Ref
		want inbox.ConversationID
	}{
		{"no external id", t.withExternal("", old.message.ExternalID), old.conversation.ID},
		{"no external id and nobody's address", inbox.Ref{Tenant: k.tenant, Arrival: inbox.ArrivalRef{Account: old.arrival.Account,
			About: old.message.ExternalID}}, old.conversation.ID},
		{"an external id that is new", t.withExternal("new", old.message.ExternalID), t.conversation.ID},
		{"no external id, and is about something unknown", t.withExternal("", "unknown"), t.conversation.ID},
	} {
		snap := k.load(c.ref)
		if snap.Conversation.ID != c.want {
			k.broken("an arrival that names %s: got conversation %v, want %v", c.what, snap.Conversation.ID, c.want)
		}
		if c.ref.Arrival.About == old.message.ExternalID {
			k.same("what it is about", snap.About, old.arrival)
			k.same("the message", snap.Messages, []inbox.Message{old.message})
		}
	}
}

func threadArrival(k *kit) {
	t := k.talk()
	ref := inbox.Ref{Tenant: k.tenant, Arrival: t.arrivalRef()}
	k.same("the conversation before there is one", k.load(ref).Conversation, inbox.Conversation{})
	k.commit(t.begin())
	first := *t
	k.commit(t.move(inbox.StatePending))
	k.same("the open conversation", k.load(ref).Conversation, t.conversation)
	k.commit(t.move(inbox.StateResolved))
	k.same("the conversation, which is resolved", k.load(ref).Conversation, t.conversation)
	if open := k.load(ref).Open; open != (inbox.ConversationID{}) {
		k.broken("the open conversation of a thread that has none: got %v", open)
	}
	first.conversation = t.conversation
	t.follow()
	k.commit(t.append("of the conversation that follows"))
	k.same("the newest conversation, which is open", k.load(ref).Conversation, t.conversation)
	k.commit(t.move(inbox.StateResolved))
	k.commit(first.move(inbox.StateNew))
	snap := k.load(ref)
	k.same("the open conversation, which is not the newest", snap.Conversation, first.conversation)
	if snap.Open != first.conversation.ID || snap.Thread.Conversation != t.conversation.ID {
		k.broken("got open %v and newest %v, want %v and %v", snap.Open, snap.Thread.Conversation, first.conversation.ID, t.conversation.ID)
	}
}

func earlyArrival(k *kit) {
	t := k.talk()
	k.commit(t.begin())
	early := inbox.Arrival{Account: t.conversation.Account, ExternalID: "early", Version: 1, Early: []inbox.EarlyEvent{{Text: "edited"}}}
	k.commit(inbox.Change{Tenant: k.tenant, Arrivals: []inbox.Arrival{early}})
	snap := k.load(t.withExternal("early", ""))
	k.same("the arrival", snap.Arrival, early)
	k.same("the conversation", snap.Conversation, t.conversation)
	snap = k.load(t.withExternal("", "early"))
	k.same("what it is about", snap.About, early)
	k.same("the conversation of an arrival about it", snap.Conversation, t.conversation)
	k.same("the messages", snap.Messages, []inbox.Message(nil))
}

// addressOf adds an identity to a contact.
func (t *talk) addressOf() inbox.Identity {
	who := inbox.Identity{Version: 1}
	who.ID.UUID, who.Contact = t.k.id(), t.contact.ID
	who.Address = channel.Address{Network: channel.X, ID: t.k.text("address")}
	return who
}

func firstThread(k *kit) {
	t, other := k.talk(), k.talk()
	other.thread.ThreadKey.Account, other.conversation.Account = t.thread.Account, t.thread.Account
	other.thread.Key = t.thread.Key
	second := t.addressOf()
	ch := t.begin()
	ch.Identities = append(ch.Identities, second)
	k.commit(ch, other.begin())
	ref := inbox.Ref{Tenant: k.tenant, Arrival: t.arrivalRef()}
	stranger := channel.Address{Network: channel.SMS, ID: "nobody"}
	for _, c := range []struct {
		addresses []channel.Address
		want      inbox.ConversationID
	}{
		{[]channel.Address{t.identity.Address, other.identity.Address}, t.conversation.ID},
		{[]channel.Address{other.identity.Address, t.identity.Address}, other.conversation.ID},
		{[]channel.Address{stranger, second.Address, t.identity.Address}, t.conversation.ID},
		{[]channel.Address{stranger, second.Address}, inbox.ConversationID{}},
	} {
		ref.Arrival.Addresses = c.addresses
		if got := k.load(ref).Conversation.ID; got != c.want {
			k.broken("by the addresses %v: got conversation %v, want %v", c.addresses, got, c.want)
		}
	}
}

func knownAddresses(k *kit) {
	t, other := k.talk(), k.talk()
	second := t.addressOf()
	ch := t.begin()
	ch.Identities = append(ch.Identities, second)
	k.commit(ch, other.begin())
	ref := inbox.Ref{Tenant: k.tenant, Arrival: t.arrivalRef()}
	ref.Arrival.Addresses = []channel.Address{
		second.Address, {Network: channel.SMS, ID: "nobody"}, other.identity.Address, t.identity.Address,
		{Network: channel.SMS, ID: second.Address.ID}, second.Address,
	}
	k.same("the identities", k.load(ref).Identities, []inbox.Identity{second, other.identity, t.identity})
	ref.Arrival = inbox.ArrivalRef{Account: t.arrival.Account, ExternalID: t.arrival.ExternalID}
	k.same("the identities where no address is named", k.load(ref).Identities, []inbox.Identity(nil))
}

func whoseContact(k *kit) {
	t, other := k.talk(), k.talk()
	k.commit(t.begin(), other.begin())
	ref := inbox.Ref{Tenant: k.tenant, Arrival: other.arrivalRef()}
	ref.Arrival.Thread = "another"
	k.same("the contact of the first known address", k.load(ref).Contact, other.contact)
	ref.Arrival.Addresses = append([]channel.Address{{Network: channel.SMS, ID: "nobody"}}, ref.Arrival.Addresses...)
	k.same("the contact of the first known address after an unknown one", k.load(ref).Contact, other.contact)
	ref.Arrival.Addresses = append(ref.Arrival.Addresses, t.identity.Address)
	k.same("the contact of the first of two known addresses", k.load(ref).Contact, other.contact)
	ref.Arrival = other.arrivalRef()
	ref.Arrival.Account, ref.Arrival.ExternalID = t.arrival.Account, t.arrival.ExternalID
	k.same("the contact of the conversation that was found", k.load(ref).Contact, t.contact)
	ref.Arrival = inbox.ArrivalRef{Account: t.arrival.Account, About: t.arrival.ExternalID}
	k.same("the contact of the conversation that was found without an address", k.load(ref).Contact, t.contact)

	late := k.talk().contact
	late.Version = 1
	for _, step := range []struct {
		what string
		to   contact.ID
		then *inbox.Contact
		want inbox.Contact
	}{
		{"another contact", other.contact.ID, nil, other.contact},
		{"a contact that does not exist", late.ID, nil, inbox.Contact{}},
		{"a contact that came after it", late.ID, &late, late},
		{"the contact that it had", t.contact.ID, nil, t.contact},
	} {
		t.identity.Version, t.identity.Contact = t.identity.Version+1, step.to
		k.commit(inbox.Change{Tenant: k.tenant, Identities: []inbox.Identity{t.identity}}, inbox.Change{Tenant: k.tenant, Contact: step.then})
		k.same("the contact of an identity that went to "+step.what, k.load(t.ref()).Contact, step.want)
		page, err := k.store.List(k.Context(), k.tenant, inbox.Query{Sort: inbox.Oldest, Limit: 1})
		k.works("List", err)
		k.same("what is listed of an identity that went to "+step.what, page, []inbox.Listed{
			{Conversation: t.conversation, Contact: step.want.Contact}})
	}
}

func threadParts(k *kit) {
	t := k.talk()
	k.commit(t.begin())
	base := t.arrivalRef()
	for i := range reflect.TypeFor[inbox.ThreadKey]().NumField() {
		ref := base
		switch name := reflect.TypeFor[inbox.ThreadKey]().Field(i).Name; name {
		case "Account":
			ref.Account = channel.AccountID{UUID: k.id()}
		case "Identity":
			ref.Addresses = []channel.Address{{Network: channel.SMS, ID: t.identity.Address.ID}}
		case "Visibility":
			ref.Visibility = channel.Public
		case "Key":
			ref.Thread = ""
		default:
			k.Fatalf("storagetest does not know the field %s of ThreadKey", name)
		}
		snap := k.load(inbox.Ref{Arrival: ref})
		k.same("the thread where one part is another", snap.Thread, inbox.Thread{})
		k.same("the conversation where one part is another", snap.Conversation, inbox.Conversation{})
	}
}
