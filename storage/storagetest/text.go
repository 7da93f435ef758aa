package storagetest

import (
	"fmt"
	"strings"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/contact"
	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
)

// text is what becomes of text.
var text = []rule{
	{"addresses are compared byte for byte", addressBytes},
	{"external ids are compared byte for byte", externalBytes},
	{"thread keys are compared byte for byte", threadBytes},
	{"command keys are compared byte for byte", keyBytes},
	{"channel accounts are compared byte for byte", accountBytes},
	{"kinds of waiting work are compared byte for byte", dueBytes},
	{"text comes back byte for byte, however long", textBytes},
}

// alikes are texts that a database may take for one another, or for something else. Every one is valid UTF-8 without NUL, which
// is all that the engine lets through.
func alikes() []string {
	return []string{
		"id", "ID", "Id", "iD", "ıd", "İD", // case, with and without Turkish
		"id ", " id", "id\t", "id\n", "id\u00a0", "id\u200b", "\ufeffid", // what is trimmed or not seen
		"é", "e\u0301", "E\u0301", "e", "ẹ́", "e\u0323\u0301", "e\u0301\u0323", // combining characters
		"ß", "ss", "SS", "ſs", "æ", "ae", "ö", "o\u0308", "oe", // collations
		"ａ", "a", "①", "1", "01", "1.0", "1e0", "٣", "3", // widths and digits
		"%", "_", "%%", "__", "a%", "a_", "\\", "\\\\", "\\%", "*", "?", "[a]", // patterns
		"'", "''", "\"", "`", "--", ";", "$1", "?1", ":a", "@a", "{}", "null", "NULL", "true", // syntax
		"👍", "👍🏽", "👩‍👩‍👧", "👩👩👧", "\U0010fffd", "\U0001f600", "\U0001f601", // beyond the basic plane
		"\ufffd", "\uffff", "\ufffe", "\u0001", "\x7f", "\u0085", "\u2028", "\u202eid", // valid, though it looks broken
		"مرحبا", "שלום", "こんにちは", "コンニチハ", "ｺﾝﾆﾁﾊ", "한", "\u1112\u1161\u11ab",
		strings.Repeat("x", 512), strings.Repeat("x", 511) + "y", strings.Repeat("é", 256),
	}
}

func addressBytes(k *kit) {
	var addresses []channel.Address
	for i, id := range alikes() {
		addresses = append(addresses, channel.Address{Network: "whatsapp", ID: id})
		if i < 7 {
			addresses = append(addresses, channel.Address{Network: channel.Network(id), ID: "id"})
		}
	}
	var ch inbox.Change
	ch.Tenant = k.tenant
	for _, a := range addresses {
		who := inbox.Identity{Version: 1}
		who.ID, who.Contact, who.Address = contact.IdentityID{UUID: k.id()}, contact.ID{UUID: k.id()}, a
		ch.Identities = append(ch.Identities, who)
	}
	k.commit(ch)
	for i, a := range addresses {
		got := k.load(inbox.Ref{Arrival: inbox.ArrivalRef{Addresses: []channel.Address{a}}}).Identities
		k.same(fmt.Sprintf("the identity at %+q", a), got, ch.Identities[i:i+1])
	}
}

func externalBytes(k *kit) {
	account := channel.AccountID{UUID: k.id()}
	for _, id := range alikes() {
		k.commit(inbox.Change{Tenant: k.tenant, Arrivals: []inbox.Arrival{
			{Account: account, ExternalID: id, Version: 1, Early: []inbox.EarlyEvent{{Text: id}}},
		}})
	}
	for _, id := range alikes() {
		got := k.load(inbox.Ref{Arrival: inbox.ArrivalRef{Account: account, ExternalID: id, About: id}})
		for _, a := range []inbox.Arrival{got.Arrival, got.About} {
			if a.ExternalID != id || len(a.Early) != 1 || a.Early[0].Text != id {
				k.broken("what is known under the external id %+q: got %+v", id, a)
			}
		}
	}
}

func threadBytes(k *kit) {
	t := k.talk()
	byKey := map[string]inbox.ThreadID{}
	for _, key := range append(alikes(), "") {
		th := t.thread
		th.ID, th.Version, th.Key = inbox.ThreadID{UUID: k.id()}, 1, key
		byKey[key] = th.ID
		ch := inbox.Change{Tenant: k.tenant, Thread: &th}
		if len(byKey) == 1 {
			t.identity.Version = 1
			ch.Identities = []inbox.Identity{t.identity}
		}
		k.commit(ch)
	}
	for key, id := range byKey {
		ref := t.arrivalRef()
		ref.Thread = key
		if got := k.load(inbox.Ref{Arrival: ref}).Thread; got.ID != id || got.Key != key {
			k.broken("the thread with key %+q: got the one with key %+q", key, got.Key)
		}
	}
}

func keyBytes(k *kit) {
	for i, key := range alikes() {
		k.commit(inbox.Change{Tenant: k.tenant, Keys: []inbox.KeyRecord{{Key: key, Result: fmt.Append(nil, i)}}})
	}
	for i, key := range alikes() {
		got := k.load(inbox.Ref{Key: key}).Key
		if got.Key != key || string(got.Result) != fmt.Sprint(i) {
			k.broken("what is kept under the command key %+q: got %+q with %s", key, got.Key, got.Result)
		}
	}
	if got := k.load(inbox.Ref{Key: "another"}).Key; got.Key != "" {
		k.broken("a command key that was never used: got %+v", got)
	}
}

func accountBytes(k *kit) {
	owners := map[channel.AccountKey]uuid.UUID{}
	for i, id := range alikes() {
		keys := []channel.AccountKey{{Network: "whatsapp", ExternalID: id}}
		if i < 7 {
			keys = append(keys, channel.AccountKey{Network: channel.Network(id), ExternalID: "id"})
		}
		for _, key := range keys {
			d := k.setting(inbox.AccountDocument)
			d.Account = key
			owners[key] = d.ID
			k.commit(k.save(d))
		}
	}
	for key, id := range owners {
		tenant, got, err := k.store.Owner(k.Context(), key)
		if err != nil || tenant != k.tenant || got.UUID != id {
			k.broken("the owner of %+q: got %v of tenant %v and error %v, want %v of tenant %v", key, got, tenant, err, id, k.tenant)
		}
	}
}

func dueBytes(k *kit) {
	d := k.wait("")
	for _, kind := range alikes()[:40] {
		d.Kind = inbox.DueKind(kind)
		k.commit(inbox.Change{Tenant: k.tenant, Dues: []inbox.Due{d}})
	}
	kinds := map[inbox.DueKind]bool{}
	for _, row := range k.claim(faraway, faraway, 100) {
		kinds[row.Kind] = true
	}
	for _, kind := range alikes()[:40] {
		if !kinds[inbox.DueKind(kind)] {
			k.broken("the row of kind %+q that waits for the same thing as those of other kinds: it is not there", kind)
		}
	}
}

func textBytes(k *kit) {
	long := strings.Repeat("0123456789abcdé", channel.MaxText/16)
	for _, text := range append(alikes(), strings.Join(alikes(), "\n"), long) {
		t := k.talk()
		ch := t.begin()
		m, c := &ch.Messages[0], ch.Conversation
		m.Text, m.Permalink, m.Author = text, text, audit.Actor{Kind: audit.ActorContact, ID: "id", Name: text}
		c.Last.Preview, c.Comment = text, text
		ch.Contact.Name = text
		ch.Contact.Attributes = map[string]contact.Attribute{"alias": {Value: text}, "other": {Value: "x"}}
		k.commit(ch)
		snap := k.load(inbox.Ref{Conversation: c.ID, Message: m.ID})
		k.same("the message", snap.Messages, ch.Messages)
		k.same("the conversation", snap.Conversation, *c)
		k.same("the contact", snap.Contact, *ch.Contact)
	}
	ch := k.talk().begin()
	ch.Contact.Attributes = map[string]contact.Attribute{}
	for _, alias := range alikes() {
		ch.Contact.Attributes[alias] = contact.Attribute{Value: alias}
	}
	k.commit(ch)
	k.same("the contact's attributes", k.load(inbox.Ref{Conversation: ch.Conversation.ID}).Contact, *ch.Contact)
}
