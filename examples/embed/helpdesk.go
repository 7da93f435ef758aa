package main

import (
	"context"
	"database/sql"
	"errors"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
	"github.com/deskwright/deskwright/storage/sqlstore"
)

// helpdesk is the program that was there before, and the inbox in it.
type helpdesk struct {
	db       *sql.DB
	numbered bool
	join     func(*sql.Tx) inbox.Store
	box      *inbox.Inbox
	jobs     *scheduler
}

// embed makes the tables where they are missing, and takes the inbox in.
func (h *helpdesk) embed(ctx context.Context, dialect sqlstore.Dialect, whatsapp channel.Adapter) error {
	for _, table := range tables {
		if _, err := h.db.ExecContext(ctx, table); err != nil {
			return err
		}
	}
	if err := sqlstore.Migrate(ctx, h.db, dialect); err != nil {
		return err
	}
	store, err := sqlstore.New(h.db, dialect)
	if err != nil {
		return err
	}
	h.join = func(tx *sql.Tx) inbox.Store { return store.Join(tx) }
	h.box, err = inbox.New(store, inbox.WithAccess(access{}), inbox.WithAdapter(channel.WhatsApp, whatsapp))
	if err != nil {
		return err
	}
	h.jobs = newScheduler(job{"inbox", h.box.Tick}) // and whatever else the helpdesk does by itself
	return nil
}

// tries is how often a transaction is begun before it is given up.
const tries = 5

// transact does in one transaction what the helpdesk writes through tx and what is done in the inbox through box: all of it or
// nothing. Where others came first it is rolled back and all of do is done again, so do must do nothing that a rollback leaves.
func (h *helpdesk) transact(ctx context.Context, do func(tx *sql.Tx, box *inbox.Inbox) error) error {
	for try := 1; ; try++ {
		err := h.once(ctx, do)
		if try == tries || !others(err) {
			return err
		}
	}
}

func (h *helpdesk) once(ctx context.Context, do func(*sql.Tx, *inbox.Inbox) error) error {
	tx, err := h.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after a commit
	if err := do(tx, h.box.On(h.join(tx))); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	h.jobs.wake() // there may be something to send, which the inbox cannot know before the commit
	return nil
}

// others reports whether others came first. Where somebody made a command conditional (inbox.If), that is for them to look at.
func others(err error) bool {
	_, conditional := errors.AsType[*inbox.ConflictError](err)
	return !conditional && (errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrBusy))
}

// exec writes in a transaction and returns how many rows were meant.
func (h *helpdesk) exec(ctx context.Context, tx *sql.Tx, query string, args ...any) (int64, error) {
	done, err := tx.ExecContext(ctx, h.sql(query), args...)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}
