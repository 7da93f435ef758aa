package sqlstore

import (
	"context"
	"errors"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
	"github.com/google/uuid"
)

// Commit implements inbox.Committer. All changes of one call are one transaction, and their entries one batch for each tenant.
func (s *Store) Commit(ctx context.Context, changes ...inbox.Change) []error {
	b := batch{changes: changes, errs: make([]error, len(changes))}
	left := 0
	for i := range changes {
		if b.errs[i] = sound(&changes[i]); b.errs[i] == nil {
			left++
		}
	}
	err := ctx.Err()
	if err == nil && left > 0 {
		err = s.write(ctx, "commit", func(t *tx) error { return b.together(ctx, t) })
		if left > 1 && errors.Is(err, storage.ErrConflict) {
			err = s.write(ctx, "commit", func(t *tx) error { return b.oneByOne(ctx, t) })
		}
	}
	if err != nil {
		for i := range b.errs {
			if b.errs[i] == nil || errors.Is(b.errs[i], storage.ErrConflict) {
				b.errs[i] = err
			}
		}
	}
	return b.errs
}

// sound refuses what makes no sense.
func sound(ch *inbox.Change) error {
	if err := known(ch.Tenant); err != nil {
		return err
	}
	for i := range ch.Dues {
		if ch.Dues[i].Tenant != ch.Tenant {
			return invalid("a due row of another tenant")
		}
	}
	for i := range ch.Entries {
		if ch.Entries[i].Tenant != ch.Tenant.UUID {
			return invalid("a log entry of another tenant")
		}
	}
	return nil
}

// batch is the changes of one call and their answers.
type batch struct {
	changes []inbox.Change
	errs    []error
	logs    []*logged // of the tenants of the changes
}

// together writes all changes that are sound. The first that loses ends it.
func (b *batch) together(ctx context.Context, t *tx) error {
	return b.all(ctx, t, func(i int, at *logged) error { return t.put(&b.changes[i], at) })
}

const (
	savepoint = "SAVEPOINT deskwright_change"
	release   = "RELEASE deskwright_change"
	undo      = "ROLLBACK TO deskwright_change"
)

// oneByOne writes all changes that are sound and do not lose.
func (b *batch) oneByOne(ctx context.Context, t *tx) error {
	return b.all(ctx, t, func(i int, at *logged) error {
		if _, err := t.exec(savepoint); err != nil {
			return err
		}
		if b.errs[i] = t.put(&b.changes[i], at); b.errs[i] != nil {
			if !errors.Is(b.errs[i], storage.ErrConflict) {
				return b.errs[i]
			}
			if _, err := t.exec(undo); err != nil {
				return err
			}
		}
		_, err := t.exec(release)
		return err
	})
}

// all enters the tenants, writes their changes in the order given and leaves the tenants.
func (b *batch) all(ctx context.Context, t *tx, put func(int, *logged) error) error {
	b.logs = b.logs[:0]
	for i := range b.changes {
		if b.errs[i] == nil && b.log(&b.changes[i].Tenant.UUID) == nil {
			at, err := t.enter(ctx, &b.changes[i].Tenant.UUID)
			if err != nil {
				return err
			}
			b.logs, ctx = append(b.logs, at), t.ctx
		}
	}
	for i := range b.changes {
		if b.errs[i] == nil {
			if err := put(i, b.log(&b.changes[i].Tenant.UUID)); err != nil {
				return err
			}
		}
	}
	for _, at := range b.logs {
		if err := t.leave(at); err != nil {
			return err
		}
	}
	return nil
}

// log returns where a tenant stands; nil: it was not entered.
func (b *batch) log(tenant *uuid.UUID) *logged {
	for _, at := range b.logs {
		if at.Tenant == *tenant {
			return at
		}
	}
	return nil
}

// put writes one change. What can lose comes first.
func (t *tx) put(ch *inbox.Change, at *logged) error {
	tenant := &ch.Tenant.UUID
	if ch.Conversation != nil {
		if err := t.putConversation(tenant, ch.Conversation); err != nil {
			return err
		}
	}
	if err := t.putArrivals(tenant, ch.Arrivals); err != nil {
		return err
	}
	if ch.Thread != nil {
		if err := t.putThread(tenant, ch.Thread); err != nil {
			return err
		}
	}
	if ch.Contact != nil {
		if err := t.putContact(tenant, ch.Contact); err != nil {
			return err
		}
	}
	if err := t.putIdentities(tenant, ch.Identities); err != nil {
		return err
	}
	if err := t.putDocuments(tenant, ch.Documents); err != nil {
		return err
	}
	if err := t.putKeys(tenant, ch.Keys); err != nil {
		return err
	}
	if err := t.putEntries(tenant, at.Position+int64(len(at.entries)), ch.Entries); err != nil {
		return err
	}
	if err := t.putRest(tenant, ch); err != nil {
		return err
	}
	at.entries = append(at.entries, ch.Entries...)
	if len(ch.Documents) > 0 {
		at.epoch++
	}
	return nil
}

// putRest writes what the rows before guard.
func (t *tx) putRest(tenant *uuid.UUID, ch *inbox.Change) error {
	if err := t.putMessages(tenant, ch.Messages); err != nil {
		return err
	}
	if err := t.putNotes(tenant, ch.Notes); err != nil {
		return err
	}
	if err := t.putDues(tenant, ch.Dues); err != nil {
		return err
	}
	return t.addTotals(tenant, ch.Totals)
}

// guarded writes a row that carries the version it will have: a first one is inserted, any other replaces the one before. The first
// values bound are the key, the last is the tenant.
func (t *tx) guarded(what, insert, update string, keys int, version int64, args []any) error {
	statement := insert
	if version != 1 {
		statement = update
		args = append(append(args, args[:keys]...), version-1)[keys:]
	}
	n, err := t.exec(statement, args...)
	if err == nil && n != 1 {
		err = conflict(what)
	}
	return err
}
