package storagetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
)

// tenants is what one tenant has to do with another: nothing.
var tenants = []rule{
	{"nothing of another tenant is read or counted and a foreign id is answered as a random one", foreignIDs},
	{"nothing of another tenant is changed", foreignWrites},
	{"a foreign id may be used again", reusedIDs},
	{"a change that carries something of another tenant is refused with ErrInvalid", smuggled},
}

// foreignIDs asks every method of the port for a tenant with random names, then lets another tenant come, and asks with that
// one's names.
func foreignIDs(k *kit) {
	theirs, random := full(k, k.another(), 1), full(k, k.another(), 2)
	own := full(k, k.tenant, 3)
	k.commit(full(k, k.tenant, 3))
	tenanted := k.calls(func(c call) bool { return !c.global })
	before := make([]string, len(tenanted))
	for i, c := range tenanted {
		before[i] = k.answer(c, &random)
	}
	k.commit(full(k, theirs.Tenant, 1))
	for i, c := range tenanted {
		if got := k.answer(c, &theirs); got != before[i] {
			k.broken("%s with the names of another tenant: got\n%swith random names before that one came:\n%s", c.method, got, before[i])
		}
	}
	k.same("the tenant's own rows", k.read(&own), written(&own))
	k.same("the other tenant's rows", k.read(&theirs), written(&theirs))
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
	t := k.talk()
	own := t.begin()
	own.Messages, own.Notes, own.Dues, own.Totals = under.Messages, under.Notes, under.Dues, under.Totals
	k.commit(own)
	gone := fresh().Dues[0]
	gone.At = time.Time{}
	k.commit(inbox.Change{Tenant: k.tenant, Dues: []inbox.Due{gone}})
	if after := Dump(k, k.store, theirs.Tenant); after != before {
		k.same("the other tenant", after, before)
	}
	k.same("the other tenant's rows", k.read(&theirs), written(&theirs))
	for _, d := range k.claim(faraway, faraway, 10) {
		if d.Tenant == theirs.Tenant && !d.At.Equal(theirs.Dues[0].At) && !d.At.Equal(theirs.Dues[1].At) {
			k.broken("a row of the other tenant that waits: got it due at %s, want it as it was", d.At)
		}
	}
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
	next := following(second, other)
	k.commit(next)
	k.same("the first tenant's rows after the second one has written", k.read(&first), written(&first))
}

func smuggled(k *kit) {
	other := k.another()
	before := Dump(k, k.store, other)
	t := k.talk()
	entry, due := t.begin(), k.of(other).wait("test")
	entry.Entries[0].Tenant = other.UUID
	k.refused("a log entry of another tenant", k.answers(entry)[0], storage.ErrInvalid)
	waits := k.talk().begin()
	waits.Dues = []inbox.Due{due}
	k.refused("a waiting row of another tenant", k.answers(waits)[0], storage.ErrInvalid)
	for _, ch := range []inbox.Change{entry, waits} {
		k.same("what is left behind", k.load(inbox.Ref{Conversation: ch.Conversation.ID}).Conversation, inbox.Conversation{})
	}
	k.same("what the other tenant has", Dump(k, k.store, other), before)
	k.same("what waits", k.claim(faraway, faraway, 10), []inbox.Due(nil))
}
