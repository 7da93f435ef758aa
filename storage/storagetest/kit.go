package storagetest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"go/token"
	"sync/atomic"
	"testing"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
)

// kit is what a check works with: a fresh store, a tenant, and names and times that come once.
type kit struct {
	testing.TB
	rule   string
	store  inbox.Store
	tenant inbox.Tenant
	made   *atomic.Int64
}

func newKit(t testing.TB, rule string, store inbox.Store) *kit {
	k := &kit{TB: t, rule: rule, store: store, made: new(atomic.Int64)}
	k.tenant = k.another()
	return k
}

// of returns the same kit for another tenant.
func (k *kit) of(t inbox.Tenant) *kit {
	other := *k
	other.tenant = t
	return &other
}

// broken reports that the store breaks the rule.
func (k *kit) broken(format string, args ...any) {
	k.Helper()
	k.Errorf("the rule: %s\n%s", k.rule, fmt.Sprintf(format, args...))
}

// stop is broken for what leaves nothing to go on with.
func (k *kit) stop(format string, args ...any) {
	k.Helper()
	k.Fatalf("the rule: %s\n%s", k.rule, fmt.Sprintf(format, args...))
}

// same reports where got is not want. Nil and empty are the same except as the content of a log entry; what is not exported is
// not the store's.
func (k *kit) same(what string, got, want any) {
	k.Helper()
	if diff := cmp.Diff(want, got, alike); diff != "" {
		k.broken("%s is not as it should be (- want, + got):\n%s", what, diff)
	}
}

var alike = cmp.Options{
	cmp.Transformer("text", uuid.UUID.String),
	cmp.Transformer("text", audit.Hash.String),
	cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() != ".Data" }, cmpopts.EquateEmpty()),
	cmp.FilterPath(func(p cmp.Path) bool {
		field, ok := p.Last().(cmp.StructField)
		return ok && !token.IsExported(field.Name())
	}, cmp.Ignore()),
}

// refused reports an error that is not the one wanted.
func (k *kit) refused(what string, got, want error) {
	k.Helper()
	if !errors.Is(got, want) {
		k.broken("%s: got error %v, want %v", what, got, want)
	}
}

// works reports an error where none is wanted.
func (k *kit) works(what string, err error) {
	k.Helper()
	if err != nil {
		k.stop("%s: got error %v, want none", what, err)
	}
}

// id returns an id that nothing has yet.
func (k *kit) id() uuid.UUID {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(k.made.Add(1)))
	return uuid.NewSHA1(uuid.Nil, n[:])
}

// another returns a tenant that has nothing yet.
func (k *kit) another() inbox.Tenant { return inbox.Tenant{UUID: k.id()} }

// text returns a text that is nowhere yet.
func (k *kit) text(what string) string { return fmt.Sprintf("%s %d", what, k.made.Add(1)) }

// began is the earliest instant that at returns.
var began = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// at returns an instant later than all it has returned before.
func (k *kit) at() time.Time {
	return began.Add(time.Duration(k.made.Add(1)) * 1001 * time.Microsecond)
}

// commit writes changes that nothing stands against.
func (k *kit) commit(changes ...inbox.Change) {
	k.Helper()
	for i, err := range k.answers(changes...) {
		if err != nil {
			k.stop("change %d of %d, which nothing stands against: got error %v, want none", i+1, len(changes), err)
		}
	}
}

// answers commits and makes sure that there is an answer for every change.
func (k *kit) answers(changes ...inbox.Change) []error {
	k.Helper()
	errs := k.store.Commit(k.Context(), changes...)
	if len(errs) != len(changes) {
		k.stop("Commit of %d changes: got %d answers", len(changes), len(errs))
	}
	return errs
}

// conflicts commits a change that must not pass.
func (k *kit) conflicts(what string, change inbox.Change) {
	k.Helper()
	k.refused(what, k.answers(change)[0], storage.ErrConflict)
}

// load answers one ref of the kit's tenant.
func (k *kit) load(ref inbox.Ref) inbox.Snapshot {
	k.Helper()
	ref.Tenant = k.tenant
	return k.loads(ref)[0]
}

func (k *kit) loads(refs ...inbox.Ref) []inbox.Snapshot {
	k.Helper()
	snaps, each := make([]inbox.Snapshot, len(refs)), make([]*inbox.Snapshot, len(refs))
	for i := range refs {
		snaps[i].Ref, each[i] = refs[i], &snaps[i]
	}
	k.works("Load", k.store.Load(k.Context(), each...))
	return snaps
}

// list returns the ids of one page.
func (k *kit) list(q inbox.Query) []inbox.ConversationID {
	k.Helper()
	page, err := k.store.List(k.Context(), k.tenant, q)
	k.works("List", err)
	ids := make([]inbox.ConversationID, len(page))
	for i := range page {
		ids[i] = page[i].Conversation.ID
	}
	return ids
}

func (k *kit) timeline(id inbox.ConversationID, after int64, limit int, trail bool) []inbox.Item {
	k.Helper()
	items, err := k.store.Timeline(k.Context(), k.tenant, id, after, limit, trail)
	k.works("Timeline", err)
	return items
}

func (k *kit) totals() map[channel.AccountID]inbox.Totals {
	k.Helper()
	have, err := k.store.Totals(k.Context(), k.tenant)
	k.works("Totals", err)
	return dropZero(have)
}

func (k *kit) documents() (int64, []inbox.Document) {
	k.Helper()
	epoch, docs, err := k.store.Documents(k.Context(), k.tenant)
	k.works("Documents", err)
	return epoch, docs
}

func (k *kit) feed(after int64, limit int) []audit.Entry {
	k.Helper()
	entries, err := k.store.Feed(k.Context(), k.tenant, after, limit)
	k.works("Feed", err)
	return entries
}

func (k *kit) batches(after int64, limit int) []audit.Batch {
	k.Helper()
	batches, err := k.store.Batches(k.Context(), k.tenant, after, limit)
	k.works("Batches", err)
	return batches
}

func (k *kit) head() audit.Head {
	k.Helper()
	head, err := k.store.Head(k.Context(), k.tenant)
	k.works("Head", err)
	return head
}

func (k *kit) claim(now, until time.Time, limit int) []inbox.Due {
	k.Helper()
	rows, err := k.store.Claim(k.Context(), now, until, limit)
	k.works("Claim", err)
	return rows
}

func (k *kit) next() time.Time {
	k.Helper()
	at, err := k.store.Next(k.Context())
	k.works("Next", err)
	return at
}

// ended returns a context that has ended.
func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
