package storagetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
)

// everyMethod is what all methods have in common, except what is said of values, text and tenants.
var everyMethod = []rule{
	{"a call with the zero tenant is refused with ErrInvalid", zeroTenant},
	{"a change of the zero tenant is refused alone", zeroTenantChange},
	{"a context that has ended before the call does nothing and its error is returned", endedBefore},
	{"a context that ends during the call leaves nothing or everything", endedDuring},
	{"after a failed call the store is usable", usableAfter},
	{"a limit is the most that is returned, and below 1 nothing is", limits},
	{"how many changes, refs and ids a call names is not limited", thousands},
}

func zeroTenant(k *kit) {
	ch := full(k, k.tenant, 1)
	k.commit(full(k, k.tenant, 1))
	for _, c := range k.calls(func(c call) bool { return !c.global }) {
		_, err := c.do(k.Context(), k.store, inbox.Tenant{}, &ch)
		k.refused(c.method, err, storage.ErrInvalid)
	}
	k.same("what the tenant has", k.read(&ch), written(&ch))
}

func zeroTenantChange(k *kit) {
	none, a, b := following(full(k, k.tenant, 1), inbox.Tenant{}), k.talk(), k.talk()
	errs := k.answers(a.begin(), none, b.begin())
	k.refused("the change of the zero tenant", errs[1], storage.ErrInvalid)
	if errs[0] != nil || errs[2] != nil {
		k.broken("its neighbours: got errors %v and %v, want none", errs[0], errs[2])
	}
	snaps := k.loads(a.ref(), b.ref())
	k.same("one neighbour", snaps[0].Conversation, a.conversation)
	k.same("the other neighbour", snaps[1].Conversation, b.conversation)
}

func endedBefore(k *kit) {
	ch := full(k, k.tenant, 1)
	k.commit(full(k, k.tenant, 1))
	late, cancel := context.WithDeadline(k.Context(), time.Now().Add(-time.Hour))
	defer cancel()
	for _, c := range k.calls(func(call) bool { return true }) {
		_, err := c.do(ended(), k.store, k.tenant, &ch)
		k.refused(c.method+" with a context that was cancelled", err, context.Canceled)
		_, err = c.do(late, k.store, k.tenant, &ch)
		k.refused(c.method+" with a context whose deadline has passed", err, context.DeadlineExceeded)
	}
	errs := k.store.Commit(ended(), k.talk().begin(), k.talk().begin())
	if len(errs) != 2 || errs[0] == nil || errs[1] == nil {
		k.broken("Commit of two changes: got answers %v, want an error for each", errs)
	}
	k.same("what the tenant has", k.read(&ch), written(&ch))
	if rows := k.claim(faraway, faraway, 10); len(rows) != 2 || rows[0].Tries != ch.Dues[0].Tries+1 {
		k.broken("rows that wait afterwards: got %+v, want two that nobody has claimed", rows)
	}
}

// endedDuring commits and claims while the context ends, at another moment each time.
func endedDuring(k *kit) {
	t := k.talk()
	k.commit(t.begin())
	for i := range 100 {
		before := *t
		ch := t.append("in time or not")
		due := k.wait("test")
		ch.Dues = append(ch.Dues, due)
		ctx, cancel := context.WithCancel(k.Context())
		go func() {
			for range i {
				runtime.Gosched()
			}
			cancel()
		}()
		err := k.store.Commit(ctx, ch)[0]
		is := k.writtenOf(t)
		for try := 0; try < 1000 && errors.Is(err, storage.ErrUnknown) && !alikeAll(is); try++ {
			is = k.writtenOf(t) // a server may still be at it
		}
		if err == nil && !is[0] || !alikeAll(is) {
			k.stop("Commit answered %v; conversation, message, arrival, log entry and waiting row are there: %v", err, is)
		}
		if is[0] {
			due.At = time.Time{}
			k.commit(inbox.Change{Tenant: k.tenant, Dues: []inbox.Due{due}})
		} else {
			*t = before
		}
		cancel()
	}
	k.verify()
}

// writtenOf says of what was written last whether conversation, message, arrival, log entry and waiting row are there.
func (k *kit) writtenOf(t *talk) []bool {
	k.Helper()
	snap := k.load(inbox.Ref{Conversation: t.conversation.ID, Message: t.message.ID, Arrival: inbox.ArrivalRef{
		Account: t.arrival.Account, ExternalID: t.arrival.ExternalID}})
	waits := k.claim(faraway, faraway, 10)
	return []bool{snap.Conversation.Version == t.conversation.Version, len(snap.Messages) == 1, snap.Arrival.Version == 1,
		k.head().Position == t.conversation.Chain.Seq, len(waits) == 1}
}

// alikeAll reports whether all or none of some are true.
func alikeAll(is []bool) bool { return !slices.Contains(is, !is[0]) }

func usableAfter(k *kit) {
	t := k.talk()
	k.commit(t.begin())
	ch := full(k, k.another(), 1)
	fail := map[string]func() error{
		"a conflict":        func() error { return k.answers(full(k, k.tenant, 2), *conflicting(t))[1] },
		"an ended context":  func() error { return k.store.Commit(ended(), t.bump("lost", 0))[0] },
		"the zero tenant":   func() error { _, err := k.store.Head(k.Context(), inbox.Tenant{}); return err },
		"something missing": func() error { _, _, err := k.store.Owner(k.Context(), k.accountKey()); return err },
	}
	for what, call := range fail {
		was := *t
		if err := call(); err == nil {
			k.broken("%s: got no error", what)
		}
		*t = was
		k.commit(t.append("after " + what))
		k.same("the conversation after "+what, k.load(t.ref()).Conversation, t.conversation)
	}
	k.commit(full(k, ch.Tenant, 1))
	k.same("another tenant's rows", k.read(&ch), written(&ch))
	if err := k.store.Commit(k.Context()); len(err) != 0 {
		k.broken("Commit of nothing: got %v, want no answers", err)
	}
}

// conflicting is a change of the conversation that was decided on a version that it no longer has.
func conflicting(t *talk) *inbox.Change {
	stale := *t
	stale.conversation.Version--
	ch := stale.append("stale")
	return &ch
}

func limits(k *kit) {
	var all []inbox.Change
	var last *talk
	for range 3 {
		last = k.talk()
		all = append(all, last.begin(), last.append("second"), last.append("third"))
		all[len(all)-1].Dues = []inbox.Due{k.wait("test")}
	}
	for _, ch := range all {
		k.commit(ch)
	}
	id := last.conversation.ID
	for _, limit := range []int{2, 1, 0, -1} {
		got := map[string]int{
			"List":     len(k.list(inbox.Query{Limit: limit})),
			"Timeline": len(k.timeline(id, 0, limit, true)),
			"Feed":     len(k.feed(0, limit)),
			"Batches":  len(k.batches(0, limit)),
			"Claim":    len(k.claim(faraway, faraway, limit)),
		}
		for method, n := range got {
			if n != max(limit, 0) {
				k.broken("%s with limit %d of 3 or more: got %d", method, limit, n)
			}
		}
	}
}

func thousands(k *kit) {
	const n = 2000
	var changes []inbox.Change
	var refs []inbox.Ref
	var ids []inbox.MessageID
	var subjects []audit.Subject
	many := inbox.Change{Tenant: k.tenant}
	for i := range n {
		t := k.talk()
		changes = append(changes, t.begin())
		refs = append(refs, t.withExternal(t.message.ExternalID, ""))
		ids = append(ids, t.message.ID)
		subjects = append(subjects, audit.Subject{Kind: audit.SubjectConversation, ID: t.conversation.ID.UUID})
		many.Notes = append(many.Notes, inbox.Note{ID: inbox.NoteID{UUID: k.id()}, Conversation: t.conversation.ID, Text: fmt.Sprint(i)})
		many.Dues = append(many.Dues, k.wait("test"))
	}
	k.commit(append(changes, many)...)
	for i, snap := range k.loads(refs...) {
		if snap.Conversation.ID != changes[i].Conversation.ID || snap.Arrival.Version != 1 {
			k.stop("snapshot %d of %d: got conversation %v, want %v", i, n, snap.Conversation.ID, changes[i].Conversation.ID)
		}
	}
	messages, err := k.store.Messages(k.Context(), k.tenant, ids...)
	k.works("Messages", err)
	chains, err := k.store.Chains(k.Context(), k.tenant, subjects...)
	k.works("Chains", err)
	page, err := k.store.List(k.Context(), k.tenant, inbox.Query{Limit: n})
	k.works("List", err)
	k.same("how many messages, chains, conversations, waiting rows and entries there are",
		[]int{len(messages), len(chains), len(page), len(k.claim(faraway, faraway, n)), len(k.feed(0, n))}, []int{n, n, n, n, n})
	k.verify()
}
