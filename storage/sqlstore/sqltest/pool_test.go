package sqltest_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
	"github.com/deskwright/deskwright/storage/sqlstore"
	"github.com/deskwright/deskwright/storage/storagetest"
	"github.com/google/uuid"
)

// A host may allow one connection only: no call holds one while it waits for another.
func TestOneConnectionIsEnough(t *testing.T) {
	eachBackend(t, func(t *testing.T, b backend) {
		db := b.migrated(t)
		db.SetMaxOpenConns(1)
		storagetest.Randomly(t, b.over(t, db))
		writeFromTwo(t, b.over(t, db), b.over(t, db))
	})
}

// Two processes on one file take turns, and neither is told that the file is locked.
func TestTwoStoresShareAFile(t *testing.T) {
	eachBackend(t, func(t *testing.T, b backend) {
		db := b.migrated(t)
		writeFromTwo(t, b.over(t, db), b.over(t, db))
	})
}

// writeFromTwo lets two stores write one conversation at once. Of two changes that were decided on one version one passes.
func writeFromTwo(t *testing.T, stores ...inbox.Store) {
	t.Helper()
	tenant, id := inbox.TenantNamed("two"), inbox.ConversationID{UUID: uuid.UUID{1}}
	const each = 50
	var all sync.WaitGroup
	for _, store := range stores {
		for range 2 {
			all.Go(func() {
				for n := 0; n < each; {
					snap := inbox.Snapshot{Ref: inbox.Ref{Tenant: tenant, Conversation: id}}
					if err := store.Load(t.Context(), &snap); err != nil {
						t.Error(err)
						return
					}
					switch err := store.Commit(t.Context(), next(tenant, id, snap.Conversation))[0]; {
					case err == nil:
						n++
					case !errors.Is(err, storage.ErrConflict):
						t.Error(err)
						return
					}
				}
			})
		}
	}
	all.Wait()
	head, err := stores[0].Head(t.Context(), tenant)
	if want := int64(2 * each * len(stores)); err != nil || head.Position != want {
		t.Errorf("where the log ends: got %d and error %v, want %d", head.Position, err, want)
	}
}

// next is the change that makes the next version of a conversation, with one entry.
func next(tenant inbox.Tenant, id inbox.ConversationID, c inbox.Conversation) inbox.Change {
	c.ID, c.State = id, inbox.StateNew
	c.Version++
	e := audit.Entry{Tenant: tenant.UUID, Subject: audit.Subject{Kind: audit.SubjectConversation, ID: id.UUID}, Action: "test"}
	c.Chain.Append(&e)
	return inbox.Change{Tenant: tenant, Conversation: &c, Entries: []audit.Entry{e}}
}

// Stores with prefixes of their own are strangers in one database.
func TestPrefixesSeparateStores(t *testing.T) {
	eachBackend(t, func(t *testing.T, b backend) {
		db := b.migrated(t)
		b.migrate(t, db, sqlstore.WithPrefix("other_"))
		other := b.over(t, db, sqlstore.WithPrefix("other_"))
		tenant, id := inbox.TenantNamed("both"), inbox.ConversationID{UUID: uuid.UUID{1}}
		for i, store := range []inbox.Store{b.over(t, db), other} {
			if err := store.Commit(t.Context(), next(tenant, id, inbox.Conversation{}))[0]; err != nil {
				t.Errorf("the first version in store %d: got error %v, want none", i, err)
			}
			page, err := store.List(t.Context(), tenant, inbox.Query{Limit: 5})
			if err != nil || len(page) != 1 {
				t.Errorf("the list of store %d: got %d conversations and error %v, want one", i, len(page), err)
			}
		}
	})
}
