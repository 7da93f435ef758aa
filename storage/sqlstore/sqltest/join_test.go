package sqltest_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
	"github.com/deskwright/deskwright/storage/sqlstore"
	"github.com/deskwright/deskwright/storage/storagetest"
)

// host is a program with a table of its own in the same file.
type host struct {
	*testing.T
	db    *sql.DB
	store *sqlstore.Store
	box   *inbox.Inbox
}

var shop = channel.AccountKey{Network: channel.WebChat, ExternalID: "shop"}

func newHost(t *testing.T, b backend) *host {
	t.Helper()
	db := b.migrated(t)
	store := b.over(t, db)
	box, err := inbox.New(store)
	if err != nil {
		t.Fatal(err)
	}
	do(t, db, "CREATE TABLE orders (number INTEGER PRIMARY KEY)")
	h := &host{t, db, store, box}
	_, err = box.As(inbox.System).SaveAccount(t.Context(), inbox.Account{Account: channel.Account{AccountKey: shop}})
	h.works(err)
	return h
}

func (h *host) works(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *host) begin() *sql.Tx {
	h.Helper()
	tx, err := h.db.BeginTx(h.Context(), nil)
	h.works(err)
	return tx
}

func says(id string) channel.Inbound {
	return channel.Inbound{Account: shop, Kind: channel.DirectMessage, ExternalID: id, Text: "Where is my order?",
		From: channel.Person{Name: "Kim", Addresses: []channel.Address{{ID: "kim"}}}}
}

func (h *host) count(table string) (n int) {
	h.Helper()
	h.works(h.db.QueryRow("SELECT count(*) FROM " + table).Scan(&n))
	return n
}

func TestWhatIsWrittenInTheHostsTransactionStandsOrFallsWithIt(t *testing.T) {
	eachBackend(t, func(t *testing.T, b backend) {
		h := newHost(t, b)
		before := storagetest.Dump(t, h.store, inbox.DefaultTenant)
		for _, commit := range []bool{false, true} {
			tx := h.begin()
			do(t, tx, "INSERT INTO orders VALUES (1)")
			box := h.box.On(h.store.Join(tx))
			r, err := box.Receive(t.Context(), says("1"))
			h.works(err)
			if _, err := box.As(inbox.System).AddNote(t.Context(), r.Conversation, inbox.MessageID{}, "Order 1."); err != nil {
				t.Fatal(err)
			}
			if _, err := h.box.As(inbox.System).Header(t.Context(), r.Conversation); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("before the commit others see the conversation: %v", err)
			}
			if commit {
				h.works(tx.Commit())
				if n := len(storagetest.Dump(t, h.store, inbox.DefaultTenant)); n <= len(before) || h.count("orders") != 1 {
					t.Error("what was committed is not there")
				}
				break
			}
			h.works(tx.Rollback())
			if after := storagetest.Dump(t, h.store, inbox.DefaultTenant); after != before || h.count("orders") != 0 {
				t.Errorf("what was rolled back left\n%s\nof\n%s", after, before)
			}
		}
		if _, err := h.box.Verify(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestAConflictLeavesTheHostsTransactionAsItWas(t *testing.T) {
	eachBackend(t, func(t *testing.T, b backend) {
		h := newHost(t, b)
		r, err := h.box.Receive(t.Context(), says("1"))
		h.works(err)
		stale := inbox.Snapshot{Ref: inbox.Ref{Tenant: inbox.DefaultTenant, Conversation: r.Conversation}}
		h.works(h.store.Load(t.Context(), &stale))
		tx := h.begin()
		do(t, tx, "INSERT INTO orders VALUES (1)")
		joined := h.store.Join(tx)
		if _, err := h.box.On(joined).As(inbox.System).SetPending(t.Context(), r.Conversation); err != nil {
			t.Fatal(err)
		}
		stale.Conversation.Version++ // which it has by now
		ch := inbox.Change{Tenant: inbox.DefaultTenant, Conversation: &stale.Conversation, Keys: []inbox.KeyRecord{{Key: "k"}}}
		if err := joined.Commit(t.Context(), ch)[0]; !errors.Is(err, storage.ErrConflict) {
			t.Errorf("a stale change got %v", err)
		}
		do(t, tx, "INSERT INTO orders VALUES (2)")
		h.works(tx.Commit())
		now := inbox.Snapshot{Ref: inbox.Ref{Tenant: inbox.DefaultTenant, Conversation: r.Conversation, Key: "k"}}
		h.works(h.store.Load(t.Context(), &now))
		if now.Conversation.State != inbox.StatePending || now.Key.Key != "" || h.count("orders") != 2 {
			t.Errorf("the transaction left %s, key %q and %d orders", now.Conversation.State, now.Key.Key, h.count("orders"))
		}
	})
}

func TestAHostsTransactionThatHasReadBeforeOthersWroteIsBusy(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine) {
		h := newHost(t, e.backend())
		tx := h.begin()
		var n int
		h.works(tx.QueryRow("SELECT count(*) FROM orders").Scan(&n))
		_, err := h.box.Receive(t.Context(), says("1"))
		h.works(err)
		if _, err := h.box.On(h.store.Join(tx)).Receive(t.Context(), says("2")); !errors.Is(err, storage.ErrBusy) {
			t.Errorf("the transaction that is behind got %v", err)
		}
		h.works(tx.Rollback())
		tx = h.begin()
		_, err = h.box.On(h.store.Join(tx)).Receive(t.Context(), says("2"))
		h.works(err)
		h.works(tx.Commit())
	})
}

func TestAnOpenTransactionOfTheHostHoldsUpNoReader(t *testing.T) {
	eachBackend(t, func(t *testing.T, b backend) {
		h := newHost(t, b)
		r, err := h.box.Receive(t.Context(), says("1"))
		h.works(err)
		tx := h.begin()
		_, err = h.box.On(h.store.Join(tx)).Receive(t.Context(), says("2"))
		h.works(err)
		entries := 0
		for _, err := range h.box.Feed(t.Context(), 0) {
			h.works(err)
			entries++
		}
		if _, err := h.box.As(inbox.System).Header(t.Context(), r.Conversation); err != nil || entries == 0 {
			t.Errorf("while the transaction is open: %d entries, %v", entries, err)
		}
		h.works(tx.Rollback())
	})
}

func TestAnInboxNeedsOneConnection(t *testing.T) {
	eachBackend(t, func(t *testing.T, b backend) {
		h := newHost(t, b)
		h.db.SetMaxOpenConns(1)
		errs := make(chan error)
		for i := range 16 {
			go func() {
				ctx := context.Background()
				r, err := h.box.Receive(ctx, says(string(rune('a'+i))))
				if err == nil {
					_, err = h.box.As(inbox.System).AddNote(ctx, r.Conversation, inbox.MessageID{}, "Seen.")
				}
				for _, e := range h.box.As(inbox.System).Conversations(ctx, inbox.Filter{}, inbox.Newest) {
					err = errors.Join(err, e)
				}
				errs <- err
			}()
		}
		for range 16 {
			h.works(<-errs)
		}
		tx := h.begin()
		_, err := h.box.On(h.store.Join(tx)).Receive(t.Context(), says("joined"))
		h.works(err)
		h.works(tx.Commit())
	})
}

// SQLite rolls a transaction back when there is no room, and what follows in it would stand for itself.
func TestNothingIsWrittenInAHostsTransactionThatFoundNoRoom(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine) {
		h := newHost(t, e.backend())
		h.db.SetMaxOpenConns(1)
		before := storagetest.Dump(t, h.store, inbox.DefaultTenant)
		do(t, h.db, "PRAGMA max_page_count = 1") // it stays as large as it is
		tx := h.begin()
		joined := h.store.Join(tx)
		for n := 0; ; n++ {
			in := says(string(rune('a' + n)))
			in.Text = strings.Repeat("Where is my order? ", 1000)
			if _, err := h.box.On(joined).Receive(t.Context(), in); err != nil {
				if !errors.Is(err, storage.ErrReadOnly) {
					t.Errorf("without room: got %v", err)
				}
				break
			}
		}
		do(t, tx, "PRAGMA max_page_count = 100000")
		if _, err := h.box.On(joined).Receive(t.Context(), says("later")); !errors.Is(err, storage.ErrReadOnly) {
			t.Errorf("after that: got %v, want %v again", err, storage.ErrReadOnly)
		}
		tx.Rollback()
		if after := storagetest.Dump(t, h.store, inbox.DefaultTenant); after != before {
			t.Errorf("what was rolled back left\n%s\nof\n%s", after, before)
		}
		_, err := h.box.Receive(t.Context(), says("later"))
		h.works(err)
	})
}
