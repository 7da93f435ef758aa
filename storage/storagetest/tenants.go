package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
)

// tenants is what one tenant has to do with another: nothing.
var tenants = []rule{
	{"nothing of another tenant is read or counted and a foreign id is answered as a random one", foreignIDs},
	{"a foreign id in a row is answered as a random one", foreignRefs},
	{"nothing of another tenant is changed", foreignWrites},
	{"a foreign id may be used again", reusedIDs},
	{"a change that carries something of another tenant is refused with ErrInvalid", smuggled},
}

// foreignIDs asks every method of the port for a tenant with random names, then lets another tenant come, and asks with that
// one's names. It does so for a tenant that has nothing and for one that has something.
func foreignIDs(k *kit) {
	tenanted := k.calls(func(c call) bool { return !c.global })
	for i := range 2 {
		one := k.of(k.another())
		theirs, random, own := full(k, k.another(), 3*i+1), full(k, k.another(), 3*i+2), full(k, one.tenant, 3*i+3)
		if i > 0 {
			k.commit(full(k, one.tenant, 3*i+3))
		}
		before := make([]string, len(tenanted))
		for j, c := range tenanted {
			before[j] = one.answer(c, &random)
		}
		k.commit(full(k, theirs.Tenant, 3*i+1))
		for j, c := range tenanted {
			if got := one.answer(c, &theirs); got != before[j] {
				k.broken("%s with the names of another tenant: got\n%swith random names before that one came:\n%s", c.method, got, before[j])
			}
		}
		if i > 0 {
			k.same("the tenant's own rows", k.read(&own), written(&own))
		}
		k.same("the other tenant's rows", k.read(&theirs), written(&theirs))
	}
}

// foreignRefs gives a tenant some of the rows that another one has, so that they refer to rows that only that one has: each kind of
// row alone, and all but it. What the tenant is answered must be the same before the other one comes, after that, and where its own
// rows come after that.
func foreignRefs(k *kit) {
	reads := k.calls(func(c call) bool { return !c.global && !c.writes && c.method != "Batches" && c.method != "Head" })
	for i := range 2 * len(pieces(&inbox.Change{})) {
		theirs, first, second := full(k, k.another(), i), k.of(k.another()), k.of(k.another())
		rows := retenanted(full(k, first.tenant, i), first.tenant)
		answers := func(one *kit) string {
			var all strings.Builder
			for _, c := range reads {
				all.WriteString(c.method + "\n" + one.answer(c, &theirs))
			}
			return strings.ReplaceAll(all.String(), one.tenant.String(), "the tenant")
		}
		first.some(rows, i)
		before := answers(first)
		k.commit(full(k, theirs.Tenant, i), causeInDocument(k, &theirs))
		k.same("what a tenant is answered after one came that has what its rows refer to", answers(first), before)
		second.some(rows, i)
		k.same("what a tenant is answered that came after one that has what its rows refer to", answers(second), before)
	}
}

// some commits pieces of a full change: one alone where way is even, all but one where it is odd. A thread of nobody comes first.
func (k *kit) some(rows inbox.Change, way int) {
	k.Helper()
	nobodys := k.talk().thread
	nobodys.Version = 1
	k.commit(inbox.Change{Tenant: k.tenant, Thread: &nobodys})
	rows.Entries = slices.Clone(rows.Entries)
	for i := range rows.Entries {
		rows.Entries[i].Tenant = k.tenant.UUID
	}
	rows.Tenant, rows.Dues = k.tenant, nil
	for i, piece := range pieces(&rows) {
		if (i == way/2) == (way%2 == 0) {
			k.commit(piece)
		}
	}
}

// causeInDocument is a change that leaves an entry of a full change's cause in the log of its settings document.
func causeInDocument(k *kit, ch *inbox.Change) inbox.Change {
	byID, _ := refs(ch)
	e := k.of(ch.Tenant).entry(new(audit.Chain), audit.Subject{Kind: audit.SubjectSetting, ID: byID.Document.ID}, "test", audit.ClassTrail)
	e.Cause = byID.Cause
	return inbox.Change{Tenant: ch.Tenant, Entries: []audit.Entry{e}}
}

// answer calls a method for the kit's tenant and writes down what it answers.
func (k *kit) answer(c call, names *inbox.Change) string {
	k.Helper()
	answer, err := c.do(k.Context(), k.store, k.tenant, names)
	return lines("answer", answer) + fmt.Sprintf("error: %v\n", sentinel(err))
}

// sentinel is what an error is to who asks.
func sentinel(err error) error {
	for _, known := range []error{storage.ErrNotFound, storage.ErrConflict, storage.ErrInvalid} {
		if errors.Is(err, known) {
			return known
		}
	}
	return err
}

// foreignWrites lets a tenant write to rows of another one, by every way there is.
func foreignWrites(k *kit) {
	theirs := full(k, k.another(), 1)
	k.commit(full(k, theirs.Tenant, 1))
	before := Dump(k, k.store, theirs.Tenant)
	fresh := func() inbox.Change {
		next := retenanted(later(&theirs, full(k, theirs.Tenant, 2)), k.tenant)
		next.Keys = nil
		return next
	}
	k.conflicts("a change of all rows of another tenant", fresh())
	for _, g := range guarded {
		k.conflicts("a change of the "+g.name+" of another tenant", g.alone(fresh(), 2))
	}
	under := fresh()
	gone := under.Dues[0]
	gone.At = time.Time{}
	k.commit(inbox.Change{Tenant: k.tenant, Dues: []inbox.Due{gone}})
	t := k.talk()
	own := t.begin()
	own.Messages, own.Notes, own.Dues, own.Totals = under.Messages, under.Notes, under.Dues, slices.Clone(theirs.Totals)
	k.commit(own)
	k.commit(inbox.Change{Tenant: k.tenant, Dues: []inbox.Due{gone}, Totals: theirs.Totals})
	if after := Dump(k, k.store, theirs.Tenant); after != before {
		k.same("the other tenant", after, before)
	}
	k.same("the other tenant's rows", k.read(&theirs), written(&theirs))
	waits := slices.DeleteFunc(k.claim(faraway, faraway, 10), func(d inbox.Due) bool { return d.Tenant != theirs.Tenant })
	want := slices.Clone(theirs.Dues)
	for i := range want {
		want[i].Tries, want[i].Leased = want[i].Tries+1, faraway
	}
	k.same("what waits of the other tenant", waits, want)
}

func reusedIDs(k *kit) {
	other := k.another()
	first, second := full(k, k.tenant, 1), retenanted(full(k, other, 1), other)
	k.commit(full(k, k.tenant, 1))
	k.commit(retenanted(full(k, other, 1), other))
	k.same("the first tenant's rows", k.read(&first), written(&first))
	k.same("the second tenant's rows", k.read(&second), written(&second))
	if rows := k.claim(faraway, faraway, 10); len(rows) != 4 {
		k.broken("rows that wait under the same names in two tenants: got %d, want 2 each", len(rows))
	}
	next, who := following(second, other), *second.Contact
	who.Version, who.Name, next.Conversation.State = who.Version+1, "Another", inbox.StateResolved
	next.Contact = &who
	k.commit(next)
	k.same("the first tenant's rows after the second one has written", k.read(&first), written(&first))
	for _, ch := range []*inbox.Change{&first, &second} {
		_, ref := refs(ch)
		all := k.of(ch.Tenant).load(ref)
		ref.Arrival.Addresses = ref.Arrival.Addresses[:1]
		one := k.of(ch.Tenant).load(ref)
		one.Ref, one.Identities = all.Ref, all.Identities
		k.same("what a tenant finds by one address, and by all", one, all)
		named := k.of(ch.Tenant).load(inbox.Ref{Conversation: ch.Conversation.ID})
		k.same("the open conversation of a thread, by conversation and by address", named.Open, all.Open)
	}
}

// smuggled carries one entry or row of another tenant at every place among own ones.
func smuggled(k *kit) {
	other := k.of(k.another())
	before := Dump(k, k.store, other.tenant)
	for i := range 3 {
		t := k.talk()
		entries := t.begin()
		for range 2 {
			entries.Entries = append(entries.Entries, t.trail().Entries...)
		}
		entries.Entries[i].Tenant = other.tenant.UUID
		k.refused("a log entry of another tenant", k.answers(entries)[0], storage.ErrInvalid)
		waits := k.talk().begin()
		for range 3 {
			waits.Dues = append(waits.Dues, k.wait("test"))
		}
		waits.Dues[i].Tenant = other.tenant
		k.refused("a waiting row of another tenant", k.answers(waits)[0], storage.ErrInvalid)
		for _, ch := range []inbox.Change{entries, waits} {
			k.same("what is left behind", k.load(inbox.Ref{Conversation: ch.Conversation.ID}).Conversation, inbox.Conversation{})
		}
	}
	k.same("where the log ends", k.head().Position, int64(0))
	k.same("what the other tenant has", Dump(k, k.store, other.tenant), before)
	k.same("what waits", k.claim(faraway, faraway, 10), []inbox.Due(nil))
}
