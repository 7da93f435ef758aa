package sqlstore

import (
	"context"
	"database/sql"
	"math"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
)

// logged is where the log and the settings of a tenant stand while a call writes.
type logged struct {
	audit.Head
	epoch   int64
	stored  int64         // the epoch that is stored
	entries []audit.Entry // written, but not sealed
}

const enterTenant = "UPDATE deskwright_tenant SET position = position WHERE tenant = ? RETURNING epoch, position, root"

// enter is the first thing a transaction does that writes: it waits for other writers, as long as the context lasts, and returns
// where the tenant stands. It writes, because a transaction that began to read could not write after somebody else had.
func (t *tx) enter(ctx context.Context, tenant *uuid.UUID) (*logged, error) {
	whole := t.ctx
	t.ctx = ctx
	defer func() { t.ctx = whole }()
	at := &logged{Head: audit.Head{Tenant: *tenant}}
	_, err := t.row(enterTenant, []any{&at.epoch, &at.Position, (*digest)(&at.Root)}, tenant[:])
	at.stored = at.epoch
	return at, err
}

const (
	insertBatch = "INSERT INTO deskwright_batch (tenant, first, count, root, chained) VALUES (?, ?, ?, ?, ?)"

	upsertTenant = "INSERT INTO deskwright_tenant (tenant, epoch, position, root) VALUES (?, ?, ?, ?) " +
		"ON CONFLICT (tenant) DO UPDATE SET epoch = excluded.epoch, position = excluded.position, root = excluded.root"
)

// leave seals what the transaction has written of a tenant, as one batch.
func (t *tx) leave(at *logged) error {
	if len(at.entries) == 0 && at.epoch == at.stored {
		return nil
	}
	if b := at.SealRoot(int64(len(at.entries)), audit.RootOf(at.entries)); b.Count > 0 {
		if _, err := t.exec(insertBatch, b.Tenant[:], b.First, b.Count, b.Root[:], b.Chained[:]); err != nil {
			return err
		}
	}
	_, err := t.exec(upsertTenant, at.Tenant[:], at.epoch, at.Position, at.Root[:])
	return err
}

const entryColumns = "subject_kind, subject, seq, time, actor_kind, actor_id, actor_name, action, class, cause, data, commitment, hash"

var entries = table{"entry", 1, "position, " + entryColumns}

var insertEntry = entries.insert()

// putEntries writes entries, the first of which gets the position after this one.
func (t *tx) putEntries(tenant *uuid.UUID, after int64, all []audit.Entry) error {
	for i := range all {
		args := append(bindEntry(append(t.args[:0], after+1+int64(i)), &all[i]), tenant[:])
		n, err := t.exec(insertEntry, args...)
		if err != nil {
			return err
		}
		if n != 1 {
			return conflict("log entry")
		}
	}
	return nil
}

// bindEntry binds an entry without its position.
func bindEntry(to []any, e *audit.Entry) []any {
	to = append(to, string(e.Subject.Kind), e.Subject.ID[:], e.Seq, micros(e.Time))
	return append(bindActor(to, &e.Actor), string(e.Action), int64(e.Class), optional(&e.Cause), e.Data, e.Commitment[:], e.Hash[:])
}

func scanEntry(to []any, e *audit.Entry) []any {
	to = append(to, (*number)(&e.Position), (*text)(&e.Subject.Kind), &e.Subject.ID, (*number)(&e.Seq), (*instant)(&e.Time))
	return append(scanActor(to, &e.Actor), (*text)(&e.Action), (*short)(&e.Class), &e.Cause, (*content)(&e.Data), (*digest)(&e.Commitment),
		(*digest)(&e.Hash))
}

var selectFeed = "SELECT " + entries.of("e") + " FROM deskwright_entry e WHERE e.tenant = ? AND e.position > ? ORDER BY e.position LIMIT ?"

// The batches are read in their order, from the one that has the first entry asked for.
var selectSealedFeed = "SELECT b.first + e.place, " + sealedEntries.of("e") + " FROM deskwright_batch b" +
	" JOIN deskwright_entry e ON e.tenant = b.tenant AND e.batch = b.batch" +
	" WHERE b.tenant = ? AND b.first + e.place > ?" +
	" AND b.first >= coalesce((SELECT max(first) FROM deskwright_batch WHERE tenant = ? AND first <= ?), 0)" +
	" ORDER BY b.first, e.place LIMIT ?"

// sealedEntries are entries without their positions, which follow from their batches'.
var sealedEntries = table{"entry", 1, entryColumns}

// Feed implements inbox.Log.
func (s *Store) Feed(ctx context.Context, tenant inbox.Tenant, after int64, limit int) (out []audit.Entry, err error) {
	if err := admit(ctx, tenant); err != nil || limit < 1 {
		return nil, err
	}
	statement, args := selectFeed, []any{tenant.UUID[:], after, int64(limit)}
	if s.settings.dialect.server {
		statement, args = selectSealedFeed, []any{tenant.UUID[:], after, tenant.UUID[:], min(after, math.MaxInt64-1) + 1, int64(limit)}
	}
	err = s.readSealed(ctx, tenant, "feed", func(t *tx) error {
		return t.rows(statement, func(rows *sql.Rows) error {
			e := audit.Entry{Tenant: tenant.UUID}
			err := t.scan(rows, scanEntry(t.dest[:0], &e))
			out = append(out, e)
			return err
		}, args...)
	})
	return out, err
}

const selectBatches = "SELECT first, count, root, chained FROM deskwright_batch WHERE tenant = ? AND first > ? ORDER BY first LIMIT ?"

// Batches implements inbox.Log.
func (s *Store) Batches(ctx context.Context, tenant inbox.Tenant, after int64, limit int) (out []audit.Batch, err error) {
	if err := admit(ctx, tenant); err != nil || limit < 1 {
		return nil, err
	}
	err = s.readSealed(ctx, tenant, "batches", func(t *tx) error {
		return t.rows(selectBatches, func(rows *sql.Rows) error {
			b := audit.Batch{Tenant: tenant.UUID}
			err := rows.Scan(&b.First, &b.Count, (*digest)(&b.Root), (*digest)(&b.Chained))
			out = append(out, b)
			return err
		}, tenant.UUID[:], after, int64(limit))
	})
	return out, err
}

const (
	selectHead       = "SELECT position, root FROM deskwright_tenant WHERE tenant = ?"
	selectSealedHead = "SELECT position, root FROM deskwright_head WHERE tenant = ?"
)

// Head implements inbox.Log.
func (s *Store) Head(ctx context.Context, tenant inbox.Tenant) (audit.Head, error) {
	if err := admit(ctx, tenant); err != nil {
		return audit.Head{}, err
	}
	head := audit.Head{Tenant: tenant.UUID}
	statement := selectHead
	if s.settings.dialect.server {
		statement = selectSealedHead
	}
	err := s.readSealed(ctx, tenant, "head", func(t *tx) error {
		_, err := t.row(statement, []any{&head.Position, (*digest)(&head.Root)}, tenant.UUID[:])
		return err
	})
	return head, err
}

// selectChain reads the chain kept in a subject's row.
var selectChain = map[audit.SubjectKind]string{
	audit.SubjectConversation: "SELECT chain_seq, chain_hash, chain_key FROM deskwright_conversation WHERE tenant = ? AND id = ?",
	audit.SubjectContact:      "SELECT chain_seq, chain_hash, chain_key FROM deskwright_contact WHERE tenant = ? AND id = ?",
	audit.SubjectSetting:      "SELECT chain_seq, chain_hash, chain_key FROM deskwright_document WHERE tenant = ? AND id = ? AND chain_seq > 0",
}

// Chains implements inbox.Log.
func (s *Store) Chains(ctx context.Context, tenant inbox.Tenant, subjects ...audit.Subject) (map[audit.Subject]audit.Chain, error) {
	if err := admit(ctx, tenant); err != nil {
		return nil, err
	}
	out := make(map[audit.Subject]audit.Chain, len(subjects))
	err := s.read(ctx, "chains", func(t *tx) error {
		for i := range subjects {
			statement, kept := selectChain[subjects[i].Kind]
			if _, twice := out[subjects[i]]; twice || !kept {
				continue
			}
			var c audit.Chain
			found, err := t.row(statement, scanChain(t.dest[:0], &c), tenant.UUID[:], subjects[i].ID[:])
			if err != nil {
				return err
			}
			if found {
				out[subjects[i]] = c
			}
		}
		return nil
	})
	return out, err
}
