package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
	"github.com/google/uuid"
)

// Commit implements inbox.Committer. Calls that come while one is being written go together in the next transaction. The entries of
// one transaction are one batch for each tenant.
func (s *Store) Commit(ctx context.Context, changes ...inbox.Change) []error {
	c := &commits{changes: changes, errs: make([]error, len(changes))}
	left := 0
	for i := range changes {
		if c.errs[i] = sound(&changes[i]); c.errs[i] == nil {
			left++
		}
	}
	err := ctx.Err()
	switch {
	case err != nil || left == 0:
	case s.joined != nil && s.settings.dialect.server:
		s.putAll(ctx, &batch{changes, c.errs, nil})
	case s.joined != nil:
		err = s.write(ctx, "commit", func(t *tx) error { return (&batch{changes, c.errs, nil}).oneByOne(ctx, t) })
	default:
		if c, err = s.commits.do(ctx, c, c.apart); err == nil && !c.done {
			err = fmt.Errorf("sqlstore: commit: %w", storage.ErrUnknown) // who led the batch did not come back
		}
	}
	if err == nil {
		return c.errs
	}
	errs := make([]error, len(changes)) // those of a call that was left may still be written to
	for i := range errs {
		errs[i] = err
	}
	return errs
}

// commits is the changes of one call, and their answers.
type commits struct {
	changes []inbox.Change
	errs    []error
	done    bool
}

// apart is the call with copies of its own of everything.
func (c *commits) apart() *commits {
	own := &commits{changes: slices.Clone(c.changes), errs: c.errs}
	for i := range own.changes {
		detach(&own.changes[i])
	}
	return own
}

// commitAll writes the changes of several calls in one transaction.
func (s *Store) commitAll(ctx context.Context, calls []*commits) {
	b := batch{changes: calls[0].changes, errs: calls[0].errs}
	if len(calls) > 1 {
		b = batch{}
		for _, c := range calls {
			b.changes, b.errs = append(b.changes, c.changes...), append(b.errs, c.errs...)
		}
	}
	s.commit(ctx, &b)
	for _, c := range calls {
		copy(c.errs, b.errs[:len(c.errs)])
		c.done = true
		b.errs = b.errs[len(c.errs):]
	}
}

// tries is how often a transaction is begun again that other processes have kept from writing.
const tries = 3

// commit writes the changes that are sound, all together and, where one of them loses, again one by one.
func (s *Store) commit(ctx context.Context, b *batch) {
	if s.settings.dialect.server {
		s.putAll(ctx, b)
		return
	}
	unsound := slices.Clone(b.errs)
	way := b.together
	var err error
	for try := 0; try < tries; {
		err = s.write(ctx, "commit", func(t *tx) error { return way(ctx, t) })
		switch {
		case err == nil:
			return
		case errors.Is(err, storage.ErrConflict) && len(b.changes) > 1:
			way = b.oneByOne
		case errors.Is(err, storage.ErrBusy):
			try++
		default:
			try = tries
		}
		copy(b.errs, unsound)
	}
	for i := range b.errs {
		if b.errs[i] == nil {
			b.errs[i] = err
		}
	}
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

// batch is the changes of one transaction and their answers.
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
	release   = "RELEASE SAVEPOINT deskwright_change"
	undo      = "ROLLBACK TO SAVEPOINT deskwright_change"
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
