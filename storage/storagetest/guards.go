package storagetest

import (
	"fmt"
	"math"
	"slices"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/contact"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
)

// guards is what the versions in a change hold.
var guards = []rule{
	{"a contact must be at the version less one", guardOf("contact")},
	{"an identity must be at the version less one", guardOf("identity")},
	{"a thread must be at the version less one", guardOf("thread")},
	{"a conversation must be at the version less one", guardOf("conversation")},
	{"an arrival must be at the version less one", guardOf("arrival")},
	{"a settings document must be at the version less one", guardOf("document")},
	{"a change whose guards do not hold leaves nothing behind", wholeOrNothing},
	{"two changes of one call decided on one version of a row: the first may pass and the second conflicts", twoOnOneRow},
	{"a row stands in a change once", rowTwice},
}

// guardedRow is one kind of guarded row.
type guardedRow struct {
	name  string
	alone func(ch inbox.Change, version int64) inbox.Change // only this row of a full change, going to the version
	fresh func(k *kit, ch *inbox.Change)                    // gives the row a name that nothing has
	set   func(ch *inbox.Change, version int64)             // only the version
}

var guarded = []guardedRow{
	{
		name: "contact",
		alone: func(ch inbox.Change, v int64) inbox.Change {
			ct := *ch.Contact
			ct.Version = v
			return inbox.Change{Tenant: ch.Tenant, Contact: &ct}
		},
		fresh: func(k *kit, ch *inbox.Change) { ch.Contact.ID = contact.ID{UUID: k.id()} },
		set:   func(ch *inbox.Change, v int64) { ch.Contact.Version = v },
	}, {
		name: "identity",
		alone: func(ch inbox.Change, v int64) inbox.Change {
			who := ch.Identities[1]
			who.Version = v
			return inbox.Change{Tenant: ch.Tenant, Identities: []inbox.Identity{who}}
		},
		fresh: func(k *kit, ch *inbox.Change) {
			ch.Identities[1].ID, ch.Identities[1].Address.ID = contact.IdentityID{UUID: k.id()}, k.text("address")
		},
		set: func(ch *inbox.Change, v int64) { ch.Identities[1].Version = v },
	}, {
		name: "thread",
		alone: func(ch inbox.Change, v int64) inbox.Change {
			th := *ch.Thread
			th.Version = v
			return inbox.Change{Tenant: ch.Tenant, Thread: &th}
		},
		fresh: func(k *kit, ch *inbox.Change) {
			ch.Thread.ID, ch.Thread.Key = inbox.ThreadID{UUID: k.id()}, k.text("key")
		},
		set: func(ch *inbox.Change, v int64) { ch.Thread.Version = v },
	}, {
		name: "conversation",
		alone: func(ch inbox.Change, v int64) inbox.Change {
			c := *ch.Conversation
			c.Version = v
			return inbox.Change{Tenant: ch.Tenant, Conversation: &c}
		},
		fresh: func(k *kit, ch *inbox.Change) {
			ch.Conversation.ID, ch.Conversation.Thread = inbox.ConversationID{UUID: k.id()}, inbox.ThreadID{UUID: k.id()}
		},
		set: func(ch *inbox.Change, v int64) { ch.Conversation.Version = v },
	}, {
		name: "arrival",
		alone: func(ch inbox.Change, v int64) inbox.Change {
			a := ch.Arrivals[1]
			a.Version = v
			return inbox.Change{Tenant: ch.Tenant, Arrivals: []inbox.Arrival{a}}
		},
		fresh: func(k *kit, ch *inbox.Change) { ch.Arrivals[1].ExternalID = k.text("external") },
		set:   func(ch *inbox.Change, v int64) { ch.Arrivals[1].Version = v },
	}, {
		name: "document",
		alone: func(ch inbox.Change, v int64) inbox.Change {
			d := ch.Documents[1]
			d.Version = v
			return inbox.Change{Tenant: ch.Tenant, Documents: []inbox.Document{d}}
		},
		fresh: func(k *kit, ch *inbox.Change) {
			ch.Documents[1].ID, ch.Documents[1].Account = k.id(), channel.AccountKey{ExternalID: k.text("number")}
		},
		set: func(ch *inbox.Change, v int64) { ch.Documents[1].Version = v },
	},
}

func guardedNamed(name string) guardedRow {
	return guarded[slices.IndexFunc(guarded, func(g guardedRow) bool { return g.name == name })]
}

// guardOf tries to write a row at every version but the right one, then at the right one.
func guardOf(name string) func(*kit) {
	g := guardedNamed(name)
	return func(k *kit) {
		first := full(k, k.tenant, 1)
		k.commit(full(k, k.tenant, 1))
		write := func() inbox.Change { return later(&first, full(k, k.tenant, 2)) }
		for _, v := range []int64{0, 1, 3, 4, -1, math.MinInt64, math.MaxInt64} {
			k.conflicts(fmt.Sprintf("a %s at version 1 that is written at version %d", name, v), g.alone(write(), v))
		}
		k.same("what there is after the conflicts", k.read(&first), written(&first))
		k.commit(g.alone(write(), 2))
		k.conflicts("a "+name+" at version 2 that is written at version 2", g.alone(write(), 2))
		k.commit(g.alone(write(), 3))

		absent := func(v int64) inbox.Change {
			ch := full(k, k.tenant, 3)
			g.fresh(k, &ch)
			return g.alone(ch, v)
		}
		for _, v := range []int64{0, 2, -1} {
			k.conflicts(fmt.Sprintf("a %s that does not exist and is written at version %d", name, v), absent(v))
		}
		k.commit(absent(1))
	}
}

// wholeOrNothing breaks one guard after another of a change that writes every kind of row.
func wholeOrNothing(k *kit) {
	for i, g := range guarded {
		tenant := k.another()
		first := full(k, tenant, i)
		k.commit(full(k, tenant, i))
		next := func() inbox.Change { return later(&first, full(k, tenant, 10+i)) }
		for _, version := range []int64{1, 3} {
			ch := next()
			g.set(&ch, version)
			k.conflicts("a change with a stale "+g.name, ch)
			k.same("what there is after a change with a stale "+g.name, k.read(&first), written(&first))
			k.of(tenant).noKey(next().Keys[0].Key)
		}
		k.sameDues(first.Dues)
		again := next()
		again.Dues = nil
		k.commit(again)
	}
	tenant := k.another()
	first := full(k, tenant, 8)
	k.commit(full(k, tenant, 8))
	ch := later(&first, full(k, tenant, 9))
	ch.Keys = first.Keys
	k.conflicts("a change under a key that is used", ch)
	k.same("what there is after a change under a key that is used", k.read(&first), written(&first))
	k.sameDues(first.Dues)
}

// noKey reports a command key that should not be there.
func (k *kit) noKey(key string) {
	k.Helper()
	if got := k.load(inbox.Ref{Key: key}).Key; got.Key != "" {
		k.broken("the command key of a change that did not pass: got %+v, want none", got)
	}
}

func twoOnOneRow(k *kit) {
	for i, g := range guarded {
		tenant := k.another()
		first := full(k, tenant, i)
		k.commit(full(k, tenant, i))
		one, other := later(&first, full(k, tenant, 10+i)), later(&first, full(k, tenant, 20+i))
		errs := k.answers(g.alone(one, 2), g.alone(other, 2))
		if errs[0] != nil {
			k.broken("the first of two changes of one %s: got error %v, want none", g.name, errs[0])
		}
		k.refused("the second of two changes of one "+g.name, errs[1], storage.ErrConflict)
		if errs = k.answers(g.alone(one, 2), g.alone(other, 3)); errs[1] != nil {
			k.broken("the second of two changes of one %s, after a stale one: got error %v, want none", g.name, errs[1])
		}
		k.refused("the first of two changes of one "+g.name+", which is stale", errs[0], storage.ErrConflict)
	}
}

// rowTwice names a row again with other values, at the same version and at the one that would follow.
func rowTwice(k *kit) {
	for version := range int64(3) {
		a, b := full(k, k.tenant, 1), full(k, k.tenant, 2)
		who, arrival, doc := b.Identities[0], b.Arrivals[0], b.Documents[0]
		who.ID, who.Version = a.Identities[0].ID, version
		arrival.Account, arrival.ExternalID, arrival.Version = a.Arrivals[0].Account, a.Arrivals[0].ExternalID, version
		doc.DocumentKey, doc.Version = a.Documents[0].DocumentKey, version
		a.Identities[1], a.Arrivals[1], a.Documents[1] = who, arrival, doc
		for what, ch := range map[string]inbox.Change{
			"identity": {Identities: a.Identities}, "arrival": {Arrivals: a.Arrivals}, "settings document": {Documents: a.Documents},
		} {
			ch.Tenant, ch.Entries = k.tenant, a.Entries
			k.conflicts(fmt.Sprintf("a change with one %s twice, the second time at version %d", what, version), ch)
		}
	}
	k.same("what is left behind", k.head().Position, int64(0))
}
