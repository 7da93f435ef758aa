package storagetest

import (
	"slices"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/inbox"
)

// logging is what becomes of log entries.
var logging = []rule{
	{"entries get dense positions in their tenant, in the order given and whatever position they come with", densePositions},
	{"entries of a change that conflicts get none", noPositions},
	{"Feed returns entries after a position, in order of position, without gaps", feedPages},
	{"Batches returns the batches that begin after a position, in order, and they cover the log", batchPages},
	{"Head returns where the log of a tenant ends", heads},
	{"Chains returns the chains kept in the rows of these subjects", chains},
	{"the log of a tenant can be verified", verified},
	{"a reader of the feed never misses an entry that becomes visible late", neverMissed},
}

// verify proves the log of the kit's tenant, with the content of its entries and the rows of its subjects.
func (k *kit) verify() {
	k.Helper()
	entries := k.wholeFeed()
	byPosition := func(e audit.Entry, position int64) int { return int(e.Position - position) }
	var all []audit.Subject
	for _, e := range entries {
		all = append(all, e.Subject)
	}
	rows, err := k.store.Chains(k.Context(), k.tenant, all...)
	k.works("Chains", err)
	v := audit.NewVerifier(k.tenant.UUID)
	v.Content(func(s audit.Subject) (audit.Chain, bool) { c, ok := rows[s]; return c, ok })
	for after := int64(0); ; {
		page := k.batches(after, 7)
		for _, b := range page {
			from, _ := slices.BinarySearchFunc(entries, b.First, byPosition)
			to, _ := slices.BinarySearchFunc(entries, b.First+b.Count, byPosition)
			if err := v.Batch(b, entries[from:to]); err != nil {
				k.stop("the log cannot be verified: %v", err)
			}
			after = b.First
		}
		if len(page) == 0 {
			break
		}
	}
	for s := range v.Subjects() {
		if err := v.Chain(s, rows[s]); err != nil {
			k.stop("the log cannot be verified: %v", err)
		}
	}
	if err := v.Done(k.head()); err != nil {
		k.stop("the log cannot be verified: %v", err)
	}
}

// numbered commits in many ways and returns the entries that it has committed, in order. They come with a position, which is not
// the caller's to give.
func (k *kit) numbered() []audit.Entry {
	k.Helper()
	var want []audit.Entry
	commit := func(changes ...inbox.Change) {
		for _, ch := range changes {
			for i := range ch.Entries {
				ch.Entries[i].Position = 99
			}
		}
		k.commit(changes...)
		for _, ch := range changes {
			if ch.Tenant == k.tenant {
				want = append(want, ch.Entries...)
			}
		}
	}
	a, b, d, other := k.talk(), k.talk(), k.setting(inbox.TopicDocument), k.of(k.another()).talk()
	commit(a.begin())
	commit(b.begin(), other.begin(), k.save(d))
	commit(other.append("of another tenant"))
	commit(inbox.Change{Tenant: k.tenant})
	several := a.trail()
	for range 4 {
		subject := audit.Subject{Kind: audit.SubjectConversation, ID: a.conversation.ID.UUID}
		several.Entries = append(several.Entries, k.entry(&a.conversation.Chain, subject, "test", audit.ClassDetail))
	}
	several.Conversation = a.row()
	commit(several, b.trail(), other.trail(), k.save(d))
	commit(b.detail(), a.append("the last"))
	for i := range want {
		want[i].Position = int64(i + 1)
	}
	return want
}

func densePositions(k *kit) {
	want := k.numbered()
	k.same("the feed", k.feed(0, 100), want)
	k.verify()
}

func noPositions(k *kit) {
	t, other := k.talk(), k.talk()
	k.commit(t.begin())
	stale, staler := *t, *t
	k.commit(t.append("second"))
	k.conflicts("a stale change", stale.append("stale"))
	k.same("where the log ends after a conflict", k.head().Position, int64(2))
	ch, lost, next := other.begin(), staler.append("stale again"), t.append("third")
	errs := k.answers(ch, lost, next)
	if errs[0] != nil || errs[1] == nil || errs[2] != nil {
		k.stop("two changes and a stale one between them: got %v", errs)
	}
	feed := k.feed(2, 10)
	if len(feed) != 2 || feed[0].Hash != ch.Entries[0].Hash || feed[1].Hash != next.Entries[0].Hash ||
		feed[0].Position != 3 || feed[1].Position != 4 {
		k.broken("the feed after two changes and a stale one between them: got %+v", feed)
	}
	k.verify()
}

func feedPages(k *kit) {
	want := k.numbered()
	for after := int64(-1); after <= int64(len(want))+1; after++ {
		for _, limit := range []int{1, 3, 100} {
			from := min(max(after, 0), int64(len(want)))
			to := min(from+int64(limit), int64(len(want)))
			k.same("a page of the feed", k.feed(after, limit), want[from:to])
		}
	}
	k.same("the feed of a tenant without a log", k.of(k.another()).feed(0, 10), []audit.Entry(nil))
}

func batchPages(k *kit) {
	entries := k.numbered()
	all := k.batches(0, 100)
	next := int64(1)
	for _, b := range all {
		if b.Tenant != k.tenant.UUID || b.First != next || b.Count < 1 {
			k.broken("a batch: got %+v, want one that begins at %d", b, next)
		}
		next += b.Count
	}
	if next != int64(len(entries))+1 {
		k.broken("the batches: got them to cover %d entries of %d", next-1, len(entries))
	}
	for after := int64(0); after <= next; after++ {
		from := slices.IndexFunc(all, func(b audit.Batch) bool { return b.First > after })
		if from < 0 {
			from = len(all)
		}
		for _, limit := range []int{1, 2, 100} {
			k.same("a page of batches", k.batches(after, limit), all[from:min(from+limit, len(all))])
		}
	}
}

func heads(k *kit) {
	k.same("the head of a tenant without a log", k.head(), audit.Head{Tenant: k.tenant.UUID})
	t := k.talk()
	k.commit(t.begin())
	first := k.head()
	if first.Tenant != k.tenant.UUID || first.Position != 1 || first.Root.IsZero() {
		k.broken("the head after one entry: got %+v", first)
	}
	k.commit(t.append("second"))
	k.same("the position after two entries", k.head().Position, int64(2))
	batches := k.batches(0, 10)
	k.same("the root of the head", k.head().Root, batches[len(batches)-1].Chained)
	k.commit(inbox.Change{Tenant: k.tenant, Dues: []inbox.Due{k.wait("test")}})
	k.same("the position after a change without entries", k.head().Position, int64(2))
}

func chains(k *kit) {
	ch := full(k, k.tenant, 1)
	k.commit(full(k, k.tenant, 1))
	want := written(&ch).Chains
	asked := subjects(&ch)
	for _, kind := range []audit.SubjectKind{audit.SubjectConversation, audit.SubjectContact, audit.SubjectSetting, "nothing"} {
		asked = append(asked, audit.Subject{Kind: kind, ID: k.id()})
	}
	asked = append(asked, audit.Subject{Kind: audit.SubjectContact, ID: ch.Conversation.ID.UUID}, asked[0])
	for _, subjects := range [][]audit.Subject{asked, asked[:1], asked[1:2], asked[2:3], asked[4:6], nil} {
		got, err := k.store.Chains(k.Context(), k.tenant, subjects...)
		k.works("Chains", err)
		expected := map[audit.Subject]audit.Chain{}
		for _, s := range subjects {
			if c, ok := want[s]; ok {
				expected[s] = c
			}
		}
		k.same("the chains", got, expected)
	}
	next := later(&ch, full(k, k.tenant, 2))
	k.commit(later(&ch, full(k, k.tenant, 2)))
	got, err := k.store.Chains(k.Context(), k.tenant, subjects(&ch)...)
	k.works("Chains", err)
	k.same("the chains after their rows were written again", got, written(&next).Chains)
}

func verified(k *kit) {
	k.numbered()
	k.verify()
	k.of(k.another()).verify()
	t := k.talk()
	k.commit(t.begin())
	k.commit(t.remark("a note"))
	k.verify()
}

// neverMissed follows the feed from position to position while many write.
func neverMissed(k *kit) {
	const writers, each = 6, 40
	after := int64(0)
	read := func() {
		for _, e := range k.feed(after, 10) {
			if after++; e.Position != after {
				k.stop("a reader that has come to position %d: got %d next", after-1, e.Position)
			}
		}
	}
	k.meanwhile(k.manyWriters(writers, each), read)
	for before := int64(-1); before != after; {
		before = after
		read()
	}
	if after != writers*(each+1) {
		k.broken("a reader that has followed the feed: got %d of %d entries", after, writers*(each+1))
	}
	k.verify()
}
