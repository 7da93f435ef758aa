package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
	"github.com/google/uuid"
)

// On a server a transaction that has committed has left a batch without a place in the log. Sealing gives batches their places, in the
// order of their stamps: of two batches with entries of one subject the later has the larger stamp. It is done by whoever reads the
// end of the log, and moves the head only if nobody else has: there is no lock that a transaction under way could hold.

// sealed is how many batches are sealed at a time.
const sealed = 1000

const selectUnsealed = "SELECT h.position, h.root, b.batch, b.count, b.root FROM (SELECT 1) one" +
	" LEFT JOIN deskwright_head h ON h.tenant = ?" +
	" LEFT JOIN (SELECT batch, stamp, count, root FROM deskwright_batch WHERE tenant = ? AND first IS NULL ORDER BY stamp, batch LIMIT ?) b" +
	" ON true ORDER BY b.stamp, b.batch"

// readSealed is readOne for the log of a tenant, which is sealed before. A joined view reads what was sealed before.
func (s *Store) readSealed(ctx context.Context, tenant inbox.Tenant, op string, do func(*tx) error) error {
	if s.settings.dialect.server && s.joined == nil {
		if err := s.seal(ctx, &tenant.UUID); err != nil {
			return err
		}
	}
	return s.readOne(ctx, op, do)
}

// unsealed is batches that have no place yet, and where the log ends.
type unsealed struct {
	head    audit.Head
	batches [][]byte
	sealed  []audit.Batch
}

// seal gives places to all batches that have none.
func (s *Store) seal(ctx context.Context, tenant *uuid.UUID) error {
	for try := 0; ; {
		u := unsealed{head: audit.Head{Tenant: *tenant}}
		if err := s.readOne(ctx, "seal", u.read); err != nil || len(u.batches) == 0 {
			return err
		}
		full := len(u.batches) == sealed
		won, err := s.moveHead(ctx, &u)
		if errors.Is(err, storage.ErrBusy) && try < tries {
			try++
			continue
		}
		if err != nil || won && !full {
			return err
		}
	}
}

// read reads what is unsealed and seals it in memory.
func (u *unsealed) read(t *tx) error {
	var moved audit.Head
	err := t.rows(selectUnsealed, func(rows *sql.Rows) error {
		var batch, root []byte
		var count sql.NullInt64
		if err := rows.Scan((*number)(&u.head.Position), (*digest)(&u.head.Root), &batch, &count, &root); err != nil || batch == nil {
			return err
		}
		if len(u.batches) == 0 {
			moved = u.head
		}
		u.batches = append(u.batches, batch)
		u.sealed = append(u.sealed, moved.SealRoot(count.Int64, audit.Hash(root)))
		return nil
	}, u.head.Tenant[:], u.head.Tenant[:], int64(sealed))
	return err
}

// moveHead writes the places, unless somebody else has moved the head.
func (s *Store) moveHead(ctx context.Context, u *unsealed) (won bool, err error) {
	if s.settings.dialect == MySQL {
		return s.moveHeadSteps(ctx, u)
	}
	last := u.sealed[len(u.sealed)-1]
	args := []any{u.head.Tenant[:], u.head.Position, last.First + last.Count - 1, last.Chained[:]}
	var first []int64
	var chained [][]byte
	for i := range u.sealed {
		first, chained = append(first, u.sealed[i].First), append(chained, u.sealed[i].Chained[:])
	}
	args = append(args, u.batches, first, chained)
	result, err := s.db.ExecContext(ctx, s.text(moveHead), args...)
	if err != nil {
		return false, s.settings.classes.Committing("seal", err)
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

const (
	makeHead   = "INSERT IGNORE INTO deskwright_head (tenant, position, root) VALUES (?, 0, ?)"
	stepHead   = "UPDATE deskwright_head SET position = ?, root = ? WHERE tenant = ? AND position = ?"
	placeBatch = "UPDATE deskwright_batch SET first = ?, chained = ? WHERE tenant = ? AND batch = ?"
)

// moveHeadSteps is moveHead in a transaction.
func (s *Store) moveHeadSteps(ctx context.Context, u *unsealed) (won bool, err error) {
	last := &u.sealed[len(u.sealed)-1]
	tenant := u.head.Tenant[:]
	err = s.within(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted}, "seal", func(t *tx) error {
		if u.head.Position == 0 {
			if _, err := t.exec(makeHead, tenant, make([]byte, 32)); err != nil {
				return err
			}
		}
		n, err := t.exec(stepHead, last.First+last.Count-1, last.Chained[:], tenant, u.head.Position)
		if err != nil || n == 0 {
			return err
		}
		won = true
		for i := range u.sealed {
			if _, err := t.exec(placeBatch, u.sealed[i].First, u.sealed[i].Chained[:], tenant, u.batches[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return won, err
}

const moveHead = "WITH given AS (SELECT ?::bytea AS tenant, ?::int8 AS was, ?::int8 AS position, ?::bytea AS root), moved AS (" +
	"INSERT INTO deskwright_head AS h (tenant, position, root) SELECT tenant, position, root FROM given" +
	" ON CONFLICT (tenant) DO UPDATE SET position = excluded.position, root = excluded.root" +
	" WHERE h.position = (SELECT was FROM given) RETURNING tenant)" +
	" UPDATE deskwright_batch b SET first = r.first, chained = r.chained FROM moved," +
	" unnest(?::bytea[], ?::int8[], ?::bytea[]) AS r (batch, first, chained) WHERE b.tenant = moved.tenant AND b.batch = r.batch"
