package sqlstore

import (
	"context"
	"database/sql"
)

// Join returns a store that takes part in a transaction of the host's own, for inbox.Inbox.On: what is written through it stands or
// falls with that transaction, and what is read is what the transaction sees. It is for as long as the transaction lasts, and for one
// goroutine, like it.
//
// A call that fails leaves nothing behind in the transaction, which goes on. On SQLite a transaction takes its place among the writers
// with its first write. One that has read before, and whose state others have changed since, can no longer write: the call is
// answered with storage.ErrBusy, and only a new transaction helps. So let the host's transaction write before it reads, or begin it
// immediate. While it is open nobody else writes; readers are not held up.
//
// On a server others go on writing. Two transactions that write the same rows wait for each other, and of two that do so crosswise the
// server ends one: in PostgreSQL its call fails with storage.ErrBusy and leaves the transaction usable, in MySQL the whole transaction is
// rolled back. The log that is read through the store is what had its place before.
//
// One failure takes the whole transaction with it: where there is no room, SQLite rolls it back ([storage.ErrReadOnly]). The store
// answers every later call as that one. The host must begin again: what it writes itself into such a transaction stands at once.
func (s *Store) Join(tx *sql.Tx) *Store { return &Store{shared: s.shared, joined: tx} }

const (
	beginCall = "SAVEPOINT deskwright_call"
	endCall   = "RELEASE SAVEPOINT deskwright_call"
	undoCall  = "ROLLBACK TO SAVEPOINT deskwright_call"
)

// inJoined runs do in the host's transaction. Of a call that fails it takes back what was written.
func (s *Store) inJoined(ctx context.Context, opts *sql.TxOptions, do func(*tx) error) error {
	if s.ended != nil {
		return s.ended
	}
	if !s.settings.dialect.server {
		ctx = context.WithoutCancel(ctx)
	}
	t := &tx{Store: s, ctx: ctx, tx: s.joined, stmts: map[string]*sql.Stmt{}}
	if opts != nil && opts.ReadOnly {
		return do(t)
	}
	if _, err := t.exec(beginCall); err != nil {
		return err
	}
	failure := do(t)
	if failure != nil {
		if _, err := t.exec(undoCall); err != nil {
			s.ended = failure // nothing is left to go back to
			return failure
		}
	}
	if _, err := t.exec(endCall); err != nil && failure == nil {
		return err
	}
	return failure
}
