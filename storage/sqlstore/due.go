package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
)

const (
	deleteDue = "DELETE FROM deskwright_due WHERE tenant = ? AND kind = ? AND ref = ?"

	deleteFencedDue = deleteDue + " AND tries = ?"

	updateFencedDue = "UPDATE deskwright_due SET conversation = ?, at = ?, leased = ?, tries = ?, ready = ? " +
		"WHERE tenant = ? AND kind = ? AND ref = ? AND tries = ?"

	upsertDue = "INSERT INTO deskwright_due (tenant, kind, ref, conversation, at, leased, tries, ready) VALUES (?, ?, ?, ?, ?, ?, ?, ?) " +
		"ON CONFLICT (tenant, kind, ref) DO UPDATE SET conversation = excluded.conversation, at = excluded.at, leased = excluded.leased, " +
		"tries = excluded.tries, ready = excluded.ready"
)

var dues = table{"due", 2, "kind, ref, conversation, at, leased, tries, ready"}

// fencedDues are rows with the number that the stored one must have.
var fencedDues = table{"due", 2, "kind, ref, conversation, at, leased, tries, ready, fence"}

func bindDue(to []any, d *inbox.Due) []any {
	return append(to, string(d.Kind), d.Ref[:], optional(&d.Conversation.UUID), micros(d.At), micros(d.Leased), d.Tries, micros(readyAt(d)))
}

func (t *tx) putDues(tenant *uuid.UUID, all []inbox.Due) error {
	for i := range all {
		d := &all[i]
		if d.Fence != 0 {
			if err := t.putFencedDue(tenant, d); err != nil {
				return err
			}
			continue
		}
		var err error
		if d.At.IsZero() {
			_, err = t.exec(deleteDue, tenant[:], string(d.Kind), d.Ref[:])
		} else {
			_, err = t.exec(upsertDue, tenant[:], string(d.Kind), d.Ref[:], optional(&d.Conversation.UUID), micros(d.At), micros(d.Leased),
				d.Tries, micros(readyAt(d)))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// putFencedDue writes a row that must have been claimed as often as its fence says.
func (t *tx) putFencedDue(tenant *uuid.UUID, d *inbox.Due) (err error) {
	var n int64
	if d.At.IsZero() {
		n, err = t.exec(deleteFencedDue, tenant[:], string(d.Kind), d.Ref[:], d.Fence)
	} else {
		n, err = t.exec(updateFencedDue, optional(&d.Conversation.UUID), micros(d.At), micros(d.Leased), d.Tries, micros(readyAt(d)),
			tenant[:], string(d.Kind), d.Ref[:], d.Fence)
	}
	if err == nil && n != 1 {
		err = conflict("due row")
	}
	return err
}

// readyAt is when a row can be claimed.
func readyAt(d *inbox.Due) time.Time {
	if d.Leased.After(d.At) {
		return d.Leased
	}
	return d.At
}

const (
	selectWaiting = "SELECT 1 FROM deskwright_due WHERE ready <= ? LIMIT 1"

	selectReady = "SELECT tenant, kind, ref, conversation, at, leased, tries FROM deskwright_due WHERE ready <= ? ORDER BY ready LIMIT ?"

	leaseDue = "UPDATE deskwright_due SET leased = ?, tries = ?, ready = ? WHERE tenant = ? AND kind = ? AND ref = ?"
)

// Claim implements inbox.Agenda. Where nothing can be claimed it waits for no writer.
func (s *Store) Claim(ctx context.Context, now, until time.Time, limit int) ([]inbox.Due, error) {
	if err := ctx.Err(); err != nil || limit < 1 {
		return nil, err
	}
	waits := false
	err := s.read(ctx, "claim", func(t *tx) (err error) {
		waits, err = t.row(selectWaiting, []any{new(int64)}, now.UnixMicro())
		return err
	})
	if err != nil || !waits {
		return nil, err
	}
	switch s.settings.dialect {
	case Postgres:
		return s.claim(ctx, now, until, limit)
	case MySQL:
		return s.claimSteps(ctx, now, until, limit)
	}
	var out []inbox.Due
	if s.joined == nil {
		give, err := s.turn.take(ctx)
		if err != nil {
			return nil, err
		}
		defer give()
	}
	err = s.write(ctx, "claim", func(t *tx) error {
		if _, err := t.enter(ctx, new(uuid.UUID)); err != nil {
			return err
		}
		if out, err = t.ready(now, limit); err != nil {
			return err
		}
		return t.lease(out, micro(until))
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (t *tx) ready(now time.Time, limit int) ([]inbox.Due, error) {
	return t.readyBy(selectReady, now, limit)
}

func (t *tx) readyBy(statement string, now time.Time, limit int) (out []inbox.Due, err error) {
	err = t.rows(statement, func(rows *sql.Rows) error {
		var d inbox.Due
		err := rows.Scan(&d.Tenant.UUID, (*text)(&d.Kind), &d.Ref, &d.Conversation.UUID, (*instant)(&d.At), (*instant)(&d.Leased), &d.Tries)
		out = append(out, d)
		return err
	}, now.UnixMicro(), int64(limit))
	return out, err
}

const claimDue = "WITH r AS (SELECT tenant, kind, ref, ready FROM deskwright_due WHERE ready <= ? ORDER BY ready LIMIT ? FOR UPDATE SKIP LOCKED)" +
	" UPDATE deskwright_due d SET leased = ?, tries = d.tries + 1, ready = greatest(d.at, ?) FROM r" +
	" WHERE d.tenant = r.tenant AND d.kind = r.kind AND d.ref = r.ref" +
	" RETURNING r.ready, d.tenant, d.kind, d.ref, d.conversation, d.at, d.leased, d.tries"

// claim leases rows with one statement, which passes those over that somebody else is leasing.
func (s *Store) claim(ctx context.Context, now, until time.Time, limit int) ([]inbox.Due, error) {
	type claimed struct {
		inbox.Due
		ready int64
	}
	var all []claimed
	err := s.readOne(ctx, "claim", func(t *tx) error {
		return t.rows(claimDue, func(rows *sql.Rows) error {
			var c claimed
			err := rows.Scan(&c.ready, &c.Tenant.UUID, (*text)(&c.Kind), &c.Ref, &c.Conversation.UUID, (*instant)(&c.At), (*instant)(&c.Leased), &c.Tries)
			all = append(all, c)
			return err
		}, now.UnixMicro(), int64(limit), until.UnixMicro(), until.UnixMicro())
	})
	slices.SortStableFunc(all, func(a, b claimed) int { return cmp.Compare(a.ready, b.ready) })
	out := make([]inbox.Due, len(all))
	for i := range all {
		out[i] = all[i].Due
	}
	return out, err
}

// claimSteps is claim in a transaction.
func (s *Store) claimSteps(ctx context.Context, now, until time.Time, limit int) (out []inbox.Due, err error) {
	err = s.within(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted}, "claim", func(t *tx) error {
		if out, err = t.readyBy(selectReady+" FOR UPDATE SKIP LOCKED", now, limit); err != nil {
			return err
		}
		return t.lease(out, micro(until))
	})
	return out, err
}

func (t *tx) lease(all []inbox.Due, until time.Time) error {
	for i := range all {
		d := &all[i]
		d.Leased = until
		d.Tries++
		_, err := t.exec(leaseDue, micros(until), d.Tries, micros(readyAt(d)), d.Tenant.UUID[:], string(d.Kind), d.Ref[:])
		if err != nil {
			return err
		}
	}
	return nil
}

const selectNext = "SELECT min(ready) FROM deskwright_due"

// Next implements inbox.Agenda.
func (s *Store) Next(ctx context.Context) (time.Time, error) {
	if err := ctx.Err(); err != nil {
		return time.Time{}, err
	}
	var next time.Time
	err := s.read(ctx, "next", func(t *tx) error {
		_, err := t.row(selectNext, []any{(*instant)(&next)})
		return err
	})
	return next, err
}
