package storagetest

import (
	"slices"
	"sync"
	"time"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
	"github.com/google/uuid"
)

// dues is what Claim and Next answer.
var dues = []rule{
	{"Claim takes what is due at now and not leased beyond it", claimDue},
	{"Claim takes up to limit rows and the one that could be claimed first comes first", claimOrder},
	{"a claimed row is leased until until and its try is counted", claimLeases},
	{"when a lease has run out the row is offered again", leaseEnds},
	{"a row that is written again waits as it is written", rewritten},
	{"a row without a time is removed", removed},
	{"a row's key is tenant, kind and ref", dueKeys},
	{"Claim and Next go over all tenants", allTenants},
	{"Next returns when the earliest row can be claimed, zero if there is none", nextDue},
	{"a clock that goes back claims nothing early", clockBack},
	{"two claimants never get the same row", claimants},
	{"a row with a fence is written if it was claimed that often, else the whole change conflicts", fenced},
}

// waitAt commits a row that waits until some seconds after the beginning.
func (k *kit) waitAt(seconds int) inbox.Due {
	k.Helper()
	d := k.wait("test")
	d.At = second(seconds)
	k.commit(inbox.Change{Tenant: k.tenant, Dues: []inbox.Due{d}})
	return d
}

// second is an instant some seconds after the beginning.
func second(n int) time.Time { return began.Add(time.Duration(n) * time.Second) }

// claimed returns the refs of what is claimed.
func (k *kit) claimed(now, until time.Time, limit int) []uuid.UUID {
	k.Helper()
	var refs []uuid.UUID
	for _, d := range k.claim(now, until, limit) {
		refs = append(refs, d.Ref)
	}
	return refs
}

func claimDue(k *kit) {
	k.same("what is claimed of nothing", k.claim(faraway, faraway, 10), []inbox.Due(nil))
	early, exact := k.waitAt(9), k.waitAt(10)
	late := k.wait("test")
	late.At = second(10).Add(time.Microsecond)
	leased, over := k.wait("test"), k.wait("test")
	leased.At, leased.Leased = second(5), second(10).Add(time.Microsecond)
	over.At, over.Leased = second(5), second(10)
	putOff := k.wait("test")
	putOff.At, putOff.Leased = late.At, second(5)
	k.commit(inbox.Change{Tenant: k.tenant, Dues: []inbox.Due{late, leased, over, putOff}})
	at := func(what string, now time.Time, want ...uuid.UUID) {
		got := k.claimed(now, second(60), 10)
		for _, refs := range [][]uuid.UUID{got, want} {
			slices.SortFunc(refs, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
		}
		k.same("what is claimed "+what, got, want)
	}
	at("at the tenth second", second(10), early.Ref, exact.Ref, over.Ref)
	at("a microsecond later", late.At, late.Ref, leased.Ref, putOff.Ref)
}

func claimOrder(k *kit) {
	for _, s := range []int{7, 3, 9, 1, 5, 8, 2, 6, 4} {
		k.waitAt(s)
	}
	leased := k.wait("test")
	leased.At, leased.Leased = second(0), began.Add(4500*time.Millisecond)
	k.commit(inbox.Change{Tenant: k.tenant, Dues: []inbox.Due{leased}})
	var ready []time.Time
	for _, limit := range []int{3, 2, 4, 5} {
		for _, d := range k.claim(second(60), second(120), limit) {
			at := d.At
			if d.Ref == leased.Ref {
				at = leased.Leased
			}
			ready = append(ready, at)
		}
	}
	if len(ready) != 10 || !slices.IsSortedFunc(ready, time.Time.Compare) {
		k.broken("ten rows, claimed a few at a time: got those that could be claimed from %v", ready)
	}
}

func claimLeases(k *kit) {
	d := k.wait("test")
	d.Tries = 4
	k.commit(inbox.Change{Tenant: k.tenant, Dues: []inbox.Due{d}})
	until := faraway.Add(time.Minute + 1500*time.Nanosecond)
	for i := range 3 {
		d.Tries, d.Leased = d.Tries+1, until.Truncate(time.Microsecond)
		k.same("a claimed row", k.claim(faraway.Add(time.Duration(i)*time.Hour), until, 10), []inbox.Due{d})
		until = until.Add(time.Hour)
	}
	if got := k.claim(faraway, faraway, 10); len(got) != 0 {
		k.broken("a leased row that is asked for again: got %+v", got)
	}
}

func leaseEnds(k *kit) {
	d := k.waitAt(1)
	for _, step := range []struct {
		now, until int
		want       int
	}{{0, 9, 0}, {1, 10, 1}, {1, 10, 0}, {9, 20, 0}, {10, 20, 1}, {19, 30, 0}, {25, 25, 1}, {25, 30, 1}, {25, 40, 0}} {
		got := k.claimed(second(step.now), second(step.until), 10)
		if len(got) != step.want || step.want == 1 && got[0] != d.Ref {
			k.stop("claimed at second %d until %d: got %d rows, want %d", step.now, step.until, len(got), step.want)
		}
	}
}

func rewritten(k *kit) {
	d, other := k.waitAt(10), k.waitAt(20)
	write := func(at, leased int) {
		d.At, d.Leased, d.Tries = second(at), time.Time{}, 0
		if leased > 0 {
			d.Leased = second(leased)
		}
		k.commit(inbox.Change{Tenant: k.tenant, Dues: []inbox.Due{d}})
	}
	write(30, 0)
	k.same("what is claimed after one was put off", k.claimed(second(25), second(26), 10), []uuid.UUID{other.Ref})
	write(5, 0)
	k.same("what is claimed after one was brought forward", k.claimed(second(6), second(60), 10), []uuid.UUID{d.Ref})
	write(5, 0)
	k.same("what is claimed after a lease was given up", k.claimed(second(7), second(60), 10), []uuid.UUID{d.Ref})
	write(5, 50)
	k.same("what is claimed of one that was written with a lease", k.claimed(second(49), second(90), 10), []uuid.UUID{other.Ref})
	k.same("the one that was written with a lease, after it", k.claimed(second(50), second(90), 10), []uuid.UUID{d.Ref})
}

func removed(k *kit) {
	remove := func(d inbox.Due) {
		d.At = time.Time{}
		k.commit(inbox.Change{Tenant: k.tenant, Dues: []inbox.Due{d}})
	}
	a, b, c := k.waitAt(1), k.waitAt(2), k.waitAt(3)
	remove(b)
	remove(b)
	remove(k.wait("never written"))
	k.same("what is claimed after one was removed", k.claimed(second(2), second(60), 10), []uuid.UUID{a.Ref})
	remove(a)
	if got := k.next(); !got.Equal(c.At) {
		k.broken("Next after a leased row was removed: got %s, want %s", got, c.At)
	}
	k.same("what is claimed after all that", k.claimed(faraway, faraway, 10), []uuid.UUID{c.Ref})
	again := b
	again.At = second(4)
	k.commit(inbox.Change{Tenant: k.tenant, Dues: []inbox.Due{again}})
	remove(c)
	again.Tries, again.Leased = 1, faraway
	k.same("a row that was removed and written again", k.claim(faraway, faraway, 10), []inbox.Due{again})
}

func dueKeys(k *kit) {
	d := k.waitAt(1)
	kind, ref, tenant := d, d, d
	kind.Kind = "other"
	ref.Ref = k.id()
	tenant.Tenant = k.another()
	k.commit(inbox.Change{Tenant: k.tenant, Dues: []inbox.Due{kind, ref}}, inbox.Change{Tenant: tenant.Tenant, Dues: []inbox.Due{tenant}})
	same := d
	same.Conversation, same.At = inbox.ConversationID{UUID: k.id()}, second(2)
	k.commit(inbox.Change{Tenant: k.tenant, Dues: []inbox.Due{same}})
	got := k.claim(faraway, faraway, 10)
	if len(got) != 4 {
		k.broken("rows of two kinds, two refs and two tenants, one of them written twice: got %d, want 4", len(got))
	}
	leased := map[inbox.Tenant]int{}
	for range 4 {
		for _, d := range k.claim(faraway, faraway.Add(time.Hour), 1) {
			leased[d.Tenant]++
		}
	}
	k.same("how many rows of each tenant are claimed, one at a time", leased, map[inbox.Tenant]int{k.tenant: 3, tenant.Tenant: 1})
}

func allTenants(k *kit) {
	other := k.of(k.another())
	b, a := k.waitAt(2), other.waitAt(1)
	if got := k.next(); !got.Equal(a.At) {
		k.broken("Next with rows at %s and %s: got %s", a.At, b.At, got)
	}
	a.Tries, a.Leased, b.Tries, b.Leased = 1, second(10), 1, second(10)
	k.same("what is claimed", k.claim(second(10), second(10), 10), []inbox.Due{a, b})
}

func nextDue(k *kit) {
	want := func(what string, at time.Time) {
		if got := k.next(); !got.Equal(at) || at.IsZero() != got.IsZero() {
			k.broken("Next %s: got %s, want %s", what, got, at)
		}
	}
	want("of nothing", time.Time{})
	d := k.waitAt(20)
	want("with one row", second(20))
	k.waitAt(10)
	want("with an earlier row", second(10))
	k.claim(second(15), second(30), 10)
	want("with the earlier row leased", second(20))
	k.claim(second(20), second(25), 10)
	want("with both leased", second(25))
	k.claim(second(25), second(40), 10)
	want("with the later row leased again", second(30))
	d.At = second(35)
	k.commit(inbox.Change{Tenant: k.tenant, Dues: []inbox.Due{d}})
	k.claim(second(30), second(50), 10)
	want("with the later row written again", second(35))
	if at := k.next(); at.Location() != time.UTC {
		k.broken("Next: got a time in %s, want UTC", at.Location())
	}
}

func clockBack(k *kit) {
	a, b := k.waitAt(1), k.waitAt(2)
	k.claim(second(1), second(20), 10)
	k.claim(second(2), second(25), 10)
	k.same("what is claimed after both leases", k.claimed(second(30), second(40), 1), []uuid.UUID{a.Ref})
	k.same("what is claimed before the other lease has ended", k.claimed(second(24), second(50), 10), []uuid.UUID(nil))
	if got := k.next(); !got.Equal(second(25)) {
		k.broken("Next: got %s, want the end of the other lease, %s", got, second(25))
	}
	k.same("what is claimed as it ends", k.claimed(second(25), second(50), 10), []uuid.UUID{b.Ref})
	k.waitAt(60)
	k.same("what is claimed before it is due", k.claimed(second(35), second(70), 10), []uuid.UUID(nil))
}

// fenced lets one who was too slow finish what somebody else has claimed since: alone, beside others, and with all that a change has.
func fenced(k *kit) {
	for _, ends := range []bool{true, false} {
		d, other := k.waitAt(1), k.waitAt(1)
		finish := func(fence int64) inbox.Change {
			t := k.talk()
			ch := t.begin()
			row := d
			if row.Fence, row.Tries = fence, fence; ends {
				row.At = time.Time{}
			} else {
				row.At = second(30)
			}
			ch.Dues = []inbox.Due{row}
			return ch
		}
		unclaimed := finish(1)
		k.conflicts("a row that nobody has claimed", unclaimed)
		k.claim(second(1), second(2), 10)
		k.claim(second(2), second(3), 10)
		slow, beside := finish(1), k.talk().begin()
		errs := k.answers(beside, slow, k.talk().begin())
		k.refused("what somebody else has claimed since", errs[1], storage.ErrConflict)
		if errs[0] != nil || errs[2] != nil {
			k.broken("changes beside one that was too slow: got errors %v", errs)
		}
		k.same("what is left of one that was too slow", k.load(inbox.Ref{Conversation: slow.Conversation.ID}).Conversation, inbox.Conversation{})
		k.commit(finish(2))
		want := []uuid.UUID{other.Ref}
		if !ends {
			want = append(want, d.Ref)
		}
		k.same("what is claimed after it was finished", k.claimed(second(30), faraway, 10), want)
		gone := other
		gone.At = time.Time{}
		k.commit(inbox.Change{Tenant: k.tenant, Dues: []inbox.Due{gone}})
		gone.Fence = 3
		k.conflicts("a row that is gone", inbox.Change{Tenant: k.tenant, Dues: []inbox.Due{gone}})
		last := d
		last.At = time.Time{}
		k.commit(inbox.Change{Tenant: k.tenant, Dues: []inbox.Due{last}})
	}
}

// claimants has several take rows at once, a few at a time.
func claimants(k *kit) {
	const rows, workers = 200, 8
	ch := inbox.Change{Tenant: k.tenant}
	for range rows {
		ch.Dues = append(ch.Dues, k.wait("test"))
	}
	k.commit(ch)
	got := make([][]inbox.Due, workers)
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() {
			for {
				page, err := k.store.Claim(k.Context(), faraway, faraway.Add(time.Hour), 1+i%5)
				if err != nil {
					k.broken("Claim: got error %v", err)
				}
				got[i] = append(got[i], page...)
				if len(page) == 0 || len(got[i]) > rows {
					return
				}
			}
		})
	}
	group.Wait()
	times := map[uuid.UUID]int{}
	for _, d := range slices.Concat(got...) {
		if times[d.Ref]++; times[d.Ref] > 1 || d.Tries != 1 {
			k.broken("a row was claimed by %d, with %d tries", times[d.Ref], d.Tries)
		}
	}
	if len(times) != rows {
		k.broken("claimed by all together: got %d of %d rows", len(times), rows)
	}
}
